"""A posted table as columns of values: aliases, defaults, and each bad cell by file, row and column."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.credit.matching.cells import Reading, tidy

Row = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Column:
    """spellings: header → how its cells are read: a column may be written in two units, and in Chinese. default: of a blank
    cell and of a column that is not there; REQUIRED: neither may be."""

    name: str
    spellings: Mapping[str, Reading]
    default: object


REQUIRED = object()


@dataclass(slots=True)
class Sheet:
    """rows: those that stand in the file, blank ones left out. values: column → a value a row. faults: place in rows → what is wrong there.
    header: refusals of the whole table; then nothing else is there."""

    file: str
    rows: list[Row] = field(default_factory=list)
    values: dict[str, list[Any]] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    faults: dict[int, list[Refusal]] = field(default_factory=dict)
    header: tuple[Refusal, ...] = ()

    def fault(self, place: int, column: str, code: str, zh: str, en: str) -> None:
        """column: by our name; the message has the header as it is written in the file."""
        where = {"file": self.file, "row": self.rows[place][0], "column": self.written.get(column, column)}
        self.faults.setdefault(place, []).append(Refusal.at(code, zh, en, **where))

    def once(self, *columns: str) -> None:
        """In each of these the first one stands; a row that is bad by one of them keeps nobody from its other values."""
        first: dict[tuple[str, Any], int] = {}
        for place in self.good:
            values = [(column, self.values[column][place]) for column in columns]
            taken = next((each for each in values if each in first), None)
            if taken is None:
                first |= dict.fromkeys(values, place)
            else:
                column, value = taken
                row = self.rows[first[taken]][0]
                self.fault(place, column, "TWICE", f"“{value}”已在第 {row} 行出现", f"{value!r} stands in row {row} already")  # fmt: skip

    @property
    def good(self) -> list[int]:
        return [place for place in range(len(self.rows)) if place not in self.faults]


def read_sheet(header: Sequence[str], rows: Iterable[Row], file: str, columns: Sequence[Column], most: int) -> Sheet:
    """Cells are read a column at a time, each spelling of a value once. most: rows; a longer table is refused."""
    sheet = Sheet(file)
    found = _header(header, columns, sheet)
    if sheet.header:
        return _refused(sheet, columns)
    width = len(header)
    for row in rows:
        if not any(map(str.strip, row[1])):
            continue
        if len(sheet.rows) == most:
            sheet.header = (Refusal.at("TOO_MANY_ROWS", f"最多 {most} 行", f"at most {most} rows", file=file),)
            return _refused(sheet, columns)
        sheet.rows.append(row)
        if any(row[1][width:]):
            sheet.fault(len(sheet.rows) - 1, "", "CELLS_WITHOUT_COLUMN", "单元格多于表头", "there are cells beyond the header")  # fmt: skip
    for column in columns:
        if column.name in found:
            place, reading = found[column.name]
            sheet.values[column.name] = _column(sheet, column, place, reading)
        else:
            sheet.values[column.name] = [column.default] * len(sheet.rows)
    return sheet


def _refused(sheet: Sheet, columns: Sequence[Column]) -> Sheet:
    return Sheet(sheet.file, values={column.name: [] for column in columns}, header=sheet.header)


def _column(sheet: Sheet, column: Column, at: int, reading: Reading) -> list[Any]:
    known: dict[str, Any] = {}
    values = []
    for place, (_, cells) in enumerate(sheet.rows):
        cell = cells[at] if at < len(cells) else ""
        if cell not in known:
            text = tidy(cell)
            known[cell] = text if isinstance(text, Refusal) else reading(text) if text else column.default
        value = known[cell]
        if value is REQUIRED:
            sheet.fault(place, column.name, "CELL_BLANK", "不能为空", "may not be blank")
        elif isinstance(value, Refusal):
            sheet.fault(place, column.name, value.code, value.zh, value.en)
        values.append(value)
    return values


def _header(header: Sequence[str], columns: Sequence[Column], sheet: Sheet) -> dict[str, tuple[int, Reading]]:
    by_spelling = {
        key(written): (column, reading) for column in columns for written, reading in column.spellings.items()
    }
    found: dict[str, tuple[int, Reading]] = {}
    faults: list[Refusal] = []
    unknown: list[str] = []

    def bad(code: str, written: str, zh: str, en: str) -> None:
        faults.append(Refusal.at(code, zh, en, file=sheet.file, column=written[:60]))

    for place, written in enumerate(header):
        if written.startswith("#"):  # a remark, such as what a quarantine file says of its rows
            continue
        known = by_spelling.get(key(written))
        if known is None:
            unknown.append(written.strip()[:60])
        elif known[0].name in found:
            bad("COLUMN_TWICE", written, "这一列出现两次(也可能以另一种写法)", "this column stands twice (perhaps under another spelling)")  # fmt: skip
        else:
            found[known[0].name] = (place, known[1])
            sheet.written[known[0].name] = written.strip()
    for column in columns:
        if column.default is REQUIRED and column.name not in found:
            spelled = " | ".join(one for one in column.spellings if "(" not in one)
            bad("COLUMN_MISSING", next(iter(column.spellings)), f"缺少这一列({spelled})", f"this column is missing ({spelled})")  # fmt: skip
    if unknown:
        faults.insert(0, unknown_columns(unknown, columns, file=sheet.file))
    sheet.header = tuple(faults)
    return found


def unknown_columns(written: Sequence[str], columns: Sequence[Column], **where: str) -> Refusal:
    """All of them at once, with what there is: in Chinese a name of each column, in English each way to write one."""
    named = "、".join(
        next((one for one in each.spellings if not one.isascii() and "(" not in one), each.name) for each in columns
    )
    listed = ", ".join(one for each in columns for one in each.spellings if one.isascii() and "(" not in one)
    return Refusal.at(
        "UNKNOWN_COLUMN",
        f"不认识;可用的列:{named};不必读取的列,列名前加 #",
        f"no such column; there are {listed}; a column that is not to be read begins with #",
        **where,
        column="、".join(written)[:300],
    )


def key(written: str) -> str:
    return unicodedata.normalize("NFKC", written).strip().lower().lstrip("\ufeff").replace(" (", "(")
