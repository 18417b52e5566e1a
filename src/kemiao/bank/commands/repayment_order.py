"""loan order-repayment: a company says what it will pay, when; how it pays is told, and what it would do. Nothing is credited by
its word: operations or the bank's statement record the money that is seen (bank.lending.repayment_orders)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from kemiao.bank.lending.applications import Effort
from kemiao.bank.lending.clearance import unfit_maker
from kemiao.bank.lending.loan_store import loan
from kemiao.bank.lending.repayment_orders import ORDERED, WITHDRAWN, Order, order, orders_of
from kemiao.bank.lending.settlement import settlement
from kemiao.bank.lending.standing import served, states
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.credit.servicing.payoff import payoff

_AHEAD_DAYS = 366
_OWED = ("fee_fen", "penalty_fen", "compound_fen", "interest_due_fen", "principal_due_fen")


@dataclass(frozen=True, slots=True)
class OrderRepayment:
    """amount_fen: None for what is due on the day (kind due) or all of it (payoff)."""

    loan: str
    kind: str
    pay_on: date
    amount_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What a payment on a day would do if nothing else happens until then. due_fen: what is due then. payoff_fen: what settles the loan.
    principal_fen … fee_fen: where the amount goes. early_fee_fen: of it, for principal before its day. kept_fen: beyond all that is owed.
    left_fen: principal afterwards. next_due_on, next_due_fen: then."""

    loan: str
    on: date
    status: str
    amount_fen: int
    due_fen: int
    payoff_fen: int
    principal_fen: int
    interest_fen: int
    penalty_fen: int
    early_fee_fen: int
    kept_fen: int
    left_fen: int
    next_due_on: date | None
    next_due_fen: int | None


@dataclass(frozen=True, slots=True)
class HowToPay:
    """Where the money goes, and the words by which the bank's statement finds the loan."""

    name: str
    account: str
    clearing_number: str
    reference: str


@dataclass(frozen=True, slots=True)
class Ordered:
    order: Order
    quote: Quote
    how: HowToPay
    again: bool = False


def quote(world: World, asked: OrderRepayment) -> Quote | Refusal:
    """Refuses NO_SUCH_LOAN, DAY_PASSED, DAY_TOO_FAR, NOTHING_OWED, AMOUNT_OUT_OF_RANGE, LOAN_NOT_ACTIVE."""
    agreed = loan(world, asked.loan)
    if isinstance(agreed, Refusal):
        return agreed
    today = world.clock.today()
    if asked.pay_on < today:
        return Refusal.at("DAY_PASSED", "还款日在今天之前", "the day is past", on=asked.pay_on)
    if (asked.pay_on - today).days > _AHEAD_DAYS:
        return Refusal.at("DAY_TOO_FAR", f"还款日须在 {_AHEAD_DAYS} 天之内", f"the day is at most {_AHEAD_DAYS} days ahead", on=asked.pay_on)  # fmt: skip
    before = states(world, asked.pay_on, asked.loan).to_pylist()[0]
    if before["status"] not in ("active", "renewed", "written_off"):
        return Refusal.at("LOAN_NOT_ACTIVE", "这笔贷款没有可还的欠款", "nothing is owed on this loan", loan=asked.loan)  # fmt: skip
    whole = payoff(before, agreed["early_fee_ppm"])
    due = max(sum(before[name] for name in _OWED) - before["kept_fen"], 0)
    amount = _amount(asked, due, whole.total_fen)
    if isinstance(amount, Refusal):
        return amount
    return _what_if(world, asked, agreed, before, amount, due, whole.total_fen)


def order_repayment(world: World, asked: OrderRepayment, effort: Effort) -> Ordered | Refusal:
    """The same of one loan twice, while it waits, is one. effort: the company's own account, or a member of the staff who may record repayments.
    Refuses as quote does, NOT_THE_APPLICANT, NO_ACCOUNT_NAMED, NOT_YOUR_ROLE, ORDER_WAITS."""
    made = quote(world, asked)
    if isinstance(made, Refusal):
        return made
    row = loan(world, asked.loan)
    how = how_to_pay(world, asked.loan)
    if isinstance(row, Refusal):
        return row
    if isinstance(how, Refusal):
        return how
    refused = _may(world, effort, str(row["company"]))
    if refused is not None:
        return refused
    said = {"loan": asked.loan, "kind": asked.kind, "amount_fen": made.amount_fen, "pay_on": asked.pay_on.isoformat()}
    with world.log.write() as tx:
        known = orders_of(world, asked.loan)
        if isinstance(known, Refusal):
            return known
        open_ones = [each for each in known if each.state == "waiting"]
        for each in open_ones:
            if (each.kind, each.amount_fen, each.pay_on) == (asked.kind, made.amount_fen, asked.pay_on):
                return Ordered(each, made, how, again=True)
        if open_ones:
            return Refusal.at("ORDER_WAITS", "已有一份还款指令在等候到账:先撤回它,再下新的", "an order waits for its money already: withdraw it before another", order=open_ones[0].id)  # fmt: skip
        own = "ord-" + digest("repayment_order", {**said, "number": len(known)})[:20]
        who: dict[str, Any] = {"by": effort.account.account if effort.account else None}
        if effort.applicant is not None:
            who |= {"applicant": effort.applicant.account, "session": effort.applicant.session}
        tx.append(ORDERED, str(row["company"]), own, {**said, **who})
    found = order(world, own)
    if isinstance(found, Refusal):
        raise BrokenInvariant(f"{own} was ordered and is not there")
    return Ordered(found, made, how)


