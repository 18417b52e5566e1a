"""A validation, looked at from every side that the bank's policy names: which columns, under which rules."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kemiao.bank.training_file import read_training_file
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.rating.columns import Column, TrainingTable, read_training
from kemiao.credit.rating.examination import Contender, Examination, Wanted, basis, examine
from kemiao.credit.rating.examination_rules import ExaminationRules, examination_rules
from kemiao.credit.rating.validate import Prediction, Validation

if TYPE_CHECKING:
    from kemiao.bank.commands.fit_rating import Material, Request

HOME_GROUPS, HOME_SIZE, HOME_AGE = ("industry", "region"), "revenue_12m_fen", "age_months"


def policy_on(world: World | None, day: date | None) -> Mapping[str, Any]:
    if world is not None and day is not None:
        return world.policy.on(day)
    folder = files("kemiao.bank.default_policy")
    return {name: tomllib.loads(folder.joinpath(f"{name}.toml").read_text("utf-8")) for name in ("rating", "pricing")}


def rules_for(world: World | None, day: date | None) -> ExaminationRules | Refusal:
    policy = policy_on(world, day)
    return examination_rules(policy.get("rating", {}), policy.get("pricing", {}))


def look(
    world: World | None, read: Material, request: Request, day: date | None
) -> tuple[Wanted, ExaminationRules] | Refusal:
    """What an examination needs beside a validation. Refuses a column that is not there before anything is learnt."""
    rules = rules_for(world, day)
    if isinstance(rules, Refusal):
        return rules
    wanted = wanted_columns(read, request)
    return wanted if isinstance(wanted, Refusal) else (wanted, rules)


def examined(found: Validation, read: Material, wanted: Wanted, rules: ExaminationRules, name: str, model: str = "") -> Examination:  # fmt: skip
    """Of a validation that is at hand. model: its digest, once it is stored."""
    held = found.held
    table = rows_of(read.table, held.rows.tolist())
    about = basis(
        table, found.screened, model, name, str(read.source.get("file") or read.source.get("as_of") or ""), read.horizon_days,
        read.left_out, found.folds, found.repeats, found.inner_folds, found.seed,
    )  # fmt: skip
    kinds = (("card", held.card), ("challenger", held.challenger))
    others = [
        Contender(kind, one.rank, one.pd_ppm) for kind, one in kinds if one is not None and not _same(one, held.chosen)
    ]
    if held.baseline and found.baseline is not None:
        others.append(Contender(found.baseline.column, held.baseline))
    rows = held.rows.tolist()
    looked = Wanted(
        tuple(_at(each, rows) for each in wanted.groups), tuple(_at(each, rows) for each in wanted.sizes),
        _at(wanted.time, rows) if wanted.time else None, wanted.rows_in_order,
    )  # fmt: skip
    inputs = [_at(each, rows) for each in found.screened.usable]
    return examine(
        about, table, Contender("model", held.chosen.rank, held.chosen.pd_ppm), others, inputs, looked, rules
    )


def _same(one: Prediction, other: Prediction) -> bool:
    return all((a == b).all() for a, b in zip(one.rank, other.rank, strict=True))


def _at(column: Column, rows: list[int]) -> Column:
    return Column(
        column.name, column.kind, column.values[rows], column.levels, column.whole, column.special, column.odd
    )


def rows_of(table: TrainingTable, rows: list[int]) -> TrainingTable:
    """The same table where all rows were held out once, else those that were."""
    if rows == list(range(table.event.size)):
        return table
    return replace(table, columns=tuple(_at(each, rows) for each in table.columns), event=table.event[rows], numbers=table.numbers[rows])  # fmt: skip


def wanted_columns(read: Material, request: Request) -> Wanted | Refusal:
    """From the table learnt from, or from the file where a column was dropped. A home has groups of its own."""
    if request.table is None:
        own = {each.name: each for each in read.table.columns}
        names = request.groups or HOME_GROUPS
        sizes = [request.size or HOME_SIZE] + ([] if request.groups else [HOME_AGE])
        strange = [each for each in (*request.groups, request.size, request.time) if each and each not in own]
        if strange:
            return Refusal.at("NO_SUCH_COLUMN", "画像中没有这一列", "the profile has no such column", column=", ".join(strange))  # fmt: skip
        return Wanted(
            tuple(own[name] for name in names if name in own), tuple(own[name] for name in sizes if name in own),
            own.get(request.time or ""), rows_in_order=False,
        )  # fmt: skip
    asked = [*request.groups, *([request.size] if request.size else []), *([request.time] if request.time else [])]
    found: dict[str, Column] = {each.name: each for each in read.table.columns}
    lacking = [name for name in asked if name not in found]
    if lacking:
        file = read_training_file(request.table)
        if isinstance(file, Refusal):
            return file
        strange = [name for name in lacking if name not in file.table.column_names]
        if strange:
            return Refusal.at("NO_SUCH_COLUMN", "表中没有这一列", "the table has no such column", file=request.table.name, column=", ".join(strange))  # fmt: skip
        aside = _aside(file.table, lacking, read.table)
        if isinstance(aside, Refusal):
            return aside
        found |= aside
    return Wanted(
        tuple(found[name] for name in request.groups), (found[request.size],) if request.size else (), found[request.time] if request.time else None
    )  # fmt: skip


def _aside(file: pa.Table, names: list[str], table: TrainingTable) -> dict[str, Column] | Refusal:
    """Columns that were not learnt from, read as those that were, in the order of the rows learnt from."""
    place = pa.array([str(number % 2) for number in range(file.num_rows)])
    chosen = pa.table({name: file[name] for name in dict.fromkeys(names)}).append_column("\0side", place)
    read = read_training(chosen, "\0side", event_value="1")
    if isinstance(read, Refusal):
        return read
    back = read.numbers.argsort()[table.numbers].tolist()
    return {each.name: _at(each, back) for each in read.columns}
