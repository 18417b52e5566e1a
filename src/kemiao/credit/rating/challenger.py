"""Grows a challenger: boosted trees of small depth, along whose columns risk goes one way where training says so.

Everything that learns is in here: what a level's risk is, which way a column goes, how many trees there are. The number
of trees is the one that predicts the inner folds best; what it predicted there calibrates the points, as a card's do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from kemiao.credit.rating.calibration import calibrate
from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.evidence import Coded, held_out
from kemiao.credit.rating.figures import auc
from kemiao.credit.rating.fit import code, looked_at
from kemiao.credit.rating.folds import stratified_folds
from kemiao.credit.rating.one_thread import one_thread
from kemiao.credit.rating.rules import ChallengerRules, RatingRules, ScaleRules
from kemiao.credit.rating.scoring import pd_at
from kemiao.credit.rating.trees import MILLI, Tree, lightgbm_text, parse_lightgbm

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Read:
    """What splits compare: a column's value, or whether it is a special one, or (risks) the risk of its level.

    risks: by level, thousandths of log-odds above the mean. direction: as trees.Feature's."""

    column: int
    direction: int
    special: float | None = None
    risks: Ints | None = None
    other: int = 0

    def of(self, column: Column, rows: Ints) -> Floats:
        values = column.values[rows]
        if self.risks is not None:
            risks = np.append(self.risks.astype(np.float64), np.nan)  # the last place: unknown
            read: Floats = risks[values.astype(np.int64)]
            return read
        if self.special is not None:
            return np.where(values == self.special, 1.0, 0.0)
        apart = np.isin(values, column.special) if column.special else np.zeros(rows.size, bool)
        return np.where(apart, np.nan, values)


@dataclass(frozen=True, slots=True)
class Grown:
    """trees read `reads` by number. held, held_points: as a fitted card's."""

    base_milli: int
    reads: tuple[Read, ...]
    trees: tuple[Tree, ...]
    curve: tuple[tuple[int, int], ...]
    calibration: str
    held: Ints
    held_points: Ints

    @property
    def size(self) -> int:
        """Columns that it reads."""
        return len({self.reads[each].column for tree in self.trees for each in tree.inputs})

    def points(self, columns: Sequence[Column], rows: Ints) -> Ints:
        inputs = np.column_stack([each.of(columns[each.column], rows) for each in self.reads])
        milli = leaves_sum(lightgbm_text(self.trees, len(self.reads)), inputs)
        return (self.base_milli + milli) // MILLI

    def pd_ppm(self, points: Ints) -> Ints:
        return pd_at(self.curve, points)


@lru_cache(maxsize=8)
def booster(text: str) -> Any:
    """LightGBM's reading of a model's text."""
    import lightgbm as lgb  # takes a second, and most who read this module never fit or score by trees

    return lgb.Booster(model_str=text)


def leaves_sum(text: str, inputs: Floats, threads: int = 1) -> Ints:
    """Thousandths of a point of each row: whole numbers, so the sum of doubles is exact."""
    total = booster(text).predict(inputs, raw_score=True, num_threads=threads)
    return np.asarray(total).astype(np.int64)


