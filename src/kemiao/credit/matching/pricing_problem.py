"""The best portfolio of every mandate at given prices: a knapsack of whole loans within its budget and its concentration limits.

Amounts are counted in a unit that divides them all; where there is none fine enough, in a coarser one, and loans are
rounded down: then a portfolio may be too large by a little, but no portfolio is missed, so what follows from it is still a bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.credit.kernels import compiled
from kemiao.credit.matching.book import Book, covered_fen
from kemiao.credit.matching.market import IntColumn

ByteColumn = npt.NDArray[np.uint8]
ROOM_MAX = 6_000  # units of the largest budget: what a pricing costs grows with it
OUT, FREE, MUST = 0, 1, 2
IMPOSSIBLE = -(2**61)  # what must be in does not fit


@dataclass(frozen=True, slots=True)
class Pairs:
    """What can be lent whole: a request at a mandate, p pairs by mandate, then limit (no limit first), then request.

    option: the book's options by pair (o), pair q has option[first[q]:first[q + 1]] (with the covers it may have). value: of each of
    those, if it is lent, in fen-ppm a year; covered_fen: what its cover bears. start (k + 1): the pairs of a mandate. weight, room,
    limit_room: units of unit_fen. exact: whether units lose nothing.
    """

    request: IntColumn
    mandate: IntColumn
    limit: IntColumn
    start: IntColumn
    option: IntColumn
    first: IntColumn
    pair: IntColumn
    value: IntColumn
    amount_fen: IntColumn
    cover: IntColumn
    covered_fen: IntColumn
    weight: IntColumn
    room: IntColumn
    limit_room: IntColumn
    exact: bool

    def __len__(self) -> int:
        return len(self.request)


def pairs_of(book: Book) -> Pairs:
    """Of a book of whole loans (see portfolios.fits)."""
    amount = book.amount_fen[book.request]
    use = np.flatnonzero((amount <= book.most_fen) & (amount <= book.budget_fen[book.mandate]) & (amount > 0))
    use = use[np.lexsort((use, book.request[use], book.limit[use], book.mandate[use]))]
    request, mandate, limit = book.request[use], book.mandate[use], book.limit[use]
    new = np.ones(len(use), dtype=np.bool_)
    new[1:] = (request[1:] != request[:-1]) | (mandate[1:] != mandate[:-1])
    first = np.flatnonzero(new)
    amounts = amount[use]
    unit, exact = _unit(amounts, book.budget_fen)
    return Pairs(
        request=request[first], mandate=mandate[first], limit=limit[first],
        start=np.searchsorted(mandate[first], np.arange(book.mandates + 1)).astype(np.int64),
        option=use, first=np.append(first, len(use)), pair=np.cumsum(new) - 1,
        value=amounts * book.welfare_ppm[use], amount_fen=amounts, cover=book.cover[use],
        covered_fen=covered_fen(book, np.where(book.cover >= 0, amount, 0))[use],
        weight=amounts[first] // unit, room=book.budget_fen // unit, limit_room=book.limit_fen // unit, exact=exact,
    )  # fmt: skip


def _unit(amount_fen: IntColumn, budget_fen: IntColumn) -> tuple[int, bool]:
    """The largest number of fen that divides every amount, or a multiple of it by which no budget exceeds ROOM_MAX."""
    unit = gcd(*amount_fen.tolist()) or 1
    times = -(-int(budget_fen.max(initial=0)) // unit // ROOM_MAX)
    return unit * max(times, 1), times <= 1


@dataclass(frozen=True, slots=True)
class Prices:
    """request (n): fen-ppm for a place in it; cover (c): ppm a year for a fen of its capacity; floor (f): ppm for a fen of lack. None below 0."""

    request: IntColumn
    cover: IntColumn
    floor: IntColumn


@dataclass(frozen=True, slots=True)
class Priced:
    """bound: no allocation is worth more; exact for any prices. total (k): worth of each mandate's best portfolio at the prices,
    chosen (p): its pairs, with (p): the option of the book that each pair would use. worth (p): of a pair alone."""

    bound: int
    total: IntColumn
    chosen: npt.NDArray[np.bool_]
    option: IntColumn
    worth: IntColumn


def price(book: Book, pairs: Pairs, prices: Prices, allowed: npt.NDArray[np.bool_], state: ByteColumn) -> Priced:
    """allowed (o): options that may be used; state (p): OUT, FREE, MUST."""
    value = pairs.value.copy()
    if len(prices.cover):
        value -= np.where(pairs.cover >= 0, prices.cover[np.maximum(pairs.cover, 0)], 0) * pairs.covered_fen
    for at, floor in zip(prices.floor.tolist(), book.floors, strict=True):
        if at:
            lack = (floor.share_ppm - PPM * floor.member[book.request[pairs.option]]).astype(np.int64)
            value -= _scaled(pairs.amount_fen, lack * at)
    worth, option = _best_options(value, allowed, pairs.first)
    worth = np.where(worth == IMPOSSIBLE, worth, worth - prices.request[pairs.request])
    total, chosen = fill_all(pairs.start, pairs.weight, worth, pairs.limit, state, pairs.room, pairs.limit_room)
    fixed = sum(prices.request.tolist()) + sum(
        a * b for a, b in zip(prices.cover.tolist(), book.capacity_fen.tolist(), strict=True)
    )
    return Priced(fixed + sum(total.tolist()), total, chosen, pairs.option[option], worth)


def _scaled(amount_fen: IntColumn, rate: IntColumn) -> IntColumn:
    """amount × rate / 10^6 rounded down, in two limbs: what is charged is never more than the price, so the bound stays one."""
    millions, rest = amount_fen // PPM, amount_fen % PPM
    return millions * rate + rest * rate // PPM


@compiled
def _best_options(value: IntColumn, allowed: npt.NDArray[np.bool_], first: IntColumn) -> tuple[IntColumn, IntColumn]:
    pairs = len(first) - 1
    worth, option = np.full(pairs, IMPOSSIBLE), first[:-1].copy()
    for q in range(pairs):
        for o in range(first[q], first[q + 1]):
            if allowed[o] and value[o] > worth[q]:
                worth[q], option[q] = value[o], o
    return worth, option


@compiled
def fill_all(
    start: IntColumn, weight: IntColumn, worth: IntColumn, limit: IntColumn, state: ByteColumn, room: IntColumn, limit_room: IntColumn
) -> tuple[IntColumn, npt.NDArray[np.bool_]]:  # fmt: skip
    """Returns each mandate's greatest worth (IMPOSSIBLE where what must be in does not fit), and what is chosen."""
    total = np.zeros(len(room), np.int64)
    chosen = np.zeros(len(weight), np.bool_)
    for j in range(len(room)):
        a, b = start[j], start[j + 1]
        total[j] = fill(weight[a:b], worth[a:b], limit[a:b], state[a:b], room[j], limit_room, chosen[a:b])
    return total, chosen


