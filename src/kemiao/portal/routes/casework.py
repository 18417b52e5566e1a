"""The bank's work on an application: the case on one page, the proposal, and every step that a person of the bank takes."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from kemiao.bank.application_index import ApplicationIndex
from kemiao.bank.commands import decline as declining
from kemiao.bank.commands import due_diligence as diligence
from kemiao.bank.commands import offer as offering
from kemiao.bank.commands import override as overriding
from kemiao.bank.commands import proposal as proposing
from kemiao.bank.commands import refer as referring
from kemiao.bank.commands.apply import Stepped, reopen
from kemiao.bank.commands.assess import Request, assess
from kemiao.bank.commands.case import case as whole_case
from kemiao.bank.commands.condition import Tick, tick
from kemiao.bank.commands.disburse import Disburse, disburse
from kemiao.bank.commands.sign import Paper as SignedPaper
from kemiao.bank.commands.sign import sign
from kemiao.bank.commands.trace import trace
from kemiao.bank.company_index import CompanyIndex
from kemiao.bank.lending.applications import WORDS, Application, application, applications
from kemiao.bank.lending.people import account_of
from kemiao.bank.lending.products import product
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.document import decision_id
from kemiao.credit.products.product import Product
from kemiao.portal.door import Asking, CompanyKey, Cursor, Limit, Page, done, paged, resumable, router
from kemiao.portal.efforts import Minutes, PaperFile, effort_of, paper_file

routes = router("casework")
Own = Annotated[str, Path(max_length=40, description="the application's id")]
Fen = Annotated[int, Field(gt=0, le=FEN_MAX)]
Text = Annotated[str, Field(max_length=2000)]


class ApplicationRow(BaseModel):
    application: str
    company: str
    name: str | None
    product: str
    product_zh: str
    product_en: str
    amount_fen: int
    months: int
    purpose: str
    state: str
    state_zh: str
    state_en: str
    until: date | None
    at: str
    round: int
    loan: str | None


class Did(BaseModel):
    """Where the application stands after the step, and the event that it left: number in the log, when, who."""

    application: str
    state: str
    state_zh: str
    state_en: str
    event: int
    at: str
    by: str | None
    again: bool = False
    loan: str | None = None
    declined_for: list[dict[str, Any]] = []


class CaseShown(BaseModel):
    """See bank.commands.case. next: a word of the worklist, null where this account has nothing to do."""

    application: str
    company: str
    name: str | None
    state: str
    state_zh: str
    state_en: str
    until: date | None
    round: int
    product: str
    product_zh: str
    product_en: str
    asked: dict[str, Any]
    next: str | None
    decision: dict[str, Any] | None
    fired: list[dict[str, Any]]
    exposure: dict[str, Any]
    offer: dict[str, Any] | None
    contract: dict[str, Any] | None
    loan: str | None
    disbursed_fen: int
    why: list[dict[str, Any]]
    conditions: list[dict[str, Any]]
    requests: list[dict[str, Any]]
    referrals: list[dict[str, Any]]
    diligence: dict[str, Any] | None
    waits: dict[str, Any] | None
    steps: list[dict[str, Any]]
    decline_reasons: list[dict[str, Any]]
    refer_to: list[dict[str, Any]]
    may: dict[str, bool]


class ProposalShown(BaseModel):
    """What an offer would be on the newest decision. missing: what the terms still lack."""

    decision: str
    automatic: bool
    terms: dict[str, Any] | None
    apr_ppm: int | None
    simple_ppm: int | None
    interest_fen: int | None
    schedule: list[dict[str, Any]]
    why: list[dict[str, Any]]
    missing: dict[str, Any] | None
    referrals: list[dict[str, Any]]
    conditions: list[dict[str, Any]]
    exposure: dict[str, Any]


class EvidenceShown(BaseModel):
    """From a decision to the tables, batches and files that it read. rows: how many of each table, by batch; closed: why rows can't be read."""

    decision: str
    at: str
    event: int
    snapshot: int
    features: list[dict[str, Any]]
    fired: list[dict[str, Any]]
    batches: list[dict[str, Any]]
    rows: dict[str, dict[str, int]]
    chain: dict[str, Any] | None
    own_book: dict[str, Any] | None


class RowsShown(BaseModel):
    """kept: false where the snapshot was swept. left_out: rows beyond those shown. closed: why the shared chain opens none."""

    table: str
    rows: list[dict[str, Any]]
    left_out: int
    kept: bool
    closed: dict[str, Any] | None


class Offering(BaseModel):
    model_config = ConfigDict(extra="forbid")
    security_value_fen: Fen | None = None
    longer: bool = False
    minutes: Minutes = None


