"""Sorting many short lists and few long ones by two whole numbers, in one kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled

_SHORT = 12


@compiled
def sort_parts(start: Any, high: Any, low: Any, place: Any) -> None:
    """Sorts (high, low, place) within each part start[p]:start[p + 1] by high, then low, both rising; equal ones stay in order.

    Insertion for runs of a dozen, then merging: O(m log m), no recursion, the three columns move together.
    """
    spare = np.empty((3, len(high)), np.int64)
    for p in range(len(start) - 1):
        first, last = start[p], start[p + 1]
        for begin in range(first, last, _SHORT):
            for at in range(begin + 1, min(begin + _SHORT, last)):
                a, b, c = high[at], low[at], place[at]
                to = at
                while to > begin and (high[to - 1] > a or (high[to - 1] == a and low[to - 1] > b)):
                    high[to], low[to], place[to] = high[to - 1], low[to - 1], place[to - 1]
                    to -= 1
                high[to], low[to], place[to] = a, b, c
        width = _SHORT
        while width < last - first:
            for begin in range(first, last, 2 * width):
                middle, end = min(begin + width, last), min(begin + 2 * width, last)
                left, right = begin, middle
                for to in range(begin, end):
                    take = right >= end or (
                        left < middle
                        and (high[left] < high[right] or (high[left] == high[right] and low[left] <= low[right]))
                    )
                    at = left if take else right
                    spare[0, to], spare[1, to], spare[2, to] = high[at], low[at], place[at]
                    if take:
                        left += 1
                    else:
                        right += 1
            for to in range(first, last):
                high[to], low[to], place[to] = spare[0, to], spare[1, to], spare[2, to]
            width *= 2


@compiled
def group_by(group: Any, groups: int, start: Any, place: Any) -> None:
    """start (groups + 1) and the places of each group in sequence; group -1 is left out."""
    for at in range(len(group)):
        if group[at] >= 0:
            start[group[at] + 1] += 1
    for g in range(groups):
        start[g + 1] += start[g]
    to = start.copy()
    for at in range(len(group)):
        if group[at] >= 0:
            place[to[group[at]]] = at
            to[group[at]] += 1
