"""rating score: a stored model over a table of any length, piece by piece, with what is strange about the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.bank.packaged_policy import policy_of
from kemiao.bank.training_file import OpenTable, open_table
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.rating.columns import numbers_in, text_of
from kemiao.credit.rating.inputs import CheckRules, Input, Seen, Warned, check_rules, observe, warnings
from kemiao.credit.rating.master_scale import Grade, grade, scale_from_policy
from kemiao.credit.rating.model import Model, score
from kemiao.credit.rating.scorecard import Characteristic, Scorecard
from kemiao.credit.rating.trees import Feature
from kemiao.data.readers import Fault

Sink = Callable[[pa.Table], None]
Progress = Callable[[int, int], None]
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Request:
    """key: a column that is handed through; None numbers the rows as their owner counts them. reasons: at most so many."""

    table: Path
    key: str | None = None
    reasons: int = 0


@dataclass(frozen=True, slots=True)
class Odd:
    """A cell of a column of numbers that says something else: taken for unknown, as in training."""

    row: int
    column: str
    text: str


@dataclass(slots=True)
class Scored:
    """odd: the first of them; unreadable: rows that are none. checked: whether ranges of the training were kept."""

    rows: int = 0
    odd_count: int = 0
    odd: list[Odd] = field(default_factory=list)
    unreadable: list[Fault] = field(default_factory=list)
    grades: Counter[str] = field(default_factory=Counter)
    points_min: int | None = None
    points_max: int | None = None
    pd_sum: int = 0
    warnings: tuple[Warned, ...] = ()
    checked: bool = True


def score_table(
    world: World | None,
    model: Model,
    inputs: tuple[Input, ...] | None,
    request: Request,
    sink: Sink,
    progress: Progress = lambda done, total: None,
) -> Scored | Refusal:
    """Hands each piece of the answer to the sink: the key or row, points, pd_ppm, grade, and reasons with the points lost.

    Refuses a table that lacks a column, naming all that it lacks, before anything is scored.
    """
    rules = policy_of(world, "models")
    units = rules if isinstance(rules, Refusal) else check_rules(rules)
    master = policy_of(world, "master_scale")
    scale = master if isinstance(master, Refusal) else scale_from_policy(master)
    opened = open_table(request.table)
    for refused in (units, scale, opened):
        if isinstance(refused, Refusal):
            return refused
    return _scored(model, inputs, request, opened, scale, units, sink, progress)  # type: ignore[arg-type]


def _scored(
    model: Model, inputs: tuple[Input, ...] | None, request: Request, opened: OpenTable, scale: tuple[Grade, ...], rules: CheckRules,
    sink: Sink, progress: Progress,
) -> Scored | Refusal:  # fmt: skip
    places = places_of(model, opened.header, request)
    if isinstance(places, Refusal):
        return places
    found, seen = Scored(checked=inputs is not None), {each.feature: Seen() for each in inputs or ()}
    for batch in opened.sheet.read(opened.start):
        found.unreadable += batch.faults[: max(0, _NAMED - len(found.unreadable))]
        cells = pa.Table.from_batches([batch.cells])
        if not cells.num_rows:
            continue
        typed = typed_rows(model, cells, places, found)
        if isinstance(typed, Refusal):
            return typed
        for each in inputs or ():
            if each.feature in typed.column_names:
                observe(each, typed[each.feature].combine_chunks(), seen[each.feature])
        points = score(model, typed, None, parts=request.reasons > 0)
        if isinstance(points, Refusal):
            return points
        answer = answer_of(model, points, scale, request.reasons)
        name, values = (request.key, cells[f"c{places[request.key]}"]) if request.key else ("row", cells["row"])
        _count(found, answer)
        sink(answer.add_column(0, name, values))
        progress(found.rows, 0)
    if not found.rows:
        return Refusal.at("TABLE_EMPTY", "表中没有数据行", "the table has no rows", file=request.table.name)
    found.warnings = warnings(inputs or (), seen, rules)
    return found


def places_of(model: Model, header: Sequence[str], request: Request) -> dict[str, int] | Refusal:
    """Where each column that is needed stands."""
    asked = {each.feature: isinstance(each, Characteristic) and each.optional for each in asked_of(model)}
    if request.key and request.key not in header:
        return Refusal.at("NO_SUCH_COLUMN", "表中没有这一列可作编号(--key)", "the table has no such column for an identifier (--key)", file=request.table.name, column=request.key)  # fmt: skip
    needed = [*([request.key] if request.key else []), *(name for name, optional in asked.items() if not optional)]
    missing = [name for name in needed if name not in header]
    if missing:
        names = "、".join(missing), ", ".join(missing)
        return Refusal.at(
            "COLUMN_MISSING", f"表中缺少模型需要的列:{names[0]}", f"the table lacks columns that the model needs: {names[1]}",
            file=request.table.name, column=names[1],
        )  # fmt: skip
    wanted = [name for name in dict.fromkeys([*needed, *asked]) if name in header]
    twice = [name for name in wanted if list(header).count(name) > 1]
    if twice:
        return Refusal.at("COLUMN_TWICE", "有重名的列", "a column name occurs twice", file=request.table.name, column=", ".join(twice))  # fmt: skip
    return {name: list(header).index(name) for name in wanted}


def typed_rows(model: Model, cells: pa.Table, places: Mapping[str, int], found: Scored) -> pa.Table | Refusal:
    """Cells as the training read them: text that reads as numbers is numbers, words for no answer are unknown."""
    columns: dict[str, pa.Array] = {}
    for each in asked_of(model):
        if each.feature not in places:
            continue
        column = cells[f"c{places[each.feature]}"]
        kind = column.type
        if each.is_choice if isinstance(each, Characteristic) else each.choice:
            columns[each.feature] = text_of(column)
        elif pa.types.is_temporal(kind) or pa.types.is_nested(kind):
            return Refusal.at("COLUMN_NOT_NUMBERS", f"模型需要数值,该列是 {kind}", f"the model needs numbers, the column has {kind}", column=each.feature)  # fmt: skip
        elif pa.types.is_decimal(kind):
            columns[each.feature] = column.cast(pa.float64())
        elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
            columns[each.feature] = column
        else:
            text = text_of(column)
            values, odd = numbers_in(text)
            columns[each.feature] = pa.array(values)
            at = np.flatnonzero(odd)
            found.odd_count += at.size
            found.odd += [Odd(cells["row"][row].as_py(), each.feature, text[row].as_py()) for row in at[: max(0, _NAMED - len(found.odd))].tolist()]  # fmt: skip
    return pa.table(columns)


def answer_of(model: Model, scored: pa.Table, scale: Sequence[Grade], count: int) -> pa.Table:
    """points, pd_ppm, grade, and reason_1, lost_1 ...: what cost most points, ties in the model's order."""
    answer = scored.select(["points", "pd_ppm"]).append_column("grade", grade(np.asarray(scored["pd_ppm"]), scale))
    each = asked_of(model)
    if not count or not each:
        return answer
    lost = np.column_stack(
        [np.maximum(0, one.best_points - np.asarray(scored[f"points.{one.feature}"])) for one in each]
    )
    unknown = np.column_stack([_unknown(one, scored) for one in each])
    codes = np.array([[f"RATING_{one.feature.upper()}{end}" for end in ("", "_UNKNOWN")] for one in each], dtype=object)
    order = np.argsort(-lost, axis=1, kind="stable")
    for place in range(min(count, len(each))):
        at = order[:, place]
        cost = np.take_along_axis(lost, at[:, None], axis=1)[:, 0]
        said = codes[at, np.take_along_axis(unknown, at[:, None], axis=1)[:, 0].astype(np.int64)]
        answer = answer.append_column(f"reason_{place + 1}", pa.array(said, pa.string(), mask=cost == 0))
        answer = answer.append_column(f"lost_{place + 1}", pa.array(cost, pa.int64(), mask=cost == 0))
    return answer


def _unknown(one: Characteristic | Feature, scored: pa.Table) -> Any:
    if isinstance(one, Characteristic):
        return np.asarray(scored[f"bin.{one.feature}"]) == one.unknown_bin
    return ~np.asarray(scored[f"known.{one.feature}"], dtype=bool)


def asked_of(model: Model) -> tuple[Characteristic | Feature, ...]:
    """What the model asks of a row, in its order."""
    return model.characteristics if isinstance(model, Scorecard) else model.features


def _count(found: Scored, answer: pa.Table) -> None:
    points = np.asarray(answer["points"])
    found.rows += answer.num_rows
    found.grades.update(answer["grade"].to_pylist())
    low, high = int(points.min()), int(points.max())
    found.points_min = low if found.points_min is None else min(low, found.points_min)
    found.points_max = high if found.points_max is None else max(high, found.points_max)
    found.pd_sum += int(np.asarray(answer["pd_ppm"]).sum())
