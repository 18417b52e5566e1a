"""One import, from sheets to rows for the lake: staged in columns, judged by ids, handed on as a stream.

Memory holds a few batches, and for each staged row a verdict; never the rows themselves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.refusal import BrokenInvariant
from kemiao.data.cleaning import Pseudonym
from kemiao.data.contract import hold
from kemiao.data.discovery import Found
from kemiao.data.judging import (
    CHANGED,
    CONTRADICTS,
    DUPLICATE,
    HELD,
    NOTHING_KNOWN,
    TAKEN,
    Candidates,
    Judge,
    Verdicts,
)
from kemiao.data.map import TableMap
from kemiao.data.mapping import CellError, Mapper
from kemiao.data.quarantine import QuarantineWriter, Waiting
from kemiao.data.readers import Fault, RawBatch
from kemiao.data.staging import Room, Shelf
from kemiao.facts.schema import Table

Seal = Callable[[pa.Array, pa.Array], pa.Array]
_WORKERS = 2  # DuckDB reads one batch with one thread: two batches at a time keep two cores busy
_PART_ROWS = 1_200_000  # of invoices, about 300 MB
_MARKS = 1 << 22
_FAULTS = {
    "TOO_MANY_CELLS": ("这一行的单元格比表头多", "the row has more cells than the header", "与表头一样多的单元格", "as many cells as the header"),
    "TOO_FEW_CELLS": ("这一行的单元格比表头少(文件可能在此中断)", "the row has fewer cells than the header (the file may be cut here)", "与表头一样多的单元格", "as many cells as the header"),
    "QUOTE_NOT_CLOSED": ("引号没有结束", "a quote is opened and never closed", "成对的引号", "quotes in pairs"),
    "NOT_DECODABLE": ("含有无法解码的字节", "holds bytes that are no characters", "UTF-8 或 GB18030 文字", "text in UTF-8 or GB18030"),
    "NOT_JSON": ("不是一个 JSON 对象", "is not a JSON object", "每行一个 JSON 对象", "one JSON object a line"),
}  # fmt: skip
_CONFLICTS = {
    CONTRADICTS: ("TWO_STATES_IN_ONE_FILE", "同一文件里,同一事实有两种不同的内容", "the same file says two different things of one fact", "每个编号一种内容", "one content for each key"),
    CHANGED: ("FACT_CHANGED", "与已有的同一事实内容不同", "differs from what is known of the same fact", "与已有内容相同", "the content that is known"),
    HELD: ("OTHER_LINE_IS_BAD", "同一张单据的另一行有错", "another line of the same paper is bad", "各行都正确", "all its lines right"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """What an import is told beside its files."""

    batch: int
    day: date
    basis: str
    source: str
    options: Mapping[str, str]
    pseudonym: Pseudonym
    seal: Seal
    work: Path
    workers: Sequence[Any]  # DuckDB connections, see `workers`
    room: Room = field(default_factory=Room)
    held: list[TableMap] = field(default_factory=list)  # whose first rows were held to the vocabulary's promise

    def shelf(self, name: str, fact: Table) -> Shelf:
        return Shelf(self.work / f"{self.batch}-{name}.arrow", staged_schema(fact), self.room)


@dataclass(slots=True)
class Stage:
    """Good rows of one sheet for one table of facts. lines: raw rows behind each staged row, where several are."""

    table: TableMap
    shelf: Shelf
    lines: list[Sequence[int]] | None = None
    held: np.ndarray[Any, np.dtype[np.bool_]] | None = None
    taken: int = 0
    newest_on: date | None = None
    owners: set[str] = field(default_factory=set)
    on_every_row: set[str] | None = None
    verdicts: Verdicts | None = None

    @property
    def rows(self) -> int:
        return self.shelf.rows


@dataclass(slots=True)
class SheetIntake:
    """A sheet on its way. number: of the file inside its batch. good_rows: of a sheet of lines, the row numbers in order."""

    found: Found
    number: int
    stages: list[Stage] = field(default_factory=list)
    good_rows: list[np.ndarray[Any, np.dtype[np.int64]]] = field(default_factory=list)
    rows: int = 0
    bad: int = 0
    blank: int = 0
    taken: int = 0
    duplicates: int = 0
    quarantined: int = 0


def stage_sheet(
    found: Found,
    number: int,
    setting: Setting,
    quarantine: QuarantineWriter,
    watch: Callable[[RawBatch, frozenset[int]], None] | None = None,
    told: Callable[[int], None] | None = None,
) -> SheetIntake:
    """Reads and maps a sheet; good rows go to disk, bad ones to quarantine.

    watch(batch, bad rows): for a caller that looks for corrected rows. told(rows): progress.
    """
    intake = SheetIntake(found, number)
    intake.stages = [
        Stage(table, setting.shelf(f"{number}-{place}", table.fact)) for place, table in enumerate(found.tables)
    ]
    writers = [_Writer(stage, setting) for stage in intake.stages]
    try:
        for raw, mapped, mappers in _mapped(found, setting):
            bad_rows = _take_batch(intake, raw, mapped, mappers, writers, quarantine)
            if watch is not None:
                watch(raw, bad_rows)
            if told is not None:
                told(intake.rows)
    finally:
        for writer in writers:
            writer.close()
    return intake


@contextmanager
def workers() -> Iterator[list[Any]]:
    """Connections that each map a batch at a time. DuckDB reads one Arrow batch with one thread: two keep two cores busy."""
    import duckdb

    with ExitStack() as stack:
        config = {"threads": 1, "enable_external_access": "false"}
        yield [stack.enter_context(duckdb.connect(config=config)) for _ in range(_WORKERS)]


def _mapped(found: Found, setting: Setting) -> Iterator[tuple[RawBatch, list[pa.Table], list[Mapper]]]:
    """Batches in their order, each with what its worker made of it."""
    mappers: dict[int, list[Mapper]] = {}
    free: deque[int] = deque(range(len(setting.workers)))

    def mapped(raw: RawBatch, worker: int) -> list[pa.Table]:
        if worker not in mappers:
            about = (found.names, raw.cells.schema, setting.options, setting.day, setting.pseudonym)
            mappers[worker] = [Mapper(setting.workers[worker], table, *about) for table in found.tables]
        return [mapper.run(raw.cells) for mapper in mappers[worker]]

    with ThreadPoolExecutor(len(setting.workers)) as pool:
        waiting: deque[tuple[RawBatch, int, Future[list[pa.Table]]]] = deque()
        for raw in found.sheet.read(found.header):
            if not free:
                first, worker, future = waiting.popleft()
                tables = future.result()
                free.append(worker)
                yield first, tables, mappers[worker]
            worker = free.popleft()
            waiting.append((raw, worker, pool.submit(mapped, raw, worker)))
        for first, worker, future in waiting:
            yield first, future.result(), mappers[worker]


def _take_batch(
    intake: SheetIntake, raw: RawBatch, mapped: list[pa.Table], mappers: list[Mapper], writers: list[_Writer], quarantine: QuarantineWriter
) -> frozenset[int]:  # fmt: skip
    bad = np.zeros(raw.cells.num_rows, np.bool_)
    skip = np.zeros(raw.cells.num_rows, np.bool_)
    for table in mapped:
        bad |= table["bad"].to_numpy() != 0
        skip |= table["skip"].to_numpy()
    bad &= ~skip
    good = ~bad & ~skip
    intake.rows += len(good) - int(skip.sum()) + len(raw.faults)
    intake.blank += raw.blank + int(skip.sum())
    intake.bad += int(bad.sum()) + len(raw.faults)
    everything = bool(good.all())
    rows = raw.cells["row"].to_numpy()
    if any(stage.table.sum for stage in intake.stages):  # else the stage has one row for each of them
        intake.good_rows.append(rows[good])
    for table, writer in zip(mapped, writers, strict=True):
        writer.write(table if everything else table.filter(pa.array(good)))
        if bad.any():
            writer.withhold(table.filter(pa.array(bad)))
    places = np.flatnonzero(bad)
    quarantine.add([_waiting(intake, raw.cells, int(place), mapped, mappers) for place in places])
    quarantine.add([_faulty(intake, fault) for fault in raw.faults])
    return frozenset(int(rows[place]) for place in places) | {fault.row for fault in raw.faults}


class _Writer:
    """Puts good rows on the shelf of their stage. Lines of one paper are added up at the end."""

    def __init__(self, stage: Stage, setting: Setting) -> None:
        self._stage, self._setting = stage, setting
        self._schema = staged_schema(stage.table.fact)
        self._lines = setting.shelf("lines", stage.table.fact) if stage.table.sum else stage.shelf
        self.withheld: set[bytes] = set()

    def write(self, mapped: pa.Table) -> None:
        stage, setting = self._stage, self._setting
        if stage.table not in setting.held and mapped.num_rows:  # once for a table of the map, not once a file
            hold(stage.table.fact, mapped)
            setting.held.append(stage.table)
        table = _sealed(mapped, stage.table.fact, setting.seal).select(self._schema.names).cast(self._schema)
        self._lines.put(table)
        if table.num_rows:
            newest = pc.max(table["happened_on"]).as_py()
            stage.newest_on = max((day for day in (stage.newest_on, newest) if day), default=None)
            _note_owners(stage, table)

    def withhold(self, bad: pa.Table) -> None:
        """A paper of which one line is bad is not added up from the others."""
        if self._stage.table.sum:
            self.withheld |= {bytes(identity) for identity in bad["fact_id"].to_pylist() if identity}

    def close(self) -> None:
        self._lines.close()
        if self._stage.table.sum:
            _add_up(self._stage, self._lines, self._schema, self.withheld)
            self._stage.shelf.close()


def _note_owners(stage: Stage, rows: pa.Table) -> None:
    """Whose papers they are: the column that the map names, else the party that stands on every row."""
    subjects = stage.table.fact.subjects
    if subjects == ("company",):
        return  # the lake itself can say whose rows these are
    if stage.table.owner:
        stage.owners |= set(pc.unique(rows[stage.table.owner]).to_pylist())
        return
    candidates = stage.on_every_row
    if candidates is None:
        candidates = {rows[subject][0].as_py() for subject in subjects}
    stage.on_every_row = {company for company in candidates if _on_every_row(company, rows, subjects)}


def _on_every_row(company: str, rows: pa.Table, subjects: Sequence[str]) -> bool:
    there = pa.chunked_array([pa.repeat(pa.scalar(False), rows.num_rows)])
    for subject in subjects:
        there = pc.or_(there, pc.equal(rows[subject], company))
    return bool(pc.all(there).as_py())


def owners_of(intakes: Sequence[SheetIntake]) -> tuple[set[str], list[set[str]]]:
    """Companies whose papers were brought, where a row is about two of them: those that are certain, and for each sheet
    on which both parties stand on every row, the two of whom one is meant."""
    certain: set[str] = set()
    doubtful: list[set[str]] = []
    for stage in (stage for intake in intakes for stage in intake.stages):
        certain |= stage.owners
        on_every_row = stage.on_every_row or set()
        if len(on_every_row) > 1:
            doubtful.append(on_every_row)
        else:
            certain |= on_every_row
    return certain, doubtful


def staged_schema(fact: Table) -> pa.Schema:
    own = [pa.field(column.name, column.arrow) for column in fact.columns]
    return pa.schema([
        *own, pa.field("happened_on", pa.date32()), pa.field("known_at", pa.date32()),
        pa.field("fact_id", pa.binary()), pa.field("content_id", pa.binary()), pa.field("row", pa.int64()),
    ])  # fmt: skip


def _sealed(mapped: pa.Table, fact: Table, seal: Seal) -> pa.Table:
    """Protected columns leave readable form here, before anything is written."""
    for column in fact.columns:
        if column.protection != "plain":
            place = mapped.column_names.index(column.name)
            subjects, values = (mapped[name].combine_chunks() for name in (fact.subjects[0], column.name))
            mapped = mapped.set_column(place, column.name, seal(subjects, values))
    return mapped


def _add_up(stage: Stage, lines: Shelf, schema: pa.Schema, withheld: set[bytes]) -> None:
    """One row a paper: sums over its lines, the rest from its first line, the content digest made anew."""
    import duckdb

    table = stage.table
    own = ", ".join(
        f'sum("{column.name}")::BIGINT AS "{column.name}"'
        if column.name in table.sum
        else f'arg_min("{column.name}", row) AS "{column.name}"'
        for column in table.fact.columns
    )
    parts = ", chr(31), ".join(f'coalesce(CAST("{column.name}" AS VARCHAR), chr(0))' for column in table.fact.columns)
    digest = f"unhex(left(sha256(concat('{table.fact.name}', chr(31), '{table.part}', chr(31), {parts})), 32))"
    with duckdb.connect() as connection:
        connection.register("lines", pa.Table.from_batches([batch for _, batch in lines.batches()], schema))
        added = connection.sql(
            f"""
            SELECT * REPLACE ({digest} AS content_id) FROM (
                SELECT {own}, min(happened_on) AS happened_on, max(known_at) AS known_at, fact_id,
                       NULL::BLOB AS content_id, min(row) AS row, list(row ORDER BY row) AS lines
                FROM lines GROUP BY fact_id)
            ORDER BY row
            """  # noqa: S608 - names of facts
        ).to_arrow_table()
    stage.shelf.put(added.select(schema.names).cast(schema))
    stage.lines = added["lines"].to_pylist()
    stage.held = pc.is_in(added["fact_id"], pa.array(sorted(withheld), pa.binary())).to_numpy(zero_copy_only=False)
    lines.clear()


# -- judging


def judge(intakes: Sequence[SheetIntake], fact: Table, known: str | None, scratch: Path, *, whole: bool) -> Judge:
    """Gives each stage of a table of facts its verdicts. The judge is left open, with the ids of the import in it.

    known: SQL of what the lake holds; None where it holds nothing. Then only ids that repeat within the import can be
    anything but new, and the others need not be looked at, unless `whole` asks for all of them.
    """
    judge = Judge(scratch)
    stages = [(intake, stage) for intake in intakes for stage in intake.stages if stage.table.fact is fact]
    repeated = _repeated(stage for _, stage in stages) if known is None and not whole else None
    for intake, stage in stages:
        number = judge.stage(Candidates(intake.number, stage.rows, stage.table.on_change == "revise"))
        for position, batch in stage.shelf.batches(["fact_id", "content_id"]):
            looked = np.ones(batch.num_rows, np.bool_) if repeated is None else _among(repeated, batch)
            if stage.held is not None:
                looked &= ~stage.held[position : position + batch.num_rows]
            if looked.any():
                places = pa.array(np.arange(position, position + batch.num_rows, dtype=np.int64))
                ids = pa.Table.from_batches([batch]).append_column("position", places)
                judge.add(number, ids.filter(pa.array(looked)))
    verdicts = judge.verdicts(known or NOTHING_KNOWN, [stage.rows for _, stage in stages])
    for (_, stage), found in zip(stages, verdicts, strict=True):
        if stage.held is not None:
            found.verdict[stage.held] = HELD
        stage.verdicts = found
    return judge


Halves = np.ndarray[Any, np.dtype[np.uint64]]


def _halves(batch: pa.RecordBatch) -> Halves:
    """The first eight bytes of each fact_id: equal where the ids are, and almost nowhere else."""
    ids = batch["fact_id"]
    start = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset]
    content = np.frombuffer(ids.buffers()[2], np.uint8)[start : start + 16 * len(ids)]
    return content.view(np.uint64)[::2]


def _repeated(stages: Iterable[Stage]) -> Halves:
    """Sorted halves of the ids that stand in more than one row."""
    halves = [
        _halves(batch).copy() for stage in stages for _, batch in stage.shelf.batches(["fact_id"]) if batch.num_rows
    ]
    ordered = np.sort(np.concatenate(halves)) if halves else np.zeros(0, np.uint64)
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def _among(some: Halves, batch: pa.RecordBatch) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which ids of a batch are among some few. A table of their last bits lets nearly all others pass at once."""
    if not len(some) or not batch.num_rows:
        return np.zeros(batch.num_rows, np.bool_)
    halves = _halves(batch)
    marked: np.ndarray[Any, np.dtype[np.bool_]] = np.zeros(_MARKS, np.bool_)
    marked[some % np.uint64(_MARKS)] = True
    found = marked[halves % np.uint64(_MARKS)]
    near = halves[found]
    found[found] = some[np.minimum(np.searchsorted(some, near), len(some) - 1)] == near
    return np.asarray(found, np.bool_)


