"""What waits for the account that asks."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel

from kemiao.bank.application_index import ApplicationIndex
from kemiao.bank.company_index import CompanyIndex
from kemiao.bank.lending.people import account_of
from kemiao.bank.lending.worklist import NEXT, Item, counts, worklist
from kemiao.portal.door import Asking, done, router

routes = router("work")


class WorkItem(BaseModel):
    """todo: it is this account's turn. next: a word; next_zh, next_en say it. stands_in: the account whose roles serve here."""

    kind: str
    ref: str
    next: str
    next_zh: str
    next_en: str
    todo: bool
    urgent: bool
    since: str
    due_on: date | None
    company: str | None
    name: str | None
    amount_fen: int | None
    stands_in: str | None
    about: dict[str, Any]


class Work(BaseModel):
    """counts: of what is to do by kind; todo, urgent, waiting of all kinds. left_out: how many more of those asked for there are."""

    day: date
    counts: dict[str, int]
    items: list[WorkItem]
    left_out: int


@routes.get("/work")
def work(
    asked: Asking,
    todo: Annotated[bool | None, Query(description="only what is this account's to do, or only what waits for others")] = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
) -> Work:  # fmt: skip
    """What is to do first, the most urgent of it first; then what waits for others."""
    with asked.world() as world:
        known = asked.portal.kept.view(ApplicationIndex).all(world)
        found = done(worklist(world, done(account_of(world, asked.account)), known))
        wanted = [item for item in found if todo in (None, item.todo) and kind in (None, item.kind)]
        some = wanted[:limit]
        names = asked.portal.kept.view(CompanyIndex).names(world, {item.company for item in some if item.company})
        day = world.clock.today()
    items = [_shown(item, names.get(item.company or "")) for item in some]
    return Work(day=day, counts=counts(found), items=items, left_out=len(wanted) - len(some))


def _shown(item: Item, name: str | None) -> WorkItem:
    zh, en = NEXT[item.next]
    return WorkItem(
        kind=item.kind, ref=item.ref, next=item.next, next_zh=zh, next_en=en, todo=item.todo, urgent=item.urgent, since=item.since, due_on=item.due_on,
        company=item.company, name=name, amount_fen=item.amount_fen, stands_in=item.stands_in, about=dict(item.about or {}),
    )  # fmt: skip
