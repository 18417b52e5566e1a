"""Lines become postings that sum to zero, to the fen, whatever the amounts."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from fractions import Fraction
from importlib.resources import files

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.refusal import Refusal
from kemiao.credit.books.chart import Chart, chart_of
from kemiao.credit.books.columns import POSTINGS
from kemiao.credit.books.correct import corrections
from kemiao.credit.books.post import Posted, post
from kemiao.credit.servicing.columns import LINES

DAY = date(2024, 7, 1)
POLICY = tomllib.loads(files("kemiao.bank.default_policy").joinpath("accounts.toml").read_text("utf-8"))
_read = chart_of(POLICY)
assert isinstance(_read, Chart), _read
CHART = _read
LOANS = pa.table({"loan": ["a", "b", "c"], "company": ["uscc:2", "uscc:1", "uscc:2"], "vat_ppm": [60_000, 60_000, 0]})


def lines(*rows: tuple) -> pa.Table:
    """loan, kind, component, amount, and as wanted: sold, off balance, message, value day."""
    names = ("loan", "kind", "component", "amount_fen", "sold_fen", "off_balance", "message", "value_day")
    rest = (0, False, None, DAY)
    full = [dict(zip(names, (*row, *rest[len(row) - 4 :]), strict=True)) for row in rows]
    return pa.Table.from_pylist(full, LINES)


def posted(table: pa.Table, taxed: tuple[int, ...] = (0, 0, 0), day: date = DAY) -> Posted:
    made = post(CHART, table, LOANS, np.array(taxed, np.int64), day)
    assert isinstance(made, Posted), made
    return made


def balances(*tables: pa.Table) -> dict[str, int]:
    found: dict[str, int] = {}
    for table in tables:
        for row in table.to_pylist():
            found[row["account"]] = found.get(row["account"], 0) + row["amount_fen"]
    return {name: fen for name, fen in found.items() if fen}


def voucher_sums(table: pa.Table) -> set[int]:
    sums = table.group_by(["voucher"]).aggregate([("amount_fen", "sum")])
    return set(sums["amount_fen_sum"].to_pylist())


def test_a_loan_is_paid_out_accrues_and_is_paid_back():
    made = posted(lines(("a", "disburse", "principal", 100_000), ("a", "accrue", "interest", 1_060), ("a", "repay", "interest", 1_060), ("a", "repay", "principal", 100_000)))  # fmt: skip
    assert balances(made.postings) == {"settlement": 1_060, "interest_income": -1_000, "output_vat": -60}
    assert made.postings.schema == POSTINGS
    assert made.vouchers == 4 and made.taxed_fen.tolist() == [1_060, 0, 0]


def test_a_funders_part_stays_off_our_balance_sheet():
    made = posted(lines(("a", "accrue", "interest", 1_000, 400), ("a", "repay", "interest", 1_000, 400)))
    assert balances(made.postings) == {"settlement": 1_000, "funders_payable": -400, "interest_income": -566, "output_vat": -34}  # fmt: skip


def test_what_is_suspended_leaves_income_and_tax_and_comes_back_when_it_is_paid():
    made = posted(lines(("a", "accrue", "interest", 1_060), ("a", "suspend", "interest", 1_060)))
    assert balances(made.postings) == {"memo_interest": 1_060, "memo_contra": -1_060}
    paid = posted(lines(("a", "repay", "interest", 1_060, 0, True)), tuple(made.taxed_fen))
    assert balances(made.postings, paid.postings) == {"settlement": 1_060, "interest_income": -1_000, "output_vat": -60}


def test_rows_lie_by_company_and_vouchers_are_numbered_in_that_order():
    table = posted(lines(("a", "accrue", "interest", 50), ("b", "accrue", "interest", 50), ("c", "due", "interest", 50), ("c", "accrue", "interest", 50))).postings  # fmt: skip
    assert table["company"].to_pylist() == sorted(table["company"].to_pylist())
    assert table["company"].chunk(0).dictionary.to_pylist() == ["uscc:1", "uscc:2"]
    assert table["voucher"].to_pylist() == [1, 1, 1, 2, 2, 2, 3, 3]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["accrue", "suspend", "resume"]), st.integers(-(10**6), 10**13), st.integers(0, 100)), max_size=12))  # fmt: skip
def test_vat_of_a_life_is_that_of_its_sum_however_it_was_split(rows):
    table = lines(*((loan, kind, "interest", fen, fen * part // 100) for loan, kind, fen, part in rows))
    made = posted(table)
    assert voucher_sums(made.postings) <= {0}
    vat = {"uscc:1": 0, "uscc:2": 0}
    for row in made.postings.to_pylist():
        vat[row["company"]] -= row["amount_fen"] if row["account"] == "output_vat" else 0
    for company, loan in (("uscc:2", "a"), ("uscc:1", "b")):
        taxed = sum((-1 if kind == "suspend" else 1) * (fen - fen * part // 100) for own, kind, fen, part in rows if own == loan)  # fmt: skip
        exact = Fraction(taxed * 6, 106)
        assert abs(vat[company] - exact) <= Fraction(1, 2)


def test_a_line_without_a_rule_is_refused_and_one_of_no_loan_is_a_fault():
    refused = post(CHART, lines(("a", "sing", "interest", 1)), LOANS, np.zeros(3, np.int64), DAY)
    assert isinstance(refused, Refusal) and refused.code == "POSTING_RULE_MISSING"
    with pytest.raises(KeyError):
        posted(lines(("nobody", "accrue", "interest", 1)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"debit": {"principal": "all"}}, "on balance"),
        ({"debit": {"principal": "own", "memo_sold": "own"}, "credit": {"settlement": "own"}}, "off balance"),
        ({"debit": {"nowhere": "own"}}, "no such account"),
        ({"credit": {"settlement": "half"}}, "portion"),
        ({"debits": {}}, "needs kind"),
        ({"debit": {"interest_income": "net", "output_vat": "vat"}, "credit": {"interest_income": "net", "output_vat": "vat"}}, "one side"),
    ],
)  # fmt: skip
def test_a_rule_that_would_not_balance_is_refused_before_anything_is_posted(change, said):
    refused = chart_of({"account": POLICY["account"], "rule": [{"kind": "disburse", "component": "principal", **change}]})  # fmt: skip
    assert isinstance(refused, Refusal) and refused.code == "CHART_BAD" and said in refused.en


def test_a_chart_without_an_account_that_is_needed_or_with_one_twice_is_refused():
    for accounts in (POLICY["account"][1:], [*POLICY["account"], POLICY["account"][0]]):
        refused = chart_of({"account": accounts, "rule": []})
        assert isinstance(refused, Refusal) and refused.code == "CHART_BAD"


def test_a_correction_reverses_what_is_wrong_and_leaves_alone_what_is_right():
    before = posted(lines(("a", "disburse", "principal", 1_000), ("a", "accrue", "interest", 106))).postings
    right = posted(lines(("a", "disburse", "principal", 1_000), ("a", "accrue", "interest", 53))).postings
    later = DAY + timedelta(days=3)
    made, vouchers = corrections(before, right, later)
    assert vouchers == 2 and voucher_sums(made) == {0}
    assert set(made["booked_on"].to_pylist()) == {later} and set(made["value_day"].to_pylist()) == {DAY}
    assert [(row["account"], row["amount_fen"], row["reversal"]) for row in made.to_pylist()] == [
        ("interest_receivable", -106, True), ("interest_income", 100, True), ("output_vat", 6, True),
        ("interest_receivable", 53, False), ("interest_income", -50, False), ("output_vat", -3, False),
    ]  # fmt: skip
    assert balances(before, made) == balances(right)
    again, none = corrections(pa.concat_tables([before, made]), right, later)
    assert (again.num_rows, none) == (0, 0)


_KINDS = st.sampled_from([("disburse", "principal"), ("accrue", "interest"), ("accrue", "penalty"), ("repay", "interest"), ("suspend", "interest")])  # fmt: skip
_HISTORY = st.lists(st.tuples(st.sampled_from("abc"), _KINDS, st.integers(0, 10**6), st.integers(0, 2)), max_size=10)


@settings(max_examples=25)
@given(_HISTORY, _HISTORY, _HISTORY)
def test_however_often_a_history_is_corrected_the_balances_are_those_of_the_right_one(first, second, third):
    def whole(history):
        return posted(lines(*((loan, *kind, fen, 0, False, f"m{day}" if kind[0] == "repay" else None, DAY - timedelta(days=day)) for loan, kind, fen, day in history))).postings  # fmt: skip

    standing = whole(first)
    for history in (second, third):
        made, _ = corrections(standing, whole(history), DAY)
        assert voucher_sums(made) <= {0}
        standing = pa.concat_tables([standing, made])
        assert balances(standing) == balances(whole(history))