@compiled
def fill(
    weight: IntColumn, worth: IntColumn, limit: IntColumn, state: ByteColumn, room: int, limit_room: IntColumn, chosen: npt.NDArray[np.bool_]
) -> int:  # fmt: skip
    """One knapsack, by dynamic programming over what is used of the room. Pairs under one limit stand together; where they
    could exceed it, they are first filled among themselves, and each amount that they can use is one choice."""
    n = len(weight)
    base = 0
    for q in range(n):
        chosen[q] = state[q] == MUST
        if state[q] == MUST:
            if worth[q] == IMPOSSIBLE:
                return IMPOSSIBLE
            base += worth[q]
            room -= weight[q]
    if room < 0:
        return IMPOSSIBLE
    best = np.zeros(room + 1, np.int64)
    take = np.zeros((n, room + 1), np.bool_)  # of a pair on its own
    inner = np.zeros((n, room + 1), np.bool_)  # of a pair within its limit
    used = np.zeros((n, room + 1), np.int32)  # row of the first pair of a limit: what the limit's pairs use
    narrow = np.zeros(n, np.bool_)  # first pair of a limit that binds
    a = 0
    while a < n:
        b = a + 1
        while limit[a] >= 0 and b < n and limit[b] == limit[a]:
            b += 1
        rest = room
        wanted = 0
        if limit[a] >= 0:
            rest = limit_room[limit[a]]
            for q in range(a, b):
                if state[q] == MUST:
                    rest -= weight[q]
            if rest < 0:
                return IMPOSSIBLE
            rest = min(rest, room)
            for q in range(a, b):
                if state[q] == FREE and worth[q] > 0 and weight[q] <= rest:
                    wanted += weight[q]
        if wanted <= rest:
            for q in range(a, b):
                if state[q] == FREE and worth[q] > 0 and weight[q] <= rest:
                    for c in range(room, weight[q] - 1, -1):
                        with_it = best[c - weight[q]] + worth[q]
                        if with_it > best[c]:
                            best[c] = with_it
                            take[q, c] = True
        else:
            narrow[a] = True
            own = np.zeros(rest + 1, np.int64)
            for q in range(a, b):
                if state[q] == FREE and worth[q] > 0 and weight[q] <= rest:
                    for c in range(rest, weight[q] - 1, -1):
                        with_it = own[c - weight[q]] + worth[q]
                        if with_it > own[c]:
                            own[c] = with_it
                            inner[q, c] = True
            step = np.zeros(rest + 1, np.int64)
            steps = 0
            for c in range(1, rest + 1):
                if own[c] > own[c - 1]:
                    step[steps] = c
                    steps += 1
            for c in range(room, 0, -1):
                top, at = best[c], 0
                for s in range(steps):
                    w = step[s]
                    if w > c:
                        break
                    if best[c - w] + own[w] > top:
                        top, at = best[c - w] + own[w], w
                best[c] = top
                used[a, c] = at
        a = b
    c = room
    b = n
    while b > 0:
        a = b - 1
        while limit[b - 1] >= 0 and a > 0 and limit[a - 1] == limit[b - 1]:
            a -= 1
        if narrow[a]:
            inside = int(used[a, c])
            c -= inside
            for q in range(b - 1, a - 1, -1):
                if inner[q, inside]:
                    chosen[q] = True
                    inside -= weight[q]
        else:
            for q in range(b - 1, a - 1, -1):
                if take[q, c]:
                    chosen[q] = True
                    c -= weight[q]
        b = a
    return int(base + best[room])
