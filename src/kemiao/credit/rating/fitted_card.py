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
    cuts = [cut_text(float(cut)) for cut in part.binning.cuts]
    ends = [None, *cuts, None]
    bins = []
    for place, (low, high) in enumerate(pairwise(ends)):
        bins.append(Bin(int(part.points[place]), *range_label(unit, low, high), low=low, high=high))
    for place, special in enumerate(part.binning.special):
        value = Decimal(repr(special))
        label = format(value.normalize(), "f")
        bins.append(Bin(int(part.points[len(cuts) + 1 + place]), label, label, special=(value,)))
    return bins


def _groups(part: Part, column: Column) -> list[Bin]:
    group_of = part.binning.group_of
    if group_of is None:
        return []
    bins = []
    for group in range(part.points.size - 2):
        levels = tuple(level for level, at in zip(column.levels, group_of.tolist(), strict=True) if at == group)
        if levels:
            bins.append(Bin(int(part.points[group]), *levels_label(levels), levels=levels))
    return [*bins, Bin(int(part.points[-2]), *OTHER, other=True)]
