"""kemiao loan list | show | schedule | payoff | due"""

from __future__ import annotations

from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.app.groups import group
from kemiao.base.refusal import Refusal

Loan = Annotated[str, typer.Argument(metavar="LOAN", help="贷款编号 / the loan's id")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="以哪天日终为准 / at the end of a day", show_default=False)]
_STATUSES = ("agreed", "active", "settled", "written_off", "renewed")


def register(cli: typer.Typer) -> None:
    loan = group(cli, "loan")

    @command(loan, name="list")
    def list_(
        door: Door,
        company: Annotated[str | None, typer.Option("--company", help="只看一家企业 / of one company", show_default=False)] = None,
        status: Annotated[str | None, typer.Option("--status", help=" | ".join(_STATUSES), show_default=False)] = None,
        as_of: AsOf = None,
    ) -> object:  # fmt: skip
        """全部贷款及其余额、逾期天数 / All loans: what is owed, days past due.  例 e.g.: kemiao loan list --status active --as-of 2024-06-30"""
        from kemiao.app.loan_shown import show_list
        from kemiao.app.options import company_keys, optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.loan_book import listed

        if status is not None and status not in _STATUSES:
            raise typer.BadParameter(" | ".join(_STATUSES), param_hint="--status")
        keys = company_keys([company] if company else None)
        with open_world(door) as world:
            rows = listed(world, optional_day(as_of), keys[0] if keys else None, status)
        return door.lines(rows) if door.as_json else show_list(door, rows)

    @command(loan)
    def show(door: Door, loan: Loan, as_of: AsOf = None) -> object:
        """一笔贷款:约定、现状、经过、结清金额 / One loan: what was agreed, how it stands, what happened.

        例 e.g.: kemiao loan show loan-0123456789abcdef0123 --as-of 2024-06-30 --json
        """
        from kemiao.app.loan_shown import show_loan
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.loan_book import shown

        with open_world(door) as world:
            answer = shown(world, loan, optional_day(as_of))
        if isinstance(answer, Refusal):
            return answer
        return door.document(answer) if door.as_json else show_loan(door, answer)

    @command(loan)
    def schedule(door: Door, loan: Loan) -> object:
        """还款计划:已到期的与将到期的 / The plan: dues that were and dues to come.  例 e.g.: kemiao loan schedule LOAN --json"""
        from kemiao.app.loan_shown import show_plan
        from kemiao.app.world import open_world
        from kemiao.bank.commands.loan_book import plan

        with open_world(door) as world:
            rows = plan(world, loan)
        if isinstance(rows, Refusal):
            return rows
        return door.lines(rows) if door.as_json else show_plan(door, loan, rows)

    @command(loan)
    def payoff(
        door: Door,
        loan: Loan,
        on: Annotated[str, typer.Option("--on", metavar="DAY", help="哪天还清,过去或将来 / the day, past or to come")],
    ) -> object:
        """某日结清须还多少 / What pays the loan off on a day.  例 e.g.: kemiao loan payoff LOAN --on 2024-12-31"""
        from kemiao.app.loan_shown import show_payoff
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.loan_book import quote

        day = optional_day(on)
        with open_world(door) as world:
            answer = quote(world, loan, day)
        if isinstance(answer, Refusal):
            return answer
        return door.document(answer) if door.as_json else show_payoff(door, answer)

    @command(loan)
    def due(
        door: Door,
        manager: Annotated[str | None, typer.Option("--manager", metavar="ACCOUNT", help="只看一位客户经理 / of one customer manager", show_default=False)] = None,
        within: Annotated[int, typer.Option("--within", min=0, max=3660, help="今后几天内到期 / falling due within days")] = 7,
        as_of: AsOf = None,
    ) -> object:  # fmt: skip
        """逾期、到期、即将到期,按客户经理 / What is overdue, due and falls due soon, by manager.

        例 e.g.: kemiao loan due --manager zhou --within 7
        """
        from kemiao.app.loan_shown import show_due
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.loan_book import due as find

        with open_world(door) as world:
            rows = find(world, within, manager, optional_day(as_of))
        return door.lines(rows) if door.as_json else show_due(door, rows)
