from __future__ import annotations

from datetime import date, timedelta

import pytest

from kemiao.base.refusal import Refusal
from kemiao.base.tables import DatedTable
from kemiao.law.lpr import Lpr, lpr_for_signing, lpr_on
from kemiao.law.lpr_fixings import changes, fixings_from_rows, fixings_from_toml, merged, observed
from law.judging import judge, refuses

SERIES = [  # first day, 1Y, 5Y, the weaker tag of the two
    ("2019-08-20", 4.25, 4.85, "recalled"), ("2019-09-20", 4.20, 4.85, "recalled"), ("2019-11-20", 4.15, 4.80, "recalled"), ("2020-02-20", 4.05, 4.75, "recalled"),
    ("2020-04-20", 3.85, 4.65, "corroborated"), ("2021-12-20", 3.80, 4.65, "recalled"), ("2022-01-20", 3.70, 4.60, "single"), ("2022-05-20", 3.70, 4.45, "corroborated"),
    ("2022-08-22", 3.65, 4.30, "corroborated"), ("2023-06-20", 3.55, 4.20, "recalled"), ("2023-08-21", 3.45, 4.20, "recalled"), ("2024-02-20", 3.45, 3.95, "recalled"),
    ("2024-07-22", 3.35, 3.85, "corroborated"), ("2024-10-21", 3.10, 3.60, "corroborated"), ("2025-05-20", 3.00, 3.50, "corroborated"),
]  # fmt: skip
UNTIL = date(2025, 8, 20)


def ppm(percent):
    return round(percent * 10_000)


@pytest.mark.parametrize("place", range(len(SERIES)))
def test_each_value_stands_from_its_day_to_the_day_before_the_next(law, place):
    first = date.fromisoformat(SERIES[place][0])
    last = date.fromisoformat(SERIES[place + 1][0]) - timedelta(days=1) if place + 1 < len(SERIES) else UNTIL
    _, one, five, confidence = SERIES[place]
    for day in (first, last):
        assert lpr_on(law, day) == Lpr(ppm(one), ppm(five), first, UNTIL, False, confidence)
    before = lpr_on(law, first - timedelta(days=1))
    if place:
        assert (before.one_year_ppm, before.five_year_ppm) == (ppm(SERIES[place - 1][1]), ppm(SERIES[place - 1][2]))
    else:
        assert before.code == "LAW_NOT_IN_FORCE"


def test_beyond_the_last_observation_the_value_stands_in_and_says_so(law):
    after = lpr_on(law, UNTIL + timedelta(days=1))
    assert (after.one_year_ppm, after.stale) == (30_000, True)


def test_signing_refuses_beyond_the_days_of_grace(law):
    assert not isinstance(lpr_for_signing(law, UNTIL + timedelta(days=45), grace_days=45), Refusal)
    refused = lpr_for_signing(law, UNTIL + timedelta(days=46), grace_days=45)
    assert refused.code == "LPR_STALE"
    assert lpr_for_signing(law, date(2019, 8, 19), grace_days=45).code == "LAW_NOT_IN_FORCE"


def test_columns_agree_with_one_call_a_day(law):
    days = [UNTIL + timedelta(days=offset) for offset in (*range(-2192, 60, 13), 0, 1)]
    rows = judge(law, "lpr", [{"day": day} for day in days] + [{"day": date(2019, 8, 19)}])
    assert rows.pop()["refused"] == "LAW_NOT_IN_FORCE"
    assert [Lpr(*(row[name] for name in ("one_year_ppm", "five_year_ppm", "published_on", "observed_until", "stale", "confidence"))) for row in rows] == [lpr_on(law, day) for day in days]  # fmt: skip


@pytest.mark.parametrize("tenor", ["1Y", "5Y"])
def test_one_tenor_without_the_other_is_no_answer(law, tenor):
    table = law["lpr"]
    half = {"lpr": DatedTable("lpr", table.head, tuple(row for row in table.rows if row.cells["tenor"] == tenor or row.effective_from > UNTIL - timedelta(days=99)))}  # fmt: skip
    assert lpr_on(half, date(2024, 7, 1)).code == "LAW_NOT_IN_FORCE"
    assert judge(half, "lpr", [{"day": date(2024, 7, 1)}])[0]["refused"] == "LAW_NOT_IN_FORCE"


def test_without_a_day_the_day_asked_for_is_judged(law):
    assert judge(law, "lpr", [{}], on=date(2024, 7, 1))[0]["one_year_ppm"] == 34_500
    assert refuses(law, "lpr", date(2019, 8, 19))


