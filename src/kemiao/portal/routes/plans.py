"""Plans of lending under a budget: tried at the sliders, made by the command."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from kemiao.bank.company_index import CompanyIndex
from kemiao.bank.world import World
from kemiao.base.money import FEN_MAX
from kemiao.portal.door import Asking, done, router

routes = router("plans")
_KEPT_MS = 10 * 60_000
_PPM = 1_000_000
_SHARES_PPM = (100_000, 250_000, 500_000, 750_000, 1_000_000, 1_500_000, 2_000_000)
Fen = Annotated[int, Query(ge=1, le=FEN_MAX)]
Ppm = Annotated[int, Query(ge=0, le=_PPM)]


class MakePlan(BaseModel):
    model_config = ConfigDict(extra="forbid")
    budget_fen: int = Field(ge=1, le=FEN_MAX)
    min_fen: int = Field(ge=1, le=FEN_MAX)
    max_fen: int = Field(ge=1, le=FEN_MAX)
    rate_low_ppm: int = Field(ge=0, le=_PPM)
    rate_high_ppm: int = Field(ge=0, le=_PPM)
    include_refer: bool = False


class Allocation(BaseModel):
    """name: as registered, where it may be shown."""

    company: str
    name: str | None
    grade: str
    industry: str | None
    amount_fen: int
    rate_ppm: int
    decided_rate_ppm: int | None
    accept_ppm: int
    expected_profit_fen: int
    pd_ppm: int
    limit_fen: int


class Bound(BaseModel):
    """binds: a little more room would earn something, or none is left."""

    kind: str
    zh: str
    en: str
    limit_fen: int
    used_fen: int
    price_estimate_ppm: int
    binds: bool


class NotLent(BaseModel):
    code: str
    zh: str
    en: str
    companies: int


class Note(BaseModel):
    code: str
    zh: str
    en: str


class Plan(BaseModel):
    """recorded: whether it stands in the event log. bound_fen: no plan can pass it; gap_ppm: what is between."""

    plan_id: str
    recorded: bool
    expected_profit_fen: int
    bound_fen: int
    gap_ppm: int
    spent_fen: int
    expected_drawn_fen: int
    loans: int
    candidates: int
    per_yuan_ppm: int | None
    constraints: list[Bound]
    left_out: list[NotLent]
    not_considered: dict[str, int]
    notes: list[Note]
    allocations: list[Allocation]


class Point(BaseModel):
    budget_fen: int
    expected_profit_fen: int
    bound_fen: int
    offered_fen: int
    loans: int


@routes.get("/plans/trial")
def trial(
    asked: Asking, budget_fen: Fen, min_fen: Fen, max_fen: Fen, rate_low_ppm: Ppm, rate_high_ppm: Ppm, include_refer: bool = False
) -> Plan:  # fmt: skip
    """The plan that `kemiao plan` would make of the newest decisions; nothing is recorded."""
    from kemiao.bank.commands.plan import tried

    with asked.world() as world:
        request = _request(budget_fen, min_fen, max_fen, rate_low_ppm, rate_high_ppm, include_refer)
        return _plan(asked, world, done(tried(world, request, _candidates(asked, world, request))), recorded=False)


@routes.get("/plans/curve")
def curve(
    asked: Asking, budget_fen: Fen, min_fen: Fen, max_fen: Fen, rate_low_ppm: Ppm, rate_high_ppm: Ppm, include_refer: bool = False
) -> list[Point]:  # fmt: skip
    """What the best plan would earn under smaller and larger budgets."""
    from kemiao.bank.commands.plan import curve as run
    from kemiao.bank.commands.plan import read

    with asked.world() as world:
        request = _request(budget_fen, min_fen, max_fen, rate_low_ppm, rate_high_ppm, include_refer)
        inputs = done(read(world, request, _candidates(asked, world, request)))
    # Below the smallest loan there is no plan to speak of.
    budgets = sorted({max(budget_fen * share // _PPM, min_fen) for share in _SHARES_PPM})
    return [Point(**each) for each in done(run(inputs, budgets))]


@routes.post("/plans", status_code=201)
def make(asked: Asking, body: MakePlan) -> Plan:
    """Makes the plan and records it (`kemiao plan`)."""
    from kemiao.bank.commands.plan import plan

    with asked.world() as world:
        return _plan(asked, world, done(plan(world, _request(**body.model_dump()))), recorded=True)


def _request(
    budget_fen: int, min_fen: int, max_fen: int, rate_low_ppm: int, rate_high_ppm: int, include_refer: bool
) -> Any:
    from kemiao.bank.commands.plan import PlanRequest
    from kemiao.credit.allocate.terms import Terms

    return PlanRequest(Terms(budget_fen, min_fen, max_fen, rate_low_ppm, rate_high_ppm), include_refer=include_refer)


def _candidates(asked: Asking, world: World, request: Any) -> Any:
    """The newest decisions, in memory while there is no newer one and none was erased: a slider does not open them all anew."""
    from kemiao.bank.commands.plan import candidates_of

    last = [world.log.last(kind) for kind in ("decision", "erased")]
    key = ("plan", request.include_refer, *(event.seq if event else 0 for event in last))
    return asked.portal.kept.answer(key, asked.portal.now_ms(), _KEPT_MS, lambda: done(candidates_of(world, request)))


def _plan(asked: Asking, world: World, made: dict[str, Any], *, recorded: bool) -> Plan:
    more = made["one_more_yuan"]
    names = asked.portal.kept.view(CompanyIndex).names(world, [row["company"] for row in made["allocations"]])
    rows = [{**row, "name": names.get(row["company"])} for row in made["allocations"]]
    return Plan.model_validate(
        {**made, "allocations": rows, "recorded": recorded, "per_yuan_ppm": more["per_yuan_ppm"] if more else None}
    )
