"""Whom to call and why, and what came of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from kemiao.portal.door import Asking, CompanyKey, done, router

routes = router("calls")
_KEPT_MS = 120_000
Outcome = Literal["called", "interested", "not_reached", "not_now"]


class CallReason(BaseModel):
    signal: str
    zh: str
    en: str


class Fitting(BaseModel):
    """A product that the company could have. assumed: codes of what it lacks yet (a guarantor, security)."""

    product: str
    zh: str
    en: str
    amount_fen: int
    months: int
    rate_ppm: int
    assumed: list[str]
    value_fen: int | None


class CallRow(BaseModel):
    """chance_ppm: policy's assumption. value_fen: expected, of the first months that policy counts."""

    company: str
    name: str | None
    decision: str
    pd_ppm: int | None
    unused_fen: int | None
    signals: list[str]
    chance_ppm: int
    value_fen: int | None
    product: Fitting | None
    next_product: Fitting | None
    reasons: list[CallReason]


class CallList(BaseModel):
    """considered: companies with a decision. waiting: those that are not to be called yet."""

    day: date
    considered: int
    waiting: int
    rows: list[CallRow]


class CallMade(BaseModel):
    at: str | None = None
    by: str
    outcome: str
    until: date
    note: str | None = None


class Making(BaseModel):
    """until: not shown before that day; by policy where none is named."""

    model_config = ConfigDict(extra="forbid")
    outcome: Outcome
    until: date | None = None
    note: str | None = Field(None, max_length=500)


@routes.get("/calls")
def calls(asked: Asking, top: Annotated[int, Query(ge=1, le=1000)] = 100) -> CallList:
    """The most valuable first. A list is made once in two minutes, and anew when the outcome of a call is recorded, a company is erased, or
    policy changes; whose consent has ended since is left out."""
    from kemiao.bank.commands.call_list import MADE, call_list, still_open
    from kemiao.bank.company_index import CompanyIndex
    from kemiao.bank.newest_decisions import NewestDecisions

    portal = asked.portal
    with asked.world() as world:
        last = [event.seq if event else 0 for event in map(world.log.last, (MADE, "decision", "erased"))]
        day = world.clock.today()
        key = ("calls", day, world.policy.digest_on(day), *last)
        answer = portal.kept.answer(
            key, portal.now_ms(), _KEPT_MS, lambda: done(call_list(world, portal.kept.view(NewestDecisions)))
        )
        rows = still_open(world, answer.rows)[:top]
        names = portal.kept.view(CompanyIndex).names(world, [row["company"] for row in rows])
    return CallList(
        day=answer.day, considered=answer.considered, waiting=answer.waiting,
        rows=[CallRow(name=names.get(row["company"]), **{name: row[name] for name in CallRow.model_fields if name != "name"}) for row in rows],
    )  # fmt: skip


@routes.get("/companies/{company}/calls")
def calls_made(asked: Asking, company: CompanyKey) -> list[CallMade]:
    """The newest first."""
    from kemiao.bank.commands.call_list import calls_made as made

    with asked.world() as world:
        return [CallMade(**row) for row in made(world, company)]


@routes.post("/companies/{company}/calls", status_code=201)
def call(asked: Asking, company: CompanyKey, body: Making) -> CallMade:
    """Records what came of a call: the company is not on the list again until that day. Refuses DAY_PASSED, DAY_TOO_FAR."""
    from kemiao.bank.commands.call_list import Made, record_call

    with asked.world() as world:
        row = done(record_call(world, asked.account, Made(company, body.outcome, body.until, body.note)))
    return CallMade(by=row["by"], outcome=row["outcome"], until=row["until"], note=body.note)
