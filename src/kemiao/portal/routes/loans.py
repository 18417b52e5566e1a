"""Loans as their borrower sees them: what is owed, the plan, statements, and orders to repay, which credit nothing by themselves."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import Refusal
from kemiao.portal.acting import effort_of
from kemiao.portal.door import Asked, Asking, CompanyKey, Cursor, Limit, Page, done, paged, router

routes = router("loans")
_RECEIVED = ("repay", "recover")
Kind = Literal["due", "early", "payoff"]


class LoanBrief(BaseModel):
    """due_fen: due and unpaid today. owed_fen: what settles it today."""

    loan: str
    company: str
    product: str
    status: str
    amount_fen: int
    principal_fen: int
    due_fen: int
    past_due_days: int
    next_due_on: date | None
    next_due_fen: int | None
    rate_ppm: int
    starts_on: date
    matures_on: date


class PlanDue(BaseModel):
    due_on: date
    pay_by: date
    interest_fen: int
    principal_fen: int
    balance_fen: int
    passed: bool


class LoanHappened(BaseModel):
    """A message that counts: a repayment, a change of terms. reversed: it was taken back."""

    message: str
    kind: str
    value_day: date
    amount_fen: int | None
    rate_ppm: int | None
    reversed: bool


class RepaymentOrder(BaseModel):
    """state: waiting, paid, withdrawn or lapsed. message: the repayment that met it."""

    id: str
    loan: str
    company: str
    kind: str
    amount_fen: int
    pay_on: date
    ordered_at: str
    applicant: str | None
    by: str | None
    lapses_on: date | None
    state: str
    message: str | None
    paid_on: date | None


class HowToPay(BaseModel):
    name: str
    account: str
    clearing_number: str
    reference: str


class LoanWhole(LoanBrief):
    """due_fen is made of what follows it. payoff_fen: settles it today."""

    repayment: str
    rate_kind: str
    signed_on: date
    early_fee_ppm: int
    grace_days: int
    overdue_markup_ppm: int
    purpose: str | None
    principal_due_fen: int
    interest_due_fen: int
    penalty_fen: int
    fee_fen: int
    interest_fen: int
    kept_fen: int
    payoff_fen: int
    received_fen: int
    application: str | None
    plan: list[PlanDue]
    happened: list[LoanHappened]
    orders: list[RepaymentOrder]
    how: HowToPay | None


class RepaymentQuote(BaseModel):
    """What the payment would do: bank.commands.repayment_order.Quote."""

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


class OrderingRepayment(BaseModel):
    """amount_fen: of an early repayment; what is due, and what settles the loan, follow from the day."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind
    pay_on: date
    amount_fen: int | None = Field(default=None, gt=0, le=FEN_MAX)


class RepaymentOrdered(BaseModel):
    order: RepaymentOrder
    quote: RepaymentQuote
    how: HowToPay
    again: bool


@routes.get("/companies/{company}/loans")
def of_company(asked: Asking, company: CompanyKey, cursor: Cursor = None, limit: Limit = 50) -> Page[LoanBrief]:
    """By number."""
    from kemiao.bank.lending.loan_store import loans
    from kemiao.bank.lending.record_many import states_of

    with asked.world() as world:
        known = {row["loan"]: row for row in loans(world, companies=(company,)).to_pylist()}
        some, after = paged(sorted(known), str, cursor, limit)
        states = states_of(world, some, company=company).to_pylist() if some else []
    return Page(items=[LoanBrief(**_brief(known[state["loan"]], state)) for state in states], next=after)


@routes.get("/loans/{loan}")
def show(asked: Asking, loan: str) -> LoanWhole:
    """A loan as it stands today: what is due when, what settles it, what happened, and how to pay."""
    from kemiao.bank.commands.loan_book import plan, shown
    from kemiao.bank.commands.repayment_order import how_to_pay
    from kemiao.bank.lending.applications import applications
    from kemiao.bank.lending.repayment_orders import orders_of

    with asked.world() as world:
        said = done(shown(world, loan))
        dues = done(plan(world, loan))
        known = done(orders_of(world, loan))
        how = how_to_pay(world, loan)
        agreed, state = said["loan"], said["state"]
        own = next((each.id for each in applications(world, agreed["company"]) if each.loan == loan), None)
    reversed_ = {row["word"] for row in said["messages"] if row["kind"] == "reverse"}
    return LoanWhole(
        **_brief(agreed, state), repayment=agreed["repayment"], rate_kind=agreed["rate_kind"], signed_on=agreed["signed_on"],
        early_fee_ppm=agreed["early_fee_ppm"] or 0, grace_days=agreed["grace_days"] or 0, overdue_markup_ppm=agreed["overdue_markup_ppm"] or 0,
        purpose=agreed["purpose"], principal_due_fen=state["principal_due_fen"], interest_due_fen=state["interest_due_fen"],
        penalty_fen=state["penalty_fen"] + state["compound_fen"], fee_fen=state["fee_fen"], interest_fen=state["interest_fen"], kept_fen=state["kept_fen"],
        payoff_fen=said["payoff"]["total_fen"], received_fen=state["received_fen"], application=own,
        plan=[PlanDue(**{name: row[name] for name in PlanDue.model_fields}) for row in dues],
        happened=[_happened(row, reversed_) for row in said["messages"] if row["kind"] != "reverse"], orders=[_order(asked, each) for each in known],
        how=None if isinstance(how, Refusal) else HowToPay(**asdict(how)),
    )  # fmt: skip