HEADER = ["日期", "1Y", "5Y", "来源"]
TODAY = date(2026, 11, 24)


def read(*rows, header=HEADER):
    return fixings_from_rows(header, list(enumerate(rows, start=2)), "lpr.csv", TODAY)


def with_loaded(law, fixings):
    table = law["lpr"]
    return {"lpr": DatedTable("lpr", {**table.head, "observed_until": observed(table, fixings)}, (*table.rows, *merged([], fixings)))}  # fmt: skip


def test_loaded_fixings_carry_the_series_on(law):
    fixings = read(("2025-09-22", "3.00", "3.50", "公告"), ("2026-01-20", "2.90%", "3.40", "公告"))
    loaded = with_loaded(law, fixings)
    assert lpr_on(loaded, date(2026, 1, 19)).one_year_ppm == 30_000
    now = lpr_on(loaded, date(2026, 1, 20))
    assert (now.one_year_ppm, now.five_year_ppm, now.stale, now.confidence) == (29_000, 34_000, False, "single")
    assert [(change.on, change.tenor, change.before_ppm, change.after_ppm) for change in changes(law["lpr"], fixings)] == [
        (date(2026, 1, 20), "1Y", 30_000, 29_000), (date(2026, 1, 20), "5Y", 35_000, 34_000)
    ]  # fmt: skip


def test_a_loaded_fixing_between_two_known_ones_ends_where_the_next_begins(law):
    loaded = with_loaded(law, read(("2025-02-20", "3.05", "3.55", "公告")))
    assert [lpr_on(loaded, date(2025, month, 21)).one_year_ppm for month in (1, 2, 6)] == [31_000, 30_500, 30_000]
    assert lpr_on(loaded, date(2025, 6, 21)).observed_until == UNTIL


def test_loading_the_same_day_again_replaces_it():
    first, second = read(("2026-01-20", "2.9", "3.4", "a")), read(("2026-01-20", "2.8", "3.4", "b"))
    rows = merged(merged([], first), second)
    assert [(row.cells["tenor"], row.cells["rate_ppm"], row.source) for row in rows] == [("1Y", 28_000, "b"), ("5Y", 34_000, "b")]  # fmt: skip


def test_toml_keeps_the_digits_of_its_numbers():
    text = '[[row]]\ndate = 2026-01-20\n1Y = 2.90\n5Y = "3.40"\nsource = "公告"\nconfidence = "text"\n'
    fixing = fixings_from_toml(text, "lpr.toml", TODAY)[0]
    assert (fixing.rates_ppm, fixing.confidence) == ({"1Y": 29_000, "5Y": 34_000}, "text")


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (("2026-13-20", "3.00", "3.50", "公告"), "NO_SUCH_DAY", "date"),
        (("2026-12-20", "3.00", "3.50", "公告"), "IN_THE_FUTURE", "date"),
        (("2026-01-20", "3.O0", "3.50", "公告"), "NOT_A_RATE", "1Y"),
        (("2026-01-20", "3.00", "300", "公告"), "OUT_OF_RANGE", "5Y"),
        (("2026-01-20", "0", "3.50", "公告"), "OUT_OF_RANGE", "1Y"),
        (("2026-01-20", "3.00", "", "公告"), "NOT_A_RATE", "5Y"),
        (("2026-01-20", "3.00", "3.50", " "), "ROW_WITHOUT_SOURCE", "source"),
    ],
)
def test_a_bad_cell_is_named_by_file_row_and_column(row, code, column):
    refused = read(row)
    assert (refused.code, dict(refused.where)) == (code, {"file": "lpr.csv", "row": "2", "column": column})


def test_todays_fixing_can_be_loaded_and_a_table_that_is_no_list_is_refused():
    assert read(("2026-11-24", "3.00", "3.50", "a"))[0].on == TODAY
    assert fixings_from_toml("row = 5\n", "lpr.toml", TODAY).code == "NO_ROWS"
    assert fixings_from_toml("row = [5]\n", "lpr.toml", TODAY).code == "NO_ROWS"
    assert fixings_from_toml("[row\n", "lpr.toml", TODAY).code == "NOT_TOML"


def test_two_values_for_one_day_and_a_missing_column_are_refused():
    assert read(("2026-01-20", "3.00", "3.50", "a"), ("2026-01-20", "3.10", "3.50", "b")).code == "TWO_FIXINGS"
    assert read(header=["date", "1Y"]).code == "COLUMN_MISSING"
    assert read().code == "NO_ROWS"
