"""A funder's place: its mandates, what was matched to them and why, the loans that came of it. Of companies nothing but what a sheet tells.

A funder's account sees what is its own; the bank and an auditor see those of all funders at the same addresses.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field

from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.portal.door import Asked, Asking, done, router
from kemiao.portal.problems import NOT_ALLOWED
from kemiao.portal.routes.market import Fen, MarketForecast, MarketPosting, Ppm, Strict, as_posting

routes = router("funding")
MandateName = Annotated[str, Path(max_length=60)]
Name = Annotated[str, Field(max_length=120)]
Names = Annotated[list[Name], Field(max_length=200)]
Months = Annotated[int, Field(ge=1, le=600)]


class MandateTerms(Strict):
    """docs/market-tables.md, Mandates; whole fen, ppm, months, days. What is null has the default that stands there. industry_share: industry
    (or * for each other one) → the largest part of the budget in it. grade_rates: a grade's own rate, in place of rate and steps."""

    budget_fen: Fen
    rate_ppm: Ppm | None = None
    rate_per_grade_ppm: Ppm | None = None
    rate_per_technology_ppm: Ppm | None = None
    grade_rates: dict[Annotated[str, Field(pattern=r"^[A-D]{1,3}$")], Ppm] = Field(default={}, max_length=20)
    amount_low_fen: Fen | None = None
    amount_high_fen: Fen | None = None
    months_low: Months | None = None
    months_high: Months | None = None
    grade_floor: str | None = Field(default=None, max_length=8)
    technology_floor: str | None = Field(default=None, max_length=8)
    industries: Names = Field(default=[])
    not_industries: Names = Field(default=[])
    regions: Names = Field(default=[])
    purposes: Names = Field(default=[])
    collateral: Names = Field(default=[])
    loan_to_value_ppm: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    patents_least: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    green_only: bool | None = None
    speed_days: Annotated[int, Field(ge=0, le=366)] | None = None
    flexible: bool | None = None
    share_max_ppm: Ppm | None = None
    industry_share: dict[Name, Ppm] = Field(default={}, max_length=100)
    covered: Literal["no", "accept", "need"] | None = None
    covered_off_ppm: Ppm | None = None
    value_least_ppm: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] | None = None
    product: str | None = Field(default=None, max_length=64)

    def cells(self, mandate: str, funder: str) -> dict[str, str]:
        plain: dict[str, Any] = {"mandate": mandate, "funder": funder}
        for name, value in self.model_dump(exclude={"name", "industry_share", "grade_rates"}).items():
            plain[name] = _cell(value)
        plain["industry_share"] = ";".join(f"{name}={_percent(ppm)}" for name, ppm in self.industry_share.items()) or None  # fmt: skip
        plain |= {f"rate_{grade}_ppm": ppm for grade, ppm in self.grade_rates.items()}
        return {name: str(value) for name, value in plain.items() if value is not None}


class NewMandate(MandateTerms):
    """name: the mandate's id is the funder's name, a dash, and this."""

    name: str = Field(min_length=1, max_length=40, pattern=r"^[^\s:;>*/,\"'=]+$")


class Mandate(MarketPosting):
    """lent_fen: of matches that stand. funder: whose it is."""

    funder: str | None
    matches: int


class FundedMatch(BaseModel):
    """state: of the application that it became, as a word; loan: once it is signed. fallen: why it stands no longer."""

    match: str
    call: str
    company: str
    mandate: str
    funder: str | None
    cover: str | None
    guarantor: str | None
    amount_fen: int
    covered_fen: int
    months: int
    rate_ppm: int
    until: str
    fallen: str | None
    state: str | None
    loan: str | None


class SheetMatch(BaseModel):
    """Of the result that counts with the company; of the other one without names."""

    company: str | None = None
    cover: str | None
    guarantor: str | None = None
    amount_fen: int
    covered_fen: int
    months: int | None = None
    rate_ppm: int
    cost_ppm: int | None = None


class SheetLine(BaseModel):
    group: str
    tier: int | None
    value_ppm: int | None
    lot: int | None
    open: bool


class SheetRow(BaseModel):
    """above: how many stand before the cut-off and took something better. line: the last that came in, by tier, value and lot; open: all did."""

    mandate: str
    budget_fen: int
    stable: list[SheetMatch]
    best: list[SheetMatch]
    above: int
    lines: list[SheetLine]


