"""Companies: those the bank knows, and what stands about one."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from kemiao.portal.door import Asking, CompanyKey, Cursor, Limit, Page, paged, router

routes = router("companies")
_HEADLINE = ("decision", "grade", "pd_ppm", "limit_fen", "rate_ppm", "authority")


class Headline(BaseModel):
    """A company and its newest decision; null where it was never judged or has been erased."""

    company: str
    decision_id: str | None = None
    as_of: str | None = None
    decision: str | None = None
    grade: str | None = None
    pd_ppm: int | None = None
    limit_fen: int | None = None
    rate_ppm: int | None = None


@routes.get("/companies")
def companies(asked: Asking, cursor: Cursor = None, limit: Limit = 50) -> Page[Headline]:
    """By key. A company sees itself."""
    from kemiao.bank.views import companies as known

    with asked.world() as world:
        keys = [key for key in known(world) if asked.only in (None, key)]
        some, after = paged(keys, lambda key: key, cursor, limit)
        events = {event.subject: event for event in world.log.among("decision", "subject", some)}
        kept = dict(zip(events, world.log.privates(list(events.values())), strict=True))
    return Page(items=[_headline(key, events.get(key), kept.get(key)) for key in some], next=after)


@routes.get("/companies/{company}")
def company(asked: Asking, company: CompanyKey) -> Headline:
    with asked.world() as world:
        event = world.log.last("decision", subject=company)
        kept = world.log.private(event) if event else None
    return _headline(company, event, kept)


def _headline(company: str, event: Any, kept: dict[str, Any] | None) -> Headline:
    if event is None or kept is None:
        return Headline(company=company)
    said = {name: kept[name] for name in _HEADLINE if name in kept and name != "authority"}
    return Headline(company=company, decision_id=event.ref, as_of=event.public["as_of"], **said)
