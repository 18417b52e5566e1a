"""Rows that were typed, as the market's tables read them: the same columns and the same refusals as of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kemiao.bank.market.postings import KEY, Side
from kemiao.bank.market.terms import Terms
from kemiao.base.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Rows:
    """value: Requests, Mandates or Covers of the good rows. faults: (place in the rows, or None where it is about all of them, what)."""

    value: Any
    faults: tuple[tuple[int | None, Refusal], ...]


def read_rows(side: Side, rows: Sequence[Mapping[str, str]], terms: Terms) -> Rows:
    """A column that the table does not know is the fault of the rows that have it: the others go on."""
    from kemiao.credit.matching import tables

    header = sorted({column for row in rows for column in row} | {KEY[side]})
    cells = [(place + 1, [row.get(column, "") for column in header]) for place, row in enumerate(rows)]
    if side == "requests":
        read = tables.read_requests(header, cells, side, terms.grades, terms.pd_ppm, terms.rules)
    elif side == "mandates":
        read = tables.read_mandates(header, cells, side, terms.grades, terms.rules)
    else:
        read = tables.read_covers(header, cells, side, terms.grades, terms.rules)
    faults = [(_place(fault), fault) for fault in read.faults]
    return Rows(read.value, tuple(faults))


def _place(fault: Refusal) -> int | None:
    row = dict(fault.where).get("row", "")
    return int(row) - 1 if row.isdecimal() else None
