"""From points to PD: Platt or isotonic on out-of-fold points, whichever predicts better out of fold."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kemiao.credit.rating.logistic import log_loss
from kemiao.credit.rating.rules import CalibrationRules, ScaleRules
from kemiao.credit.rating.scorecard import PPM, step_curve

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_NEWTON_STEPS = 50


def logit_at(points: Ints, scale: ScaleRules) -> Floats:
    """What the points say before calibration: the logit of PD on the stated scale."""
    steps = (scale.points_at - points).astype(np.float64)
    logit: Floats = steps * (math.log(2) / scale.pdo) - math.log(scale.odds_at)
    return logit


def platt(logit: Floats, event: Ints, slope_penalty: float, case: Floats | None = None) -> tuple[float, float]:
    """(intercept, slope) of a logistic regression on the logit; the slope is pulled towards 1."""
    design = np.column_stack([np.ones(logit.size), logit])
    counted = np.ones(event.size) if case is None else case
    weights = np.array([0.0, 1.0])
    for _ in range(_NEWTON_STEPS):
        pd = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (counted * (pd - event)) + np.array([0.0, slope_penalty * (weights[1] - 1)])
        bend = (design * (counted * pd * (1 - pd))[:, None]).T @ design + np.diag([1e-9, slope_penalty + 1e-9])
        step = np.linalg.solve(bend, slope)
        weights = weights - np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    return float(weights[0]), max(0.0, float(weights[1]))


def isotonic(points: Ints, event: Ints, case: Floats | None = None) -> tuple[Floats, Floats]:
    """(centres, logits): event rates pooled until they fall with points, each block at its mean points, half an event and
    half a non-event added; between centres the curve is linear in the logit."""
    blocks: list[list[float]] = []  # rows, events, sum of points
    distinct, place = np.unique(points, return_inverse=True)
    rows = np.bincount(place, weights=case)
    hits = np.bincount(place, weights=event if case is None else event * case)
    for at, count, came in zip(distinct.tolist(), rows.tolist(), hits.tolist(), strict=True):
        block = [float(count), float(came), float(at) * count]
        while blocks and blocks[-1][1] * block[0] <= block[1] * blocks[-1][0]:
            before = blocks.pop()
            block = [a + b for a, b in zip(before, block, strict=True)]
        blocks.append(block)
    counts, came_in, sums = (np.array(each) for each in zip(*blocks, strict=True))
    logits = np.log((came_in + 0.5) / (counts - came_in + 0.5))
    return sums / counts, np.minimum.accumulate(logits)


def calibrate(
    points: Ints,
    event: Ints,
    folds: Ints,
    scale: ScaleRules,
    rules: CalibrationRules,
    low: int,
    high: int,
    case: Floats | None = None,
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """(method, pd_curve over low..high). points: out of fold; folds: the inner folds they came from; case: weights."""
    method = "platt"
    if event.sum() >= rules.isotonic_events_min:
        losses = {
            name: _held_out_loss(name, points, event, folds, scale, rules, case) for name in ("platt", "isotonic")
        }
        method = min(losses, key=lambda name: (losses[name], name == "isotonic"))
    at = np.arange(low, high + 1)
    return method, _curve(at, _predicted(method, points, event, at, scale, rules, case), scale)


def _held_out_loss(
    method: str, points: Ints, event: Ints, folds: Ints, scale: ScaleRules, rules: CalibrationRules, case: Floats | None
) -> float:
    loss = 0.0
    for fold in np.unique(folds):
        held = folds == fold
        if held.all():
            held = np.arange(points.size) % 2 == 0
        learnt, told = (None, None) if case is None else (case[~held], case[held])
        predicted = _predicted(method, points[~held], event[~held], points[held], scale, rules, learnt)
        loss += log_loss(predicted, event[held], told)
    return loss


def _predicted(
    method: str, points: Ints, event: Ints, at: Ints, scale: ScaleRules, rules: CalibrationRules, case: Floats | None
) -> Floats:
    if method == "isotonic":
        centres, logits = isotonic(points, event, case)
        interpolated: Floats = np.interp(at, centres, logits)
        return interpolated
    intercept, slope = platt(logit_at(points, scale), event, rules.slope_penalty, case)
    line: Floats = intercept + slope * logit_at(at, scale)
    return line


def _curve(at: Ints, logit: Floats, scale: ScaleRules) -> tuple[tuple[int, int], ...]:
    pd = np.rint(PPM / (1 + np.exp(-logit))).astype(np.int64)
    bounded = np.minimum.accumulate(np.clip(pd, scale.pd_floor_ppm, scale.pd_cap_ppm))
    return step_curve(list(zip(at.tolist(), bounded.tolist(), strict=True)))
