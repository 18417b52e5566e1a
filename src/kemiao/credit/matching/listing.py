"""Every portfolio of a mandate that a better allocation could hold: at the prices of a bound, those that lose no more than the gap.

Baldacci, Christofides, Mingozzi, An exact algorithm for the vehicle routing problem based on the set partitioning formulation, 2008.
"""

from __future__ import annotations

import numpy as np

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.market import IntColumn


@compiled
def listed(
    weight: IntColumn, worth: IntColumn, limit: IntColumn, after: IntColumn, room: int, limit_room: IntColumn, least: int, most: int, steps_max: int
) -> tuple[int, IntColumn, IntColumn]:  # fmt: skip
    """Items stand by limit (no limit: each alone), those that exclude each other together; after: the next item that may be in beside it.

    Returns the number of sets that are worth at least `least`, -1 where there are more than `most` or it takes more steps, and their
    items one after another with `start` (count + 1).
    """
    n = len(weight)
    reach = np.zeros((n + 1, room + 1), np.int64)  # what items from here on can add within a room, at most
    b = n
    while b > 0:
        a = b - 1
        while limit[b - 1] >= 0 and a > 0 and limit[a - 1] == limit[b - 1]:
            a -= 1
        for q in range(b - 1, a - 1, -1):
            for c in range(room + 1):
                reach[q, c] = reach[q + 1, c]
                if worth[q] > 0 and weight[q] <= c:
                    reach[q, c] = max(reach[q, c], reach[after[q], c - weight[q]] + worth[q])
        if limit[a] >= 0:
            _within(reach, weight, worth, after, a, b, min(limit_room[limit[a]], room), room)
        b = a
    left = limit_room.copy()
    start, items = np.zeros(most + 1, np.int64), np.empty(max(16 * most, 1), np.int64)
    stack = np.empty(n + 1, np.int64)
    depth = q = count = flat = steps = 0
    c, v = room, 0
    while True:
        steps += 1
        if steps > steps_max:
            return -1, start[:1], items[:0]
        if q < n and v + reach[q, c] >= least:
            w, g = weight[q], limit[q]
            if w <= c and (g < 0 or w <= left[g]):
                stack[depth] = q
                depth += 1
                c -= w
                v += worth[q]
                if g >= 0:
                    left[g] -= w
                q = after[q]
            else:
                q += 1
            continue
        if q >= n and v >= least:
            if count == most or flat + depth > len(items):
                return -1, start[:1], items[:0]
            items[flat : flat + depth] = stack[:depth]
            flat += depth
            count += 1
            start[count] = flat
        if depth == 0:
            return count, start[: count + 1], items[:flat]
        depth -= 1
        q = stack[depth]
        c += weight[q]
        v -= worth[q]
        if limit[q] >= 0:
            left[limit[q]] += weight[q]
        q += 1


@compiled
def _within(
    reach: IntColumn, weight: IntColumn, worth: IntColumn, after: IntColumn, a: int, b: int, rest: int, room: int
) -> None:
    """Narrows what the items a … b of one limit add before any of them is settled: they are filled among themselves first."""
    wanted = 0
    for q in range(a, b):
        if worth[q] > 0:
            wanted += weight[q]
    if wanted <= rest:
        return
    own = np.zeros((b - a + 1, rest + 1), np.int64)
    for q in range(b - 1, a - 1, -1):
        for c in range(rest + 1):
            own[q - a, c] = own[q - a + 1, c]
            if worth[q] > 0 and weight[q] <= c:
                own[q - a, c] = max(own[q - a, c], own[after[q] - a, c - weight[q]] + worth[q])
    step, steps = np.zeros(rest + 1, np.int64), 0
    for c in range(1, rest + 1):
        if own[0, c] > own[0, c - 1]:
            step[steps] = c
            steps += 1
    for c in range(room + 1):
        top = reach[b, c]
        for s in range(steps):
            if step[s] > c:
                break
            top = max(top, reach[b, c - step[s]] + own[0, step[s]])
        reach[a, c] = min(reach[a, c], top)
