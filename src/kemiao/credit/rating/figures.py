"""How well a prediction ranks and how true it is: AUC, KS, Brier, calibration, intervals by bootstrap over rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def auc(score: Floats | Ints, event: Ints) -> float:
    """The chance that an event's score is above a non-event's; ties count half."""
    return float(_weighted_auc(*_ordered(score, event), np.ones((1, score.size)))[0])


def ks(score: Floats | Ints, event: Ints, case: Floats | None = None) -> float:
    """Greatest distance between the two classes' cumulative distributions. case: weights of the rows."""
    values, place = np.unique(score, return_inverse=True)
    counted = np.ones(event.size) if case is None else case
    hits = np.bincount(place, weights=counted * event, minlength=values.size).cumsum()
    misses = np.bincount(place, weights=counted * (1 - event), minlength=values.size).cumsum()
    return float(np.abs(hits / hits[-1] - misses / misses[-1]).max())


def brier(pd_ppm: Ints, event: Ints, case: Floats | None = None) -> float:
    return float(np.average((pd_ppm / 1e6 - event) ** 2, weights=case))


def bootstrap_aucs(scores: Sequence[Floats | Ints], event: Ints, draws: int, seed: int) -> Floats:
    """draws x len(scores): AUC of each score on the same resampled rows, each class resampled to its own size."""
    ordered = [_ordered(score, event) for score in scores]
    chunk = max(1, 4_000_000 // event.size)
    rng, found = np.random.default_rng(seed), []
    classes = [np.flatnonzero(event == outcome) for outcome in (0, 1)]
    for first in range(0, draws, chunk):
        count = min(chunk, draws - first)
        weights = np.zeros((count, event.size))
        for members in classes:
            drawn = rng.integers(0, members.size, (count, members.size))
            flat = (drawn + np.arange(count)[:, None] * members.size).ravel()
            weights[:, members] = np.bincount(flat, minlength=count * members.size).reshape(count, members.size)
        found.append(np.column_stack([_weighted_auc(*each, weights) for each in ordered]))
    return np.concatenate(found)


def interval(draws: Floats, level: float = 0.95) -> tuple[float, float]:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def calibration_table(pd_ppm: Ints, event: Ints, groups: int, case: Floats | None = None) -> list[dict[str, int]]:
    """Rows in groups of like PD, as many in each: what was predicted and what came, as weighted. With weights also
    mass_ppm, the group's part of all weight."""
    whole = 0.0 if case is None else float(case.sum())
    order = np.argsort(pd_ppm, kind="stable")
    table = []
    for members in np.array_split(order, groups):
        if members.size:
            mass = None if case is None else case[members]
            predicted, came = np.average(pd_ppm[members], weights=mass), np.average(event[members], weights=mass)
            part = {} if mass is None else {"mass_ppm": round(float(mass.sum()) / whole * 1_000_000)}
            table.append({"rows": int(members.size), "pd_ppm": round(float(predicted)), "event_ppm": round(float(came) * 1_000_000), **part})  # fmt: skip
    return table


def _ordered(score: Floats | Ints, event: Ints) -> tuple[Ints, Ints, Floats]:
    """Rows by score, where each run of equal scores begins, and the outcome in that order."""
    order = np.argsort(score, kind="stable")
    ordered = np.asarray(score)[order]
    runs = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    return order, runs, event[order].astype(np.float64)


def _weighted_auc(order: Ints, runs: Ints, event: Floats, weights: Floats) -> Floats:
    sorted_weights = weights[:, order]
    hits = np.add.reduceat(sorted_weights * event, runs, axis=1)
    misses = np.add.reduceat(sorted_weights * (1 - event), runs, axis=1)
    below = misses.cumsum(axis=1) - misses / 2
    result: Floats = (hits * below).sum(axis=1) / (hits.sum(axis=1) * misses.sum(axis=1))
    return result
