"""Deferred acceptance with cut-offs: every request goes down its own order; what overflows is thrown out at its worst end.

Sources: Gale & Shapley 1962; for amounts that can be divided, Baiou & Balinski 2002; for reserves, Hafalir, Yenmez & Yildirim
2013. A bar is the place in an order from which on nobody comes in any more; in this phase it only ever moves forward. So the
worst that is held is found by walking down from where the last walk ended: every place is passed once, and no heap is needed.
"""

from __future__ import annotations

from typing import Any

from kemiao.base.money import PPM
from kemiao.credit.kernels import compiled
from kemiao.credit.matching.market import WHOLE
from kemiao.credit.matching.standing import (
    AMOUNT,
    BAR,
    BUDGET,
    COVER,
    COVER_PLACE,
    DROPPED,
    END,
    FIRST,
    FORM,
    FUNDER_BAR,
    FUNDER_HELD,
    FUNDER_WORST,
    HELD,
    HELD_THERE,
    JOURNALED,
    LAST,
    LEFT,
    LIMIT,
    LIMIT_PLACE,
    MANDATE,
    MOST,
    NEXT,
    OPEN,
    PART,
    PLACE,
    REQUEST,
    RESERVE,
    RESERVED,
    ROOM,
    SHARE,
    SHARED,
    STACK,
    STACKED,
    STARTS,
    STEPS,
    SUMMED,
    UNIT,
    WORST,
)


