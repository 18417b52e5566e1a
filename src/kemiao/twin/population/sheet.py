"""A paper before it is written: named columns of text, and which of its rows were spoilt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.twin.population.setting import Ints


@dataclass(frozen=True, slots=True)
class Dirt:
    """One spoilt place. row as the owner counts (the header's row is 1 where it is the first line of the file).

    outcome: what an import should do with the row: `quarantined`, `duplicate`, `taken`, or `no_row`.
    """

    kind: str
    row: int
    column: str
    outcome: str


@dataclass(slots=True)
class Sheet:
    """cells: all text, "" where blank. facts: for each row a number that is the same for the same fact."""

    name: str
    cells: pa.Table
    facts: Ints
    numeric: tuple[str, ...] = ()  # written as numbers in workbooks
    title: str = ""  # a merged line above the header
    merged: str = ""  # a column whose equal neighbours are one merged cell
    dirt: list[Dirt] = field(default_factory=list)
    is_lines: bool = False  # lines of invoices that stand in another sheet: brings no facts of its own

    @property
    def first_row(self) -> int:
        return 3 if self.title else 2


@dataclass(slots=True)
class Paper:
    """One file: a workbook with its sheets, or a text file with one."""

    path: str  # below the park's folder
    map: str
    sheets: list[Sheet]
    encoding: str = "utf-8"  # of text files; workbooks end in .xlsx
    option: tuple[tuple[str, str], ...] = ()  # what the import must be told, e.g. the owner of a statement
    cut_last_line: bool = False
    stray_byte_row: int = 0  # a byte that is no character, in this row of a text file
    copy_of: str = ""  # the same bytes under another name


def text_table(columns: dict[str, Sequence[str] | pa.Array | pa.ChunkedArray]) -> pa.Table:
    arrays = {
        name: column if isinstance(column, pa.Array | pa.ChunkedArray) else pa.array(list(column), pa.string())
        for name, column in columns.items()
    }
    return pa.table(arrays)


def yuan(fen: Ints) -> pa.Array:
    """Whole fen as plain text of yuan with two places, exact."""
    size = np.abs(fen)
    whole, part = pa.array(size // 100).cast(pa.string()), pa.array(size % 100).cast(pa.string())
    sign = pa.array(np.where(fen < 0, "-", "").astype(object), pa.string())
    return pc.binary_join_element_wise(pc.binary_join_element_wise(sign, whole, ""), pc.utf8_lpad(part, 2, "0"), ".")


def wan(fen: Ints) -> pa.Array:
    """Fen in 万元 with two places: rounded to 100 yuan."""
    return yuan(np.sign(fen) * ((np.abs(fen) + 5_000) // 10_000))


def days(day: np.ndarray, style: str = "-") -> pa.Array:
    """`-`: 2024-05-03; `/`: 2024/5/3; `年`: 2024年5月3日. NaT becomes blank."""
    known = ~np.isnat(day)
    text = pa.array(np.where(known, day, np.datetime64("2000-01-01")).astype("datetime64[D]"))
    if style == "-":
        written = text.cast(pa.string())
    else:
        parts = [part(text).cast(pa.string()) for part in (pc.year, pc.month, pc.day)]
        if style == "年":
            joined = pc.binary_join_element_wise(pc.binary_join_element_wise(parts[0], parts[1], "年"), parts[2], "月")
            written = pc.binary_join_element_wise(joined, pa.array(["日"] * len(day)), "")
        else:
            written = pc.binary_join_element_wise(*parts, style)
    return pc.if_else(pa.array(known), written, "")
