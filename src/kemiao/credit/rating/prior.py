"""What an expert card knew before the data: pseudo-rows of its odds in each fine bin of the columns that it asks for."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.binning import Codes, Expected, Grid
from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.scorecard import PPM, Characteristic, Scorecard
from kemiao.credit.rating.scoring import assign

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_SHIFTS = 50


def characteristics_of(prior: Scorecard | None) -> Mapping[str, Characteristic]:
    return {} if prior is None else {each.feature: each for each in prior.characteristics}


def log_odds_a_point(card: Scorecard) -> float:
    """How much a point lowers the log-odds of default, between the first and the last step of the card's curve."""
    (first, risky), (last, safe) = card.pd_curve[0], card.pd_curve[-1]
    inner = [(points, pd) for points, pd in card.pd_curve if safe < pd < risky]
    if len(inner) < 2:
        inner = [(first, risky), (last, safe)]
    (low, worst), (high, best) = inner[0], inner[-1]
    return (_logit(worst) - _logit(best)) / (high - low) if high > low else 0.0


def _logit(pd_ppm: int) -> float:
    return math.log(pd_ppm / max(1, PPM - pd_ppm))


def expected_of(
    column: Column,
    each: Characteristic,
    point: float,
    grid: Grid,
    codes: Codes,
    values: Floats | Ints,
    mean: float,
    prior_rows: float,
) -> Expected | None:
    """Pseudo-rows spread as the rows are, their events as the card's points have it at the mean rate of the rows.

    codes, values: of the rows learnt from. None where the column is of another kind than the card's.
    """
    if each.is_choice != (column.kind == "choice"):
        return None
    points = _points_by_bin(column, each, grid, codes, values)
    rows = np.bincount(codes, minlength=grid.size).astype(np.float64) + 1
    pseudo = prior_rows * rows / rows.sum()
    return Expected(pseudo, pseudo * _rates(-point * points, pseudo, mean))


def _points_by_bin(column: Column, each: Characteristic, grid: Grid, codes: Codes, values: Floats | Ints) -> Floats:
    """Mean points of the rows in each fine bin; of a bin without rows those of its own value."""
    worth = np.array([one.points for one in each.bins], dtype=np.float64)
    if column.kind == "choice":
        return worth[_assigned(each, pa.array([*column.levels, None], pa.string()))]
    rows = np.bincount(codes, minlength=grid.size)
    earned = np.bincount(codes, worth[_assigned(each, pa.array(values, from_pandas=True))], grid.size)
    lows = np.concatenate([grid.below[:1] if grid.below.size else [0.0], grid.starts, grid.special, [np.nan]])
    alone = worth[_assigned(each, pa.array(lows, from_pandas=True))]
    found: Floats = np.where(rows > 0, earned / np.maximum(rows, 1), alone)
    return found


def _assigned(each: Characteristic, values: pa.Array) -> npt.NDArray[np.int16]:
    bins = assign(each, pa.chunked_array([values]), len(values))
    if isinstance(bins, Refusal):
        raise TypeError(bins.en)  # kinds were compared before
    return bins


def _rates(log_odds: Floats, rows: Floats, mean: float) -> Floats:
    """Rates whose odds stand to each other as these do and whose mean over the rows is as given."""
    low, high = -50.0, 50.0
    for _ in range(_SHIFTS):
        middle = (low + high) / 2
        rates = 1 / (1 + np.exp(-(log_odds - log_odds.mean() + middle)))
        low, high = (middle, high) if rates @ rows / rows.sum() < mean else (low, middle)
    found: Floats = rates
    return found
