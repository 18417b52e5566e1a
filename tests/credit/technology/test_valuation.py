"""Valuation to the fen: the vectors of the standards' formulae, and what stands in the way of a pledge."""

from __future__ import annotations

import tomllib
from datetime import date
from fractions import Fraction
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.refusal import Refusal
from kemiao.base.tables import read_all_packaged
from kemiao.credit.technology.patent_value import PatentRules, patent_rules
from kemiao.credit.technology.valuation import (
    Asked,
    ValuationRules,
    cost_value_fen,
    income_value,
    market_value_fen,
    portfolio_pledge_fen,
    projected_fen,
    valuation_rules,
    value_patent,
)
from kemiao.facts.tables import INTELLECTUAL_PROPERTY
from kemiao.law.patent_term import patent_terms

DAY = date(2024, 7, 1)
POLICY = tomllib.loads(files("kemiao.bank.default_policy").joinpath("patent_value.toml").read_text("utf-8"))
ASKED = Asked(DAY, 12, 100_000)


@pytest.fixture(scope="module")
def rules() -> tuple[PatentRules, ValuationRules]:
    terms = patent_terms(read_all_packaged("kemiao.law.tables"), DAY)
    assert not isinstance(terms, Refusal)
    index, money = patent_rules(POLICY, terms[0]), valuation_rules(POLICY)
    assert not isinstance(index, Refusal) and not isinstance(money, Refusal)
    return index, money


def patent(**known: object) -> dict[str, object]:
    """An invention filed four years ago, of which nothing else is known."""
    blank = {column.name: None for column in INTELLECTUAL_PROPERTY.columns}
    return blank | {"kind": "invention", "status": "in_force", "filed_on": date(2020, 7, 1)} | known


def test_vectors_of_the_formulae() -> None:
    assert cost_value_fen(120_000_000, 30_000_000, 150_000, 250_000) == 129_375_000
    royalty = income_value([200_000_000, 300_000_000, 350_000_000, 300_000_000, 200_000_000], 30_000, 200_000)
    assert royalty.parts_fen == (5_000_000, 6_250_000, 6_076_389, 4_340_278, 2_411_265)
    assert royalty.value_fen == 24_077_932
    profit = income_value([40_000_000, 60_000_000, 70_000_000, 60_000_000, 40_000_000], 250_000, 200_000)
    assert profit.parts_fen == (8_333_333, 10_416_667, 10_127_315, 7_233_796, 4_018_776)
    assert profit.value_fen == 40_129_887
    assert market_value_fen(100_000_000, [1_050_000, 900_000, 1_100_000, 950_000]) == 98_752_500


@given(st.lists(st.integers(0, 10**13), max_size=20), st.integers(0, 10**6), st.integers(0, 10**6))
def test_each_years_part_is_the_exact_one_to_half_a_fen(amounts: list[int], share: int, rate: int) -> None:
    for year, (amount, part) in enumerate(zip(amounts, income_value(amounts, share, rate).parts_fen, strict=True), 1):
        exact = Fraction(amount * share, 10**6) / (1 + Fraction(rate, 10**6)) ** year
        assert abs(part - exact) <= Fraction(1, 2)


