"""Which days are business days: China's holidays and make-up workdays, Monday to Friday, every day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from chinese_calendar import constants  # type: ignore[import-untyped]

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """bits: a byte a day from first_day (days since 1970) on, 1 for a business day; outside of them Monday to Friday.

    known_until: the last day that was published; a date after it is a guess by weekends, to be shown as such. None: no guess.
    """

    bits: npt.NDArray[np.uint8]
    first_day: int
    known_until: date | None

    def guessed(self, day: date) -> bool:
        return self.known_until is not None and day > self.known_until


@lru_cache(maxsize=8)
def china(first_year: int, last_year: int) -> Calendar:
    """China's business days of whole years, both included. Source: package chinesecalendar, after 国务院办公厅's notices.

    Years before its first (2004) have weekends only as well; known_until does not say so, as no due lies there.
    """
    first, last = date(first_year, 1, 1), date(last_year, 12, 31)
    days = np.arange((first - _EPOCH).days, (last - _EPOCH).days + 1)
    bits = ((days + 3) % 7 < 5).astype(np.uint8)
    for known, bit in ((constants.holidays, 0), (constants.workdays, 1)):
        at = np.array([(day - first).days for day in known if first <= day <= last], np.int64)
        bits[at] = bit
    return _calendar(bits, first, date(max(day.year for day in constants.holidays), 12, 31))


def monday_to_friday() -> Calendar:
    return _calendar(np.zeros(0, np.uint8), _EPOCH, None)


def every_day(first_year: int = 1900, last_year: int = 2200) -> Calendar:
    first, last = date(first_year, 1, 1), date(last_year, 12, 31)
    return _calendar(np.ones((last - first).days + 1, np.uint8), first, None)


def _calendar(bits: npt.NDArray[np.uint8], first: date, known_until: date | None) -> Calendar:
    """All of one kind for the compiler: an array that may be written is another type."""
    bits.setflags(write=False)
    return Calendar(bits, (first - _EPOCH).days, known_until)