@compiled
def load(fen: int, share: int) -> int:
    """What a cover bears of a loan, rounded up."""
    return (fen // PPM) * share + ((fen % PPM) * share + PPM - 1) // PPM


@compiled
def within(room: int, share: int) -> int:
    """The largest loan of which a cover bears no more than `room`, 0 or more."""
    if share <= 0:
        return OPEN
    return (room // share) * PPM + (room % share) * PPM // share


@compiled
def add(tree: Any, first: int, end: int, place: int, fen: int) -> None:
    """To the sum of a place, in the part of the tree from `first` to `end`."""
    at = place + 1
    while at <= end - first:
        tree[first + at - 1] += fen
        at += at & -at


@compiled
def before(tree: Any, first: int, place: int) -> int:
    """The sum of all places before this one."""
    total, at = 0, place
    while at > 0:
        total += tree[first + at - 1]
        at -= at & -at
    return total


@compiled
def take(s: Any, p: int, fen: int) -> None:
    """Changes what option p holds by `fen`, and all sums. Where it is less, somebody may come in behind."""
    if s.count[JOURNALED] >= 0:
        s.journal[s.count[JOURNALED], 0], s.journal[s.count[JOURNALED], 1] = p, fen
        s.count[JOURNALED] += 1
    o = s.option[p]
    i, q, b, c = o[REQUEST], o[MANDATE], o[LIMIT], o[COVER]
    who = s.request[i, RESERVED]
    if c >= 0:
        more = load(o[HELD] + fen, s.cover[c, SHARE]) - load(o[HELD], s.cover[c, SHARE])
        s.cover[c, HELD_THERE] += more
        add(s.cover_tree, s.cover[c, STARTS], s.cover[c + 1, STARTS], o[COVER_PLACE], more)
    o[HELD] += fen
    s.flag[s.funder[q, STARTS] + o[PLACE]] = who + 1 if o[HELD] > 0 else 0
    s.request[i, LEFT] -= fen
    s.funder[q, FUNDER_HELD + who] += fen
    if b >= 0:
        s.limit[b, HELD_THERE] += fen
    if s.count[SUMMED]:
        _sum(s, p, fen)
    if fen > 0:
        s.request[i, LAST] = max(s.request[i, LAST], p)
        s.funder[q, FUNDER_WORST + who] = max(s.funder[q, FUNDER_WORST + who], o[PLACE])
        if b >= 0:
            s.limit[b, WORST] = max(s.limit[b, WORST], o[LIMIT_PLACE])
        if c >= 0:
            s.cover[c, WORST] = max(s.cover[c, WORST], o[COVER_PLACE])
    else:
        # Where less of the reserve is used, the others have more room at any place.
        s.free_from[q] = min(s.free_from[q], 0 if who and s.funder[q, RESERVE] > 0 else o[PLACE])
        if c >= 0:
            at = len(s.funder) - 1 + c
            s.free_from[at] = min(s.free_from[at], o[COVER_PLACE])


@compiled
def _sum(s: Any, p: int, fen: int) -> None:
    o = s.option[p]
    q, b = o[MANDATE], o[LIMIT]
    tree = s.reserved_tree if s.request[o[REQUEST], RESERVED] else s.others_tree
    add(tree, s.funder[q, STARTS], s.funder[q + 1, STARTS], o[PLACE], fen)
    if b >= 0:
        add(s.limit_tree, s.limit[b, STARTS], s.limit[b + 1, STARTS], o[LIMIT_PLACE], fen)


@compiled
def sum_all(s: Any) -> None:
    """The trees of mandates and limits from what is held, and from now on they are kept."""
    for tree in (s.others_tree, s.reserved_tree, s.limit_tree):
        for at in range(len(tree)):
            tree[at] = 0
    for p in range(len(s.option)):
        if s.option[p, HELD] > 0:
            _sum(s, p, s.option[p, HELD])
    s.count[SUMMED] = 1


@compiled
def barred(s: Any, p: int) -> bool:
    """Whether option p stands behind a bar: of its mandate, of its limit or of its cover, and has what that leaves it."""
    o = s.option[p]
    b = o[LIMIT]
    return bool(
        o[PLACE] >= s.funder[o[MANDATE], FUNDER_BAR + s.request[o[REQUEST], RESERVED]]
        or (b >= 0 and o[LIMIT_PLACE] >= s.limit[b, BAR])
        or o[HELD] >= allowed(s, p)
    )


@compiled
def allowed(s: Any, p: int) -> int:
    """Fen that option p may hold by its cover's bar."""
    c = s.option[p, COVER]
    if c < 0 or s.option[p, COVER_PLACE] < s.cover[c, BAR]:
        return OPEN
    return s.cover[c, PART] if s.option[p, COVER_PLACE] == s.cover[c, BAR] else 0


@compiled
def throw(s: Any, p: int, fen: int) -> None:
    """Takes `fen` from option p, or all where the loan is whole; parts stay whole units. Its request asks on."""
    i, held = s.option[p, REQUEST], s.option[p, HELD]
    kept = 0 if s.request[i, FORM] == WHOLE else max(0, held - fen)
    take(s, p, kept - kept % s.count[UNIT] - held)
    if not s.request[i, STACKED]:
        s.request[i, STACKED] = 1
        s.stack[s.count[STACK]] = i
        s.count[STACK] += 1


@compiled
def _worst_of(s: Any, q: int, who: int) -> int:
    """Place of the worst that the mandate holds of the class; -1: none."""
    first, w = s.funder[q, STARTS], s.funder[q, FUNDER_WORST + who]
    while w >= 0 and s.flag[first + w] != who + 1:
        w -= 1
    s.funder[q, FUNDER_WORST + who] = w
    return int(w)


@compiled
def _worst(s: Any, table: Any, order: Any, key: int) -> int:
    """The worst option that the limit or the cover holds; its place becomes the bar, unless that is there or before it."""
    w = table[key, WORST]
    while s.option[order[table[key, STARTS] + w], HELD] == 0:
        w -= 1
    table[key, WORST] = w
    table[key, BAR] = min(table[key, BAR], w)
    return int(order[table[key, STARTS] + w])


@compiled
def relieve_mandate(s: Any, q: int) -> None:
    """The reserved ones come first in the reserve, and beyond it everybody by standing."""
    f = s.funder[q]
    while True:
        over = f[FUNDER_HELD] + f[FUNDER_HELD + 1] - f[BUDGET]
        if over <= 0:
            return
        others, reserved = _worst_of(s, q, 0), _worst_of(s, q, 1)
        above = f[FUNDER_HELD + 1] - f[RESERVE]
        if others >= 0 and (above <= 0 or others > reserved):
            f[FUNDER_BAR] = min(f[FUNDER_BAR], others)
            throw(s, s.order[f[STARTS] + others], over)
        else:
            f[FUNDER_BAR + 1] = min(f[FUNDER_BAR + 1], reserved)
            f[FUNDER_BAR] = min(f[FUNDER_BAR], reserved)  # nobody else comes in where the reserved are thrown out
            throw(s, s.order[f[STARTS] + reserved], min(over, above) if above > 0 else over)


@compiled
def relieve(s: Any, p: int) -> None:
    """What the limit, the cover and the mandate of option p hold too much is thrown out, in this order."""
    b, c = s.option[p, LIMIT], s.option[p, COVER]
    if b >= 0:
        while s.limit[b, HELD_THERE] > s.limit[b, ROOM]:
            w = _worst(s, s.limit, s.limit_order, b)
            throw(s, w, s.limit[b, HELD_THERE] - s.limit[b, ROOM])
    if c >= 0 and s.count[SHARED]:
        while s.cover[c, HELD_THERE] > s.cover[c, ROOM]:
            w = _worst(s, s.cover, s.cover_order, c)
            held, share = s.option[w, HELD], s.cover[c, SHARE]
            spare = load(held, share) - (s.cover[c, HELD_THERE] - s.cover[c, ROOM])
            throw(s, w, held - (min(within(spare, share), held) if spare > 0 else 0))
    relieve_mandate(s, s.option[p, MANDATE])


@compiled
def _ask(s: Any, i: int) -> None:
    """The request goes down its order until it has all it looks for, or nobody is left to ask."""
    r = s.request[i]
    while r[LEFT] > 0 and r[NEXT] < r[END]:
        s.count[STEPS] += 1
        p = r[NEXT]
        want = min(r[LEFT], min(s.option[p, MOST], allowed(s, p)) - s.option[p, HELD])
        if want <= 0 or (r[FORM] == WHOLE and want < r[AMOUNT]) or barred(s, p):
            r[NEXT] += 1
            continue
        take(s, p, want)
        relieve(s, p)


@compiled
def ask_all(s: Any, by_lot: Any, steps_max: int) -> bool:
    """Until nobody asks. False where the guard stopped it."""
    for i in by_lot:
        if s.request[i, DROPPED]:
            continue
        s.stack[s.count[STACK]] = i
        s.count[STACK] += 1
        if not ask_on(s, steps_max):
            return False
    return True


@compiled
def ask_on(s: Any, steps_max: int) -> bool:
    """Whoever was thrown out. False where the guard stopped it."""
    while s.count[STACK] > 0:
        s.count[STACK] -= 1
        j = s.stack[s.count[STACK]]
        s.request[j, STACKED] = 0
        _ask(s, j)
        if s.count[STEPS] > steps_max:
            return False
    return True


@compiled
def begin(s: Any) -> None:
    """Nothing is held and everybody may come in, as far as the covers' bars let them. The last row of a table only says where the rows before it end."""
    for i in range(len(s.request)):
        r = s.request[i]
        r[LEFT], r[NEXT], r[LAST], r[STACKED] = r[AMOUNT], r[FIRST], r[FIRST] - 1, 0
    for p in range(len(s.option)):
        s.option[p, HELD] = 0
        s.flag[p] = 0
    for q in range(len(s.funder) - 1):
        for who in range(2):
            s.funder[q, FUNDER_HELD + who], s.funder[q, FUNDER_BAR + who] = 0, OPEN
            s.funder[q, FUNDER_WORST + who] = -1
    for b in range(len(s.limit) - 1):
        s.limit[b, HELD_THERE], s.limit[b, BAR], s.limit[b, WORST] = 0, OPEN, -1
    for c in range(len(s.cover) - 1):
        s.cover[c, HELD_THERE], s.cover[c, WORST] = 0, -1
    for tree in (s.others_tree, s.reserved_tree, s.limit_tree, s.cover_tree):
        for at in range(len(tree)):
            tree[at] = 0
