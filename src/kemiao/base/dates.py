"""Dates as Chinese files have them, and whole months."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from kemiao.base.refusal import Refusal

_NUMERIC = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{6})?")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
EXCEL_EPOCH = date(
    1899, 12, 30
)  # Excel counts a 29 February 1900 that never was; from March 1900 on this epoch is right


def parse_date(text: str) -> date | Refusal:
    """`2024-07-01`, `2024/7/1`, `2024.7.1`, `2024年7月1日`, `20240701`, with or without a time, or an Excel serial day."""
    typed = text.strip()
    match = _NUMERIC.fullmatch(typed) or _COMPACT.fullmatch(typed)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
        if _SERIAL.fullmatch(typed):
            return EXCEL_EPOCH + timedelta(days=int(float(typed)))
    except ValueError:
        return Refusal("NO_SUCH_DAY", f"没有“{text}”这一天", f"there is no day {text!r}")
    return Refusal("NOT_A_DATE", f"“{text}”不是日期(例如 2024-07-01)", f"{text!r} is not a date (write 2024-07-01)")


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_start(day: date) -> date:
    return day.replace(day=1)
