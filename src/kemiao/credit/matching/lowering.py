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
from kemiao.credit.matching.deferred import relieve, take
from kemiao.credit.matching.market import WHOLE
from kemiao.credit.matching.standing import (
    AMOUNT,
    BUDGET,
    COVER,
    END,
    FIRST,
    FORM,
    FUNDER_HELD,
    HELD,
    HELD_THERE,
    LAST,
    LEFT,
    LIMIT,
    MANDATE,
    OPEN,
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
    stirred = np.ones(funders, np.bool_)
    at_limit = np.zeros(len(s.limit), np.int64)
    least = OPEN
    for i in range(len(s.request)):
        least = min(least, s.request[i, AMOUNT] if s.request[i, FORM] == WHOLE else 1)
    rounds, changed = 0, True
    while changed:
        changed = False
        patience = PATIENCE if rounds < ROUNDS else 0
        rounds += 1
        for q in range(funders):
            if stirred[q]:
                stirred[q] = False
                changed = True
                _walk(s, q, at_limit, stirred, patience, least)
                if s.count[1] > steps_max:
                    return False
    return True


@compiled
def _walk(s: Any, q: int, at_limit: Any, stirred: Any, patience: int, least: int) -> None:
    """Down the mandate's order, as far as there is room for the least that anybody wants; held, at_limit: what is held before the place that it has come to."""
    f, alone = s.funder[q], len(s.cover) == 1
    held = np.zeros(2, np.int64)
    at_limit[:] = 0
    for place in range(f[STARTS], s.funder[q + 1, STARTS]):
        p = s.order[place]
        o = s.option[p]
        b, r = o[LIMIT], s.request[o[REQUEST]]
        s.count[1] += 1
        if alone and held[0] + held[1] + least > f[BUDGET] and held[1] + least > f[RESERVE]:
            return
        if wants(s.option, s.request, p) and not (alone and hopeless(f, r, held[0], held[1])):
            if r[THROWN] < patience:
                fen = comes_in(s, p, held[0], held[1], at_limit[b] if b >= 0 else 0, False)
            else:
                there = s.limit[b, HELD_THERE] - o[HELD] if b >= 0 else 0
                mine = r[RESERVED]
                others, reserved = f[FUNDER_HELD] - o[HELD] * (1 - mine), f[FUNDER_HELD + 1] - o[HELD] * mine
                fen = comes_in(s, p, others, reserved, there, True)
            if fen > 0 and _move(s, p, fen, stirred):
                held[:] = 0
                at_limit[:] = 0
                for before in range(f[STARTS], place):
                    if s.flag[before]:
                        _count(s, s.order[before], held, at_limit)
        if o[HELD] > 0:
            _count(s, p, held, at_limit)


@compiled
def _count(s: Any, p: int, held: Any, at_limit: Any) -> None:
    held[s.request[s.option[p, REQUEST], RESERVED]] += s.option[p, HELD]
    if s.option[p, LIMIT] >= 0:
        at_limit[s.option[p, LIMIT]] += s.option[p, HELD]


@compiled
def _move(s: Any, p: int, fen: int, stirred: Any) -> bool:
    """Lets it in, for what it likes less, and stirs the mandates where somebody may now come in.

    True where that may have changed what better-standing ones hold at the mandate.
    """
    o = s.option[p]
    r = s.request[o[REQUEST]]
    better = False
    while r[LEFT] < fen:
        while s.option[r[LAST], HELD] == 0:
            r[LAST] -= 1
        j = r[LAST]
        better = better or s.option[j, MANDATE] == o[MANDATE]
        stirred[s.option[j, MANDATE]] = True
        if s.option[j, COVER] >= 0:
            stirred[:] = True
        take(s, j, -min(s.option[j, HELD], fen - r[LEFT]))
    take(s, p, fen)
    relieve(s, p)
    if s.count[0] > 0 and o[COVER] >= 0:
        better = True
        stirred[:] = True
    while s.count[0] > 0:
        s.count[0] -= 1
        thrown = s.request[s.stack[s.count[0]]]
        thrown[STACKED] = 0
        thrown[THROWN] += 1
        for j in range(thrown[FIRST], thrown[END]):
            stirred[s.option[j, MANDATE]] = True
    return better
