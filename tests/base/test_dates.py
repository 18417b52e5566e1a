from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.dates import add_months, month_start, parse_date

DAY = date(2024, 7, 1)


@pytest.mark.parametrize("typed", ["2024-07-01", "2024/7/1", "2024.7.1", "2024年7月1日", "2024年07月01日", "20240701", "20240701093000", "2024-07-01 09:30:00", "2024-07-01T09:30:00.000", " 2024-07-01 ", "45474", "45474.5"])  # fmt: skip
def test_one_day_as_files_write_it(typed):
    assert parse_date(typed) == DAY


@pytest.mark.parametrize(("typed", "code"), [("2024-02-30", "NO_SUCH_DAY"), ("20241301", "NO_SUCH_DAY"), ("0000-01-01", "NO_SUCH_DAY"), ("", "NOT_A_DATE"), ("7/1/2024", "NOT_A_DATE"), ("today", "NOT_A_DATE"), ("2024-07", "NOT_A_DATE"), ("123456", "NOT_A_DATE")])  # fmt: skip
def test_what_is_no_day_is_refused_with_its_reason(typed, code):
    assert parse_date(typed).code == code


@given(st.dates(date(1928, 1, 1), date(2173, 1, 1)))
def test_an_excel_serial_is_days_since_the_end_of_1899(day):
    assert parse_date(str((day - date(1899, 12, 30)).days)) == day


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_iso_and_chinese_days_read_back(day):
    assert parse_date(day.isoformat()) == parse_date(f"{day.year}年{day.month}月{day.day}日") == day


@pytest.mark.parametrize(("day", "months", "later"), [(date(2024, 1, 31), 1, date(2024, 2, 29)), (date(2023, 1, 31), 1, date(2023, 2, 28)), (date(2024, 12, 15), 1, date(2025, 1, 15)), (date(2024, 1, 15), -1, date(2023, 12, 15)), (date(2024, 3, 31), -13, date(2023, 2, 28)), (DAY, 0, DAY)])  # fmt: skip
def test_months_end_where_the_shorter_month_ends(day, months, later):
    assert add_months(day, months) == later


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.integers(-200, 200))
def test_months_keep_the_day_or_end_the_month(day, months):
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


def test_a_month_starts_on_its_first():
    assert month_start(date(2024, 7, 31)) == DAY
