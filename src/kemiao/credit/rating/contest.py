"""The challenger's record: other models on the very rows and outcomes by which the model in use is watched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.credit.rating.delong import Z_95, Estimate, auc_estimate, bounded, paired_difference, placements
from kemiao.credit.rating.drift import Outcomes, Said
from kemiao.credit.rating.intervals import Figure, mean

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Match:
    """Of one other model. difference: its AUC less that of the model in use, paired. loss: mean log loss of its PD in nats;
    loss_more: less that of the model in use, by rows (below zero it tells more)."""

    rows: int
    events: int
    auc: Estimate
    difference: Estimate
    loss: float
    loss_more: Figure


@dataclass(frozen=True, slots=True)
class Rival:
    """reason: why it was not compared."""

    digest: str
    name: str
    state: str
    found: Match | None
    reason: Said | None


@dataclass(frozen=True, slots=True)
class Round:
    """A match as the record keeps it. outcomes: what names the rows; a later round of the same rows replaces an earlier."""

    outcomes: str
    events: int
    others: int
    difference: Estimate


@dataclass(frozen=True, slots=True)
class Record:
    """Rounds on different rows taken together, each by how much it can tell."""

    rounds: int
    events: int
    others: int
    difference: Estimate


def match(used: Outcomes, other: Outcomes) -> Match | None:
    """None without a default, or without a row that held."""
    event = used.event
    if not 0 < event.sum() < event.size:
        return None
    found = bounded(auc_estimate(placements(-other.points, event), event), event)
    losses = [_loss(each.pd_ppm, event) for each in (used, other)]
    return Match(
        event.size, int(event.sum()), found, paired_difference(-other.points, -used.points, event), float(losses[1].mean()),
        mean(losses[1] - losses[0]),
    )  # fmt: skip


def _loss(pd_ppm: Ints, event: Ints) -> npt.NDArray[np.float64]:
    pd = np.clip(pd_ppm / 1e6, 1e-6, 1 - 1e-6)
    return -np.where(event == 1, np.log(pd), np.log1p(-pd))


def record(rounds: Sequence[Round]) -> Record | None:
    """rounds: in their order. Those without spread (two models that rank alike) tell of no difference."""
    last = {each.outcomes: each for each in rounds}
    told = [each for each in last.values() if each.difference.high > each.difference.low]
    if not told:
        return None
    weights = [((each.difference.high - each.difference.low) / (2 * Z_95)) ** -2 for each in told]
    value = sum(weight * each.difference.value for weight, each in zip(weights, told, strict=True)) / sum(weights)
    reach = Z_95 / math.sqrt(sum(weights))
    return Record(len(told), sum(each.events for each in told), sum(each.others for each in told), Estimate(value, value - reach, value + reach))  # fmt: skip
