"""kemiao loan order-repayment | repayment-orders | withdraw-repayment"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kemiao.app.door import Account, Door, command
from kemiao.app.groups import group
from kemiao.base.refusal import Refusal

Loan = Annotated[str, typer.Argument(metavar="LOAN", help="贷款编号 / the loan's id")]
_STATES = ("waiting", "paid", "withdrawn", "lapsed")


def register(cli: typer.Typer) -> None:
    loan = group(cli, "loan")

    @command(loan, name="order-repayment")
    def order_repayment(
        door: Door,
        loan: Loan,
        on: Annotated[str, typer.Option("--on", metavar="DAY", help="哪天付款 / the day of payment")],
        amount: Annotated[str | None, typer.Option("--amount", help="提前还多少;不给则为当日到期应还 / an early repayment of so much; else what is due that day", show_default=False)] = None,
        payoff: Annotated[bool, typer.Option("--payoff", help="全部结清 / all of it")] = False,
        try_: Annotated[bool, typer.Option("--try", help="只看结果,不下指令 / only show what it would do")] = False,
        as_: Account = None,
    ) -> object:  # fmt: skip
        """企业的还款指令:先看这笔款会怎样入账;钱到账后才算还款 / A company's order to repay: nothing is credited before the money is seen.

        例 e.g.: kemiao loan order-repayment LOAN --on 2024-08-20 --as li
        """
        from kemiao.app.effort import clocked, effort_of
        from kemiao.app.options import amount_fen, optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.repayment_order import OrderRepayment, as_json, quote
        from kemiao.bank.commands.repayment_order import order_repayment as run

        day = optional_day(on)
        if day is None or (payoff and amount is not None):
            raise typer.BadParameter("--amount | --payoff", param_hint="--amount")
        asked = OrderRepayment(loan, "payoff" if payoff else "early" if amount else "due", day, amount_fen(amount))
        with open_world(door) as world:
            if try_:
                tried = quote(world, asked)
                return tried if isinstance(tried, Refusal) else _shown(door, _plain(tried))
            effort = effort_of(world, as_, None, clocked())
            answer = effort if isinstance(effort, Refusal) else run(world, asked, effort)
        if isinstance(answer, Refusal):
            return answer
        return _shown(door, as_json(answer))

    @command(loan, name="repayment-orders")
    def repayment_orders(
        door: Door,
        company: Annotated[str | None, typer.Option("--company", help="只看一家企业 / of one company", show_default=False)] = None,
        state: Annotated[str | None, typer.Option("--state", help=" | ".join(_STATES), show_default=False)] = None,
    ) -> object:  # fmt: skip
        """企业下达的还款指令及其状态 / Orders of repayment and whether the money came.  例 e.g.: kemiao loan repayment-orders --state waiting"""
        from kemiao.app.options import company_keys
        from kemiao.app.world import open_world
        from kemiao.bank.lending.repayment_orders import orders
        from kemiao.base.money import yuan_text

        if state is not None and state not in _STATES:
            raise typer.BadParameter(" | ".join(_STATES), param_hint="--state")
        keys = company_keys([company] if company else None)
        with open_world(door) as world:
            found = [each for each in orders(world, keys[0] if keys else None) if state in (None, each.state)]
        if door.as_json:
            return door.lines(_plain(each) for each in found)
        titles = [door.word(*pair) for pair in (("指令", "order"), ("贷款", "loan"), ("企业", "company"), ("金额(元)", "yuan"), ("付款日", "on"), ("状态", "state"), ("报文", "message"))]  # fmt: skip
        return door.table("", titles, [[each.id, each.loan, each.company, yuan_text(each.amount_fen), each.pay_on, each.state, each.message] for each in found], ("没有还款指令", "there are no orders of repayment"))  # fmt: skip

    @command(loan, name="withdraw-repayment")
    def withdraw_repayment(
        door: Door, order: Annotated[str, typer.Argument(metavar="ORDER", help="还款指令 / the order")], as_: Account = None
    ) -> object:  # fmt: skip
        """撤回还款指令 / Takes an order of repayment back.  例 e.g.: kemiao loan withdraw-repayment ord-0123456789abcdef0123 --as li"""
        from kemiao.app.effort import clocked, effort_of
        from kemiao.app.world import open_world
        from kemiao.bank.commands.repayment_order import withdraw_order

        with open_world(door) as world:
            effort = effort_of(world, as_, None, clocked())
            answer = effort if isinstance(effort, Refusal) else withdraw_order(world, order, effort)
        if isinstance(answer, Refusal):
            return answer
        return door.document(_plain(answer)) if door.as_json else door.text(f"{answer.id}  {door.word('已撤回', 'withdrawn')}")  # fmt: skip


def _plain(value: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(value)


def _shown(door: Door, said: dict[str, Any]) -> None:
    from kemiao.base.money import yuan_text

    if door.as_json:
        return door.document(said)
    quote, how = said.get("quote", said), said.get("how")
    for zh, en, name in (("付款", "to be paid", "amount_fen"), ("还本金", "of it principal", "principal_fen"), ("利息", "interest", "interest_fen"), ("罚息", "penalties", "penalty_fen"), ("提前还款违约金", "fee on early repayment", "early_fee_fen"), ("还后本金", "principal left", "left_fen")):  # fmt: skip
        door.text(f"{door.word(zh, en)}  {yuan_text(quote[name])}")
    if how is not None:
        door.text(door.word(
            f"{said['id']}:请于 {said['pay_on']} 汇至 {how['name']} {how['account']},附言 {how['reference']}",
            f"{said['id']}: pay to {how['name']} {how['account']} on {said['pay_on']}, with the words {how['reference']}",
        ))  # fmt: skip
    return None
