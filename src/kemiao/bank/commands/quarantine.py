"""quarantine: what waits, out for correction, and in again. A corrected row is taken as a batch of its own."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.commands.import_files import Imported, ImportFiles, Retried, Step, bring, disk
from kemiao.bank.consent_gate import not_open
from kemiao.bank.quarantined import Mark, Place, place_of, still_waiting, waiting_rows
from kemiao.bank.views import batches as standing_batches
from kemiao.bank.world import World
from kemiao.base.refusal import BrokenInvariant, Refusal, Refused
from kemiao.data.discovery import Found
from kemiao.data.map import Map, load_map, raw_name
from kemiao.data.quarantine import Waiting
from kemiao.data.readers import RawBatch, Sheet, batches, open_file

_PLACE = (
    "科苗批次",
    "科苗文件",
    "文件名",
    "工作表",
    "行号",
)  # first in an export; the first two and the last find the row again
_REASON = "原因"


@dataclass(frozen=True, slots=True)
class RetriedRows:
    """retried: rows that were tried; the three counts add up to it. batches: the imports that took them."""

    retried: int
    taken: int
    duplicates: int
    still_bad: int
    batches: tuple[Imported, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "retried": self.retried, "taken": self.taken, "duplicates": self.duplicates, "still_bad": self.still_bad,
            "batches": [batch.as_json() for batch in self.batches],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Brought:
    """How a batch was imported: what a retry has to repeat."""

    source: Map
    map_ref: str
    options: Mapping[str, str]
    basis: str
    paths: Mapping[str, str]


def waiting_list(world: World, batch: int | None = None) -> list[Waiting]:
    """Raises Refused where all that waits is closed."""
    return list(waiting_rows(world, _open(world, still_waiting(world, batch=batch))))


def _open(world: World, waiting: dict[Place, Mark]) -> dict[Place, Mark]:
    """Without rows that came under a consent of the chain that no longer stands, or on paper of a company that withdrew there:
    they are payload like any other. Whose they are is named at the command's end; Refused where nothing else waits."""
    chain = world.chain
    if chain is None:
        return waiting
    waits = {place.batch for place in waiting}
    closed = {each.number: why for each in standing_batches(world) if each.number in waits and (why := not_open(chain, each)) is not None}  # fmt: skip
    if closed and waits == set(closed):
        raise Refused(next(iter(closed.values())))
    chain.left_out |= {f"quarantine/{number}": why for number, why in closed.items()}
    return {place: mark for place, mark in waiting.items() if place.batch not in closed}


# -- out


def export(world: World, out: Path, batch: int | None, lang: str) -> int | Refusal:
    """The waiting rows with their place, the reason, and their cells in the columns of their file. Returns how many."""
    rows = waiting_list(world, batch)
    if not rows:
        return Refusal("NOTHING_WAITS", "隔离区没有等待的行", "no row waits in quarantine")
    columns = list(dict.fromkeys(name for row in rows for name in row.header if name.strip()))
    table = [[*_PLACE, _REASON, *columns], *(_exported(row, columns, lang) for row in rows)]
    match out.suffix.lower():
        case ".csv":
            with disk(world), out.open("w", encoding="utf-8-sig", newline="") as file:  # the mark is for Excel
                csv.writer(file).writerows(table)
        case ".xlsx":
            with disk(world):
                _workbook(out, table)
        case _:
            return Refusal.at("UNKNOWN_KIND_OF_FILE", "请写 .csv 或 .xlsx", "write .csv or .xlsx", file=out.name)
    return len(rows)


def _exported(row: Waiting, columns: Sequence[str], lang: str) -> list[str]:
    reason = "; ".join(
        f"{error.column + ': ' if error.column else ''}{error.zh if lang == 'zh' else error.en}" for error in row.errors
    )
    if len(row.cells) == len(row.header):
        cells = [row.cell(name) or "" for name in columns]
    else:  # no row at all: its cells as they stand, to be set right by hand
        cells = [cell or "" for cell in row.cells]
    return [str(row.batch), str(row.file), row.name, row.sheet or "", str(row.row), reason, *cells]


def _workbook(out: Path, table: Sequence[Sequence[str]]) -> None:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils.exceptions import IllegalCharacterError

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("quarantine")

    def cell(text: str) -> object:
        try:
            made = WriteOnlyCell(sheet, text)
        except IllegalCharacterError:  # no workbook can hold it; it is what is to be corrected
            made = WriteOnlyCell(sheet, "".join(each for each in text if each.isprintable() or each in "\t\n"))
        made.data_type = "s"  # what a company wrote is text, also where it begins with `=`
        return made

    for row in table:
        sheet.append([cell(text) for text in row])
    book.save(out)


# -- in again


def retry(world: World, file: Path | None, batch: int | None, step: Step) -> RetriedRows | Refusal:
    """file: a corrected export; without it the original files are read again, where they still are."""
    waiting = _open(world, still_waiting(world, batch=batch))
    if not waiting:
        return Refusal("NOTHING_WAITS", "隔离区没有等待的行", "no row waits in quarantine")
    with disk(world):
        corrected = None if file is None else _corrected(file, waiting)
    done: list[Imported] = []
    for number in sorted({place.batch for place in waiting}):
        brought = _brought(world, number)
        rows = [row for row in waiting_rows(world, waiting) if row.batch == number]
        with disk(world):
            if corrected is None:
                found, places = _from_originals(brought, rows)
            else:
                found, places = _from_export(brought, [row for row in rows if place_of(row) in corrected], corrected)
            if found:
                request = ImportFiles(brought.source, brought.map_ref, (), brought.options)
                done.append(bring(world, request, brought.basis, found, (), Retried(places), step, lambda _: None))
    if not done:
        return Refusal("ORIGINALS_GONE", "原始文件已不在原处:请先 export,改好后 retry FILE", "the original files are not where they were: export, correct, and retry FILE") if file is None else Refusal.at("NOTHING_TO_RETRY", "文件里没有等待的行", "no row of the file waits in quarantine", file=file.name)  # fmt: skip
    totals = [sum(getattr(one, name) for one in done) for name in ("taken", "duplicates", "quarantined")]
    taken, duplicates, still_bad = totals
    return RetriedRows(sum(totals), taken, duplicates, still_bad, tuple(done))


