"""Which columns may be learnt from: constants, identifiers, raw dates, free text and copies of the outcome are refused.

Judged by behaviour, never by name. A refusal sees the labels of all rows, also those that a fold holds out; it can only
take a strong column away, so it makes a validation more modest, never better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.base.rates import percent_text
from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.figures import auc
from kemiao.credit.rating.folds import stratified_folds
from kemiao.credit.rating.rules import ScreenRules

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """A column that is refused, or suspected, and why."""

    column: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Screened:
    usable: tuple[Column, ...]
    refused: tuple[Finding, ...]
    suspect: tuple[Finding, ...]


def screen(columns: Sequence[Column], event: Ints, rules: ScreenRules, seed: int) -> Screened:
    usable: list[Column] = []
    refused: list[Finding] = []
    strengths: list[tuple[float, float]] = []
    folds = stratified_folds(event, 5, (seed, 99))
    for column in columns:
        strength = _strength(column, event, folds)
        finding = _knows_outcome(column, event, strength, rules) or _teaches_nothing(column, event, rules)
        if finding:
            refused.append(finding)
        else:
            usable.append(column)
            strengths.append(strength)
    return Screened(tuple(usable), tuple(refused), _suspects(usable, strengths, rules))


def _finding(column: Column, code: str, zh: str, en: str) -> Finding:
    return Finding(column.name, code, zh, en)


def _knows_outcome(column: Column, event: Ints, strength: tuple[float, float], rules: ScreenRules) -> Finding | None:
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
    if max(strength) >= rules.leak_auc_ppm / PPM:
        shown = percent_text(round(max(strength) * PPM))
        return _finding(
            column, "KNOWS_OUTCOME", f"单列就把好坏分开了(AUC {shown}),应是结果的副本或事后才知道", f"by itself it separates the outcomes (AUC {shown}): a copy of the outcome or known only afterwards",
        )  # fmt: skip
    return None


def _came_with_outcome(rows: npt.NDArray[np.bool_], event: Ints, rules: ScreenRules) -> bool:
    hits = int(event[rows].sum())
    enough = rows.sum() >= rules.leak_rows_min and hits * PPM >= rules.leak_events_share_ppm * int(event.sum())
    return bool(enough and hits == rows.sum())


def _told(column: Column, zh: str, en: str, rows: npt.NDArray[np.bool_], event: Ints) -> Finding:
    count, share = int(rows.sum()), percent_text(round(float(event[rows].sum() / event.sum()) * PPM), 1)
    return _finding(
        column, "KNOWS_OUTCOME", f"{zh}({count} 行,占全部违约 {share}),事后才知道", f"{en} ({count} rows, {share} of all defaults): known only afterwards",
    )  # fmt: skip


def _teaches_nothing(column: Column, event: Ints, rules: ScreenRules) -> Finding | None:
    known = column.values[column.known]
    rows = event.size
    if known.size * PPM < rules.known_share_min_ppm * rows:
        return _finding(column, "ALMOST_ALL_MISSING", f"几乎全是缺失({known.size}/{rows} 行有值)", f"almost all missing ({known.size} of {rows} rows have a value)")  # fmt: skip
    distinct, counts = np.unique(known, return_counts=True)
    if distinct.size == 1 and known.size == rows:
        return _finding(column, "CONSTANT", "只有一个值", "constant")
    if rows - counts.max() < 2 or (distinct.size == 1 and rows - known.size < 2):
        return _finding(column, "ALMOST_CONSTANT", "除一行外只有一个值", "one value but in one row")
    if column.kind == "date":
        return _finding(column, "RAW_DATE", "是日期:请先换算成到观察日的天数", "a raw date: turn it into days before the day of assessment")  # fmt: skip
    if column.kind == "choice":
        return _bad_levels(column, distinct.size, int((counts == 1).sum()), known.size, rules)
    return _row_numbers(column, distinct.astype(np.float64), known.size)


def _bad_levels(column: Column, distinct: int, once: int, known: int, rules: ScreenRules) -> Finding | None:
    if once * PPM >= rules.identifier_share_ppm * known:
        return _finding(column, "IDENTIFIER", f"几乎每行一个值({distinct} 个),是编号或名称", f"almost one value a row ({distinct}): an identifier or a name")  # fmt: skip
    if distinct > rules.levels_max or known < rules.level_rows_mean_min * distinct:
        return _finding(column, "TOO_MANY_LEVELS", f"文字取值太多({distinct} 个)", f"free text: too many values ({distinct})")  # fmt: skip
    return None


def _row_numbers(column: Column, distinct: Floats, known: int) -> Finding | None:
    """Whole numbers, each once: serial numbers are dense, or all of one length as numbers of contracts are."""
    if not column.whole or distinct.size < known * 0.99 or distinct.size < 20:
        return None
    dense = distinct[-1] - distinct[0] < 1.2 * distinct.size
    digits = {len(format(abs(value), ".0f")) for value in (distinct[0], distinct[-1])}
    if dense or (len(digits) == 1 and digits.pop() >= 7 and distinct[0] > 0 and distinct[-1] > 3 * distinct[0]):
        return _finding(column, "IDENTIFIER", "每行一个整数,像编号或行号", "a whole number for every row: a serial number or row number")  # fmt: skip
    return None


def _strength(column: Column, event: Ints, folds: Ints) -> tuple[float, float]:
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


def _suspects(
    columns: Sequence[Column], strengths: Sequence[tuple[float, float]], rules: ScreenRules
) -> tuple[Finding, ...]:
    if not columns:
        return ()
    median = float(np.median([max(each) for each in strengths]))
    found = []
    for column, (ordered, rates) in zip(columns, strengths, strict=True):
        best = max(ordered, rates)
        far = best >= rules.suspect_auc_ppm / PPM and best - median >= rules.suspect_over_median_ppm / PPM
        jumps = column.kind == "number" and rates - max(ordered, median) >= rules.suspect_jump_ppm / PPM
        if far or (jumps and best >= rules.suspect_auc_ppm / PPM):
            shown, usual = percent_text(round(best * PPM), 1), percent_text(round(median * PPM), 1)
            zh = "相邻取值之间风险跳变," if jumps else ""
            en = "risk jumps between neighbouring values; " if jumps else ""
            found.append(
                Finding(column.name, "TOO_GOOD", f"{zh}单列 AUC {shown},各列中位数 {usual}:请查它是不是事后改写的", f"{en}AUC {shown} by itself where the median column has {usual}: was it rewritten afterwards?")
            )  # fmt: skip
    return tuple(found)
