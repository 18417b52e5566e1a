from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.refusal import Refusal
from kemiao.credit.matching.book import Book, broken, covered_fen
from kemiao.credit.matching.lottery import lots
from kemiao.credit.matching.market import ALL, Market
from kemiao.credit.matching.options import book
from kemiao.credit.matching.ranks import sort_parts
from kemiao.twin.population.market import drawn

from .market_rules import odd_market, packaged_churn, packaged_rules
from .naive_options import naive_options

RULES = replace(packaged_rules(), reserved="first_time", reserve_ppm=200_000, floors=(("first_time", 100_000),))


def made(market: Market, rules=RULES, churn=None) -> Book:
    found = book(market, rules, churn)
    assert isinstance(found, Book)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_the_book_is_what_the_page_of_formulas_says(seed):
    market, churn = odd_market(seed), packaged_churn() if seed % 2 else None
    found, expected = made(market, RULES, churn), naive_options(market, RULES, churn)
    columns = {
        "request": found.request, "mandate": found.mandate, "cover": found.cover, "rate": found.rate_ppm, "cost": found.cost_ppm,
        "most": found.most_fen, "company": found.company_ppm, "funder": found.funder_ppm, "guarantor": found.guarantor_ppm,
        "welfare": found.welfare_ppm, "standing": found.standing, "cover_standing": found.cover_standing,
    }  # fmt: skip
    assert len(expected) > 20
    for name, column in columns.items():
        assert column.tolist() == [option[name] for option in expected], name
    limits = [option["limit"] for option in expected]
    assert [place < 0 for place in found.limit.tolist()] == [limit is None for limit in limits]
    for place, limit in zip(found.limit.tolist(), limits, strict=True):
        if limit is not None:
            assert (found.limit_mandate[place], found.limit_fen[place]) == (limit[0], limit[2])
    assert found.start.tolist() == [0, *np.cumsum(np.bincount(found.request, minlength=len(market.requests))).tolist()]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-3, 3), st.integers(0, 3)), max_size=120))
def test_parts_are_sorted_as_by_the_language_itself(rows):
    rows = sorted(rows, key=lambda row: row[0])
    start = np.searchsorted([row[0] for row in rows], np.arange(6)).astype(np.int64)
    high, low = (np.array([row[place] for row in rows], dtype=np.int64) for place in (1, 2))
    place = np.arange(len(rows))
    sort_parts(start, high, low, place)
    assert place.tolist() == sorted(range(len(rows)), key=lambda at: (*rows[at], at))


def test_long_parts_are_sorted_by_digits_and_come_out_the_same():
    draw = np.random.default_rng(1)
    start = np.array([0, 700, 705, 3000, 3000], dtype=np.int64)
    for spread in (1, 5, 3000, 2**40, 2**61):
        high, low = draw.integers(-spread, spread, 3000), draw.integers(0, spread, 3000)
        place = np.arange(3000)
        order = np.lexsort((low, high))
        expected = [at for a, b in pairwise(start.tolist()) for at in order.tolist() if a <= at < b]
        kept = high.copy()
        sort_parts(start, high, low, place)
        assert place.tolist() == expected and high.tolist() == kept[expected].tolist()


def test_no_two_options_stand_alike_at_a_mandate_or_a_cover():
    found = made(odd_market(3, 60, 6, 4))
    for group, standing in ((found.mandate, found.standing), (found.cover, found.cover_standing)):
        for one in range(group.max() + 1):
            assert sorted(standing[group == one].tolist()) == list(range((group == one).sum()))


def test_each_option_can_be_signed_by_itself():
    found = made(odd_market(5))
    assert (covered_fen(found, found.most_fen) <= found.capacity_fen[np.maximum(found.cover, 0)])[
        found.cover >= 0
    ].all()
    for option in range(0, len(found.request), 7):
        if found.most_fen[option] == found.amount_fen[found.request[option]]:
            amounts = np.zeros(len(found.request), np.int64)
            amounts[option] = found.most_fen[option]
            assert broken(found, amounts) == ()


def test_a_cover_takes_the_most_that_its_capacity_bears_to_the_fen():
    market = drawn(200, 4, 1, 2, forms={"split": 1.0})
    covers = replace(market.covers, capacity_fen=np.array([123_456_789]), share_ppm=np.array([333_333]))
    found = made(replace(market, covers=covers), replace(RULES, unit_fen=1))
    most = found.most_fen[found.cover == 0]
    assert len(most) and most.max() == 123_456_789 * 10**6 // 333_333
    whole = np.where(found.cover == 0, most.max() + 1, 0)
    assert covered_fen(found, whole).max() > 123_456_789


def test_an_empty_side_is_a_market_too():
    for n, k, c in ((0, 0, 0), (5, 0, 0), (0, 3, 1), (5, 3, 0)):
        found = made(drawn(n, k, c))
        assert (found.requests, found.mandates) == (n, k)
        assert found.start[-1] == len(found.request)


def test_the_lottery_is_drawn_anew_by_another_seed_and_has_no_ties():
    names = tuple(f"R{row}" for row in range(50))
    one, other = lots("00", names), lots("01", names)
    assert sorted(one.tolist()) == sorted(other.tolist()) == list(range(50))
    assert one.tolist() != other.tolist()


def test_everybody_alike_is_told_apart_by_lot_alone():
    market = drawn(1, 2, 0, 4)
    row = market.requests
    same = replace(
        row, **{name: np.repeat(getattr(row, name), 40) for name in row.__dataclass_fields__ if isinstance(getattr(row, name), np.ndarray)},
        **{name: getattr(row, name) * 40 for name in row.__dataclass_fields__ if isinstance(getattr(row, name), tuple)},
    )  # fmt: skip
    names = tuple(f"R{place:02}" for place in range(40))
    found = made(replace(market, requests=replace(same, id=names, company=names)))
    for mandate in set(found.mandate.tolist()):
        own = np.flatnonzero(found.mandate == mandate)
        assert found.lot[found.request[own[np.argsort(found.standing[own])]]].tolist() == sorted(
            found.lot[found.request[own]].tolist()
        )


def test_sums_beyond_what_can_be_counted_are_refused():
    market = drawn(10, 2)
    huge = replace(market, mandates=replace(market.mandates, budget_fen=np.full(2, 2**61 + 1)))
    assert isinstance(book(huge, RULES, None), Refusal)


def test_a_churn_table_that_lacks_a_grade_is_refused():
    market = drawn(10, 2)
    answer = book(replace(market, grades=(*market.grades, "E")), RULES, packaged_churn())
    assert isinstance(answer, Refusal) and answer.code == "GRADE_WITHOUT_CHURN_CLASS"


def test_a_request_larger_than_all_budgets_has_no_option_whole_and_some_split():
    market = drawn(6, 3, 0, 8)
    large = np.full(6, 10**13)
    wide = replace(market.mandates, amount_high_fen=np.full(3, ALL))
    for form, any_option in ((0, False), (1, True)):
        requests = replace(market.requests, amount_fen=large, form=np.full(6, form), least_fen=np.zeros(6, np.int64))
        found = made(replace(market, requests=requests, mandates=wide))
        assert bool(len(found.request)) is any_option
        assert (found.most_fen <= found.budget_fen[found.mandate]).all()