def withdraw_order(world: World, own: str, effort: Effort) -> Order | Refusal:
    """Refuses NO_SUCH_ORDER, ORDER_CLOSED, NOT_THE_APPLICANT, NO_ACCOUNT_NAMED, NOT_YOUR_ROLE."""
    with world.log.write() as tx:
        found = order(world, own)
        if isinstance(found, Refusal):
            return found
        refused = _may(world, effort, found.company)
        if refused is not None:
            return refused
        if found.state != "waiting":
            return Refusal.at("ORDER_CLOSED", f"该指令已不在等候({found.state})", f"the order no longer waits ({found.state})", order=own)  # fmt: skip
        applicant = effort.applicant
        tx.append(WITHDRAWN, found.company, own, {"by": effort.account.account if effort.account else None, **({"applicant": applicant.account, "session": applicant.session} if applicant else {})})  # fmt: skip
    return order(world, own)


def how_to_pay(world: World, own: str) -> HowToPay | Refusal:
    """Refuses BAD_PAYMENTS_POLICY."""
    at = settlement(world, world.clock.today())
    if isinstance(at, Refusal):
        return at
    return HowToPay(at.payer.name, at.payer.account, at.payer.bank, own)


def as_json(done: Ordered) -> dict[str, Any]:
    return {**asdict(done.order), "again": done.again, "quote": asdict(done.quote), "how": asdict(done.how)}


def _may(world: World, effort: Effort, company: str) -> Refusal | None:
    if effort.applicant is not None:
        if effort.applicant.company == company and effort.account is None:
            return None
        return Refusal("NOT_THE_APPLICANT", "须由该企业自己的账户办理", "this is done by that company's own account")
    if effort.account is None:
        return Refusal("NO_ACCOUNT_NAMED", "须由人办理:用 --as 账户,或设 KEMIAO_ACCOUNT", "this needs a person: --as ACCOUNT, or set KEMIAO_ACCOUNT")  # fmt: skip
    return unfit_maker(world, effort.account, "repay")


def _amount(asked: OrderRepayment, due: int, whole: int) -> int | Refusal:
    amount = {"due": due, "payoff": whole}.get(asked.kind) if asked.amount_fen is None else asked.amount_fen
    if amount is None or not 0 <= amount <= FEN_MAX:
        return Refusal.at("AMOUNT_OUT_OF_RANGE", "请写明还款金额", "say how much is to be paid", loan=asked.loan)
    if amount == 0:
        return Refusal.at("NOTHING_OWED", "那天没有到期应还的款项", "nothing is due on that day", loan=asked.loan, on=asked.pay_on)  # fmt: skip
    if amount > whole:
        return Refusal.at("MORE_THAN_OWED", "超过结清金额", "that is more than settles the loan", loan=asked.loan, payoff_fen=whole)  # fmt: skip
    return amount


def _what_if(
    world: World, asked: OrderRepayment, agreed: Mapping[str, Any], before: Mapping[str, Any], amount: int, due: int, whole: int
) -> Quote:  # fmt: skip
    kind = "recover" if before["status"] == "written_off" else "repay"
    payment = {"message": "what-if", "loan": asked.loan, "kind": kind, "value_day": asked.pay_on, "amount_fen": amount, "seq": 1 << 62, "received_on": asked.pay_on}  # fmt: skip
    then = served(world, asked.pay_on, asked.loan, extra=[payment])
    after = then.states.to_pylist()[0]
    goes: dict[str, int] = {}
    for line in then.lines.to_pylist():
        # What the payment pays. A line of kind fee beside it is what the payment itself brings due.
        if line["message"] == "what-if" and line["kind"] == kind:
            goes[line["component"]] = goes.get(line["component"], 0) + line["amount_fen"]
    early = (
        before["principal_fen"] - before["principal_due_fen"] - (after["principal_fen"] - after["principal_due_fen"])
    )
    fee = max(goes.get("fee", 0) - before["fee_fen"], 0) if early > 0 else 0
    return Quote(
        asked.loan, asked.pay_on, str(after["status"]), amount, due, whole,
        before["principal_fen"] - after["principal_fen"], goes.get("interest", 0), goes.get("penalty", 0) + goes.get("compound", 0), fee,
        after["kept_fen"], after["principal_fen"], after["next_due_on"], after["next_due_fen"],
    )  # fmt: skip
