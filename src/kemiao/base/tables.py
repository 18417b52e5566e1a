"""Dated TOML tables: where numbers of the law and of the bank's policy live, each row with its source and its days."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeGuard

from kemiao.base.refusal import Refusal, Refused

CONFIDENCES = ("text", "corroborated", "single", "recalled", "synthetic")
"""Strongest first; a result repeats the weakest that it used. synthetic: invented for a study or a demo, of no source."""
_DATED = ("source", "effective_from", "confidence")


@dataclass(frozen=True, slots=True)
class Row:
    """One dated row. `cells` are its own columns, without the four that every row has."""

    cells: Mapping[str, object]
    source: str
    effective_from: date
    effective_to: date | None  # exclusive; None while in force
    confidence: str

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on < self.effective_to)


@dataclass(frozen=True, slots=True)
class DatedTable:
    """name, head (what the file says about the whole table) and rows in file order."""

    name: str
    head: Mapping[str, object]
    rows: tuple[Row, ...]

    def on(self, day: date) -> tuple[Row, ...]:
        """The rows in force on a day; none is a fact for the caller to refuse on, not to guess over."""
        return tuple(row for row in self.rows if row.in_force(day))


def weakest(confidences: Sequence[str]) -> str:
    return max(confidences, key=CONFIDENCES.index)


@cache
def read_packaged(package: str, name: str) -> DatedTable:
    """A table shipped inside a package: `read_packaged("kemiao.law.tables", "sme_size")`. It does not change while a program runs."""
    resource = files(package).joinpath(f"{name}.toml")
    return table_from_text(name, resource.read_text("utf-8"), f"{package}/{name}.toml")


def read_all_packaged(package: str) -> dict[str, DatedTable]:
    """Every table shipped inside a package, by name."""
    names = sorted(item.name.removesuffix(".toml") for item in files(package).iterdir() if item.name.endswith(".toml"))
    return {name: read_packaged(package, name) for name in names}


def read_table(path: Path) -> DatedTable:
    return table_from_text(path.stem, path.read_text("utf-8"), path.name)


def table_from_text(name: str, text: str, file: str) -> DatedTable:
    """Raises Refused with file and row where the text is not a table of dated rows."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(
            Refusal.at("NOT_TOML", f"不是合法的 TOML:{error}", f"is not valid TOML: {error}", file=file)
        ) from error
    rows = content.pop("row", [])
    if not isinstance(rows, list):
        raise Refused(Refusal.at("BAD_DATED_ROW", "应写 [[row]]", "[[row]] is expected", file=file))
    return DatedTable(name, content, tuple(_row(cells, file, number) for number, cells in enumerate(rows, start=1)))


def _row(cells: dict[str, object], file: str, number: int) -> Row:
    missing = [name for name in _DATED if name not in cells]
    if missing:
        names = ", ".join(missing)
        raise Refused(Refusal.at("ROW_WITHOUT_SOURCE", f"缺少 {names}", f"lacks {names}", file=file, row=number))
    source, start, confidence = (cells[name] for name in _DATED)
    end = cells.get("effective_to")
    named = isinstance(source, str) and bool(source.strip())
    if not (named and _is_day(start) and (end is None or (_is_day(end) and end > start)) and confidence in CONFIDENCES):
        raise Refused(
            Refusal.at(
                "BAD_DATED_ROW",
                f"须有 source,effective_from、effective_to 须为日期且先后有序,confidence 须为 {'、'.join(CONFIDENCES)}",
                f"source is text, effective_from and effective_to are dates in order, confidence is one of {', '.join(CONFIDENCES)}",
                file=file,
                row=number,
            )
        )
    own = {key: value for key, value in cells.items() if key not in (*_DATED, "effective_to")}
    return Row(own, str(source), start, end, str(confidence))


def _is_day(value: object) -> TypeGuard[date]:
    return isinstance(value, date) and not isinstance(value, datetime)
