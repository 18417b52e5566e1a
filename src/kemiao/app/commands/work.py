"""kemiao work | proposal | refer | decline: what waits for an account, and what it does with a case that the rules leave to people."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from kemiao.app.door import Account, Door, command
from kemiao.app.effort import Minutes
from kemiao.base.refusal import Refusal

Application = Annotated[str, typer.Argument(help="申请编号 / the application's id", metavar="APPLICATION")]


def register(cli: typer.Typer) -> None:
    @command(cli)
    def work(
        door: Door,
        as_: Account = None,
        all_: Annotated[bool, typer.Option("--all", help="也列等待他人的 / what waits for others too")] = False,
    ) -> object:
        """我的待办:申请、复核、收付、投诉、隔离行,含期限 / What waits for the account, with its days.

        例 e.g.: kemiao work --as li
        """
        from kemiao.app.world import open_world
        from kemiao.bank.lending.people import account_of
        from kemiao.bank.lending.worklist import NEXT, worklist
        from kemiao.base.money import short_text

        with open_world(door) as world:
            account = account_of(world, as_)
            answer = account if isinstance(account, Refusal) else worklist(world, account)
        if isinstance(answer, Refusal):
            return answer
        shown = [item for item in answer if item.todo or all_]
        if door.as_json:
            return door.lines(asdict(item) for item in shown)
        titles = [door.word(*pair) for pair in (("事项", "what"), ("下一步", "next"), ("企业", "company"), ("金额", "amount"), ("期限", "by"), ("代", "for"))]  # fmt: skip
        return door.table("", titles, [
            [f"{'! ' if item.urgent else ''}{item.ref}", door.word(*NEXT[item.next]), item.company, None if item.amount_fen is None else short_text(item.amount_fen, door.lang), item.due_on, item.stands_in]
            for item in shown
        ], ("没有待办", "nothing waits"))  # fmt: skip

    @command(cli)
    def proposal(
        door: Door,
        application: Application,
        security_value: Annotated[str | None, typer.Option("--security-value", help="押品评估价值 / appraised value of the security", show_default=False)] = None,
        longer: Annotated[bool, typer.Option("--longer", help="总行已同意更长期限 / head office allowed a longer term")] = False,
    ) -> object:  # fmt: skip
        """按最新决定试算要约,不作决定 / What an offer would be on the newest decision; nothing is decided.

        例 e.g.: kemiao proposal app-0123456789abcdef0123
        """
        from kemiao.app.application_shown import show_exposure, show_schedule
        from kemiao.app.options import amount_fen
        from kemiao.app.world import open_world
        from kemiao.bank.commands.offer import Offer
        from kemiao.bank.commands.proposal import proposal as run
        from kemiao.base.rates import percent_text

        with open_world(door) as world:
            answer = run(world, Offer(application, amount_fen(security_value), longer))
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document(asdict(answer) | {"missing": answer.missing.as_json() if answer.missing else None})
        how = door.word("无须人工", "needs no person") if answer.automatic else door.word("须人工办理与复核", "needs two persons")  # fmt: skip
        rate = percent_text(answer.row["rate_ppm"]) if answer.row else "—"
        apr = "—" if answer.apr_ppm is None else percent_text(answer.apr_ppm)
        door.text(
            f"{answer.decision}  {how}  {door.word('年利率', 'rate')} {rate}  {door.word('年化综合成本', 'with all fees')} {apr}"
        )
        for why in (*answer.why, *answer.referrals, *answer.conditions):
            door.text(f"  {why['code']}  {why[door.lang]}")
        if answer.missing is not None:
            door.text(f"  {answer.missing.code}  {answer.missing.text(door.lang)}")
        show_exposure(door, answer.exposure)
        return show_schedule(door, answer.schedule) if answer.schedule else None

    @command(cli)
    def refer(
        door: Door,
        application: Application,
        to: Annotated[str, typer.Option("--to", help="交给哪个角色 / to which role: branch_officer | head_office_officer | customer_manager")],
        note: Annotated[str, typer.Option("--note", help="为什么 / why")],
        as_: Account = None,
        minutes: Minutes = None,
    ) -> object:  # fmt: skip
        """把申请上报(或退回)给另一角色办理 / Hands an application to another role, upward or back.

        例 e.g.: kemiao refer app-0123456789abcdef0123 --to head_office_officer --note 订单集中,请总行判断 --as wang
        """
        from kemiao.app.commands.apply import stepped
        from kemiao.bank.commands.refer import refer as run

        return stepped(door, as_, minutes, lambda world, effort: run(world, application, to, note, effort))

    @command(cli)
    def decline(
        door: Door,
        application: Application,
        reason: Annotated[list[str], typer.Option("--reason", help="理由代码,可多次(lending.toml) / code of a reason, several times")],
        note: Annotated[str, typer.Option("--note", help="备注(密封保存) / a note, sealed")] = "",
        as_: Account = None,
        minutes: Minutes = None,
    ) -> object:  # fmt: skip
        """人工拒绝申请并写明理由,须另一人同意 / A person declines an application, with reasons; a second person agrees.

        例 e.g.: kemiao decline app-0123456789abcdef0123 --reason PURPOSE_NOT_SHOWN --as li
        """
        from kemiao.app.commands.apply import stepped
        from kemiao.bank.commands.decline import decline as run

        return stepped(door, as_, minutes, lambda world, effort: run(world, application, reason, note, effort))
