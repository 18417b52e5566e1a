"""Windows of whole months that end before `as_of`: a month that is not over says nothing about a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from kemiao.base.dates import add_months, month_start

FRESH_MONTHS = 6  # a monthly series whose newest month is older than this says nothing about now
ANNUAL_MONTHS = (
    18  # a year's figures stand until the next year's are due: filed by the end of May, with a month to spare
)


@dataclass(frozen=True, slots=True)
class Span:
    """as_of, and the first day after the last month that was over on it. On the last day of a month that month is over."""

    as_of: date
    end: date

    @classmethod
    def until(cls, as_of: date) -> Span:
        return cls(as_of, month_start(as_of + timedelta(days=1)))

    def back(self, months: int) -> date:
        """The first day of the window of so many whole months."""
        return add_months(self.end, -months)

    def ago(self, months: int) -> date:
        """The day so many months before as_of."""
        return add_months(self.as_of, -months)

    @property
    def end_month(self) -> int:
        """Months since year 0 of the first month that is not over."""
        return self.end.year * 12 + self.end.month - 1

    @property
    def as_of_month(self) -> int:
        return self.as_of.year * 12 + self.as_of.month - 1
