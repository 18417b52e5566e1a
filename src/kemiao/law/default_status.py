"""Whether an exposure is in default (违约): said so, or by days past due, or by a probability of default of 100 %."""

from __future__ import annotations

from kemiao.base.columns import PPM, Ints
from kemiao.base.tables import Row
from kemiao.law.columns import Cases
from kemiao.law.in_force import number
from kemiao.law.truth import Truth


def in_default(given: Cases, pd_ppm: Ints, row: Row) -> Truth:
    """Days past due beyond the row's line, and a PD of 100 %, are default whatever the flag says. A flag decides the rest; a
    stated PD below 100 % says that there is no default. Few days past due alone do not: it may be unlikely to pay."""
    said, days = given.flag("defaulted"), given.count("overdue_days")
    late = days.known & (days.values > number(row, "overdue_days_over"))
    sure = late | said.sure | (pd_ppm.known & (pd_ppm.values == PPM))
    return Truth(sure, sure | (said.undecided & ~pd_ppm.known))
