"""Logistic regression on weights of evidence: no coefficient below zero, penalised towards equal ones.

A weight of evidence is already oriented (positive means riskier), so a negative coefficient would turn a reason round:
it is held at zero. The penalty pulls the coefficients towards their common mean rather than towards zero: with few
events the card tends to equal weights, which small samples can't beat; with many it is plain logistic regression.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_NEWTON_STEPS = 60
_HALVINGS = 30
_STEP_MIN = 1e-9
_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Pull:
    """Penalties: spread pulls the coefficients towards their common mean, size towards nothing; those that are anchored
    are pulled towards 1 instead, by anchor."""

    spread: float
    size: float
    anchored: npt.NDArray[np.bool_] | None = None
    anchor: float = 0.0


def log_loss(logit: Floats, event: Ints, weights: Floats | None = None) -> float:
    """Sum over rows of -log likelihood."""
    each = np.logaddexp(0.0, logit) - logit * event
    return float(each.sum() if weights is None else each @ weights)


def fit_logistic(features: Floats, event: Ints, pull: Pull, weights: Floats | None = None) -> tuple[float, Floats]:
    """(intercept, coefficients >= 0) least in: log loss + spread/2 |b - mean b|^2 + size/2 |b|^2, anchored ones apart.

    Newton steps, each to the best point of its quadratic under the bounds, so that zeros are exact.
    """
    count = features.shape[1]
    case = np.ones(event.size) if weights is None else weights
    outcome = event.astype(np.float64)
    design = np.column_stack([np.ones(event.size), features])
    bend_by_pull, goal = _quadratic(count, pull)
    mean = float(case @ outcome / case.sum())
    at = np.append(np.log(mean / (1 - mean)), np.full(count, 0.5))
    lowest = np.append(-np.inf, np.zeros(count))

    def loss(point: Floats) -> float:
        logit = design @ point
        return float(
            case @ (np.logaddexp(0.0, logit) - outcome * logit) + point @ (bend_by_pull @ point) / 2 - goal @ point
        )

    reached = loss(at)
    for _ in range(_NEWTON_STEPS):
        pd = 1 / (1 + np.exp(-(design @ at)))
        slope = design.T @ (case * (pd - outcome)) + bend_by_pull @ at - goal
        bend = _gram(design, case * pd * (1 - pd)) + bend_by_pull
        bend[np.diag_indices(count + 1)] += 1e-9
        step = _bounded(bend, slope, at, lowest) - at
        share = 1.0
        for _ in range(_HALVINGS):
            tried = loss(at + share * step)
            if tried <= reached:
                break
            share /= 2
        else:
            break
        at, reached = np.maximum(at + share * step, lowest), tried
        if np.abs(share * step).max() < _STEP_MIN:
            break
    return float(at[0]), at[1:]


def _gram(design: Floats, weights: Floats) -> Floats:
    """design' diag(weights) design, a block of rows at a time: a copy of a million rows is not needed."""
    total = np.zeros((design.shape[1], design.shape[1]))
    for first in range(0, design.shape[0], _BLOCK):
        block = design[first : first + _BLOCK]
        total += (block * weights[first : first + _BLOCK, None]).T @ block
    return total


def _quadratic(count: int, pull: Pull) -> tuple[Floats, Floats]:
    """(matrix, vector) of the penalty x'Mx/2 - v'x; the intercept is free."""
    anchored = np.zeros(count, dtype=bool) if pull.anchored is None else pull.anchored
    matrix, vector = np.zeros((count + 1, count + 1)), np.zeros(count + 1)
    free, held = 1 + np.flatnonzero(~anchored), 1 + np.flatnonzero(anchored)
    if free.size:
        matrix[np.ix_(free, free)] = np.diag(np.full(free.size, pull.spread + pull.size)) - pull.spread / free.size
    matrix[held, held], vector[held] = pull.anchor, pull.anchor
    return matrix, vector


def _bounded(bend: Floats, slope: Floats, at: Floats, lowest: Floats) -> Floats:
    """Where the quadratic with this bend and slope is least, no part below its lowest."""
    free = at - np.linalg.solve(bend, slope)
    if (free >= lowest).all():
        return free
    from scipy.optimize import lsq_linear  # takes half a second, and few fits come here

    root = np.linalg.cholesky(bend).T
    found: Floats = lsq_linear(root, root @ free, (lowest, np.inf), method="bvls", tol=1e-14).x
    return np.maximum(found, lowest)
