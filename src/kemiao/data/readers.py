"""Files as sheets of text cells with row numbers as their owner counts them: the first line is row 1.

A reader streams: a file of any length passes through in batches. What can't be a row (too many cells, a quote that is
never closed, bytes that are no characters) becomes a Fault and goes to quarantine; the other rows go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from kemiao.base.refusal import Refusal, Refused

HEAD_ROWS = 10  # the header is looked for in these; Chinese exports put titles and printing dates above it
BATCH_ROWS = 65_536
MARK = 0x10FF00  # an undecodable byte 0xNN stands as this private-use character + 0xNN until its row is set aside
_MARK_BYTES = b"\xf4\x8f"  # how every such character begins in UTF-8
SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".xls", ".xlsb", ".ods", ".parquet", ".jsonl", ".ndjson")

Cells = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that is no row. column: its number from 0, where one cell is at fault."""

    row: int
    code: str
    cells: tuple[str | None, ...]
    column: int | None = None


@dataclass(frozen=True, slots=True)
class RawBatch:
    """cells: columns c0, c1, … (text, or typed where the file is) and `row` (int64)."""

    cells: pa.RecordBatch
    faults: tuple[Fault, ...] = ()
    blank: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table in a file. head: its first rows as text; read(i): the rows below head[i] as batches of its columns."""

    name: str | None
    head: tuple[tuple[str, ...], ...]
    read: Callable[[int], Iterator[RawBatch]]


def open_file(path: Path) -> tuple[Sheet, ...]:
    """The sheets of a file. Raises Refused EMPTY_FILE, NOT_A_WORKBOOK, NOT_PARQUET, UNKNOWN_KIND_OF_FILE, NO_SUCH_FILE."""
    from kemiao.data import readers_csv, readers_json, readers_parquet, readers_workbook

    if not path.is_file():
        raise Refused(Refusal.at("NO_SUCH_FILE", "没有这个文件", "there is no such file", file=path))
    if path.stat().st_size == 0:
        raise Refused(Refusal.at("EMPTY_FILE", "文件是空的", "the file is empty", file=path.name))
    match path.suffix.lower():
        case ".csv" | ".txt" | ".tsv":
            return readers_csv.sheets(path)
        case ".xlsx" | ".xls" | ".xlsb" | ".ods":
            return readers_workbook.sheets(path)
        case ".parquet":
            return readers_parquet.sheets(path)
        case ".jsonl" | ".ndjson":
            return readers_json.sheets(path)
    known = " ".join(SUFFIXES)
    raise Refused(
        Refusal.at("UNKNOWN_KIND_OF_FILE", f"不认识这种文件;可用:{known}", f"files of this kind are not read; there are {known}", file=path.name)
    )  # fmt: skip


def batches(rows: Iterable[tuple[int, Cells] | Fault], header: Cells, *, pad: bool) -> Iterator[RawBatch]:
    """Numbered rows of text → batches. pad: short rows are filled up (workbooks leave trailing cells out)."""
    width = width_of(header)
    title = [cell or "" for cell in header[:width]]
    kept: list[Cells] = []
    numbers: list[int] = []
    faults: list[Fault] = []
    blank = 0
    for item in rows:
        if isinstance(item, Fault):
            faults.append(item)
        else:
            number, cells = item
            if len(cells) != width:
                if not any(cell and cell.strip() for cell in cells):
                    blank += 1
                    continue
                fitted = _fitted(cells, width, pad=pad)
                if isinstance(fitted, str):
                    faults.append(Fault(number, fitted, tuple(cells)))
                    continue
                cells = fitted
            elif not cells[0] and not any(cell and cell.strip() for cell in cells):
                blank += 1
                continue
            if cells[0] == title[0] and [cell or "" for cell in cells] == title:
                blank += 1  # the header again, where somebody joined files
                continue
            kept.append(cells)
            numbers.append(number)
        if len(kept) + len(faults) >= BATCH_ROWS:
            yield _batch(kept, numbers, faults, blank, width)
            kept, numbers, faults, blank = [], [], [], 0
    yield _batch(kept, numbers, faults, blank, width)


def width_of(header: Cells) -> int:
    """Cells of a header up to its last that has text."""
    return max((place for place, cell in enumerate(header, start=1) if cell and cell.strip()), default=1)


def shown(text: str) -> str:
    r"""A cell for people: an undecodable byte as \xNN."""
    return "".join(f"\\x{ord(c) - MARK:02x}" if ord(c) >= MARK else c for c in text)


def _fitted(cells: Cells, width: int, *, pad: bool) -> Cells | str:
    if len(cells) > width:
        return "TOO_MANY_CELLS" if any(cell and cell.strip() for cell in cells[width:]) else cells[:width]
    return [*cells, *[None] * (width - len(cells))] if pad else "TOO_FEW_CELLS"


def _batch(kept: list[Cells], numbers: list[int], faults: list[Fault], blank: int, width: int) -> RawBatch:
    columns = [pa.array(cells, pa.string()) for cells in zip(*kept, strict=True)] if kept else []
    arrays = columns or [pa.array([], pa.string())] * width
    names = [*(f"c{place}" for place in range(width)), "row"]
    cells = pa.RecordBatch.from_arrays([*arrays, pa.array(numbers, pa.int64())], names)
    if any(_marked(column) for column in columns):
        cells, undecodable = _without_marks(cells, kept, numbers)
        faults = [*faults, *undecodable]
    return RawBatch(cells, tuple(faults), blank)


def _marked(column: pa.Array) -> bool:
    data = column.buffers()[2]
    return data is not None and _MARK_BYTES in data.to_pybytes()


def _without_marks(cells: pa.RecordBatch, kept: list[Cells], numbers: list[int]) -> tuple[pa.RecordBatch, list[Fault]]:
    faults, clean = [], []
    for place, (row, number) in enumerate(zip(kept, numbers, strict=True)):
        column = next((n for n, cell in enumerate(row) if cell and any(ord(c) >= MARK for c in cell)), None)
        if column is None:
            clean.append(place)
        else:
            faults.append(Fault(number, "NOT_DECODABLE", tuple(cell and shown(cell) for cell in row), column))
    return cells.take(pa.array(clean, pa.int64())), faults


def cell_text(cell: object) -> str | None:
    """A cell as it would be typed: typed cells of workbooks become text without losing digits; a day loses its time."""
    match cell:
        case None | str():
            return cell
        case float():
            return format(Decimal(repr(cell)), "f")
        case bool():
            return "true" if cell else "false"
        case date():
            return cell.isoformat()[:10]
    return str(cell)
