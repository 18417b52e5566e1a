"""A loan that is paid on time goes by the plan that was shown before anybody signed, row by row."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from book import CALENDAR, LPR, a_loan, drawn, loans, served, state

from kemiao.credit.contracts.schedule import schedule

FLOATING = {"rate_kind": "lpr_1y", "spread_ppm": 5_000, "rate_ppm": 39_500, "first_reset_on": date(2024, 8, 5), "reset_months": 3}  # fmt: skip
CASES = [
    {},
    {"repayment": "equal_principal"},
    {"repayment": "interest_first"},
    {"repayment": "bullet", "first_due_on": None, "every_months": 0},
    {"rate_ppm": 0},
    {"amount_fen": 100_000_007, "day_count": "30E360", "business_day": "modified_following"},
    {"amount_fen": 33, "repayment": "equal_principal", "day_count": "A365"},
    {"starts_on": date(2024, 1, 31), "first_due_on": date(2024, 2, 29), "month_end": True, "matures_on": date(2026, 1, 31)},
    {"starts_on": date(2024, 1, 31), "first_due_on": date(2024, 3, 31), "matures_on": date(2025, 2, 28), "every_months": 2},
    {"matures_on": date(2024, 1, 6), "first_due_on": None, "every_months": 0, "repayment": "bullet"},  # one day
    {"matures_on": date(2054, 1, 5), "every_months": 12, "first_due_on": date(2025, 1, 5)},  # thirty years
    FLOATING,
    {**FLOATING, "floor_ppm": 38_800, "cap_ppm": 39_000, "repayment": "equal_principal"},
    {**FLOATING, "first_reset_on": date(2024, 7, 29)},
    {**FLOATING, "reset_months": 0},
]  # fmt: skip


@pytest.mark.parametrize("terms", CASES, ids=str)
def test_an_on_time_loan_equals_its_plan_row_by_row(terms):
    loan = a_loan(**terms)
    start, amount = loan["starts_on"], loan["amount_fen"]
    plan = schedule(loans(loan), None, LPR, calendar=CALENDAR).to_pylist()
    told = [drawn(amount, start)]
    told += [{"kind": "repay", "value_day": row["paid_on"], "amount_fen": row["interest_fen"] + row["principal_fen"], "word": "next"}
             for row in plan if row["interest_fen"] + row["principal_fen"] > 0]  # fmt: skip
    done = served(loan, told, plan[-1]["paid_on"])
    dues: dict[date, list[int]] = {}
    for line in done.lines.to_pylist():
        if line["kind"] == "due":
            dues.setdefault(line["value_day"], [0, 0])[line["component"] == "principal"] += line["amount_fen"]
    wanted = {row["due_on"]: [row["interest_fen"], row["principal_fen"]] for row in plan if row["interest_fen"] + row["principal_fen"] > 0}  # fmt: skip
    assert dues == wanted
    end = done.states.to_pylist()[0]
    assert (end["status"], end["kept_fen"], end["past_due_days"], end["missed_on"]) == ("settled", 0, 0, None)
    assert end["timely_periods"] == len(wanted)


def test_what_is_paid_before_the_due_day_can_wait_for_it():
    early = [drawn(), {"kind": "repay", "value_day": date(2024, 2, 1), "amount_fen": 8_501_425, "word": "next"}]
    assert state(a_loan(), early, date(2024, 2, 4))["kept_fen"] == 8_501_425
    after = state(a_loan(), early, date(2024, 2, 5))
    assert (after["principal_due_fen"], after["timely_periods"]) == (0, 1)


def test_a_due_on_a_holiday_is_not_late_until_the_next_workday_is_over():
    # 2024-05-05 was a Sunday and 2024-02-10..17 spring festival; 2024-05-11 a make-up workday
    loan = a_loan(first_due_on=date(2024, 2, 10), matures_on=date(2025, 1, 10))
    on_holiday = state(loan, [drawn()], date(2024, 2, 18))
    assert (on_holiday["past_due_days"], on_holiday["penalty_fen"], on_holiday["oldest_due_on"]) == (
        0,
        0,
        date(2024, 2, 10),
    )
    late = state(loan, [drawn()], date(2024, 2, 19))
    assert late["past_due_days"] == 1
    # 2024-02-18 is a Sunday that people work: the shifted day. From then on the overdue rate, since the due day.
    assert late["penalty_fen"] > 0
