"""Validation that a stranger can believe: all that is learnt, and the choice between card and challenger, is learnt in the fold.

Nested: `fit` and `grow` see the training rows of an outer fold only, calibrate on inner folds of them, and what these
inner folds predict decides between the two (choice.py). Repeated with other folds; AUC is the mean over repeats of the
pooled out-of-fold AUC. Its interval (DeLong) speaks of the rows we have, not of other training sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.base.refusal import Refusal
from kemiao.credit.rating import figures
from kemiao.credit.rating.choice import Fitted, Kind, fit_kind
from kemiao.credit.rating.columns import Column, TrainingTable
from kemiao.credit.rating.delong import Estimate, auc_estimate, bounded, mean_placements, placements
from kemiao.credit.rating.leaks import turned_over
from kemiao.credit.rating.rules import RatingRules
from kemiao.credit.rating.scorecard import Scorecard
from kemiao.credit.rating.screen import Screened, screen
from kemiao.credit.rating.splits import Split, by_column, stratified, tested

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]
Ranks = Sequence[Floats | Ints]


@dataclass(frozen=True, slots=True)
class Prediction:
    """By repeat, of each row held out: points, PD, and the rank that they give (greater is riskier)."""

    points: list[Ints]
    pd_ppm: list[Ints]
    rank: list[Floats]


@dataclass(frozen=True, slots=True)
class Held:
    """What was predicted of rows that were not learnt from.

    rows: places in the training table, rising; every array here has one value for each of them. folds: by repeat, the
    number of the fold that held the row out. card, challenger: None where the kind asked for does not need it.
    """

    rows: Ints
    event: Ints
    folds: list[Ints]
    card: Prediction | None
    challenger: Prediction | None
    chosen: Prediction
    baseline: list[Floats]
    weights: Floats | None = None  # of cases: then every figure counts a row of weight 2 as two rows


@dataclass(frozen=True, slots=True)
class Contender:
    """Figures of one kind on the rows held out. size: mean number of columns that a fold's model reads."""

    auc: float
    auc_low: float
    auc_high: float
    ks: float
    brier: float
    mean_pd_ppm: int
    size: float
    by_repeat: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A single column that ranks the same rows; its direction, and for choices its event rates, are learnt in the fold."""

    column: str
    auc: float
    auc_low: float
    auc_high: float
    difference: float  # of the chosen model's AUC to it, on the same rows
    difference_low: float
    difference_high: float


@dataclass(frozen=True, slots=True)
class Validation:
    """kind: what was asked for. chosen: in each fold card or challenger, as its own training rows decided."""

    kind: Kind
    chosen: Contender
    card: Contender | None
    challenger: Contender | None
    difference: Estimate | None  # AUC of the challenger less the card's
    challenger_chosen: int  # in so many of `fits`
    fits: int
    rows: int
    events: int
    folds: int
    repeats: int
    inner_folds: int
    seed: int
    split: str  # "stratified", "fold COLUMN", "test COLUMN=VALUE"
    event_rate_ppm: int
    calibration: tuple[dict[str, int], ...]
    baseline: Comparison | None
    screened: Screened
    held: Held

    @property
    def auc(self) -> float:
        return self.chosen.auc

    @property
    def auc_low(self) -> float:
        return self.chosen.auc_low

    @property
    def auc_high(self) -> float:
        return self.chosen.auc_high

    @property
    def ks(self) -> float:
        return self.chosen.ks

    @property
    def brier(self) -> float:
        return self.chosen.brier

    @property
    def mean_pd_ppm(self) -> int:
        return self.chosen.mean_pd_ppm

    @property
    def by_repeat(self) -> tuple[float, ...]:
        return self.chosen.by_repeat

    @property
    def characteristics(self) -> float:
        return self.chosen.size

    @property
    def card_auc(self) -> float | None:
        return self.card.auc if self.card else None

    @property
    def challenger_auc(self) -> float | None:
        return self.challenger.auc if self.challenger else None


@dataclass(frozen=True, slots=True)
class HoldOut:
    """Which rows are held out where it is not drawn: each value of a column in turn, or one value of it once."""

    column: str
    value: str | None = None


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
    table: TrainingTable,
    rules: RatingRules,
    seed: int,
    against: Column | None,
    progress: Progress,
    kind: Kind = "best",
    hold_out: HoldOut | None = None,
    prior: Scorecard | None = None,
) -> Validation | Refusal:
    """against: a column to compare with, of the table or beside it. prior: a card that the fitted one leans to. Refuses too few events, a table with no usable column,
    and a way of holding out that leaves nothing to learn from or to measure."""
    refused = enough(table, rules)
    if refused:
        return refused
    splits = _splits(table, rules, seed, hold_out)
    if isinstance(splits, Refusal):
        return splits
    learnt = table.without(hold_out.column) if hold_out else table
    screened = screen(learnt.columns, learnt.event, rules.screen, seed, learnt.numbers)
    if not screened.usable:
        return Refusal("NO_USABLE_COLUMN", "没有可用的列:全部被拒绝", "there is no usable column: all were refused")
    turned = turned_over(screened.usable, learnt.event, learnt.numbers, rules.screen)
    if turned:
        return turned
    held, fits, sizes = out_of_fold(
        screened.usable, against, table.event, rules, seed, splits, progress, kind, table.weights, prior
    )
    return _measured(held, fits, sizes, table, rules, seed, kind, hold_out, screened, against)


def _splits(
    table: TrainingTable, rules: RatingRules, seed: int, hold_out: HoldOut | None
) -> tuple[tuple[Split, ...], ...] | Refusal:
    """By repeat, the folds of it."""
    if hold_out is None:
        return stratified(table.event, rules.validation.folds, _repeats(table.event, rules), seed)
    column = next((each for each in table.columns if each.name == hold_out.column), None)
    if column is None:
        return Refusal.at("NO_SUCH_COLUMN", "没有这一列", "there is no such column", column=hold_out.column)
    least = rules.validation.events_min
    if hold_out.value is None:
        return by_column(column, table.event, least)
    return tested(column, hold_out.value, table.event, least)


def _repeats(event: Ints, rules: RatingRules) -> int:
    if event.sum() > rules.validation.events_one_repeat:
        return 1
    return next(repeats for rows_to, repeats in rules.validation.repeats if event.size <= rows_to)


def out_of_fold(
    columns: Sequence[Column],
    against: Column | None,
    event: Ints,
    rules: RatingRules,
    seed: int,
    splits: Sequence[Sequence[Split]],
    progress: Progress,
    kind: Kind,
    weights: Floats | None = None,
    prior: Scorecard | None = None,
) -> tuple[Held, list[Fitted], dict[str, float]]:
    """(predictions, the fits in their order, mean size by name). Every row held out is predicted by what never saw it."""
    rows = np.unique(np.concatenate([each.held for each in splits[0]]))
    names = ("card", "challenger", "chosen") if kind == "best" else (kind, "chosen")
    found = {name: Prediction([], [], []) for name in names}
    base: list[Floats] = []
    folds: list[Ints] = []
    fits: list[Fitted] = []
    total = sum(len(each) for each in splits)
    for repeat, split in enumerate(splits):
        for each in found.values():
            each.points.append(np.zeros(rows.size, np.int64))
            each.pd_ppm.append(np.zeros(rows.size, np.int64))
            each.rank.append(np.zeros(rows.size))
        folds.append(np.zeros(rows.size, np.int64))
        base.append(np.zeros(rows.size))
        for number, (train, held) in enumerate((each.train, each.held) for each in split):
            at = np.searchsorted(rows, held)
            fitted = fit_kind(kind, columns, event, train, rules, (seed, 20, repeat, number), weights, prior)
            fits.append(fitted)
            for name, prediction in found.items():
                model = getattr(fitted, name)
                points = model.points(columns, held)
                prediction.points[-1][at], prediction.pd_ppm[-1][at] = points, model.pd_ppm(points)
            folds[-1][at] = number
            if against is not None:
                base[-1][at] = _single(against, event, train, held)
            progress(len(fits), total)
        for name, each in found.items():
            alike = len({fitted.chose for fitted in fits[-len(split) :]}) == 1 or name != "chosen"
            each.rank[-1] = _rank(each.points[-1], each.pd_ppm[-1], alike)
    predicted = Held(
        rows, event[rows], folds, found.get("card"), found.get("challenger"), found["chosen"],
        base if against is not None else [], None if weights is None else weights[rows],
    )  # fmt: skip
    return predicted, fits, {name: float(np.mean([getattr(each, name).size for each in fits])) for name in names}


def _rank(points: Ints, pd_ppm: Ints, alike: bool) -> Floats:
    """Points mean the same in every fold, so they rank; each fold's own calibration would only add its noise to them. Where
    cards and trees are mixed, PD ranks, and equal PDs (isotonic steps, floor) are told apart by points: a thousandth of a
    ppm is enough."""
    return -points.astype(np.float64) if alike else pd_ppm - points / 1_000_000


def _measured(
    held: Held,
    fits: Sequence[Fitted],
    sizes: dict[str, float],
    table: TrainingTable,
    rules: RatingRules,
    seed: int,
    kind: Kind,
    hold_out: HoldOut | None,
    screened: Screened,
    against: Column | None,
) -> Validation:
    contenders = {
        name: _contender(prediction, held.event, sizes[name], held.weights)
        for name in ("card", "challenger", "chosen")
        if (prediction := getattr(held, name)) is not None
    }
    difference = None
    if held.card and held.challenger:
        difference = _difference(held.challenger.rank, held.card.rank, held.event, held.weights)
    one_split = table.event.sum() > rules.validation.events_one_repeat
    pooled, outcome = np.concatenate(held.chosen.pd_ppm), np.tile(held.event, len(held.folds))
    case = None if held.weights is None else np.tile(held.weights, len(held.folds))
    split = "stratified" if hold_out is None else f"fold {hold_out.column}"
    if hold_out is not None and hold_out.value is not None:
        split = f"test {hold_out.column}={hold_out.value}"
    return Validation(
        kind, contenders["chosen"], contenders.get("card"), contenders.get("challenger"), difference,
        sum(each.chose == "challenger" for each in fits), len(fits),
        int(held.rows.size), int(held.event.sum()), len(fits) // len(held.folds), len(held.folds),
        1 if one_split else rules.calibration.inner_folds, seed, split,
        round(float(np.average(held.event, weights=held.weights)) * 1_000_000),
        tuple(figures.calibration_table(pooled, outcome, rules.calibration.groups, case)),
        _comparison(against, held) if against else None, screened, held,
    )  # fmt: skip


def _contender(prediction: Prediction, event: Ints, size: float, case: Floats | None) -> Contender:
    ranked = _ranked(prediction.rank, event, case)
    return Contender(
        ranked.value, ranked.low, ranked.high,
        float(np.mean([figures.ks(each, event, case) for each in prediction.rank])),
        float(np.mean([figures.brier(each, event, case) for each in prediction.pd_ppm])),
        round(float(np.mean([np.average(each, weights=case) for each in prediction.pd_ppm]))), size,
        tuple(auc_estimate(placements(each, event, case), event, case).value for each in prediction.rank),
    )  # fmt: skip


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


def _comparison(against: Column, held: Held) -> Comparison:
    base = _ranked(held.baseline, held.event, held.weights)
    difference = _difference(held.chosen.rank, held.baseline, held.event, held.weights)
    return Comparison(against.name, base.value, base.low, base.high, difference.value, difference.low, difference.high)


def _ranked(ranks: Ranks, event: Ints, case: Floats | None) -> Estimate:
    return bounded(auc_estimate(mean_placements(ranks, event, case), event, case), event)


def _difference(one: Ranks, other: Ranks, event: Ints, case: Floats | None) -> Estimate:
    """Mean AUC of one less that of the other, on the same rows."""
    first, second = mean_placements(one, event, case), mean_placements(other, event, case)
    return auc_estimate((first[0] - second[0], first[1] - second[1]), event, case)
