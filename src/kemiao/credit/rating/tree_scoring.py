"""Scoring with a challenger: columns in, whole points out, and each feature's part in them by exact TreeSHAP."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.challenger import booster, leaves_sum
from kemiao.credit.rating.scoring import by_level
from kemiao.credit.rating.tree_sums import leaves_sums
from kemiao.credit.rating.trees import MILLI, Feature, Input, Trees, lightgbm_text

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_ROWS_AT_ONCE = 100_000
_MANY = 2_000  # rows from which coding them pays; below, LightGBM answers the same


def score_trees(model: Trees, table: pa.Table, key: str | None, *, parts: bool) -> pa.Table | Refusal:
    """points and pd_ppm (int64); with parts `points.FEATURE`, which add up to points less `average_points`, and
    `known.FEATURE`."""
    refused = _lacking(model, table, key)
    if refused:
        return refused
    points, contributions, known = [], [], []
    for first in range(0, max(table.num_rows, 1), _ROWS_AT_ONCE):
        inputs = read_inputs(model, table.slice(first, _ROWS_AT_ONCE))
        if isinstance(inputs, Refusal):
            return inputs
        points.append(points_of(model, inputs))
        if parts:
            contributions.append(contributions_of(model, inputs, points[-1]))
            known.append(known_of(model, inputs))
    total = np.concatenate(points)
    columns: dict[str, object] = {} if key is None else {key: table[key]}
    columns |= {"points": total, "pd_ppm": pd_ppm(model, total)}
    if parts:
        whole, there = np.concatenate(contributions), np.concatenate(known)
        for place, each in enumerate(model.features):
            columns |= {
                f"points.{each.feature}": whole[:, place].astype(np.int32),
                f"known.{each.feature}": there[:, place],
            }
    return pa.table(columns)


def pd_ppm(model: Trees, points: Ints) -> Ints:
    """The curve's step at each number of points."""
    starts, values = (np.array(each, dtype=np.int64) for each in zip(*model.pd_curve, strict=True))
    at: Ints = values[np.maximum(np.searchsorted(starts, points, side="right") - 1, 0)]
    return at


def points_of(model: Trees, inputs: Floats) -> Ints:
    if not inputs.shape[0]:
        return np.zeros(0, np.int64)
    many = inputs.shape[0] >= _MANY
    milli = leaves_sums(model.trees, inputs) if many else leaves_sum(_text(model), inputs)
    return (model.base_milli + milli) // MILLI


def average_points(model: Trees) -> int:
    """What the training rows had on average: contributions are counted from here."""
    total = sum(
        sum(leaf * rows for leaf, rows in zip(each.leaves, each.rows, strict=True)) / max(sum(each.rows), 1)
        for each in model.trees
    )
    return round((model.base_milli + total) / MILLI)


def contributions_of(model: Trees, inputs: Floats, points: Ints) -> Ints:
    """Rows x features: whole points that add up to points less the average, rounded by largest remainder."""
    if not inputs.shape[0]:
        return np.zeros((0, len(model.features)), np.int64)
    exact = np.asarray(booster(_text(model)).predict(inputs, pred_contrib=True, num_threads=0))[:, :-1] / MILLI
    of_feature = np.zeros((len(model.inputs), len(model.features)))
    of_feature[np.arange(len(model.inputs)), [each.feature for each in model.inputs]] = 1
    # Sums of a few rounded parts may differ in their last bit: a millionth of a point is no part.
    return _whole(np.round(exact @ of_feature, 6), points - average_points(model))


def _whole(parts: Floats, total: Ints) -> Ints:
    """Whole numbers next to the parts that add up to the total."""
    low = np.floor(parts).astype(np.int64)
    lacking = total - low.sum(axis=1)
    every, some = np.divmod(lacking, parts.shape[1])
    rank = np.argsort(np.argsort(low - parts, axis=1, kind="stable"), axis=1, kind="stable")
    whole: Ints = low + every[:, None] + (rank < some[:, None])
    return whole


def known_of(model: Trees, inputs: Floats) -> npt.NDArray[np.bool_]:
    """Rows x features: whether the company has an answer (a special value is one)."""
    known = np.zeros((inputs.shape[0], len(model.features)), bool)
    for place, each in enumerate(model.inputs):
        known[:, each.feature] |= ~np.isnan(inputs[:, place]) if each.special is None else inputs[:, place] == 1
    return known


def read_inputs(model: Trees, table: pa.Table) -> Floats | Refusal:
    """Rows x inputs, NaN unknown."""
    found = np.zeros((table.num_rows, len(model.inputs)))
    values: dict[int, Floats] = {}
    for place, each in enumerate(model.inputs):
        feature = model.features[each.feature]
        if each.feature not in values:
            read = (
                _choice(feature, table[feature.feature]) if feature.choice else _number(feature, table[feature.feature])
            )
            if isinstance(read, Refusal):
                return read
            values[each.feature] = read
        found[:, place] = as_input(each, feature, values[each.feature])
    return found


def as_input(each: Input, feature: Feature, values: Floats) -> Floats:
    """values: of the feature as numbers (a choice: its risk), NaN unknown."""
    if each.special is not None:
        return np.where(values == each.special, 1.0, 0.0)
    return np.where(np.isin(values, feature.special), np.nan, values) if feature.special else values


def _text(model: Trees) -> str:
    return lightgbm_text(model.trees, len(model.inputs))


def _lacking(model: Trees, table: pa.Table, key: str | None) -> Refusal | None:
    missing = [name for name in [*([key] if key else []), *(each.feature for each in model.features)] if name not in table.column_names]  # fmt: skip
    if not missing:
        return None
    names = "、".join(missing), ", ".join(missing)
    return Refusal.at(
        "COLUMN_MISSING", f"表中缺少模型需要的列:{names[0]}", f"the table lacks columns that the model needs: {names[1]}",
        card=model.name, column=names[1],
    )  # fmt: skip


def _number(feature: Feature, column: pa.ChunkedArray) -> Floats | Refusal:
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return Refusal.at(
            "COLUMN_NOT_NUMBERS", f"模型需要数值,该列是 {kind}", f"the model needs numbers, the column has {kind}",
            column=feature.feature,
        )  # fmt: skip
    values = np.asarray(column.cast(pa.float64(), safe=False).fill_null(np.nan))
    return np.where(np.isfinite(values), values, np.nan)


def _choice(feature: Feature, column: pa.ChunkedArray) -> Floats:
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    return by_level(column, dict(feature.levels), float(feature.other), np.nan)
