"""What is left before a place in an order: whether a version of a request would come in, by what stands before it in a stable matching.

Room behind a cut-off, where large loans did not fit, counts too. A sieve and no proof: it says which versions are worth
clearing the market again for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kemiao.base.money import PPM
from kemiao.credit.matching.book import covered_fen
from kemiao.credit.matching.market import WHOLE, IntColumn
from kemiao.credit.matching.places import Places, Versions


@dataclass(frozen=True, slots=True)
class Rooms:
    """amount_fen: (m,) of the stable matching, without request i. before, cover_before: what the ladder's options hold up to a place in it."""

    i: int
    at: Places
    amount_fen: IntColumn
    before: IntColumn
    cover_before: IntColumn


def rooms(at: Places, i: int) -> Rooms:
    """Around request i, which is taken out of its places but not of what its asking did to the others."""
    book = at.cleared.book
    amount = at.cleared.stable.amount_fen.copy()
    amount[int(book.start[i]) : int(book.start[i + 1])] = 0
    return Rooms(i, at, amount, _sums(amount[at.ladder]), _sums(covered_fen(book, amount)[at.cover_ladder]))


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


def comes_in(found: Rooms, said: Versions, version: int) -> bool:
    """Whether what stands before one of its options leaves room for it: for all of a whole loan, for a unit of another."""
    small, unit = said.book, found.at.cleared.rules.unit_fen
    amount = int(small.amount_fen[version])
    needed = amount if int(small.form[version]) == WHOLE else min(unit, amount)
    rows = range(int(small.start[version]), int(small.start[version + 1]))
    return any(room_fen(found, said, option) >= needed for option in rows)


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