def count(intake: SheetIntake) -> dict[int, int]:
    """Settles what each raw row is, and counts. Returns the rows that a verdict sends to quarantine, with the verdict.

    A row that gives several facts is one row: contradictory if one of them is (then none is taken), taken if one is new.
    """
    lines = np.concatenate(intake.good_rows) if intake.good_rows else np.zeros(0, np.int64)
    by_stage = [_verdict_by_row(stage, lines) for stage in intake.stages]
    worst, best = (reduce(which, by_stage) for which in (np.maximum, np.minimum))
    conflicts = worst >= CONTRADICTS
    for stage in intake.stages:
        if stage.lines is None and stage.verdicts is not None:
            stage.verdicts.verdict[conflicts & (stage.verdicts.verdict == TAKEN)] = HELD
        if stage.verdicts is not None:
            stage.taken = int((stage.verdicts.verdict == TAKEN).sum())
    intake.quarantined = intake.bad + int(conflicts.sum())
    intake.taken = int((~conflicts & (best == TAKEN)).sum())
    intake.duplicates = int((~conflicts & (best == DUPLICATE)).sum())
    if not conflicts.any():
        return {}
    rows = lines if len(lines) else _rows_of(intake.stages[0])
    return {int(row): int(verdict) for row, verdict in zip(rows[conflicts], worst[conflicts], strict=True)}


