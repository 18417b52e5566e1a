"""Clearing resumed: from the stable matching as it stands, one request asks anew, last, and whoever it moves asks on.

Quick, since only what moves is looked at. Where all loans are divisible and not covered, and the request only asks more funders after
those that refused it before, this ends in what a full clearing gives. Else it is one of the matchings that a call might have ended in:
room is left and taken in another sequence.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.book import Book
from kemiao.credit.matching.clearing import Cleared
from kemiao.credit.matching.deferred import ask_all, take
from kemiao.credit.matching.lowering import let_in
from kemiao.credit.matching.market import IntColumn
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
    Standing,
    standing_of,
)


def resume(cleared: Cleared, changed: Book, i: int, bars: tuple[IntColumn, IntColumn, IntColumn]) -> IntColumn:
    """(options of the changed book,) what each holds. bars: (k, 2), (l,), (c,) of the changed book, see resumed_bars."""
    book, rules = cleared.book, cleared.rules
    first, last = int(book.start[i]), int(book.start[i + 1])
    amount = cleared.stable.amount_fen
    held = np.concatenate([amount[:first], np.zeros(changed.start[i + 1] - first, dtype=np.int64), amount[last:]])
    s = standing_of(changed, rules.unit_fen)
    s.request[cleared.stable.incomplete, DROPPED] = 1
    s.request[i, DROPPED] = 0
    s.funder[:-1, FUNDER_BAR : FUNDER_BAR + 2], s.limit[:-1, BAR], s.cover[:-1, BAR] = bars
    _restore(s, held)
    steps_max = rules.solver["steps_max"]
    ask_all(s, np.array([i], dtype=np.int64), steps_max)
    let_in(s, steps_max)
    return _whole(s)


def resumed_bars(cleared: Cleared, i: int, changed: Book) -> tuple[IntColumn, IntColumn, IntColumn]:
    """The cut-offs of the stable matching as bars among the options of the changed book."""
    book, found = cleared.book, cleared.stable
    first, last = int(book.start[i]), int(book.start[i + 1])
    new = slice(first, int(changed.start[i + 1]))

    def moved(cut: int, old: IntColumn, added: IntColumn) -> int:
        if cut >= OPEN:
            return OPEN
        bar = cut + 1 - int(np.count_nonzero(old <= cut))  # among the others' options alone
        for place in np.sort(added).tolist():
            bar += int(place <= bar)
        return bar

    def row(cut: int, groups: str, order: str, group: int) -> int:
        old, then = getattr(book, groups)[first:last] == group, getattr(changed, groups)[new] == group
        return moved(cut, getattr(book, order)[first:last][old], getattr(changed, order)[new][then])

    limits = np.array([row(int(cut), "mandate", "standing", int(j)) for cut, j in zip(found.limit_cut, book.limit_mandate, strict=True)], dtype=np.int64)  # fmt: skip
    return (
        np.array([[row(int(cut), "mandate", "standing", j) for cut in pair] for j, pair in enumerate(found.cut)], dtype=np.int64).reshape(-1, 2),
        _within(changed, limits),
        np.array([row(int(cut), "cover", "cover_standing", g) for g, cut in enumerate(found.cover_cut)], dtype=np.int64),
    )  # fmt: skip


def _within(book: Book, bars: IntColumn) -> IntColumn:
    """Bars of limits as places among the limit's own options."""
    under = np.flatnonzero(book.limit >= 0)
    before = under[book.standing[under] < bars[book.limit[under]]]
    places = np.bincount(book.limit[before], minlength=len(bars))
    return np.asarray(np.where(bars >= OPEN, OPEN, places), dtype=np.int64)


@compiled
def _restore(s: Any, held: Any) -> None:
    for p in range(len(held)):
        if held[p] > 0:
            take(s, p, held[p])


def _whole(s: Standing) -> IntColumn:
    """Who would get less than it takes gets nothing."""
    total = s.request[:, AMOUNT] - s.request[:, LEFT]
    short = (total > 0) & (total < s.request[:, NEEDED])
    return np.where(short[s.option[:, REQUEST]], 0, s.option[:, HELD])
