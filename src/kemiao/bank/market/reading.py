"""Rows that were typed, as the market's tables read them: the same columns and the same refusals as of a file.

Rows of many people come together in one table here. So each is written in the same columns and units first: nobody's spelling
or unknown column is a fault of the others' rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kemiao.bank.market.postings import Side
from kemiao.bank.market.terms import Terms
from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.matching.cells import Reading, tidy
from kemiao.credit.matching.columns import cover_columns, mandate_columns, request_columns
from kemiao.credit.matching.sheet import REQUIRED, Column, key, unknown_columns
from kemiao.credit.matching.tables import read_covers, read_mandates, read_requests


@dataclass(frozen=True, slots=True)
class Rows:
    """value: Requests, Mandates or Covers of the good rows. faults: (place in the rows, what is wrong there)."""

    value: Any
    faults: tuple[tuple[int, Refusal], ...]


def read_rows(side: Side, rows: Sequence[Mapping[str, str]], terms: Terms) -> Rows:
    columns = _columns(side, terms)
    spelled = _spellings(columns)
    plain = [_plain(row, spelled) for row in rows]
    faults = [(place, row) for place, row in enumerate(plain) if isinstance(row, Refusal)]
    good = [(place, row) for place, row in enumerate(plain) if not isinstance(row, Refusal)]
    needed = {_own_spelling(column) for column in columns if column.default is REQUIRED}
    header = sorted({name for _, row in good for name in row} | needed)
    cells = [(place, [row.get(name, "") for name in header]) for place, row in good]
    read: Any
    if side == "requests":
        read = read_requests(header, cells, side, terms.grades, terms.pd_ppm, terms.rules)
    elif side == "mandates":
        read = read_mandates(header, cells, side, terms.grades, terms.rules)
    else:
        read = read_covers(header, cells, side, terms.grades, terms.rules)
    for fault in read.faults:
        row = dict(fault.where).get("row", "")
        faults += [(int(row), fault)] if row.isdecimal() else [(place, fault) for place, _ in good]
    return Rows(read.value, tuple(sorted(faults, key=lambda each: each[0])))


def plain_of(side: Side, terms: Terms) -> Callable[[Mapping[str, str]], dict[str, str] | Refusal]:
    """What writes a row in our own columns and units. Refuses UNKNOWN_COLUMN, COLUMN_TWICE, and what a cell is refused for."""
    spelled = _spellings(_columns(side, terms))
    return lambda row: _plain(row, spelled)


def _columns(side: Side, terms: Terms) -> tuple[Column, ...]:
    if side == "requests":
        return request_columns(terms.grades, terms.rules)
    return mandate_columns(terms.grades, terms.rules) if side == "mandates" else cover_columns(terms.grades)


_Spellings = Mapping[str, tuple[Column, Reading]]


def _spellings(columns: Sequence[Column]) -> _Spellings:
    return {key(written): (column, reading) for column in columns for written, reading in column.spellings.items()}


def _own_spelling(column: Column) -> str:
    """Whole fen and ppm where a column can be written in them, but for the rate of a grade, which may be a word too."""
    return column.name if column.name in column.spellings else next(iter(column.spellings))


def _plain(row: Mapping[str, str], spelled: _Spellings) -> dict[str, str] | Refusal:
    plain: dict[str, str] = {}
    for written, cell in row.items():
        known = spelled.get(key(written))
        if known is None:
            columns = tuple({column.name: column for column, _ in spelled.values()}.values())
            return unknown_columns([written[:60]], columns)
        column, reading = known
        own = _own_spelling(column)
        if own in plain:
            return Refusal.at("COLUMN_TWICE", "这一列出现两次(也可能以另一种写法)", "this column stands twice (perhaps under another spelling)", column=written[:60])  # fmt: skip
        text = tidy(cell)
        if isinstance(text, Refusal):
            return Refusal.at(text.code, text.zh, text.en, column=written[:60])
        if text and reading is not column.spellings[own]:
            value = reading(text)
            if isinstance(value, Refusal):
                return Refusal.at(value.code, value.zh, value.en, column=written[:60])
            text = f"{int(str(value)) // PPM}.{int(str(value)) % PPM:06}" if own.startswith("rate_") and own == column.name and not own.endswith("_ppm") else str(value)  # fmt: skip
        if text:
            plain[own] = text
    return plain
