"""The kernel agrees with a slow, plain implementation of the same rules, to the fen and the day."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from book import START, a_loan, drawn, state
from naive import Naive

LPR = [(date(2024, 1, 20), 34_500), (date(2024, 7, 22), 33_500), (date(2024, 10, 21), 31_000)]
pytestmark = pytest.mark.slow

LAST = date(2025, 4, 30)
DAYS = st.integers(0, (LAST - START).days).map(lambda days: START + timedelta(days))
TERMS = st.fixed_dictionaries({
    "repayment": st.sampled_from(["bullet", "interest_first", "equal_principal", "equal_installment", "revolving"]),
    "day_count": st.sampled_from(["A360", "A365", "30E360"]), "rate_ppm": st.sampled_from([0, 36_500, 241_357]), "amount_fen": st.integers(1, 10**8),
    "first_due_on": st.sampled_from([date(2024, 1, 31), date(2024, 2, 5), date(2024, 2, 29)]), "every_months": st.sampled_from([1, 2, 3]),
    "matures_on": st.sampled_from([date(2024, 1, 6), date(2024, 12, 31), date(2025, 2, 10)]), "grace_days": st.sampled_from([0, 5]), "fee_fen": st.sampled_from([0, 30_000]),
    "compound": st.booleans(), "rate_kind": st.sampled_from(["fixed", "lpr_1y"]), "spread_ppm": st.just(5_000),
    "first_reset_on": st.sampled_from([None, date(2024, 2, 5), date(2024, 3, 31)]), "reset_months": st.sampled_from([1, 3]),
    "allocation": st.sampled_from(["fee,penalty,compound,interest,principal", "principal,interest,compound,penalty,fee", "interest,principal,penalty,compound,fee"]),
})  # fmt: skip
SHARE = st.integers(1, 1_300_000)  # of the amount, in ppm: some payments are more than is owed
HAPPENS = st.one_of(
    st.tuples(st.just("repay"), DAYS, SHARE, st.sampled_from([None, "next"])), st.tuples(st.just("repay"), DAYS, st.integers(80_000, 90_000), st.none()),
    st.tuples(st.sampled_from(["fee", "rate", "defer", "disburse"]), DAYS, st.integers(1, 100_000), st.none()),
)  # fmt: skip


@settings(max_examples=30)
@given(TERMS, st.lists(HAPPENS, max_size=8), DAYS)
def test_the_kernel_agrees_with_the_naive_loan(terms, happens, until):
    loan = a_loan(**terms)
    told = [drawn(loan["amount_fen"])]
    for kind, day, number, word in happens:
        amount = max(loan["amount_fen"] * number // 1_000_000, 1)
        said = {"rate": {"rate_ppm": number}, "defer": {"count": number % 4 + 1}}.get(kind, {"amount_fen": amount})
        told.append({"kind": kind, "value_day": day, **said, **({"word": word} if word else {})})
    naive = Naive(loan, LPR)
    naive.run([row for row in told if row["value_day"] <= until], until)
    found = state(loan, told, until)
    assert {name: found[name] for name in naive.figures(until)} == naive.figures(until)
