"""Who stands where: the tables that the kernels of the stable matching read and change."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.book import Book
from kemiao.credit.matching.market import SPLIT, IntColumn

OPEN = 2**62  # of a bar: everybody may come in

# Of an option. PLACE, LIMIT_PLACE, COVER_PLACE: in the order of its mandate, limit and cover, counted from 0 without a hole.
REQUEST, MANDATE, COVER, LIMIT, MOST, PLACE, LIMIT_PLACE, COVER_PLACE, HELD = range(9)
# Of a request. FIRST, END: its options. NEEDED: below it nothing is taken. LEFT: what it still looks for. NEXT: the option that it asks
# next. LAST: it holds none behind it. DROPPED: takes no part. STACKED: stands on the stack.
FIRST, END, AMOUNT, NEEDED, FORM, RESERVED, LEFT, NEXT, LAST, DROPPED, STACKED = range(11)
# Of a mandate, a limit, a cover. STARTS: where its options begin in the order of all. BAR: the first place that may not come in (or
# no further, where it holds a part). WORST: nobody who is held stands behind it. Of a mandate two of each: others, reserved. PART: fen that
# the option at a cover's bar may hold there.
STARTS, ROOM, HELD_THERE, BAR, WORST, SHARE, PART = range(7)
BUDGET, RESERVE, FUNDER_HELD, FUNDER_BAR, FUNDER_WORST = 1, 2, 3, 5, 7
_FUNDER_COLUMNS = 9
# Of the whole. STACK: its height. UNIT: parts of a loan are whole multiples of so many fen. SHARED: covers throw out what they can't bear; before, their bars
# alone say who may come in. JOURNALED: entries of the journal, -1: nothing is written. ENTRIES: so many at most; what takes more is undone.
# SUMMED: whether the trees of mandates and limits are kept; while all ask for the first time nobody reads them.
STACK, STEPS, UNIT, SHARED, JOURNALED, ENTRIES, ENTRIES_MOST, SUMMED = range(8)
ENTRIES_FIRST, ENTRIES_MAX = 200, 2_000  # of the journal: at first, and when what stayed out is tried again


class Standing(NamedTuple):
    """option (m, 9), request (n, 11), funder (k + 1, 9), limit (l + 1, 6), cover (c + 1, 7): int64, columns as above.

    order, limit_order, cover_order: options, place by place. flag: of a place in order, 0 where nothing is held, 1 others, 2 reserved. *_tree: sums of what is held (of covers: borne), by place, as Fenwick keeps them (1994). stack:
    (n + 1,) requests that ask on. count: numbers of the whole. shut: (m,) options that stay out, since what follows from their coming in does not end. free_from:
    (k + c,) of each mandate, then of each cover, the place behind which there may be more room than there was; OPEN: none. journal: (…, 2) options and fen, what was taken.
    """

    option: Any
    request: Any
    funder: Any
    limit: Any
    cover: Any
    order: Any
    flag: Any
    limit_order: Any
    cover_order: Any
    others_tree: Any
    reserved_tree: Any
    limit_tree: Any
    cover_tree: Any
    stack: Any
    count: Any
    shut: Any
    free_from: Any
    journal: Any


def standing_of(book: Book, unit_fen: int) -> Standing:
    """Before anybody asked."""
    n, k, limits, covers = book.requests, book.mandates, len(book.limit_fen), len(book.capacity_fen)
    option = np.zeros((len(book.request), 9), np.int64)
    request = np.zeros((n, 11), np.int64)
    funder, limit, cover = (
        np.zeros((len_ + 1, w), np.int64) for len_, w in ((k, _FUNDER_COLUMNS), (limits, 6), (covers, 7))
    )
    for column, values in (
        (REQUEST, book.request),
        (MANDATE, book.mandate),
        (COVER, book.cover),
        (LIMIT, book.limit),
        (MOST, book.most_fen),
    ):
        option[:, column] = values
    request[:, FIRST], request[:, END] = book.start[:-1], book.start[1:]
    request[:, AMOUNT], request[:, FORM], request[:, RESERVED] = book.amount_fen, book.form, book.reserved
    request[:, NEEDED] = np.where(book.form == SPLIT, book.least_fen, book.amount_fen)
    request[:, LEFT], request[:, NEXT], request[:, LAST] = book.amount_fen, book.start[:-1], book.start[:-1] - 1
    order, option[:, PLACE] = _ordered(book.mandate, book.standing, funder)
    cover_order, option[:, COVER_PLACE] = _ordered(book.cover, book.cover_standing, cover)
    limit_order = np.zeros(_starts(book.limit, limit), np.int32)
    _in_limits(order, option, limit, limit_order)
    funder[:-1, BUDGET], funder[:-1, RESERVE] = book.budget_fen, book.reserve_fen
    limit[:-1, ROOM], cover[:-1, ROOM], cover[:-1, SHARE] = book.limit_fen, book.capacity_fen, book.share_ppm
    funder[:, FUNDER_BAR : FUNDER_BAR + 2], limit[:, BAR], cover[:, BAR] = OPEN, OPEN, OPEN
    funder[:, FUNDER_WORST : FUNDER_WORST + 2], limit[:, WORST], cover[:, WORST] = -1, -1, -1
    places, in_limits, in_covers = len(order), len(limit_order), len(cover_order)
    # Without covers a chain ends, but the more there are, the later; with them it may go round for ever.
    first, most = (ENTRIES_FIRST, ENTRIES_MAX) if covers else (max(ENTRIES_FIRST, n // 4), max(ENTRIES_MAX, n // 2))
    return Standing(
        option, request, funder, limit, cover, order, np.zeros(places, np.int8), limit_order, cover_order, np.zeros(places, np.int64),
        np.zeros(places, np.int64), np.zeros(in_limits, np.int64), np.zeros(in_covers, np.int64), np.zeros(n + 1, np.int64),
        np.array([0, 0, unit_fen, 0, -1, first, most, 1]), np.zeros(len(option), np.int8), np.full(k + covers, OPEN),
        np.zeros((most + n + (k + 1) * (covers + 1), 2), np.int64),
    )  # fmt: skip


def _starts(group: IntColumn, table: Any) -> int:
    """Writes where each group's options begin; returns how many there are. -1 is no group."""
    table[1:, STARTS] = np.cumsum(np.bincount(group[group >= 0], minlength=len(table) - 1))
    return int(table[-1, STARTS])


