"""kemiao loan repay | draw | fee | extend | restructure | renew | defer | rate | divert | write-off | recover | refund | reverse"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kemiao.app.door import Account, Door, command
from kemiao.app.groups import group
from kemiao.base.refusal import Refusal

Loan = Annotated[str, typer.Argument(metavar="LOAN", help="贷款编号 / the loan's id")]
Amount = Annotated[str, typer.Option("--amount", help="金额 / an amount: 10万, 1,234.56")]
SomeAmount = Annotated[str | None, typer.Option("--amount", help="金额 / an amount", show_default=False)]
On = Annotated[str | None, typer.Option("--on", metavar="DAY", help="起息日,默认今天 / the value day; today", show_default=False)]  # fmt: skip
Message = Annotated[str | None, typer.Option("--message", metavar="ID", help="报文编号:同一编号只入账一次;不给则由内容得出 / its id: the same is recorded once; by its content where none is given", show_default=False)]  # fmt: skip
Reason = Annotated[str | None, typer.Option("--reason", help="理由 / why", show_default=False)]
Until = Annotated[str, typer.Option("--until", metavar="DAY", help="新到期日 / the new maturity")]
Rate = Annotated[str, typer.Option("--rate", help="年利率 / a rate a year: 3.65%")]


def register(cli: typer.Typer) -> None:
    loan = group(cli, "loan")

    @command(loan)
    def repay(
        door: Door, loan: Loan, amount: Amount, on: On = None,
        surplus: Annotated[str, typer.Option("--surplus", help="多还部分:early 提前还本,next 留待下期 / what is more than due: early or next")] = "early",
        message: Message = None, as_: Account = None,
    ) -> object:  # fmt: skip
        """还款:按合同顺序入账,多还的提前还本或留存 / A repayment, allocated in the contract's order.

        例 e.g.: kemiao loan repay LOAN --amount 8.5万 --on 2024-02-05 --as zhou
        """
        return _change(door, as_, loan, "repay", on, message, amount=amount, word=surplus)

    @command(loan)
    def draw(
        door: Door, loan: Loan, amount: Amount,
        payee: Annotated[str | None, typer.Option("--payee", help="收款人(受托支付必填) / the payee; needed for entrusted payment", show_default=False)] = None,
        payee_account: Annotated[str | None, typer.Option("--payee-account", help="收款人账户 / the payee's account", show_default=False)] = None,
        on: On = None, message: Message = None, as_: Account = None,
    ) -> object:  # fmt: skip
        """随借随还贷款的再次提款,条件与首次相同 / A further draw of a revolving loan, on the first one's conditions.

        例 e.g.: kemiao loan draw LOAN --amount 50万 --as zhou
        """
        return _change(door, as_, loan, "draw", on, message, amount=amount, payee=payee, payee_account=payee_account)

    @command(loan)
    def fee(door: Door, loan: Loan, amount: Amount, reason: Annotated[str, typer.Option("--reason", help="哪项费用 / which fee")], on: On = None, message: Message = None, as_: Account = None) -> object:  # fmt: skip
        """计收一笔费用 / A fee becomes due.  例 e.g.: kemiao loan fee LOAN --amount 500 --reason 评估费 --as zhou"""
        return _change(door, as_, loan, "fee", on, message, amount=amount, reason=reason)

    @command(loan)
    def extend(door: Door, loan: Loan, until: Until, on: On = None, reason: Reason = None, message: Message = None, as_: Account = None) -> object:  # fmt: skip
        """展期:新的到期日 / A later maturity.  例 e.g.: kemiao loan extend LOAN --until 2025-06-30 --as zhou"""
        return _change(door, as_, loan, "extend", on, message, day=until, reason=reason)

    @command(loan)
    def restructure(
        door: Door, loan: Loan, reason: Annotated[str, typer.Option("--reason", help="理由 / why")], on: On = None,
        until: Annotated[str | None, typer.Option("--until", metavar="DAY", help="新到期日 / the new maturity", show_default=False)] = None,
        rate: Annotated[str | None, typer.Option("--rate", help="新利率 / the new rate", show_default=False)] = None,
        repayment: Annotated[str | None, typer.Option("--repayment", help="新还款方式 / the new way of repaying", show_default=False)] = None,
        every: Annotated[int | None, typer.Option("--every-months", help="每几个月一期 / months between dues", show_default=False)] = None,
        forgive: Annotated[str | None, typer.Option("--forgive", help="豁免本金 / principal that is forgiven", show_default=False)] = None,
        difficulty: Annotated[bool, typer.Option("--difficulty/--no-difficulty", help="债务人处于财务困难(重组资产) / the debtor is in difficulty")] = True,
        message: Message = None, as_: Account = None,
    ) -> object:  # fmt: skip
        """重组:逾期利息、罚息转为本金,按新计划还 / A new plan; unpaid interest and penalties become principal.

        例 e.g.: kemiao loan restructure LOAN --until 2026-06-30 --rate 3% --reason 订单推迟 --as zhou
        """
        share = 1_000_000 if difficulty else None
        return _change(door, as_, loan, "restructure", on, message, day=until, rate=rate, word=repayment, count=every, amount=forgive, share=share, reason=reason)  # fmt: skip

    @command(loan)
    def renew(door: Door, loan: Loan, into: Annotated[str, typer.Option("--into", metavar="LOAN", help="接续的新贷款 / the new loan")], on: On = None, as_: Account = None) -> object:  # fmt: skip
        """无还本续贷:本金转到新合同,资金不动 / Principal goes over to the new contract; no money moves.

        例 e.g.: kemiao loan renew OLD --into NEW --as zhou
        """
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.loan_draw import take_over as run

        day = optional_day(on)
        with open_world(door) as world:
            answer = run(world, as_, loan, into, day or world.clock.today())
        return answer if isinstance(answer, Refusal) else _show(door, answer)

    @command(loan)
    def defer(door: Door, loan: Loan, periods: Annotated[int, typer.Option("--periods", help="几期本金 / periods of principal")], on: On = None, reason: Reason = None, message: Message = None, as_: Account = None) -> object:  # fmt: skip
        """宽限几期本金,利息照付 / Puts off principal for some periods; interest goes on.  例 e.g.: kemiao loan defer LOAN --periods 3 --as zhou"""
        return _change(door, as_, loan, "defer", on, message, count=periods, reason=reason)

    @command(loan)
    def rate(
        door: Door,
        loan: Loan,
        rate: Rate,
        on: On = None,
        reason: Reason = None,
        message: Message = None,
        as_: Account = None,
    ) -> object:
        """协议调整利率 / Another rate by agreement, from the value day on.  例 e.g.: kemiao loan rate LOAN --rate 3.45% --as zhou"""
        return _change(door, as_, loan, "rate", on, message, rate=rate, reason=reason)

    @command(loan)
    def divert(door: Door, loan: Loan, share: Annotated[str, typer.Option("--share", help="挪用部分占本金 / of the principal")] = "100%", on: On = None, reason: Reason = None, message: Message = None, as_: Account = None) -> object:  # fmt: skip
        """贷款被挪用:按合同加收罚息 / Funds were put to another use: the diverted markup from that day.

        例 e.g.: kemiao loan divert LOAN --share 40% --reason 购置房产 --as zhou
        """
        return _change(door, as_, loan, "divert", on, message, share=share, reason=reason)

    @command(loan, name="write-off")
    def write_off(door: Door, loan: Loan, reason: Annotated[str, typer.Option("--reason", help="理由 / why")], amount: SomeAmount = None, on: On = None, message: Message = None, as_: Account = None) -> object:  # fmt: skip
        """核销:全部,或一部分本金;债权仍在 / Off the books, all or some principal; the claim lives on.

        例 e.g.: kemiao loan write-off LOAN --reason 破产终结 --as zhou
        """
        return _change(door, as_, loan, "write_off", on, message, amount=amount, reason=reason)

    @command(loan)
    def recover(door: Door, loan: Loan, amount: Amount, on: On = None, message: Message = None, as_: Account = None) -> object:  # fmt: skip
        """核销后收回 / Money received after a write-off.  例 e.g.: kemiao loan recover LOAN --amount 20万 --as zhou"""
        return _change(door, as_, loan, "recover", on, message, amount=amount)

    @command(loan)
    def refund(door: Door, loan: Loan, amount: Amount, on: On = None, reason: Reason = None, message: Message = None, as_: Account = None) -> object:  # fmt: skip
        """退还多收款 / What was paid too much goes back.  例 e.g.: kemiao loan refund LOAN --amount 120.50 --as zhou"""
        return _change(door, as_, loan, "refund", on, message, amount=amount, reason=reason)

    @command(loan)
    def reverse(door: Door, loan: Loan, message: Annotated[str, typer.Option("--message", metavar="ID", help="要冲正的报文 / the message that never was")], reason: Annotated[str, typer.Option("--reason", help="理由 / why")], as_: Account = None) -> object:  # fmt: skip
        """冲正一条报文:如同从未发生,账上只以分录反冲 / Takes a message back, as if it had never been.

        例 e.g.: kemiao loan reverse LOAN --message msg-0123456789abcdef0123 --reason 入错账 --as zhou
        """
        return _change(door, as_, loan, "reverse", None, None, word=message, reason=reason)


def _change(door: Door, account: str | None, loan: str, kind: str, on: str | None, message: str | None, **said: Any) -> object:  # fmt: skip
    from kemiao.app.options import optional_day
    from kemiao.app.world import open_world
    from kemiao.bank.commands.loan_change import change
    from kemiao.bank.commands.loan_draw import draw

    row = {"loan": loan, "message": message, "reason": said.get("reason"), "word": said.get("word"), "count": said.get("count")}  # fmt: skip
    numbers = _numbers(said)
    if isinstance(numbers, Refusal):
        return numbers
    day = optional_day(on)
    with open_world(door) as world:
        row |= {**numbers, "value_day": day or world.clock.today(), "day": optional_day(said.get("day"))}
        if kind == "draw":
            answer = draw(world, account, row, said["payee"], said["payee_account"])
        else:
            answer = change(world, account, {**row, "kind": kind})
    return answer if isinstance(answer, Refusal) else _show(door, [answer])


def _numbers(said: dict[str, Any]) -> dict[str, int | None] | Refusal:
    """Amounts and rates as typed; a negative amount is refused further in, with the loan's name."""
    from kemiao.base.money import parse_fen
    from kemiao.base.rates import parse_ppm

    made: dict[str, int | None] = {}
    for name, column, read in (("amount", "amount_fen", parse_fen), ("rate", "rate_ppm", parse_ppm), ("share", "share_ppm", parse_ppm)):  # fmt: skip
        text = said.get(name)
        value = read(text) if isinstance(text, str) else text
        if isinstance(value, Refusal):
            return Refusal(value.code, value.zh, value.en, (("option", f"--{name}"),))
        made[column] = value
    return made


def _show(door: Door, answers: list[Any]) -> None:
    for answer in answers:
        if door.as_json:
            door.document(answer.as_json())
            continue
        again = door.word(",早已入账,未重复", ", recorded before, not again") if answer.again else ""
        door.text(door.word(f"{answer.loan} {answer.value_day} 已入账:{answer.message}{again}", f"{answer.loan} {answer.value_day} recorded: {answer.message}{again}"))  # fmt: skip
