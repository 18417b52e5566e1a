"""A challenger that was grown, written down in its one form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from kemiao.credit.rating.challenger import Grown, Read
from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.fitted_card import Questions
from kemiao.credit.rating.tree_scoring import contributions_of, points_of
from kemiao.credit.rating.trees import Feature, Input, Trees

Ints = npt.NDArray[np.int64]
_STEPS = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
_LOOKED_AT = 5_000  # training rows, evenly taken, whose greatest and least contributions are remembered


def trees_model(
    grown: Grown, columns: Sequence[Column], name: str, questions: Questions, facts: Mapping[str, object]
) -> Trees:
    """Columns that no tree reads are left out; those without a question of their own are asked by their name."""
    used = sorted({each for tree in grown.trees for each in tree.inputs})
    places = sorted({grown.reads[each].column for each in used})
    inputs = tuple(Input(places.index(grown.reads[each].column), grown.reads[each].special) for each in used)
    renamed = {each: place for place, each in enumerate(used)}
    trees = tuple(replace(tree, inputs=tuple(renamed[each] for each in tree.inputs)) for tree in grown.trees)
    features = tuple(_feature(columns[place], _plain(grown, place), questions) for place in places)
    model = Trees(name, grown.base_milli, features, inputs, trees, grown.curve, facts)
    rows = np.arange(0, columns[0].values.size, max(1, columns[0].values.size // _LOOKED_AT))
    matrix = np.column_stack([grown.reads[each].of(columns[grown.reads[each].column], rows) for each in used])
    parts = contributions_of(model, matrix, points_of(model, matrix))
    ends = zip(features, parts.max(axis=0).tolist(), parts.min(axis=0).tolist(), strict=True)
    return replace(model, features=tuple(replace(each, best_points=best, least_points=least) for each, best, least in ends))  # fmt: skip


def _plain(grown: Grown, place: int) -> Read:
    return next(each for each in grown.reads if each.column == place and each.special is None)


def _feature(column: Column, read: Read, questions: Questions) -> Feature:
    choice = column.kind != "number"
    zh, en, unit = questions.get(column.name, (column.name, column.name, "text" if choice else ""))
    if read.risks is not None:
        levels = tuple(zip(column.levels, read.risks.tolist(), strict=True))
        return Feature(column.name, zh, en, unit, True, 1, levels=levels, other=read.other)
    known = column.values[~np.isnan(column.values) & ~np.isin(column.values, column.special)]
    marks = np.unique(np.quantile(known, _STEPS, method="inverted_cdf")).tolist() if known.size else []
    return Feature(column.name, zh, en, unit, False, read.direction, column.special, tuple(marks))
