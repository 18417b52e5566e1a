"""The plan of loans beside a naive loop in exact fractions, and what a plan costs a year."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.dates import add_months
from kemiao.credit.contracts.actus.cases import Case
from kemiao.credit.contracts.actus.contracts import contracts_of, in_fen
from kemiao.credit.contracts.actus.engine import evaluate
from kemiao.credit.contracts.annuity import level_instalment_fen
from kemiao.credit.contracts.apr import apr_of_loans, apr_ppm, effective_rate_ppm
from kemiao.credit.contracts.lpr_series import LprSeries
from kemiao.credit.contracts.schedule import schedule
from kemiao.credit.servicing.columns import DAY_COUNTS, LOANS, REPAYMENTS

EPOCH = date(1970, 1, 1)
LPR = LprSeries(
    np.array([(date(2020, 1, 20) - EPOCH).days, (date(2024, 7, 22) - EPOCH).days]), np.array([40_000, 33_500]), np.array([48_000, 38_500]), date(2025, 8, 20),
)  # fmt: skip
USUAL = {
    "company": "甲", "product": "p", "origin": "signed", "repayment": "equal_installment", "amount_fen": 100_000_000, "signed_on": date(2024, 1, 10),
    "starts_on": date(2024, 1, 15), "matures_on": date(2027, 1, 15), "first_due_on": date(2024, 2, 15), "every_months": 1, "month_end": False,
    "business_day": "following", "day_count": "A360", "rate_ppm": 36_500, "rate_kind": "fixed", "spread_ppm": 0, "reset_months": 0, "fee_fen": 0,
}  # fmt: skip


def loans(*changes: dict) -> pa.Table:
    rows = [{"loan": f"L{number}"} | USUAL | change for number, change in enumerate(changes)]
    return pa.Table.from_pylist([{field.name: row.get(field.name) for field in LOANS} for row in rows], schema=LOANS)


def years(day_count: str, start: date, end: date) -> Fraction:
    if day_count != "30E360":
        return Fraction((end - start).days, int(day_count[1:]))
    months = (end.year - start.year) * 12 + end.month - start.month
    return Fraction(months * 30 + min(end.day, 30) - min(start.day, 30), 360)


def half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def naive_level(principal: int, accrued: int, rate: Fraction, day: date, dues: list[date], day_count: str) -> int:
    owed = principal + accrued + principal * rate * years(day_count, day, dues[0])
    factor, total = Fraction(1), Fraction(1)
    for before, due in pairwise(dues):
        factor /= 1 + rate * years(day_count, before, due)
        total += factor
    return half_up(owed / total)


def naive(loan: dict, resets: dict[date, int]) -> list[tuple[date, int, int, int]]:
    """Day by day: due, interest, principal, balance."""
    grid = [add_months(loan["first_due_on"], k * loan["every_months"]) for k in range(400)] if loan["repayment"] != "bullet" else []  # fmt: skip
    dues = [due for due in grid if loan["starts_on"] < due < loan["matures_on"]] + [loan["matures_on"]]
    balance, exact, posted, rate = loan["amount_fen"], Fraction(0), 0, Fraction(loan["rate_ppm"], 10**6)
    level = naive_level(balance, 0, rate, loan["starts_on"], dues, loan["day_count"])
    part = half_up(Fraction(balance, len(dues)))
    rows, day, since = [], loan["starts_on"], 0
    while day < loan["matures_on"]:
        if day in resets and day > loan["starts_on"]:
            new = Fraction(resets[day], 10**6)
            if new != rate:
                level = naive_level(balance, half_up(exact) - since, new, day, [due for due in dues if due > day], loan["day_count"])  # fmt: skip
            rate = new
        exact += balance * rate * years(loan["day_count"], day, day + timedelta(1))
        day += timedelta(1)
        if day in dues:
            posted = half_up(exact)
            interest, principal = posted - since, balance
            if day != dues[-1]:
                principal = {"equal_installment": min(max(level - interest, 0), balance), "equal_principal": min(part, balance)}.get(loan["repayment"], 0)  # fmt: skip
            balance, since = balance - principal, posted
            rows.append((day, interest, principal, balance))
    return rows


@settings(max_examples=40)
@given(
    st.sampled_from(REPAYMENTS), st.sampled_from(DAY_COUNTS), st.one_of(st.integers(1, 10**6), st.integers(1, 10**12)), st.integers(0, 240_000),
    st.dates(date(2019, 1, 1), date(2024, 12, 31)), st.integers(1, 1500), st.integers(0, 60), st.sampled_from([1, 3]), st.integers(0, 700),
)  # fmt: skip
def test_a_plan_agrees_with_a_walk_day_by_day_in_fractions(repayment, day_count, amount, rate, start, tenor, first, every, reset):  # fmt: skip
    loan = USUAL | {
        "repayment": repayment, "day_count": day_count, "amount_fen": amount, "rate_ppm": rate, "starts_on": start, "matures_on": start + timedelta(tenor),
        "first_due_on": start + timedelta(first), "every_months": every, "rate_kind": "lpr_1y", "spread_ppm": 5_000, "cap_ppm": 44_000, "first_reset_on": start + timedelta(reset), "reset_months": 6,
    }  # fmt: skip
    days = [add_months(loan["first_reset_on"], 6 * k) for k in range(12)]
    resets = {day: min(LPR.on(day)[0] + 5_000, 44_000) for day in days if LPR.on(day)}
    plan = schedule(loans(loan), None, LPR)
    found = [tuple(row[name] for name in ("due_on", "interest_fen", "principal_fen", "balance_fen")) for row in plan.to_pylist()]  # fmt: skip
    assert found == naive(loan, resets)


def test_a_bullet_loan_of_one_day_and_one_of_thirty_years_have_plans_and_no_rate_costs_nothing():
    one_day = {"repayment": "bullet", "every_months": 0, "first_due_on": None, "matures_on": date(2024, 1, 16)}
    thirty = {"starts_on": date(2024, 2, 29), "first_due_on": date(2024, 3, 31), "matures_on": date(2054, 2, 28), "month_end": True}  # fmt: skip
    plan = schedule(loans(one_day, thirty, {"rate_ppm": 0}), None, LPR).to_pandas()
    first, second, third = (plan[plan["loan"] == f"L{number}"] for number in range(3))
    assert first[["interest_fen", "principal_fen"]].values.tolist() == [[10_139, 100_000_000]]
    assert len(second) == 360
    assert second["due_on"].iloc[11] == date(2025, 2, 28)
    assert second["principal_fen"].sum() == 100_000_000
    assert third["interest_fen"].sum() == 0
    assert third["principal_fen"].tolist() == [2_777_778] * 35 + [100_000_000 - 35 * 2_777_778]


def test_a_fee_has_its_own_row_and_a_holiday_moves_the_payment_but_not_the_interest():
    plan = schedule(loans({"fee_fen": 5_000, "starts_on": date(2024, 9, 1), "first_due_on": date(2024, 10, 1)}), None, LPR).to_pylist()  # fmt: skip
    assert [plan[0][name] for name in ("due_on", "paid_on", "fee_fen", "interest_fen")] == [date(2024, 9, 1), date(2024, 9, 2), 5_000, 0]  # fmt: skip
    assert [plan[1][name] for name in ("due_on", "paid_on", "interest_fen")] == [date(2024, 10, 1), date(2024, 10, 8), 304_167]  # fmt: skip


def test_one_absurd_row_has_a_reason_and_stops_no_other():
    absurd = [
        {"amount_fen": 0}, {"amount_fen": 10**18}, {"rate_ppm": -1}, {"rate_ppm": None}, {"matures_on": date(2024, 1, 15)}, {"matures_on": date(9999, 12, 31)},
        {"every_months": -1}, {"first_due_on": None}, {"repayment": "whenever"}, {"starts_on": None}, {"first_due_on": date(1900, 1, 1)},
    ]  # fmt: skip
    plan = schedule(loans({}, *absurd, {}), None, LPR).to_pandas()
    reasons = plan[plan["refused"].notna()]["refused"].tolist()
    assert reasons == [
        "AMOUNT_OUT_OF_RANGE", "AMOUNT_OUT_OF_RANGE", "RATE_OUT_OF_RANGE", "TERM_MISSING", "DATES_OUT_OF_ORDER", "TENOR_TOO_LONG", "CYCLE_OUT_OF_RANGE",
        "TERM_MISSING", "TERM_MISSING", "TERM_MISSING", "DATES_OUT_OF_ORDER",
    ]  # fmt: skip
    good = plan[plan["refused"].isna()]
    assert good["loan"].tolist() == ["L0"] * 36 + ["L12"] * 36
    assert good["principal_fen"].sum() == 200_000_000


def test_the_level_instalment_is_the_one_of_the_rules():
    first, last = ((day - EPOCH).days for day in (date(2024, 2, 1), date(2025, 1, 1)))
    assert level_instalment_fen(100_000_000, 36_500, 0, (date(2024, 1, 1) - EPOCH).days, first, 1, False, last, 2) == 8_499_008  # fmt: skip


def test_a_book_in_two_threads_is_the_same_as_each_loan_alone():
    many = loans(*({"amount_fen": 10_000_000 + number} for number in range(500)))
    whole = schedule(many, None, LPR)
    assert whole.num_rows == 18_000
    alone = schedule(many.slice(499), None, LPR)
    assert whole.slice(17_964).drop_columns(["loan", "refused"]).equals(alone.drop_columns(["loan", "refused"]))


def test_the_annual_rate_counts_all_fees_and_says_compound_or_simple():
    offsets, days = np.array([0, 2, 4, 6]), np.array([0, 365, 0, 365, 5, 5])
    rates = apr_ppm(offsets, days, np.array([-1000, 1100, 1, 1, 5, -5]))
    assert (rates.values.tolist(), rates.known.tolist()) == ([100_000, 0, 0], [True, False, False])
    bullet = {"repayment": "bullet", "every_months": 0, "first_due_on": None, "starts_on": date(2023, 1, 1), "matures_on": date(2024, 1, 1), "day_count": "A365", "rate_ppm": 50_000}  # fmt: skip
    book = loans(bullet, bullet | {"fee_fen": 1_000_000}, {"rate_ppm": -1})
    compound, simple = apr_of_loans(book, LPR)
    assert compound.known.tolist() == [True, True, False]
    assert compound.values[:2].tolist() == [50_000, 60_606]  # 105 / 99 - 1: the fee is held back at the start
    assert simple.values[:2].tolist() == [50_000, 60_000]
    assert effective_rate_ppm(book, LPR).values.tolist() == compound.values.tolist()


def test_rounding_to_the_fen_is_within_a_fen_of_exact_interest_over_a_life_of_fixed_principal():
    interest_first = {"repayment": "interest_first", "amount_fen": 99_999_999, "rate_ppm": 43_501}
    plan = schedule(loans(interest_first), None, LPR).to_pandas()
    exact = Fraction(99_999_999 * 43_501 * (date(2027, 1, 15) - date(2024, 1, 15)).days, 360 * 10**6)
    assert plan["interest_fen"].sum() == half_up(exact)
    assert plan["interest_fen"].sum() == pytest.approx(float(exact), abs=0.5)


@pytest.mark.parametrize(("repayment", "kind"), [("interest_first", "PAM"), ("equal_principal", "LAM"), ("equal_installment", "ANN")])  # fmt: skip
def test_a_plan_is_what_the_standard_makes_of_the_same_contract_in_fen(repayment, kind):
    (plan,) = [schedule(loans({"repayment": repayment, "first_due_on": date(2024, 2, 20)}), None, LPR).to_pylist()]
    first = plan[0]["principal_fen"] + (plan[0]["interest_fen"] if kind == "ANN" else 0)
    terms = {
        "contractRole": "RPA", "notionalPrincipal": "1000000", "nominalInterestRate": "0.0365", "dayCountConvention": "A360", "statusDate": "2024-01-14",
        "initialExchangeDate": "2024-01-15", "maturityDate": "2027-01-15", "cycleAnchorDateOfInterestPayment": "2024-02-20", "cycleOfInterestPayment": "P1ML1",
    }  # fmt: skip
    if kind != "PAM":
        terms |= {"cycleAnchorDateOfPrincipalRedemption": "2024-02-20", "cycleOfPrincipalRedemption": "P1ML1", "nextPrincipalRedemptionPayment": str(first / 100)}  # fmt: skip
    events = evaluate(in_fen(contracts_of([Case("one", kind, terms, None, {}, (), ())])[0]))[0].to_pylist()
    assert [row["interest_fen"] for row in plan] == [event["payoff"] for event in events if event["event"] == "IP"]
    redeemed = [event["payoff"] for event in events if event["event"] in ("PR", "MD")]
    assert [row["principal_fen"] for row in plan if row["principal_fen"]] == redeemed
