"""Whether an exposure is in default (违约): said so, or by days past due, or by a probability of default of 100 %."""

from __future__ import annotations

from kemiao.base.columns import PPM, Ints
from kemiao.base.tables import Row
from kemiao.law.columns import Cases
from kemiao.law.in_force import number
from kemiao.law.truth import Truth


def in_default(given: Cases, pd_ppm: Ints, row: Row) -> Truth:
    """Default is said by the flag, by more days past due than the row's line, by a PD of 100 %; that there is none, by the flag
    or by a PD below 100 %. Few days past due alone say nothing: the company may be unlikely to pay. Rows whose inputs say both
    are refused (DEFAULT_CONTRADICTED), so that no answer hangs on which of them is looked at first."""
    said, days = given.flag("defaulted"), given.count("overdue_days")
    late = days.known & (days.values > number(row, "overdue_days_over"))
    yes = late | said.sure | (pd_ppm.known & (pd_ppm.values == PPM))
    no = ~said.possible | (pd_ppm.known & (pd_ppm.values < PPM))
    given.refuse(yes & no, "DEFAULT_CONTRADICTED")
    return Truth(yes, ~no)
