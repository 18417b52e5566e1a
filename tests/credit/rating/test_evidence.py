"""Counts instead of rows: the same bins, the same evidence out of fold; weights count as rows; a prior helps and gives way."""

from __future__ import annotations

import resource
import tomllib
from dataclasses import replace
from importlib.resources import files
from time import perf_counter

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from kemiao.credit.rating.binning import bin_counts, counts, grid_of_levels, grid_of_numbers
from kemiao.credit.rating.calibration import isotonic, platt
from kemiao.credit.rating.columns import Column, read_training
from kemiao.credit.rating.evidence import Coded, gained, held_out
from kemiao.credit.rating.figures import auc
from kemiao.credit.rating.fit import fit
from kemiao.credit.rating.fitted_card import scorecard
from kemiao.credit.rating.folds import stratified_folds
from kemiao.credit.rating.logistic import Pull, fit_logistic
from kemiao.credit.rating.rules import rules_from_policy
from kemiao.credit.rating.scorecard import Bin, Characteristic, Scorecard, to_bytes
from kemiao.credit.rating.scoring import score
from kemiao.credit.rating.sql_export import card_sql

RULES = rules_from_policy(tomllib.loads(files("kemiao.bank.default_policy").joinpath("rating.toml").read_text("utf-8")))
VALUE = st.one_of(st.just(np.nan), st.integers(-3, 12).map(float))
ROWS = st.lists(st.tuples(VALUE, st.booleans(), st.integers(1, 4)), min_size=4, max_size=80)


def arrays(rows):
    values, event, weights = zip(*rows, strict=True)
    outcome = np.array(event, dtype=np.int64)
    outcome[:2] = [0, 1]  # a fit has both classes
    return np.array(values), outcome, np.array(weights, dtype=np.float64)


@given(ROWS, st.booleans())
def test_bins_from_counts_take_each_row_where_the_binning_takes_its_value(rows, turning):
    values, event, weights = arrays(rows)
    grid = grid_of_numbers(values, (-1.0,), 7, weights=weights)
    codes = grid.codes(values)
    found = bin_counts(grid, *counts(grid, codes, event, weights), RULES.binning, turning=turning)
    place = found.codes(values)
    assert np.bincount(place, weights, found.woe.size).tolist() == found.rows.tolist()
    assert np.bincount(place, weights * event, found.woe.size).tolist() == found.events.tolist()


@settings(max_examples=50)
@given(ROWS, st.booleans())
def test_evidence_out_of_fold_is_what_a_loop_over_folds_learns(rows, as_choice):
    values, event, _ = arrays(rows)
    grid = grid_of_levels(13) if as_choice else grid_of_numbers(values, (), 7)
    column = np.where(np.isnan(values), -1, np.abs(values)).astype(np.int64) if as_choice else values
    codes = grid.codes(column)
    folds = stratified_folds(event, 3, (1,))
    if any(event[folds != fold].min() == event[folds != fold].max() for fold in range(3)):
        return
    found = held_out(Coded([grid], [codes], event, None, [None]), 0, folds, RULES.binning, 1e9)
    gain = 0.0
    for fold in range(3):
        own = folds == fold
        learnt = bin_counts(grid, *counts(grid, codes[~own], event[~own]), RULES.binning, turning=False)
        told = learnt.woe[learnt.codes(column[own])]
        assert found.of(codes, folds)[own] == pytest.approx(told)
        gain += gained(told, np.ones(told.size), event[own].astype(float), event.mean())
    assert found.gain == pytest.approx(gain, abs=1e-9)


@given(ROWS)
def test_a_weight_of_two_is_the_row_twice(rows):
    values, event, weights = arrays(rows)
    twice = np.repeat(np.arange(values.size), weights.astype(int))
    one, other = grid_of_numbers(values, (), 7, weights=weights), grid_of_numbers(values[twice], (), 7)
    assert one.starts.tolist() == other.starts.tolist() and one.below.tolist() == other.below.tolist()
    weighed = bin_counts(one, *counts(one, one.codes(values), event, weights), RULES.binning, turning=False)
    repeated = bin_counts(other, *counts(other, other.codes(values[twice]), event[twice]), RULES.binning, turning=False)
    assert weighed.cuts.tolist() == repeated.cuts.tolist() and weighed.woe.tolist() == repeated.woe.tolist()
    points = np.nan_to_num(values).astype(np.int64)
    assert platt(points / 10, event, 4.0, weights) == pytest.approx(platt(points[twice] / 10, event[twice], 4.0))
    for a, b in zip(isotonic(points, event, weights), isotonic(points[twice], event[twice]), strict=True):
        assert a == pytest.approx(b)
    features = np.column_stack([np.nan_to_num(values), points % 3])
    a, b = (
        fit_logistic(features, event, Pull(3.0, 0.3), weights),
        fit_logistic(features[twice], event[twice], Pull(3.0, 0.3)),
    )
    assert a[0] == pytest.approx(b[0], abs=1e-6) and a[1] == pytest.approx(b[1], abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_coefficients_are_the_least_of_the_penalised_loss_under_their_bounds(seed, count):
    draw = np.random.default_rng(seed)
    features = draw.normal(size=(60, count))
    event = np.append([0, 1], draw.uniform(size=58) < 0.3).astype(np.int64)
    anchored = np.arange(count) % 2 == 0
    pull = Pull(2.0, 0.5, anchored, 7.0)

    def loss(at):
        logit, coefficients = at[0] + features @ at[1:], at[1:]
        free = coefficients[~anchored]
        spread = free - free.mean() if free.size else free
        penalty = 2.0 * spread @ spread + 0.5 * free @ free + 7.0 * ((coefficients[anchored] - 1) ** 2).sum()
        return np.logaddexp(0, logit).sum() - logit[event == 1].sum() + penalty / 2

    intercept, coefficients = fit_logistic(features, event, pull)
    best = minimize(loss, np.zeros(count + 1), method="L-BFGS-B", bounds=[(None, None), *[(0, None)] * count])
    assert (coefficients >= 0).all()
    assert loss(np.append(intercept, coefficients)) <= best.fun + 1e-6


# -- the whole fit


def told(rows: int, seed: int, columns: int = 6, strength: float = 0.5) -> tuple[list[Column], np.ndarray]:
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(rows, columns))
    event = draw.uniform(size=rows) < 1 / (1 + np.exp(2.2 - values @ np.full(columns, strength)))
    return [Column(f"x{place}", "number", values[:, place]) for place in range(columns)], event.astype(np.int64)