def _rows_of(stage: Stage) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.concatenate([batch["row"].to_numpy() for _, batch in stage.shelf.batches(["row"])])


def _verdict_by_row(stage: Stage, rows: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.int8]]:
    if stage.verdicts is None:
        raise BrokenInvariant("a stage is counted before it is judged")
    if stage.lines is None:
        return stage.verdicts.verdict
    by_row = np.zeros(len(rows), np.int8)
    for verdict, lines in zip(stage.verdicts.verdict, stage.lines, strict=True):
        by_row[np.searchsorted(rows, lines)] = verdict
    return by_row


def conflicting(intake: SheetIntake, rows: Mapping[int, int]) -> Iterator[Waiting]:
    """Reads the cells of rows that a verdict sent to quarantine once more: their file is the only one that has them."""
    if not rows:
        return
    wanted = pa.array(sorted(rows), pa.int64())
    for raw in intake.found.sheet.read(intake.found.header):
        cells = raw.cells.filter(pc.is_in(raw.cells["row"], wanted))
        for place in range(cells.num_rows):
            row = cells["row"][place].as_py()
            code, zh, en, expect_zh, expect_en = _CONFLICTS[rows[row]]
            key = " / ".join(intake.found.tables[0].key)
            error = CellError(code, zh, en, key, None, expect_zh, expect_en)
            yield _row(intake, row, _cells_of(cells, place, len(intake.found.titles)), (error,))


