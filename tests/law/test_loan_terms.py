"""Terms of loans and payment control (RULES 7.2), headings of green loans (13.3): the first day, the last, the days around."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from kemiao.base.refusal import Refusal
from kemiao.law.green_loan import green_headings
from kemiao.law.loan_terms import loan_law
from law.judging import judge, judge_one, refuses

ON = date(2024, 7, 1)
WAN = 10**6


@pytest.mark.parametrize(
    ("kind", "long_cycle", "months", "within", "most"),
    [
        ("working_capital", False, 36, True, 36), ("working_capital", False, 37, False, 36), ("working_capital", True, 60, True, 60), ("working_capital", True, 61, False, 60),
        ("fixed_asset", False, 120, True, 120), ("fixed_asset", None, 121, False, 120),
        ("personal_business", False, 60, True, 60), ("personal_business", False, 61, False, 60), ("personal_business", True, 120, True, 120), ("personal_business", True, 121, False, 120),
        ("personal_consumer", None, 60, True, 60), ("personal_consumer", True, 61, False, 60),
    ],
)  # fmt: skip
def test_a_loan_runs_as_long_as_its_kind_may(law, kind, long_cycle, months, within, most):
    said = judge_one(law, "loan_terms", ON, loan_kind=kind, long_cycle=long_cycle, months=months)
    assert (said["within_term"], said["months_max"]) == (within, most)
    assert said["head_office"] == ((not within) if kind == "fixed_asset" else None)


def test_an_unknown_cycle_matters_only_between_the_two_terms(law):
    said = judge(law, "loan_terms", [{"loan_kind": "working_capital", "months": months} for months in (36, 37, 60, 61)], ON)  # fmt: skip
    assert [row["within_term"] for row in said] == [True, None, None, False]
    assert all("long_cycle" in row["missing"] for row in said)  # the longest is open in each


@pytest.mark.parametrize(
    ("kind", "payment", "named", "entrusted"),
    [
        ("working_capital", 1000 * WAN, True, False), ("working_capital", 1000 * WAN + 1, True, True), ("working_capital", 1000 * WAN + 1, False, False),
        ("working_capital", 1000 * WAN + 1, None, None), ("working_capital", 5, None, False), ("fixed_asset", 1000 * WAN + 1, True, True),
        ("personal_business", 100 * WAN, False, False), ("personal_business", 100 * WAN + 1, False, True), ("personal_business", 5, True, True),
        ("personal_consumer", 50 * WAN, True, False), ("personal_consumer", 50 * WAN + 1, False, True),
    ],
)  # fmt: skip
def test_the_bank_pays_the_named_payee_above_the_threshold(law, kind, payment, named, entrusted):
    said = judge_one(law, "loan_terms", ON, loan_kind=kind, payment_fen=payment, payee_named=named)
    assert (said["entrusted_payment"], said["self_payment"]) == (entrusted, None if entrusted is None else not entrusted)  # fmt: skip


def test_what_working_capital_must_not_be_used_for(law):
    for use in ("dividends", "equity", "fixed_assets", "financial_assets"):
        assert judge_one(law, "loan_terms", ON, loan_kind="working_capital", use=use)["use_prohibited"] is True
        assert judge_one(law, "loan_terms", ON, loan_kind="fixed_asset", use=use)["use_prohibited"] is None


@pytest.mark.parametrize(
    ("size", "line", "inclusive"),
    [("small", 1000 * WAN, True), ("micro", 1000 * WAN + 1, False), ("medium", 1, False), (None, 1000 * WAN + 1, False), (None, 1, None), ("small", None, None)],
)  # fmt: skip
def test_inclusive_loans_are_small_ones_to_small_companies(law, size, line, inclusive):
    assert judge_one(law, "loan_terms", ON, size_class=size, credit_line_fen=line)["inclusive"] is inclusive


def test_internet_loans_for_consumption_are_small_and_short(law):
    def within(line, bullet, months):
        return judge_one(law, "loan_terms", ON, loan_kind="personal_consumer", internet=True, credit_line_fen=line, bullet=bullet, months=months)["internet_within"]  # fmt: skip

    assert [within(20 * WAN, False, 24), within(20 * WAN + 1, False, 6), within(20 * WAN, True, 12), within(20 * WAN, True, 13)] == [True, False, True, False]  # fmt: skip


def test_the_measures_of_2024_are_not_read_into_the_days_before(law):
    assert refuses(law, "loan_terms", date(2024, 6, 30), loan_kind="working_capital")
    assert isinstance(loan_law(law, "working_capital", date(2024, 6, 30)), Refusal)
    found = loan_law(law, "working_capital", ON)
    assert (found.months_max, found.longest_months(True), found.entrusted_above_fen) == (36, 60, 1000 * WAN)
    assert found.confidence == "recalled"


def test_green_headings_are_in_force_from_october_2025(law):
    assert refuses(law, "green_loan", date(2025, 9, 30), heading="G4")
    assert green_headings(law, date(2025, 9, 30)).code == "LAW_NOT_IN_FORCE"
    assert list(green_headings(law, date(2025, 10, 1))) == [f"G{number}" for number in range(1, 10)]
    said = judge(
        law, "green_loan",
        [{"heading": "G4"}, {"heading": "G10"}, {}, {"heading": "G1", "approved_on": date(2025, 9, 30)}],
        date(2025, 10, 1),
    )  # fmt: skip
    assert [(row["green"], row["heading_zh"], row["refused"], row["missing"]) for row in said] == [
        (True, "能源绿色低碳转型", None, []), (None, None, "UNKNOWN_CHOICE", []), (None, None, None, ["heading"]),
        (None, None, "LAW_NOT_IN_FORCE", []),
    ]  # fmt: skip


VALUES = {
    "loan_kind": ["working_capital", "fixed_asset", "personal_business", "personal_consumer"],
    "months": [12, 13, 36, 37, 60, 61, 120, 121], "long_cycle": [False, True],
    "payment_fen": [50 * WAN, 50 * WAN + 1, 100 * WAN, 100 * WAN + 1, 1000 * WAN, 1000 * WAN + 1], "payee_named": [False, True],
    "size_class": ["small", "medium"], "credit_line_fen": [20 * WAN, 20 * WAN + 1, 1000 * WAN, 1000 * WAN + 1], "internet": [False, True], "bullet": [False, True],
}  # fmt: skip


@pytest.mark.parametrize(
    ("output", "reads"),
    [
        ("within_term", ("loan_kind", "months", "long_cycle")), ("months_max", ("loan_kind", "long_cycle")), ("head_office", ("loan_kind", "months")),
        ("entrusted_payment", ("loan_kind", "payment_fen", "payee_named")), ("self_payment", ("loan_kind", "payment_fen", "payee_named")),
        ("inclusive", ("size_class", "credit_line_fen")), ("other_ways", ("loan_kind", "size_class")),
        ("internet_within", ("loan_kind", "internet", "credit_line_fen", "bullet", "months")),
    ],
)  # fmt: skip
def test_the_unknown_is_said_where_every_answer_to_it_says_the_same(law, output, reads):
    whole = [dict(zip(reads, chosen, strict=True)) for chosen in product(*(VALUES[name] for name in reads))]
    full = {tuple(case.values()): row[output] for case, row in zip(whole, judge(law, "loan_terms", whole, ON), strict=True)}  # fmt: skip
    part = [dict(zip(reads, chosen, strict=True)) for chosen in product(*([*VALUES[name], None] if name != "loan_kind" else VALUES[name] for name in reads))]  # fmt: skip
    for case, row in zip(part, judge(law, "loan_terms", part, ON), strict=True):
        filled = product(*(VALUES[name] if case[name] is None else [case[name]] for name in reads))
        answers = {full[chosen] for chosen in filled}
        assert row[output] == (answers.pop() if len(answers) == 1 else None), case
