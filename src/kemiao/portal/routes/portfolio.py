"""The loan book and what lending costs: the figures of `kemiao book …`, `kemiao books balance` and `kemiao economics`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel
from starlette.responses import Response

from kemiao.portal.door import Asked, Asking, done, router, standing

routes = router("portfolio")
_LOANS = 500
_KEPT_MS = 300_000
AsOf = Annotated[date | None, Query(description="as of a day, today by default")]


class BookTotals(BaseModel):
    """Sums in fen, ratios in ppm; null where there is nothing to divide by."""

    loans: int
    borrowers: int
    balance_fen: int
    undrawn_fen: int
    ead_fen: int
    ecl_fen: int
    rwa_fen: int
    capital_fen: int
    nonperforming_fen: int
    npl_ratio_ppm: int | None
    coverage_ppm: int | None
    allowance_ratio_ppm: int | None
    written_off_loans: int
    raroc_ppm: int | None


class BookPart(BaseModel):
    """A row of a breakdown. key: of the class, the stage, the bucket; zh, en: what it is called."""

    key: str | int | None
    zh: str
    en: str
    loans: int
    borrowers: int
    balance_fen: int
    undrawn_fen: int
    ecl_fen: int
    rwa_fen: int
    capital_fen: int
    npl_ratio_ppm: int | None
    allowance_ratio_ppm: int | None
    share_ppm: int | None


class BookLargest(BaseModel):
    """key: a company, a group, an industry. name: of a company that may be shown."""

    key: str | None
    name: str | None = None
    zh: str | None = None
    en: str | None = None
    exposure_fen: int
    share_ppm: int | None
    limit_fen: int
    above: bool


class BookConcentration(BaseModel):
    exposure_fen: int
    capital_fen: int
    herfindahl_ppm: int | None
    single: list[BookLargest]
    group: list[BookLargest]
    industry: list[BookLargest]
    above_limit: dict[str, int]
    group_members: dict[str, list[str]]


class BookFlag(BaseModel):
    company: str
    flag: str
    on: str
    zh: str
    en: str


class JudgedLoan(BaseModel):
    loan: str
    company: str
    name: str | None
    class_: str
    class_zh: str
    class_en: str
    class_reasons: list[str]
    stage: int | None
    past_due_days: int | None
    balance_fen: int
    ecl_fen: int


class Portfolio(BaseModel):
    """closed: as judged when the day was closed; otherwise judged just now. loans: those that are not normal, at most so many."""

    as_of: date
    closed: bool
    totals: BookTotals
    by_class: list[BookPart]
    by_stage: list[BookPart]
    past_due: list[BookPart]
    by_risk_row: list[BookPart]
    concentration: BookConcentration
    flags: list[BookFlag]
    loans: list[JudgedLoan]
    loans_not_normal: int
    assumed: dict[str, int]


class BookMovement(BaseModel):
    """By part (opening, new, …, closing): stage1, stage2, stage3, total, in fen."""

    as_of: date
    since: date
    parts: list[str]
    words: dict[str, list[str]]
    balance: dict[str, dict[str, int]]
    allowance: dict[str, dict[str, int]]


class BookVintage(BaseModel):
    """A quarter of starts. ever_ppm: by month on book, the share of the amount that was ever past due by more than `days_over`."""

    quarter: str
    loans: int
    amount_fen: int
    ever_ppm: list[int | None]


class BookVintages(BaseModel):
    as_of: date
    days_over: int
    vintages: list[BookVintage]


class BalanceLine(BaseModel):
    code: str
    zh: str
    en: str
    debit_fen: int
    credit_fen: int
    balance_fen: int


class TrialBalance(BaseModel):
    on: date
    closed_until: date | None
    lines: list[BalanceLine]


class FieldPractice(BaseModel):
    """What the field reports. same: counted as we count it."""

    figure: str
    unit: str
    value: int | None
    period: str
    zh: str
    en: str
    same: bool
    source: str


class EconomicsStep(BaseModel):
    step: str
    zh: str
    en: str
    count: int
    machine_ms_p50: int | None
    machine_ms_p99: int | None
    minutes: int
    stated: int
    cost_fen: int


class Economics(BaseModel):
    applications: int
    finished: int
    declined: int
    withdrawn_or_lapsed: int
    loans: int
    loans_of_applications_ppm: int | None
    seconds_to_money: dict[str, int | None]
    machine_ms_of_a_loan: dict[str, int | None]
    minutes_of_a_loan: int | None
    cost_fen: int
    cost_of_a_loan_fen: int | None
    rate_ppm: int | None
    loss_expected_ppm: int | None
    loss_realised_ppm: int | None
    margin_ppm: int | None
    margin_after_loss_ppm: int | None
    clock_stands_still: bool
    by_step: list[EconomicsStep]
    practice: list[FieldPractice]


@routes.get("/portfolio")
def portfolio(asked: Asking, as_of: AsOf = None) -> Portfolio:
    """`kemiao book show`, `capital`, `concentration` and `classify` of one judgement of the book."""
    from kemiao.bank.book_words import CLASS_WORDS
    from kemiao.bank.commands import book
    from kemiao.bank.company_index import CompanyIndex

    def read() -> dict[str, Any]:
        whole = done(book.show(world, as_of))
        classes = done(book.classify(world, as_of, None, "normal"))["loans"]
        return {"whole": whole, "capital": done(book.capital(world, as_of)), "concentration": done(book.concentration(world, as_of, 10)), "loans": classes}  # fmt: skip

    with asked.world() as world:
        found = _kept(asked, world, ("portfolio", as_of), read)
        whole, most, worse = found["whole"], found["concentration"], found["loans"]
        shown = {row["key"] for row in most["single"]} | {row["company"] for row in worse[:_LOANS]}
        names = asked.portal.kept.view(CompanyIndex).names(world, shown)
    largest: dict[str, Any] = {name: [_largest(name, row, names) for row in most[name]] for name in ("single", "group", "industry")}  # fmt: skip
    return Portfolio(
        as_of=whole["as_of"], closed=whole["closed"], totals=BookTotals(**{name: whole[name] for name in BookTotals.model_fields}),
        by_class=_parts(whole["by_class"]), by_stage=_parts(whole["by_stage"]), past_due=_parts(whole["past_due"]), by_risk_row=_parts(found["capital"]["by_row"]),
        concentration=BookConcentration(
            **{name: most[name] for name in ("exposure_fen", "capital_fen", "herfindahl_ppm", "above_limit", "group_members")},
            **largest,
        ),
        flags=[_flag(row) for row in whole["flags"]],
        loans=[
            JudgedLoan(class_=row["class"], class_zh=CLASS_WORDS[row["class"]][0], class_en=CLASS_WORDS[row["class"]][1], name=names.get(row["company"]), class_reasons=row["class_reasons"] or [],
                       **{name: row[name] for name in ("loan", "company", "stage", "past_due_days", "balance_fen", "ecl_fen")})
            for row in worse[:_LOANS]
        ],
        loans_not_normal=len(worse), assumed=whole["assumed"],
    )  # fmt: skip


@routes.get("/portfolio/movement")
@standing
def movement(asked: Asking, as_of: AsOf = None, since: Annotated[date | None, Query(description="the opening is the end of that day")] = None) -> BookMovement:  # fmt: skip
    """`kemiao book movement`."""
    from kemiao.bank.book_words import PART_WORDS
    from kemiao.bank.commands import book

    with asked.world() as world:
        found = _kept(asked, world, ("movement", as_of, since), lambda: done(book.movement(world, since, as_of)))
    words = {name: list(pair) for name, pair in PART_WORDS.items()}
    return BookMovement(as_of=found["as_of"], since=found["since"], parts=list(PART_WORDS), words=words, balance=found["balance"], allowance=found["allowance"])  # fmt: skip


@routes.get("/portfolio/vintage")
@standing
def vintage(asked: Asking, as_of: AsOf = None, days: Annotated[int, Query(ge=0, le=3650)] = 30) -> BookVintages:
    """`kemiao book vintage`."""
    from kemiao.bank.commands import book

    with asked.world() as world:
        found = _kept(asked, world, ("vintage", as_of, days), lambda: done(book.vintage(world, as_of, days)))
    return BookVintages(**found)


@routes.get("/portfolio/balance")
@standing
def balance(asked: Asking, on: AsOf = None) -> TrialBalance:
    """The trial balance: `kemiao books balance`."""
    from kemiao.bank.commands.books import trial_balance

    with asked.world() as world:
        found = trial_balance(world, on)
    lines = [
        BalanceLine(code=each.account.code, zh=each.account.zh, en=each.account.en, debit_fen=each.debit_fen, credit_fen=each.credit_fen, balance_fen=each.balance_fen)
        for each in sorted(found.lines, key=lambda line: line.account.code)
    ]  # fmt: skip
    return TrialBalance(on=found.on, closed_until=found.closed_until, lines=lines)


@routes.get("/portfolio/workbook", response_class=Response, responses={200: {"content": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {}}}})  # fmt: skip
def workbook(asked: Asking, as_of: AsOf = None, since: Annotated[date | None, Query()] = None) -> Response:
    """The regulator's workbook: the bytes of `kemiao book report`."""
    from kemiao.bank.book_workbook import book_workbook
    from kemiao.bank.commands.book_report import book_report

    with asked.world() as world:
        document = done(book_report(world, as_of, since))
    return Response(
        book_workbook(document, asked.word), media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"Content-Disposition": f'attachment; filename="book-{document["as_of"]}.xlsx"'},
    )  # fmt: skip