def _brought(world: World, batch: int) -> _Brought:
    event = world.log.last("import", ref=str(batch))
    private = None if event is None else world.log.private(event)
    if event is None or private is None:
        raise BrokenInvariant(f"batch {batch} has rows in quarantine and no import event")
    return _Brought(
        load_map(private["map"]), private["map"], private["options"], event.public["basis"], private["paths"]
    )


def _from_originals(brought: _Brought, rows: Sequence[Waiting]) -> tuple[list[Found], dict[tuple[int, int], Place]]:
    """The sheets that still are where they were, cut to the waiting rows."""
    found: list[Found] = []
    places: dict[tuple[int, int], Place] = {}
    for number in sorted({row.file for row in rows}):
        own = sorted((row for row in rows if row.file == number), key=lambda row: row.row)
        path = Path(brought.paths[str(number)])
        if not path.is_file():
            continue
        sheet = next((sheet for sheet in open_file(path) if sheet.name == own[0].sheet), None)
        header = None if sheet is None else _header_of(sheet, own[0].header)
        if sheet is None or header is None:
            continue
        names = tuple(raw_name(cell) for cell in sheet.head[header])
        tables = tuple(
            t for t in brought.source.tables if t.admits(path.name, sheet.name) and not t.missing_from(names)
        )
        if not tables:
            continue
        places |= {(len(found), row.row): place_of(row) for row in own}
        found.append(Found(path, _only(sheet, frozenset(row.row for row in own)), header, names, tables))
    return found, places


def _header_of(sheet: Sheet, header: Sequence[str]) -> int | None:
    wanted = [raw_name(cell) for cell in header]
    return next((n for n, row in enumerate(sheet.head) if [raw_name(cell) for cell in row] == wanted), None)


def _only(sheet: Sheet, rows: frozenset[int]) -> Sheet:
    wanted = pa.array(sorted(rows), pa.int64())

    def read(header: int) -> Iterator[RawBatch]:
        for batch in sheet.read(header):
            cells = batch.cells.filter(pc.is_in(batch.cells["row"], wanted))
            yield RawBatch(cells, tuple(fault for fault in batch.faults if fault.row in rows))

    return Sheet(sheet.name, sheet.head, read)


def _corrected(file: Path, waiting: Mapping[Place, object]) -> dict[Place, dict[str, str | None]]:
    """The cells of an export by place, of rows that still wait."""
    for sheet in open_file(file):
        for place, head in enumerate(sheet.head):
            names = [raw_name(cell) for cell in head]
            if all(name in names for name in (*_PLACE, _REASON)):
                return _cells_by_place(sheet, place, waiting)
    raise Refused(
        Refusal.at("NOT_AN_EXPORT", f"不是 quarantine export 写出的文件:缺少 {'、'.join(_PLACE)} 列", f"is not a file written by quarantine export: it lacks the columns {', '.join(_PLACE)}", file=file.name)
    )  # fmt: skip


def _cells_by_place(sheet: Sheet, header: int, waiting: Mapping[Place, object]) -> dict[Place, dict[str, str | None]]:
    titles = [title.strip() for title in sheet.head[header]]
    found: dict[Place, dict[str, str | None]] = {}
    for batch in sheet.read(header):
        columns = [column.to_pylist() for column in batch.cells.columns[:-1]]
        for values in zip(*columns, strict=True):
            cells = dict(zip(titles, values, strict=False))
            numbers = [(cells.get(name) or "").strip() for name in (_PLACE[0], _PLACE[1], _PLACE[4])]
            if all(number.isdigit() for number in numbers):
                place = Place(*(int(number) for number in numbers))
                if place in waiting:
                    found[place] = cells
    return found


def _from_export(
    brought: _Brought, rows: Sequence[Waiting], corrected: Mapping[Place, Mapping[str, str | None]]
) -> tuple[list[Found], dict[tuple[int, int], Place]]:
    """Sheets made of the corrected cells, with the row numbers of the original."""
    found: list[Found] = []
    places: dict[tuple[int, int], Place] = {}
    for number in sorted({row.file for row in rows}):
        own = sorted((row for row in rows if row.file == number), key=lambda row: row.row)
        header = own[0].header
        names = tuple(raw_name(cell) for cell in header)
        tables = tuple(
            t for t in brought.source.tables if t.admits(own[0].name, own[0].sheet) and not t.missing_from(names)
        )
        if not tables:
            continue
        cells = [(row.row, [corrected[place_of(row)].get(name.strip()) for name in header]) for row in own]
        places |= {(len(found), row.row): place_of(row) for row in own}
        found.append(Found(Path(own[0].name), Sheet(own[0].sheet, (header,), _reader(cells, header)), 0, names, tables))
    return found, places


def _reader(cells: Sequence[tuple[int, Sequence[str | None]]], header: Sequence[str]):  # type: ignore[no-untyped-def]
    return lambda _header: batches(iter(cells), header, pad=True)
