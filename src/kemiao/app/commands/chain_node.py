"""kemiao chain status | log | audit | restore"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.app.groups import group
from kemiao.base.china_time import when
from kemiao.base.refusal import Refusal


def register(cli: typer.Typer) -> None:
    chain = group(cli, "chain")

    @command(chain)
    def status(door: Door) -> object:
        """本方、方式、条目数、树根、最后时间、节点密钥、待提交数 / Who we are there, how many entries, the root, what waits.

        例 e.g.: kemiao chain status --json
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.show_chain import chain_status

        with open_world(door) as world:
            found = chain_status(world)
        if door.as_json:
            return door.document(found.as_json())
        how = door.word("自有节点", "a node of our own") if found.node is None else door.word(f"跟随 {found.node}", f"follows {found.node}")  # fmt: skip
        for zh, en, value in (
            ("参与方", "participant", found.participant), ("链", "chain", found.chain), ("方式", "mode", how),
            ("条目", "entries", found.size), ("树根", "root", found.root), ("最后一条", "last", when(found.last_at)),
            ("节点密钥", "node keys", " ".join(found.node_keys)), ("待提交", "waiting", found.waiting),
        ):  # fmt: skip
            door.text(f"{door.word(zh, en)}  {value}")
        if found.behind:
            door.say("节点没有应答,以上为本地副本所知", "the node does not answer: this is what our replica knows")
        return None

    @command(chain)
    def log(
        door: Door,
        start: Annotated[int, typer.Option("--from", min=0, help="从第几条起 / from this index on", metavar="N")] = 0,
        kind: Annotated[str | None, typer.Option("--kind", help="只看这一种 / only this kind", show_default=False)] = None,
        author: Annotated[str | None, typer.Option("--author", help="只看这一方的 / only by this participant", show_default=False)] = None,
        subject: Annotated[str | None, typer.Option("--subject", help="只看关于这家公司的 / only about this company", show_default=False)] = None,
        last: Annotated[int | None, typer.Option("--last", min=1, help="只看最后几条 / only the last N of them", metavar="N", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """链上的条目,按次序 / The entries of the chain, in their order.

        例 e.g.: kemiao chain log --kind reading --last 20
        """
        from kemiao.app.last_known import catch_up
        from kemiao.app.options import company_keys
        from kemiao.app.world import open_world
        from kemiao.bank.commands.show_chain import chain_log
        from kemiao.chain.rules.apply import KINDS

        if kind not in (None, "genesis", *KINDS):
            raise typer.BadParameter(f"genesis | {' | '.join(KINDS)}", param_hint="--kind")
        companies = company_keys([subject] if subject else None)
        company = companies[0] if companies else None
        with open_world(door) as world:
            catch_up(door, world)
            found = chain_log(world, start=start, kind=kind, author=author, subject=company, last=last)
            if isinstance(found, Refusal):
                return found
            if door.as_json:
                return door.lines(found)
            titles = [door.word(*pair) for pair in (("序", "index"), ("时间", "time"), ("种类", "kind"), ("作者", "author"), ("关于", "subject"), ("编号", "id"))]  # fmt: skip
            return door.table("", titles, ([line["index"], when(line["at"]), line["kind"], line["author"], line["subject"], line["id"]] for line in found))  # fmt: skip

    @command(chain)
    def audit(door: Door) -> object:
        """从创世记录起重新核验一切:签名、次序、规则、状态、哈希树、树头 / Checks everything again, from the genesis on all cores.

        例 e.g.: kemiao chain audit --json
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.audit_chain import audit_chain

        with open_world(door) as world, door.progress("审计", "auditing") as bar:
            found = audit_chain(world, bar)
        if isinstance(found, Refusal):
            return found
        if door.as_json:
            return door.document(found.as_json())
        return door.text(door.word(
            f"{found.size} 条全部核验无误,状态 {found.state_keys} 项,树根 {found.root.hex()}",
            f"all {found.size} entries hold; {found.state_keys} values of state; root {found.root.hex()}",
        ))  # fmt: skip

    @command(chain)
    def restore(
        door: Door,
        source: Annotated[Path, typer.Argument(help="其他参与方或备份的 node.db,或 kemiao chain export 的文件 / another's or a backup's node.db, or what kemiao chain export wrote", metavar="FILE")],
    ) -> object:  # fmt: skip
        """数据文件损坏时,用他人的副本或备份重建,逐条核验 / A fresh copy from another's records, each of them checked.

        例 e.g.: kemiao chain restore chain.jsonl
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.audit_chain import restore_chain

        with open_world(door) as world:
            answer = restore_chain(world, source)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({"records": answer})
        return door.text(
            door.word(f"已重建:{answer} 条,逐条核验无误", f"built again: {answer} records, each of them checked")
        )
