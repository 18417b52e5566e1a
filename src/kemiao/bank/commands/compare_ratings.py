"""rating compare: two models on the same rows, of a table or of the home's own companies with an outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kemiao.bank.commands.fit_rating import home_rows
from kemiao.bank.commands.score_table import Request as ScoreRequest
from kemiao.bank.commands.score_table import Scored, asked_of, places_of, typed_rows
from kemiao.bank.model_store import Stored
from kemiao.bank.models import stored_model
from kemiao.bank.packaged_policy import policy_of
from kemiao.bank.permits import receipt
from kemiao.bank.training_file import read_training_file
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.rating.columns import read_training
from kemiao.credit.rating.delong import Estimate, auc_estimate, bounded, p_value, paired_difference, placements
from kemiao.credit.rating.master_scale import Grade, grade, scale_from_policy
from kemiao.credit.rating.model import Model, score
from kemiao.credit.rating.scorecard import Characteristic
from kemiao.credit.rating.stability import psi

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Request:
    """table, label, event_value: as for a fit; table None compares on the home's own companies as of a day."""

    one: str
    other: str
    table: Path | None = None
    label: str = "defaulted"
    event_value: str | None = None
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """A model on the rows."""

    digest: str
    name: str
    kind: str
    auc: Estimate
    pd_ppm_mean: int
    learnt_here: bool  # these rows, or as many with as many defaults, are what it learnt from: it knows their answers


@dataclass(frozen=True, slots=True)
class Asked:
    """A feature that one of the two asks, or both. spans: how many points lie between its worst and its best answer."""

    feature: str
    span_one: int | None
    span_other: int | None


@dataclass(frozen=True, slots=True)
class Compared:
    """difference: AUC of the one less that of the other, paired (DeLong). psi: of the grades, with what chance alone gives.

    migrations: (grade by the one, grade by the other, rows); grades from best to worst.
    """

    one: Side
    other: Side
    rows: int
    events: int
    difference: Estimate
    p: float
    psi: float
    psi_noise: float
    grades: tuple[str, ...]
    migrations: tuple[tuple[str, str, int], ...]
    asked: tuple[Asked, ...]


def compare_ratings(world: World, request: Request) -> Compared | Refusal:
    """Refuses a table that lacks a column of either model, and rows without defaults or without others."""
    pair: list[Stored] = []
    for name in (request.one, request.other):
        read = stored_model(world, name)
        if isinstance(read, Refusal):
            return read
        pair.append(read[1])
    master = policy_of(world, "master_scale")
    scale = master if isinstance(master, Refusal) else scale_from_policy(master)
    labelled = _labelled(world, request)
    if isinstance(scale, Refusal):
        return scale
    if isinstance(labelled, Refusal):
        return labelled
    rows, event, digest, file = labelled
    points: list[pa.Table] = []
    for each in pair:
        scored = _points(each.model, rows, file)
        if isinstance(scored, Refusal):
            return scored
        points.append(scored)
    return _compared(pair, points, event, scale, digest)


def _labelled(world: World, request: Request) -> tuple[pa.Table, Ints, str, str] | Refusal:
    """(rows, whether each defaulted, digest of what could be learnt from them, file)"""
    name, table = "", None
    if request.table is not None:
        file = read_training_file(request.table)
        if isinstance(file, Refusal):
            return file
        name, table, label = request.table.name, file.table, request.label
    else:
        home = home_rows(world, request.as_of)
        if isinstance(home, Refusal):
            return home
        with world.log.write() as tx:
            receipt(tx, home.permit)
        table, label = home.rows, "defaulted"
    read = read_training(table, label, (), None if name else "company", request.event_value)
    if isinstance(read, Refusal):
        return Refusal(read.code, read.zh, read.en, ((("file", name),) if name else ()) + read.where)
    return table.take(pa.array(read.numbers)), read.event, read.digest, name


def _points(model: Model, rows: pa.Table, file: str) -> pa.Table | Refusal:
    places = places_of(model, rows.column_names, ScoreRequest(Path(file)))
    if isinstance(places, Refusal):
        return places
    cells = rows.rename_columns([f"c{place}" for place in range(rows.num_columns)])
    cells = cells.append_column("row", pa.array(np.arange(rows.num_rows)))
    typed = typed_rows(model, cells, places, Scored())
    return typed if isinstance(typed, Refusal) else score(model, typed, None, parts=False)


def _compared(
    pair: Sequence[Stored], points: Sequence[pa.Table], event: Ints, scale: Sequence[Grade], digest: str
) -> Compared:
    ranks = [-np.asarray(each["points"], dtype=np.float64) for each in points]  # fewer points are the greater risk
    grades = [grade(np.asarray(each["pd_ppm"]), scale) for each in points]
    order = {each.name: place for place, each in enumerate(scale)}
    codes = [np.array([order[name] for name in each.to_pylist()]) for each in grades]
    found, noise, _ = psi(np.concatenate(codes), len(scale), np.arange(2 * event.size) >= event.size)
    moved = Counter(zip(codes[0].tolist(), codes[1].tolist(), strict=True))
    difference = paired_difference(ranks[0], ranks[1], event)
    sides = [
        Side(
            each.digest, each.name, each.kind, bounded(auc_estimate(placements(rank, event), event), event),
            round(float(np.mean(np.asarray(scored["pd_ppm"])))), _learnt_from(each, event, digest),
        )
        for each, rank, scored in zip(pair, ranks, points, strict=True)
    ]  # fmt: skip
    migrations = tuple((scale[one].name, scale[other].name, count) for (one, other), count in sorted(moved.items()))
    return Compared(
        sides[0], sides[1], int(event.size), int(event.sum()), difference, p_value(difference), found, noise, tuple(each.name for each in scale), migrations,
        _asked(pair[0].model, pair[1].model),
    )  # fmt: skip


def _learnt_from(one: Stored, event: Ints, digest: str) -> bool:
    """The digest differs where another column was taken for the key; counts tell then."""
    counts = (one.lineage.get("rows"), one.lineage.get("events")) == (event.size, int(event.sum()))
    return counts or one.lineage.get("table_digest") == digest


def _asked(one: Model, other: Model) -> tuple[Asked, ...]:
    spans = [{each.feature: _span(each) for each in asked_of(model)} for model in (one, other)]
    return tuple(Asked(name, spans[0].get(name), spans[1].get(name)) for name in sorted(spans[0] | spans[1]))


def _span(each: Any) -> int:
    """Of trees only the best is known; it is counted from the average."""
    if not isinstance(each, Characteristic):
        return int(each.best_points)
    points = [one.points for one in each.bins]
    return max(points) - min(points)
