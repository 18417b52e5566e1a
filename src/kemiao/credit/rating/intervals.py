"""A figure with its interval, and intervals of shares. All are 95 %."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.credit.rating.delong import Z_95

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    value: float
    low: float
    high: float


def share(count: float, of: float) -> Figure:
    """Wilson's interval; of nothing it is all of 0 to 1. count may be a mean over repeats."""
    if of <= 0:
        return Figure(0.0, 0.0, 1.0)
    rate, square = count / of, Z_95**2
    centre = (rate + square / (2 * of)) / (1 + square / of)
    reach = Z_95 * math.sqrt(rate * (1 - rate) / of + square / (4 * of * of)) / (1 + square / of)
    return Figure(rate, max(0.0, centre - reach), min(1.0, centre + reach))


def gap(one: Figure, other: Figure) -> Figure:
    """One share less another of other rows (R. Newcombe 1998, method 10)."""
    value = one.value - other.value
    down = math.hypot(one.value - one.low, other.high - other.value)
    up = math.hypot(one.high - one.value, other.value - other.low)
    return Figure(value, max(-1.0, value - down), min(1.0, value + up))


def mean(values: Floats) -> Figure:
    """Of independent rows, by their spread."""
    value = float(values.mean())
    reach = Z_95 * float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else 0.0
    return Figure(value, value - reach, value + reach)


def of_draws(value: float, draws: Floats) -> Figure:
    low, high = np.quantile(draws, [0.025, 0.975])
    return Figure(value, float(low), float(high))