def confirmed_facts(intakes: Sequence[SheetIntake]) -> pa.Table:
    """table, fact_id of the facts that these files told once more after another file."""
    parts = [pa.table({"table": pa.array([], pa.string()), "fact_id": pa.array([], pa.binary())})]
    for intake in intakes:
        for stage in intake.stages:
            if stage.verdicts is None or not stage.verdicts.confirms.any():
                continue
            for position, ids in stage.shelf.batches(["fact_id"]):
                again = ids.filter(pa.array(stage.verdicts.confirms[position : position + ids.num_rows]))
                names = _repeat(stage.table.fact.name, pa.string(), again.num_rows)
                parts.append(pa.table({"table": names, "fact_id": again["fact_id"]}))
    return pa.concat_tables(parts).group_by(["table", "fact_id"]).aggregate([])


# -- what goes into the lake


def lake_parts(intakes: Sequence[SheetIntake], fact: Table, setting: Setting) -> Iterator[pa.RecordBatchReader]:
    """The rows that are taken into one table of facts, in the order of the import, with their provenance.

    In parts of about one size, each to be read before the next: the lake's writer lays each part out as a whole.
    """
    schema = fact.arrow_schema
    stages = [(stage, intake.number) for intake in intakes for stage in intake.stages if stage.table.fact is fact]
    total = sum(stage.taken for stage, _ in stages)
    each = -(-total // max(1, -(-total // _PART_ROWS)))
    batches = (batch for stage, number in stages for batch in _taken(stage, number, setting, schema))
    for first in batches:
        yield pa.RecordBatchReader.from_batches(schema, _part(first, batches, each))


def _part(first: pa.RecordBatch, following: Iterator[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    yield first
    rows = first.num_rows
    while rows < size and (batch := next(following, None)) is not None:
        yield batch
        rows += batch.num_rows


def _taken(stage: Stage, number: int, setting: Setting, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    if stage.verdicts is None:
        raise BrokenInvariant("a stage is written before it is judged")
    for position, staged in stage.shelf.batches():
        verdict = stage.verdicts.verdict[position : position + staged.num_rows]
        taken = verdict == TAKEN
        if not taken.any():
            continue
        revision = stage.verdicts.revision[position : position + staged.num_rows][taken]
        batch = staged if taken.all() else staged.filter(pa.array(taken))
        rows = batch.num_rows
        columns = {name: batch[name] for name in batch.schema.names}
        later = pa.array(revision > 0)
        if revision.any():  # a later state is known from now on, whatever day it speaks of
            columns["known_at"] = pc.if_else(later, pa.scalar(setting.day, pa.date32()), columns["known_at"])
        columns |= {
            "source": _repeat(setting.source, pa.string(), rows), "basis": _repeat(setting.basis, pa.string(), rows),
            "batch": _repeat(setting.batch, pa.int64(), rows), "file": _repeat(number, pa.int32(), rows),
            "revision": pa.array(revision, pa.int32()),
        }  # fmt: skip
        yield pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _repeat(value: object, kind: pa.DataType, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), rows)


# -- quarantined rows


def _waiting(
    intake: SheetIntake, cells: pa.RecordBatch, place: int, mapped: Sequence[pa.Table], mappers: Sequence[Mapper]
) -> Waiting:
    texts = _cells_of(cells, place, len(intake.found.titles))
    named = {name: text for name, text in reversed(list(zip(intake.found.names, texts, strict=False))) if name}
    errors: dict[tuple[str, str], CellError] = {}
    fact_id, subject = None, None
    for table, mapper in zip(mapped, mappers, strict=True):
        bad = table["bad"][place].as_py()
        if not bad:
            continue
        for error in mapper.errors(named, bad):
            errors.setdefault((error.code, error.column), error)
        if mapper.key_is_whole(bad):
            fact_id = table["fact_id"][place].as_py()
        subject = table[mapper.table.owner or mapper.table.fact.subjects[0]][place].as_py()
    return _row(intake, cells["row"][place].as_py(), texts, tuple(errors.values()), fact_id, subject)


def _faulty(intake: SheetIntake, fault: Fault) -> Waiting:
    zh, en, expect_zh, expect_en = _FAULTS[fault.code]
    titles = intake.found.titles
    column = titles[fault.column] if fault.column is not None and fault.column < len(titles) else ""
    value = fault.cells[fault.column] if fault.column is not None else None
    return _row(intake, fault.row, fault.cells, (CellError(fault.code, zh, en, column, value, expect_zh, expect_en),))


def _row(
    intake: SheetIntake, row: int, cells: Sequence[str | None], errors: tuple[CellError, ...],
    fact_id: bytes | None = None, subject: str | None = None,
) -> Waiting:  # fmt: skip
    found = intake.found
    return Waiting(
        intake.number, found.path.name, found.sheet.name, row, found.titles, tuple(cells), errors, fact_id, subject
    )


def _cells_of(cells: pa.RecordBatch, place: int, width: int) -> tuple[str | None, ...]:
    values = [cells.column(column)[place].as_py() for column in range(min(width, cells.num_columns - 1))]
    return tuple(_shown(value) for value in values)


def _shown(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and isnan(value):
        return None
    return format(value, ".15g") if isinstance(value, float) else str(value)
