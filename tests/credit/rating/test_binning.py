"""Bins along which risk only rises or only falls, whatever the column looks like."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.credit.rating.binning import bin_levels, bin_numbers, simplest_between
from kemiao.credit.rating.rules import rules_from_policy

RULES = rules_from_policy(tomllib.loads(files("kemiao.bank.default_policy").joinpath("rating.toml").read_text("utf-8"))).binning  # fmt: skip
ROWS = st.lists(st.tuples(st.one_of(st.just(np.nan), st.integers(-3, 12).map(float)), st.booleans()), min_size=4, max_size=80)  # fmt: skip


def arrays(rows):
    values, event = zip(*rows, strict=True)
    outcome = np.array(event, dtype=np.int64)
    outcome[:2] = [0, 1]  # a fit has both classes
    return np.array(values), outcome


@given(ROWS)
def test_the_event_rate_of_ranges_goes_one_way(rows):
    values, event = arrays(rows)
    found = bin_numbers(values, event, (), RULES)
    ranges = slice(0, found.cuts.size + 1)
    known = found.rows[ranges] > 0
    rates = (found.events[ranges] / np.maximum(found.rows[ranges], 1))[known]
    steps = np.diff(rates)
    assert (steps >= 0).all() or (steps <= 0).all()


@given(ROWS)
def test_bins_count_what_a_naive_loop_counts(rows):
    values, event = arrays(rows)
    found = bin_numbers(values, event, (-1.0,), RULES)
    naive = {}
    for value, outcome in zip(values.tolist(), event.tolist(), strict=True):
        place = (
            found.unknown
            if np.isnan(value)
            else found.cuts.size + 1
            if value == -1.0
            else sum(value >= cut for cut in found.cuts)
        )
        count, hits = naive.get(place, (0, 0))
        naive[place] = (count + 1, hits + outcome)
    assert {
        place: (count, hits)
        for place, (count, hits) in enumerate(zip(found.rows.tolist(), found.events.tolist(), strict=True))
        if count
    } == naive


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=9))
def test_the_pooled_trend_is_the_likeliest_of_all_that_go_one_way(cells):
    """Against every way of cutting the fine bins into runs."""
    from kemiao.credit.rating.binning import _likelihood, _pooled

    rows, events = [a + b for a, b in cells], [float(a) for a, _ in cells]
    best = -np.inf
    for cut in range(2 ** (len(cells) - 1)):
        edges = [0, *(place + 1 for place in range(len(cells) - 1) if cut >> place & 1), len(cells)]
        blocks = [(a, float(sum(rows[a:b])), sum(events[a:b])) for a, b in pairwise(edges) if sum(rows[a:b])]
        rates = [hits / count for _, count, hits in blocks]
        if all(x <= y for x, y in pairwise(rates)):
            best = max(best, _likelihood(blocks))
    found = _likelihood(_pooled(rows, events, 1.0))
    assert found == pytest.approx(best if best > -np.inf else 0.0, abs=1e-9)


def test_a_valley_is_found_only_where_it_may_turn():
    age = np.tile(np.arange(20.0, 70.0), 40)
    event = (np.abs(age - 45) > 15).astype(np.int64)
    event[::7] ^= 1
    turned, straight = (bin_numbers(age, event, (), RULES, turning=turning) for turning in (True, False))
    middle = turned.woe[turned.codes(np.array([45.0]))[0]]
    assert middle < turned.woe[0] and middle < turned.woe[turned.cuts.size]
    assert np.ptp(turned.woe) > np.ptp(straight.woe)


def test_levels_with_few_rows_are_other_and_unknown_is_apart():
    codes = np.array([0] * 50 + [1] * 50 + [2] * 3 + [-1] * 20)
    event = np.array([1] * 25 + [0] * 25 + [1] * 5 + [0] * 45 + [1] * 3 + [0] * 20)
    found = bin_levels(codes, event, 3, RULES)
    assert found.group_of.tolist() == [1, 0, 2]
    assert found.rows.tolist() == [50, 50, 3, 20]
    assert abs(found.woe[2]) < abs(np.log(1000.0))  # three defaults of three are no certainty


@given(st.floats(-1e12, 1e12), st.floats(1e-9, 1e12))
def test_a_cut_is_short_and_parts_the_two_values(low, width):
    high = low + width
    if low < high:
        assert low < simplest_between(low, high) <= high


def test_a_cut_is_as_short_as_it_can_be():
    assert simplest_between(12.345678, 12.4999) == 12.4
    assert simplest_between(0.0, 1e6) == 5e5
    assert simplest_between(2.0, 3.0) in (2.5, 3.0)


@pytest.mark.parametrize("ends", [(-1.7e308, 1.7e308), (1e-300, 1e300), (-5e-324, 5e-324), (1.0, np.nextafter(1.0, 2))])
def test_a_cut_lies_between_any_two_doubles(ends):
    low, high = ends
    assert low < simplest_between(low, high) <= high
