"""What a loan costs: dues add up, every fee counts, and the yearly rates follow from the flows."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from credit.products.conftest import LAW, product_of
from kemiao.credit.contracts.lpr_series import series_of
from kemiao.credit.products.cost import cost
from kemiao.credit.products.fees import fees_due
from kemiao.credit.products.terms import Facts, terms
from kemiao.law.lpr import lpr_on

DAY = date(2024, 7, 1)
SERIES = series_of(LAW).until(DAY)
FACTS = Facts(security_value_fen=10**12, guarantor="g", renews="r", renews_fen=50_000_000, renews_past_due_days=0)


def costed(name, decision, months=12):
    own = product_of(name)
    row = terms(own, FACTS, decision, 50_000_000, months, DAY, lpr_on(LAW, DAY))
    return row, cost(own, row, SERIES)


@pytest.mark.parametrize("name", ["tech_credit", "patent_pledge", "equipment", "receivables_orders", "revolving", "risk_sharing", "renewal"])  # fmt: skip
def test_dues_repay_the_loan_and_the_rates_fit_the_flows(decision, name):
    row, found = costed(name, decision)
    assert sum(due["principal_fen"] for due in found.schedule) == row["amount_fen"]
    assert found.schedule[-1]["balance_fen"] == 0
    assert sum(fen for _, fen in found.flows) == -found.interest_fen - sum(due.amount_fen for due in found.fees)
    worth = [sum(fen / (1 + rate / 1e6) ** ((day - DAY).days / 365) for day, fen in found.flows) for rate in (found.apr_ppm - 1, found.apr_ppm + 1)]  # fmt: skip
    assert worth[0] < 0 < worth[1]  # the present value changes its sign at the rate
    lent, balance, since = 0, row["amount_fen"], DAY
    for due in found.schedule:
        lent, balance, since = lent + balance * (due["due_on"] - since).days, due["balance_fen"], due["due_on"]
    paid = -sum(fen for _, fen in found.flows)
    assert abs(Fraction(paid * 365 * 10**6, lent) - found.simple_ppm) <= Fraction(1, 2)


def test_a_guarantors_fee_makes_the_loan_dearer_than_its_rate_says(decision):
    row, shared = costed("risk_sharing", decision, 18)
    assert [(due.on, due.amount_fen) for due in shared.fees] == [(DAY, 400_000), (date(2025, 7, 1), 200_000)]
    _, alone = costed("tech_credit", decision, 18)
    assert row["rate_ppm"] < 40_000 < alone.apr_ppm < shared.apr_ppm


def test_what_the_bank_bears_is_no_cost_of_the_borrower(decision):
    _, found = costed("patent_pledge", decision)
    assert (found.fees, [due.amount_fen for due in found.bank_fees]) == ((), [250_000])


def test_the_plan_knows_no_lpr_that_is_published_later(decision):
    row, found = costed("tech_credit", decision, 36)  # the LPR falls three weeks later, which nobody knows
    assert row["first_reset_on"] == date(2025, 7, 1)
    own = product_of("tech_credit")
    hindsight = cost(own, row, series_of(LAW))
    assert hindsight.interest_fen < found.interest_fen


def test_yearly_fees_of_a_part_of_a_year_count_begun_months():
    fee = product_of("risk_sharing").fees
    row = {"starts_on": date(2024, 2, 29), "matures_on": date(2025, 3, 2), "amount_fen": 12_000_000}
    assert [(due.on, due.amount_fen) for due in fees_due(fee, row)] == [(date(2024, 2, 29), 96_000), (date(2025, 2, 28), 8_000)]  # fmt: skip
