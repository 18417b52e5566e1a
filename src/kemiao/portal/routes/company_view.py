"""One company on one page. Its papers are read once a visit, under one permit, with one receipt; tabs and charts share the reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Query
from pydantic import BaseModel
from starlette.responses import Response

from kemiao.bank.world import World
from kemiao.credit.profile import COLUMNS
from kemiao.facts.permit import Purpose
from kemiao.portal.door import Asked, Asking, CompanyKey, done, router

T = TypeVar("T")
routes = router("companies")
_VISIT_MS = 600_000


class InvoiceMonth(BaseModel):
    """Amounts without tax; void invoices count in no amount, red letters are netted and shown beside."""

    month: str
    sales_fen: int
    sales: int
    sales_red_fen: int
    sales_red: int
    sales_void: int
    purchases_fen: int
    purchases: int
    purchases_red_fen: int
    purchases_red: int


class CashMonth(BaseModel):
    """balance_fen: of all accounts at the month's end; null where no paper names one."""

    month: str
    inflow_fen: int
    outflow_fen: int
    transactions: int
    balance_fen: int | None


class Dealing(BaseModel):
    other: str
    fen: int
    before_fen: int
    invoices: int
    since: str
    last_on: str
    share_ppm: int | None = None


class Dealings(BaseModel):
    """Customers or suppliers of the last 12 whole months; shares are of `whole_fen`."""

    number: int
    whole_fen: int
    largest_ppm: int | None
    top5_ppm: int | None
    hhi_ppm: int | None
    rows: list[Dealing]
    others: int
    others_fen: int
    lost: list[Dealing]
    since: str
    until: str


class RightsCount(BaseModel):
    kind: str
    status: str
    number: int


class QualificationHeld(BaseModel):
    kind: str
    granted_on: str
    expires_on: str | None


class ResearchYear(BaseModel):
    year_end: str
    amount_fen: int


class PatentSeen(BaseModel):
    number: str
    kind: str
    title: str | None
    status: str
    filed_on: str | None
    index_milli: int | None
    confidence_ppm: int | None
    lending_fen: int | None
    pledge_fen: int | None


class TechnologySeen(BaseModel):
    rights: list[RightsCount]
    qualifications: list[QualificationHeld]
    research: list[ResearchYear]
    patents: list[PatentSeen]
    pledge_fen: int | None
    index_sum_milli: int | None


class PaperSeen(BaseModel):
    """What one import brought of one table. waiting: rows of the whole import that wait in quarantine."""

    batch: int
    table: str
    zh: str
    en: str
    rows: int
    first: str | None
    last: str | None
    imported_on: str
    map: str
    basis: str
    waiting: int


class MovedFeature(BaseModel):
    feature: str
    zh: str
    en: str
    unit: str
    before: str | None
    now: str | None


class SinceBefore(BaseModel):
    """What changed from the decision before. headline: name → [before, now]."""

    headline: dict[str, list[str | int | None]]
    features: list[MovedFeature]
    features_moved: int
    rests_on: list[str]


class DecisionSeen(BaseModel):
    decision_id: str
    at: str
    as_of: str
    decision: str
    grade: str | None
    pd_ppm: int | None
    limit_fen: int | None
    rate_ppm: int | None
    authority: str | None
    since: SinceBefore | None


class LoanSeen(BaseModel):
    loan: str
    product: str
    amount_fen: int
    starts_on: str | None
    security: str | None
    purpose: str | None
    status: str
    drawn_fen: int
    principal_fen: int
    rate_ppm: int | None
    matures_on: str | None
    next_due_on: str | None
    next_due_fen: int | None
    past_due_days: int


class ApplicationSeen(BaseModel):
    application: str
    step: str
    on: str
    product: str | None
    amount_fen: int | None
    until: str | None


class FlagSeen(BaseModel):
    flag: str
    on: str


class ExposureSeen(BaseModel):
    owed_fen: int
    undrawn_fen: int
    offered_fen: int
    group: str | None
    group_fen: int | None


class TechnologyGradeSeen(BaseModel):
    grade: str | None
    factor_ppm: int
    status: str
    zh: str
    en: str


class EntrySeen(BaseModel):
    """at: milliseconds since 1970."""

    index: int
    at: int
    id: str
    kind: str
    author: str | None
    purpose: str | None


class FigureSeen(BaseModel):
    """standing_ppm: the share of peers that are worse. quartiles, standing: null where too few peers are known."""

    feature: str
    zh: str
    en: str
    unit: str
    value: int | None
    quartiles: list[int] | None
    standing_ppm: int | None
    peers: int
    better: str


class AxisSeen(BaseModel):
    axis: str
    zh: str
    en: str
    standing_ppm: int | None
    figures: list[FigureSeen]


class PortraitSeen(BaseModel):
    """same: what the peers share with the company (industry_named, size_class, stage)."""

    as_of: str
    peers: int
    same: list[str]
    known_ppm: int
    axes: list[AxisSeen]


