"""Room that large loans left, where they were thrown out, is given to those next in line; and so is what is left of covers.

Deferred acceptance leaves holes where loans can't be divided. Place by place, the best-standing option that blocks comes in; if it throws
anybody out, only worse-standing ones, and those look for another place in turn; where they were, the next in line come in. With divisible loans and no covers
nothing blocks and nothing happens. Otherwise it could go round for ever, since there need not be a stable matching. So each coming in is
tried with all that follows from it: where that does not end soon, it is undone, and the option stays out and goes on blocking.
"""

from __future__ import annotations

from typing import Any

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.blocking import comes_in, hopeless, wants
from kemiao.credit.matching.deferred import before, load, relieve, take
from kemiao.credit.matching.market import WHOLE
from kemiao.credit.matching.nesting import tighten
from kemiao.credit.matching.standing import (
    AMOUNT,
    BUDGET,
    DROPPED,
    END,
    ENTRIES,
    ENTRIES_MOST,
    FIRST,
    FORM,
    HELD,
    JOURNALED,
    LAST,
    LEFT,
    NEEDED,
    OPEN,
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
)

AGAIN_MAX = 5_000_000  # steps: after more, what stayed out is not tried again


@compiled
def settle(s: Any, by_lot: Any, least: int, passes: int, steps_max: int) -> bool:
    """From where it stands until nothing that blocks can come in, and nobody holds less than it needs. False where the guard stopped it.

    passes: so often what stayed out is tried again, if anything has changed. least: fen that anybody wants at the least.
    """
    while not s.count[SHARED]:
        # Within the covers' bars first: so a chain rarely runs from cover to cover.
        _sweep(s, least, steps_max)
        if s.count[STEPS] > steps_max:
            return False
        if tighten(s):
            _ask_again(s)
        else:
            s.count[SHARED] = 1
            s.shut[:] = 0
            s.free_from[:] = 0
    eighth, at, left = 1, len(by_lot), passes
    while True:
        moved = _sweep(s, least, steps_max)
        if s.count[STEPS] > steps_max:
            return False
        # Everything is still: the next that has less than it needs goes.
        dropped = False
        while not dropped and eighth <= 8:
            at -= 1
            if at < 0:
                eighth, at = eighth + 1, len(by_lot)
            else:
                dropped = _drop(s, by_lot[at], eighth)
        if not dropped:
            for i in range(len(s.request)):
                dropped = dropped or _drop(s, i, 8)
        if dropped:
            continue
        left -= 1
        if left <= 0 or s.count[STEPS] > AGAIN_MAX or not (moved or left == passes - 1):
            return True
        shut = 0
        for p in range(len(s.shut)):
            shut += s.shut[p]
            s.shut[p] = 0
        if shut == 0:
            return True
        for place in range(len(s.free_from)):
            s.free_from[place] = 0
        s.count[ENTRIES] = s.count[ENTRIES_MOST]


@compiled
def least_wanted(s: Any) -> int:
    least = OPEN
    for i in range(len(s.request)):
        least = min(least, s.request[i, AMOUNT] if s.request[i, FORM] == WHOLE else 1)
    return least


@compiled
def _sweep(s: Any, least: int, steps_max: int) -> bool:
    """Until nobody comes in, each with all that follows from it, or not at all. Whether anybody did."""
    moved, changed = False, True
    while changed:
        changed = False
        for at in range(len(s.free_from)):
            place = s.free_from[at]
            if place >= OPEN:
                continue
            s.free_from[at], changed = OPEN, True
            while s.count[STEPS] <= steps_max:
                place, p, fen = _next(s, at, place, least)
                if p < 0:
                    break
                if attempt(s, p, fen, least):
                    moved = True
                else:
                    s.shut[p] = 1
    return moved


