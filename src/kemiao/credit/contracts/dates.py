"""Days as whole numbers since 1970-01-01, in kernels: the calendar, whole months, the grid of dues, the shift to workdays.

The calendar is the proleptic Gregorian one, right from year 1 on. Algorithm of days and dates: H. Hinnant, "chrono-Compatible
Low-Level Date Algorithms".
"""

from __future__ import annotations

from typing import Any

from kemiao.credit.kernels import compiled

NONE, FOLLOWING, MODIFIED_FOLLOWING, PRECEDING, MODIFIED_PRECEDING = range(5)
"""Rules of the shift: the first three are servicing's BUSINESS_DAYS, in its order."""


@compiled
def days_of(year: int, month: int, day: int) -> int:
    shifted = year - (1 if month <= 2 else 0)
    era = shifted // 400
    year_of_era = shifted - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


@compiled
def civil(days: int) -> tuple[int, int, int]:
    """Year, month, day."""
    shifted = days + 719468
    era = shifted // 146097
    day_of_era = shifted - era * 146097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    month = shifted_month + (3 if shifted_month < 10 else -9)
    return (
        year_of_era + era * 400 + (1 if month <= 2 else 0),
        month,
        day_of_year - (153 * shifted_month + 2) // 5 + 1,
    )


@compiled
def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


@compiled
def month_length(year: int, month: int) -> int:
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31  # noqa: PLR1714 (compiled)


@compiled
def is_month_end(days: int) -> bool:
    year, month, day = civil(days)
    return day == month_length(year, month)


@compiled
def month_day(year: int, month: int, day: int, months: int, to_month_end: bool) -> int:
    """The day number of a date `months` later: that day of the month, or the last of a shorter month, or always the last."""
    count = year * 12 + month - 1 + months
    later, index = count // 12, count % 12
    length = month_length(later, index + 1)
    return days_of(later, index + 1, length if to_month_end or day > length else day)


@compiled
def add_months(days: int, months: int) -> int:
    """The same day `months` later, or the last day of a shorter month."""
    year, month, day = civil(days)
    return month_day(year, month, day, months, False)


@compiled
def grid_day(anchor: int, every_months: int, index: int, month_end: bool) -> int:
    """The due number `index` of a grid: counted from the anchor, never from the due before (31 Jan, 28 Feb, 31 Mar).

    month_end: an anchor on its month's last day stays on the last day (28 Feb, 31 Mar, 30 Apr).
    """
    year, month, day = civil(anchor)
    return month_day(year, month, day, every_months * index, month_end and day == month_length(year, month))


@compiled
def grid_index_after(anchor: int, every_months: int, month_end: bool, day: int) -> int:
    """Index (at least 0) of the first due of a grid after a day."""
    if day < anchor:
        return 0
    year, month, _ = civil(anchor)
    later, later_month, _ = civil(day)
    index = ((later - year) * 12 + later_month - month) // every_months
    while grid_day(anchor, every_months, index, month_end) <= day:
        index += 1
    return index


@compiled
def next_due(anchor: int, every_months: int, month_end: bool, matures: int, day: int) -> int:
    """The first due after a day: on the grid before maturity, else maturity. After maturity: maturity (there is none later).

    every_months 0: no grid, maturity alone.
    """
    if every_months <= 0:
        return matures
    due = grid_day(anchor, every_months, grid_index_after(anchor, every_months, month_end, day), month_end)
    return due if due < matures else matures


@compiled
def due_count(anchor: int, every_months: int, month_end: bool, matures: int, day: int) -> int:
    """Dues after a day, maturity counted as one; 0 from maturity on."""
    if day >= matures:
        return 0
    if every_months <= 0 or anchor >= matures:
        return 1
    last = grid_index_after(anchor, every_months, month_end, matures - 1)  # the first that isn't before maturity
    return max(last - grid_index_after(anchor, every_months, month_end, day), 0) + 1


@compiled
def is_business_day(day: int, bits: Any, first_day: int) -> bool:
    """bits: a byte a day from first_day on, 1 where people work. Outside of them Monday to Friday."""
    index = day - first_day
    if 0 <= index < len(bits):
        return bool(bits[index] != 0)
    return (day + 3) % 7 < 5  # 1970-01-01 was a Thursday


@compiled
def shift(day: int, rule: int, bits: Any, first_day: int) -> int:
    """A day moved to a business day: forwards or backwards, the modified ones turn round where that leaves the month."""
    if rule == NONE or is_business_day(day, bits, first_day):
        return day
    step = 1 if rule in (FOLLOWING, MODIFIED_FOLLOWING) else -1
    moved = day + step
    while not is_business_day(moved, bits, first_day):
        moved += step
    if rule in (MODIFIED_FOLLOWING, MODIFIED_PRECEDING) and civil(moved)[1] != civil(day)[1]:
        moved = day - step
        while not is_business_day(moved, bits, first_day):
            moved -= step
    return moved
