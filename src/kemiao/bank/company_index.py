"""Every company with its newest decision and what it owes: a view that is kept in memory and follows the event log.

A page of it opens no lake and folds nothing: what came since the last look is read from the log, and that alone is judged anew.
Names, trade and region are read as `kemiao company list` reads them, once a snapshot and day, with one receipt.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pyarrow.compute as pc

from kemiao.bank.commands.add_company import listed
from kemiao.bank.consent_gate import closed_today
from kemiao.bank.event_log import Event
from kemiao.bank.lending.loan_store import LOAN, LOAN_CHUNK, MESSAGE, MESSAGE_CHUNK, loans
from kemiao.bank.lending.own_book import standing_of
from kemiao.bank.lending.standing import states
from kemiao.bank.views import batches
from kemiao.bank.views import companies as known_companies
from kemiao.bank.world import World

_HEADLINE = ("decision", "grade", "pd_ppm", "limit_fen", "rate_ppm")
_PAPERS, _CHUNKS = ("import", "import_undone", "snapshot", "erased"), (LOAN_CHUNK, MESSAGE_CHUNK)
_FEW = 50  # companies whose loans are looked at alone; beyond, the whole book is served once


@dataclass(frozen=True, slots=True)
class Listed:
    """Null is unknown: never judged, or erased. loans: that something is owed of. owed_fen: principal."""

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
    loans: int = 0
    owed_fen: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """text: in the name or the key. Others: exactly that, all where None."""

    text: str | None = None
    decision: str | None = None
    grade: str | None = None
    industry: str | None = None
    has_loan: bool | None = None

    def fits(self, row: Listed) -> bool:
        return (
            self.decision in (None, row.decision or "none")
            and self.grade in (None, row.grade)
            and self.industry in (None, row.industry)
            and self.has_loan in (None, row.loans > 0)
            and (self.text is None or self.text in row.company.casefold() or self.text in (row.name or "").casefold())
        )


Place = tuple[int, Any, str]
# What is unknown stands last; of equals the key decides, so that a page has one next page.
_ORDERS: Mapping[str, Callable[[Listed], Place]] = {
    "company": lambda row: (0, 0, row.company),
    "name": lambda row: (row.name is None, row.name or "", row.company),
    "limit": lambda row: (row.limit_fen is None, -(row.limit_fen or 0), row.company),
    "pd": lambda row: (row.pd_ppm is None, row.pd_ppm or 0, row.company),
    "owed": lambda row: (0, -row.owed_fen, row.company),
    "decided": lambda row: (row.as_of is None, "".join(chr(255 - ord(each)) for each in row.as_of or ""), row.company),
}
ORDERS = tuple(_ORDERS)


class CompanyIndex:
    """One a server: asked by many threads, brought up to date by whichever comes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, Listed] = {}
        self._end, self._day = -1, date.min
        self._orders: dict[str, tuple[list[Place], list[Listed]]] = {}
        self._closed: tuple[object, frozenset[str]] = (None, frozenset())

    def page(
        self, world: World, wanted: Wanted, order: str, after: tuple[Any, ...] | None, limit: int
    ) -> tuple[list[Listed], Place | None]:
        """Rows in the order, and the place of the last where there are more. after: that place, of the page before."""
        self.follow(world)
        places, rows, closed = self._standing(world, order)
        start = 0 if after is None else bisect_right(places, (int(after[0]), after[1], str(after[2])))
        found: list[Listed] = []
        for number in range(start, len(rows)):
            row = _unnamed(rows[number]) if rows[number].company in closed else rows[number]
            if not wanted.fits(row):
                continue
            if len(found) == limit:
                return found, _ORDERS[order](
                    self._rows.get(found[-1].company, found[-1])
                )  # by its name too where that is not shown
            found.append(row)
        return found, None

    def one(self, world: World, company: str) -> Listed | None:
        self.follow(world)
        row = self._rows.get(company)
        return _unnamed(row) if row is not None and company in self._standing(world, "company")[2] else row

    def names(self, world: World, companies: Collection[str]) -> dict[str, str]:
        """The registered names of those that are known and may be shown."""
        self.follow(world)
        closed, rows = self._standing(world, "company")[2], self._rows
        return {key: rows[key].name or "" for key in companies if key in rows and rows[key].name and key not in closed}

    def counts(self, world: World) -> dict[str, dict[str, int]]:
        """How many there are of each decision, grade, industry; and with a loan."""
        self.follow(world)
        counted: dict[str, dict[str, int]] = {"decision": {}, "grade": {}, "industry": {}, "has_loan": {}}
        for row in self._rows.values():
            for name, value in (("decision", row.decision or "none"), ("grade", row.grade), ("industry", row.industry), ("has_loan", "yes" if row.loans else "no")):  # fmt: skip
                if value is not None:
                    counted[name][value] = counted[name].get(value, 0) + 1
        return counted

    def follow(self, world: World) -> None:
        """Up to the newest event."""
        with self._lock:
            end, day = world.log.end(), world.clock.today()
            if (end, day) == (self._end, self._day):
                return
            fresh = self._end < 0 or day != self._day
            came = [] if fresh else list(world.log.events(after=self._end))
            kinds = {event.kind for event in came}
            if fresh or kinds & set(_PAPERS):
                self._rows = _papers(world, self._rows)
            judged = world.log.last_of_each("decision") if fresh else _newest(came, "decision")
            # Who was erased is shown without what was decided: read again with the key gone.
            again = set() if fresh else {str(event.subject) for event in came if event.kind == "erased"}
            self._rows = self._rows | _headlines(
                world, self._rows, [*judged, *world.log.among("decision", "subject", again)]
            )
            self._rows = self._rows | _owing(world, self._rows, day, None if fresh or kinds & set(_CHUNKS) else {str(event.subject) for event in came if event.kind in (LOAN, MESSAGE)})  # fmt: skip
            self._orders.clear()
            self._end, self._day = end, day

    def _standing(self, world: World, order: str) -> tuple[list[Place], list[Listed], frozenset[str]]:
        with self._lock:
            if order not in self._orders:
                rows = sorted(self._rows.values(), key=_ORDERS[order])
                self._orders[order] = ([_ORDERS[order](row) for row in rows], rows)
            return (*self._orders[order], self._closed_now(world))

    def _closed_now(self, world: World) -> frozenset[str]:
        if world.chain is None:
            return frozenset()
        now = (world.chain.node.size(), self._day, self._end)
        if self._closed[0] != now:
            self._closed = (now, closed_today(world.chain, sorted(self._rows), "credit_review", ("company",), batches(world)))  # fmt: skip
        return self._closed[1]


