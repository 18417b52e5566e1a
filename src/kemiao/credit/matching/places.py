"""Where a request would stand if it asked for something else: one request's options among everybody else's.

Values and orders come from options.book itself, of a market of this one request in as many versions as are asked about; only the
place among the others is found here, by the same keys. So a changed book need not be made anew from all postings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.credit.kernels import compiled
from kemiao.credit.matching.book import Book
from kemiao.credit.matching.clearing import Cleared
from kemiao.credit.matching.coding import by_word, industry_limits, wishes
from kemiao.credit.matching.lottery import lots
from kemiao.credit.matching.market import IntColumn, Market, Requests
from kemiao.credit.matching.options import WORSE, covers_are
from kemiao.credit.matching.options import book as contractible

_OPTION = (
    "mandate", "cover", "limit", "rate_ppm", "cost_ppm", "company_ppm", "funder_ppm", "guarantor_ppm", "welfare_ppm", "most_fen",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Places:
    """Everybody's order of a cleared market, once for many questions.

    start (k + 1), ladder (m,): the options of mandate j in its order are ladder[start[j]:start[j + 1]]; high, low (m,): the keys of that order.
    cover_start, cover_ladder, cover_high, cover_low: the same of the covers.
    """

    cleared: Cleared
    start: IntColumn
    ladder: IntColumn
    high: IntColumn
    low: IntColumn
    cover_start: IntColumn
    cover_ladder: IntColumn
    cover_high: IntColumn
    cover_low: IntColumn
    mandate_lot: IntColumn
    limit_at: IntColumn
    industries: Mapping[str, int]
    row: IntColumn
    tiers: Any


@dataclass(frozen=True, slots=True)
class Versions:
    """Request i in versions. market, book: of the versions alone; its lot and its limits are those of the whole market.

    place, cover_place: (options,) how many of the others' options stand before it there. order, cover_order: (options,) its number among
    the options of all versions by the keys of those orders.
    """

    i: int
    market: Market
    book: Book
    place: IntColumn
    cover_place: IntColumn
    order: IntColumn
    cover_order: IntColumn


def places(cleared: Cleared) -> Places:
    market, book = cleared.market, cleared.book
    k, c = len(market.mandates), len(market.covers)
    said, mandate_lot = wishes(market), lots(market.seed, market.mandates.id)
    start, ladder = _ladder(book.mandate, book.standing, k)
    cover_start, cover_ladder = _ladder(book.cover, book.cover_standing, c)
    industry = by_word(market.requests.industry, [], [])
    high, low = _keys(book.mandate, book.cover, book.funder_ppm, book.request, book.lot, said.row, said.table, c)
    cover_high, cover_low = _cover_keys(
        market, book, book.lot[book.request], mandate_lot, market.requests.pd_ppm[book.request]
    )
    limit_at, _, _ = industry_limits(market, industry, cleared.rules.unit_fen)
    return Places(
        cleared, start, ladder, high, low, cover_start, cover_ladder, cover_high, cover_low, mandate_lot, limit_at,
        {word: code for code, word in enumerate(industry.words)}, said.row, said.table,
    )  # fmt: skip


def versions(at: Places, i: int, changes: Sequence[Mapping[str, Any]]) -> Versions | Refusal:
    """changes: of the columns of Requests, a mapping a version; {} is the request as it is."""
    cleared = at.cleared
    whole, rules = cleared.market, cleared.rules
    market = replace(whole, requests=_changed(whole.requests, i, changes))
    small = contractible(market, rules, cleared.churn if rules.churn else None)
    if isinstance(small, Refusal):
        return small
    code = at.industries.get(market.requests.industry[0], -1)
    limit = at.limit_at[code][small.mandate] if code >= 0 and len(small.mandate) else np.full(len(small.mandate), -1)
    lot = np.full(len(changes), cleared.book.lot[i], dtype=np.int64)
    tiers = np.ascontiguousarray(at.tiers[:, [i] * len(changes)])
    high, low = _keys(
        small.mandate, small.cover, small.funder_ppm, small.request, lot, at.row, tiers, len(whole.covers)
    )
    old, own = cleared.book, (int(cleared.book.start[i]), int(cleared.book.start[i + 1]))
    place = _insertion(at.start, at.ladder, at.high, at.low, old.mandate, *own, small.mandate, high, low)
    order = _numbers(high, low)
    high, low = _cover_keys(whole, small, lot[small.request], at.mandate_lot, market.requests.pd_ppm[small.request])
    cover_place = _insertion(
        at.cover_start, at.cover_ladder, at.cover_high, at.cover_low, old.cover, *own, small.cover, high, low
    )
    small = replace(small, limit=np.asarray(limit, dtype=np.int64), lot=lot)
    return Versions(i, market, small, place, cover_place, order, _numbers(high, low))


def changed_book(at: Places, said: Versions, version: int) -> Book:
    """The book of the whole market in which the request is as in this version: what options.book makes of it."""
    book, small, i = at.cleared.book, said.book, said.i
    first, last = int(book.start[i]), int(book.start[i + 1])
    rows = slice(int(small.start[version]), int(small.start[version + 1]))
    count, delta = rows.stop - rows.start, rows.stop - rows.start - (last - first)

    def spliced(old: IntColumn, new: IntColumn) -> IntColumn:
        return np.concatenate([old[:first], new, old[last:]])

    def one(name: str) -> IntColumn:
        column: IntColumn = getattr(book, name).copy()
        column[i] = getattr(small, name)[version]
        return column

    start = book.start.copy()
    start[i + 1 :] += delta
    lines: dict[str, Any] = {name: spliced(getattr(book, name), getattr(small, name)[rows]) for name in _OPTION}
    nothing = np.zeros(count, dtype=np.int64)
    standing, cover_standing = spliced(book.standing, nothing), spliced(book.cover_standing, nothing)
    _stand(
        standing, book.mandate, first, last, at.start, at.ladder, small.mandate[rows], said.place[rows], np.argsort(said.order[rows]),
    )  # fmt: skip
    _stand(
        cover_standing, book.cover, first, last, at.cover_start, at.cover_ladder, small.cover[rows], said.cover_place[rows],
        np.argsort(said.cover_order[rows]),
    )  # fmt: skip
    return replace(
        book, **lines, start=start, standing=standing, cover_standing=cover_standing,
        request=spliced(book.request, np.full(count, i, dtype=np.int64)),
        amount_fen=one("amount_fen"), least_fen=one("least_fen"), form=one("form"),
    )  # fmt: skip


def one_request(requests: Requests, i: int, change: Mapping[str, Any]) -> Requests:
    """Request i alone, with these columns changed."""
    return _changed(requests, i, [change])


def _changed(requests: Requests, i: int, changes: Sequence[Mapping[str, Any]]) -> Requests:
    columns: dict[str, Any] = {}
    for field in fields(Requests):
        column = getattr(requests, field.name)
        values = [change.get(field.name, column[i]) for change in changes]
        columns[field.name] = tuple(values) if isinstance(column, tuple) else np.array(values, dtype=np.int64)
    return Requests(**columns)


def _ladder(group: IntColumn, standing: IntColumn, groups: int) -> tuple[IntColumn, IntColumn]:
    there = np.flatnonzero(group >= 0)
    start = np.zeros(groups + 1, dtype=np.int64)
    np.cumsum(np.bincount(group[there], minlength=groups)[:groups], out=start[1:])
    ladder = np.full(len(there), -1, dtype=np.int64)
    ladder[start[group[there]] + standing[there]] = there
    if len(ladder) and int(ladder.min()) < 0:
        raise BrokenInvariant("the standings of a mandate or a cover have a gap")
    return start, ladder


def _numbers(high: IntColumn, low: IntColumn) -> IntColumn:
    numbers = np.empty(len(high), dtype=np.int64)
    numbers[np.lexsort((low, high))] = np.arange(len(high), dtype=np.int64)
    return numbers


def _keys(
    mandate: IntColumn, cover: IntColumn, value: IntColumn, request: IntColumn, lot: IntColumn, row: IntColumn, tiers: Any, covers: int
) -> tuple[IntColumn, IntColumn]:  # fmt: skip
    high = -value
    ranked = row[mandate] >= 0
    if ranked.any():
        high[ranked] += tiers[row[mandate[ranked]], request[ranked]].astype(np.int64) * (2 * WORSE)
    return high, (covers + 1) * lot[request] + cover + 1


def _cover_keys(
    market: Market, book: Book, lot: IntColumn, mandate_lot: IntColumn, pd: IntColumn
) -> tuple[IntColumn, IntColumn]:
    """pd, lot: (options,)"""
    if not len(market.covers):
        none = np.zeros(len(book.mandate), dtype=np.int64)
        return none, none
    pool = covers_are(market, "pool")[np.maximum(book.cover, 0)]
    return np.where(pool, pd, -book.guarantor_ppm), max(len(market.mandates), 1) * lot + mandate_lot[book.mandate]


@compiled
def _insertion(
    start: Any,
    ladder: Any,
    high: Any,
    low: Any,
    old_group: Any,
    first: int,
    last: int,
    group: Any,
    new_high: Any,
    new_low: Any,
) -> Any:
    """For each new option: how many of its group's stand before it, those in first..last (its request's old ones) not counted."""
    place = np.zeros(len(group), np.int64)
    for at in range(len(group)):
        g = group[at]
        if g < 0:
            continue
        a, z = start[g], start[g + 1]
        while a < z:
            middle = (a + z) // 2
            other = ladder[middle]
            if high[other] < new_high[at] or (high[other] == new_high[at] and low[other] < new_low[at]):
                a = middle + 1
            else:
                z = middle
        place[at] = a - start[g]
        for old in range(first, last):
            before = high[old] < new_high[at] or (high[old] == new_high[at] and low[old] < new_low[at])
            if before and old_group[old] == g:
                place[at] -= 1
    return place


@compiled
def _stand(
    standing: Any, old_group: Any, first: int, last: int, start: Any, ladder: Any, group: Any, place: Any, order: Any
) -> None:
    """Numbers anew the groups that the request leaves or joins. standing: of the new book; order: the new options in the order of their keys."""
    count = len(group)
    touched = np.zeros(len(start) - 1, np.bool_)
    for old in range(first, last):
        if old_group[old] >= 0:
            touched[old_group[old]] = True
    for at in range(count):
        if group[at] >= 0:
            touched[group[at]] = True
    for g in range(len(start) - 1):
        if not touched[g]:
            continue
        number, others, taken = 0, 0, 0
        for step in range(start[g], start[g + 1] + 1):
            if step < start[g + 1] and first <= ladder[step] < last:
                continue
            while taken < count and (group[order[taken]] != g or place[order[taken]] <= others or step == start[g + 1]):
                if group[order[taken]] == g:
                    standing[first + order[taken]] = number
                    number += 1
                taken += 1
            if step < start[g + 1]:
                option = ladder[step]
                standing[option if option < first else option + count - (last - first)] = number
                number += 1
                others += 1
