"""Columns that know the outcome: copies of the label, values written afterwards, what is computed from such a column,
identifiers and row order that sort by it. Each with the evidence that a person can check in the table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.base.rates import percent_text
from kemiao.base.refusal import Refusal
from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.figures import auc
from kemiao.credit.rating.rules import ScreenRules

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
PPM = 1_000_000
ROW_ORDER = "#"  # stands for the order of the file's rows where findings name a column


@dataclass(frozen=True, slots=True)
class Finding:
    """A column that is refused, or suspected, and why."""

    column: str
    code: str
    zh: str
    en: str


def finding(column: Column, code: str, zh: str, en: str) -> Finding:
    return Finding(column.name, code, zh, en)


def knows_outcome(column: Column, event: Ints, strength: tuple[float, float], rules: ScreenRules) -> Finding | None:
    known = column.known
    if 0 < known.sum() < known.size:
        for there, zh, en in ((known, "有值", "a value"), (~known, "缺失", "no value")):
            if _came_with_outcome(there, event, rules):
                return _told(column, f"凡{zh}者都违约", f"every row with {en} defaulted", there, event)
        if abs(auc(known.astype(np.int64), event) - 0.5) + 0.5 >= rules.leak_auc_ppm / PPM:
            return _told(column, "是否有值就等于结果", "whether it has a value tells the outcome", known, event)
    values, counts = np.unique(column.values[known], return_counts=True)
    if column.kind != "number":
        for value, count in zip(values, counts, strict=True):
            if count >= rules.leak_rows_min and _came_with_outcome(column.values == value, event, rules):
                level = column.levels[int(value)]
                return _told(column, f"取值“{level}”的全部违约", f"every row with {level!r} defaulted", column.values == value, event)  # fmt: skip
    elif counts.size and counts.max() >= known.sum() * 0.3:
        usual = values[counts.argmax()]
        unusual = known & (column.values != usual)
        if _came_with_outcome(unusual, event, rules):
            shown = f"{usual:g}"
            return _told(
                column, f"不等于 {shown} 的全部违约", f"every row other than {shown} defaulted", unusual, event
            )
    told = _uncertainty_taken(values.size, column.values[known], event[known])
    if told * PPM >= rules.leak_uncertainty_ppm and known.sum() >= rules.leak_rows_min:
        shown = percent_text(round(told * PPM), 1)
        return finding(
            column, "KNOWS_OUTCOME", f"{values.size} 个取值就去掉了结果 {shown} 的不确定性:是结果的副本,抄得不全", f"its {values.size} values take away {shown} of the outcome's uncertainty: a copy of the outcome with slips",
        )  # fmt: skip
    if max(strength) >= rules.leak_auc_ppm / PPM:
        shown = percent_text(round(max(strength) * PPM))
        return finding(
            column, "KNOWS_OUTCOME", f"单列就把好坏分开了(AUC {shown}),应是结果的副本或事后才知道", f"by itself it separates the outcomes (AUC {shown}): a copy of the outcome or known only afterwards",
        )  # fmt: skip
    return None


def _came_with_outcome(rows: npt.NDArray[np.bool_], event: Ints, rules: ScreenRules) -> bool:
    hits = int(event[rows].sum())
    enough = rows.sum() >= rules.leak_rows_min and hits * PPM >= rules.leak_events_share_ppm * int(event.sum())
    return bool(enough and hits == rows.sum())


def _told(column: Column, zh: str, en: str, rows: npt.NDArray[np.bool_], event: Ints) -> Finding:
    count, share = int(rows.sum()), percent_text(round(float(event[rows].sum() / event.sum()) * PPM), 1)
    return finding(
        column, "KNOWS_OUTCOME", f"{zh}({count} 行,占全部违约 {share}),事后才知道", f"{en} ({count} rows, {share} of all defaults): known only afterwards",
    )  # fmt: skip


def strength_of(column: Column, event: Ints, folds: Ints) -> tuple[float, float]:
    """AUC of the column's order, and of its values' event rates learnt out of fold (0.5 where it has none)."""
    known = column.known
    outcome = event[known]
    if outcome.size == 0 or outcome.min() == outcome.max():
        return 0.5, 0.5
    ordered = abs(auc(column.values[known], outcome) - 0.5) + 0.5 if column.kind == "number" else 0.5
    return ordered, _rates_auc(column.values[known], outcome, folds[known])


def _rates_auc(values: Floats | Ints, event: Ints, folds: Ints) -> float:
    distinct, place = np.unique(values, return_inverse=True)
    if distinct.size * 3 > event.size:
        return 0.5
    rows = np.zeros((5, distinct.size))
    hits = np.zeros((5, distinct.size))
    np.add.at(rows, (folds, place), 1)
    np.add.at(hits, (folds, place), event)
    mean = event.mean()
    rates = (hits.sum(axis=0) - hits + mean) / (rows.sum(axis=0) - rows + 1)
    return auc(rates[folds, place], event)


def _uncertainty_taken(distinct: int, values: Floats | Ints, event: Ints) -> float:
    """Share of the label's entropy that a column of two or three values takes away (0 for any other column)."""
    if not 2 <= distinct <= 3:
        return 0.0
    _, place = np.unique(values, return_inverse=True)
    joint = np.zeros((distinct, 2))
    np.add.at(joint, (place, event), 1)
    joint /= event.size
    rows, outcome = joint.sum(axis=1, keepdims=True), joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    information = float((joint[seen] * np.log(joint[seen] / (rows * outcome)[seen])).sum())
    entropy = -float((outcome[outcome > 0] * np.log(outcome[outcome > 0])).sum())
    return information / entropy if entropy else 0.0


