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
        from kemiao.bank.lending.registered_name import registered_names

        with open_world(door) as world:
            answer = requests(world, every=every)
            named = {} if door.as_json or isinstance(answer, Refusal) else registered_names(world, {row["company"] for row in answer if row["company"]})  # fmt: skip
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.lines(answer)
        return _show(door, answer, named)

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


def _show(door: Door, answer: list[dict[str, Any]], named: dict[str, str]) -> None:
    """named: company → its registered name."""
    from kemiao.base.money import yuan_text

    titles = [
        ("申请", "request"),
        ("事项", "action"),
        ("金额(元)", "amount, yuan"),
        ("内容", "what"),
        ("状态", "state"),
    ]
    rows = []
    for row in answer:
        level = door.word(row["authority_zh"], row["authority_en"]) if row["authority"] else "—"
        what = [
            " ".join(filter(None, (named.get(row["company"]), row["company"]))), _about(door, row),
            door.word(f"审批层级 {level}", f"authority: {level}"), door.word(f"经办 {row['maker']}({row['person']})", f"maker: {row['maker']} ({row['person']})"),
        ]  # fmt: skip
        state = [f"{door.word(*_STATES[row['state']])} {door.word('至', 'until')} {row['until']}", row["answered_by"], row["reason"]]  # fmt: skip
        rows.append([
            row["request"], door.word(row["action_zh"] or row["action"], row["action_en"] or row["action"]), yuan_text(row["asked_fen"]),
            door.word(";", "; ").join(filter(None, what)), " ".join(filter(None, state)),
        ])  # fmt: skip
    door.table("", [door.word(*title) for title in titles], rows, ("没有待复核的申请", "no request waits for a second person"))  # fmt: skip


def _about(door: Door, row: dict[str, Any]) -> str:
    """In words; of what has no loan or application, what the approval is bound to."""
    from kemiao.base.rates import percent_text
    from kemiao.credit.products.form import PURPOSES

    purpose = door.word(*PURPOSES.get(row["purpose"], (row["purpose"], row["purpose"])))
    payee = " ".join(filter(None, row["opened"].get("payee", ())))
    parts = [
        door.word(row["product_zh"], row["product_en"]) if row["product"] else None, row["loan"],
        door.word(f"{row['months']} 个月", f"{row['months']} months") if row["months"] else None,
        door.word(f"利率 {percent_text(row['rate_ppm'])}", f"at {percent_text(row['rate_ppm'])}") if row["rate_ppm"] is not None else None,
        door.word(f"评级 {row['grade']}", f"grade {row['grade']}") if row["grade"] else None,
        door.word(f"用途 {purpose}", f"for {purpose}") if purpose else None, door.word(f"付给 {payee}", f"to {payee}") if payee else None,
    ]  # fmt: skip
    said = [part for part in parts if part]
    return door.word(",", ", ").join(said or [f"{name}={value}" for name, value in (row["bound"] or {}).items()])
