"""Validation that a stranger can believe: selection, bins, coefficients and calibration are learnt inside each fold.

Nested: `fit` sees the training rows of an outer fold only and calibrates on inner folds of them. Repeated with other
folds; AUC is the mean over repeats of the pooled out-of-fold AUC. Its interval resamples rows within each class and so
speaks of the rows we have, not of other training sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.base.refusal import Refusal
from kemiao.credit.rating import figures
from kemiao.credit.rating.columns import Column, TrainingTable
from kemiao.credit.rating.fit import fit
from kemiao.credit.rating.folds import stratified_folds
from kemiao.credit.rating.rules import RatingRules
from kemiao.credit.rating.screen import Screened, screen

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A single column that ranks the same rows; its direction, and for choices its event rates, are learnt in the fold."""

    column: str
    auc: float
    auc_low: float
    auc_high: float
    difference: float  # of the card's AUC to it, on the same resampled rows
    difference_low: float
    difference_high: float


@dataclass(frozen=True, slots=True)
class Validation:
    auc: float
    auc_low: float
    auc_high: float
    ks: float
    brier: float
    rows: int
    events: int
    folds: int
    repeats: int
    inner_folds: int
    draws: int
    seed: int
    characteristics: float  # mean number in a fold's card
    mean_pd_ppm: int
    event_rate_ppm: int
    calibration: tuple[dict[str, int], ...]
    by_repeat: tuple[float, ...]
    baseline: Comparison | None
    screened: Screened


def enough(table: TrainingTable, rules: RatingRules) -> Refusal | None:
    """Too few defaults, or too few others, teach nothing."""
    events, others = int(table.event.sum()), int(table.event.size - table.event.sum())
    least = rules.validation.events_min
    if min(events, others) >= least:
        return None
    return Refusal.at(
        "TOO_FEW_EVENTS", f"违约 {events} 户、未违约 {others} 户,至少各需 {least} 户", f"{events} defaults and {others} others; at least {least} of each are needed",
        column=table.label,
    )  # fmt: skip


def validate(
    table: TrainingTable, rules: RatingRules, seed: int, against: Column | None, progress: Progress
) -> Validation | Refusal:
    """against: a column to compare with, of the table or beside it. Refuses too few events and a table with no usable column."""
    refused = enough(table, rules)
    if refused:
        return refused
    screened = screen(table.columns, table.event, rules.screen, seed)
    if not screened.usable:
        return Refusal("NO_USABLE_COLUMN", "没有可用的列:全部被拒绝", "there is no usable column: all were refused")
    repeats = _repeats(table.event, rules)
    held = out_of_fold(screened.usable, against, table.event, rules, seed, repeats, progress)
    predicted, rank, base = held.pd_ppm, held.ranks, held.baseline
    draws = figures.bootstrap_aucs([*rank, *base], table.event, rules.validation.bootstrap_draws, seed)
    aucs = [figures.auc(each, table.event) for each in rank]
    low, high = figures.interval(draws[:, :repeats].mean(axis=1))
    pooled, outcome = np.concatenate(predicted), np.tile(table.event, repeats)
    one_split = table.event.sum() > rules.validation.events_one_repeat
    return Validation(
        float(np.mean(aucs)), low, high,
        float(np.mean([figures.ks(each, table.event) for each in rank])),
        float(np.mean([figures.brier(each, table.event) for each in predicted])),
        table.event.size, int(table.event.sum()), rules.validation.folds, repeats, 1 if one_split else rules.calibration.inner_folds,
        rules.validation.bootstrap_draws, seed, float(np.mean(held.sizes)),
        round(float(pooled.mean())), round(float(table.event.mean()) * 1_000_000),
        tuple(figures.calibration_table(pooled, outcome, rules.calibration.groups)),
        tuple(aucs),
        _comparison(against, base, aucs, table.event, draws, repeats) if against else None,
        screened,
    )  # fmt: skip


def _repeats(event: Ints, rules: RatingRules) -> int:
    if event.sum() > rules.validation.events_one_repeat:
        return 1
    return next(repeats for rows_to, repeats in rules.validation.repeats if event.size <= rows_to)


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Per repeat: pd_ppm of each row, the rank it gives, the baseline's rank (empty without one); the size of each card."""

    pd_ppm: list[Ints]
    ranks: list[Floats]
    baseline: list[Floats]
    sizes: list[int]


def out_of_fold(
    columns: Sequence[Column],
    against: Column | None,
    event: Ints,
    rules: RatingRules,
    seed: int,
    repeats: int,
    progress: Progress,
) -> OutOfFold:
    """Every row predicted by a card that never saw it, once a repeat."""
    found = OutOfFold([], [], [], [])
    folds_count = rules.validation.folds
    for repeat in range(repeats):
        folds = stratified_folds(event, folds_count, (seed, 10, repeat))
        pd, rank, other = np.zeros(event.size, np.int64), np.zeros(event.size), np.zeros(event.size)
        for fold in range(folds_count):
            train, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            card = fit(columns, event, train, rules, (seed, 20, repeat, fold))
            points = card.points(columns, held)
            pd[held] = card.pd_ppm(points)
            # Equal PDs (isotonic steps, floor) are told apart by points: a thousandth of a ppm is enough to rank.
            rank[held] = pd[held] - points / 1_000_000
            found.sizes.append(len(card.parts))
            if against is not None:
                other[held] = _single(against, event, train, held)
            progress(repeat * folds_count + fold + 1, repeats * folds_count)
        found.pd_ppm.append(pd)
        found.ranks.append(rank)
        if against is not None:
            found.baseline.append(other)
    return found


def _single(column: Column, event: Ints, train: Ints, held: Ints) -> Floats:
    """The strongest plain use of one column: numbers by their own order (unknown in the middle), choices by event rate."""
    values, outcome = column.values, event[train]
    if column.kind == "number":
        middle = np.nanmedian(values[train])
        filled = np.where(np.isnan(values), middle, values)
        sign = 1.0 if figures.auc(filled[train], outcome) >= 0.5 else -1.0
        ranked: Floats = sign * filled[held]
        return ranked
    places = values.astype(np.int64) + 1
    rows = np.bincount(places[train], minlength=len(column.levels) + 1)
    hits = np.bincount(places[train], weights=outcome, minlength=len(column.levels) + 1)
    rates: Floats = (hits + outcome.mean()) / (rows + 1)
    return rates[places[held]]


def _comparison(
    against: Column, base: Sequence[Floats], aucs: Sequence[float], event: Ints, draws: Floats, repeats: int
) -> Comparison:
    own = [figures.auc(each, event) for each in base]
    low, high = figures.interval(draws[:, repeats:].mean(axis=1))
    differences = draws[:, :repeats].mean(axis=1) - draws[:, repeats:].mean(axis=1)
    difference_low, difference_high = figures.interval(differences)
    mean = float(np.mean(own))
    return Comparison(against.name, mean, low, high, float(np.mean(aucs)) - mean, difference_low, difference_high)
