"""Fits a scorecard: bins, selection, coefficients, points, calibration. Everything that learns is in here, so that a
validation which calls `fit` inside each fold leaks nothing.

A column's weight of evidence is learnt on the other folds and applied to the rows held out. What it tells there is its
information, and on these values the coefficients are fitted: a column that only fits noise gets none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.credit.rating.binning import Binning, Expected
from kemiao.credit.rating.calibration import calibrate
from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.evidence import Coded, Evidence, first_look, grid_of, held_out
from kemiao.credit.rating.folds import stratified_folds
from kemiao.credit.rating.logistic import Pull, fit_logistic
from kemiao.credit.rating.one_thread import one_thread
from kemiao.credit.rating.prior import characteristics_of, expected_of, log_odds_a_point
from kemiao.credit.rating.rules import RatingRules
from kemiao.credit.rating.scorecard import Scorecard
from kemiao.credit.rating.scoring import pd_at

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """One column of a fitted card: its bins, the points of each bin (the worst has 0), what it tells out of fold."""

    column: int
    binning: Binning
    points: Ints
    coefficient: float
    gain: float  # log-likelihood over the mean rate, out of fold
    turning: bool


@dataclass(frozen=True, slots=True)
class Fit:
    """points of a row = base_points + the points of its bin in each part. curve: (points, pd_ppm) steps.

    held: places in the training rows that an inner fold held out; held_points: what a card without them gave them."""

    base_points: int
    parts: tuple[Part, ...]
    curve: tuple[tuple[int, int], ...]
    calibration: str
    held: Ints
    held_points: Ints

    @property
    def size(self) -> int:
        """Columns that it reads."""
        return len(self.parts)

    def points(self, columns: Sequence[Column], rows: Ints) -> Ints:
        return _points(self.base_points, self.parts, columns, rows)

    def pd_ppm(self, points: Ints) -> Ints:
        return pd_at(self.curve, points)


@one_thread()
def fit(
    columns: Sequence[Column],
    event: Ints,
    rows: Ints,
    rules: RatingRules,
    seed: tuple[int, ...],
    weights: Floats | None = None,
    prior: Scorecard | None = None,
    coded: Coded | None = None,
) -> Fit:
    """A calibrated card from the given rows only. With no column that tells anything it is the mean rate for all.

    weights: of all rows of the table, above 0; a row of weight 2 counts as two rows. prior: a card whose evidence the
    bins of its columns are pulled to. coded: these very rows, where they were coded already.
    """
    coded = coded or code(columns, event, rows, rules, weights, prior)
    outcome, case = coded.event, coded.weights
    count = rules.calibration.inner_folds
    folds = stratified_folds(outcome, count, (*seed, 1))
    inner = range(1 if outcome.sum() > rules.validation.events_one_repeat else count)
    out_of_fold = np.full(rows.size, np.iinfo(np.int64).min)
    for fold in inner:
        base, parts = fit_points(coded.taken(np.flatnonzero(folds != fold)), rules, (*seed, 2, fold))
        out_of_fold[folds == fold] = _points(base, parts, columns, rows[folds == fold])
    held = np.isin(folds, list(inner))
    base, parts = fit_points(coded, rules, (*seed, 3))
    low = base + sum(int(part.points.min()) for part in parts)
    high = base + sum(int(part.points.max()) for part in parts)
    method, curve = calibrate(
        out_of_fold[held], outcome[held], folds[held], rules.scale, rules.calibration, low, high,
        None if case is None else case[held],
    )  # fmt: skip
    return Fit(base, parts, curve, method, np.flatnonzero(held), out_of_fold[held])


def code(
    columns: Sequence[Column],
    event: Ints,
    rows: Ints,
    rules: RatingRules,
    weights: Floats | None = None,
    prior: Scorecard | None = None,
) -> Coded:
    """The rows as fine bins. No outcome is seen, but for their mean rate where a prior card stands on it."""
    outcome = event[rows]
    case = None if weights is None else weights[rows]
    asked = characteristics_of(prior)
    point = 0.0 if prior is None else log_odds_a_point(prior)
    mean = float(np.average(outcome, weights=case))
    grids, codes, expected = [], [], []
    for column in columns:
        grid = grid_of(column, rows, rules.binning.fine_bins, case)
        values = column.values[rows]
        coded = grid.codes(values)
        each = asked.get(column.name)
        known: Expected | None = None
        if each is not None and point > 0:
            known = expected_of(column, each, point, grid, coded, values, mean, rules.prior_rows)
        grids.append(grid)
        codes.append(coded)
        expected.append(known)
    return Coded(grids, codes, outcome, case, expected)


def fit_points(coded: Coded, rules: RatingRules, seed: tuple[int, ...]) -> tuple[int, tuple[Part, ...]]:
    """(base_points, parts) before calibration."""
    outcome = coded.event
    small = outcome.size <= rules.selection.rows_small
    count = rules.selection.cross_folds_small if small else rules.selection.cross_folds
    folds = stratified_folds(outcome, count, seed)
    found = {place: held_out(coded, place, folds, rules.binning, rules.turn_gain) for place in looked_at(coded, folds, rules)}  # fmt: skip
    chosen, evidence = _choose(coded, found, folds, rules)
    anchored = np.array([coded.expected[place] is not None for place in chosen], dtype=bool)
    pull = Pull(rules.selection.spread_penalty, rules.selection.size_penalty, anchored, rules.prior_penalty)
    intercept, coefficients = fit_logistic(evidence, outcome, pull, coded.weights)
    factor = rules.scale.pdo / math.log(2)
    base = round(rules.scale.points_at - factor * (intercept + math.log(rules.scale.odds_at)))
    parts = []
    for place, coefficient in zip(chosen, coefficients.tolist(), strict=True):
        binning = coded.binned(place, rules.binning, turning=found[place].turning)
        points = np.rint(-factor * coefficient * binning.woe).astype(np.int64)
        if points.min() == points.max():  # a coefficient of nothing: no characteristic
            continue
        base += int(points.min())
        parts.append(Part(place, binning, points - points.min(), coefficient, found[place].gain, found[place].turning))
    return base, tuple(parts)


def _points(base: int, parts: Sequence[Part], columns: Sequence[Column], rows: Ints) -> Ints:
    total = np.full(rows.size, base, dtype=np.int64)
    for part in parts:
        total += part.points[part.binning.codes(columns[part.column].values[rows])]
    return total


def looked_at(coded: Coded, folds: Ints, rules: RatingRules) -> list[int]:
    """All columns, or of very many those that tell most at a first look, and a prior card's."""
    if len(coded.grids) <= rules.selection.columns_looked_at:
        return list(range(len(coded.grids)))
    best = np.argsort(-first_look(coded, folds, rules.binning), kind="stable")[: rules.selection.columns_looked_at]
    asked = {place for place, each in enumerate(coded.expected) if each is not None}
    return sorted({*best.tolist(), *asked})


