"""kemiao sign, at the bank and at the company; kemiao condition list|tick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Account, Door, command
from kemiao.app.effort import Minutes
from kemiao.base.refusal import Outage, Refusal

Application = Annotated[str, typer.Argument(help="申请编号 / the application's id", metavar="APPLICATION")]


def register(cli: typer.Typer) -> None:
    @command(cli)
    def sign(
        door: Door,
        what: Annotated[str, typer.Argument(help="银行:申请编号;企业:合同文件 / the bank: an application; the company: the contract's file", metavar="APPLICATION|FILE")],
        paper: Annotated[Path | None, typer.Option("--paper", help="已签的纸质合同扫描件,只存其摘要 / the scan of a contract signed by hand; its digest is kept", show_default=False)] = None,
        out: Annotated[Path | None, typer.Option("--out", help="把待签合同写到这里,交给企业 / where to write the contract for the company", show_default=False)] = None,
        portal: Annotated[bool, typer.Option("--portal", help="由企业账户在门户签署 / the company signs by its account at the portal")] = False,
        yes: Annotated[bool, typer.Option("--yes", help="不再询问 / don't ask")] = False,
        as_: Account = None,
        minutes: Minutes = None,
    ) -> object:  # fmt: skip
        """签约:银行提出、企业在自己的目录里签、银行记下;或签纸质合同 / The bank proposes, the company signs in its own home, the bank takes note; or on paper.

        例 e.g.: kemiao sign app-0123456789abcdef0123 --out contract.json --as li ; kemiao sign contract.json --home acme
        """
        if not what.startswith("app-"):
            if paper is not None or out is not None or portal:
                raise typer.BadParameter(door.word("合同文件由企业签署:不用 --paper、--out、--portal", "a contract's file is signed by the company: without --paper, --out, --portal"))  # fmt: skip
            return _at_the_company(door, Path(what), yes)
        if portal and (paper is not None or out is not None):
            raise typer.BadParameter("--portal | --paper | --out", param_hint="--portal")
        return _at_the_bank(door, what, paper, out, as_, minutes, portal)

    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(group, name="condition", help="放款条件:列出、落实 / conditions precedent: list, tick.  例 e.g.: kemiao condition list app-0123456789abcdef0123")  # fmt: skip

    @command(group, name="list")
    def list_(door: Door, application: Application) -> object:
        """一份要约的条件,哪些已落实 / The conditions of an offer, and which are met.  例 e.g.: kemiao condition list app-0123… --json"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.condition import listed

        with open_world(door) as world:
            rows = listed(world, application)
        if isinstance(rows, Refusal):
            return rows
        if door.as_json:
            return door.lines(rows)
        titles = [door.word(*pair) for pair in (("代码", "code"), ("内容", "what"), ("何时", "when"), ("落实", "met by"), ("凭据", "shown by"))]  # fmt: skip
        when = {"signing": door.word("签署前", "before signing"), "drawdown": door.word("放款前", "before payment")}
        told = [(row, row["ticked"] or {}) for row in rows]
        return door.table("", titles, [
            [row["code"], row[door.lang], when[row["at"]], tick.get("by"), (tick.get("right") or tick.get("paper") or "")[:16]] for row, tick in told
        ], ("没有放款条件;还没有要约时也没有条件", "there are no conditions; without an offer there are none yet"))  # fmt: skip

    @command(group)
    def tick(
        door: Door,
        application: Application,
        codes: Annotated[list[str], typer.Argument(help="条件代码,可多个 / codes of conditions", metavar="CODE…")],
        paper: Annotated[Path | None, typer.Option("--paper", help="凭据文件,只存其摘要 / a paper that shows it; its digest is kept", show_default=False)] = None,
        right: Annotated[str | None, typer.Option("--right", help="担保在链上的登记 / the registration on the chain", show_default=False)] = None,
        note: Annotated[str | None, typer.Option("--note", help="备注(密封保存) / a note, sealed", show_default=False)] = None,
        as_: Account = None,
        minutes: Minutes = None,
    ) -> object:  # fmt: skip
        """落实条件,一项一个事件 / Ticks conditions, one event each.  例 e.g.: kemiao condition tick app-0123… SECURITY --right 3fa9c1d0 --as li"""
        from kemiao.app.commands.apply import stepped
        from kemiao.bank.commands.condition import Tick
        from kemiao.bank.commands.condition import tick as run

        asked = Tick(application, tuple(dict.fromkeys(codes)), paper, right, note)
        return stepped(door, as_, minutes, lambda world, effort: run(world, asked, effort))


