"""Companies: those the bank knows, and what stands about one."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel

from kemiao.base.refusal import Refusal, Refused
from kemiao.portal.door import (
    Asked,
    Asking,
    CompanyKey,
    Cursor,
    Limit,
    Page,
    closed_cursor,
    opened_cursor,
    router,
    standing_of_company,
)

routes = router("companies")
_HEADLINE = ("decision", "grade", "pd_ppm", "limit_fen", "rate_ppm")
Order = Literal["company", "name", "limit", "pd", "owed", "decided"]


class Headline(BaseModel):
    """A company and its newest decision; null where it was never judged or has been erased. name: null where no register says it, or
    where the company closed its papers. loans, owed_fen: of this bank."""

    company: str
    name: str | None = None
    industry: str | None = None
    region: str | None = None
    decision_id: str | None = None
    as_of: str | None = None
    decision: str | None = None
    grade: str | None = None
    pd_ppm: int | None = None
    limit_fen: int | None = None
    rate_ppm: int | None = None
    loans: int | None = None
    owed_fen: int | None = None


class Counts(BaseModel):
    """How many companies there are of each decision ("none": never judged), grade and industry, and with a loan (yes, no)."""

    decision: dict[str, int]
    grade: dict[str, int]
    industry: dict[str, int]
    has_loan: dict[str, int]


@routes.get("/companies")
def companies(
    asked: Asking,
    cursor: Cursor = None,
    limit: Limit = 50,
    text: Annotated[str | None, Query(max_length=80, description="in the name or the code")] = None,
    decision: Literal["approve", "refer", "decline", "none"] | None = None,
    grade: Annotated[str | None, Query(max_length=8)] = None,
    industry: Annotated[str | None, Query(max_length=40)] = None,
    has_loan: bool | None = None,
    order: Order = "company",
) -> Page[Headline]:
    """In an order, unknown last. A company sees itself."""
    from kemiao.bank.company_index import CompanyIndex, Wanted

    if asked.only is not None:
        return Page(items=[_alone(asked, asked.only)] if text is None or text in asked.only else [])
    wanted = Wanted(text.strip().casefold() if text and text.strip() else None, decision, grade, industry, has_loan)
    with asked.world() as world:
        rows, last = asked.portal.kept.view(CompanyIndex).page(world, wanted, order, _place(cursor, order), limit)
    return Page(items=[Headline(**asdict(row)) for row in rows], next=closed_cursor(json.dumps(last)) if last else None)


@routes.get("/companies/counts")
def counts(asked: Asking) -> Counts:
    """How many companies there are of each decision, grade and industry, and with a loan."""
    from kemiao.bank.company_index import CompanyIndex

    with asked.world() as world:
        return Counts(**asked.portal.kept.view(CompanyIndex).counts(world))


@routes.get("/companies/{company}")
@standing_of_company
def company(asked: Asking, company: CompanyKey) -> Headline:
    """A company's newest decision in a few figures; null is unknown."""
    return _alone(asked, company)


def _alone(asked: Asked, company: str) -> Headline:
    """Its newest decision, without the list."""
    with asked.world() as world:
        event = world.log.last("decision", subject=company)
        kept = world.log.private(event) if event else None
    if event is None or kept is None:
        return Headline(company=company)
    return Headline(company=company, decision_id=event.ref, as_of=event.public["as_of"], **{name: kept[name] for name in _HEADLINE})  # fmt: skip


def _place(cursor: str | None, order: Order) -> tuple[int, int | str, str] | None:
    """Raises Refused BAD_REQUEST: a cursor that no page of this order gave."""
    text = opened_cursor(cursor)
    if text is None:
        return None
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    worded = order in ("name", "decided")
    match said:
        case [bool() | int() as unknown, int() | str() as value, str(key)] if isinstance(value, str) == worded:
            return int(unknown), value, key
    raise Refused(Refusal("BAD_REQUEST", "分页标记不对", "the cursor is none of ours"))
