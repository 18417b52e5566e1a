"""Who read what of a company and why: the bank's receipts, the chain's, and the portal's own log, in one list."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from kemiao.portal.door import Asking, CompanyKey, Cursor, Limit, Page, paged, router

routes = router("readings")
_LONG = 16  # digits of a time in the cursor


class Look(BaseModel):
    """at: milliseconds since 1970, UTC. source: chain (another participant), bank (its commands), portal (a page). who: a participant, `bank`,
    or the roles of the account; name: of the participant, or of the person where the bank's policy tells it. entry: its receipt on the
    chain. times: looks that belong together. status: 400 and more: it was refused."""

    id: str
    at: int
    source: str
    who: str
    name: str | None
    purpose: str
    tables: list[str]
    basis: str | None
    entry: str | None
    route: str | None
    status: int | None
    times: int


@routes.get("/companies/{company}/readings")
def readings(
    asked: Asking, company: CompanyKey, cursor: Cursor = None, limit: Limit = 50, own: Annotated[bool, Query()] = False
) -> Page[Look]:  # fmt: skip
    """The newest first. own: looks of the company's own accounts too."""
    from kemiao.bank.company_trust import MOST, looks_at

    accesses = asked.portal.access_log.entries(company=company, most=MOST)
    with asked.world() as world:
        found = looks_at(world, company, accesses, own=own)
    some, after = paged(found, lambda one: f"{10**_LONG - one.at:0{_LONG}}/{one.id}", cursor, limit)
    return Page(items=[
        Look(id=one.id, at=one.at, source=one.source, who=one.who, name=one.name, purpose=one.purpose, tables=list(one.tables), basis=one.basis,
             entry=one.entry, route=one.route, status=one.status, times=one.times)
        for one in some
    ], next=after)  # fmt: skip