def follows(column: Column, leak: Column, rules: ScreenRules) -> Finding | None:
    """A column that is computed from one that knows the outcome knows it too: each value there gives one value here."""
    both = column.known & leak.known
    distinct, place = np.unique(leak.values[both], return_inverse=True)
    if both.sum() < rules.leak_rows_min or distinct.size * rules.follow_rows_mean_min > both.sum():
        return None
    values = column.values[both]
    order = np.lexsort((values, place))
    same = place[order][1:] == place[order][:-1]
    if (values[order][1:] != values[order][:-1])[same].any():
        return None
    return finding(
        column, "KNOWS_OUTCOME", f"由“{leak.name}”算出:它的每个取值对应唯一的值,而它事后才知道", f"computed from {leak.name!r}, which knows the outcome: each value there gives one value here",
    )  # fmt: skip


def order_strength(column: Column, event: Ints) -> float:
    """AUC (0.5 or more) of an identifier's order, with the digits in texts read as numbers."""
    known = column.known
    if column.kind == "number":
        return _either_way(column.values[known], event[known])
    order = sorted(range(len(column.levels)), key=lambda place: _natural(column.levels[place]))
    rank = np.empty(len(column.levels), np.int64)
    rank[order] = np.arange(len(order))
    return _either_way(rank[column.values[known].astype(np.int64)], event[known])


def _natural(text: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", text) if part]


def sorts_by_outcome(column: Column, event: Ints, rules: ScreenRules) -> tuple[str, str]:
    """What to add to the refusal of an identifier: that it sorts by the outcome, or nothing."""
    strength = order_strength(column, event)
    if strength * PPM < rules.order_auc_ppm:
        return "", ""
    shown = percent_text(round(strength * PPM), 1)
    return f";按它排序就排出了好坏(AUC {shown})", f"; sorted by it the outcomes part (AUC {shown})"


def row_order(position: Ints, event: Ints, rules: ScreenRules) -> Finding | None:
    """Whether the file is sorted by the outcome, beyond chance: five standard errors and policy's AUC."""
    events = int(event.sum())
    others = event.size - events
    if min(events, others) == 0:
        return None
    strength = _either_way(position, event)
    error = float(np.sqrt((event.size + 1) / (12 * events * others)))
    if strength * PPM < rules.order_auc_ppm or strength - 0.5 < 5 * error:
        return None
    shown = percent_text(round(strength * PPM), 1)
    return Finding(
        ROW_ORDER, "ROW_ORDER", f"文件的行序排出了好坏(行号 AUC {shown}):学习前打乱,行序不用", f"the rows of the file are sorted by the outcome (AUC of the row number {shown}): their order is not used",
    )  # fmt: skip


def runs_with_rows(column: Column, position: Ints) -> bool:
    """A number that only rises (or falls) down the file in nearly equal steps, as given numbers do and amounts don't."""
    known = column.known
    values = column.values[known][np.argsort(position[known], kind="stable")]
    steps = np.diff(values)
    if values.size < 20 or not ((steps > 0).all() or (steps < 0).all()):
        return False
    rank = np.arange(values.size, dtype=np.float64)
    return abs(float(np.corrcoef(rank, values)[0, 1])) > 0.99


def _either_way(score: Floats | Ints, event: Ints) -> float:
    if event.size == 0 or event.min() == event.max():
        return 0.5
    return abs(auc(score, event) - 0.5) + 0.5


def turned_over(columns: Sequence[Column], event: Ints, position: Ints, rules: ScreenRules) -> Refusal | None:
    """Refuses a label that changes its meaning down the file: in a stretch of rows the columns that tell most tell the opposite.

    The file is cut into stretches; in each, the AUC of each of the strongest columns is set against its AUC on the other
    stretches. A stretch is turned when at least three of them, and most, are reversed beyond policy's standard errors.
    """
    stretch = np.argsort(np.argsort(position)) * rules.flip_stretches // position.size
    for number in range(rules.flip_stretches):
        inside = stretch == number
        here, there = _signs(columns, event, inside), _signs(columns, event, ~inside)
        strong = np.argsort(-np.abs(there), kind="stable")[: rules.flip_columns]
        strong = strong[np.abs(there[strong]) >= rules.flip_errors]
        turned = strong[(here[strong] * np.sign(there[strong])) <= -rules.flip_errors]
        if turned.size >= 3 and turned.size * 2 > strong.size:
            first, last = int(position[inside].min()) + 1, int(position[inside].max()) + 1
            names = [columns[place].name for place in turned[:3].tolist()]
            return Refusal.at(
                "LABEL_TURNS_OVER",
                f"第 {first} 至 {last} 行(不计表头)标签的含义像是反过来了:{'、'.join(names)} 等 {turned.size} 列在这里与别处相反",
                f"from row {first} to {last} (below the header) the label seems to mean the opposite: {turned.size} columns ({', '.join(names)}) tell the reverse of what they tell elsewhere",
            )  # fmt: skip
    return None


def _signs(columns: Sequence[Column], event: Ints, rows: npt.NDArray[np.bool_]) -> Floats:
    """For each column of numbers, how many standard errors its AUC on these rows lies from one half."""
    found = np.zeros(len(columns))
    for place, column in enumerate(columns):
        used = rows & column.known
        outcome = event[used]
        events = int(outcome.sum())
        others = outcome.size - events
        if column.kind == "number" and min(events, others) >= 5:
            error = np.sqrt((outcome.size + 1) / (12 * events * others))
            found[place] = (auc(column.values[used], outcome) - 0.5) / error
    return found
