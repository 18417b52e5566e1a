"""One customer's statement: what moved between two days, and what is owed after each movement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kemiao.credit.books.chart import Chart
from kemiao.credit.books.columns import plain


@dataclass(frozen=True, slots=True)
class Movement:
    """fen: above zero it is owed more. accrued: days of accrual in one row, booked from `since` to booked_on."""

    booked_on: date
    value_day: date
    since: date
    loan: str
    kind: str
    component: str | None
    message: str | None
    reversal: bool
    fen: int
    balance_fen: int

    def as_json(self) -> dict[str, Any]:
        return {
            "booked_on": self.booked_on.isoformat(), "value_day": self.value_day.isoformat(), "since": self.since.isoformat(), "loan": self.loan,
            "kind": self.kind, "component": self.component, "message": self.message, "reversal": self.reversal,
            "amount_fen": self.fen, "balance_fen": self.balance_fen,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """opening + the movements = closing; loans: what is owed on each at the end."""

    first: date
    last: date
    opening_fen: int
    movements: tuple[Movement, ...]
    closing_fen: int
    loans: tuple[tuple[str, int], ...]


def statement(chart: Chart, postings: pa.Table, first: date, last: date) -> Statement:
    """postings: POSTINGS of the customer (or of one loan), booked until `last`. Only customers' accounts count: what is owed to us
    or to a funder whom we serve, on balance or off, less what is kept. Movements between them are none for the customer."""
    owed = pa.array([account.name for account in chart.accounts.values() if account.customer], pa.string())
    postings = plain(postings)
    postings = postings.filter(pc.is_in(postings["account"], value_set=owed))
    names = ("booked_on", "value_day", "loan", "kind", "component", "message", "reversal", "amount_fen")
    columns = [postings[name].to_pylist() for name in names]
    opening, per_loan = 0, dict[str, int]()
    events: dict[tuple[Any, ...], int] = {}
    for booked, value, loan, kind, component, message, reversal, fen in zip(*columns, strict=True):
        per_loan[loan] = per_loan.get(loan, 0) + fen
        if booked < first:
            opening += fen
        else:
            key = (booked, value, loan, kind, component, message, reversal)
            events[key] = events.get(key, 0) + fen
    movements = _run(opening, _merged(events))
    return Statement(first, last, opening, movements, opening + sum(events.values()), tuple(sorted(per_loan.items())))


def _merged(events: dict[tuple[Any, ...], int]) -> list[list[Any]]:
    """Rows in booking order; accruals of one loan and component in one row, up to its next other movement or the month's end."""
    rows: list[list[Any]] = []
    running: dict[tuple[str, str | None], list[Any]] = {}
    ordered = sorted(enumerate(events.items()), key=lambda each: (each[1][0][0], each[0]))
    for _, ((booked, value, loan, kind, component, message, reversal), fen) in ordered:
        if fen == 0:
            continue
        if kind == "accrue" and not reversal and booked == value:
            row = running.get((loan, component))
            if row is not None and (row[0].year, row[0].month) == (booked.year, booked.month):
                row[0], row[1], row[8] = booked, value, row[8] + fen
                continue
            row = [booked, value, booked, loan, kind, component, message, reversal, fen]
            running[loan, component] = row
            rows.append(row)
            continue
        running = {key: row for key, row in running.items() if key[0] != loan}
        rows.append([booked, value, booked, loan, kind, component, message, reversal, fen])
    place = {id(row): number for number, row in enumerate(rows)}
    return sorted(rows, key=lambda row: (row[0], place[id(row)]))


def _run(opening: int, rows: list[list[Any]]) -> tuple[Movement, ...]:
    made, balance = [], opening
    for row in rows:
        balance += row[8]
        booked, value, since, loan, kind, component, message, reversal, fen = row
        made.append(Movement(booked, value, since, loan, kind, component, message, reversal, fen, balance))
    return tuple(made)
