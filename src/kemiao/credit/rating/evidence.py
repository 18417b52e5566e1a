"""Weights of evidence learnt out of fold, from counts: what a column tells of rows that it did not learn from.

The rows of a fit are coded once into fine bins (no outcome is seen). A fold's own counts taken from all counts leave
what the fold may learn from, so that a column's evidence costs one pass over its codes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.credit.rating.binning import (  # fmt: skip
    Binning,
    BinRules,
    Codes,
    Expected,
    Grid,
    bin_counts,
    counts,
    final_bins,
    grid_of_levels,
    grid_of_numbers,
    woe,
)
from kemiao.credit.rating.columns import Column

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_COARSE = 8  # ranges that a first look at many columns has
_CELLS = 4_000_000  # of a first look at a time


@dataclass(frozen=True, slots=True)
class Coded:
    """Rows of a fit as fine bins of each column. expected: a prior's pseudo-rows, None where it has no such column."""

    grids: Sequence[Grid]
    codes: Sequence[Codes]
    event: Ints
    weights: Floats | None
    expected: Sequence[Expected | None]

    def taken(self, rows: Ints) -> Coded:
        weights = None if self.weights is None else self.weights[rows]
        return Coded(self.grids, [each[rows] for each in self.codes], self.event[rows], weights, self.expected)

    def binned(self, place: int, rules: BinRules, *, turning: bool) -> Binning:
        grid = self.grids[place]
        found = counts(grid, self.codes[place], self.event, self.weights)
        return bin_counts(grid, *found, rules, turning=turning, expected=self.expected[place])


@dataclass(frozen=True, slots=True)
class Evidence:
    """table: weight of evidence by fold that holds a row out, and by fine bin. gain: log-likelihood over the mean rate."""

    table: Floats
    gain: float
    turning: bool

    def of(self, codes: Codes, folds: Ints) -> Floats:
        found: Floats = self.table[folds, codes]
        return found


def grid_of(column: Column, rows: Ints, fine_bins: int, weights: Floats | None) -> Grid:
    if column.kind == "number":
        values = column.values[rows].astype(np.float64)
        return grid_of_numbers(values, column.special, fine_bins, whole=column.whole, weights=weights)
    return grid_of_levels(len(column.levels))


def held_out(coded: Coded, place: int, folds: Ints, rules: BinRules, turn_gain: float) -> Evidence:
    """Evidence of one column. Its trend turns where that tells turn_gain more out of fold."""
    grid, expected = coded.grids[place], coded.expected[place]
    rows, events = _by_fold(coded, place, folds)
    straight = _learnt(grid, rows, events, expected, rules, turning=False)
    if not _tells_more_turning(grid, rows.sum(axis=0), events.sum(axis=0), expected, rules, turn_gain):
        return straight
    turned = _learnt(grid, rows, events, expected, rules, turning=True)
    return turned if turned.gain > straight.gain + turn_gain else straight


def _by_fold(coded: Coded, place: int, folds: Ints) -> tuple[Floats, Floats]:
    """Rows and events by fold and fine bin, as weighted."""
    size, count = coded.grids[place].size, int(folds.max()) + 1
    cell = (folds + count * coded.event) * size + coded.codes[place]
    both = np.bincount(cell, weights=coded.weights, minlength=2 * count * size).reshape(2, count, size)
    events = both[1].astype(np.float64)
    return both[0] + events, events


def _learnt(
    grid: Grid, rows: Floats, events: Floats, expected: Expected | None, rules: BinRules, *, turning: bool
) -> Evidence:
    table, gain = np.zeros(rows.shape), 0.0
    for fold in range(rows.shape[0]):
        others = np.arange(rows.shape[0]) != fold
        table[fold] = _fine_woe(grid, rows[others].sum(axis=0), events[others].sum(axis=0), expected, rules, turning=turning)  # fmt: skip
        gain += gained(table[fold], rows[fold], events[fold], float(events.sum() / rows.sum()))
    return Evidence(table, gain, turning)


def _fine_woe(
    grid: Grid, rows: Floats, events: Floats, expected: Expected | None, rules: BinRules, *, turning: bool
) -> Floats:
    if expected is not None:
        rows, events = rows + expected.rows, events + expected.events
    place = final_bins(grid, rows, events, rules, turning=turning)
    found: Floats = woe(place, rows, events, rules)[place]
    return found


def _tells_more_turning(
    grid: Grid, rows: Floats, events: Floats, expected: Expected | None, rules: BinRules, turn_gain: float
) -> bool:
    """What does not tell more on the very rows it was learnt on need not be tried out of fold."""
    if grid.levels is not None:
        return False
    mean = float(events.sum() / rows.sum())
    straight, turned = (
        gained(_fine_woe(grid, rows, events, expected, rules, turning=turning), rows, events, mean)
        for turning in (False, True)
    )
    return turned > straight + turn_gain


def gained(evidence: Floats, rows: Floats, events: Floats, mean: float) -> float:
    """Log-likelihood that the evidence of each bin adds to the mean rate."""
    base = math.log(mean / (1 - mean))
    logit = base + evidence
    return float(events @ evidence - rows @ (np.logaddexp(0.0, logit) - math.log1p(math.exp(base))))


def first_look(coded: Coded, folds: Ints, rules: BinRules) -> Floats:
    """Gain of each column out of fold from a few plain ranges: enough to leave the weaker of thousands of columns out."""
    count, size = int(folds.max()) + 1, _COARSE + 1
    base = (folds + count * coded.event) * size
    found = np.zeros(len(coded.grids))
    step = max(1, _CELLS // base.size)
    for first in range(0, found.size, step):
        places = range(first, min(first + step, found.size))
        coarse = [_few(coded.grids[place])[coded.codes[place]] for place in places]
        cells = np.concatenate([base + each + 2 * count * size * at for at, each in enumerate(coarse)])
        weights = None if coded.weights is None else np.tile(coded.weights, len(places))
        both = np.bincount(cells, weights, 2 * count * size * len(places)).reshape(len(places), 2, count, size)
        found[first : first + len(places)] = _plain_gains(both.sum(axis=1).astype(np.float64), both[:, 1].astype(np.float64), rules)  # fmt: skip
    return found


def _few(grid: Grid) -> Ints:
    """A few groups of neighbouring fine bins, special values together with unknown."""
    few = np.arange(grid.size) * _COARSE // max(1, grid.ranges)
    few[grid.ranges :] = _COARSE
    return few


def _plain_gains(rows: Floats, events: Floats, rules: BinRules) -> Floats:
    """rows, events: column x fold x group."""
    mean = float(events[0].sum() / rows[0].sum())
    base = math.log(mean / (1 - mean))
    learnt_rows, hits = rows.sum(axis=1, keepdims=True) - rows, events.sum(axis=1, keepdims=True) - events
    misses = learnt_rows - hits + rules.smoothing_rows * (1 - mean)
    evidence = np.log((hits + rules.smoothing_rows * mean) / misses) - base
    told = events * evidence - rows * (np.logaddexp(0.0, base + evidence) - math.log1p(math.exp(base)))
    found: Floats = told.sum(axis=(1, 2))
    return found