def _ordered(group: IntColumn, place: IntColumn, table: Any) -> tuple[Any, IntColumn]:
    """Options group by group in the order of their places, and places without a hole, should there be any."""
    order = np.full(_starts(group, table), -1, np.int32)
    if _fill(group, place, table, order):
        return order, place
    inside = np.flatnonzero(group >= 0)
    inside = inside[np.lexsort((place[inside], group[inside]))]
    places = np.zeros(len(group), np.int64)
    places[inside] = np.arange(len(inside)) - table[group[inside], STARTS]
    return inside.astype(np.int32), places


@compiled
def _fill(group: Any, place: Any, table: Any, order: Any) -> bool:
    for p in range(len(group)):
        if group[p] >= 0:
            there = table[group[p], STARTS] + place[p]
            if place[p] < 0 or there >= table[group[p] + 1, STARTS] or order[there] >= 0:
                return False
            order[there] = p
    return True


@compiled
def _in_limits(order: Any, option: Any, limit: Any, limit_order: Any) -> None:
    """The order of each limit is that of its mandate."""
    count = np.zeros(len(limit), np.int64)
    for p in order:
        b = option[p, LIMIT]
        if b >= 0:
            limit_order[limit[b, STARTS] + count[b]] = p
            option[p, LIMIT_PLACE] = count[b]
            count[b] += 1
