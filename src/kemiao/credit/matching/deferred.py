"""Deferred acceptance with cut-offs: every request goes down its own order; what overflows is thrown out at its worst end.

Sources: Gale & Shapley 1962; for amounts that can be divided, Baiou & Balinski 2002; for reserves, Hafalir, Yenmez & Yildirim
2013. A bar is the place in an order from which on nobody comes in any more; in this phase it only ever moves forward. So the
worst that is held is found by walking down from where the last walk ended: every place is passed once, and no heap is needed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.credit.kernels import compiled
from kemiao.credit.matching.market import SYNDICATED, WHOLE

OPEN = 2**62  # of a bar: everybody may come in


class State(NamedTuple):
    """What the kernels read and change. (n) requests, (m) options, (k) mandates, (l) limits, (c) covers.

    order_*: options in the order of the mandate, the limit, the cover; at: where each one's begin, one more at the end. place_*: an
    option's place in it. held_*: sums; held_fen: (2, k) others and reserved. bar: (2, k), worst_*: no one held stands behind it.
    left_fen: what a request still looks for; next: the option that it asks next; last: it holds none behind it. dropped: takes no
    part. stack: who asks on, and whether it stands there;
    count: [height of the stack, steps]. unit_fen: parts of a loan are whole multiples of it.
    """

    start: Any
    request: Any
    mandate: Any
    cover: Any
    limit: Any
    most: Any
    amount: Any
    least: Any
    form: Any
    reserved: Any
    budget: Any
    reserve: Any
    limit_fen: Any
    capacity: Any
    share: Any
    place: Any
    order: Any
    at: Any
    limit_place: Any
    limit_order: Any
    limit_at: Any
    cover_place: Any
    cover_order: Any
    cover_at: Any
    held: Any
    held_fen: Any
    held_limit: Any
    held_cover: Any
    bar: Any
    limit_bar: Any
    cover_bar: Any
    worst: Any
    limit_worst: Any
    cover_worst: Any
    left: Any
    next: Any
    last: Any
    dropped: Any
    stack: Any
    stacked: Any
    count: Any
    unit_fen: Any


@compiled
def load(fen: int, share: int) -> int:
    """What a cover bears of a loan, rounded up."""
    return (fen // PPM) * share + ((fen % PPM) * share + PPM - 1) // PPM


@compiled
def within(room: int, share: int) -> int:
    """The largest loan of which a cover bears no more than `room`."""
    if share <= 0:
        return OPEN
    return (room // share) * PPM + (room % share) * PPM // share


@compiled
def take(s: Any, p: int, fen: int) -> None:
    """Changes what option p holds by `fen`, and all sums."""
    i, q, c, b = s.request[p], s.mandate[p], s.cover[p], s.limit[p]
    if c >= 0:
        s.held_cover[c] += load(s.held[p] + fen, s.share[c]) - load(s.held[p], s.share[c])
    s.held[p] += fen
    s.left[i] -= fen
    s.held_fen[s.reserved[i], q] += fen
    if b >= 0:
        s.held_limit[b] += fen
    if fen > 0:
        s.last[i] = max(s.last[i], p)
        s.worst[s.reserved[i], q] = max(s.worst[s.reserved[i], q], s.place[p])
        if b >= 0:
            s.limit_worst[b] = max(s.limit_worst[b], s.limit_place[p])
        if c >= 0:
            s.cover_worst[c] = max(s.cover_worst[c], s.cover_place[p])


@compiled
def barred(s: Any, p: int) -> bool:
    i, b, c = s.request[p], s.limit[p], s.cover[p]
    return (
        s.place[p] >= s.bar[s.reserved[i], s.mandate[p]]
        or (b >= 0 and s.limit_place[p] >= s.limit_bar[b])
        or (c >= 0 and s.cover_place[p] >= s.cover_bar[c])
    )


@compiled
def _throw(s: Any, p: int, fen: int) -> None:
    """Takes `fen` from option p, or all where the loan is whole; parts stay whole units. Its request asks on."""
    i = s.request[p]
    if s.form[i] == WHOLE or fen >= s.held[p]:
        away = s.held[p]
    else:
        kept = s.held[p] - fen
        away = s.held[p] - (kept - kept % s.unit_fen[0])
    take(s, p, -away)
    if not s.stacked[i]:
        s.stacked[i], s.stack[s.count[0]] = True, i
        s.count[0] += 1


@compiled
def _worst_of(s: Any, who: int, q: int) -> int:
    """Place of the worst that the mandate holds of the class; -1: none."""
    at, w = s.at[q], s.worst[who, q]
    while w >= 0:
        p = s.order[at + w]
        if s.held[p] > 0 and s.reserved[s.request[p]] == who:
            break
        w -= 1
    s.worst[who, q] = w
    return w


@compiled
def relieve_limit(s: Any, b: int) -> None:
    while s.held_limit[b] > s.limit_fen[b]:
        w = s.limit_worst[b]
        while s.held[s.limit_order[s.limit_at[b] + w]] == 0:
            w -= 1
        s.limit_worst[b] = s.limit_bar[b] = w
        _throw(s, s.limit_order[s.limit_at[b] + w], s.held_limit[b] - s.limit_fen[b])


@compiled
def relieve_cover(s: Any, c: int) -> None:
    while s.held_cover[c] > s.capacity[c]:
        w = s.cover_worst[c]
        while s.held[s.cover_order[s.cover_at[c] + w]] == 0:
            w -= 1
        s.cover_worst[c] = s.cover_bar[c] = w
        p = s.cover_order[s.cover_at[c] + w]
        spare = load(s.held[p], s.share[c]) - (s.held_cover[c] - s.capacity[c])
        kept = min(within(spare, s.share[c]), s.held[p]) if spare > 0 else 0
        _throw(s, p, s.held[p] - kept)


@compiled
def relieve_mandate(s: Any, q: int) -> None:
    """The reserved ones come first in the reserve, and beyond it everybody by standing."""
    while True:
        over = s.held_fen[0, q] + s.held_fen[1, q] - s.budget[q]
        if over <= 0:
            return
        others, reserved = _worst_of(s, 0, q), _worst_of(s, 1, q)
        above = s.held_fen[1, q] - s.reserve[q]
        if others >= 0 and (above <= 0 or others > reserved):
            s.bar[0, q] = others
            _throw(s, s.order[s.at[q] + others], over)
        else:
            s.bar[1, q] = reserved
            s.bar[0, q] = min(s.bar[0, q], reserved)  # nobody else comes in where the reserved are thrown out
            _throw(s, s.order[s.at[q] + reserved], min(over, above) if above > 0 else over)


@compiled
def ask(s: Any, i: int) -> None:
    """The request goes down its order until it has all it looks for, or nobody is left to ask."""
    end = s.start[i + 1]
    while s.left[i] > 0 and s.next[i] < end:
        s.count[1] += 1
        p = s.next[i]
        want = min(s.left[i], s.most[p] - s.held[p])
        if want <= 0 or (s.form[i] == WHOLE and want < s.amount[i]) or barred(s, p):
            s.next[i] += 1
            continue
        take(s, p, want)
        if s.limit[p] >= 0:
            relieve_limit(s, s.limit[p])
        if s.cover[p] >= 0:
            relieve_cover(s, s.cover[p])
        relieve_mandate(s, s.mandate[p])


@compiled
def ask_all(s: Any, by_lot: Any, steps_max: int) -> bool:
    """Until nobody asks. False where the guard stopped it."""
    for i in by_lot:
        if s.dropped[i]:
            continue
        s.stack[0], s.count[0] = i, 1
        while s.count[0] > 0:
            s.count[0] -= 1
            j = s.stack[s.count[0]]
            s.stacked[j] = False
            ask(s, j)
            if s.count[1] > steps_max:
                return False
    return True


@compiled
def needed(s: Any, i: int) -> int:
    """The total below which the request takes nothing."""
    return s.least[i] if s.form[i] != SYNDICATED and s.form[i] != WHOLE else s.amount[i]


@compiled
def drop_incomplete(s: Any) -> int:
    """Marks those that hold something, but less than they need; returns how many are new."""
    new = 0
    for i in range(len(s.amount)):
        total = s.amount[i] - s.left[i]
        if 0 < total < needed(s, i):
            s.dropped[i] = True
            new += 1
    return new


@compiled
def begin(s: Any) -> None:
    """Nothing is held and everybody may come in."""
    s.held[:] = 0
    s.held_fen[:] = 0
    s.held_limit[:] = 0
    s.held_cover[:] = 0
    s.bar[:] = OPEN
    s.limit_bar[:] = OPEN
    s.cover_bar[:] = OPEN
    s.worst[:] = -1
    s.limit_worst[:] = -1
    s.cover_worst[:] = -1
    s.stacked[:] = False
    s.left[:] = s.amount
    s.next[:] = s.start[:-1]
    s.last[:] = s.start[:-1] - 1


def inverse(group: npt.NDArray[np.int64], place: npt.NDArray[np.int64], groups: int) -> tuple[Any, Any, Any]:
    """(order, at, places) of the options of each group; -1 is none. Places that have holes are closed up."""
    at = np.zeros(groups + 1, np.int64)
    np.cumsum(np.bincount(group[group >= 0], minlength=groups), out=at[1:])
    order = np.full(at[-1], -1, np.int32)
    if _fill(group, place, at, order):
        return order, at, place
    inside = np.flatnonzero(group >= 0)
    sorted_ = inside[np.lexsort((place[inside], group[inside]))]
    places = np.zeros(len(group), np.int64)
    places[sorted_] = np.arange(len(sorted_)) - at[group[sorted_]]
    return sorted_.astype(np.int32), at, places


@compiled
def _fill(group: Any, place: Any, at: Any, order: Any) -> bool:
    for p in range(len(group)):
        g = group[p]
        if g >= 0:
            there = at[g] + place[p]
            if place[p] < 0 or there >= at[g + 1] or order[there] >= 0:
                return False
            order[there] = p
    return True


@compiled
def within_limits(order: Any, limit: Any, limit_at: Any, limit_order: Any, limit_place: Any) -> None:
    """The order of each limit is that of its mandate."""
    count = np.zeros(len(limit_at), np.int64)
    for p in order:
        b = limit[p]
        if b >= 0:
            limit_order[limit_at[b] + count[b]] = p
            limit_place[p] = count[b]
            count[b] += 1
