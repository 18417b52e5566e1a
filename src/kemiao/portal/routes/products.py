"""Products a company can borrow by, tried for it: how much, at what rate, what it costs whole. Nothing is decided."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel

from kemiao.base.money import FEN_MAX
from kemiao.portal.door import Asking, CompanyKey, done, router

routes = router("products")
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Fen = Annotated[int | None, Query(gt=0, le=FEN_MAX)]
Months = Annotated[int | None, Query(ge=1, le=360)]
Text = Annotated[str | None, Query(max_length=200)]


class MoneyWords(BaseModel):
    code: str
    zh: str
    en: str


class CostDue(BaseModel):
    """pay_by: where the due day is no workday."""

    due_on: date
    pay_by: date | None = None
    interest_fen: int
    principal_fen: int
    fee_fen: int
    balance_fen: int


class FeeShown(BaseModel):
    code: str
    zh: str
    en: str
    on: date
    amount_fen: int
    paid_to: str


class Costs(BaseModel):
    """apr_ppm: what it costs a year, all fees counted, by internal rate of return; simple_ppm: the same, simple. Dues as if all is
    drawn on the first day; a revolving line has none of them before it is drawn."""

    rate_ppm: int
    rate_kind: str
    spread_ppm: int | None
    reset_months: int | None
    repayment: str
    starts_on: date
    matures_on: date
    overdue_markup_ppm: int
    early_fee_ppm: int
    grace_days: int
    apr_ppm: int | None
    simple_ppm: int | None
    interest_fen: int
    fees_fen: int
    fees: list[FeeShown]
    schedule: list[CostDue]


class ProductTried(BaseModel):
    """refused: why it can't be had as it was asked for. automatic: the bank's rules decide it without a person. most_fen: what could be
    asked for; assumed: codes of what would have to be there beside (a guarantor, security)."""

    product: str
    zh: str
    en: str
    about_zh: str
    about_en: str
    fits: bool
    refused: MoneyWords | None
    amount_fen: int
    months: int
    most_fen: int | None
    least_fen: int
    step_fen: int
    min_months: int
    max_months: int
    purposes: list[MoneyWords]
    documents: list[MoneyWords]
    security: str
    renewal: bool
    green: bool
    automatic: bool
    assumed: list[str]
    costs: Costs | None


class ProductTrial(BaseModel):
    """Of the newest decision, or one that was made for this look only (kept: false). contact: as the company last gave it."""

    company: str
    day: date
    decision: str
    kept: bool
    limit_fen: int | None
    contact: str | None
    items: list[ProductTried]


@routes.get("/companies/{company}/products")
def products(asked: Asking, company: CompanyKey, amount_fen: Fen = None, months: Months = None) -> ProductTrial:
    """Every product, those that fit first; without schedules."""
    trial = _trial(asked, company, None, amount_fen, months, None, None, None)
    trial.items.sort(key=lambda one: (not one.fits, bool(one.assumed), -(one.most_fen or 0), one.product))
    for one in trial.items:
        if one.costs is not None:
            one.costs.schedule = []
    return trial


@routes.get("/companies/{company}/products/{product}")
def product(
    asked: Asking, company: CompanyKey, product: Name, amount_fen: Fen = None, months: Months = None, purpose: Text = None,
    guarantor: Text = None, renews: Text = None,
) -> ProductTrial:  # fmt: skip
    """One, with its schedule."""
    return _trial(asked, company, product, amount_fen, months, purpose, guarantor, renews)


def costs_of(row: Any, cost: Any) -> Costs:
    fees = [FeeShown(code=due.fee.code, zh=due.fee.zh, en=due.fee.en, on=due.on, amount_fen=due.amount_fen, paid_to=due.fee.paid_to) for due in cost.fees]  # fmt: skip
    return Costs(
        rate_ppm=row["rate_ppm"], rate_kind=row["rate_kind"], spread_ppm=row.get("spread_ppm"), reset_months=row.get("reset_months"),
        repayment=row["repayment"], starts_on=row["starts_on"], matures_on=row["matures_on"], overdue_markup_ppm=row.get("overdue_markup_ppm") or 0,
        early_fee_ppm=row.get("early_fee_ppm") or 0, grace_days=row.get("grace_days") or 0, apr_ppm=cost.apr_ppm, simple_ppm=cost.simple_ppm,
        interest_fen=cost.interest_fen, fees_fen=sum(fee.amount_fen for fee in fees), fees=fees, schedule=[due_of(each) for each in cost.schedule],
    )  # fmt: skip


def due_of(each: Any) -> CostDue:
    paid_on = each["paid_on"]
    return CostDue(
        due_on=each["due_on"], pay_by=paid_on if paid_on and paid_on != each["due_on"] else None, interest_fen=each["interest_fen"] or 0,
        principal_fen=each["principal_fen"] or 0, fee_fen=each["fee_fen"] or 0, balance_fen=each["balance_fen"] or 0,
    )  # fmt: skip


def _trial(
    asked: Asking, company: str, name: str | None, amount_fen: int | None, months: int | None, purpose: str | None,
    guarantor: str | None, renews: str | None,
) -> ProductTrial:  # fmt: skip
    from kemiao.bank.commands import product_try
    from kemiao.bank.lending.waiting import last_contact
    from kemiao.credit.products.terms import Facts

    facts = Facts(purpose=purpose or None, guarantor=guarantor or None, renews=renews or None)
    with asked.world() as world:
        answer = done(product_try.try_products(world, product_try.Trial(company, name, amount_fen, months, None, facts)))  # fmt: skip
        contact = last_contact(world, company)
    said = answer.decision
    return ProductTrial(
        company=company, day=answer.day, decision=said["decision"], kept=answer.kept, limit_fen=said.get("limit_fen"), contact=contact,
        items=[_tried(one) for one in answer.products if one.tried is not None],
    )  # fmt: skip


def _tried(one: Any) -> ProductTried:
    from kemiao.credit.products.form import PURPOSES

    tried, head, own = one.tried, one.tried.product.head, one.tried.product
    declined = tried.who.declines[0] if tried.who.declines else None
    refused = MoneyWords(code=one.refusal.code, zh=one.refusal.zh, en=one.refusal.en) if one.refusal else None
    if declined is not None:
        refused = MoneyWords(code=declined.code, zh=declined.zh, en=declined.en)
    return ProductTried(
        product=one.name, zh=head.zh, en=head.en, about_zh=head.about_zh, about_en=head.about_en, fits=refused is None, refused=refused,
        amount_fen=tried.amount_fen, months=tried.months, most_fen=tried.most_fen, least_fen=own.amount.min_fen, step_fen=own.amount.step_fen,
        min_months=own.tenor.min_months, max_months=own.tenor.max_months,
        purposes=[MoneyWords(code=code, zh=PURPOSES[code][0], en=PURPOSES[code][1]) for code in head.purposes],
        documents=[MoneyWords(code=each.code, zh=each.zh, en=each.en) for each in own.documents], security=own.security.kind, renewal=head.renewal,
        green=head.green, automatic=tried.automatic, assumed=list(tried.assumed), costs=costs_of(tried.row, one.cost) if one.cost is not None else None,
    )  # fmt: skip