class Declining(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reasons: list[Annotated[str, Field(max_length=60)]] = Field(min_length=1, max_length=10)
    note: Text = ""
    minutes: Minutes = None


class Referring(BaseModel):
    model_config = ConfigDict(extra="forbid")
    to: str = Field(max_length=60)
    note: Text
    minutes: Minutes = None


class Overriding(BaseModel):
    model_config = ConfigDict(extra="forbid")
    decision: str = Field(max_length=40)
    to: Literal["approve", "decline"]
    reason: Text


class Overridden(BaseModel):
    """`from` is what the decision stood as."""

    model_config = ConfigDict(extra="allow")
    decision: str
    to: str
    by: str
    approved_by: str | None


class Ticking(BaseModel):
    model_config = ConfigDict(extra="forbid")
    conditions: list[Annotated[str, Field(max_length=60)]] = Field(min_length=1, max_length=30)
    note: str | None = Field(default=None, max_length=200)
    right: str | None = Field(default=None, max_length=80)
    paper: PaperFile | None = None
    minutes: Minutes = None


class BankSigning(BaseModel):
    """how: by both keys on the chain, by the company's account at the portal, or by hand (then with the paper)."""

    model_config = ConfigDict(extra="forbid")
    how: Literal["chain", "portal", "paper"]
    paper: PaperFile | None = None
    minutes: Minutes = None


class Disbursing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    amount_fen: Fen | None = None
    payee: str | None = Field(default=None, max_length=200)
    payee_account: str | None = Field(default=None, max_length=60)
    minutes: Minutes = None


class CaseReopening(BaseModel):
    model_config = ConfigDict(extra="forbid")
    amount_fen: Fen | None = None
    months: int | None = Field(default=None, ge=1, le=360)
    minutes: Minutes = None


class OwnerTyped(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=200)
    share_ppm: int = Field(ge=0, le=1_000_000)
    id_number: str | None = Field(default=None, max_length=40)


class Looking(BaseModel):
    """lists: of names or codes, one a row, to screen against beside the imported registers."""

    model_config = ConfigDict(extra="forbid")
    owners: list[OwnerTyped] = Field(min_length=1, max_length=50)
    risk: Literal["low", "medium", "high"]
    lists: list[PaperFile] = Field(default=[], max_length=5)
    cleared: str | None = Field(default=None, max_length=200)
    note: str | None = Field(default=None, max_length=200)
    minutes: Minutes = None


class LookedShown(BaseModel):
    event: int
    risk: str
    until: date
    hits: list[dict[str, str]]
    passed: bool


class Assessed(BaseModel):
    decision: str
    outcome: str


@routes.get("/applications")
def all_applications(
    asked: Asking, state: Annotated[str | None, Query(max_length=20)] = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[ApplicationRow]:
    """The newest first."""
    with asked.world() as world:
        day = world.clock.today()
        every = applications(world, asked.only) if asked.only else asked.portal.kept.view(ApplicationIndex).all(world)
        wanted = sorted((each for each in every if state in (None, each.word(day))), key=_newest_first)
        some, after = paged(wanted, _newest_first, cursor, limit)
        names = asked.portal.kept.view(CompanyIndex).names(world, {each.company for each in some})
        products = {name: product(world, name, day) for name in {str(each.asked["product"]) for each in some}}
    return Page(items=[_row(each, day, names, products) for each in some], next=after)


@routes.get("/applications/{application}/case")
def case(asked: Asking, application: Own) -> CaseShown:
    """All that the bank has about it, but the papers: for those see the decision's evidence."""
    with asked.world() as world:
        found = done(whole_case(world, application, done(account_of(world, asked.account))))
        own = found.application
        name = asked.portal.kept.view(CompanyIndex).names(world, [own.company]).get(own.company)
    zh, en = WORDS[found.state]
    return CaseShown(
        application=own.id, company=own.company, name=name, state=found.state, state_zh=zh, state_en=en, until=own.until, round=own.round,
        product=str(own.asked["product"]), product_zh=found.product_zh, product_en=found.product_en, asked=dict(own.asked), next=found.next,
        decision=found.decision, fired=found.fired, exposure=found.exposure, offer=dict(own.offer) if own.offer else None,
        contract=dict(own.contract) if own.contract else None, loan=own.loan, disbursed_fen=own.disbursed_fen, why=[dict(each) for each in own.why],
        conditions=found.conditions, requests=found.requests, referrals=found.referrals, diligence=found.diligence, waits=found.waits, steps=found.steps,
        decline_reasons=found.decline_reasons, refer_to=found.refer_to, may=found.may,
    )  # fmt: skip


@routes.get("/applications/{application}/proposal")
def proposal(
    asked: Asking,
    application: Own,
    security_value_fen: Annotated[int | None, Query(gt=0, le=FEN_MAX)] = None,
    longer: bool = False,
) -> ProposalShown:
    """What an offer would be on the newest decision. Nothing is decided by asking."""
    with asked.world() as world:
        found = done(proposing.proposal(world, offering.Offer(application, security_value_fen, longer)))
    return ProposalShown(
        decision=found.decision, automatic=found.automatic, terms=found.row, apr_ppm=found.apr_ppm, simple_ppm=found.simple_ppm,
        interest_fen=found.interest_fen, schedule=list(found.schedule), why=list(found.why), missing=found.missing.as_json() if found.missing else None,
        referrals=list(found.referrals), conditions=list(found.conditions), exposure=found.exposure,
    )  # fmt: skip


@routes.post("/applications/{application}/assessment")
def assessment(asked: Asking, application: Own) -> Assessed:
    """Assesses the company anew on what is known today: a new decision."""
    with asked.world() as world:
        found = done(_found(world, application))
        decided = done(assess(world, Request((found.company,), None, book_on=world.clock.today())))
        (document,) = decided.documents
    return Assessed(decision=decision_id(document), outcome=str(document["decision"]))


@routes.post("/applications/{application}/offer")
@resumable
def offer(asked: Asking, application: Own, body: Offering) -> Did:
    """Assesses, makes the terms and holds them open; or declines, with reasons. Refuses FOUR_EYES_NEEDED where a second person is needed:
    the same again goes through once that person has approved."""
    with asked.world() as world:
        wanted = offering.Offer(application, body.security_value_fen, body.longer)
        answer = done(offering.offer(world, wanted, effort_of(asked, world, body.minutes)))
        return _did(answer.application, world.clock.today())


@routes.post("/applications/{application}/decline")
def decline(asked: Asking, application: Own, body: Declining) -> Did:
    """Declines, for reasons that policy lists. Refuses NO_SUCH_REASON, REASON_NEEDED, NOT_YOUR_ROLE, FOUR_EYES_NEEDED."""
    with asked.world() as world:
        effort = effort_of(asked, world, body.minutes)
        return _stepped(declining.decline(world, application, body.reasons, body.note, effort), world.clock.today())  # fmt: skip


@routes.post("/applications/{application}/referral")
def referral(asked: Asking, application: Own, body: Referring) -> Did:
    """Hands the case to another role, which alone goes on with it. Refuses REFERRED, NOT_YOUR_ROLE."""
    with asked.world() as world:
        effort = effort_of(asked, world, body.minutes)
        answer = done(referring.refer(world, application, body.to, body.note, effort))
        event = world.log.last("application_referred", ref=application)
        did = _did(answer.application, world.clock.today())
        return did.model_copy(update={"event": event.seq, "at": event.at, "by": event.public["by"]} if event else {})


@routes.post("/applications/{application}/override")
def override(asked: Asking, application: Own, body: Overriding) -> Overridden:
    """The company's newest decision, decided otherwise by a person; the offer then rests on that."""
    with asked.world() as world:
        found = done(_found(world, application))
        event = world.log.last("decision", ref=body.decision)
        if event is None or event.subject != found.company:
            raise Refused(Refusal.at("NO_SUCH_DECISION", "这家企业没有这份决定", "this company has no such decision", decision=body.decision))  # fmt: skip
        answer = done(overriding.override(world, asked.account, body.decision, body.to, body.reason))
    return Overridden(**answer)


@routes.post("/applications/{application}/conditions")
def conditions(asked: Asking, application: Own, body: Ticking) -> Did:
    """Ticks conditions, all or none, each with what shows it."""
    with asked.world() as world, paper_file(world, body.paper) as path:
        effort = effort_of(asked, world, body.minutes)
        wanted = Tick(application, tuple(dict.fromkeys(body.conditions)), path, body.right, body.note)
        return _stepped(tick(world, wanted, effort), world.clock.today())


@routes.post("/applications/{application}/bank-signature")
def bank_signature(asked: Asking, application: Own, body: BankSigning) -> Did:
    """The bank signs, or takes note that the company has."""
    if (body.how == "paper") != (body.paper is not None):
        raise Refused(Refusal("PAPER_NEEDED", "纸质签署须附扫描件,其他方式不附", "a contract signed by hand comes with its scan, others without"))  # fmt: skip
    with asked.world() as world, paper_file(world, body.paper) as path:
        effort = effort_of(asked, world, body.minutes)
        answer = sign(world, application, SignedPaper(path) if path else None, effort, portal=body.how == "portal")
        if isinstance(answer, Refusal):
            raise Refused(answer)
        return _did(answer.application, world.clock.today())


@routes.post("/applications/{application}/disbursement")
def disbursement(asked: Asking, application: Own, body: Disbursing) -> Did:
    """Pays out what is left, or a part, once every condition is met and the amount is cleared."""
    with asked.world() as world:
        wanted = Disburse(application, body.amount_fen, body.payee, body.payee_account)
        answer = done(disburse(world, wanted, effort_of(asked, world, body.minutes)))
        return _did(answer.application, world.clock.today())


@routes.post("/applications/{application}/reopening")
def reopening(asked: Asking, application: Own, body: CaseReopening) -> Did:
    """A new round of what was declined, withdrawn or has lapsed, by a person of the bank."""
    with asked.world() as world:
        effort = effort_of(asked, world, body.minutes)
        return _stepped(reopen(world, application, effort, body.amount_fen, body.months), world.clock.today())


@routes.post("/companies/{company}/due-diligence")
def due_diligence(asked: Asking, company: CompanyKey, body: Looking) -> LookedShown:
    """Beneficial owners, screening, risk class."""
    with asked.world() as world, ExitStack() as files:
        effort = effort_of(asked, world, body.minutes)
        lists = [files.enter_context(paper_file(world, each)) for each in body.lists]
        owners = tuple(diligence.Owner(each.name.strip(), each.share_ppm, each.id_number) for each in body.owners)
        look = diligence.Look(
            company, owners, body.risk, tuple(path for path in lists if path), body.cleared, body.note
        )
        answer = done(diligence.due_diligence(world, look, effort))
    return LookedShown(event=answer.seq, risk=answer.risk, until=answer.until, hits=list(answer.hits), passed=answer.passed)  # fmt: skip


@routes.get("/decisions/{decision}/evidence")
def evidence(asked: Asking, decision: Annotated[str, Path(max_length=40)]) -> EvidenceShown:
    """From a decision down to the tables, batches and files that it read. The rows themselves are opened a table at a time."""
    with asked.world() as world:
        found = done(trace(world, decision, 0, tables=()))
        event = world.log.last("decision", ref=decision)
        kept = (world.log.private(event) or {}) if event else {}
    rows = {table: {batch: int(count) for batch, (count, _) in by_batch.items()} for table, by_batch in kept.get("rows", {}).items()}  # fmt: skip
    return EvidenceShown(
        decision=decision, at=found.at, event=event.seq if event else 0, snapshot=found.snapshot, features=found.features, fired=found.fired,
        batches=found.batches, rows=rows, chain=found.chain, own_book=found.own_book,
    )  # fmt: skip


@routes.get("/decisions/{decision}/evidence/{table}")
def evidence_rows(
    asked: Asking,
    decision: Annotated[str, Path(max_length=40)],
    table: Annotated[str, Path(pattern=r"^[a-z_]{1,60}$")],
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> RowsShown:
    """The rows of one table as the decision's snapshot has them, read under a permit, with a receipt."""
    with asked.world() as world:
        found = done(trace(world, decision, limit, tables=(table,)))
    rows = [{name: _plain(value) for name, value in row.items()} for row in found.rows.get(table, [])]
    return RowsShown(table=table, rows=rows, left_out=found.rows_left_out.get(table, 0), kept=found.rows_kept, closed=found.closed)  # fmt: skip


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def _found(world: Any, own: str) -> Application | Refusal:
    return application(world, own)


def _newest_first(found: Application) -> str:
    """A text that rises from the newest to the oldest."""
    begun = found.steps[0].seq
    return f"{10**12 - begun:013}"


def _row(found: Application, day: date, names: dict[str, str], products: dict[str, Any]) -> ApplicationRow:
    state = found.word(day)
    zh, en = WORDS[state]
    name = str(found.asked["product"])
    own = products[name]
    return ApplicationRow(
        application=found.id, company=found.company, name=names.get(found.company), product=name, product_zh=own.head.zh if isinstance(own, Product) else name,
        product_en=own.head.en if isinstance(own, Product) else name, amount_fen=int(found.asked["amount_fen"]), months=int(found.asked["months"]),
        purpose=str(found.asked["purpose"]), state=state, state_zh=zh, state_en=en, until=found.until, at=found.steps[-1].at, round=found.round,
        loan=found.loan,
    )  # fmt: skip


def _stepped(answer: Stepped | Refusal, day: date) -> Did:
    stepped = done(answer)
    return _did(stepped.application, day).model_copy(update={"again": stepped.again})


def _did(found: Application, day: date) -> Did:
    state, last = found.word(day), found.steps[-1]
    zh, en = WORDS[state]
    return Did(
        application=found.id, state=state, state_zh=zh, state_en=en, event=last.seq, at=last.at, by=last.public.get("by"), loan=found.loan,
        declined_for=[dict(each) for each in found.why],
    )  # fmt: skip