@routes.get("/economics")
@standing
def economics(asked: Asking, since: Annotated[date | None, Query()] = None, until: Annotated[date | None, Query()] = None) -> Economics:  # fmt: skip
    """Of applications made from one day to another, both included: `kemiao economics`."""
    from kemiao.bank.commands.economics import economics as run
    from kemiao.bank.lending.applications import WORDS

    named = {**WORDS, "due_diligence": ("尽职调查", "due diligence")}
    with asked.world() as world:
        found = asdict(done(run(world, since, until)))
    steps = [EconomicsStep(zh=named.get(each["step"], (each["step"],))[0], en=named.get(each["step"], (each["step"],))[-1], **each) for each in found.pop("by_step")]  # fmt: skip
    practice = [
        FieldPractice(**{name: each[name] for name in FieldPractice.model_fields}) for each in found.pop("practice")
    ]
    return Economics(**found, by_step=steps, practice=practice)


def _kept(asked: Asked, world: Any, key: tuple[Any, ...], make: Any) -> Any:
    """Judging the whole book takes long, and follows from what is recorded about loans, from who was erased, and from policy: kept while
    nothing of that is new."""
    from kemiao.bank.lending.flags import FLAG
    from kemiao.bank.lending.loan_store import LOAN, LOAN_CHUNK, MESSAGE, MESSAGE_CHUNK
    from kemiao.bank.lending.quality import END_OF_DAY, RELATED

    kinds = (LOAN, LOAN_CHUNK, MESSAGE, MESSAGE_CHUNK, FLAG, "funds_finding", END_OF_DAY, RELATED, "erased")
    newest = tuple(event.seq if event else 0 for event in map(world.log.last, kinds))
    policy = world.policy.digest_on(world.clock.today())
    return asked.portal.kept.answer(("book", *key, world.clock.today(), newest, policy), asked.portal.now_ms(), _KEPT_MS, make)  # fmt: skip


def _parts(rows: list[dict[str, Any]]) -> list[BookPart]:
    return [BookPart(**_words(row["key"]), **{name: row[name] for name in BookPart.model_fields if name not in ("zh", "en")}) for row in rows]  # fmt: skip


def _words(key: Any) -> dict[str, Any]:
    from kemiao.bank.book_words import KEY_WORDS

    zh, en = KEY_WORDS.get(key, (str(key), str(key).replace("_", " ")))
    return {"zh": zh, "en": en}


def _largest(kind: str, row: dict[str, Any], names: dict[str, str]) -> BookLargest:
    said: dict[str, Any] = _words(row["key"]) if kind == "industry" else {}
    return BookLargest(name=names.get(row["key"]) if kind == "single" else None, **said, **row)


def _flag(row: dict[str, Any]) -> BookFlag:
    from kemiao.credit.quality.columns import FLAG_WORDS

    zh, en = FLAG_WORDS[row["flag"]]
    return BookFlag(company=row["company"], flag=row["flag"], on=str(row["on"]), zh=zh, en=en)
