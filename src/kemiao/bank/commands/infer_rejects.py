"""rating rejects: what refused applicants might have done, read from a table that holds them beside the accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.commands.fit_rating import rules_on
from kemiao.bank.examination import policy_on, rules_for
from kemiao.bank.training_file import read_training_file
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.rating.columns import read_training
from kemiao.credit.rating.examination_rules import reject_rules
from kemiao.credit.rating.rejects import RejectInference, infer
from kemiao.credit.rating.screen import screen
from kemiao.credit.rating.validate import enough

_SIDE = "\0rejected"


@dataclass(frozen=True, slots=True)
class Request:
    """rejected: (column, value) of the refused; None: all rows without a label are."""

    table: Path
    label: str
    drop: tuple[str, ...] = ()
    key: str | None = None
    event_value: str | None = None
    rejected: tuple[str, str] | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Inferred:
    """labels_ignored: refused rows with a label, which nobody can have observed. left_out: neither refused nor labelled."""

    found: RejectInference
    labels_ignored: int
    left_out: int


def infer_rejects(world: World | None, request: Request, day: date | None, progress: Callable[[int, int], None]) -> Inferred | Refusal:  # fmt: skip
    rules, own, at = rules_on(world, day), reject_rules(policy_on(world, day).get("rating", {})), rules_for(world, day)
    for each in (rules, own, at):
        if isinstance(each, Refusal):
            return each
    file = read_training_file(request.table)
    if isinstance(file, Refusal):
        return file
    marked = _marked(file.table, request)
    if isinstance(marked, Refusal):
        return marked
    drop = (*request.drop, *([request.rejected[0]] if request.rejected else []))
    hidden = None if request.rejected is None else pa.array(marked)
    labels = file.table[request.label] if request.label in file.table.column_names else None
    known = file.table
    if hidden is not None and labels is not None:
        known = known.set_column(
            known.column_names.index(request.label), request.label, pc.if_else(hidden, None, labels)
        )
    learnt = read_training(known, request.label, drop, request.key, request.event_value)
    if isinstance(learnt, Refusal):
        return learnt
    refused = enough(learnt, rules)  # type: ignore[arg-type]
    if refused:
        return refused
    labelled = np.zeros(known.num_rows, dtype=bool)
    labelled[learnt.numbers] = True
    outside = np.asarray(marked) if request.rejected else ~labelled
    if outside.sum() < own.rejects_min:  # type: ignore[union-attr]
        return Refusal.at("TOO_FEW_REJECTS", f"被拒申请人只有 {int(outside.sum())} 户,至少需 {own.rejects_min} 户", f"{int(outside.sum())} refused applicants; at least {own.rejects_min} are needed", file=request.table.name)  # type: ignore[union-attr]  # fmt: skip
    # Accepted and refused are read as one table, so that a choice means the same in both.
    kept = np.flatnonzero(labelled | outside)
    side = pa.array(["1" if outside[row] else "0" for row in kept.tolist()])
    joint = known.drop_columns([request.label]).take(pa.array(kept)).append_column(_SIDE, side)
    every = read_training(joint, _SIDE, drop, request.key, "1")
    if isinstance(every, Refusal):
        return every
    outcome = np.zeros(known.num_rows, np.int64)
    outcome[learnt.numbers] = learnt.event
    event = outcome[kept[every.numbers]]
    names = {each.name for each in screen(learnt.columns, learnt.event, rules.screen, request.seed).usable}  # type: ignore[union-attr]
    columns = [each for each in every.columns if each.name in names]
    if not columns:
        return Refusal("NO_USABLE_COLUMN", "没有可用的列:全部被拒绝", "there is no usable column: all were refused")
    limit = at.cutoff.bad_rate_max_ppm / 1e6  # type: ignore[union-attr]
    found = infer(columns, event, every.event == 0, rules, own, limit, request.seed, progress)  # type: ignore[arg-type]
    ignored = int(outside.sum() - (outside & _empty(labels)).sum()) if request.rejected and labels is not None else 0
    return Inferred(found, ignored, int((~labelled & ~outside).sum()))


def _empty(labels: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.fill_null(pc.equal(pc.utf8_trim_whitespace(labels.cast(pa.string())), ""), True))


def _marked(table: pa.Table, request: Request) -> np.ndarray | Refusal:
    if request.rejected is None:
        return np.zeros(table.num_rows, dtype=bool)
    column, value = request.rejected
    if column not in table.column_names:
        return Refusal.at("NO_SUCH_COLUMN", "表中没有这一列", "the table has no such column", file=request.table.name, column=column)  # fmt: skip
    text = pc.utf8_trim_whitespace(table[column].cast(pa.string()))
    return np.asarray(pc.fill_null(pc.equal(text, value), False))