class CompanyView(BaseModel):
    """entries: null where the home takes no part in a chain. register: columns of the company's register that are known."""

    company: str
    name: str | None
    as_of: str
    day: str
    registered: dict[str, str | int]
    bases: list[str]
    exposure: ExposureSeen
    technology_grade: TechnologyGradeSeen | None
    flags: list[FlagSeen]
    invoices: list[InvoiceMonth]
    cash: list[CashMonth]
    customers: Dealings
    suppliers: Dealings
    technology: TechnologySeen
    documents: list[PaperSeen]
    decisions: list[DecisionSeen]
    loans: list[LoanSeen]
    applications: list[ApplicationSeen]
    entries: list[EntrySeen] | None


@routes.get("/companies/{company}/view")
def view(asked: Asking, company: CompanyKey) -> CompanyView:
    """Read under one permit. Another look within ten minutes by the same account reads no paper again, unless papers came in or the
    company has closed them since; what the log says is always of now."""
    from kemiao.bank.commands.company_view import from_the_log, read_papers

    with asked.world() as world:
        read = _of_visit(asked, world, "credit_review", company, lambda: done(read_papers(world, company)))
        said = from_the_log(world, company)
    papers: dict[str, Any] = dict(read.papers)
    sides = {name: {**papers[name], "since": papers[name]["from"]} for name in ("customers", "suppliers")}
    register = papers.pop("register")
    return CompanyView(company=company, name=read.name, as_of=read.as_of.isoformat(), registered=register, **said, **{**papers, **sides})  # fmt: skip


@routes.get("/companies/{company}/portrait")
def portrait(asked: Asking, company: CompanyKey) -> PortraitSeen:
    """The company beside its peers, as `kemiao company show` tells it and as the company sees itself: quartiles, never a peer."""
    from kemiao.bank.commands.portrait import Request, see

    with asked.world() as world:
        seen = _of_visit(asked, world, "report", company, lambda: done(see(world, Request(company))))
    found = seen.portrait
    axes = [
        AxisSeen(
            axis=each.axis.name, zh=each.axis.zh, en=each.axis.en, standing_ppm=each.standing_ppm,
            figures=[
                FigureSeen(feature=one.feature, zh=COLUMNS[one.feature].zh, en=COLUMNS[one.feature].en, unit=COLUMNS[one.feature].unit, value=one.value,
                           quartiles=list(one.quartiles) if one.quartiles else None, standing_ppm=one.standing_ppm, peers=one.peers, better="more" if one.more_is_better else "less")
                for one in each.figures
            ],
        )
        for each in found.axes
    ]  # fmt: skip
    return PortraitSeen(
        as_of=seen.as_of.isoformat(), peers=found.peers, same=list(found.same), known_ppm=found.known_ppm, axes=axes
    )


@routes.get(
    "/companies/{company}/report", response_class=Response, responses={200: {"content": {"application/pdf": {}}}}
)
def report(
    asked: Asking,
    company: CompanyKey,
    decision: Annotated[str | None, Query(max_length=64)] = None,
    form: Literal["pdf", "html"] = "pdf",
) -> Response:
    """The credit investigation report of a decision, the newest by default: what `kemiao report` writes."""
    from kemiao.bank.commands.report import ReportRequest
    from kemiao.bank.commands.report import report as make

    with asked.world() as world:
        made = done(make(world, ReportRequest(company, form, "zh" if asked.lang == "zh" else "en", decision)))
    kind = "application/pdf" if form == "pdf" else "text/html; charset=utf-8"
    return _file(made.content, kind, f"report-{company.partition(':')[2]}.{form}")


@routes.get("/companies/{company}/portrait.svg", response_class=Response, responses={200: {"content": {"image/svg+xml": {}}}})  # fmt: skip
def portrait_drawn(asked: Asking, company: CompanyKey) -> Response:
    """The portrait beside its peers, as `kemiao company show --portrait` draws it."""
    from kemiao.bank.commands.portrait import Request, see
    from kemiao.bank.portrait_content import content_of
    from kemiao.papers.font_face import standing_alone
    from kemiao.papers.portrait import portrait_chart

    with asked.world() as world:
        seen = done(see(world, Request(company)))
    drawn = standing_alone(portrait_chart(content_of(seen), "zh" if asked.lang == "zh" else "en"))
    return _file(drawn.encode(), "image/svg+xml", f"portrait-{company.partition(':')[2]}.svg")


def _of_visit(asked: Asked, world: World, purpose: Purpose, company: str, read: Callable[[], T]) -> T:
    """What a look of this account for this purpose found within the last minutes, while day, facts and policy are the same and the company's papers are open;
    else it is read now, or refused."""
    from kemiao.bank.consent_gate import closed_today
    from kemiao.bank.views import batches
    from kemiao.facts.tables import TABLES

    today = world.clock.today()
    if world.chain is not None and closed_today(world.chain, (company,), purpose, tuple(TABLES), batches(world)):  # fmt: skip
        return read()  # says why it may not be read
    key = (purpose, company, asked.account, world.log.snapshot()[0], today, world.policy.digest_on(today))
    found: T = asked.portal.kept.answer(key, asked.portal.now_ms(), _VISIT_MS, read)
    return found


def _file(content: bytes, kind: str, name: str) -> Response:
    """To be saved, never shown as a page of ours. name: ASCII, for keys are."""
    safe = "".join(each if each.isascii() and (each.isalnum() or each in "-._") else "_" for each in name)
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{safe}"'})