def _choose(coded: Coded, found: dict[int, Evidence], folds: Ints, rules: RatingRules) -> tuple[list[int], Floats]:
    """Most informative first; none that repeats a chosen one; no more than the events can carry. With their evidence."""
    selection, outcome = rules.selection, coded.event
    rarer = int(min(outcome.sum(), outcome.size - outcome.sum()))
    cap = min(max(selection.characteristics_min, rarer // selection.events_a_characteristic), selection.characteristics_max)  # fmt: skip
    # What an expert card asks is not learnt from these events alone: they need not carry it.
    asked = {place for place in found if coded.expected[place] is not None}
    chosen: list[int] = []
    kept = np.zeros((cap + len(asked), outcome.size))
    means, spreads = np.zeros(len(kept)), np.zeros(len(kept))
    learnt = 0
    if all(each.gain <= 0 for each in found.values()):
        return [], kept[:0].T
    for place in sorted(found, key=lambda each: -found[each].gain):
        least, full = (rules.prior_gain_min, False) if place in asked else (selection.gain_min, learnt == cap)
        if full or found[place].gain <= least:
            continue
        count = len(chosen)
        evidence = found[place].of(coded.codes[place], folds)
        mean, spread = float(evidence.mean()), float(evidence.std())
        if spread == 0:
            continue
        together = kept[:count] @ evidence / outcome.size - means[:count] * mean
        if (np.abs(together) * 1_000_000 > selection.correlation_max_ppm * spreads[:count] * spread).any():
            continue
        kept[count], means[count], spreads[count] = evidence, mean, spread
        chosen.append(place)
        learnt += place not in asked
    return chosen, kept[: len(chosen)].T
