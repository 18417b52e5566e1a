"""Whatever happens to loans, the ledger says of each what servicing says, and balances after every day."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from credit.books.test_post import CHART
from kemiao.credit.books.correct import corrections
from kemiao.credit.books.post import Posted, post
from kemiao.credit.books.reconcile import differences
from kemiao.credit.contracts.calendars import china
from kemiao.credit.contracts.lpr_series import LprSeries
from kemiao.credit.servicing.columns import INTEREST_FIRST, LOANS, MESSAGES
from kemiao.credit.servicing.serve import ServicingRules, serve

START = date(2024, 1, 31)
LPR = LprSeries(np.array([19_000, 19_800], np.int64), np.array([34_500, 33_500], np.int64), np.array([39_500, 38_500], np.int64), date(2024, 12, 31))  # fmt: skip
GROUNDS: dict[str, Any] = {"rules": ServicingRules(30), "calendar": china(2023, 2026)}


def a_loan(own: str, **changed: Any) -> dict[str, Any]:
    return {
        "loan": own, "company": f"uscc:{own}", "origin": "signed", "repayment": "equal_installment", "amount_fen": 10**8, "signed_on": START, "starts_on": START,
        "matures_on": date(2024, 12, 31), "first_due_on": date(2024, 2, 29), "every_months": 1, "month_end": True, "business_day": "following",
        "day_count": "A360", "rate_ppm": 45_000, "rate_kind": "fixed", "spread_ppm": 0, "reset_months": 0, "overdue_markup_ppm": 500_000,
        "diverted_markup_ppm": 1_000_000, "compound": True, "grace_days": 0, "allocation": INTEREST_FIRST, "early_fee_ppm": 5_000, "fee_fen": 12_345,
        "vat_ppm": 60_000, "entrusted": False, **changed,
    }  # fmt: skip


BOOK = pa.Table.from_pylist(
    [
        a_loan("a"),
        a_loan("b", repayment="interest_first", rate_kind="lpr_1y", spread_ppm=10_000, first_reset_on=date(2024, 3, 31), reset_months=3),
        a_loan("c", repayment="revolving", vat_ppm=0),
    ],
    LOANS,
)  # fmt: skip


def told(*rows: tuple[str, str, int, dict[str, Any]]) -> pa.Table:
    """loan, kind, day after the start, the rest."""
    full = [
        {"message": f"m{number}", "loan": loan, "kind": kind, "value_day": START + timedelta(day), "seq": number, "received_on": START + timedelta(day), **rest}
        for number, (loan, kind, day, rest) in enumerate(rows)
    ]  # fmt: skip
    return pa.Table.from_pylist(full, MESSAGES)


def posted(lines: pa.Table, taxed: np.ndarray, day: date) -> Posted:
    made = post(CHART, lines, BOOK, taxed, day)
    assert isinstance(made, Posted), made
    return made


def ledger(*tables: pa.Table) -> dict[str, np.ndarray]:
    place = {loan: number for number, loan in enumerate(BOOK["loan"].to_pylist())}
    found: dict[str, np.ndarray] = {}
    for table in tables:
        for loan, account, fen in zip(table["loan"].to_pylist(), table["account"].to_pylist(), table["amount_fen"].to_pylist(), strict=True):  # fmt: skip
            found.setdefault(account, np.zeros(BOOK.num_rows, np.int64))[place[loan]] += fen
    return found


def whole(messages: pa.Table, until: date) -> tuple[pa.Table, pa.Table]:
    """States and postings, served in one go."""
    made = serve(BOOK, messages.filter(pa.array([day <= until for day in messages["value_day"].to_pylist()], pa.bool_())), LPR, until, **GROUNDS)  # fmt: skip
    return made.states, posted(made.lines, np.zeros(3, np.int64), until).postings


def day_by_day(messages: pa.Table, until: date, step: int) -> list[pa.Table]:
    """Postings of days that are closed one after another, so many at once."""
    parts, carried, taxed, day = [], None, np.zeros(3, np.int64), START - timedelta(1)
    value_days = messages["value_day"].to_pylist()
    while day < until:
        after, day = day, min(day + timedelta(step), until)
        here = messages.filter(pa.array([after < value <= day for value in value_days], pa.bool_()))
        made = serve(BOOK, here, LPR, day, start=carried, **GROUNDS)
        carried, done = made.carried, posted(made.lines, taxed, day)
        taxed = done.taxed_fen
        parts.append(done.postings)
    return parts


OPENED = {"word": json.dumps({"interest_fen": 777, "interest_due_fen": 300, "penalty_fen": 50, "compound_fen": 20, "principal_due_fen": 5_000, "oldest_due_on": "2024-01-15"})}  # fmt: skip
LIVES = {
    "paid out, drawn, repaid early, too much, refunded": told(
        ("a", "disburse", 0, {"amount_fen": 10**8}), ("c", "disburse", 3, {"amount_fen": 5_000_000}), ("a", "repay", 29, {"amount_fen": 8_600_000}),
        ("c", "repay", 35, {"amount_fen": 2_000_000}), ("a", "repay", 40, {"amount_fen": 200_000_000}), ("a", "refund", 41, {"amount_fen": 1_000}),
    ),
    "late until non-accrual, then paid": told(
        ("a", "disburse", 0, {"amount_fen": 10**8}), ("b", "disburse", 0, {"amount_fen": 33_333_333}), ("a", "repay", 80, {"amount_fen": 9_000_000}),
        ("a", "repay", 100, {"amount_fen": 60_000_000}), ("b", "repay", 90, {"amount_fen": 1_000_000, "word": "next"}),
    ),
    "a part is sold, paid, bought back": told(
        ("b", "disburse", 0, {"amount_fen": 77_777_777}), ("b", "sell", 10, {"share_ppm": 333_333, "amount_fen": 26_000_000}), ("b", "repay", 29, {"amount_fen": 500_000}),
        ("b", "sell", 70, {"share_ppm": 333_333, "amount_fen": 20_000_000}), ("b", "repay", 95, {"amount_fen": 50_000_001}), ("b", "buy_back", 99, {"share_ppm": 500_000, "amount_fen": 9}),
    ),
    "written off in part, then whole, recovered": told(
        ("a", "disburse", 0, {"amount_fen": 10**8}), ("a", "sell", 5, {"share_ppm": 250_001, "amount_fen": 25_000_000}), ("a", "write_off", 60, {"amount_fen": 1_000_001}),
        ("a", "write_off", 90, {}), ("a", "recover", 95, {"amount_fen": 500_003}), ("a", "recover", 98, {"amount_fen": 300_000_000}), ("a", "refund", 99, {"amount_fen": 7}),
    ),
    "restructured while suspended, forgiven": told(
        ("a", "disburse", 0, {"amount_fen": 10**8}), ("a", "sell", 8, {"share_ppm": 100_000, "amount_fen": 9_000_000}),
        ("a", "restructure", 88, {"amount_fen": 123_457, "rate_ppm": 30_000, "share_ppm": 1_000_000, "day": date(2025, 6, 30)}),
        ("c", "disburse", 1, {"amount_fen": 1_000_000}), ("c", "restructure", 45, {"count": 3}),
    ),
    "renewed without repayment": told(
        ("b", "disburse", 0, {"amount_fen": 40_000_000}), ("b", "renew", 50, {"word": "c"}), ("c", "renewed", 50, {"word": "b", "amount_fen": 40_000_000}),
        ("b", "repay", 55, {"amount_fen": 1_000_000}),
    ),
    "brought in, extended, diverted, deferred, another rate": told(
        ("a", "opening", 0, {"amount_fen": 60_000_000, **OPENED}), ("a", "divert", 20, {"share_ppm": 500_000}), ("b", "disburse", 0, {"amount_fen": 10_000_000}),
        ("b", "extend", 30, {"day": date(2025, 3, 31)}), ("b", "rate", 33, {"rate_ppm": 61_000}), ("a", "defer", 35, {"count": 2}), ("b", "fee", 36, {"amount_fen": 999}),
    ),
    "a payment that never was": told(
        ("a", "disburse", 0, {"amount_fen": 10**8}), ("a", "repay", 29, {"amount_fen": 9_000_000}), ("a", "reverse", 50, {"word": "m1"}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("days", [29, 60, 104, 400])
def test_the_ledger_says_what_servicing_says(life, days):
    messages = LIVES[life]
    states, postings = whole(messages, START + timedelta(days))
    sums = postings.group_by(["voucher"]).aggregate([("amount_fen", "sum")])["amount_fen_sum"].to_pylist()
    assert set(sums) <= {0}
    assert differences(states, ledger(postings)) == []


@pytest.mark.parametrize("life", [life for life in LIVES if life != "a payment that never was"])
def test_closed_day_by_day_the_ledger_is_the_same_to_the_fen(life):
    until = START + timedelta(104)
    together = ledger(whole(LIVES[life], until)[1])
    apart = ledger(*day_by_day(LIVES[life], until, 1))
    assert {name: fen.tolist() for name, fen in apart.items() if fen.any()} == {name: fen.tolist() for name, fen in together.items() if fen.any()}  # fmt: skip


_KINDS = {
    "disburse": {"amount_fen": True}, "repay": {"amount_fen": True}, "sell": {"amount_fen": True, "share_ppm": True}, "buy_back": {"amount_fen": True, "share_ppm": True},
    "write_off": {}, "recover": {"amount_fen": True}, "refund": {"amount_fen": True}, "restructure": {}, "fee": {"amount_fen": True}, "renew": {}, "defer": {"count": True},
}  # fmt: skip


@st.composite
def histories(draw):
    rows: list[tuple[str, str, int, dict[str, Any]]] = [
        (loan, "disburse", 0, {"amount_fen": draw(st.integers(1, 10**8))}) for loan in "abc"
    ]
    for _ in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(sorted(_KINDS)))
        sizes = {
            "amount_fen": st.integers(1, 10**8),
            "share_ppm": st.integers(1, 1_000_000),
            "count": st.integers(1, 3),
        }
        rows.append((draw(st.sampled_from("abc")), kind, draw(st.integers(0, 120)), {name: draw(sizes[name]) for name in _KINDS[kind]}))  # fmt: skip
    return told(*sorted(rows, key=lambda row: row[2]))


@pytest.mark.slow
@settings(max_examples=15)
@given(histories(), st.integers(0, 150), st.integers(1, 60))
@example(LIVES["a part is sold, paid, bought back"], 120, 7)
def test_in_any_history_the_ledger_balances_and_follows_servicing(messages, days, step):
    until = START + timedelta(days)
    states, postings = whole(messages, until)
    assert differences(states, ledger(postings)) == []
    apart = day_by_day(messages, until, step)
    assert differences(states, ledger(*apart)) == []
    for part in apart:
        assert sum(part["amount_fen"].to_pylist()) == 0


@pytest.mark.slow
@settings(max_examples=10)
@given(histories(), st.integers(3, 10), st.integers(40, 100))
def test_what_comes_late_ends_where_it_would_have_in_time(messages, held_back, closed):
    """The last messages are heard of only after some days were closed."""
    until, first = START + timedelta(120), START + timedelta(closed)
    early = messages.slice(0, min(held_back, messages.num_rows))
    before = whole(early, first)[1]
    states, right = whole(messages, until)
    made, _ = corrections(before, right, until)
    assert differences(states, ledger(before, made)) == []
    assert {name: fen.tolist() for name, fen in ledger(before, made).items() if fen.any()} == {name: fen.tolist() for name, fen in ledger(right).items() if fen.any()}  # fmt: skip
