"""Existing loans: a ledger's rows become loans and opening messages; a row that can't is said why and waits, the others go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kemiao.bank.lending.loan_file import Rows, values
from kemiao.bank.lending.loan_row import Grounds, oldest_due, wrong
from kemiao.base.canonical import canonical_bytes
from kemiao.base.dates import add_months
from kemiao.base.keys import parse_company
from kemiao.base.money import PPM, div_half_up
from kemiao.base.refusal import Refusal

Progress = Callable[[int, int], None]
_TOLD_EVERY = 10_000
_OWED = ("interest_fen", "interest_due_fen", "penalty_fen", "compound_fen", "principal_due_fen")
_TAKEN_OVER = (
    "product", "unit", "manager", "repayment", "every_months", "first_due_on", "month_end", "business_day", "day_count", "rate_kind", "spread_ppm",
    "floor_ppm", "cap_ppm", "first_reset_on", "reset_months", "overdue_markup_ppm", "grace_days", "vat_ppm", "security", "security_value_fen",
    "guarantor", "guaranteed_ppm", "purpose", "pd_ppm", "lgd_ppm", "grade", "industry", "size_class", "technology",
)  # fmt: skip


@dataclass(slots=True)
class Judged:
    """loans and openings as rows of LOANS and MESSAGES, by place in the file; what was not taken, and why.

    places: of each loan number. settled: numbers that owe nothing. reckoned: loans whose running interest the ledger did not say.
    """

    loans: dict[int, dict[str, Any]] = field(default_factory=dict)
    openings: dict[int, dict[str, Any]] = field(default_factory=dict)
    rejected: dict[int, list[Refusal]] = field(default_factory=dict)
    places: dict[str, list[int]] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    reckoned: int = 0

    def reject(self, place: int, refusal: Refusal) -> None:
        self.rejected.setdefault(place, []).append(refusal)
        self.loans.pop(place, None)
        self.openings.pop(place, None)

    def twice(self) -> dict[str, list[int]]:
        """Numbers that stand more than once, with their places."""
        return {number: places for number, places in self.places.items() if len(places) > 1}


def judge(rows: Rows, on: date, by: Grounds, progress: Progress = lambda done, total: None) -> Judged:
    """Every row by itself, but a loan number stands once. on: the day at whose end the balances hold. Total rows are no loans."""
    columns = values(rows)
    headers = {header: name for name, header in rows.columns.read.items()}
    judged = Judged()
    for place in range(len(rows.numbers)):
        if place % _TOLD_EVERY == 0:
            progress(place, len(rows.numbers))
        if place in rows.totals:
            continue
        row = {name: column[place] for name, column in columns.items()}
        found = _unreadable(rows, place, headers)
        unread = {headers[dict(each.where)["column"]] for each in found}
        found += [Refusal.at(code, zh, en, **rows.at(place, name)) for code, name, zh, en in wrong(row, unread, on, by)]
        number = row.get("loan_no")
        if number:
            judged.places.setdefault(number, []).append(place)
            if len(others := judged.places[number]) > 1:
                first = rows.numbers[others[0]]
                found.append(Refusal.at("LOAN_TWICE", f"与第 {first} 行同号", f"has the number of row {first}", **rows.at(place, "loan_no")))  # fmt: skip
        if found:
            judged.rejected[place] = found
        elif not row["balance_fen"] and not any(row.get(name) for name in _OWED):
            judged.settled.add(str(number))
        else:
            judged.reckoned += row.get("interest_fen") is None and row["due_on"] > on
            judged.loans[place] = loan = _loan(row, by.defaults)
            judged.openings[place] = _opening(row, loan, on)
    return judged


def _unreadable(rows: Rows, place: int, headers: Mapping[str, str]) -> list[Refusal]:
    """Cells that are not what their column holds, with the sheet."""
    return [
        Refusal.at(each.code, each.zh, each.en, **rows.at(place, headers[dict(each.where)["column"]]))
        for each in rows.columns.errors.get(place, ())
    ]


def _loan(row: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: row[name] for name in _TAKEN_OVER if row.get(name) is not None}
    loan = {
        **defaults, "month_end": False, **said, "loan": row["loan_no"], "company": str(parse_company(row["company"])), "origin": "imported", "amount_fen": row["principal_fen"],
        "signed_on": row["drawn_on"], "starts_on": row["drawn_on"], "matures_on": row["due_on"], "rate_ppm": row["rate_ppm"],
        "fee_fen": 0, "guaranteed_ppm": said.get("guaranteed_ppm", 0), "pool_ppm": 0, "security_value_fen": said.get("security_value_fen", 0), "entrusted": False,
    }  # fmt: skip
    if loan["repayment"] == "bullet":
        return loan | {"every_months": 0, "first_due_on": None} | _resets(loan)
    first = said.get("first_due_on") or min(add_months(row["drawn_on"], loan["every_months"]), row["due_on"])
    return loan | {"first_due_on": first} | _resets(loan)


def _resets(loan: Mapping[str, Any]) -> dict[str, Any]:
    return {} if loan["rate_kind"] != "fixed" else {"reset_months": 0, "first_reset_on": None, "spread_ppm": 0}


def _opening(row: Mapping[str, Any], loan: Mapping[str, Any], on: date) -> dict[str, Any]:
    """MESSAGES kind opening, without seq. What the ledger does not say of running interest is reckoned on the balance that is not overdue."""
    owed = {name: row.get(name) or 0 for name in _OWED}
    oldest = oldest_due(row, on)
    if row["due_on"] <= on:  # after maturity everything is due
        if row.get("principal_due_fen") is None:
            owed["principal_due_fen"] = row["balance_fen"]
        owed["interest_due_fen"] += owed["interest_fen"]
        owed["interest_fen"] = 0
    elif row.get("interest_fen") is None:  # principal that is overdue bears the penalty rate instead
        owed["interest_fen"] = running_interest(loan, row["balance_fen"] - owed["principal_due_fen"], on)
    word: dict[str, Any] = {name: amount for name, amount in owed.items() if amount}
    if oldest is not None:
        word["oldest_due_on"] = oldest.isoformat()
    return {
        "message": f"opening-{loan['loan']}", "loan": loan["loan"], "kind": "opening", "value_day": on,
        "amount_fen": row["balance_fen"], "rate_ppm": row["rate_ppm"], "word": canonical_bytes(word).decode(),
    }  # fmt: skip


def running_interest(loan: Mapping[str, Any], balance_fen: int, on: date) -> int:
    """Fen, half up: on a balance since the last due day at or before `on`, as if every earlier due had been paid."""
    since, first = loan["starts_on"], loan["first_due_on"]
    until = min(on, loan["matures_on"])
    if first is not None and first <= until:
        every = loan["every_months"]
        periods = (12 * (until.year - first.year) + until.month - first.month) // every
        since = add_months(first, periods * every)
        if since > until:  # the day of the month is not reached yet
            since = add_months(first, (periods - 1) * every)
    if loan["day_count"] == "30E360":
        days = (
            360 * (until.year - since.year) + 30 * (until.month - since.month) + min(until.day, 30) - min(since.day, 30)
        )
    else:
        days = (until - since).days
    basis = 365 if loan["day_count"] == "A365" else 360
    return div_half_up(balance_fen * int(loan["rate_ppm"]) * max(days, 0), basis * PPM)
