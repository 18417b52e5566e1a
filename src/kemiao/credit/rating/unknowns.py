"""What is unknown of companies, and how far an answer would move their points: the same for a card and for trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.credit.rating.model import Model, features_of
from kemiao.credit.rating.scorecard import PPM, Characteristic, Scorecard
from kemiao.credit.rating.tree_scoring import as_input, points_of, read_inputs
from kemiao.credit.rating.trees import Trees

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Unknown:
    """rows: where the feature is unknown. shift: (2, rows), how far the worst and the best answer would move the points."""

    feature: str
    rows: Ints
    shift: Ints


def unknowns(model: Model, scored: pa.Table, features: pa.Table) -> tuple[tuple[Unknown, ...], Ints]:
    """(by feature, of all together (2, all rows)). scored: of `score`, with parts, of these features."""
    if isinstance(model, Trees):
        return _of_trees(model, scored, features)
    together = np.zeros((2, scored.num_rows), np.int64)
    found = []
    for each in model.characteristics:
        rows = np.flatnonzero(_unknown(model, each.feature, scored))
        shift = np.array([[end] for end in _ends(each)]).repeat(rows.size, axis=1)
        together[:, rows] += shift
        found.append(Unknown(each.feature, rows, shift))
    return tuple(found), together


def coverage_ppm(model: Model, scored: pa.Table) -> Ints:
    """How much of the model is known: the spread of points of the known features over that of all."""
    known, whole = np.zeros(scored.num_rows, np.int64), 0
    for feature, spread in zip(features_of(model), _spreads(model), strict=True):
        whole += spread
        known += np.where(_unknown(model, feature, scored), 0, spread)
    return known * PPM // max(whole, 1)


def _spreads(model: Model) -> Sequence[int]:
    if isinstance(model, Trees):
        return [each.best_points - each.least_points for each in model.features]
    return [max(one.points for one in each.bins) - min(one.points for one in each.bins) for each in model.characteristics]  # fmt: skip


def _unknown(model: Model, feature: str, scored: pa.Table) -> Bools:
    if isinstance(model, Scorecard):
        each = next(one for one in model.characteristics if one.feature == feature)
        return np.asarray(np.equal(np.asarray(scored[f"bin.{feature}"]), each.unknown_bin), dtype=bool)
    return np.asarray(np.logical_not(np.asarray(scored[f"known.{feature}"])), dtype=bool)


def _ends(each: Characteristic) -> tuple[int, int]:
    known, now = [one.points for one in each.bins if not one.unknown], each.bins[each.unknown_bin].points
    return min(known) - now, max(known) - now


def _of_trees(model: Trees, scored: pa.Table, features: pa.Table) -> tuple[tuple[Unknown, ...], Ints]:
    """The model itself is asked, with each answer in the place of the unknown."""
    inputs = read_inputs(model, features)
    if isinstance(inputs, Refusal):
        raise BrokenInvariant(f"scored, but not read: {inputs.code}")
    now = np.asarray(scored["points"])
    at_ends = np.stack([inputs, inputs])
    found = []
    for place, each in enumerate(model.features):
        rows = np.flatnonzero(_unknown(model, each.feature, scored))
        if not rows.size or not each.answers:
            continue
        points = np.stack([points_of(model, _answered(model, inputs[rows], place, answer)) for answer in each.answers])
        for end, best in enumerate((points.argmin(axis=0), points.argmax(axis=0))):
            for number, answer in enumerate(each.answers):
                so = rows[best == number]
                at_ends[end, so] = _answered(model, at_ends[end, so], place, answer)
        found.append(Unknown(each.feature, rows, np.stack([points.min(axis=0), points.max(axis=0)]) - now[rows]))
    together = np.stack([points_of(model, end) for end in at_ends]) - now
    return tuple(found), together


def _answered(model: Trees, inputs: Floats, place: int, answer: float) -> Floats:
    answered = inputs.copy()
    for number, each in enumerate(model.inputs):
        if each.feature == place:
            answered[:, number] = as_input(each, model.features[place], np.full(inputs.shape[0], answer))
    return answered