def _unnamed(row: Listed) -> Listed:
    """Of who closed its papers the bank's own records remain: what was decided, what is owed."""
    return replace(row, name=None, industry=None, region=None)


def _papers(world: World, before: Mapping[str, Listed]) -> dict[str, Listed]:
    keys = known_companies(world)
    said = {row["company"]: row for row in listed(world)} if keys else {}
    return {key: replace(before.get(key, Listed(key)), **{name: said[key][name] for name in ("name", "industry", "region")}) for key in keys if key in said}  # fmt: skip


def _newest(came: Iterable[Event], kind: str) -> Iterator[Event]:
    yield from {event.subject: event for event in came if event.kind == kind}.values()


def _headlines(world: World, rows: Mapping[str, Listed], events: Iterable[Event]) -> dict[str, Listed]:
    newest = {str(event.subject): event for event in events}
    wanted = [event for company, event in newest.items() if company in rows]
    found = {}
    for event, kept in zip(wanted, world.log.privates(wanted), strict=True):
        company = str(event.subject)
        said: dict[str, Any] = {name: kept[name] if kept else None for name in _HEADLINE}
        found[company] = replace(rows[company], decision_id=event.ref if kept else None, as_of=event.public["as_of"] if kept else None, **said)  # fmt: skip
    return found


def _owing(world: World, rows: Mapping[str, Listed], day: date, only: set[str] | None) -> dict[str, Listed]:
    """only: whose loans changed; None: everybody's."""
    if only is not None and not only:
        return {}
    if only is not None and len(only) <= _FEW:
        found = standing_of(world, sorted(only), day)
        agreed, standing = (found.loans, found.states) if found else (None, None)
    else:
        agreed = loans(world)
        standing = states(world, day) if agreed.num_rows else None
    owed: dict[str, tuple[int, int]] = {}
    if agreed is not None and standing is not None and agreed.num_rows:
        whose = dict(zip(agreed["loan"].to_pylist(), agreed["company"].to_pylist(), strict=True))
        alive = standing.filter(pc.greater(standing["principal_fen"], 0))
        for loan, fen in zip(alive["loan"].to_pylist(), alive["principal_fen"].to_pylist(), strict=True):
            number, sum_fen = owed.get(whose[loan], (0, 0))
            owed[whose[loan]] = number + 1, sum_fen + fen
    whom = rows.keys() if only is None else only & rows.keys()
    return {key: replace(rows[key], loans=owed.get(key, (0, 0))[0], owed_fen=owed.get(key, (0, 0))[1]) for key in whom}
