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
from kemiao.credit.rating.folds import stratified_folds
from kemiao.credit.rating.leaks import (
    Finding,
    finding,
    follows,
    knows_outcome,
    row_order,
    runs_with_rows,
    sorts_by_outcome,
    strength_of,
)
from kemiao.credit.rating.rules import ScreenRules

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Screened:
    usable: tuple[Column, ...]
    refused: tuple[Finding, ...]
    suspect: tuple[Finding, ...]


def screen(
    columns: Sequence[Column], event: Ints, rules: ScreenRules, seed: int, position: Ints | None = None
) -> Screened:
    """position: each row's place in the file, where it is known: then the order of rows is looked at too."""
    usable: list[Column] = []
    refused: list[Finding] = []
    leaks: list[Column] = []
    strengths: list[tuple[float, float]] = []
    folds = stratified_folds(event, 5, (seed, 99))
    for column in columns:
        strength = strength_of(column, event, folds)
        told = knows_outcome(column, event, strength, rules)
        found = told or _teaches_nothing(column, event, rules, position)
        if told:
            leaks.append(column)
        if found:
            refused.append(found)
        else:
            usable.append(column)
            strengths.append(strength)
    computed = [next(filter(None, (follows(column, leak, rules) for leak in leaks)), None) for column in usable]
    refused += [found for found in computed if found]
    kept = [place for place, found in enumerate(computed) if found is None]
    usable, strengths = [usable[place] for place in kept], [strengths[place] for place in kept]
    ordered = row_order(position, event, rules) if position is not None else None
    return Screened(tuple(usable), tuple(refused + ([ordered] if ordered else [])), _suspects(usable, strengths, rules))


def _teaches_nothing(column: Column, event: Ints, rules: ScreenRules, position: Ints | None) -> Finding | None:
    known = column.values[column.known]
    rows = event.size
    if known.size * PPM < rules.known_share_min_ppm * rows:
        return finding(column, "ALMOST_ALL_MISSING", f"几乎全是缺失({known.size}/{rows} 行有值)", f"almost all missing ({known.size} of {rows} rows have a value)")  # fmt: skip
    distinct, counts = np.unique(known, return_counts=True)
    if distinct.size == 1 and known.size == rows:
        return finding(column, "CONSTANT", "只有一个值", "constant")
    if rows - counts.max() < 2 or (distinct.size == 1 and rows - known.size < 2):
        return finding(column, "ALMOST_CONSTANT", "除一行外只有一个值", "one value but in one row")
    if column.kind == "date":
        return finding(column, "RAW_DATE", "是日期:请先换算成到观察日的天数", "a raw date: turn it into days before the day of assessment")  # fmt: skip
    if column.kind == "choice":
        return _bad_levels(column, event, distinct.size, int((counts == 1).sum()), known.size, rules)
    return _row_numbers(column, event, distinct.astype(np.float64), known.size, rules, position)


def _bad_levels(
    column: Column, event: Ints, distinct: int, once: int, known: int, rules: ScreenRules
) -> Finding | None:
    if once * PPM >= rules.identifier_share_ppm * known:
        zh, en = sorts_by_outcome(column, event, rules)
        return finding(column, "IDENTIFIER", f"几乎每行一个值({distinct} 个),是编号或名称{zh}", f"almost one value a row ({distinct}): an identifier or a name{en}")  # fmt: skip
    if distinct > rules.levels_max or known < rules.level_rows_mean_min * distinct:
        return finding(column, "TOO_MANY_LEVELS", f"文字取值太多({distinct} 个)", f"free text: too many values ({distinct})")  # fmt: skip
    return None


def _row_numbers(
    column: Column, event: Ints, distinct: Floats, known: int, rules: ScreenRules, position: Ints | None
) -> Finding | None:
    """Whole numbers, each once: serial numbers are dense, run with the rows of the file, or are all of one length as
    numbers of contracts are."""
    if not column.whole or distinct.size < known * 0.99 or distinct.size < 20:
        return None
    dense = distinct[-1] - distinct[0] < 1.2 * distinct.size
    digits = {len(format(abs(value), ".0f")) for value in (distinct[0], distinct[-1])}
    serial = position is not None and runs_with_rows(column, position)
    if (
        dense
        or serial
        or (len(digits) == 1 and digits.pop() >= 7 and distinct[0] > 0 and distinct[-1] > 3 * distinct[0])
    ):
        zh, en = sorts_by_outcome(column, event, rules)
        return finding(column, "IDENTIFIER", f"每行一个整数,像编号或行号{zh}", f"a whole number for every row: a serial number or row number{en}")  # fmt: skip
    return None


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
