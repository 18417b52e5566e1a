"""kemiao chain prove | verify"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.app.groups import group
from kemiao.base.china_time import when
from kemiao.base.refusal import Refusal

_HEAD_BYTES = 64 * 1024
Head = Annotated[Path | None, typer.Option("--head", help="对方持有的树头 / a tree head that the reader holds", metavar="FILE", show_default=False)]  # fmt: skip


def register(cli: typer.Typer) -> None:
    chain = group(cli, "chain")

    @command(chain)
    def prove(
        door: Door,
        out: Annotated[Path, typer.Option("--out", help="写到 / to FILE", metavar="FILE")],
        entry: Annotated[str | None, typer.Argument(metavar="[ENTRY|DECISION]", help="条目编号、其开头(至少 8 位)或序号;或决定编号 / an entry's id, its beginning or its index; or a decision's id", show_default=False)] = None,
        row: Annotated[int | None, typer.Option("--row", min=1, help="批次中的第几行(从 1 起) / this row of the batch, from 1", show_default=False)] = None,
        head: Head = None,
        receipt: Annotated[bool, typer.Option("--receipt", help="证明节点承诺过收录(可证其丢弃) / that the node gave its word to keep it, and whether it did")] = False,
        to_company: Annotated[bool, typer.Option("--to-company", help="这一行交给它所关于的企业本身(无须授权) / the row goes to the company that it is about, which needs no consent")] = False,
    ) -> object:  # fmt: skip
        """写出证明文件,外人凭 kemiao-verify 即可核验 / A file that a stranger checks with kemiao-verify, without kemiao.

        例 e.g.: kemiao chain prove 3f2a9c01 --row 17 --out proof.json
        例 e.g.: kemiao chain prove --head their-head.txt --out proof.json
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.prove import Prove, write_proof
        from kemiao.bank.commands.prove import prove as run

        if entry is None and (head is None or row is not None or receipt):
            raise typer.BadParameter("请给出条目、决定或 --head 之一 / give an entry, a decision or --head FILE")
        if row is not None and receipt:
            raise typer.BadParameter("--row | --receipt", param_hint="--row")
        held = None if head is None else _text(head)
        with open_world(door) as world:
            made = run(world, Prove(entry, None if row is None else row - 1, held, receipt, to_company))
            if isinstance(made, Refusal):
                return made
            write_proof(made, out)
        if door.as_json:
            return door.document({"file": str(out), "bytes": len(made.content), **made.facts})
        _show(door, made.facts)
        door.say(f"已写入 {out}。核验:kemiao-verify {out} --chain {made.facts['chain']}", f"wrote {out}. To check: kemiao-verify {out} --chain {made.facts['chain']}")  # fmt: skip
        return None

    @command(chain)
    def verify(
        door: Door,
        file: Annotated[Path, typer.Argument(help="证明文件或凭证 / a proof file or a credential")],
        chain: Annotated[str | None, typer.Option("--chain", help="从可靠处得知的链标识 / the chain's id, from where you trust it", show_default=False)] = None,
        head: Head = None,
    ) -> object:  # fmt: skip
        """核验证明文件或凭证;不需要数据目录,也不联网 / Checks a proof file or a credential; needs no home and no network.

        例 e.g.: kemiao chain verify proof.json --chain 3f2a…
        """
        from kemiao.app.credential_shown import verify_if_credential
        from kemiao.chain.proof import PROOF_BYTES
        from kemiao.chain.proof_checking import check

        content = _read(file, PROOF_BYTES)
        credential = verify_if_credential(door, content, chain)
        if credential is not False:
            return credential if isinstance(credential, Refusal) else None
        proved = check(content, chain, None if head is None else _text(head))
        if isinstance(proved, Refusal):
            return proved
        if door.as_json:
            return door.document({"proved": True, **proved.facts})
        _show(door, proved.facts)
        return None


def _show(door: Door, facts) -> None:
    """The short form; kemiao-verify has all of it, with what is not proved."""
    entry, receipt, head, older = facts["entry"], facts["receipt"], facts["head"], facts["older"]
    lines = []
    if entry is not None:
        signer = entry["signed_by"]
        lines.append((f"条目 {entry['id']}({entry['kind']},第 {entry['index']} 号)", f"entry {entry['id']} ({entry['kind']}, number {entry['index']})"))  # fmt: skip
        lines.append((f"由 {signer['name']}({signer['participant']})签署,{when(entry['at'], 'milliseconds')} 收录", f"signed by {signer['name']} ({signer['participant']}), accepted {when(entry['at'], 'milliseconds')}"))  # fmt: skip
    if facts["row"] is not None:
        row = facts["row"]
        lines.append((f"第 {row['number'] + 1} 行,共 {row['of']} 行", f"row {row['number'] + 1} of {row['of']}"))
        lines += [(f"  {column} = {cell}", f"  {column} = {cell}") for column, cell in row["cells"]]
    if facts["decision"] is not None:
        lines.append((f"决定 {facts['decision']['id']}", f"decision {facts['decision']['id']}"))
    if receipt is not None:
        outcome = {"promised": ("已承诺,树头尚未到达", "promised; the head does not reach it yet"), "kept": ("已守信", "kept"), "broken": ("没有守信:该处是别的条目", "BROKEN: another entry stands there")}[receipt["outcome"]]  # fmt: skip
        lines.append((f"{receipt['given_by']['name']} 的回执,条目 {receipt['id']}:{outcome[0]}", f"receipt of {receipt['given_by']['name']} for entry {receipt['id']}: {outcome[1]}"))  # fmt: skip
    if older is not None:
        lines.append((f"旧树头 {older['size']} 条是其开头", f"the older head of {older['size']} entries is its beginning"))  # fmt: skip
    by = ", ".join(one["name"] for one in head["signed_by"])
    lines.append((f"树头 {head['size']} 条,{by} 签名", f"head of {head['size']} entries, signed by {by}"))
    lines.append((f"链 {facts['chain']}", f"chain {facts['chain']}"))
    if not facts["chain_compared"]:
        lines.append(("注意:链标识只取自文件,不说明是哪条链;请用 --chain 核对", "CAUTION: the chain's id is only the file's own word: compare it with --chain"))  # fmt: skip
    for zh, en in lines:
        door.text(_plain(door.word(zh, en)))


def _plain(text: str) -> str:
    """What strangers wrote is shown, and does nothing to the terminal."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except FileNotFoundError as error:
        raise typer.BadParameter(f"没有这个文件 / there is no such file: {path}") from error
    except OSError as error:
        raise typer.BadParameter(f"读不出文件 / the file can't be read: {path} ({error.strerror})") from error


def _text(path: Path) -> str:
    try:
        return _read(path, _HEAD_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"树头不是 UTF-8 文本 / the tree head is not text in UTF-8: {path}") from error
