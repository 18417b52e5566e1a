"""Drift: silent where nothing changed, in the share of cases that the policy allows; heard where something did."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.delong import auc_estimate, bounded, placements
from kemiao.credit.rating.drift import (
    Before,
    Outcomes,
    against_before,
    against_promise,
    defaults_distribution,
    drift,
    holm,
    shift,
)
from kemiao.credit.rating.intervals import Figure
from kemiao.credit.rating.master_scale import scale_from_policy
from kemiao.credit.rating.reference import Band, Bins, counted, reference_bytes, reference_from, reference_of
from kemiao.credit.rating.validate import Held, Prediction
from kemiao.credit.rating.watch_rules import watch_rules
from little_bank import policy_on

RULES = watch_rules(policy_on()["models"])
QUICK = replace(RULES, draws=1_000)
SCALE = scale_from_policy(policy_on()["master_scale"])
NAMES = [f"x{number}" for number in range(7)]
LEVELS = ("a", "b", "c", "d")


def population(draw, rows, *, moved=0.0, blurred=0.0, worse=0.0):
    """(inputs, points, PD, outcome): seven numbers, some with ties or gaps, and a choice; a fixed logistic model knows the truth.

    moved: the first two inputs, in standard deviations. blurred: how much of what the model sees is noise now. worse: logits.
    """
    x = draw.normal(size=(rows, 7))
    x[:, :2] += moved
    x[:, 5] = np.round(np.maximum(x[:, 5], 0), 1)
    x[draw.uniform(size=rows) < 0.2, 6] = np.nan
    choice = draw.choice(4, size=rows, p=[0.5, 0.3, 0.15, 0.05])
    logit = -2.2 + x[:, :5] @ [0.5, 0.5, 0.4, 0.3, 0.2] + 0.3 * (choice == 2)
    points = np.rint(600 - 40 / np.log(2) * (logit + 2.2)).astype(np.int64)
    pd = np.rint(1e6 / (1 + np.exp(-logit))).astype(np.int64)
    truth = logit * (1 - blurred) - 2.2 * blurred + worse
    event = (draw.uniform(size=rows) < 1 / (1 + np.exp(-truth))).astype(np.int64)
    return x, choice, points, pd, event


def learnt(draw, rows):
    x, choice, points, pd, event = population(draw, rows)
    columns = [*(Column(name, "number", x[:, at]) for at, name in enumerate(NAMES)), Column("kind", "choice", choice, LEVELS)]  # fmt: skip
    held = Held(np.arange(rows), event, [], None, None, Prediction([points], [pd], [-points.astype(float)]), [])
    reference = reference_of(columns, points, held, SCALE, 10)
    found = bounded(auc_estimate(placements(-points, event), event), event)
    whole = Band("", 0, rows, float(event.sum()), pd.sum() / 1e6, float((pd / 1e6) @ (pd / 1e6)))
    return reference, Before(Figure(found.value, found.low, found.high), whole)


def met(draw, rows, **changed):
    x, choice, points, pd, event = population(draw, rows, **changed)
    columns = {name: pa.array(x[:, at]) for at, name in enumerate(NAMES)}
    recent = pa.table(columns | {"kind": pa.array([LEVELS[code] for code in choice])})
    return recent, points, Outcomes(points, pd, event)


def watched(seed, trained, now, **changed):
    draw = np.random.default_rng(seed)
    return drift(*learnt(draw, trained), *met(draw, now, **changed), QUICK)


SIZES = [(1_000, 200), (1_000, 1_000), (20_000, 2_000)]


def spoke(trained, now, times):
    """How often of so many trainings, each with a later table of the same kind; and how often it asked for a new fit."""
    states = [watched((1, trained, now, number), trained, now).state for number in range(times)]
    assert "untold" not in states
    return sum(state != "steady" for state in states) / times, states.count("refit") / times


@pytest.mark.slow
@pytest.mark.parametrize(("trained", "now"), SIZES)
def test_a_watch_speaks_without_cause_about_as_often_as_the_policy_allows(trained, now):
    """5 % are allowed; the band is that of chance at 150 (3 errors)."""
    alarms, refits = spoke(trained, now, 150)
    assert alarms <= 0.104 and refits <= 0.05


@pytest.mark.soak
@pytest.mark.parametrize(("trained", "now"), SIZES)
def test_a_watch_speaks_without_cause_as_often_as_the_policy_allows(trained, now):
    """The band is that of chance at 500 (3 errors)."""
    alarms, refits = spoke(trained, now, 500)
    assert 0.015 <= alarms <= 0.08 and refits <= 0.03


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "code", "least"),
    [
        ({"moved": 0.5}, "SCORE_MOVED", 0.9),
        ({"moved": 0.5}, "INPUT_MOVED", 0.9),
        ({"blurred": 0.8}, "RANKING_LOST", 0.8),
        ({"worse": 0.7}, "PD_OFF", 0.9),
    ],
)
def test_a_watch_hears_a_real_change(changed, code, least):
    """2 000 rows learnt from, 500 met since, about 15 % defaults."""
    found = [{one.code for one in watched((2, number), 2_000, 500, **changed).reasons} for number in range(60)]
    assert sum(code in codes for codes in found) >= least * 60


@pytest.mark.slow
def test_a_rule_of_thumb_alone_cries_wolf_in_a_small_table():
    """PSI over 0.1 in some input "needs a look": with 100 rows, chance alone does that to nearly every table."""
    naive = [any(one.psi > 0.1 for one in watched((3, number), 1_000, 100).inputs) for number in range(60)]
    ours = [watched((3, number), 1_000, 100).state for number in range(60)]
    assert sum(naive) >= 45 and sum(state != "steady" for state in ours) <= 9


def test_a_change_that_is_beyond_noise_but_small_is_watched_and_a_large_one_asks_for_a_fit():
    small = watched((4,), 50_000, 50_000, moved=0.1)
    assert small.state == "watch" and small.score.beyond_noise and not small.score.large
    large = watched((4,), 2_000, 1_000, worse=1.0)
    assert large.state == "refit" and large.overall.ratio > 1.5 * large.overall.ratio_then
    assert {one.code for one in large.reasons} >= {"PD_OFF"}


def test_what_cannot_be_looked_at_is_said_and_is_not_called_steady():
    draw = np.random.default_rng(5)
    reference, before = learnt(draw, 500)
    recent, points, outcomes = met(draw, 400)
    blind = drift(None, None, None, None, None, RULES)
    assert (blind.state, [one.code for one in blind.untold]) == ("untold", ["NO_REFERENCE", "FEW_OUTCOMES"])
    some = drift(reference, before, recent, points, None, RULES)
    assert some.state == "steady" and some.ranking is None and [one.code for one in some.untold] == ["FEW_OUTCOMES"]
    late = drift(reference, before, recent, points, outcomes, RULES, awaiting=150)
    assert late.overall is None and "OUTCOMES_MISSING" in [one.code for one in late.untold]
    tail = Outcomes(outcomes.points[:60], outcomes.pd_ppm[:60], np.zeros(60, np.int64))
    assert "FEW_EVENTS" in [one.code for one in drift(reference, before, recent, points, tail, RULES).untold]


def test_expert_cards_have_no_validation_and_are_held_to_their_own_word():
    draw = np.random.default_rng(6)
    _, _, outcomes = met(draw, 800)
    assert drift(None, None, None, None, outcomes, RULES).state == "steady"
    doubled = Outcomes(outcomes.points, outcomes.pd_ppm // 2, outcomes.event)
    assert drift(None, None, None, None, doubled, RULES).state == "refit"


def test_a_reference_comes_back_as_it_was_written():
    reference, _ = learnt(np.random.default_rng(7), 300)
    assert reference_from(reference_bytes(reference)) == reference
    with pytest.raises(ValueError, match="form"):
        reference_from(reference_bytes(reference).replace(b"reference/1", b"reference/2"))


@given(st.lists(st.one_of(st.none(), st.integers(-5, 5), st.floats(allow_nan=True)), min_size=1, max_size=60))
def test_the_training_counts_its_own_rows_as_later_rows_are_counted(values):
    column = Column("x", "number", np.array([np.nan if one is None else float(one) for one in values]))
    held = Held(np.arange(2), np.array([0, 1]), [], None, None, Prediction([], [np.array([10, 20])], []), [])
    (bins,) = reference_of([column], np.arange(len(values)), held, SCALE, 5).inputs
    assert list(bins.rows) == counted(bins, pa.array(values, pa.float64())) and sum(bins.rows) == len(values)


def test_levels_that_were_not_there_are_counted_with_the_others():
    bins = Bins("kind", None, ("a", "b"), (5, 3, 1, 1))
    assert counted(bins, pa.array(["b", "new", "a", None, "c", "b"])) == [1, 2, 2, 1]


@settings(max_examples=40)
@given(st.lists(st.integers(1, 999), min_size=1, max_size=9), st.data())
def test_the_distribution_of_defaults_is_that_of_all_cases_one_by_one(thousandths, data):
    pd = np.array(thousandths) / 1000
    naive = np.zeros(pd.size + 1)
    for case in product((0, 1), repeat=pd.size):
        naive[sum(case)] += np.prod(np.where(case, pd, 1 - pd))
    most = data.draw(st.integers(0, pd.size))
    np.testing.assert_allclose(defaults_distribution(pd, most), naive[: most + 1], atol=1e-12)


def test_equal_pd_are_a_binomial_and_many_rows_meet_the_normal():
    pd = np.full(200, 0.03)
    for events in (0, 3, 6, 15):
        two = 2 * min(binom.cdf(events, 200, 0.03), binom.sf(events - 1, 200, 0.03))
        assert against_promise(pd, events) == pytest.approx(min(1.0, two), abs=1e-9)
    assert against_promise(np.full(4_000, 0.03), 145) == pytest.approx(2 * binom.sf(144, 4_000, 0.03), rel=0.2)


def test_few_defaults_and_many_agree_where_they_meet():
    then = Band("", 0, 5_000, 31.0, 31.0, 0.2)
    exact = against_before(29, 19.0, 0.12, then)
    normal = against_before(30, 19.7, 0.12, replace(then, events=30.0, expected=30.0))
    assert exact == pytest.approx(normal, rel=0.5) and 0.02 < exact < 0.3
    assert against_before(0, 0.0, 0.0, then) == 1.0


def test_holm_is_looser_than_bonferroni_and_stops_at_the_first_that_fails():
    assert holm([0.012, 0.030, 0.9, 0.020], 0.05) == [True, False, False, False]
    assert holm([0.01, 0.016, 0.024], 0.05) == [True, True, True]


def test_the_noise_of_a_shift_is_that_of_its_size():
    bins = Bins("x", (0.0,), (), (500, 500, 0))
    few, many = shift(bins, [22, 28, 0], RULES, 1), shift(bins, [2_200, 2_800, 0], RULES, 1)
    assert few.psi == pytest.approx(many.psi, abs=0.002) and few.p > 0.3 and many.p < 0.002 and few.noise > many.noise