@given(st.integers(0, 10**13), st.integers(0, 300))
def test_income_falls_year_by_year_and_the_last_year_counts_its_months(income: int, months: int) -> None:
    amounts = projected_fen(income, months, 150_000)
    assert len(amounts) == -(-months // 12)
    assert all(later <= sooner for sooner, later in pairwise(amounts))


def test_the_lowest_of_the_methods_that_apply_is_lent_against(rules: tuple[PatentRules, ValuationRules]) -> None:
    known = patent(direct_cost_fen=100_000_000, indirect_cost_fen=20_000_000, product_income_fen=500_000_000, economic_until=date(2030, 7, 1), fees_paid_until=date(2025, 1, 1), disputed=False, pledged=False)  # fmt: skip
    valued = value_patent(known, 70_000, *rules, ASKED)
    values = {method.name: method.value_fen for method in valued.methods}
    assert valued.life_months == 72
    # cost: 48 of 120 months are over; royalty: 4.25, 3.6125, … million at 3 %, 20 %
    assert values["cost"] == cost_value_fen(100_000_000, 20_000_000, 150_000, 400_000) == 82_800_000
    assert values["royalty"] == income_value(projected_fen(500_000_000, 72, 150_000), 30_000, 200_000).value_fen
    assert values["market"] is None
    assert valued.lending_fen == min(value for value in values.values() if value is not None)
    assert valued.blocks == () and valued.to_check == ()
    assert valued.pledge_fen == (valued.lending_fen * 3 + 5) // 10
    assert portfolio_pledge_fen([valued, valued], rules[1]) == 2 * valued.pledge_fen


def test_what_is_not_known_is_named_and_never_taken_as_nothing(rules: tuple[PatentRules, ValuationRules]) -> None:
    valued = value_patent(patent(), None, *rules, ASKED)
    lacking = {method.name: method.lacking for method in valued.methods}
    assert lacking["cost"] == ("direct_cost_fen", "indirect_cost_fen") and lacking["royalty"] == ("product_income_fen",)
    assert valued.lending_fen is None and valued.blocks == ("no_value",)
    assert valued.to_check == ("disputed", "fees_unpaid", "pledged")
    assumed = value_patent(patent(product_income_fen=10_000_000), 70_000, *rules, Asked(DAY, 12, None))
    loss = value_patent(patent(product_income_fen=10_000_000), 70_000, *rules, Asked(DAY, 12, -1))
    assert loss.methods[2].lacking == ("net_profit_above_zero",) and loss.lending_fen == loss.methods[1].value_fen
    royalty, profit = assumed.methods[1], assumed.methods[2]
    assert royalty.assumed == ("economic_until", "income_decay_ppm") and profit.lacking == ("net_margin_ppm",)


@pytest.mark.parametrize(
    ("known", "block"),
    [
        ({"status": "lapsed"}, "terminated"),
        ({"filed_on": date(2004, 7, 1)}, "terminated"),
        ({"status": "pending"}, "not_granted"),
        ({"disputed": True}, "disputed"),
        ({"fees_paid_until": date(2024, 6, 30)}, "fees_unpaid"),
        ({"pledged": True}, "pledged"),
        ({"filed_on": date(2005, 6, 30)}, "shorter_than_loan"),
        ({"kind": "design"}, "kind_not_taken"),
    ],
)
def test_a_block_stops_the_pledge(rules: tuple[PatentRules, ValuationRules], known: dict[str, object], block: str) -> None:  # fmt: skip
    sound = {"product_income_fen": 500_000_000, "economic_until": date(2030, 7, 1)}
    valued = value_patent(patent(**(sound | known)), 70_000, *rules, ASKED)
    assert block in valued.blocks and valued.pledge_fen == 0
    assert portfolio_pledge_fen([valued], rules[1]) == 0


def test_the_index_floor_and_the_last_days_of_a_right(rules: tuple[PatentRules, ValuationRules]) -> None:
    sound = patent(product_income_fen=500_000_000)
    assert "index_below_floor" in value_patent(sound, 59_999, *rules, ASKED).blocks
    assert value_patent(sound, 60_000, *rules, ASKED).blocks == ()
    year_left = sound | {"filed_on": date(2005, 7, 1), "economic_until": date(2040, 1, 1)}
    assert value_patent(year_left, 60_000, *rules, ASKED).blocks == ()  # twelve months, a loan of twelve
    last_day = sound | {"filed_on": date(2004, 7, 2), "economic_until": date(2040, 1, 1)}
    assert "terminated" not in value_patent(last_day, 60_000, *rules, ASKED).blocks


def test_rates_of_the_default_policy(rules: tuple[PatentRules, ValuationRules]) -> None:
    index, money = rules
    assert money.discount_ppm == 200_000 and money.loan_to_value_ppm["invention"] == 300_000
    assert index.terms_years == {"invention": 20, "utility_model": 10, "design": 15}
    assert isinstance(valuation_rules({}), Refusal)
