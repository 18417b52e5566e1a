from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kemiao.law.working_capital import RULE, working_capital
from law.judging import MILLION, judge, judge_one, refuses, table
from law.naive import new_loan

ITEMS = ("inventory", "receivable", "payable", "prepayment", "advance")


def balances(**pairs):
    return {f"{name}_{end}_fen": round(value * MILLION) for name, pair in pairs.items() for end, value in zip(("opening", "closing"), pair, strict=True)}  # fmt: skip


WC1 = {
    "revenue_fen": 30 * MILLION, "cost_of_sales_fen": 21 * MILLION, "sales_profit_rate_ppm": 100_000, "revenue_growth_ppm": 200_000,
    **balances(inventory=(3, 4), receivable=(5, 7), payable=(2.5, 3.5), prepayment=(0.6, 0.8), advance=(1, 1.4)),
    "own_funds_fen": 3 * MILLION, "existing_loans_fen": 2 * MILLION, "other_sources_fen": MILLION // 2,
}  # fmt: skip


def test_vector_wc1(law):
    answer = judge_one(law, "working_capital", **WC1)
    days = {name: answer[f"{name}_days_ppm"] for name in ITEMS}
    assert days == {"inventory": 60_000_000, "receivable": 72_000_000, "payable": 51_428_571, "prepayment": 12_000_000, "advance": 14_400_000}  # fmt: skip
    assert (answer["cycle_days_ppm"], answer["turns_ppm"]) == (78_171_429, 4_605_263)
    assert (answer["need_fen"], answer["new_loan_fen"], answer["manual_review"]) == (703_542_857, 153_542_857, False)


def test_the_profit_stands_in_for_the_profit_rate(law):
    by_profit = WC1 | {"sales_profit_rate_ppm": None, "net_profit_fen": 3 * MILLION}
    assert judge_one(law, "working_capital", **by_profit) == judge_one(law, "working_capital", **WC1)


@pytest.mark.parametrize("payable", [(100, 100), (9.56, 9.68)])
def test_a_negative_cash_cycle_gives_what_the_bank_chose_and_a_review(law, payable):
    cells = WC1 | balances(payable=payable) | {"own_funds_fen": None, "revenue_growth_ppm": None}
    answer = working_capital(table("working_capital", [cells]), law, date(2025, 1, 1), negative_cycle_loan_fen=7)
    row = answer.to_pylist()[0]
    assert (row["new_loan_fen"], row["need_fen"], row["manual_review"], row["missing"]) == (7, 7, True, [])
    assert row["turns_ppm"] is None


def test_a_cash_cycle_of_exactly_nothing_is_reviewed_and_the_smallest_above_it_is_not(law):
    flat = WC1 | balances(inventory=(2, 2), receivable=(1, 1), payable=(2, 2), prepayment=(0, 0), advance=(1, 1))
    zero, least = judge(law, "working_capital", [flat, flat | {"inventory_opening_fen": 2 * MILLION + 1}])
    assert (zero["cycle_days_ppm"], zero["manual_review"]) == (0, True)
    assert least["manual_review"] is False


def test_funds_beyond_the_need_show_as_a_loan_below_zero(law):
    assert judge_one(law, "working_capital", **WC1 | {"own_funds_fen": 10 * MILLION})["new_loan_fen"] == -546_457_143


def test_the_need_is_said_where_only_the_sources_are_unknown(law):
    answer = judge_one(law, "working_capital", **WC1 | {"existing_loans_fen": None})
    assert (answer["need_fen"], answer["new_loan_fen"], answer["missing"]) == (
        703_542_857,
        None,
        ["existing_loans_fen"],
    )


def test_a_service_company_without_stock_has_no_days_of_it(law):
    cells = WC1 | {"cost_of_sales_fen": 0} | balances(inventory=(0, 0), payable=(0, 0), prepayment=(0, 0))
    answer = judge_one(law, "working_capital", **cells)
    assert (answer["inventory_days_ppm"], answer["cycle_days_ppm"]) == (0, 57_600_000)


def test_balances_against_nothing_are_refused(law):
    rows = judge(
        law,
        "working_capital",
        [WC1 | {"cost_of_sales_fen": 0}, WC1 | {"revenue_fen": 0}, WC1 | {"cost_of_sales_fen": 1}],
    )
    assert [row["refused"] for row in rows] == ["NOTHING_TURNS_OVER", "NOTHING_TURNS_OVER", "RESULT_TOO_LARGE"]


def test_the_formula_moved_from_the_measures_of_2010_to_those_of_2024(law):
    assert refuses(law, "working_capital", date(2010, 2, 11), **WC1)
    days = [date(2010, 2, 12), date(2024, 6, 30), date(2024, 7, 1)]
    assert [judge_one(law, "working_capital", on=day, **WC1)["confidence"] for day in days] == ["corroborated", "corroborated", "recalled"]  # fmt: skip


FEN = st.one_of(st.integers(0, 10**11), st.integers(0, 10**13))
FULL = st.fixed_dictionaries(
    {item.name: FEN for item in RULE.inputs if item.kind == "fen" and item.name != "net_profit_fen"}
    | {"revenue_fen": st.integers(10**8, 10**13), "cost_of_sales_fen": st.integers(10**8, 10**13)}
    | {"sales_profit_rate_ppm": st.integers(-(10**6), 10**6), "revenue_growth_ppm": st.integers(-(10**6), 10**6)}
)


@given(st.lists(FULL, min_size=1, max_size=10))
def test_columns_agree_with_the_naive_loop(law, cases):
    rows = judge(law, "working_capital", cases)
    kept = [(row, each) for row, each in zip(rows, cases, strict=True) if row["refused"] is None]
    assume(kept)
    assert [(row["new_loan_fen"], row["manual_review"]) for row, _ in kept] == [new_loan(each) for _, each in kept]
