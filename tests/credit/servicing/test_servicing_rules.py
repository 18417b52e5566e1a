"""Rules of servicing, one worked case each."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from book import CALENDAR, LPR, RULES, a_loan, drawn, loans, messages, served, state

from kemiao.base.refusal import BrokenInvariant
from kemiao.credit.servicing.payoff import payoff
from kemiao.credit.servicing.serve import serve

BULLET = {
    "repayment": "interest_first",
    "rate_ppm": 36_000,
    "matures_on": date(2025, 1, 6),
}  # 100.00 yuan a day on a million


def repay(fen: int, on: date, word: str | None = None) -> dict[str, object]:
    return {"kind": "repay", "value_day": on, "amount_fen": fen, "word": word}


def test_a_due_bears_the_overdue_rate_from_its_day_once_its_grace_is_over():
    loan = a_loan(**BULLET, grace_days=3)  # the due of Monday 2024-02-05: 31 days, 3,100.00 yuan
    in_grace = state(loan, [drawn()], date(2024, 2, 8))
    assert (in_grace["interest_due_fen"], in_grace["compound_fen"], in_grace["past_due_days"]) == (310_000, 0, 0)
    late = state(loan, [drawn()], date(2024, 2, 9))  # 3,100.00 at 5.4 % for 4 days: 1.86
    assert (late["compound_fen"], late["past_due_days"], late["missed_on"]) == (186, 4, date(2024, 2, 5))
    paid = state(loan, [drawn(), repay(310_000, date(2024, 2, 8))], date(2024, 2, 9))
    assert (paid["compound_fen"], paid["timely_periods"], paid["missed_on"]) == (0, 1, None)


def test_overdue_principal_bears_penalty_interest_in_place_of_interest():
    loan = a_loan(**BULLET | {"first_due_on": None, "every_months": 0, "matures_on": date(2024, 3, 5)}, compound=False)
    after = state(loan, [drawn()], date(2024, 3, 15))
    assert (after["interest_due_fen"], after["interest_fen"]) == (600_000, 0)
    assert (after["penalty_fen"], after["past_due_days"]) == (150_000, 10)  # 10 days at 5.4 %


def test_of_an_overdue_and_a_diverted_markup_the_higher_one_counts():
    loan = a_loan(**BULLET | {"first_due_on": None, "every_months": 0, "matures_on": date(2024, 3, 5)}, compound=False)
    told = [drawn(), {"kind": "divert", "value_day": date(2024, 2, 24), "share_ppm": 1_000_000}]
    assert state(loan, told, date(2024, 3, 5))["penalty_fen"] == 100_000  # 10 days of another 3.6 %
    assert state(loan, told, date(2024, 3, 15))["penalty_fen"] == 100_000 + 200_000  # then 7.2 %, not 9 %


def test_interest_goes_off_balance_after_ninety_days_and_comes_back_when_nothing_is_past_due():
    loan = a_loan(**BULLET)
    due = date(2024, 2, 5)
    assert state(loan, [drawn()], due + timedelta(90))["off_balance_fen"] == 0
    off = served(loan, [drawn()], due + timedelta(91))
    now = off.states.to_pylist()[0]
    assert now["off_balance_fen"] == now["interest_fen"] + now["interest_due_fen"] + now["compound_fen"] > 0
    suspended = [line for line in off.lines.to_pylist() if line["kind"] == "suspend"]
    assert sum(line["amount_fen"] for line in suspended) == now["off_balance_fen"]
    then = state(loan, [drawn()], due + timedelta(92))
    owed = then["interest_due_fen"] + then["compound_fen"]
    back = served(loan, [drawn(), repay(owed, due + timedelta(92), "next")], due + timedelta(92))
    lines = [line for line in back.lines.to_pylist() if line["kind"] in ("repay", "resume")]
    assert all(line["off_balance"] for line in lines)
    assert {line["component"] for line in lines if line["kind"] == "resume"} == {"interest"}
    end = back.states.to_pylist()[0]
    assert (end["off_balance_fen"], end["past_due_days"], end["cured_on"], end["timely_periods"]) == (0, 0, due + timedelta(92), 0)  # fmt: skip


def test_a_restructured_loan_is_watched_from_its_first_due_and_again_from_a_missed_one():
    change = {
        "kind": "restructure",
        "value_day": date(2024, 3, 10),
        "day": date(2026, 1, 5),
        "rate_ppm": 30_000,
        "share_ppm": 1_000_000,
    }
    loan = a_loan(**BULLET)
    unpaid = state(loan, [drawn()], date(2024, 3, 10))
    new = state(loan, [drawn(), change], date(2024, 3, 10))
    assert new["principal_fen"] == 100_000_000 + unpaid["interest_due_fen"] + unpaid["compound_fen"]
    assert (new["past_due_days"], new["interest_due_fen"], new["in_difficulty"], new["restructurings"]) == (
        0,
        0,
        True,
        1,
    )
    assert (new["observed_from"], new["observed_periods"], new["cured_on"]) == (date(2024, 4, 5), 0, None)
    april = repay(state(loan, [drawn(), change], date(2024, 4, 5))["interest_due_fen"], date(2024, 4, 5))
    assert state(loan, [drawn(), change, april], date(2024, 5, 5))["observed_periods"] == 1
    missed = state(loan, [drawn(), change, april], date(2024, 5, 10))
    assert (missed["observed_from"], missed["observed_periods"]) == (date(2024, 5, 5), 0)


def test_a_write_off_leaves_a_claim_that_is_recovered_principal_first():
    off = {"kind": "write_off", "value_day": date(2024, 2, 15)}
    told = [drawn(), off, {"kind": "recover", "value_day": date(2024, 6, 1), "amount_fen": 100_000_100}]
    done = served(a_loan(**BULLET, compound=False), told, date(2024, 6, 2))
    now = done.states.to_pylist()[0]
    assert (now["status"], now["principal_fen"], now["written_off_fen"]) == ("written_off", 0, 100_000_000 + 410_000)
    recovered = [
        (line["component"], line["amount_fen"]) for line in done.lines.to_pylist() if line["kind"] == "recover"
    ]
    assert recovered == [("principal", 100_000_000), ("interest", 100)]
    assert payoff(now, 0).total_fen == 410_000 - 100


@pytest.mark.parametrize("fee", [0, 10_000])
def test_the_payoff_settles_the_loan_with_what_is_kept_already(fee):
    loan = a_loan(early_fee_ppm=fee)
    told = [drawn(), repay(9_000_000, date(2024, 2, 5), "next")]
    day = date(2024, 2, 20)
    quoted = payoff(state(loan, told, day), fee)
    assert quoted.kept_fen == 9_000_000 - 8_501_425 if fee == 0 else quoted.kept_fen > 0
    assert quoted.early_fee_fen == (2 * (quoted.principal_fen) * fee + 1_000_000) // 2_000_000
    end = state(loan, [*told, repay(quoted.total_fen, day)], day)
    assert (
        end["principal_fen"] + end["interest_fen"] <= 1 and end["kept_fen"] <= 1
    )  # a fen where a fee is rounded twice
    if fee == 0:
        assert (end["status"], end["kept_fen"]) == ("settled", 0)


def test_more_than_is_owed_is_kept_and_goes_back():
    told = [drawn(), repay(200_000_000, date(2024, 1, 5))]
    after = state(a_loan(), told, date(2024, 1, 6))
    assert (after["status"], after["kept_fen"]) == ("settled", 100_000_000)
    back = {"kind": "refund", "value_day": date(2024, 1, 7), "amount_fen": 100_000_000}
    assert state(a_loan(), [*told, back], date(2024, 1, 7))["kept_fen"] == 0


def test_a_renewal_moves_the_principal_and_what_was_taken_over_too_much_is_the_borrowers():
    renew = {"kind": "renew", "value_day": date(2024, 6, 5), "word": "two", "amount_fen": 100_000_000}
    after = state(a_loan(**BULLET), [drawn(), renew], date(2024, 6, 5))
    assert (after["status"], after["principal_fen"], after["kept_fen"]) == ("renewed", 0, 0)
    late = state(a_loan(**BULLET), [drawn(), repay(10_000_000, date(2024, 2, 1)), renew], date(2024, 6, 5))
    assert (late["principal_fen"], late["kept_fen"] + late["interest_paid_fen"]) == (0, 10_000_000)


def test_a_loan_that_comes_in_goes_on_from_where_it_stood():
    word = '{"interest_fen": 5000, "interest_due_fen": 300000, "penalty_fen": 70, "principal_due_fen": 0, "oldest_due_on": "2024-05-05"}'
    told = [
        {"kind": "opening", "value_day": date(2024, 6, 30), "amount_fen": 40_000_000, "rate_ppm": 36_000, "word": word}
    ]
    now = state(a_loan(**BULLET), told, date(2024, 6, 30))
    assert (now["principal_fen"], now["interest_fen"], now["interest_due_fen"], now["penalty_fen"]) == (40_000_000, 5_000, 300_000, 70)  # fmt: skip
    assert (now["past_due_days"], now["missed_on"], now["next_due_on"]) == (
        55,
        date(2024, 5, 5),
        date(2024, 7, 5),
    )  # to be paid by Monday the 6th
    assert state(a_loan(**BULLET), told, date(2024, 7, 1))["interest_fen"] == 5_000 + 4_000


def test_one_strange_loan_among_many_stops_nobody():
    strange = a_loan(
        loan="strange",
        starts_on=date(1, 1, 1),
        first_due_on=date(1, 2, 1),
        matures_on=date(9999, 12, 31),
        amount_fen=10**13,
    )
    told = messages(drawn(), {**drawn(10**13), "loan": "strange"})
    done = serve(loans(a_loan(), strange), told, LPR, date(2024, 3, 1), rules=RULES, calendar=CALENDAR)
    alone = served(a_loan(), [drawn()], date(2024, 3, 1))
    assert done.states.slice(0, 1).equals(alone.states)
    assert done.states["principal_fen"].to_pylist()[1] == 10**13


def test_a_message_of_a_day_that_was_served_is_a_fault_of_the_caller():
    done = served(a_loan(), [drawn()], date(2024, 2, 1))
    with pytest.raises(BrokenInvariant):
        serve(loans(a_loan()), messages(repay(1, date(2024, 2, 1))), LPR, date(2024, 2, 2), start=done.carried, rules=RULES, calendar=CALENDAR)  # fmt: skip
