"""Covers around mandates: a bar at each cover says who may use it at all, and within the bars mandates alone decide.

Three sides need not settle, two do. So for fixed bars at the covers the requests ask the mandates, and no cover throws anybody out in between.
First everybody may use every cover; where one bears too much, its bar goes before the first in its own order who does not fit any more, and all
ask again from the beginning. The bars only move forward, so it ends. What is then left of the covers goes to the next in line, see lowering.py.
"""

from __future__ import annotations

from typing import Any

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.deferred import ask_all, before, begin, sum_all, throw, within
from kemiao.credit.matching.market import WHOLE
from kemiao.credit.matching.standing import (
    BAR,
    FORM,
    HELD,
    HELD_THERE,
    PART,
    REQUEST,
    ROOM,
    SHARE,
    STACK,
    STARTS,
    SUMMED,
    WORST,
)


@compiled
def tighten(s: Any) -> bool:
    """Where a cover bears too much, its bar goes before the first who does not fit. Whoever that throws out is on the stack."""
    changed = False
    for c in range(len(s.cover) - 1):
        t = s.cover[c]
        if t[HELD_THERE] <= t[ROOM]:
            continue
        changed = True
        share, starts = t[SHARE], t[STARTS]
        place = min(t[WORST], s.cover[c + 1, STARTS] - starts - 1)
        while t[HELD_THERE] > t[ROOM]:
            p = s.cover_order[starts + place]
            held = s.option[p, HELD]
            if held > 0:
                spare = t[ROOM] - before(s.cover_tree, starts, place)
                kept = (
                    min(within(spare, share), held)
                    if spare > 0 and s.request[s.option[p, REQUEST], FORM] != WHOLE
                    else 0
                )
                throw(s, p, held - kept)
                kept = s.option[p, HELD]
                if place < t[BAR]:
                    t[BAR], t[PART] = place, kept
                elif place == t[BAR]:
                    t[PART] = min(t[PART], kept)
            place -= 1
        t[WORST] = place + 1
    return changed


@compiled
def narrow(s: Any, by_lot: Any, steps_max: int) -> bool:
    """All ask, until no cover bears too much. False where the guard stopped it."""
    s.count[SUMMED] = 0
    while True:
        begin(s)
        finished = ask_all(s, by_lot, steps_max)
        if not finished or not tighten(s):
            sum_all(s)
            return finished
        s.count[STACK] = 0
