"""Limits: the columns agree with a loop over rows; an unknown never counts as nothing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import floor
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.columns import Ints
from kemiao.base.money import FEN_MAX
from kemiao.credit.limit import CEILINGS, DEBTS, INPUTS, LimitPolicy, limit
from little_bank import policy_on

POLICY = LimitPolicy.of(policy_on()["limits"])
NAMES = sorted({name for names in INPUTS.values() for name in names} | set(DEBTS))
SIGNED = ("net_profit_fen",)
GRADES = [*POLICY.grade_max_fen, None]


def share(amount: int, ppm: int) -> int:
    return floor(Fraction(amount * ppm, 10**6) + Fraction(1, 2))


def naive(row: dict[str, int | None], need: int | None, grade: str | None, policy: LimitPolicy) -> dict[str, Any]:
    """One company at a time, in Python integers."""
    debts = sum(row[name] or 0 for name in DEBTS)
    revenue, profit, research = row["revenue_fen"], row["net_profit_fen"], row["rd_expense_fen"]
    sold, bought = row["revenue_12m_fen"], row["purchases_12m_fen"]
    wanted = need if need is not None else None if revenue is None else share(revenue, policy.turnover_share_ppm)
    if profit is not None:
        yearly = profit + (0 if research is None else share(research, policy.research_postponable_ppm))
    elif sold is not None and bought is not None:
        yearly = share(max(sold - bought, 0), policy.margin_kept_ppm)
    else:
        yearly = None
    ceilings = {
        "need": None if wanted is None else wanted - debts,
        "repayment": None if yearly is None else yearly * policy.repayment_years - debts,
        "exposure": None if revenue is None else share(revenue, policy.debt_to_turnover_ppm) - debts,
        "grade": None if revenue is None or grade is None else min(share(revenue, policy.grade_share_ppm[grade]), policy.grade_max_fen[grade]),
        "product": policy.max_fen,
    }  # fmt: skip
    known = {name: value for name, value in ceilings.items() if value is not None}
    told = wanted is not None
    binding = min(known, key=lambda name: (known[name], CEILINGS.index(name))) if told else None
    return {
        "ceilings": ceilings,
        "binding": binding,
        "limit": max(known[binding], 0) // policy.step_fen * policy.step_fen if binding else 0,
        "need_by": "formula" if need is not None else "turnover" if told else None,
        "debts_unknown": any(row[name] is None for name in DEBTS),
    }


def columns(rows, needs, grades, policy=POLICY) -> list[dict[str, Any]]:
    table = pa.table({name: pa.array([row[name] for row in rows], pa.int64()) for name in NAMES})
    got = limit(table, Ints.of(pa.array(needs, pa.int64())), grades, policy)
    ceilings = {name: column.arrow().to_pylist() for name, column in got.ceilings.items()}
    return [
        {
            "ceilings": {name: ceilings[name][at] for name in CEILINGS},
            "binding": CEILINGS[got.binding[at]] if got.binding[at] >= 0 else None,
            "limit": int(got.limit[at]),
            "need_by": got.need_by[at].as_py(),
            "debts_unknown": bool(got.debts_unknown[at]),
        }
        for at in range(len(rows))
    ]


FEN = st.integers(0, FEN_MAX) | st.integers(0, 10**9) | st.sampled_from([0, 1, FEN_MAX])
ROW = st.fixed_dictionaries({
    name: (FEN | FEN.map(lambda fen: -fen) if name in SIGNED else FEN) | st.none() for name in NAMES
})  # fmt: skip
CASES = st.lists(st.tuples(ROW, FEN | st.none(), st.sampled_from(GRADES)), min_size=1, max_size=6)


@settings(max_examples=150)
@given(CASES)
def test_limits_agree_with_a_loop_to_the_fen_up_to_the_largest_amounts(cases):
    rows, needs, grades = zip(*cases, strict=True)
    assert columns(rows, needs, grades) == [naive(*case, POLICY) for case in cases]


@settings(max_examples=100)
@given(CASES)
def test_one_company_gets_among_others_what_it_gets_alone(cases):
    rows, needs, grades = zip(*cases, strict=True)
    assert columns(rows, needs, grades) == [columns([row], [need], [grade])[0] for row, need, grade in cases]


KNOWN = {"revenue_fen": 5 * 10**9, "net_profit_fen": 4 * 10**8, "rd_expense_fen": 10**8, "revenue_12m_fen": 5 * 10**9, "purchases_12m_fen": 3 * 10**9, "own_loan_balance_fen": 2 * 10**7, "external_loan_balance_fen": 3 * 10**7}  # fmt: skip


def test_every_input_is_tried():
    assert sorted(KNOWN) == NAMES


def fell_silent(name: str, need: int | None = 3 * 10**8) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The answer as it is, with the input unknown, and with the input zero."""
    rows = [KNOWN, {**KNOWN, name: None}, {**KNOWN, name: 0}]
    return tuple(columns(rows, [need] * 3, ["A"] * 3))  # type: ignore[return-value]


def moved(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in after["ceilings"].items() if value != before["ceilings"][name]}


def test_unknown_turnover_makes_ceilings_unknown_not_zero():
    whole, unknown, zero = fell_silent("revenue_fen")
    assert moved(whole, unknown) == {"exposure": None, "grade": None}
    assert zero["ceilings"]["grade"] == 0
    _, without_formula, _ = fell_silent("revenue_fen", need=None)
    assert (without_formula["ceilings"]["need"], without_formula["limit"], without_formula["binding"]) == (None, 0, None)  # fmt: skip


def test_unknown_profit_is_replaced_by_the_kept_part_of_the_margin_and_both_unknown_by_nothing():
    whole, unknown, _ = fell_silent("net_profit_fen")
    assert moved(whole, unknown) == {"repayment": (5 - 3) * 10**9 * 300_000 // 10**6 * 3 - 5 * 10**7}
    for name in ("revenue_12m_fen", "purchases_12m_fen"):
        row = {**KNOWN, "net_profit_fen": None, name: None}
        assert columns([row], [None], ["A"])[0]["ceilings"]["repayment"] is None


def test_unknown_research_can_only_lower_what_repays():
    whole, unknown, zero = fell_silent("rd_expense_fen")
    assert moved(whole, unknown) == moved(whole, zero) == {"repayment": whole["ceilings"]["repayment"] - 10**8 // 2 * 3}
    assert unknown["ceilings"]["repayment"] < whole["ceilings"]["repayment"]


@pytest.mark.parametrize("name", DEBTS)
def test_unknown_debts_are_said_to_be_unknown_and_come_off_later(name):
    whole, unknown, zero = fell_silent(name)
    assert moved(whole, unknown) == {
        each: whole["ceilings"][each] + KNOWN[name] for each in ("need", "repayment", "exposure")
    }
    assert (whole["debts_unknown"], unknown["debts_unknown"], zero["debts_unknown"]) == (False, True, False)


@pytest.mark.parametrize("name", ["revenue_12m_fen", "purchases_12m_fen"])
def test_the_trading_margin_is_not_asked_where_a_profit_is_known(name):
    whole, unknown, zero = fell_silent(name)
    assert unknown == whole == zero


def test_a_limit_is_whole_steps_and_never_below_zero():
    policy = replace(POLICY, step_fen=7)
    rows = [KNOWN, {**KNOWN, "net_profit_fen": -(10**9), "rd_expense_fen": 0}]
    steps = [case["limit"] for case in columns(rows, [10**8 + 1] * 2, ["AAA"] * 2, policy)]
    assert steps == [(10**8 + 1 - 5 * 10**7) // 7 * 7, 0]