@compiled
def _next(s: Any, at: int, first: int, least: int) -> tuple[int, int, int]:
    """(place, option, fen) of the next who comes in, from this place on in the order of a mandate or, behind them, of a cover; option -1: none.

    Looked for as far as there is room for the least that anybody wants.
    """
    funders = len(s.funder) - 1
    if at < funders:
        f, end = s.funder[at], s.funder[at + 1, STARTS]
        others, reserved = before(s.others_tree, f[STARTS], first), before(s.reserved_tree, f[STARTS], first)
        for place in range(f[STARTS] + first, end):
            p = s.order[place]
            s.count[STEPS] += 1
            if others + reserved + least > f[BUDGET] and reserved + least > f[RESERVE]:
                break
            if s.shut[p] == 0 and wants(s.option, s.request, p) and not hopeless(s, p, others, reserved):
                fen = comes_in(s, p)
                if fen > 0:
                    return place - f[STARTS], p, fen
            if s.request[s.option[p, REQUEST], RESERVED]:
                reserved += s.option[p, HELD]
            else:
                others += s.option[p, HELD]
        return 0, -1, 0
    if not s.count[SHARED]:
        return 0, -1, 0
    t, end = s.cover[at - funders], s.cover[at - funders + 1, STARTS]
    borne = before(s.cover_tree, t[STARTS], first)
    for place in range(t[STARTS] + first, end):
        p = s.cover_order[place]
        s.count[STEPS] += 1
        if borne + load(least, t[SHARE]) > t[ROOM]:
            break
        if s.shut[p] == 0 and wants(s.option, s.request, p):
            fen = comes_in(s, p)
            if fen > 0:
                return place - t[STARTS], p, fen
        borne += load(s.option[p, HELD], t[SHARE])
    return 0, -1, 0


@compiled
def attempt(s: Any, p: int, fen: int, least: int) -> bool:
    """Lets it in, and all that follows from it. Whether that ended soon; else all is as before."""
    waiting = s.free_from.copy()
    s.free_from[:] = OPEN
    s.count[JOURNALED] = 0
    move(s, p, fen)
    stays, changed = True, True
    while changed and stays:
        _ask_again(s)
        changed = False
        for at in range(len(s.free_from)):
            place = s.free_from[at]
            if place >= OPEN:
                continue
            s.free_from[at], changed = OPEN, True
            while s.count[JOURNALED] < s.count[ENTRIES]:
                place, o, more = _next(s, at, place, least)
                if o < 0:
                    break
                move(s, o, more)
                _ask_again(s)
        stays = s.count[JOURNALED] < s.count[ENTRIES]
    if not stays:
        _undo(s)
        s.free_from[:] = OPEN
    s.count[JOURNALED] = -1
    for at in range(len(waiting)):
        s.free_from[at] = min(s.free_from[at], waiting[at])
    return stays


@compiled
def _ask_again(s: Any) -> None:
    """Who was thrown out takes the best that it can get."""
    while s.count[STACK] > 0:
        s.count[STACK] -= 1
        r = s.request[s.stack[s.count[STACK]]]
        r[STACKED] = 0
        for p in range(r[FIRST], r[END]):
            s.count[STEPS] += 1
            if s.count[JOURNALED] >= s.count[ENTRIES]:
                break
            if s.shut[p] == 0 and wants(s.option, s.request, p):
                fen = comes_in(s, p)
                if fen > 0:
                    move(s, p, fen)


@compiled
def move(s: Any, p: int, fen: int) -> None:
    """Lets it in, for what it likes less."""
    r = s.request[s.option[p, REQUEST]]
    while r[LEFT] < fen:
        while s.option[r[LAST], HELD] == 0:
            r[LAST] -= 1
        j = r[LAST]
        take(s, j, -min(s.option[j, HELD], fen - r[LEFT]))
    take(s, p, fen)
    relieve(s, p)


@compiled
def _undo(s: Any) -> None:
    while s.count[STACK] > 0:
        s.count[STACK] -= 1
        s.request[s.stack[s.count[STACK]], STACKED] = 0
    entries = s.count[JOURNALED]
    s.count[JOURNALED] = -1
    for at in range(entries - 1, -1, -1):
        take(s, s.journal[at, 0], -s.journal[at, 1])


@compiled
def _drop(s: Any, i: int, eighth: int) -> bool:
    """Takes all from a request that has less than so many eighths of what it needs, and more than nothing."""
    r = s.request[i]
    total = r[AMOUNT] - r[LEFT]
    if not 0 < total < r[NEEDED] or (eighth < 8 and total >= (r[NEEDED] + 7) // 8 * eighth):
        return False
    r[DROPPED] = 1
    for p in range(r[FIRST], r[LAST] + 1):
        if s.option[p, HELD] > 0:
            take(s, p, -s.option[p, HELD])
    return True
