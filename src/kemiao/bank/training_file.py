"""A table of one row a company or loan, from a file of any kind that an import reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from kemiao.base.refusal import Refusal
from kemiao.data.readers import Fault, Sheet, open_file, width_of

_LEFT_OUT_MAX_PPM = 10_000  # a file of which more rows can't be read is damaged: better mended than learnt from


@dataclass(frozen=True, slots=True)
class TrainingFile:
    """The rows that can be read, each with its number as its owner counts, and those that can't."""

    table: pa.Table
    rows: pa.ChunkedArray
    left_out: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class OpenTable:
    """The names of the columns c0, c1, ... that `sheet.read(start)` gives in batches."""

    sheet: Sheet
    start: int
    header: tuple[str, ...]


def open_table(path: Path) -> OpenTable | Refusal:
    """The first sheet; the first row with two cells or more is the header. Raises Refused as readers do."""
    sheet = open_file(path)[0]
    start = next(
        (number for number, cells in enumerate(sheet.head) if width_of(cells) > 1 and _filled(cells) > 1), None
    )
    if start is None:
        return Refusal.at("NO_HEADER", "没有找到表头(至少两列)", "there is no header of at least two columns", file=path.name)  # fmt: skip
    header = [cell.strip().lstrip("\ufeff") for cell in sheet.head[start][: width_of(sheet.head[start])]]
    blank = [number for number, cell in enumerate(header, start=1) if not cell]
    if blank:
        return Refusal.at("BLANK_HEADING", f"第 {blank[0]} 列没有列名", f"column {blank[0]} has no name", file=path.name, row=start + 1)  # fmt: skip
    return OpenTable(sheet, start, tuple(header))


def read_training_file(path: Path) -> TrainingFile | Refusal:
    """The first sheet; the first row with two cells or more is the header. Raises Refused as readers do.

    Refuses blank headings and a file of which more than 1 % of the rows can't be read, naming the first of them.
    """
    opened = open_table(path)
    if isinstance(opened, Refusal):
        return opened
    header = list(opened.header)
    batches: list[pa.RecordBatch] = []
    faults: list[Fault] = []
    for batch in opened.sheet.read(opened.start):
        batches.append(batch.cells)
        faults.extend(batch.faults)
    columns = [f"c{place}" for place in range(len(header))]
    cells = pa.Table.from_batches([one for one in batches if one.num_rows] or batches[:1])
    table = cells.select(columns)
    if len(faults) * 1_000_000 > _LEFT_OUT_MAX_PPM * (table.num_rows + len(faults)):
        first = faults[0]
        return Refusal.at(
            "ROWS_UNREADABLE", f"{len(faults)} 行读不了,第一处:{first.code}", f"{len(faults)} rows can't be read, the first: {first.code}",
            file=path.name, row=first.row,
        )  # fmt: skip
    return TrainingFile(table.rename_columns(header), cells["row"], tuple(faults))


def _filled(cells: Sequence[str | None]) -> int:
    return sum(bool(cell and cell.strip()) for cell in cells)
