"""Days, dues and workdays of kernels beside the standard library and the notices of the State Council."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.dates import add_months as naive_add_months
from kemiao.credit.contracts import dates
from kemiao.credit.contracts.calendars import china, monday_to_friday

EPOCH = date(1970, 1, 1)
DAYS = st.dates(date(1900, 1, 1), date(2150, 12, 31))


def number(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


def day(number: int) -> str:
    return str(EPOCH + timedelta(number))


@given(st.dates(), st.integers(0, 600))
def test_days_and_months_are_those_of_the_calendar(when, months):
    at = (when - EPOCH).days
    assert dates.civil(at) == (when.year, when.month, when.day)
    assert dates.days_of(when.year, when.month, when.day) == at
    if when.year < 9900:
        assert EPOCH + timedelta(dates.add_months(at, months)) == naive_add_months(when, months)


def test_dues_are_counted_from_the_anchor_and_month_ends_stay_month_ends():
    def grid(anchor: str, month_end: bool) -> list[str]:
        return [day(dates.grid_day(number(anchor), 1, index, month_end)) for index in range(4)]

    assert grid("2024-01-31", False) == ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]
    assert grid("2023-02-28", False) == ["2023-02-28", "2023-03-28", "2023-04-28", "2023-05-28"]
    assert grid("2023-02-28", True) == ["2023-02-28", "2023-03-31", "2023-04-30", "2023-05-31"]
    assert grid("2024-02-28", True)[1] == "2024-03-28"  # the 28th was not the last of that February


@given(DAYS, st.integers(1, 12), st.booleans(), st.integers(0, 400), st.integers(0, 12_000))
def test_the_next_due_and_the_count_of_dues_agree_with_a_walk(anchor, every, month_end, start, tenor):
    first = (anchor - EPOCH).days
    at, matures = first - 30 + start, first - 30 + start + tenor
    walked, index = [], 0
    while (due := dates.grid_day(first, every, index, month_end)) < matures:
        walked += [due] if due > at else []
        index += 1
    walked += [matures] if matures > at else []
    assert dates.due_count(first, every, month_end, matures, at) == len(walked)
    assert dates.next_due(first, every, month_end, matures, at) == (walked[0] if walked else matures)


def test_holidays_and_make_up_workdays_move_a_due():
    china_days = china(2020, 2030)

    def moved(text: str, rule: int) -> str:
        return day(dates.shift(number(text), rule, china_days.bits, china_days.first_day))

    assert moved("2024-10-01", dates.FOLLOWING) == "2024-10-08"  # National Day
    assert moved("2024-10-12", dates.FOLLOWING) == "2024-10-12"  # a Saturday on which people work
    assert moved("2024-10-13", dates.FOLLOWING) == "2024-10-14"
    assert moved("2024-03-31", dates.MODIFIED_FOLLOWING) == "2024-03-29"  # the first workday is in April
    assert moved("2024-03-31", dates.NONE) == "2024-03-31"
    assert moved("2024-06-01", dates.MODIFIED_PRECEDING) == "2024-06-03"
    assert moved("2024-06-02", dates.PRECEDING) == "2024-05-31"


def test_beyond_what_was_published_there_are_weekends_only_and_it_is_said():
    china_days = china(2020, 2030)
    assert not china_days.guessed(date(2024, 10, 1))
    beyond = date(china_days.known_until.year + 1, 10, 1)
    assert china_days.guessed(beyond)
    national_day = (beyond - EPOCH).days
    week = monday_to_friday()
    assert dates.is_business_day(national_day, china_days.bits, china_days.first_day) == dates.is_business_day(national_day, week.bits, week.first_day)  # fmt: skip
