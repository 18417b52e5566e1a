"""Year fractions as exact fractions. Each code has one denominator, so that fractions of one contract add up without loss."""

from __future__ import annotations

from kemiao.credit.contracts.dates import civil, days_of, is_leap, is_month_end
from kemiao.credit.kernels import compiled

A360, A365, E30_360, AA, E30_360_ISDA, E28_336 = range(6)
"""The first three are servicing's DAY_COUNTS, in its order; AA is actual/actual ISDA."""
CODES = ("A360", "A365", "30E360", "AA", "30E360ISDA", "28E336")


@compiled
def denominator(code: int) -> int:
    if code == A365:
        return 365
    if code == AA:
        return 365 * 366
    return 336 if code == E28_336 else 360


@compiled
def year_fraction(code: int, start: int, end: int) -> tuple[int, int]:
    """Numerator and denominator(code) of the years from a day to a later one. Additive, but for the last two codes."""
    return year_fraction_to(code, start, end, False)


@compiled
def year_fraction_to(code: int, start: int, end: int, ends_at_maturity: bool) -> tuple[int, int]:
    """As year_fraction; 30E360ISDA does not move a last of February that is the maturity."""
    if code in (A360, A365):
        return end - start, denominator(code)
    if code == AA:
        return _actual(start, end), 365 * 366
    year, month, day = civil(start)
    later, later_month, later_day = civil(end)
    longest = 28 if code == E28_336 else 30
    day, later_day = min(day, longest), min(later_day, longest)
    if code == E30_360_ISDA:
        day = 30 if month == 2 and is_month_end(start) else day
        later_day = 30 if later_month == 2 and is_month_end(end) and not ends_at_maturity else later_day
    months = (later - year) * 12 + later_month - month
    return months * longest + later_day - day, 12 * longest


@compiled
def _actual(start: int, end: int) -> int:
    """Days in years of 365 and of 366 days, over the product of both."""
    total, year, at = 0, civil(start)[0], start
    while at < end:
        stop = min(end, days_of(year + 1, 1, 1))
        total += (stop - at) * (365 if is_leap(year) else 366)
        at, year = stop, year + 1
    return total
