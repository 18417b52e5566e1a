from __future__ import annotations

from datetime import date

import pytest

from law.judging import judge_one

PAID = {"cleared_on": date(2024, 8, 31), "period_months": 1, "periods_timely": 6, "performance_expected": True, "impaired_left": False}  # fmt: skip
CHANGED = {
    "in_difficulty": True, "changed_in_favour": True, "first_payment_on": date(2026, 4, 10), "period_months": 1,
    "nonperforming_before": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "on", "rises"),
    [
        ({}, date(2025, 2, 27), False),
        ({}, date(2025, 2, 28), True),  # U1: six months after the last of August are the last of February
        ({"periods_timely": 1}, date(2025, 8, 1), False),
        ({"period_months": 6, "periods_timely": 2}, date(2025, 8, 30), False),  # two periods are longer than six months
        ({"period_months": 6, "periods_timely": 2}, date(2025, 8, 31), True),
        ({"impaired_left": True}, date(2025, 8, 31), False),
        ({"performance_expected": False}, date(2025, 8, 31), False),
        ({"performance_expected": None}, date(2025, 8, 31), None),
        ({"period_months": 0, "periods_timely": 0}, date(2025, 2, 28), True),
    ],
)
def test_a_nonperforming_asset_rises_when_all_of_it_holds(law, cells, on, rises):
    assert judge_one(law, "upgrade", on, **PAID | cells)["upgrade"] is rises


@pytest.mark.parametrize(
    ("cells", "on", "until", "floor"),
    [
        ({}, date(2027, 4, 9), date(2027, 4, 10), "special_mention"),  # FC8, RS2, RS4
        ({}, date(2027, 4, 10), date(2027, 4, 10), "normal"),
        (
            {"period_months": 9},
            date(2027, 4, 10),
            date(2027, 10, 10),
            "special_mention",
        ),  # two periods are longer than a year
        ({"missed_on": date(2026, 8, 10)}, date(2027, 4, 10), date(2027, 8, 10), "special_mention"),  # RS3
        (
            {"missed_on": date(2027, 4, 10)},
            date(2027, 4, 11),
            date(2028, 4, 10),
            "special_mention",
        ),  # the last due of the period
        ({"missed_on": date(2027, 4, 11)}, date(2027, 5, 1), date(2027, 4, 10), "normal"),  # missed after its end
        (
            {"missed_on": date(2027, 6, 10), "nonperforming_on": date(2026, 9, 1)},
            date(2027, 7, 1),
            date(2028, 6, 10),
            "special_mention",
        ),  # missed in the period that was prolonged
        ({"missed_on": date(2026, 1, 10)}, date(2027, 4, 10), date(2027, 4, 10), "normal"),  # missed before the change
        ({"difficulty_unsolved": True}, date(2027, 4, 10), date(2028, 4, 10), "special_mention"),  # RS3
        ({"nonperforming_on": date(2026, 9, 1)}, date(2027, 4, 10), date(2027, 9, 1), "special_mention"),  # RS4
        ({"nonperforming_before": True}, date(2026, 6, 1), date(2027, 4, 10), "substandard"),  # RS5
        (
            {"nonperforming_before": True, "upgrade_met": True},
            date(2027, 1, 1),
            date(2027, 4, 10),
            "special_mention",
        ),  # RS5
        ({"again_on": date(2026, 10, 10)}, date(2026, 11, 1), date(2027, 10, 10), "substandard"),  # RS6
        ({"again_on": date(2026, 10, 10)}, date(2027, 10, 10), date(2027, 10, 10), "normal"),
    ],
)
def test_observation_of_a_restructured_asset(law, cells, on, until, floor):
    answer = judge_one(law, "restructured", on, **CHANGED | cells)
    assert (answer["observed_until"], answer["floor"], answer["missing"]) == (until, floor, [])


@pytest.mark.parametrize("lacking", ["in_difficulty", "changed_in_favour"])
def test_a_change_alone_or_difficulty_alone_is_no_restructured_asset(law, lacking):
    answer = judge_one(law, "restructured", date(2026, 5, 1), **CHANGED | {lacking: False})  # RS1
    assert (answer["restructured"], answer["observed"], answer["floor"]) == (False, False, "normal")
    answer = judge_one(law, "restructured", date(2026, 5, 1), **CHANGED | {lacking: None})
    assert (answer["restructured"], answer["missing"]) == (None, [lacking])
