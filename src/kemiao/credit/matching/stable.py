"""The stable matching: nobody who was refused would be taken instead of somebody who was not.

Exact where every loan may be split and nothing is covered. With whole loans or covers a stable matching need not exist (budgets 2 and
1, loans of 1, 1 and 2): then cut-offs, and the pairs that block them, listed. docs/market-stable.md has the theory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kemiao.credit.matching.blocking import judge
from kemiao.credit.matching.book import Book
from kemiao.credit.matching.deferred import take
from kemiao.credit.matching.lowering import least_wanted, settle
from kemiao.credit.matching.market import SPLIT, IntColumn
from kemiao.credit.matching.nesting import narrow, tighten
from kemiao.credit.matching.rules import MarketRules
from kemiao.credit.matching.standing import (
    AMOUNT,
    BAR,
    DROPPED,
    FUNDER_BAR,
    HELD,
    LEFT,
    NEEDED,
    OPEN,
    REQUEST,
    SHARED,
    STACK,
    STARTS,
    STEPS,
    Standing,
    standing_of,
)

NO_CUT = OPEN
PASSES = 3


@dataclass(frozen=True, slots=True)
class Stable:
    """amount_fen: (m,) of each option. cut: (k, 2) of others and reserved, the last standing that may come in; NO_CUT where
    everybody who would come may, -1 where nobody may. limit_cut: (l,) in standing, cover_cut: (c,) in cover_standing.

    Whoever would rather have an option stands behind a cut-off of it: its mandate's, its limit's or its cover's. Who stands behind one
    and is in fitted into the room that was left there. incomplete: requests dropped because they would have got less
    than they need. exact: stable in the full sense. blocking: options that block, rising, at most listed_max of them; blocking_count: all
    of them. steps: of the solver.
    """

    amount_fen: IntColumn
    cut: IntColumn
    limit_cut: IntColumn
    cover_cut: IntColumn
    incomplete: IntColumn
    exact: bool
    blocking: IntColumn
    blocking_count: int
    steps: int


def stable(book: Book, rules: MarketRules) -> Stable:
    """Who stands well asks first, so that few are thrown out again; where loans are divisible and not covered, any order ends in the same."""
    s = standing_of(book, rules.unit_fen)
    by_lot, steps_max = np.argsort(book.lot, kind="stable"), rules.solver["steps_max"]
    finished = narrow(s, _best_first(book), steps_max)
    finished = finished and settled(s, by_lot, steps_max)
    if not finished:
        _let_go(s)
    blocks = np.zeros(len(book.request), bool)
    judge(s, blocks)
    blocking = np.flatnonzero(blocks)
    held = s.option[:, HELD].copy()
    divisible = bool(((book.form == SPLIT) & (book.least_fen == 0)).all()) and not held[book.cover >= 0].any()
    cut = [
        _cuts(s, s.funder, s.order, FUNDER_BAR + who, book.standing, book.reserved[book.request] == bool(who))
        for who in (0, 1)
    ]
    return Stable(
        held, np.stack(cut, axis=1), _cuts(s, s.limit, s.limit_order, BAR, book.standing),
        _cuts(s, s.cover, s.cover_order, BAR, book.cover_standing), np.flatnonzero(s.request[:, DROPPED]),
        finished and divisible and not len(blocking), blocking[: rules.solver["listed_max"]], len(blocking), int(s.count[STEPS]),
    )  # fmt: skip


def _best_first(book: Book) -> IntColumn:
    """Requests by where they stand at their mandates on the whole (thousandths of each order), then by lot."""
    asked = np.bincount(book.mandate, minlength=book.mandates)
    parts = book.standing * 1000 // np.maximum(asked[book.mandate], 1)
    sums = np.zeros(book.requests, np.int64)
    np.add.at(sums, book.request, parts)
    return np.lexsort((book.lot, sums // np.maximum(np.diff(book.start), 1)))


def blocking_of(book: Book, amount_fen: IntColumn, unit_fen: int, dropped: IntColumn | None = None) -> IntColumn:
    """Options that block any allocation of amounts; requests that were dropped do not."""
    s = standing_of(book, unit_fen)
    for p in np.flatnonzero(amount_fen).tolist():
        take(s, p, int(amount_fen[p]))
    if dropped is not None:
        s.request[dropped, DROPPED] = 1
    blocks = np.zeros(len(book.request), bool)
    judge(s, blocks)
    return np.flatnonzero(blocks)


def settled(s: Standing, by_lot: IntColumn, steps_max: int) -> bool:
    """From where it stands."""
    s.count[SHARED] = len(s.cover) == 1
    s.free_from[:] = 0
    return bool(settle(s, by_lot, least_wanted(s), PASSES, steps_max))


def _let_go(s: Standing) -> None:
    """Where the guard stopped the solver: what is incomplete, or more than a cover bears, goes, and nobody asks in its place."""
    s.count[STACK] = 0
    tighten(s)
    total = s.request[:, AMOUNT] - s.request[:, LEFT]
    short = (total > 0) & (total < s.request[:, NEEDED])
    s.request[short, DROPPED] = 1
    for p in np.flatnonzero((s.option[:, HELD] > 0) & short[s.option[:, REQUEST]]).tolist():
        take(s, p, -int(s.option[p, HELD]))


def _cuts(s: Standing, table: Any, order: Any, column: int, standing: IntColumn, member: Any = None) -> IntColumn:
    """A bar is the first who may not come in any more (or no further, where it holds a part); a cut-off is the last who may."""
    cuts = np.full(len(table) - 1, NO_CUT)
    for row in np.flatnonzero(table[:-1, column] < OPEN).tolist():
        options = order[table[row, STARTS] : table[row, STARTS] + table[row, column] + 1]
        inside = options if member is None else options[member[options]]
        if s.option[options[-1], HELD] == 0:
            inside = inside[:-1]
        cuts[row] = standing[inside[-1]] if len(inside) else -1
    return cuts
