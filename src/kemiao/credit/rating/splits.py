"""Which rows are learnt from and which are held out: drawn folds, the values of a column in turn, or one value of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.folds import stratified_folds

Ints = npt.NDArray[np.int64]
FOLDS_MAX = 50  # a column with more values is no column of folds


@dataclass(frozen=True, slots=True)
class Split:
    train: Ints
    held: Ints


def stratified(event: Ints, folds: int, repeats: int, seed: int) -> tuple[tuple[Split, ...], ...]:
    """By repeat, each row held out once."""
    drawn = [stratified_folds(event, folds, (seed, 10, repeat)) for repeat in range(repeats)]
    return tuple(
        tuple(Split(np.flatnonzero(each != fold), np.flatnonzero(each == fold)) for fold in range(folds))
        for each in drawn
    )


def by_column(column: Column, event: Ints, least: int) -> tuple[tuple[Split, ...], ...] | Refusal:
    """Each value held out in turn; rows without a value are learnt from only. Refuses one value, and more than 50."""
    values = np.unique(column.values[column.known])
    if not 2 <= values.size <= FOLDS_MAX:
        return Refusal.at(
            "NOT_FOLDS", f"作为折的列须有 2 至 {FOLDS_MAX} 个值,这里有 {values.size} 个", f"a column of folds has 2 to {FOLDS_MAX} values, this one has {values.size}",
            column=column.name,
        )  # fmt: skip
    split = tuple(Split(np.flatnonzero(column.values != value), np.flatnonzero(column.values == value)) for value in values)  # fmt: skip
    refused = _too_few(column, split, event, least)
    return refused or (split,)


def tested(column: Column, value: str, event: Ints, least: int) -> tuple[tuple[Split, ...], ...] | Refusal:
    """Rows with the value are held out once, all others are learnt from."""
    chosen = column.values == column.levels.index(value) if value in column.levels else _equal(column, value)
    if not chosen.any():
        return Refusal.at("NO_SUCH_VALUE", f"这一列没有值“{value}”", f"the column has no value {value!r}", column=column.name)  # fmt: skip
    split = (Split(np.flatnonzero(~chosen), np.flatnonzero(chosen)),)
    refused = _too_few(column, split, event, least)
    return refused or (split,)


def _equal(column: Column, value: str) -> npt.NDArray[np.bool_]:
    try:
        number = float(value)
    except ValueError:
        return np.zeros(column.values.size, bool)
    return np.asarray(column.values == number) if column.kind == "number" else np.zeros(column.values.size, bool)


def _too_few(column: Column, split: tuple[Split, ...], event: Ints, least: int) -> Refusal | None:
    """Every training part needs both outcomes, and so do all rows held out together."""
    measured = event[np.concatenate([each.held for each in split])]
    fewest = min(min(int(event[each.train].sum()), int((1 - event[each.train]).sum())) for each in split)
    if fewest >= least and 0 < measured.sum() < measured.size:
        return None
    return Refusal.at(
        "TOO_FEW_EVENTS", f"按此列分,有一折的训练行里违约或未违约不足 {least} 户,或留出的行只有一种结果", f"held out so, a fold learns from fewer than {least} defaults or others, or the rows held out have one outcome only",
        column=column.name,
    )  # fmt: skip