def _at_the_bank(
    door: Door,
    own: str,
    paper: Path | None,
    out: Path | None,
    name: str | None,
    minutes: int | None,
    portal: bool = False,
) -> object:
    from kemiao.app.application_shown import as_json, next_step
    from kemiao.app.effort import clocked, effort_of
    from kemiao.app.world import open_world
    from kemiao.bank.commands.sign import Paper, Proposed
    from kemiao.bank.commands.sign import sign as run

    clock = clocked()
    with open_world(door) as world:
        day = world.clock.today()
        effort = effort_of(world, name, minutes, clock)
        answer = (
            effort
            if isinstance(effort, Refusal)
            else run(world, own, Paper(paper) if paper else None, effort, portal=portal)
        )
    if isinstance(answer, Refusal):
        return answer
    if isinstance(answer, Proposed):
        if out is not None:
            _write(out, answer.file)
        if door.as_json:
            return door.document(as_json(answer.application, day) | {"entry": answer.entry, "again": answer.again, "file": out})  # fmt: skip
        if not answer.file:
            door.text(door.word(f"合同已提交({answer.entry[:12]}),待企业账户在门户签署,截止 {answer.until}", f"the contract ({answer.entry[:12]}) waits for the company's account at the portal, until {answer.until}"))  # fmt: skip
            return None
        door.text(door.word(f"合同已在链上提出({answer.entry[:12]}),待企业在 {answer.until} 前签署", f"proposed on the chain ({answer.entry[:12]}); the company signs by {answer.until}"))  # fmt: skip
        if out is None:
            door.say(f"交给企业的文件:kemiao sign {own} --out contract.json", f"the file for the company: kemiao sign {own} --out contract.json")  # fmt: skip
        return next_step(door, answer.application, day)
    if door.as_json:
        return door.document(as_json(answer.application, day) | {"how": answer.how, "signature": answer.signature, "terms": dict(answer.loan)})  # fmt: skip
    how = door.word("双方密钥在链上签署", "by both keys on the chain") if answer.how == "chain" else door.word("纸质签署,存其摘要", "on paper, its digest is kept")  # fmt: skip
    door.text(f"{answer.loan['loan']}  {door.word('已签署', 'signed')}:{how}  {answer.signature[:16]}")
    return next_step(door, answer.application, day)


def _at_the_company(door: Door, path: Path, yes: bool) -> object:
    import sys

    from kemiao.app.commands.consent import asked_at_a_terminal
    from kemiao.app.world import open_world
    from kemiao.bank.commands.sign_contract import look
    from kemiao.bank.commands.sign_contract import sign as run
    from kemiao.bank.lending.contract import text

    with open_world(door) as world:
        found = look(world, path)
        if isinstance(found, Refusal):
            return found
        sys.stderr.write(text(found.file.document, door.lang))
        if not yes and asked_at_a_terminal() and not typer.confirm(door.word("签署这份合同?", "sign this contract?"), err=True):  # fmt: skip
            return Refusal("NOT_CONFIRMED", "没有签署", "nothing was signed")
        answer = run(world, found)
    if isinstance(answer, Refusal):
        return answer
    if door.as_json:
        return door.document({"contract": found.file.entry, "entry": answer.id, "index": answer.index, "loan": found.file.document["loan"]})  # fmt: skip
    door.text(door.word(f"已签署:{answer.id}", f"signed: {answer.id}"))
    return door.say(f"{found.bank} 记下后即可放款", f"{found.bank} takes note of it next (kemiao sign {found.file.document['application']})")  # fmt: skip


def _write(out: Path, content: bytes) -> None:
    try:
        out.write_bytes(content + b"\n")
    except OSError as error:
        raise Outage("NOT_WRITTEN", f"无法写入:{error.strerror}", f"can't be written: {error.strerror}", {"out": out}) from error  # fmt: skip
