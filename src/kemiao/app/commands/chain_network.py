"""kemiao chain invite | join | serve | follow"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Outage, Refusal

SharedPassphrase = Annotated[
    Path | None, typer.Option("--share-passphrase-file", help="双方共用口令的文件(只有本人可读) / file with the passphrase that both share", metavar="FILE")
]  # fmt: skip


def register(cli: typer.Typer) -> None:
    from kemiao.app.groups import group

    chain = group(cli, "chain")

    @command(chain)
    def invite(
        door: Door,
        out: Annotated[Path, typer.Option("--out", help="写到 / to FILE", metavar="FILE")],
        address: Annotated[str | None, typer.Option("--address", help="节点地址 / the node's address: https://host:8421", show_default=False)] = None,
        ca: Annotated[Path | None, typer.Option("--ca", help="随附:信任的证书(PEM) / whom to trust for it (PEM), goes along", metavar="FILE")] = None,
        with_blinding_key: Annotated[bool, typer.Option("--with-blinding-key", help="随附抵质押登记的盲化密钥 / with the blinding key of the collateral register")] = False,
        share_passphrase_file: SharedPassphrase = None,
    ) -> object:  # fmt: skip
        """给创世记录中的参与方一份邀请:创世记录、节点地址、证书、盲化密钥 / An invitation for those whom the genesis names.

        例 e.g.: kemiao chain invite --out 邀请.json --address https://node.bank.example:8421 --ca ca.pem
        """
        from kemiao.app.passphrase import shared_passphrase_of
        from kemiao.app.world import open_world
        from kemiao.bank.commands.join_chain import Invite
        from kemiao.bank.commands.join_chain import invite as run

        if with_blinding_key and share_passphrase_file is None:
            raise typer.BadParameter(
                "还须给出 / give as well: --share-passphrase-file FILE", param_hint="--with-blinding-key"
            )
        with open_world(door) as world:
            answer = run(
                world, Invite(out, address, ca, with_blinding_key), shared_passphrase_of(share_passphrase_file)
            )
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({"file": str(out), "chain": answer.chain, "address": answer.address, "blinding_key": answer.blinding is not None})  # fmt: skip
        door.text(answer.chain)
        return door.say(
            f"邀请已写到 {out}。请用别的途径(电话、纸面)把上面的链编号告诉对方核对",
            f"the invitation is in {out}. Tell the others the chain's id above by another way (telephone, paper), to compare",
        )

    @command(chain)
    def join(
        door: Door,
        file: Annotated[Path, typer.Argument(help="邀请文件 / the invitation")],
        participant: Annotated[str, typer.Option("--as", help="我们是谁 / who we are")],
        chain: Annotated[str | None, typer.Option("--chain", help="由别的途径得到的链编号,用来核对 / the chain's id as it was told by another way", show_default=False)] = None,
        share_passphrase_file: SharedPassphrase = None,
    ) -> object:  # fmt: skip
        """以自己的密钥加入一条链:核验创世记录,建立副本,首次同步 / Takes part with keys of our own: checks, replica, first sync.

        例 e.g.: kemiao chain join 邀请.json --as acme --chain 8c96…
        """
        from kemiao.app.passphrase import passphrase_of, shared_passphrase_of
        from kemiao.app.world import open_world
        from kemiao.bank.commands.join_chain import Join
        from kemiao.bank.commands.join_chain import join as run

        with open_world(door) as world, door.progress("同步", "sync") as bar:
            asked = Join(file, participant, chain)
            answer = run(world, asked, passphrase_of(door), shared_passphrase_of(share_passphrase_file), bar)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({
                "chain": answer.chain, "name": answer.name, "participant": answer.me, "invited_by": answer.by, "entries": answer.size,
                "participants": list(answer.participants), "blinding_key": answer.blinding_key,
            })  # fmt: skip
        door.text(door.word(
            f"已加入 {answer.name}({answer.chain}),身份 {answer.me};{answer.size} 条,全部核验无误",
            f"takes part in {answer.name} ({answer.chain}) as {answer.me}; {answer.size} entries, all checked",
        ))  # fmt: skip
        if chain is None:
            door.say(
                f"请用别的途径向 {answer.by} 核对链编号",
                f"compare the chain's id with {answer.by} by another way: it stands for everything in the genesis",
            )
        return None

    @command(chain)
    def serve(
        door: Door,
        host: Annotated[str, typer.Option("--host", help="监听地址 / address to listen on")] = "127.0.0.1",
        port: Annotated[int, typer.Option("--port", min=0, max=65535, help="端口,0 为任选 / port, 0 for any")] = 8421,
        tls_cert: Annotated[Path | None, typer.Option("--tls-cert", help="证书(PEM) / certificate (PEM)", metavar="FILE")] = None,
        tls_key: Annotated[Path | None, typer.Option("--tls-key", help="其私钥(PEM) / its key (PEM)", metavar="FILE")] = None,
    ) -> object:  # fmt: skip
        """让其他参与方经 HTTP 使用本目录的节点;Ctrl-C 结束 / Lets the others use this home's node over HTTP; Ctrl-C ends it.

        例 e.g.: kemiao chain serve --host 0.0.0.0 --tls-cert node.pem --tls-key node.key
        """
        from kemiao.app.serving import serve as run
        from kemiao.app.world import open_world

        with open_world(door) as world:
            return run(door, world, host, port, tls_cert, tls_key)

    @command(chain)
    def follow(
        door: Door,
        once: Annotated[bool, typer.Option("--once", help="同步一次(默认) / one round (default)")] = False,
        every: Annotated[int | None, typer.Option("--every", min=1, help="每隔几秒同步,直到 Ctrl-C / a round every so many seconds, until Ctrl-C", metavar="SECONDS", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """把副本更新到节点的最新树头,逐条核验;分叉时退出码 3 / The replica up to the newest head, all checked; a fork exits 3.

        例 e.g.: kemiao chain follow --every 60
        """
        import time

        from kemiao.app.world import open_world
        from kemiao.bank.commands.follow_chain import follow as run

        if once and every is not None:
            raise typer.BadParameter("--once | --every", param_hint="--every")
        with open_world(door) as world:
            while True:
                try:
                    with door.progress("同步", "sync") as bar:
                        answer = run(world, bar)
                    if isinstance(answer, Refusal):
                        return answer
                    _show(door, answer)
                except Outage as outage:
                    if every is None:
                        raise
                    door.say(f"{outage.code}  {outage.zh}", f"{outage.code}  {outage.en}")
                if every is None:
                    return None
                try:
                    time.sleep(every)
                except KeyboardInterrupt:
                    return None


def _show(door: Door, answer) -> None:
    new = answer.size - answer.before
    if door.as_json:
        return door.document({
            "before": answer.before, "entries": answer.size, "new": new, "kinds": dict(answer.kinds), "about_us": answer.about_us, "promises_kept": answer.promises,
            "head": answer.head,
        })  # fmt: skip
    kinds = ", ".join(f"{kind} {count}" for kind, count in answer.kinds)
    return door.text(door.word(
        f"{answer.size} 条,新增 {new} 条,全部核验无误" + (f":{kinds}" if kinds else "") + (f";关于我们的 {answer.about_us} 条" if answer.about_us else ""),
        f"{answer.size} entries, {new} new, all checked" + (f": {kinds}" if kinds else "") + (f"; {answer.about_us} about us" if answer.about_us else ""),
    ))  # fmt: skip
