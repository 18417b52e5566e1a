"""Times of a schedule: anchor + k * cycle before an end, with the end or without, by the standard's rules of stubs and month ends."""

from __future__ import annotations

from typing import Any

from kemiao.credit.contracts.actus.columns import (
    ABSENT,
    ANCHOR,
    CALENDAR,
    DAY,
    EVERY,
    LONG,
    MONTHS,
    NO_CALENDAR,
    SHIFT,
    WEEKS,
)
from kemiao.credit.contracts.dates import NONE, grid_day, shift
from kemiao.credit.kernels import compiled


@compiled
def day_of(time: int) -> int:
    """The day that year fractions count: one second before midnight is the next day's midnight."""
    return (time + 1) // DAY


@compiled
def step(time: int, grid: Any, month_end: bool, index: int) -> int:
    """`time` moved by `index` cycles of a grid."""
    if grid[MONTHS] == 0:
        return int(time + index * grid[EVERY] * DAY)
    return grid_day(time // DAY, grid[EVERY], index, month_end) * DAY + time % DAY


@compiled
def anchor_or(grid: Any, start: int, month_end: bool, cycles: int) -> int:
    """The grid's anchor, or `start` moved by some cycles; ABSENT where the grid has neither anchor nor cycle."""
    if grid[ANCHOR] != ABSENT:
        return int(grid[ANCHOR])
    return step(start, grid, month_end, cycles) if grid[EVERY] > 0 else ABSENT


@compiled
def times_of(anchor: int, grid: Any, end: int, with_end: bool, month_end: bool, times: Any) -> int:
    """Writes the schedule into `times` and returns how many there are."""
    if anchor == ABSENT:
        return 0
    count = 0
    if grid[EVERY] == 0:
        if anchor < end:
            times[0], count = anchor, 1
    else:
        time = anchor
        while time < end:
            times[count] = time
            count += 1
            time = step(anchor, grid, month_end, count)
        if grid[LONG] != 0 and time != end and count > 1:
            count -= 1
    if with_end:
        times[count] = end
        count += 1
    return count


@compiled
def times_bound(anchor: int, grid: Any, end: int) -> int:
    """At least as many as times_of writes."""
    if anchor == ABSENT or grid[EVERY] == 0 or end <= anchor:
        return 2
    return int((end - anchor) // (DAY * grid[EVERY] * (28 if grid[MONTHS] != 0 else 1))) + 3


@compiled
def business_time(time: int, codes: Any, bits: Any, first_day: int, none: Any) -> int:
    """A time on the business day to which the contract's convention moves it. none: an empty calendar."""
    if codes[CALENDAR] == NO_CALENDAR or codes[SHIFT] == NONE:
        return time
    day = time // DAY
    moved = shift(day, codes[SHIFT], none, 0) if codes[CALENDAR] == WEEKS else shift(day, codes[SHIFT], bits, first_day)
    return time + (moved - day) * DAY
