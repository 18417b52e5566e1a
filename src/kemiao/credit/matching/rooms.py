"""What is left before a place in an order: whether a version of a request would come in, by the cut-offs of a stable matching.

A sieve and no proof: it says which versions are worth clearing the market again for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kemiao.base.money import PPM
from kemiao.credit.matching.book import Book, covered_fen
from kemiao.credit.matching.market import WHOLE, BoolColumn, IntColumn
from kemiao.credit.matching.places import Places, Versions
from kemiao.credit.matching.waiting import wanted


@dataclass(frozen=True, slots=True)
class Rooms:
    """before: (m + 1,) what the ladder's options hold up to a place in it, others than request i. last, cover_last: (k,), (c,) the last
    place among the others' options at which one more may come in. limit_last: (l,), as a place of its mandate."""

    i: int
    at: Places
    amount_fen: IntColumn
    before: IntColumn
    cover_before: IntColumn
    last: IntColumn
    limit_last: IntColumn
    cover_last: IntColumn


def rooms(at: Places, i: int) -> Rooms:
    """Around request i, which is taken out of its places but not of what its asking did to the others."""
    book, stable = at.cleared.book, at.cleared.stable
    first, stop = int(book.start[i]), int(book.start[i + 1])
    amount = stable.amount_fen.copy()
    amount[first:stop] = 0
    waits = wanted(book, stable.amount_fen)
    waits[first:stop] = False
    who = int(book.reserved[i])
    own = np.arange(first, stop)

    def last(cut: int, group: int, start: IntColumn, ladder: IntColumn, standing: IntColumn, places: IntColumn) -> int:
        part = ladder[start[group] : start[group + 1]]
        if cut >= len(part):
            return len(part)
        mine = np.sort(standing[own[places[own] == group]])
        behind = np.flatnonzero(waits[part[cut + 1 :]])
        place = cut + 1 + int(behind[0]) if len(behind) else len(part)
        return place - int(np.searchsorted(mine, place))

    return Rooms(
        i, at, amount, _sums(amount[at.ladder]), _sums(covered_fen(book, amount)[at.cover_ladder]),
        np.array([last(int(stable.cut[j, who]), j, at.start, at.ladder, book.standing, book.mandate) for j in range(book.mandates)], dtype=np.int64),
        np.array([_limit_last(book, at, int(cut), int(j), own) for cut, j in zip(stable.limit_cut, book.limit_mandate, strict=True)], dtype=np.int64),
        np.array([last(int(cut), g, at.cover_start, at.cover_ladder, book.cover_standing, book.cover) for g, cut in enumerate(stable.cover_cut)], dtype=np.int64),
    )  # fmt: skip


def room_fen(found: Rooms, said: Versions, option: int) -> int:
    """The largest loan by this option that what stands before it leaves room for; 0 or less: none."""
    book, small, at = found.at.cleared.book, said.book, found.at
    j, g, b = int(small.mandate[option]), int(small.cover[option]), int(small.limit[option])
    start, place = int(at.start[j]), _ladder_place(at.ladder, at.start, book.start, found.i, j, int(said.place[option]))
    room = int(book.budget_fen[j]) - int(found.before[place] - found.before[start])
    if not book.reserved[found.i] and book.reserve_fen[j] > 0:
        behind = at.ladder[place : at.start[j + 1]]
        held = int(found.amount_fen[behind[book.reserved[book.request[behind]]]].sum())
        room -= min(held, int(book.reserve_fen[j]))
    if b >= 0:
        ahead = at.ladder[start:place]
        room = min(room, int(book.limit_fen[b]) - int(found.amount_fen[ahead[book.limit[ahead] == b]].sum()))
    if g >= 0 and book.share_ppm[g] > 0:
        start = int(at.cover_start[g])
        place = _ladder_place(at.cover_ladder, at.cover_start, book.start, found.i, g, int(said.cover_place[option]))
        spare = int(book.capacity_fen[g]) - int(found.cover_before[place] - found.cover_before[start])
        room = min(room, spare * PPM // int(book.share_ppm[g]))
    return room


def comes_in(found: Rooms, said: Versions, version: int) -> BoolColumn:
    """(options of the version,) whether each stands before what bars it and there is room for it."""
    small = said.book
    rows = np.arange(int(small.start[version]), int(small.start[version + 1]))
    fits = said.place[rows] <= found.last[small.mandate[rows]]
    if len(found.limit_last):
        limit = small.limit[rows]
        fits &= (limit < 0) | (said.place[rows] <= found.limit_last[np.maximum(limit, 0)])
    if len(found.cover_last):
        cover = small.cover[rows]
        fits &= (cover < 0) | (said.cover_place[rows] <= found.cover_last[np.maximum(cover, 0)])
    whole = int(small.form[version]) == WHOLE
    for at in np.flatnonzero(fits).tolist():
        fits[at] = room_fen(found, said, int(rows[at])) >= (int(small.amount_fen[version]) if whole else 1)
    return np.asarray(fits, dtype=np.bool_)


def _limit_last(book: Book, at: Places, cut: int, j: int, own: IntColumn) -> int:
    """Who waits behind a limit is not looked at: a little too strict where the next in line of it is this request."""
    if cut >= at.start[j + 1] - at.start[j]:
        return int(at.start[j + 1] - at.start[j])
    mine = np.sort(book.standing[own[book.mandate[own] == j]])
    return cut + 1 - int(np.searchsorted(mine, cut + 1))


def _ladder_place(ladder: IntColumn, start: IntColumn, options: IntColumn, i: int, group: int, place: int) -> int:
    """The place in the ladder behind which the given number of the others' options stand."""
    part = ladder[start[group] : start[group + 1]]
    own = np.flatnonzero((part >= options[i]) & (part < options[i + 1])).tolist()
    at = place
    for mine in own:
        if mine <= at:
            at += 1
    return int(start[group]) + at


def _sums(column: IntColumn) -> IntColumn:
    sums = np.zeros(len(column) + 1, dtype=np.int64)
    np.cumsum(column, out=sums[1:])
    return sums
