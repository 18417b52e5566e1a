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

from kemiao.credit.rating.binning import Binning, bin_levels, bin_numbers
from kemiao.credit.rating.calibration import calibrate
from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.folds import stratified_folds
from kemiao.credit.rating.logistic import fit_logistic
from kemiao.credit.rating.rules import RatingRules

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

    def points(self, columns: Sequence[Column], rows: Ints) -> Ints:
        return _points(self.base_points, self.parts, columns, rows)

    def pd_ppm(self, points: Ints) -> Ints:
        starts, values = (np.array(each, dtype=np.int64) for each in zip(*self.curve, strict=True))
        found: Ints = values[np.maximum(np.searchsorted(starts, points, side="right") - 1, 0)]
        return found


def fit(columns: Sequence[Column], event: Ints, rows: Ints, rules: RatingRules, seed: tuple[int, ...]) -> Fit:
    """A calibrated card from the given rows only. With no column that tells anything it is the mean rate for all."""
    outcome = event[rows]
    count = rules.calibration.inner_folds
    folds = stratified_folds(outcome, count, (*seed, 1))
    inner = range(1 if outcome.sum() > rules.validation.events_one_repeat else count)
    out_of_fold = np.full(rows.size, np.iinfo(np.int64).min)
    for fold in inner:
        base, parts = fit_points(columns, event, rows[folds != fold], rules, (*seed, 2, fold))
        out_of_fold[folds == fold] = _points(base, parts, columns, rows[folds == fold])
    held = np.isin(folds, list(inner))
    base, parts = fit_points(columns, event, rows, rules, (*seed, 3))
    low = base + sum(int(part.points.min()) for part in parts)
    high = base + sum(int(part.points.max()) for part in parts)
    method, curve = calibrate(out_of_fold[held], outcome[held], folds[held], rules.scale, rules.calibration, low, high)
    return Fit(base, parts, curve, method, np.flatnonzero(held), out_of_fold[held])


def fit_points(
    columns: Sequence[Column], event: Ints, rows: Ints, rules: RatingRules, seed: tuple[int, ...]
) -> tuple[int, tuple[Part, ...]]:
    """(base_points, parts) before calibration."""
    outcome = event[rows]
    evidence, gains, turning = _evidence(columns, event, rows, rules, seed)
    chosen = _choose(evidence, gains, outcome, rules)
    intercept, coefficients = fit_logistic(
        evidence[:, chosen], outcome, rules.selection.spread_penalty, rules.selection.size_penalty
    )
    factor = rules.scale.pdo / math.log(2)
    base = round(rules.scale.points_at - factor * (intercept + math.log(rules.scale.odds_at)))
    parts = []
    for place, coefficient in zip(chosen, coefficients.tolist(), strict=True):
        binning = _binned(columns[place], event, rows, rules, turning=turning[place])
        points = np.rint(-factor * coefficient * binning.woe).astype(np.int64)
        if points.min() == points.max():  # a coefficient of nothing: no characteristic
            continue
        base += int(points.min())
        parts.append(Part(place, binning, points - points.min(), coefficient, float(gains[place]), turning[place]))
    return base, tuple(parts)


def _points(base: int, parts: Sequence[Part], columns: Sequence[Column], rows: Ints) -> Ints:
    total = np.full(rows.size, base, dtype=np.int64)
    for part in parts:
        total += part.points[part.binning.codes(columns[part.column].values[rows])]
    return total


def _binned(column: Column, event: Ints, rows: Ints, rules: RatingRules, *, turning: bool) -> Binning:
    values, outcome = column.values[rows], event[rows]
    if column.kind == "number":
        return bin_numbers(
            values.astype(np.float64), outcome, column.special, rules.binning, whole=column.whole, turning=turning
        )
    return bin_levels(values.astype(np.int64), outcome, len(column.levels), rules.binning)


def _evidence(
    columns: Sequence[Column], event: Ints, rows: Ints, rules: RatingRules, seed: tuple[int, ...]
) -> tuple[Floats, Floats, list[bool]]:
    """Weight of evidence of each row and column, learnt on the other folds; its gain; whether the trend may turn."""
    outcome = event[rows]
    small = rows.size <= rules.selection.rows_small
    count = rules.selection.cross_folds_small if small else rules.selection.cross_folds
    folds = stratified_folds(outcome, count, seed)
    evidence = np.zeros((rows.size, len(columns)))
    gains = np.zeros(len(columns))
    turning = [False] * len(columns)
    for place, column in enumerate(columns):
        evidence[:, place] = _held_out(column, event, rows, folds, rules, turning=False)
        gains[place] = _gain(evidence[:, place], outcome)
        if column.kind == "number" and _may_turn(column, event, rows, rules):
            turned = _held_out(column, event, rows, folds, rules, turning=True)
            gain = _gain(turned, outcome)
            if gain > gains[place] + rules.turn_gain:
                evidence[:, place], gains[place], turning[place] = turned, gain, True
    return evidence, gains, turning


def _may_turn(column: Column, event: Ints, rows: Ints, rules: RatingRules) -> bool:
    """What does not tell more on the very rows it was learnt on need not be tried out of fold."""
    gain = {}
    for turning in (False, True):
        binning = _binned(column, event, rows, rules, turning=turning)
        gain[turning] = _gain(binning.woe[binning.codes(column.values[rows])], event[rows])
    return gain[True] > gain[False] + rules.turn_gain


def _held_out(column: Column, event: Ints, rows: Ints, folds: Ints, rules: RatingRules, *, turning: bool) -> Floats:
    values = np.zeros(rows.size)
    for fold in np.unique(folds).tolist():
        held = folds == fold
        binning = _binned(column, event, rows[~held], rules, turning=turning)
        values[held] = binning.woe[binning.codes(column.values[rows[held]])]
    return values


def _gain(evidence: Floats, outcome: Ints) -> float:
    """Log-likelihood that the weight of evidence adds to the mean rate."""
    mean = outcome.mean()
    base = math.log(mean / (1 - mean))
    with_evidence = outcome @ (base + evidence) - np.logaddexp(0.0, base + evidence).sum()
    without = outcome.sum() * base - outcome.size * math.log1p(math.exp(base))
    return float(with_evidence - without)


def _choose(evidence: Floats, gains: Floats, outcome: Ints, rules: RatingRules) -> list[int]:
    """Most informative first; none that repeats a chosen one; no more than the events can carry."""
    selection = rules.selection
    rarer = int(min(outcome.sum(), outcome.size - outcome.sum()))
    cap = max(selection.characteristics_min, rarer // selection.events_a_characteristic)
    chosen: list[int] = []
    spread = evidence.std(axis=0)
    centred = (evidence - evidence.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    for place in np.argsort(-gains, kind="stable").tolist():
        if gains[place] <= selection.gain_min or len(chosen) == min(cap, selection.characteristics_max):
            break
        if spread[place] == 0:
            continue
        likeness = np.abs(centred[:, chosen].T @ centred[:, place]) / outcome.size
        if not (likeness * 1_000_000 > selection.correlation_max_ppm).any():
            chosen.append(place)
    return chosen
