"""The loan prime rate as columns for kernels: a step a publication, both tenors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from kemiao.base.columns import IntArray
from kemiao.law.in_force import number
from kemiao.law.lpr import TENORS, observed_until
from kemiao.law.rule import Law

_EPOCH = date(1970, 1, 1)
BEFORE = -1  # a rate before the series begins: there is none


@dataclass(frozen=True, slots=True)
class LprSeries:
    """days (since 1970, rising) and the rates that stand from them on; beyond observed_until the last ones stand in."""

    days: IntArray
    one_year_ppm: IntArray
    five_year_ppm: IntArray
    observed_until: date

    def on(self, day: date) -> tuple[int, int] | None:
        """Both rates on a day; None before the series."""
        at = int(np.searchsorted(self.days, (day - _EPOCH).days, side="right")) - 1
        return None if at < 0 else (int(self.one_year_ppm[at]), int(self.five_year_ppm[at]))

    def until(self, day: date) -> LprSeries:
        """What was published by a day: for what was to be seen then."""
        kept = int(np.searchsorted(self.days, (day - _EPOCH).days, side="right"))
        return LprSeries(
            self.days[:kept], self.one_year_ppm[:kept], self.five_year_ppm[:kept], min(day, self.observed_until)
        )


def series_of(law: Law) -> LprSeries:
    """From the table `lpr`; of two rows of one day the later in the file, which is the loaded one."""
    table = law["lpr"]
    steps = {tenor: {row.effective_from: number(row, "rate_ppm") for row in table.rows if row.cells["tenor"] == tenor} for tenor in TENORS}  # fmt: skip
    begin = max(min(by_day) for by_day in steps.values())  # both are known from here on
    days = sorted({day for by_day in steps.values() for day in by_day if day >= begin} | {begin})
    columns = [[by_day[max(at for at in by_day if at <= day)] for day in days] for by_day in steps.values()]
    numbers = np.array([(day - _EPOCH).days for day in days], np.int64)
    one, five = (np.array(column, np.int64) for column in columns)
    return LprSeries(numbers, one, five, observed_until(table))