class FunderCall(BaseModel):
    call: str
    number: int
    day: str


class FunderSheet(BaseModel):
    call: str
    result: Literal["stable", "best"]
    mandates: list[SheetRow]


class FundedLoan(BaseModel):
    """past_due_fen: principal and interest that are due and unpaid. interest_paid_fen: so far, in all forms."""

    loan: str
    company: str
    mandate: str
    match: str
    amount_fen: int
    status: str
    drawn_fen: int
    principal_fen: int
    rate_ppm: int
    interest_paid_fen: int
    past_due_days: int
    past_due_fen: int
    next_due_on: str | None
    next_due_fen: int | None
    matures_on: str | None
    sold_ppm: int


class SoldPart(BaseModel):
    """A part of a loan that was sold to the funder, and its account of a time: docs/servicing.md."""

    loan: str
    company: str
    share_ppm: int
    status: str
    past_due_days: int
    opening_fen: int
    bought_fen: int
    principal_fen: int
    closing_fen: int
    interest_fen: int
    penalty_fen: int
    remitted_fen: int


class FunderPortfolio(BaseModel):
    day: str
    lent: list[FundedLoan]
    totals: dict[str, int]
    sold_from: str | None
    sold: list[SoldPart]
    sold_totals: dict[str, int]


class LieView(BaseModel):
    """Of so many drawn mandates that told other than the truth, how many gained, by how much a year at their true value."""

    lie: str
    agents: int
    gained: int
    mean_gain_fen: int
    largest_gain_fen: int
    lost: int
    mean_change_fen: int


@routes.get("/mandates")
def mandates(asked: Asking, ended: bool = False) -> list[Mandate]:
    """The newest first."""
    from kemiao.bank.market.funders import mandates as known

    with asked.world() as world:
        return [_mandate(world, each) for each in reversed(known(world, asked.only_funder)) if ended or not each.ended]


@routes.post("/mandates", status_code=201)
def post(asked: Asking, body: NewMandate) -> Mandate:
    """Takes part in every call until it is withdrawn, with what is left of its budget."""
    funder = _funder(asked)
    return _posted(asked, body.cells(f"{funder}-{body.name}", funder), instead=False)


@routes.get("/mandates/{mandate}")
def mandate(asked: Asking, mandate: MandateName) -> Mandate:
    """A mandate as it is posted, with its terms."""
    with asked.world() as world:
        return _mandate(world, _newest(world, mandate))


@routes.put("/mandates/{mandate}")
def change(asked: Asking, mandate: MandateName, body: MandateTerms) -> Mandate:
    """The new terms stand in place of the old from now on. The budget is what may be lent from now on: matches stay as they are."""
    return _posted(asked, body.cells(mandate, _funder(asked)), instead=True)


@routes.delete("/mandates/{mandate}")
def withdraw(asked: Asking, mandate: MandateName) -> Mandate:
    """It takes part in no later call; what was matched stays matched."""
    from kemiao.bank.commands.market_post import withdraw as command

    with asked.world() as world:
        done(command(world, mandate))
        return _mandate(world, _newest(world, mandate))


@routes.get("/funding/matches")
def matches(asked: Asking) -> list[FundedMatch]:
    """The newest first."""
    from kemiao.bank.commands.funding import funded

    with asked.world() as world:
        day = world.clock.today()
        return [FundedMatch(**each.as_json(day)) for each in funded(world, asked.only_funder)]


@routes.get("/funding/calls")
def calls(asked: Asking) -> list[FunderCall]:
    """Calls that were cleared in this home, the newest first."""
    from kemiao.bank.market.calls import calls as known

    with asked.world() as world:
        return [
            FunderCall(call=call.id, number=call.number, day=call.day.isoformat())
            for call in reversed(known(world))
            if world.log.last("market_cleared", ref=call.id) is not None
        ]