def everyone(event):
    return np.arange(event.size)


def test_weights_of_one_change_nothing_and_other_weights_do():
    columns, event = told(500, 1)
    cards = [
        to_bytes(scorecard(fit(columns, event, everyone(event), RULES, (0,), weights), columns, "x", {}, {}))
        for weights in (None, np.ones(500), 1.0 + event)
    ]
    assert cards[0] == cards[1] != cards[2]


def test_bads_that_count_twice_raise_the_probability():
    columns, event = told(800, 2)
    plain, heavy = (fit(columns, event, everyone(event), RULES, (0,), weights) for weights in (None, 1.0 + event))
    predicted = [each.pd_ppm(each.points(columns, everyone(event))) for each in (plain, heavy)]
    expected = 2 * event.sum() / (event.size + event.sum())
    assert abs(np.average(predicted[1], weights=1.0 + event) / 1e6 - expected) < 0.03
    assert predicted[1].mean() > predicted[0].mean()


def expert(sign: int, columns: int = 6) -> Scorecard:
    """Points as the truth of `told` has them (sign 1), or turned round."""
    bins = [(None, "-1", 20), ("-1", "0", 8), ("0", "1", -8), ("1", None, -20)]
    ranges = tuple(Bin(sign * worth, "", "", *(None if end is None else pa.scalar(end).cast(pa.decimal128(3, 0)).as_py() for end in (low, high))) for low, high, worth in bins)  # fmt: skip
    characteristics = tuple(Characteristic(f"x{place}", "", "", "", (*ranges, Bin(0, "", "", unknown=True))) for place in range(columns))  # fmt: skip
    curve = tuple((at, round(1e6 / (1 + 2 ** (at / 25)))) for at in range(-120, 121))
    return Scorecard("expert", "expert", 0, characteristics, curve)


def ranked(rows: int, seed: int, prior: Scorecard | None) -> float:
    columns, event = told(rows + 4000, seed)
    found = fit(columns, event, np.arange(rows), RULES, (seed,), None, prior)
    held = np.arange(rows, rows + 4000)
    return auc(-found.points(columns, held), event[held])


@pytest.mark.slow
def test_a_prior_that_is_right_helps_few_events_and_a_wrong_one_does_not_hurt_many():
    few = [ranked(150, seed, expert(1)) - ranked(150, seed, None) for seed in range(10)]
    assert np.mean(few) > 0.01
    assert ranked(12_000, 3, expert(-1)) > ranked(12_000, 3, None) - 0.003


def test_a_prior_without_a_column_of_the_table_is_off():
    columns, event = told(300, 4)
    strange = replace(expert(1), characteristics=tuple(replace(each, feature=f"other_{each.feature}") for each in expert(1).characteristics))  # fmt: skip
    one, other = (fit(columns, event, everyone(event), RULES, (0,), None, prior) for prior in (None, strange))
    assert to_bytes(scorecard(one, columns, "x", {}, {})) == to_bytes(scorecard(other, columns, "x", {}, {}))


def test_not_applicable_no_record_and_null_are_three_bins_in_the_card_and_in_its_sql():
    draw = np.random.default_rng(0)
    income = draw.integers(0, 500_000, 900).astype(object)
    kind = draw.integers(0, 6, 900)
    income[kind == 0], income[kind == 1], income[kind == 2] = -1, -999, None
    rate = np.choose(kind, [0.7, 0.1, 0.4, 0.25, 0.25, 0.25])
    table = pa.table({"income": pa.array(income, pa.int64()), "y": (draw.uniform(size=900) < rate).astype(int)})
    read = read_training(table, "y")
    assert read.columns[0].special == (-999.0, -1.0)
    card = scorecard(fit(read.columns, read.event, everyone(read.event), RULES, (0,)), read.columns, "x", {}, {})
    asked = pa.table({"income": pa.array([-1, -999, None, 250_000], pa.int64()), "company": list("abcd")})
    points = score(card, asked)["points"].to_pylist()
    assert len(set(points)) == 4 and points[0] < points[2] < points[1]
    connection = duckdb.connect()
    connection.register("asked", asked)
    answer = connection.sql(card_sql(card, "duckdb", "asked")).to_arrow_table().sort_by("company")
    assert answer["points"].to_pylist() == points


@pytest.mark.slow
def test_ten_thousand_columns_take_seconds_and_little_memory():
    columns, event = told(1000, 5, 3, 1.2)
    draw = np.random.default_rng(9)
    columns += [Column(f"n{place}", "number", draw.normal(size=1000)) for place in range(9_997)]
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, perf_counter()
    found = fit(columns, event, np.arange(800), RULES, (0,))
    assert perf_counter() - started < 60  # 3 s on a quiet core
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 800_000
    held = np.arange(800, 1000)
    assert auc(-found.points(columns, held), event[held]) > 0.7
