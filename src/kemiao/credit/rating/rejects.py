"""Reject inference by parcelling: what the applicants who were refused might have done, as a band, never as one number.

A card of the accepted scores the refused. In each band of its points they get their mean PD, times a factor (the observed rate
of the accepted there would be too low: in the open band at the end the refused lie further out): 1 says that the officers saw nothing beyond the score, the greatest that they saw much. Which of them default is
drawn, as many as the rate says; a card is fitted again for each factor. Nothing here makes the band narrower: outcomes of
refused applicants aren't known, and the answer is a statement about assumptions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.delong import auc_estimate, bounded, placements
from kemiao.credit.rating.examination_rules import PPM, RejectRules
from kemiao.credit.rating.fit import Fit, fit
from kemiao.credit.rating.folds import stratified_folds
from kemiao.credit.rating.intervals import Figure
from kemiao.credit.rating.rules import RatingRules

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Band:
    """points: from, to (None: open). bad_rate: of the accepted, out of fold; None without any. pd: mean of the refused."""

    low: int | None
    high: int | None
    accepted: int
    rejected: int
    bad_rate: float | None
    pd: float | None


@dataclass(frozen=True, slots=True)
class Arm:
    """factor None: no inference, the card of the accepted. bad_rate: of all applicants. approval: of all applicants, at
    the policy's bad rate. shift: points of the accepted less those without inference, at the 10 %, 50 % and 90 % of them."""

    factor: float | None
    rejected_bad_rate: float
    bad_rate: float
    auc_accepted: Figure
    approval: float
    shift: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class RejectInference:
    accepted: int
    rejected: int
    events: int
    bad_rate_max: float
    below_all: float  # share of the refused with fewer points than nearly all accepted: there the card guesses
    bands: tuple[Band, ...]
    arms: tuple[Arm, ...]


def infer(
    columns: Sequence[Column],
    event: Ints,
    accepted: npt.NDArray[np.bool_],
    rules: RatingRules,
    own: RejectRules,
    bad_rate_max: float,
    seed: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> RejectInference:
    """event: of the accepted; what stands there for the refused is not read."""
    inside, outside = np.flatnonzero(accepted), np.flatnonzero(~accepted)
    count = rules.validation.folds
    folds = stratified_folds(event[inside], count, (seed, 40))
    total, done = (count + 1) * (len(own.factors_ppm) + 1), 0

    def tick() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    held_points, held_pd = np.zeros(inside.size, np.int64), np.zeros(inside.size, np.int64)
    bases: list[Fit] = []
    for fold in range(count):
        base = fit(columns, event, inside[folds != fold], rules, (seed, 41, fold))
        held = folds == fold
        held_points[held] = base.points(columns, inside[held])
        held_pd[held] = base.pd_ppm(held_points[held])
        bases.append(base)
        tick()
    whole = fit(columns, event, inside, rules, (seed, 42))
    tick()
    cuts = np.unique(np.quantile(held_points, np.arange(1, own.bands) / own.bands, method="lower")).astype(np.int64)
    every = np.arange(event.size)
    before = whole.points(columns, every)
    place = np.searchsorted(cuts, before[outside], side="right")
    own_pd = _mean_of(place, whole.pd_ppm(before[outside]) / PPM)
    none = _arm(None, whole, before, columns, event, inside, outside, own_pd, held_pd - held_points / PPM, bad_rate_max)
    arms = [none]
    for number, factor in enumerate(own.factors_ppm):
        ranks = np.zeros(inside.size)
        for fold in range(count):
            train, held = inside[folds != fold], inside[folds == fold]
            points = bases[fold].points(columns, outside)
            bands = np.searchsorted(cuts, points, side="right")
            likely = _mean_of(bands, bases[fold].pd_ppm(points) / PPM)
            guessed = _parcelled(bands, likely, factor, (seed, 43, number, fold))
            learnt = fit(
                columns,
                _with(event, outside, guessed),
                np.concatenate([train, outside]),
                rules,
                (seed, 44, number, fold),
            )
            at = learnt.points(columns, held)
            ranks[folds == fold] = learnt.pd_ppm(at) - at / PPM
            tick()
        guessed = _parcelled(place, own_pd, factor, (seed, 45, number))
        learnt = fit(columns, _with(event, outside, guessed), every, rules, (seed, 46, number))
        expected = np.minimum(1.0, own_pd * factor / PPM)
        arms.append(_arm(factor / PPM, learnt, before, columns, event, inside, outside, expected, ranks, bad_rate_max))
        tick()
    low = int(np.quantile(before[inside], 0.01))
    return RejectInference(
        inside.size, outside.size, int(event[inside].sum()), bad_rate_max, float((before[outside] < low).mean()),
        _bands(cuts, held_points, event[inside], place, own_pd), tuple(arms),
    )  # fmt: skip


def _mean_of(place: Ints, pd: Floats) -> Floats:
    """Of each row the mean of its band."""
    means: Floats = (np.bincount(place, weights=pd) / np.maximum(np.bincount(place), 1))[place]
    return means


def _parcelled(place: Ints, chance: Floats, factor: int, seed: tuple[int, ...]) -> Ints:
    """In each band as many defaults as its rate says, drawn among its rows."""
    draw, guessed = np.random.default_rng(seed), np.zeros(place.size, np.int64)
    for band in np.unique(place).tolist():
        members = np.flatnonzero(place == band)
        wanted = round(members.size * min(1.0, float(chance[members[0]]) * factor / PPM))
        guessed[draw.permutation(members)[:wanted]] = 1
    return guessed


def _with(event: Ints, outside: Ints, guessed: Ints) -> Ints:
    found = event.copy()
    found[outside] = guessed
    return found


def _arm(
    factor: float | None, model: Fit, before: Ints, columns: Sequence[Column], event: Ints, inside: Ints, outside: Ints,
    expected: Floats, ranks: Floats, bad_rate_max: float,
) -> Arm:  # fmt: skip
    auc = bounded(auc_estimate(placements(ranks, event[inside]), event[inside]), event[inside])
    points = model.points(columns, np.arange(event.size))
    chance = event.astype(np.float64)
    chance[outside] = expected
    moved = np.quantile(points[inside] - before[inside], [0.1, 0.5, 0.9])
    return Arm(
        factor, float(expected.mean()), float(chance.mean()), Figure(auc.value, auc.low, auc.high), _approval(points, chance, bad_rate_max),
        (float(moved[0]), float(moved[1]), float(moved[2])),
    )  # fmt: skip


def _approval(points: Ints, chance: Floats, bad_rate_max: float) -> float:
    """The largest share, best points first and equals together, whose expected bad rate keeps the bound."""
    values, place = np.unique(-points, return_inverse=True)
    rows = np.bincount(place, minlength=values.size).cumsum()
    bad = np.bincount(place, weights=chance, minlength=values.size).cumsum()
    within = np.flatnonzero(bad <= bad_rate_max * rows)
    return float(rows[within[-1]] / points.size) if within.size else 0.0


def _bands(cuts: Ints, points: Ints, event: Ints, place: Ints, own_pd: Floats) -> tuple[Band, ...]:
    ends: list[int | None] = [None, *(int(cut) for cut in cuts.tolist()), None]
    inside = np.searchsorted(cuts, points, side="right")
    found = []
    for number in range(cuts.size + 1):
        own, theirs = inside == number, place == number
        found.append(Band(
            ends[number], ends[number + 1], int(own.sum()), int(theirs.sum()), float(event[own].mean()) if own.any() else None,
            float(own_pd[theirs][0]) if theirs.any() else None,
        ))  # fmt: skip
    return tuple(found)
