"""Groups of companies beside each other: is each ranked as well, are its PDs true, are its good ones approved alike?

A group that is too small is named as too small: a gap without rows behind it is no finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.delong import auc_estimate, bounded, mean_placements
from kemiao.credit.rating.examination_rules import ExaminationRules
from kemiao.credit.rating.intervals import Figure, gap, mean, share

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_FEW_VALUES = 6


@dataclass(frozen=True, slots=True)
class Group:
    """event_rate, mean_pd, calibration gap: mean PD less event rate. approved_good: of the good ones, at the policy's
    approval rate; gap_good: less that of all others. None: too few of a class to tell."""

    name: str
    rows: int
    events: int
    event_rate: Figure
    mean_pd: float
    calibration_gap: Figure
    auc: Figure | None
    approved: Figure
    approved_good: Figure | None
    gap_good: Figure | None


@dataclass(frozen=True, slots=True)
class Grouping:
    """too_small: (name, rows) of groups that are not shown; how: terciles or values."""

    column: str
    how: str
    groups: tuple[Group, ...]
    too_small: tuple[tuple[str, int], ...]


def grouping(
    column: Column,
    terciles: bool,
    pd_ppm: Sequence[Ints],
    ranks: Sequence[Floats | Ints],
    event: Ints,
    rules: ExaminationRules,
) -> Grouping:
    """terciles: cut a column of numbers in three of equal rows; else values, and terciles where they are many."""
    cut = column.kind == "number" and (terciles or np.unique(column.values[column.known]).size > _FEW_VALUES)
    names, place = _terciles(column) if cut else _values(column)
    pd = np.mean(np.stack([each.astype(np.float64) for each in pd_ppm]), axis=0) / 1e6
    approved = approvals(ranks, rules.cutoff.approval_rate_ppm / 1e6)
    counts = np.bincount(place, minlength=len(names))
    ordered = range(len(names)) if cut else sorted(range(len(names)), key=lambda each: (-counts[each], names[each]))
    shown: list[Group] = []
    small: list[tuple[str, int]] = []
    for number in ordered:
        if counts[number] < rules.group_rows_min or len(shown) >= rules.group_levels_max:
            small.append((names[number], int(counts[number])))
        else:
            shown.append(_group(names[number], place == number, pd, approved, ranks, event, rules))
    return Grouping(
        column.name, "terciles" if cut else "values", tuple(shown), tuple(each for each in small if each[1])
    )


def approvals(ranks: Sequence[Floats | Ints], approval_rate: float) -> Floats:
    """The share of repeats in which each row is among the safest; of equals at the edge each is approved in proportion."""
    found = np.zeros(len(ranks[0]))
    for rank in ranks:
        _, place, count = np.unique(rank, return_inverse=True, return_counts=True)
        ends = count.cumsum()
        room = approval_rate * place.size - (ends - count)
        found += np.clip(room / count, 0, 1)[place]
    return found / len(ranks)


def _group(
    name: str,
    rows: npt.NDArray[np.bool_],
    pd: Floats,
    approved: Floats,
    ranks: Sequence[Floats | Ints],
    event: Ints,
    rules: ExaminationRules,
) -> Group:
    outcome = event[rows]
    events, others = int(outcome.sum()), int(outcome.size - outcome.sum())
    auc = good = against = None
    if min(events, others) >= rules.group_class_min:
        inside = [np.asarray(each, dtype=np.float64)[rows] for each in ranks]
        found = bounded(auc_estimate(mean_placements(inside, outcome), outcome), outcome)
        auc = Figure(found.value, found.low, found.high)
    if others >= rules.group_class_min:
        good = _share_of(approved, rows & (event == 0))
        rest = ~rows & (event == 0)
        against = gap(good, _share_of(approved, rest)) if rest.sum() >= rules.group_class_min else None
    rate = share(events, outcome.size)
    expected = float(pd[rows].mean())
    off = mean(pd[rows] - outcome)
    # Where few default the spread of rows says too little: the rate's own interval is the wider one then.
    miss = Figure(off.value, min(off.low, expected - rate.high), max(off.high, expected - rate.low))
    return Group(name, outcome.size, events, rate, expected, miss, auc, _share_of(approved, rows), good, against)


def _share_of(approved: Floats, rows: npt.NDArray[np.bool_]) -> Figure:
    return share(float(approved[rows].sum()), float(rows.sum()))


def _values(column: Column) -> tuple[list[str], Ints]:
    """The empty name is unknown."""
    if column.kind == "number":
        values = np.unique(column.values[column.known])
        place = np.where(column.known, np.searchsorted(values, column.values), values.size)
        return [*(format(each, "g") for each in values.tolist()), ""], place.astype(np.int64)
    codes = column.values.astype(np.int64)
    return [*column.levels, ""], np.where(codes < 0, len(column.levels), codes)


def _terciles(column: Column) -> tuple[list[str], Ints]:
    values = column.values.astype(np.float64)
    known = values[column.known]
    cuts = np.unique(np.quantile(known, [1 / 3, 2 / 3], method="lower")) if known.size else np.array([])
    place = np.where(column.known, np.searchsorted(cuts, values, side="left"), cuts.size + 1)
    text = [format(each, ".6g") for each in cuts.tolist()]
    names = [f"≤ {text[0]}", *(f"{low}–{high}" for low, high in pairwise(text)), f"> {text[-1]}"] if text else ["="]  # fmt: skip
    return [*names, ""], place.astype(np.int64)