@routes.get("/loans/{loan}/quote")
def quote(asked: Asking, loan: str, kind: Kind, on: date, amount_fen: Annotated[int | None, Query(gt=0, le=FEN_MAX)] = None) -> RepaymentQuote:  # fmt: skip
    """What a payment on a day would do, before it is ordered."""
    from kemiao.bank.commands.repayment_order import OrderRepayment
    from kemiao.bank.commands.repayment_order import quote as run

    with asked.world() as world:
        return RepaymentQuote(**asdict(done(run(world, OrderRepayment(loan, kind, on, amount_fen)))))


@routes.get("/loans/{loan}/statement", response_class=Response)
def statement(
    asked: Asking, loan: str, first: Annotated[date | None, Query(alias="from")] = None, last: Annotated[date | None, Query(alias="to")] = None
) -> Response:  # fmt: skip
    """The statement as a PDF, in the language of the request."""
    from kemiao.bank.commands.books import statement_of
    from kemiao.bank.lending.registered_name import registered_names
    from kemiao.bank.lending.settlement import settlement
    from kemiao.bank.statement_paper import statement_pdf

    with asked.world() as world:
        found = done(statement_of(world, loan, first, last))
        today = world.clock.today()
        own = settlement(world, today)
        name = registered_names(world, [found.company]).get(found.company)
    bank = None if isinstance(own, Refusal) else own.payer.name
    content = statement_pdf(found, today, name, bank, "zh" if asked.lang == "zh" else "en")
    return Response(content, 200, {"Content-Disposition": 'attachment; filename="statement.pdf"'}, "application/pdf")


@routes.post("/loans/{loan}/repayments", status_code=201)
def order(asked: Asking, loan: str, body: OrderingRepayment) -> RepaymentOrdered:
    """Says what will be paid, and when. Nothing is credited before the money is seen."""
    from kemiao.bank.commands.repayment_order import OrderRepayment, order_repayment

    with asked.world() as world:
        made = done(order_repayment(world, OrderRepayment(loan, body.kind, body.pay_on, body.amount_fen), effort_of(asked, world)))  # fmt: skip
    return RepaymentOrdered(order=_order(asked, made.order), quote=RepaymentQuote(**asdict(made.quote)), how=HowToPay(**asdict(made.how)), again=made.again)  # fmt: skip


@routes.get("/repayments")
def orders(asked: Asking, state: Literal["waiting", "paid", "withdrawn", "lapsed"] | None = None, cursor: Cursor = None, limit: Limit = 50) -> Page[RepaymentOrder]:  # fmt: skip
    """Orders of repayment, by day; a company sees its own."""
    from kemiao.bank.lending.repayment_orders import orders as known

    with asked.world() as world:
        found = [each for each in known(world, asked.only) if state in (None, each.state)]
    found.sort(key=_by_day)
    some, after = paged(found, _by_day, cursor, limit)
    return Page(items=[_order(asked, each) for each in some], next=after)


@routes.post("/repayments/{repayment}/withdrawal")
def withdraw(asked: Asking, repayment: str) -> RepaymentOrder:
    """Takes back an order of repayment that still waits for its money."""
    from kemiao.bank.commands.repayment_order import withdraw_order

    with asked.world() as world:
        return _order(asked, done(withdraw_order(world, repayment, effort_of(asked, world))))


def _by_day(each: Any) -> str:
    return f"{each.pay_on} {each.seq:015d}"


def _order(asked: Asked, each: Any) -> RepaymentOrder:
    said = {name: value for name, value in asdict(each).items() if name in RepaymentOrder.model_fields}
    return RepaymentOrder(**said | ({} if asked.only is None else {"by": None}))


def _brief(agreed: Any, state: Any) -> dict[str, Any]:
    from kemiao.credit.servicing.columns import due_now_fen

    return {
        "loan": agreed["loan"], "company": agreed["company"], "product": agreed["product"], "status": state["status"], "amount_fen": agreed["amount_fen"],
        "principal_fen": state["principal_fen"], "due_fen": due_now_fen(state), "past_due_days": state["past_due_days"], "next_due_on": state["next_due_on"],
        "next_due_fen": state["next_due_fen"], "rate_ppm": state["rate_ppm"], "starts_on": agreed["starts_on"], "matures_on": state["matures_on"],
    }  # fmt: skip


def _happened(row: Any, reversed_: set[str]) -> LoanHappened:
    return LoanHappened(
        message=row["message"], kind=row["kind"], value_day=row["value_day"], amount_fen=row.get("amount_fen"), rate_ppm=row.get("rate_ppm"),
        reversed=row["message"] in reversed_,
    )  # fmt: skip
