from __future__ import annotations

from datetime import date, timedelta

import pytest

from kemiao.law.complaint import complaint_law
from law.judging import judge

RECEIVED = date(2026, 3, 2)
CLOCKS = ((0, date(2026, 3, 17)), (1, date(2026, 4, 1)), (2, date(2026, 5, 1)))


@pytest.mark.parametrize(("extensions", "due"), CLOCKS)
def test_the_answer_is_due_after_15_30_and_60_calendar_days(law, extensions, due):
    rules = complaint_law(law, RECEIVED)
    assert rules.due_on(RECEIVED, extensions) == due
    on_time, late = judge(law, "complaint", [{"received_on": RECEIVED, "extensions": extensions, "closed_on": due + timedelta(later)} for later in (0, 1)])  # fmt: skip
    assert (on_time["due_on"], on_time["late"], late["late"]) == (due, False, True)
    assert late["review_until"] == due + timedelta(31)


def test_a_credit_report_dispute_has_its_own_clock(law):
    assert complaint_law(law, RECEIVED).due_on(RECEIVED, credit_report=True) == date(2026, 3, 22)
    (row,) = judge(law, "complaint", [{"received_on": RECEIVED, "credit_report": True, "closed_on": date(2026, 3, 22)}])
    assert (row["due_on"], row["late"], row["review_until"], row["confidence"]) == (
        date(2026, 3, 22),
        False,
        None,
        "text",
    )


def test_what_is_unknown_and_what_can_not_be(law):
    unknown, thrice, early = judge(law, "complaint", [
        {"closed_on": RECEIVED}, {"received_on": RECEIVED, "extensions": 3}, {"received_on": RECEIVED, "closed_on": RECEIVED - timedelta(1)},
    ])  # fmt: skip
    assert unknown["due_on"] is None and unknown["missing"] == ["received_on"]
    assert (thrice["refused"], early["refused"]) == ("OUT_OF_RANGE", "CLOSED_BEFORE_RECEIVED")


def test_the_measures_are_in_force_from_march_2020(law):
    assert complaint_law(law, date(2020, 2, 29)).code == "LAW_NOT_IN_FORCE"
    rules = complaint_law(law, date(2020, 3, 1))
    assert (rules.representatives_max, rules.review_days, rules.years, len(rules.remedies)) == (5, 30, 3, 4)
