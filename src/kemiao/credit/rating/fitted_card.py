"""A fit written down in the one form of a scorecard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from kemiao.credit.rating.binning import cut_text
from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.fit import Fit, Part
from kemiao.credit.rating.labels import OTHER, UNKNOWN, levels_label, range_label
from kemiao.credit.rating.scorecard import Bin, Characteristic, Scorecard

Questions = Mapping[str, tuple[str, str, str]]  # column → (zh, en, unit)


def scorecard(
    fit: Fit, columns: Sequence[Column], name: str, questions: Questions, facts: Mapping[str, object]
) -> Scorecard:
    """Columns without a question of their own are asked by their name."""
    characteristics = tuple(_characteristic(part, columns[part.column], questions) for part in fit.parts)
    return Scorecard(name, "fitted", fit.base_points, characteristics, fit.curve, facts)


def _characteristic(part: Part, column: Column, questions: Questions) -> Characteristic:
    zh, en, unit = questions.get(column.name, (column.name, column.name, "text" if column.kind == "choice" else ""))
    bins = _ranges(part, unit) if column.kind == "number" else _groups(part, column)
    unknown = Bin(int(part.points[-1]), *UNKNOWN, unknown=True)
    return Characteristic(column.name, zh, en, unit, (*bins, unknown))


def _ranges(part: Part, unit: str) -> list[Bin]:
    """Neighbours with the same points are one range: the card says no more than it means."""
    cuts = [cut_text(float(cut)) for cut in part.binning.cuts]
    points = part.points.tolist()
    ends = [None, *(cut for place, cut in enumerate(cuts) if points[place] != points[place + 1]), None]
    worth = [points[0], *(points[place + 1] for place in range(len(cuts)) if points[place] != points[place + 1])]
    bins = [
        Bin(earned, *range_label(unit, low, high), low=low, high=high)
        for earned, (low, high) in zip(worth, pairwise(ends), strict=True)
    ]
    for place, special in enumerate(part.binning.special):
        value = Decimal(repr(special))
        label = format(value.normalize(), "f")
        bins.append(Bin(points[len(cuts) + 1 + place], label, label, special=(value,)))
    return bins


def _groups(part: Part, column: Column) -> list[Bin]:
    group_of = part.binning.group_of
    if group_of is None:
        return []
    points = part.points.tolist()
    levels_by_points: dict[int, list[str]] = {}
    for level, group in zip(column.levels, group_of.tolist(), strict=True):
        if group < part.points.size - 2:  # thin levels are other, as unseen ones are
            levels_by_points.setdefault(points[group], []).append(level)
    bins = [
        Bin(earned, *levels_label(tuple(levels)), levels=tuple(levels))
        for earned, levels in sorted(levels_by_points.items())
    ]
    return [*bins, Bin(points[-2], *OTHER, other=True)]
