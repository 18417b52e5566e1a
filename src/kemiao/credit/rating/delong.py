"""DeLong: the variance of an AUC, and of the difference of two on the same rows, without resampling.

Source: DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44; by mid-ranks as Sun & Xu (2014). Placements of several
repeats of the same rows may be averaged first: the mean AUC is then as linear in them as a single one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def placements(score: Floats | Ints, event: Ints, weight: Floats | None = None) -> tuple[Floats, Floats]:
    """(of each event the share of non-events below it, of each non-event the share of events above it); ties half."""
    bad, good = score[event == 1], score[event == 0]
    bad_weight, good_weight = (None, None) if weight is None else (weight[event == 1], weight[event == 0])
    return _share_below(bad, good, good_weight), 1.0 - _share_below(good, bad, bad_weight)


def auc_estimate(placed: tuple[Floats, Floats], event: Ints, weight: Floats | None = None) -> Estimate:
    """placed: of one score, or the difference of two scores' placements for their paired difference."""
    value, variance = 0.0, 0.0
    for side, outcome in ((placed[0], 1), (placed[1], 0)):
        share = np.full(side.size, 1.0) if weight is None else weight[event == outcome]
        share = share / share.sum()
        mean = float(share @ side)
        value = mean
        # Of n rows of equal weight this is var / n with n - 1 below the square: the kept rows' own sum of squares.
        squares = float(share @ share)
        spread = float((share * share) @ (side - mean) ** 2)
        variance += spread / (1 - squares) if squares < 1 else 0.0
    half = Z_95 * math.sqrt(variance)
    return Estimate(value, value - half, value + half)


def paired_difference(first: Floats | Ints, second: Floats | Ints, event: Ints, weight: Floats | None = None) -> Estimate:  # fmt: skip
    """AUC of the first less AUC of the second on the same rows."""
    one, other = placements(first, event, weight), placements(second, event, weight)
    return auc_estimate((one[0] - other[0], one[1] - other[1]), event, weight)


def _share_below(values: Floats | Ints, others: Floats | Ints, weight: Floats | None) -> Floats:
    order = np.argsort(others, kind="stable")
    ordered = others[order]
    mass = np.ones(order.size) if weight is None else weight[order]
    cumulated = np.concatenate([[0.0], np.cumsum(mass)])
    below = cumulated[np.searchsorted(ordered, values, side="left")]
    up_to = cumulated[np.searchsorted(ordered, values, side="right")]
    share: Floats = (below + up_to) / (2 * cumulated[-1])
    return share


def mean_placements(
    scores: Sequence[Floats | Ints], event: Ints, weight: Floats | None = None
) -> tuple[Floats, Floats]:
    """Of several rankings of the same rows: the placements of their mean AUC."""
    each = [placements(score, event, weight) for score in scores]
    return np.mean([one[0] for one in each], axis=0), np.mean([one[1] for one in each], axis=0)


def p_value(difference: Estimate) -> float:
    """The chance of a difference as great or greater where there is none."""
    error = (difference.high - difference.low) / (2 * Z_95)
    if error == 0:
        return 1.0 if difference.value == 0 else 0.0
    return math.erfc(abs(difference.value) / error / math.sqrt(2))


def bounded(found: Estimate, event: Ints) -> Estimate:
    """An AUC's interval on the logit, so that it stays within 0 and 1. Where the rows show no spread (all pairs right, or
    one row of a class) it is the exact bound of as many independent pairs as the smaller class has rows."""
    value, error = min(max(found.value, 0.0), 1.0), (found.high - found.low) / (2 * Z_95)
    if error < 1e-12 or value < 1e-12 or value > 1 - 1e-12:
        pairs = int(min(event.sum(), event.size - event.sum()))
        reach = 1 - 0.025 ** (1 / pairs)
        return Estimate(value, max(0.0, value - reach), min(1.0, value + reach))
    logit, spread = math.log(value / (1 - value)), Z_95 * error / (value * (1 - value))
    low, high = (1 / (1 + math.exp(-min(max(at, -700.0), 700.0))) for at in (logit - spread, logit + spread))
    return Estimate(value, low, high)
