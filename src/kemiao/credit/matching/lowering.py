"""Room that large loans left, where they were thrown out, is given to those next in line.

Deferred acceptance leaves holes where loans can't be divided. Mandate by mandate, the best-standing option that blocks comes in; if
it throws anybody out, only worse-standing ones, and those look for another place in turn. With divisible loans and no covers
nothing blocks and nothing happens. Otherwise it could go round for ever, since there need not be a stable matching. So who was
thrown out often throws out nobody any more, and it comes to an end: in between, everybody's lot only gets better.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.blocking import comes_in, hopeless, wants
from kemiao.credit.matching.deferred import before, relieve, take
from kemiao.credit.matching.market import WHOLE
from kemiao.credit.matching.standing import (
    AMOUNT,
    BUDGET,
    COVER,
    END,
    FIRST,
    FORM,
    HELD,
    LAST,
    LEFT,
    MANDATE,
    OPEN,
    PLACE,
    REQUEST,
    RESERVE,
    RESERVED,
    STACKED,
    STARTS,
    THROWN,
)

PATIENCE = 4  # so often thrown out, a request fits in where there is room, but throws out nobody any more
ROUNDS = 64  # after so many, nobody is thrown out


@compiled
def let_in(s: Any, steps_max: int) -> bool:
    """Until nothing changes. False where the guard stopped it."""
    funders = len(s.funder) - 1
    from_place = np.zeros(funders, np.int64)  # of each mandate: behind it somebody may come in; OPEN: nobody
    least = OPEN
    for i in range(len(s.request)):
        least = min(least, s.request[i, AMOUNT] if s.request[i, FORM] == WHOLE else 1)
    rounds, changed = 0, True
    while changed:
        changed = False
        patience = PATIENCE if rounds < ROUNDS else 0
        rounds += 1
        for q in range(funders):
            if from_place[q] < OPEN:
                first = from_place[q]
                from_place[q], changed = OPEN, True
                _walk(s, q, first, from_place, patience, least)
                if s.count[1] > steps_max:
                    return False
    return True


@compiled
def _walk(s: Any, q: int, first: int, from_place: Any, patience: int, least: int) -> None:
    """Down the mandate's order, as far as there is room for the least that anybody wants. Who is thrown out asks again at once."""
    f, alone = s.funder[q], len(s.cover) == 1
    held = np.zeros(2, np.int64)
    held[0], held[1] = before(s.others_tree, f[STARTS], first), before(s.reserved_tree, f[STARTS], first)
    for place in range(f[STARTS] + first, s.funder[q + 1, STARTS]):
        p = s.order[place]
        r = s.request[s.option[p, REQUEST]]
        s.count[1] += 1
        if alone and held[0] + held[1] + least > f[BUDGET] and held[1] + least > f[RESERVE]:
            return
        if wants(s.option, s.request, p) and not (alone and hopeless(f, r, held[0], held[1])):
            fen = comes_in(s, p, r[THROWN] >= patience)
            if fen > 0:
                _move(s, p, fen, from_place)
                _ask_again(s, from_place, patience)
                at = s.option[p, PLACE]
                held[0], held[1] = before(s.others_tree, f[STARTS], at), before(s.reserved_tree, f[STARTS], at)
        held[r[RESERVED]] += s.option[p, HELD]


@compiled
def _ask_again(s: Any, from_place: Any, patience: int) -> None:
    """Who was thrown out takes the best that it can get."""
    while s.count[0] > 0:
        s.count[0] -= 1
        r = s.request[s.stack[s.count[0]]]
        r[STACKED] = 0
        r[THROWN] += 1
        for p in range(r[FIRST], r[END]):
            s.count[1] += 1
            if wants(s.option, s.request, p):
                fen = comes_in(s, p, r[THROWN] >= patience)
                if fen > 0:
                    _move(s, p, fen, from_place)


@compiled
def _move(s: Any, p: int, fen: int, from_place: Any) -> None:
    """Lets it in, for what it likes less; where that was, somebody may come in behind."""
    o = s.option[p]
    r = s.request[o[REQUEST]]
    while r[LEFT] < fen:
        while s.option[r[LAST], HELD] == 0:
            r[LAST] -= 1
        j = r[LAST]
        from_place[s.option[j, MANDATE]] = min(from_place[s.option[j, MANDATE]], s.option[j, PLACE])
        if s.option[j, COVER] >= 0:
            from_place[:] = 0
        take(s, j, -min(s.option[j, HELD], fen - r[LEFT]))
    take(s, p, fen)
    thrown = s.count[0]
    relieve(s, p)
    if s.count[0] > thrown:
        # More than enough may have been thrown out, with loans that can't be divided.
        from_place[o[MANDATE]] = min(from_place[o[MANDATE]], o[PLACE])
        if o[COVER] >= 0:
            from_place[:] = 0