@routes.get("/funding/calls/{call}")
def sheet(asked: Asking, call: Annotated[str, Path(max_length=80)]) -> FunderSheet:
    """What a bidder's sheet says of its mandates in a call that was cleared here."""
    from kemiao.bank.commands.funding import told

    with asked.world() as world:
        found = done(told(world, asked.only_funder, call))
    lines: dict[str, list[SheetLine]] = {}
    for cut in found.lines:
        lines.setdefault(cut["name"], []).append(SheetLine(group=cut["class"], tier=cut["tier"], value_ppm=cut["value_ppm"], lot=cut["lot"], open=cut["open"]))  # fmt: skip
    rows = [
        SheetRow(
            mandate=row["mandate"], budget_fen=row["budget_fen"], stable=[SheetMatch(**_told(one)) for one in row["stable"]],
            best=[SheetMatch(**_told(one)) for one in row["best"]], above=row["above"]["count"], lines=lines.get(row["mandate"], []),
        )
        for row in found.sheets
    ]  # fmt: skip
    return FunderSheet(call=found.call, result=found.result, mandates=rows)  # type: ignore[arg-type]


@routes.get("/funding/portfolio")
def portfolio(asked: Asking, since: Annotated[date | None, Query(description="of the account of sold parts; the beginning of the year without")] = None) -> FunderPortfolio:  # fmt: skip
    """Loans that came of its matches, and parts of loans that were sold to it."""
    from kemiao.bank.commands.funding import portfolio as command

    with asked.world() as world:
        found = command(world, asked.only_funder, since)
    sold = found["sold"]
    parts = [] if sold is None else [SoldPart(**{name: row[name] for name in SoldPart.model_fields}) for row in sold["loans"]]  # fmt: skip
    return FunderPortfolio(
        day=found["day"], lent=[FundedLoan(**row) for row in found["lent"]], totals=found["totals"], sold_from=sold["from"].isoformat() if sold else None,
        sold=parts, sold_totals=sold["totals"] if sold else {},
    )  # fmt: skip


@routes.get("/funding/outlook")
def outlook(asked: Asking, arrivals: Annotated[int | None, Query(ge=0, le=100_000)] = None) -> MarketForecast:
    """What the next call may bring its mandates, of what stands posted now: docs/market-outlook.md."""
    from kemiao.bank.commands.market_present import outlook as command
    from kemiao.bank.market.funders import mandates as known

    with asked.world() as world:
        own = None if asked.only_funder is None else {each.id for each in known(world, asked.only_funder)}
        return MarketForecast(**done(command(world, own, None, arrivals)))


@routes.get("/funding/strategy")
def strategy(asked: Asking) -> list[LieView]:
    """What telling other than the truth would gain funders in this market, drawn ones together: nothing is told below the policy's number."""
    from kemiao.bank.commands.market_present import lies

    with asked.world() as world:
        found = done(lies(world))
    return [LieView(**{name: getattr(lie, name) for name in LieView.model_fields}) for lie in found]


def _funder(asked: Asked) -> str:
    funder = asked.someone.funder
    if funder is None:
        done(NOT_ALLOWED)
    return str(funder)


def _posted(asked: Asked, cells: dict[str, str], *, instead: bool) -> Mandate:
    from kemiao.bank.commands.market_post import Row
    from kemiao.bank.commands.market_post import post as command

    with asked.world() as world:
        (made,) = done(command(world, "mandates", [Row(cells)], instead=instead))
        return _mandate(world, _newest(world, done(made).id))


def _newest(world: World, own: str) -> Any:
    from kemiao.bank.market.funders import mandates as known

    found = [each for each in known(world) if each.id == own]
    if not found:
        done(Refusal.at("NO_SUCH_POSTING", "没有这笔资金", "there is no such mandate", mandate=own))
    return found[-1]


def _mandate(world: World, each: Any) -> Mandate:
    from kemiao.bank.market.funders import funder_of
    from kemiao.bank.market.matches import standing

    count = sum(match.mandate == each.id and match.seq > each.seq for match in standing(world))
    return Mandate(**as_posting(each).model_dump(), funder=funder_of(each), matches=count)


def _told(one: dict[str, Any]) -> dict[str, Any]:
    return {name: one.get(name) for name in SheetMatch.model_fields}


def _cell(value: Any) -> Any:
    """As the market's tables write it; None where nothing is said."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (";".join(value) or None) if isinstance(value, list) else value


def _percent(ppm: int) -> str:
    return f"{ppm / 10_000:.4f}".rstrip("0").rstrip(".") + "%"
