"""Room that large loans left, where they were thrown out, is given to those next in line.

Deferred acceptance leaves holes where loans can't be divided. Sweep by sweep, mandate by mandate, the best-standing option that
blocks comes in (in free room first of all; else only worse-standing ones are thrown out, and those look for another place in turn). With
divisible loans and no covers nothing blocks and nothing happens. Otherwise it may go round for ever, since there need not be a
stable matching: after so many sweeps only free room is given, and that comes to an end, since nobody loses by it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.blocking import comes_in, wants
from kemiao.credit.matching.deferred import relieve, take
from kemiao.credit.matching.standing import (
    COVER,
    FUNDER_HELD,
    HELD,
    HELD_THERE,
    LAST,
    LEFT,
    LIMIT,
    MANDATE,
    REQUEST,
    RESERVED,
    STACKED,
    STARTS,
)

SWEEPS = 40  # in which worse-standing ones may be thrown out


@compiled
def let_in(s: Any, steps_max: int) -> bool:
    """Until a sweep changes nothing. False where the guard stopped it."""
    sweep, changed = 0, True
    at_limit = np.zeros(len(s.limit), np.int64)
    while changed:
        changed = False
        for q in range(len(s.funder) - 1):
            changed = _sweep(s, q, at_limit, sweep < SWEEPS) or changed
            if s.count[1] > steps_max:
                return False
        sweep += 1
    return True


@compiled
def _sweep(s: Any, q: int, at_limit: Any, throwing: bool) -> bool:
    """One walk down the mandate's order; held, at_limit: what is held before the place that it has come to."""
    f = s.funder[q]
    changed = False
    held = np.zeros(2, np.int64)
    at_limit[:] = 0
    for place in range(f[STARTS], s.funder[q + 1, STARTS]):
        p = s.order[place]
        o = s.option[p]
        b, who = o[LIMIT], s.request[o[REQUEST], RESERVED]
        s.count[1] += 1
        if wants(s, p):
            if throwing:
                fen = comes_in(s, p, held[0], held[1], at_limit[b] if b >= 0 else 0, False)
            else:
                there = s.limit[b, HELD_THERE] - o[HELD] if b >= 0 else 0
                fen = comes_in(
                    s,
                    p,
                    f[FUNDER_HELD] - (0 if who else o[HELD]),
                    f[FUNDER_HELD + 1] - (o[HELD] if who else 0),
                    there,
                    True,
                )
            if fen > 0:
                changed = True
                if _move(s, p, fen):
                    held[:] = 0
                    at_limit[:] = 0
                    for before in range(f[STARTS], place):
                        _count(s, s.order[before], held, at_limit)
        _count(s, p, held, at_limit)
    return changed


@compiled
def _count(s: Any, p: int, held: Any, at_limit: Any) -> None:
    fen = s.option[p, HELD]
    if fen > 0:
        held[s.request[s.option[p, REQUEST], RESERVED]] += fen
        if s.option[p, LIMIT] >= 0:
            at_limit[s.option[p, LIMIT]] += fen


@compiled
def _move(s: Any, p: int, fen: int) -> bool:
    """Lets it in, for what it likes less. True where that may have changed what better-standing ones hold at the mandate."""
    o = s.option[p]
    q = o[MANDATE]
    r = s.request[o[REQUEST]]
    better = False
    while r[LEFT] < fen:
        while s.option[r[LAST], HELD] == 0:
            r[LAST] -= 1
        j = r[LAST]
        better = better or s.option[j, MANDATE] == q
        take(s, j, -min(s.option[j, HELD], fen - r[LEFT]))
    take(s, p, fen)
    relieve(s, p)
    better = better or (o[COVER] >= 0 and s.count[0] > 0)
    while s.count[0] > 0:
        s.count[0] -= 1
        s.request[s.stack[s.count[0]], STACKED] = 0
    return better