@one_thread()
def grow(
    columns: Sequence[Column],
    event: Ints,
    rows: Ints,
    rules: RatingRules,
    seed: tuple[int, ...],
    weights: Floats | None = None,
    coded: Coded | None = None,
) -> Grown:
    """A calibrated challenger from the given rows only; inner folds are those of a card with the same seed.

    coded: these very rows, where they were coded already. Of very many columns each fold grows from those that its own first look keeps."""
    coded = coded or code(columns, event, rows, rules, weights)
    outcome, case = coded.event, coded.weights
    count = rules.calibration.inner_folds
    folds = stratified_folds(outcome, count, (*seed, 1))
    inner = range(1 if outcome.sum() > rules.validation.events_one_repeat else count)
    looks = [_look(coded.taken(np.flatnonzero(folds != fold)), rules, (*seed, 5, fold)) for fold in inner]
    look = _look(coded, rules, (*seed, 6))
    directions = _directions(columns, rows, coded, sorted({*look, *chain(*looks)}), rules, seed)
    curves, boosters, held_inputs = [], [], []
    for fold in inner:
        train, held = folds != fold, folds == fold
        reads = _reads(columns, looks[fold], event, rows[train], rules, directions, weights)
        held_inputs.append(_matrix(reads, columns, rows[held]))
        fitted, losses = _boosted(
            _matrix(reads, columns, rows[train]), outcome[train], None if case is None else case[train], reads, rules.challenger,
            rules.challenger.rounds_max, (held_inputs[-1], outcome[held]),
        )  # fmt: skip
        boosters.append(fitted)
        curves.append(losses)
    rounds = _best_rounds(curves, rules.challenger.rounds_max)
    out_of_fold = np.zeros(rows.size, np.int64)
    for fold, fitted, inputs in zip(inner, boosters, held_inputs, strict=True):
        logit = fitted.predict(inputs, raw_score=True, num_iteration=rounds)
        out_of_fold[folds == fold] = np.rint(_points_at(logit, rules.scale))
    reads = _reads(columns, look, event, rows, rules, directions, weights)
    final, _ = _boosted(_matrix(reads, columns, rows), outcome, case, reads, rules.challenger, rounds, None)
    trees = parse_lightgbm(final.model_to_string(num_iteration=rounds), -MILLI * _factor(rules.scale))
    base = round(MILLI * (rules.scale.points_at - _factor(rules.scale) * math.log(rules.scale.odds_at))) + MILLI // 2
    low, high = ((base + sum(end(each.leaves) for each in trees)) // MILLI for end in (min, max))
    held_rows = np.isin(folds, list(inner))
    method, curve = calibrate(
        out_of_fold[held_rows], outcome[held_rows], folds[held_rows], rules.scale, rules.calibration, low, high,
        None if case is None else case[held_rows],
    )  # fmt: skip
    return Grown(base, reads, trees, curve, method, np.flatnonzero(held_rows), out_of_fold[held_rows])


def _look(coded: Coded, rules: RatingRules, seed: tuple[int, ...]) -> list[int]:
    """Places of the columns that are grown from."""
    if len(coded.grids) <= rules.selection.columns_looked_at:
        return list(range(len(coded.grids)))
    return looked_at(coded, stratified_folds(coded.event, rules.selection.cross_folds, seed), rules)


def _factor(scale: ScaleRules) -> float:
    return scale.pdo / math.log(2)


def _points_at(logit: Floats, scale: ScaleRules) -> Floats:
    points: Floats = scale.points_at - _factor(scale) * (logit + math.log(scale.odds_at))
    return points


def _matrix(reads: Sequence[Read], columns: Sequence[Column], rows: Ints) -> Floats:
    return np.column_stack([each.of(columns[each.column], rows) for each in reads])


def _reads(
    columns: Sequence[Column],
    places: Sequence[int],
    event: Ints,
    rows: Ints,
    rules: RatingRules,
    directions: Mapping[int, int],
    weights: Floats | None,
) -> tuple[Read, ...]:
    found: list[Read] = []
    for place in places:
        column = columns[place]
        if column.kind == "number":
            found.append(Read(place, directions[place]))
            found += [Read(place, 0, special=special) for special in column.special]
        else:
            risks, other = _risks(column, event, rows, rules, weights)
            found.append(Read(place, 1, risks=risks, other=other))
    return tuple(found)


def _risks(column: Column, event: Ints, rows: Ints, rules: RatingRules, weights: Floats | None) -> tuple[Ints, int]:
    """Smoothed log-odds of each level above the mean's, in thousandths; thin levels share theirs, unseen ones have it too."""
    codes, outcome = column.values[rows].astype(np.int64), event[rows].astype(np.float64)
    case = np.ones(rows.size) if weights is None else weights[rows]
    known, levels = codes >= 0, len(column.levels)
    counts = np.bincount(codes[known], minlength=levels)
    mass = np.bincount(codes[known], weights=case[known], minlength=levels)
    hits = np.bincount(codes[known], weights=(case * outcome)[known], minlength=levels)
    thin = counts < rules.binning.level_rows_min
    mean = float(case @ outcome / case.sum())
    smooth = rules.binning.smoothing_rows

    mass, hits = (np.append(each, each[thin].sum()) for each in (mass, hits))  # the last place: thin levels together
    rate = (hits + smooth * mean) / (mass + smooth)
    risk = np.rint(1000 * (np.log(rate / (1 - rate)) - math.log(mean / (1 - mean)))).astype(np.int64)
    return np.where(thin, risk[-1], risk[:-1]), int(risk[-1])


def _directions(
    columns: Sequence[Column], rows: Ints, coded: Coded, places: Sequence[int], rules: RatingRules, seed: tuple[int, ...]
) -> dict[int, int]:  # fmt: skip
    """Of each number the way that risk goes with it, where training is sure of one and it does not turn; else 0."""
    folds = stratified_folds(coded.event, rules.selection.cross_folds, (*seed, 4))
    plain = replace(coded, expected=[None] * len(coded.grids))  # a prior is the card's
    found = {}
    for place in places:
        column, way = columns[place], 0
        if column.kind == "number":
            values = column.values[rows].astype(np.float64)
            ordinary = ~np.isnan(values) & ~np.isin(values, column.special)
            way = _way(values[ordinary], coded.event[ordinary], rules.challenger.direction_z)
        if way and held_out(plain, place, folds, rules.binning, rules.turn_gain).turning:
            way = 0
        found[place] = way
    return found


def _way(values: Floats, event: Ints, sure: float) -> int:
    """Sign of the rank correlation where it is `sure` standard errors from none."""
    events, others = int(event.sum()), int(event.size - event.sum())
    if min(events, others) == 0:
        return 0
    lean = auc(values, event) - 0.5
    error = math.sqrt((events + others + 1) / (12 * events * others))
    return 0 if abs(lean) < sure * error else int(math.copysign(1, lean))


def _boosted(
    inputs: Floats,
    event: Ints,
    case: Floats | None,
    reads: Sequence[Read],
    rules: ChallengerRules,
    rounds: int,
    held: tuple[Floats, Ints] | None,
) -> tuple[Any, Floats]:
    """(booster, loss on the held rows after each round). Stops where no round of the last `patience` was better."""
    import lightgbm as lgb

    large = event.size > rules.rows_large
    parameters = {
        "objective": "binary", "verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True, "feature_pre_filter": False,
        "seed": 1, "max_bin": rules.ranges, "max_depth": rules.depth_max, "num_leaves": rules.leaves_max,
        "learning_rate": rules.learning_rate_large if large else rules.learning_rate, "lambda_l2": rules.leaf_penalty,
        "min_data_in_leaf": max(rules.leaf_rows_min, min(rules.leaf_rows, event.size // rules.leaf_rows_share)),
        "feature_fraction_bynode": rules.columns_a_split_ppm / 1e6, "monotone_constraints": [each.direction for each in reads],
    }  # fmt: skip
    data = lgb.Dataset(inputs, event.astype(np.float64), weight=case, params=parameters)
    found = lgb.Booster(parameters, data)
    if held is not None:
        found.add_valid(data.create_valid(held[0], held[1].astype(np.float64), params=data.get_params()), "held")
    losses: list[float] = []
    best = 0
    for number in range(rounds):
        if found.update():
            break
        if held is not None:
            losses.append(float(found.eval_valid()[0][2]) * held[1].size)
            best = number if losses[number] < losses[best] else best
            if number - best > rules.patience:
                break
    return found, np.array(losses)


def _best_rounds(curves: Sequence[Floats], most: int) -> int:
    """The number of trees with the least loss over all inner folds; a fold that stopped stays at its last loss."""
    total = np.zeros(most)
    for losses in curves:
        if losses.size:
            total += np.append(losses, np.full(most - losses.size, losses[-1]))
    return int(total.argmin()) + 1
