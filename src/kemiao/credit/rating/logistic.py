"""Logistic regression on weights of evidence: no coefficient below zero, penalised towards equal ones.

A weight of evidence is already oriented (positive means riskier), so a negative coefficient would turn a reason round:
it is held at zero. The penalty pulls the coefficients towards their common mean rather than towards zero: with few
events the card tends to equal weights, which small samples can't beat; with many it is plain logistic regression.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def log_loss(logit: Floats, event: Ints) -> float:
    """Sum over rows of -log likelihood."""
    return float(np.logaddexp(0.0, logit).sum() - logit[event == 1].sum())


def fit_logistic(features: Floats, event: Ints, spread_penalty: float, size_penalty: float) -> tuple[float, Floats]:
    """(intercept, coefficients >= 0) least in: log loss + spread_penalty/2 |b - mean b|^2 + size_penalty/2 |b|^2."""
    count = features.shape[1]
    outcome = event.astype(np.float64)
    mean = outcome.mean()
    start = np.append(np.log(mean / (1 - mean)), np.full(count, 0.5))

    def loss(weights: Floats) -> tuple[float, Floats]:
        logit = weights[0] + features @ weights[1:]
        spread = weights[1:] - weights[1:].mean() if count else weights[1:]
        value = np.logaddexp(0.0, logit).sum() - outcome @ logit
        value += spread_penalty / 2 * spread @ spread + size_penalty / 2 * weights[1:] @ weights[1:]
        error = 1 / (1 + np.exp(-logit)) - outcome
        slope = features.T @ error + spread_penalty * spread + size_penalty * weights[1:]
        return float(value), np.append(error.sum(), slope)

    bounds = [(None, None), *[(0.0, None)] * count]
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-8}
    )
    return float(found.x[0]), found.x[1:]
