"""kemiao approval list | give | refuse"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kemiao.app.door import Account, Door, command
from kemiao.base.refusal import Refusal

Request = Annotated[str, typer.Argument(metavar="REQUEST", help="申请编号 / the request's id")]
_STATES = {"waiting": ("待批准", "waiting"), "given": ("已批准", "given"), "used": ("已使用", "used"), "refused": ("已拒绝", "refused"), "lapsed": ("已过期", "lapsed")}  # fmt: skip


def register(cli: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(group, name="approval", help="双人复核 / Four eyes: what waits for a second person.  例 e.g.: kemiao approval list")  # fmt: skip

    @command(group, name="list")
    def list_(
        door: Door, every: Annotated[bool, typer.Option("--all", help="也列已办结的 / the closed ones too")] = False
    ) -> object:
        """等待另一人批准的事项 / What waits for a second person.  例 e.g.: kemiao approval list --json"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.approval import requests

        with open_world(door) as world:
            answer = requests(world, every=every)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.lines(answer)
        return _show(door, answer)

    @command(group)
    def give(door: Door, request: Request, as_: Account = None) -> object:
        """批准:经办人随后重发命令,只生效一次 / Approves; the maker's command then goes through, once.

        例 e.g.: kemiao approval give apr-0123456789abcdef --as wang
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.approval import give as run

        with open_world(door) as world:
            answer = run(world, as_, request)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document(answer)
        return door.text(door.word(f"{request} 已批准;请 {answer['maker']} 重发命令", f"{request} is approved; {answer['maker']} may send the command again"))  # fmt: skip

    @command(group)
    def refuse(
        door: Door,
        request: Request,
        reason: Annotated[str, typer.Option("--reason", help="理由 / why")],
        as_: Account = None,
    ) -> object:
        """拒绝;已批准而未使用的也可收回 / Refuses; what was given and not used can be taken back too.

        例 e.g.: kemiao approval refuse apr-0123456789abcdef --reason 合同金额不符 --as wang
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.approval import refuse as run

        with open_world(door) as world:
            answer = run(world, as_, request, reason)
        if isinstance(answer, Refusal):
            return answer
        return (
            door.document(answer)
            if door.as_json
            else door.text(door.word(f"{request} 已拒绝", f"{request} is refused"))
        )


def _show(door: Door, answer: list[dict[str, Any]]) -> None:
    from kemiao.base.money import yuan_text

    titles = [("申请", "request"), ("事项", "action"), ("金额(元)", "amount, yuan"), ("经办", "maker"), ("内容", "what"), ("状态", "state"), ("至", "until"), ("复核", "answered by")]  # fmt: skip
    door.table("", [door.word(*title) for title in titles], [
        [row["request"], door.word(row["action_zh"] or row["action"], row["action_en"] or row["action"]), yuan_text(row["amount_fen"]),
         f"{row['maker']} ({row['person']})", ", ".join(f"{name}={value}" for name, value in (row["bound"] or {}).items()),
         door.word(*_STATES[row["state"]]), row["until"], " ".join(filter(None, (row["answered_by"], row["reason"])))]
        for row in answer
    ], ("没有待复核的申请", "no request waits for a second person"))  # fmt: skip
