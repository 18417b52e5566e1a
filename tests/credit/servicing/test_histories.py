"""Any history: money is conserved, lines explain balances, serving in parts or again gives the same, splitting costs a fen at most."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from book import CALENDAR, LPR, RULES, START, a_loan, drawn, loans, messages, served

from kemiao.credit.servicing.serve import serve

pytestmark = pytest.mark.slow

LAST = date(2025, 6, 30)
DAYS = st.integers(0, (LAST - START).days).map(lambda days: START + timedelta(days))
FEN = st.integers(1, 120_000_000)
IN = {"disburse", "opening", "renewed", "accrue", "fee"}
OUT = {"repay", "settle", "recover", "write_off", "renew"}


def money(kind: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"kind": st.just(kind), "value_day": DAYS, **more})


TERMS = st.fixed_dictionaries({
    "repayment": st.sampled_from(["bullet", "interest_first", "equal_principal", "equal_installment", "revolving"]),
    "day_count": st.sampled_from(["A360", "A365", "30E360"]), "rate_ppm": st.sampled_from([0, 36_500, 123_456]),
    "grace_days": st.sampled_from([0, 10]), "early_fee_ppm": st.sampled_from([0, 10_000]), "fee_fen": st.sampled_from([0, 30_000]),
    "rate_kind": st.sampled_from(["fixed", "lpr_1y"]), "spread_ppm": st.just(5_000), "first_reset_on": st.just(date(2024, 4, 5)), "reset_months": st.just(3),
    "allocation": st.sampled_from(["fee,penalty,compound,interest,principal", "principal,interest,compound,penalty,fee"]),
})  # fmt: skip
HAPPENS = st.one_of(
    money("repay", amount_fen=FEN, word=st.sampled_from([None, "next"])), money("repay", amount_fen=st.integers(8_000_000, 9_000_000)),
    money("disburse", amount_fen=FEN), money("fee", amount_fen=st.integers(1, 10_000)), money("refund", amount_fen=st.integers(1, 100)),
    money("extend", day=DAYS), money("rate", rate_ppm=st.integers(0, 200_000)), money("defer", count=st.integers(1, 4)),
    money("divert", share_ppm=st.integers(1, 1_000_000)), money("sell", share_ppm=st.integers(1, 1_000_000), amount_fen=FEN),
    money("buy_back", share_ppm=st.integers(1, 1_000_000), amount_fen=FEN), money("write_off"), money("write_off", amount_fen=FEN),
    money("recover", amount_fen=FEN), money("renew", word=st.just("two"), amount_fen=st.sampled_from([None, 50_000_000, 100_000_000])),
    money("restructure", day=DAYS, rate_ppm=st.sampled_from([None, 20_000]), count=st.sampled_from([None, 3]), amount_fen=st.sampled_from([None, 5_000_000]), share_ppm=st.sampled_from([None, 1_000_000])),
)  # fmt: skip
HISTORY = st.lists(HAPPENS, max_size=12)
some = settings(max_examples=25)


def balances(lines: list[dict[str, Any]], amount: str = "amount_fen") -> dict[str, int]:
    """What lines leave of each component."""
    left = dict.fromkeys(("fee", "penalty", "compound", "interest", "principal", "kept"), 0)
    for line in lines:
        kind, component, fen = line["kind"], line["component"], line[amount]
        if component == "kept":
            left["kept"] += -fen if kind == "refund" else fen
        elif kind == "settle":
            left[component] -= fen
            left["kept"] -= line["amount_fen"]
        elif kind == "restructure":
            left["principal" if component == "forgiven" else component] += fen if component == "principal" else -fen
        elif kind in IN:
            left[component] += fen
        elif kind in OUT and kind != "recover":
            left[component] -= fen
    return left


@some
@given(TERMS, HISTORY)
def test_lines_explain_every_balance_and_no_fen_is_lost(terms, history):
    done = served(a_loan(**terms), [drawn(), *history], LAST)
    state, lines = done.states.to_pylist()[0], done.lines.to_pylist()
    left = balances(lines)
    assert left == {
        "fee": state["fee_fen"], "penalty": state["penalty_fen"], "compound": state["compound_fen"],
        "interest": state["interest_fen"] + state["interest_due_fen"], "principal": state["principal_fen"], "kept": state["kept_fen"],
    }  # fmt: skip
    received = sum(row["amount_fen"] for row in history if row["kind"] in ("repay", "recover"))
    told = {"repay", "recover"}
    assert received == state["received_fen"] == sum(line["amount_fen"] for line in lines if line["kind"] in told)
    assert all(line["amount_fen"] > 0 for line in lines if line["kind"] not in ("reset", "rate", "sell", "buy_back", "accrue"))  # fmt: skip
    assert 0 <= state["principal_due_fen"] <= state["principal_fen"]
    assert min(state["interest_due_fen"], state["penalty_fen"], state["compound_fen"], state["fee_fen"]) >= 0
    assert (state["oldest_due_on"] is None) == (state["principal_due_fen"] + state["interest_due_fen"] == 0)


@some
@given(TERMS, HISTORY)
def test_the_funders_part_closes_to_what_the_balances_say(terms, history):
    done = served(a_loan(**terms), [drawn(), *history], LAST)
    state, lines = done.states.to_pylist()[0], done.lines.to_pylist()
    sold = balances([line for line in lines if line["component"] != "kept"], "sold_fen")
    moved = {"sell": 1, "buy_back": -1}
    for component in ("penalty", "compound", "interest", "principal"):
        shares = sum(moved[line["kind"]] * line["amount_fen"] for line in lines if line["kind"] in moved and line["component"] == component)  # fmt: skip
        owed = {"interest": state["interest_fen"] + state["interest_due_fen"]}.get(
            component, state.get(f"{component}_fen")
        )
        assert sold[component] + shares == (2 * owed * state["sold_ppm"] + 1_000_000) // 2_000_000
    assert state["sold_principal_fen"] == sold["principal"] + sum(
        moved[line["kind"]] * line["amount_fen"] for line in lines if line["kind"] in moved and line["component"] == "principal"
    )  # fmt: skip


@some
@given(TERMS, HISTORY, st.lists(DAYS, max_size=3))
def test_serving_in_parts_is_serving_in_one_go(terms, history, stops):
    loan, told = loans(a_loan(**terms)), messages(drawn(), *history)
    whole = serve(loan, told, LPR, LAST, rules=RULES, calendar=CALENDAR)
    lines, start, since = [], None, date(2000, 1, 1)
    for until in [*sorted(set(stops)), LAST]:
        days = np.array(told["value_day"].to_pylist(), "datetime64[D]")
        here = told.filter(pa.array((days > np.datetime64(since)) & (days <= np.datetime64(until))))
        part = serve(loan, here, LPR, until, start=start, rules=RULES, calendar=CALENDAR)
        lines, start, since = [*lines, *part.lines.to_pylist()], part.carried, until
    assert part.states.equals(whole.states)
    assert part.carried.equals(whole.carried)
    assert lines == whole.lines.to_pylist()


@some
@given(TERMS, HISTORY, st.randoms(use_true_random=False))
def test_what_comes_late_or_is_taken_back_leaves_no_trace(terms, history, random):
    """Messages of different days in any order of coming; and one that never was."""
    by_day = {row["value_day"]: row for row in [*history, drawn()]}
    told = [{**row, "message": f"on {day}"} for day, row in sorted(by_day.items())]
    shuffled = random.sample(told, len(told))
    wrong = {"kind": "repay", "value_day": date(2024, 3, 1), "amount_fen": 777, "message": "wrong"}
    taken_back = {"kind": "reverse", "value_day": date(2024, 3, 1), "word": "wrong", "message": "back"}
    in_time = served(a_loan(**terms), told, LAST)
    late = served(a_loan(**terms), [wrong, *shuffled, taken_back], LAST)
    assert late.states.equals(in_time.states)
    assert late.lines.equals(in_time.lines)


@some
@given(
    TERMS, st.lists(money("repay", amount_fen=FEN, word=st.sampled_from([None, "next"])), max_size=6), st.integers(2, 5)
)
def test_splitting_a_payment_changes_a_fen_at_most(terms, payments, parts):
    split = [
        {**row, "amount_fen": size}
        for row in payments
        for size in [row["amount_fen"] // parts] * (parts - 1) + [row["amount_fen"] - row["amount_fen"] // parts * (parts - 1)]
        if size > 0
    ]  # fmt: skip
    terms = {**terms, "early_fee_ppm": 0}
    one = served(a_loan(**terms), [drawn(), *payments], LAST).states.to_pylist()[0]
    many = served(a_loan(**terms), [drawn(), *split], LAST).states.to_pylist()[0]
    for name in (
        "principal_fen",
        "interest_fen",
        "interest_due_fen",
        "penalty_fen",
        "compound_fen",
        "fee_fen",
        "kept_fen",
    ):
        assert abs(one[name] - many[name]) <= 1, name
