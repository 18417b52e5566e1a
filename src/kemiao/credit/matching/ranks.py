"""Sorting many short lists and few long ones by two whole numbers, in one kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled

_SHORT = 12  # insertion is quickest below it
_LONG = 512  # from here on by digits
_DIGIT = 11  # bits: 2048 counters stay in the fastest cache


@compiled
def sort_parts(start: Any, high: Any, low: Any, place: Any) -> None:
    """Sorts (high, low, place) within each part start[p]:start[p + 1] by high, then low, both rising; equal ones stay in order.

    Short parts by insertion and merging, long ones by digits from the least on (Knuth, volume 3, 5.2.5); the three columns move
    together. Numbers of a part may differ by less than 2^63.
    """
    spare = np.empty((3, len(high)), np.int64)
    for p in range(len(start) - 1):
        if start[p + 1] - start[p] < _LONG:
            _merge(high, low, place, spare, start[p], start[p + 1])
        else:
            _by_digits(low, high, low, place, spare, start[p], start[p + 1])
            _by_digits(high, high, low, place, spare, start[p], start[p + 1])


@compiled
def _merge(high: Any, low: Any, place: Any, spare: Any, first: int, last: int) -> None:
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
        _back(high, low, place, spare, first, last)
        width *= 2


@compiled
def _by_digits(key: Any, high: Any, low: Any, place: Any, spare: Any, first: int, last: int) -> None:
    """By key, one of high and low; in order before where it is the same."""
    least, most = key[first], key[first]
    for at in range(first, last):
        least, most = min(least, key[at]), max(most, key[at])
    shift = 0
    while shift < 63 and (most - least) >> shift > 0:
        to = np.zeros((1 << _DIGIT) + 1, np.int64)
        for at in range(first, last):
            to[((key[at] - least) >> shift & ((1 << _DIGIT) - 1)) + 1] += 1
        for digit in range(1 << _DIGIT):
            to[digit + 1] += to[digit]
        for at in range(first, last):
            digit = (key[at] - least) >> shift & ((1 << _DIGIT) - 1)
            there = first + to[digit]
            to[digit] += 1
            spare[0, there], spare[1, there], spare[2, there] = high[at], low[at], place[at]
        _back(high, low, place, spare, first, last)
        shift += _DIGIT


@compiled
def _back(high: Any, low: Any, place: Any, spare: Any, first: int, last: int) -> None:
    for to in range(first, last):
        high[to], low[to], place[to] = spare[0, to], spare[1, to], spare[2, to]


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
