"""kemiao chain start: a new chain of those whose cards are at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.app.groups import group
from kemiao.base.refusal import Refusal


def register(cli: typer.Typer) -> None:
    @command(group(cli, "chain"))
    def start(
        door: Door,
        participant: Annotated[list[Path] | None, typer.Option("--participant", help="他人的名片,可多次 / the card of another, several times", show_default=False)] = None,
        name: Annotated[str, typer.Option("--name", help="链的名称 / the chain's name")] = "kemiao",
        searches: Annotated[int, typer.Option("--searches-per-day", min=0, max=1_000_000, help="每方每日在担保登记中的查询上限 / searches of the register of collateral, of one participant a day")] = 500,
    ) -> object:  # fmt: skip
        """由各方名片(含本方)建链,本目录成为第一个节点 / Starts a chain of these participants and ourselves; this home is its first node.

        例 e.g.: kemiao chain start --participant bank-b.card.json --participant acme.card.json --name 苏南科创
        """
        from kemiao.app.passphrase import passphrase_of
        from kemiao.app.world import open_world
        from kemiao.bank.commands.start_chain import Start, start_chain

        with open_world(door) as world:
            answer = start_chain(world, Start(tuple(participant or ()), name.strip(), searches), passphrase_of(door))
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({"chain": answer.chain, "participant": answer.me, "participants": answer.participants, "folder": str(answer.folder)})  # fmt: skip
        door.text(door.word(f"已建链 {answer.chain}", f"started the chain {answer.chain}"))
        door.text(door.word("参与方:", "participants: ") + " ".join(answer.participants))
        return door.text(
            door.word(
                "接下来:\n  本方  kemiao chain invite --out FILE --address https://本机:8421 --with-blinding-key --share-passphrase-file SHARE   写出邀请,交给各方\n"
                "  本方  kemiao chain serve                让各方能连上\n"
                "  各方  kemiao chain join FILE --as 编号 --chain 链编号   以各自的目录与密钥加入",
                "next:\n  here   kemiao chain invite --out FILE --address https://HOST:8421 --with-blinding-key --share-passphrase-file SHARE   writes the invitation to hand over\n"
                "  here   kemiao chain serve                lets the others in\n"
                "  others kemiao chain join FILE --as ID --chain CHAIN-ID   take part with their own homes and keys",
            )
        )
