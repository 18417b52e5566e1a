"""DeLong by midranks against the definition over all pairs, and against known values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.credit.rating import figures
from kemiao.credit.rating.delong import (
    Z_95,
    auc_estimate,
    bounded,
    mean_placements,
    p_value,
    paired_difference,
    placements,
)


def naive_placements(score, event):
    bad = [s for s, e in zip(score, event, strict=True) if e]
    good = [s for s, e in zip(score, event, strict=True) if not e]

    def right(b, g):
        return 1.0 if b > g else 0.5 if b == g else 0.0

    return [np.mean([right(b, g) for g in good]) for b in bad], [np.mean([right(b, g) for b in bad]) for g in good]


@st.composite
def tables(draw):
    size = draw(st.integers(4, 40))
    event = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size).filter(lambda e: 2 <= sum(e) <= len(e) - 2))
    score = st.lists(st.integers(0, 6), min_size=size, max_size=size)
    return np.array(event), np.array(draw(score)), np.array(draw(score))


def error(found):
    return (found.high - found.low) / (2 * Z_95)


@given(tables())
def test_midranks_agree_with_all_pairs(table):
    event, score, _ = table
    for fast, slow in zip(placements(score, event), naive_placements(score, event), strict=True):
        np.testing.assert_allclose(fast, slow, atol=1e-12)
    assert auc_estimate(placements(score, event), event).value == pytest.approx(figures.auc(score, event))


@given(tables())
def test_the_variance_of_a_difference_is_that_of_the_definition(table):
    event, one, other = table
    (a1, b1), (a2, b2) = naive_placements(one, event), naive_placements(other, event)
    covariance = np.cov(a1, a2) / event.sum() + np.cov(b1, b2) / (event.size - event.sum())
    expected = np.sqrt(max(0.0, covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]))
    found = paired_difference(one, other, event)
    assert error(found) == pytest.approx(expected, abs=1e-7)
    assert p_value(paired_difference(other, one, event)) == pytest.approx(p_value(found))


@given(tables())
def test_any_scale_that_keeps_the_order_gives_the_same_and_the_mirror_the_rest_to_one(table):
    event, score, _ = table
    as_is, stretched, mirrored = (
        auc_estimate(placements(each, event), event) for each in (score, np.exp(score) * 3, -score)
    )
    assert (stretched.value, error(stretched)) == pytest.approx((as_is.value, error(as_is)))
    assert (1 - mirrored.value, error(mirrored)) == pytest.approx((as_is.value, error(as_is)))
    within = bounded(as_is, event)
    assert 0 <= within.low <= within.value <= within.high <= 1


def test_a_worked_example():
    """Events 3, 5, 6; others 1, 2, 3, 4: of 12 pairs 10.5 are right. V10 = 5/8, 1, 1; V01 = 1, 1, 5/6, 2/3."""
    event, score = np.array([1, 1, 1, 0, 0, 0, 0]), np.array([3, 5, 6, 1, 2, 3, 4])
    found = auc_estimate(placements(score, event), event)
    assert found.value == pytest.approx(10.5 / 12)
    assert error(found) ** 2 == pytest.approx(
        np.var([5 / 8, 1, 1], ddof=1) / 3 + np.var([1, 1, 5 / 6, 2 / 3], ddof=1) / 4
    )


def test_a_score_that_never_errs_still_has_a_lower_bound():
    event = np.array([1] * 20 + [0] * 30)
    found = bounded(auc_estimate(placements(event, event), event), event)
    assert (found.value, found.high) == pytest.approx((1.0, 1.0))
    assert found.low == pytest.approx(0.025 ** (1 / 20))  # the exact bound of 20 hits in 20


def test_repeats_of_the_same_ranks_are_no_news():
    draw = np.random.default_rng(3)
    event, score = draw.integers(0, 2, 200), draw.normal(size=200)
    once = auc_estimate(placements(score, event), event)
    often = auc_estimate(mean_placements([score] * 5, event), event)
    assert (often.value, error(often)) == pytest.approx((once.value, error(once)))


def test_where_nothing_differs_the_test_fires_as_often_as_it_says():
    draw = np.random.default_rng(8)
    event, fired = np.repeat([0, 1], [120, 60]), 0
    for _ in range(400):
        truth = draw.normal(size=180) + event
        fired += p_value(paired_difference(truth + draw.normal(size=180), truth + draw.normal(size=180), event)) < 0.05
    assert 8 <= fired <= 34  # 20 expected; 99.9 % lies within


def test_figures_count_a_row_of_weight_2_as_two_rows():
    draw = np.random.default_rng(8)
    score, event = draw.integers(0, 40, 300), draw.integers(0, 2, 300)
    weight = draw.integers(1, 4, 300)
    many, came = np.repeat(score, weight), np.repeat(event, weight)
    case = weight.astype(np.float64)
    assert auc_estimate(placements(score, event, case), event, case).value == pytest.approx(figures.auc(many, came))
    assert figures.ks(score, event, case) == pytest.approx(figures.ks(many, came))
    assert figures.brier(score * 20_000, event, case) == pytest.approx(figures.brier(many * 20_000, came))
    (whole,) = figures.calibration_table(score * 20_000, event, 1, case)
    (again,) = figures.calibration_table(many * 20_000, came, 1)
    assert (whole["pd_ppm"], whole["event_ppm"]) == (again["pd_ppm"], again["event_ppm"])
