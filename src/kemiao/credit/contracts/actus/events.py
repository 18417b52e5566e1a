"""Which events a contract has, and when: rows of (printed time, day that sums use, scheduled time, kind), in the standard's order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kemiao.credit.contracts.actus.columns import (
    ABSENT,
    AMD,
    ANCHOR,
    ANN,
    BASE,
    CALL_MARK,
    CB_GRID,
    CLM,
    DAY,
    DAY_COUNT,
    E_FP,
    E_IED,
    E_IP,
    E_IP_CALLED,
    E_IPCB,
    E_IPCI,
    E_MD,
    E_PP,
    E_PR,
    E_PRD,
    E_PRF,
    E_PY,
    E_RR,
    E_RRF,
    E_SC,
    E_STD,
    E_TD,
    E_XD,
    EVENTS_MAX,
    EVERY,
    FEE_BASIS,
    FP_GRID,
    HAS_NEXT,
    HAS_RATE,
    HAS_RESET,
    IED,
    IP_GRID,
    IPCED,
    IPNR,
    LAGGED_BASE,
    LAM,
    MD,
    MONTH_END,
    MONTHS,
    MOVE_MARK,
    NAM,
    NO_FEE,
    NO_HORIZON,
    NO_MATURITY,
    NO_PENALTY,
    NOTICE,
    NOTICE_MONTHS,
    NT,
    PAM,
    PENALTY,
    PR_GRID,
    PRD,
    PREPAY_MARK,
    PREPAYS,
    PRNXT,
    RR_GRID,
    SC_GRID,
    SCALES_INTEREST,
    SCALES_NOTIONAL,
    SD,
    SHIFTED_SUMS,
    TD,
    TO,
    TOO_MANY_EVENTS,
    TYPE,
    UMP,
    WELL,
)
from kemiao.credit.contracts.actus.grid import anchor_or, business_time, day_of, step, times_bound, times_of
from kemiao.credit.contracts.actus.money import yearly
from kemiao.credit.contracts.dates import add_months
from kemiao.credit.contracts.day_counts import year_fraction
from kemiao.credit.kernels import compiled

TIME, SUMS, SCHEDULED, KIND, PLACE = range(5)
"""Columns of an event; PLACE: which of the marks a movement is."""


@compiled
def maturity(t: Any, g: Any, c: Any, a: Any, r: Any) -> int:
    """The contract's maturity, computed from its redemptions where it has none; ABSENT if none follows."""
    kind = c[TYPE]
    if t[MD] != ABSENT or kind in (PAM, CLM, UMP):
        return int(t[MD])
    if kind == ANN and t[AMD] != ABSENT:
        return int(t[AMD])
    grid, eom = g[PR_GRID], c[MONTH_END] != 0
    first = anchor_or(grid, t[IED], eom, 1)
    if first == ABSENT or grid[EVERY] == 0 or c[HAS_NEXT] == 0 or a[PRNXT] <= 0:
        return ABSENT
    index = 0
    if first < t[SD]:  # the notional is that of the status date: the redemptions before it are done
        index = max((t[SD] - first) // (DAY * grid[EVERY] * (31 if grid[MONTHS] != 0 else 1)) - 1, 0)
        while step(first, grid, eom, index) <= t[SD]:
            index += 1
    part = float(a[PRNXT])
    if kind != LAM:
        years, over = year_fraction(c[DAY_COUNT], day_of(step(first, grid, eom, index)), day_of(step(first, grid, eom, index + 1)))  # fmt: skip
        part -= a[NT] * (years / over) * yearly(r[IPNR])
    if part <= 0.0 or a[NT] / part > EVENTS_MAX:
        return ABSENT
    return step(first, grid, eom, index + math.ceil(a[NT] / part) - 1)


@compiled
def end_of(t: Any, c: Any, mark_kinds: Any, mark_times: Any) -> tuple[int, bool]:
    """Where all schedules end, and whether that is a call. For a call the first one counts."""
    if t[MD] != ABSENT or c[TYPE] not in (CLM, UMP):
        return t[MD], False
    if c[TYPE] == CLM:
        for mark in range(len(mark_kinds)):
            if mark_kinds[mark] == CALL_MARK and mark_times[mark] > t[SD]:
                return mark_times[mark], True
    if c[TYPE] == UMP and t[TO] == ABSENT and t[TD] != ABSENT:
        return t[TD] + 1, False  # what falls on the termination's time comes before it
    return t[TO], False


@compiled
def bound(t: Any, g: Any, c: Any, mark_kinds: Any, mark_times: Any) -> tuple[int, int]:
    """(a fault or WELL, at least as many events as the contract has)."""
    kind = c[TYPE]
    end, _ = end_of(t, c, mark_kinds, mark_times)
    if end == ABSENT:
        return (NO_HORIZON if kind in (CLM, UMP) else NO_MATURITY), 0
    eom, total = c[MONTH_END] != 0, 64 + 2 * len(mark_kinds)
    for number in range(len(g)):
        anchor = g[number, ANCHOR] if g[number, ANCHOR] != ABSENT else t[IED]
        if anchor != ABSENT:
            # Redemptions count thrice: the payment, its interest, an annuity's recomputation beside a reset.
            total += 3 * times_bound(step(anchor, g[number], eom, -1), g[number], max(end, t[AMD]))
        if total > EVENTS_MAX:
            return TOO_MANY_EVENTS, 0
    return WELL, total


@compiled
def events_of(t: Any, g: Any, c: Any, mark_kinds: Any, mark_times: Any, bits: Any, first_day: int, none: Any, size: int) -> Any:  # fmt: skip
    """All events after the status date, unsorted cut: (count, array of rows in order). The end of the schedules is known to be there."""
    kind, eom = c[TYPE], c[MONTH_END] != 0
    end, called = end_of(t, c, mark_kinds, mark_times)
    events = np.empty((size, 5), np.int64)
    times = np.empty(size, np.int64)
    count = 0
    if t[IED] > t[SD]:
        count = _put(events, count, t[IED], t[IED], day_of(t[IED]), E_IED, 0)
    amortises = kind in (LAM, NAM, ANN)
    open_end = kind in (CLM, UMP)
    first_pay = anchor_or(g[PR_GRID], t[IED], eom, 1)

    if c[HAS_RATE] != 0:
        count = _interest(events, count, times, t, g, c, end, first_pay, bits, first_day, none)
    if amortises:
        number = times_of(first_pay, g[PR_GRID], end, False, eom, times)
        count = _put_all(events, count, times, number, E_PR, c, bits, first_day, none)

    if c[HAS_RESET] != 0 or g[RR_GRID, ANCHOR] != ABSENT:
        number = times_of(anchor_or(g[RR_GRID], t[IED], eom, 1), g[RR_GRID], end, False, eom, times)
        begin, fixed = count, c[HAS_RESET] == 0 or kind == UMP
        count = _put_all(events, count, times, number, E_RR, c, bits, first_day, none)
        for row in range(begin, count):
            if not fixed and events[row, TIME] > t[SD]:
                events[row, KIND], fixed = E_RRF, True
    if kind == ANN and c[HAS_NEXT] == 0:
        resets = count
        for row in range(resets):
            if events[row, KIND] in (E_RR, E_RRF):
                count = _put(events, count, events[row, TIME], events[row, SCHEDULED], events[row, SUMS], E_PRF, 0)
        if first_pay != ABSENT and first_pay - DAY >= t[IED]:
            count = _put_shifted(events, count, first_pay - DAY, E_PRF, c, bits, first_day, none)
    if not open_end and (c[SCALES_INTEREST] != 0 or c[SCALES_NOTIONAL] != 0):
        number = times_of(anchor_or(g[SC_GRID], t[IED], eom, 1), g[SC_GRID], end, False, eom, times)
        count = _put_all(events, count, times, number, E_SC, c, bits, first_day, none)
    if amortises and c[BASE] == LAGGED_BASE:
        number = times_of(anchor_or(g[CB_GRID], t[IED], eom, 1), g[CB_GRID], end, False, eom, times)
        count = _put_all(events, count, times, number, E_IPCB, c, bits, first_day, none)
    if c[FEE_BASIS] != NO_FEE:
        number = times_of(anchor_or(g[FP_GRID], t[IED], eom, 1), g[FP_GRID], end, kind != UMP, eom, times)
        count = _put_all(events, count, times, number, E_FP, c, bits, first_day, none)

    for mark in range(len(mark_kinds)):
        at = mark_times[mark]
        if mark_kinds[mark] == MOVE_MARK and kind == UMP and at < end:
            count = _put(events, count, at, at, day_of(at), E_PR, mark)
        if mark_kinds[mark] == PREPAY_MARK and not open_end and c[PREPAYS] != 0 and at < end:
            count = _put(events, count, at, at, day_of(at), E_PP, mark)
            if c[PENALTY] != NO_PENALTY:
                count = _put(events, count, at, at, day_of(at), E_PY, mark)

    if t[PRD] != ABSENT and not open_end:
        count = _put(events, count, t[PRD], t[PRD], day_of(t[PRD]), E_PRD, 0)
    if t[TD] != ABSENT and kind != CLM:
        count = _put(events, count, t[TD], t[TD], day_of(t[TD]), E_TD, 0)
    if called:
        done = end + c[NOTICE] * DAY
        if c[NOTICE_MONTHS] != 0:
            done = add_months(end // DAY, c[NOTICE]) * DAY + end % DAY
        count = _put(events, count, end, end, day_of(end), E_XD, 0)
        count = _put(events, count, done, done, day_of(end), E_IP_CALLED, 0)
        count = _put(events, count, done, done, day_of(end), E_STD, 0)
    elif t[MD] != ABSENT and kind == CLM:  # printed at maturity itself, its interest runs to the shifted day
        moved = business_time(end, c, bits, first_day, none) if c[SHIFTED_SUMS] != 0 else end
        count = _put(events, count, end, end, day_of(moved), E_IP, 0)
        count = _put(events, count, end, end, day_of(moved), E_MD, 0)
    elif t[MD] != ABSENT and kind != UMP:
        count = _put_shifted(events, count, end, E_MD, c, bits, first_day, none)
    return _in_order(events, count, t, c)


@compiled
def _interest(events: Any, count: int, times: Any, t: Any, g: Any, c: Any, end: int, first_pay: int, bits: Any, first_day: int, none: Any) -> int:  # fmt: skip
    """IP and IPCI."""
    kind, eom, grid = c[TYPE], c[MONTH_END] != 0, g[IP_GRID]
    given = grid[ANCHOR] != ABSENT or grid[EVERY] > 0
    if kind in (CLM, UMP):
        if not given:
            return count
        number = times_of(anchor_or(grid, t[IED], eom, 0 if kind == CLM else 1), _short(grid) if kind == UMP else grid, end, False, eom, times)  # fmt: skip
        return _put_all(events, count, times, number, E_IPCI, c, bits, first_day, none)
    begin = count
    if kind in (NAM, ANN) and first_pay != ABSENT:
        number = times_of(first_pay, g[PR_GRID], end, True, eom, times)
        count = _put_all(events, count, times, number, E_IP, c, bits, first_day, none)
        before = min(step(first_pay, g[PR_GRID], eom, -1), end)  # a first redemption after the end is none
        anchor = anchor_or(grid, t[IED], eom, 1)
        number = 0
        if given and anchor < before:
            number = times_of(anchor, grid, before, before < end, eom, times)
        elif given and anchor == before and before < end:
            times[0], number = before, 1
        count = _put_all(events, count, times, number, E_IP, c, bits, first_day, none)
    elif given:
        number = times_of(anchor_or(grid, t[IED], eom, 1), grid, end, True, eom, times)
        count = _put_all(events, count, times, number, E_IP, c, bits, first_day, none)
    else:
        count = _put_shifted(events, count, end, E_IP, c, bits, first_day, none)
    if t[IPCED] == ABSENT:
        return count
    kept = begin
    for row in range(begin, count):
        if events[row, SCHEDULED] != t[IPCED]:
            for column in range(5):
                events[kept, column] = events[row, column]
            if events[row, SCHEDULED] < t[IPCED]:
                events[kept, KIND] = E_IPCI
            kept += 1
    return _put_shifted(events, kept, t[IPCED], E_IPCI, c, bits, first_day, none)


@compiled
def _short(grid: Any) -> Any:
    """A grid whose end is open has no last stub to be long."""
    copy = grid.copy()
    copy[3] = 0
    return copy


@compiled
def _put(events: Any, count: int, time: int, scheduled: int, sums: int, kind: int, place: int) -> int:
    events[count, TIME], events[count, SUMS], events[count, SCHEDULED] = time, sums, scheduled
    events[count, KIND], events[count, PLACE] = kind, place
    return count + 1


@compiled
def _put_shifted(events: Any, count: int, time: int, kind: int, c: Any, bits: Any, first_day: int, none: Any) -> int:
    moved = business_time(time, c, bits, first_day, none)
    return _put(events, count, moved, time, day_of(moved if c[SHIFTED_SUMS] != 0 else time), kind, 0)


@compiled
def _put_all(events: Any, count: int, times: Any, number: int, kind: int, c: Any, bits: Any, first_day: int, none: Any) -> int:  # fmt: skip
    for index in range(number):
        count = _put_shifted(events, count, times[index], kind, c, bits, first_day, none)
    return count


@compiled
def _in_order(events: Any, count: int, t: Any, c: Any) -> Any:
    """Sorted, without what is at or before the status date, before the exchange, after a termination or beyond an open horizon."""
    order = _sorted(events, count)
    sorted_events = np.empty((count, 5), np.int64)
    kept = 0
    for index in order:
        time, kind = events[index, TIME], events[index, KIND]
        gone = time <= t[SD] or (time < t[IED] and kind != E_IED)
        if c[TYPE] == UMP and t[TO] != ABSENT:
            gone = gone or time >= t[TO]
        if gone:
            continue
        for column in range(5):
            sorted_events[kept, column] = events[index, column]
        kept += 1
        if kind == E_TD:
            break
    return sorted_events[:kept]


@compiled
def _sorted(events: Any, count: int) -> Any:
    """Places by time, then by kind, of equals the first put in first: runs merged, as numpy's own sort compiles for seconds."""
    keys, order, other = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    for place in range(count):
        keys[place], order[place] = events[place, TIME] * 32 + events[place, KIND], place
    width = 1
    while width < count:
        for begin in range(0, count, 2 * width):
            middle, end = min(begin + width, count), min(begin + 2 * width, count)
            left, right = begin, middle
            for place in range(begin, end):
                if left < middle and (right >= end or keys[order[left]] <= keys[order[right]]):
                    other[place] = order[left]
                    left += 1
                else:
                    other[place] = order[right]
                    right += 1
        order, other = other, order
        width *= 2
    return order
