"""The level instalment (等额本息): the amount that, paid at each due, leaves nothing but a rounding difference at the last."""

from __future__ import annotations

from typing import Any

from kemiao.credit.contracts.dates import next_due
from kemiao.credit.contracts.day_counts import denominator, year_fraction
from kemiao.credit.contracts.interest import PPM
from kemiao.credit.kernels import compiled


@compiled
def level_instalment_fen(
    principal: int, rate_ppm: int, accrued: int, day: int,
    first_due: int, every_months: int, month_end: bool, matures: int, day_count: int,
) -> int:  # fmt: skip
    """What is to be paid at each due after a day, in whole fen, half up. 0 where no due is left.

    principal: outstanding. accrued: interest from the last due to `day`, unpaid (0 at a due and at the start); what accrues
    further runs simply to the first due, as the standard has it (ACTUS, annuity amount). Dues: the grid of first_due after
    `day`, then maturity. Years between dues are exact fractions; the discount factors are ratios in floating point, so the
    amount is off from the exact one by some 10^-13 of it: 1 fen in 100 billion yuan.
    """
    if day >= matures:
        return 0
    unit = denominator(day_count) * PPM
    due = next_due(first_due, every_months, month_end, matures, day)
    owed = _owed(principal, rate_ppm, accrued, year_fraction(day_count, day, due)[0], unit)
    factor, total = 1.0, 1.0
    while due < matures:
        later = next_due(first_due, every_months, month_end, matures, due)
        factor /= 1.0 + rate_ppm * year_fraction(day_count, due, later)[0] / unit
        total += factor
        due = later
    return int(owed / total + 0.5)


@compiled
def level_over_fen(principal: int, rate_ppm: int, accrued: int, years: Any, first: int, last: int, unit: int) -> int:
    """The same over numerators of years known already: years[k] to due k, from `day` to due `first` and on to due `last`."""
    owed = _owed(principal, rate_ppm, accrued, years[first], unit)
    factor, total = 1.0, 1.0
    for index in range(first + 1, last + 1):
        factor /= 1.0 + rate_ppm * years[index] / unit
        total += factor
    return int(owed / total + 0.5)


@compiled
def _owed(principal: int, rate_ppm: int, accrued: int, years: int, unit: int) -> float:
    return principal + accrued + principal * (rate_ppm * years / unit)
