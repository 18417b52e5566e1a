"""Existing loans: a ledger's rows become loans and opening messages; a row that can't is said why and waits, the others go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from kemiao.bank.lending.loan_file import LOAN_INPUTS, Rows, values
from kemiao.base.canonical import canonical_bytes
from kemiao.base.dates import add_months
from kemiao.base.keys import parse_company
from kemiao.base.money import PPM, div_half_up
from kemiao.base.refusal import Refusal

Progress = Callable[[int, int], None]
YEARS_MAX, MONTHS_MAX = 60, 120
_TOLD_EVERY = 10_000
_OWED = ("interest_fen", "interest_due_fen", "penalty_fen", "compound_fen", "principal_due_fen")
_NAMES = {item.name: (item.zh, item.en) for item in LOAN_INPUTS}
_NEEDED = ("loan_no", "company", "drawn_on", "due_on", "principal_fen", "balance_fen", "rate_ppm")
_TAKEN_OVER = (
    "product", "unit", "manager", "repayment", "every_months", "first_due_on", "month_end", "business_day", "day_count", "rate_kind", "spread_ppm",
    "floor_ppm", "cap_ppm", "first_reset_on", "reset_months", "overdue_markup_ppm", "grace_days", "vat_ppm", "security", "security_value_fen",
    "guarantor", "guaranteed_ppm", "purpose", "pd_ppm", "lgd_ppm", "grade", "industry", "size_class", "technology",
)  # fmt: skip


@dataclass(slots=True)
class Judged:
    """loans and openings as rows of LOANS and MESSAGES, by place in the file; what was not taken, and why.

    settled: rows that owe nothing. reckoned: loans whose running interest the ledger did not say.
    """

    loans: dict[int, dict[str, Any]] = field(default_factory=dict)
    openings: dict[int, dict[str, Any]] = field(default_factory=dict)
    rejected: dict[int, list[Refusal]] = field(default_factory=dict)
    settled: int = 0
    reckoned: int = 0

    def reject(self, place: int, refusal: Refusal) -> None:
        self.rejected.setdefault(place, []).append(refusal)
        self.loans.pop(place, None)
        self.openings.pop(place, None)


def judge(rows: Rows, on: date, defaults: Mapping[str, Any], progress: Progress = lambda done, total: None) -> Judged:
    """Every row by itself, but a loan number stands once. on: the day at whose end the balances hold."""
    columns = values(rows)
    judged, seen = Judged(), dict[str, int]()
    for place in range(len(rows.numbers)):
        if place % _TOLD_EVERY == 0:
            progress(place, len(rows.numbers))
        row = {name: column[place] for name, column in columns.items()}
        found = list(rows.columns.errors.get(place, ())) or [
            Refusal.at(code, zh, en, **rows.at(place, name)) for code, name, zh, en in _wrong(row, on, defaults)
        ]
        number = row.get("loan_no")
        if number and not found and (first := seen.setdefault(number, place)) != place:
            found = [Refusal.at("LOAN_TWICE", f"与第 {rows.numbers[first]} 行同号", f"has the number of row {rows.numbers[first]}", **rows.at(place, "loan_no"))]  # fmt: skip
        if found:
            judged.rejected[place] = found
        elif not row["balance_fen"] and not any(row.get(name) for name in _OWED):
            judged.settled += 1
        else:
            judged.reckoned += row.get("interest_fen") is None and row["due_on"] > on
            judged.loans[place] = loan = _loan(row, defaults)
            judged.openings[place] = _opening(row, loan, on)
    return judged


def _wrong(row: Mapping[str, Any], on: date, defaults: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """code, column, zh, en for what is wrong."""
    found = [("MISSING", name, f"缺少{_NAMES[name][0]}", f"the {_NAMES[name][1]} is missing") for name in _NEEDED if row.get(name) is None]  # fmt: skip
    if found:
        return found
    key = parse_company(row["company"])
    if isinstance(key, Refusal):
        found.append((key.code, "company", key.zh, key.en))
    found += [
        ("NEGATIVE", name, "不应小于零", "is below zero")
        for name, value in row.items()
        if name != "spread_ppm" and isinstance(value, int) and value < 0
    ]
    repayment = row.get("repayment") or defaults["repayment"]
    every = _or(row, "every_months", defaults)
    drawn, due, balance = row["drawn_on"], row["due_on"], row["balance_fen"]
    tests = (
        (not 1 <= len(row["loan_no"]) <= 64, "BAD_LOAN_NUMBER", "loan_no", "借据号为 1 至 64 个字符", "a loan number has 1 to 64 characters"),
        (due < drawn, "DUE_BEFORE_DRAWN", "due_on", "到期日不应早于发放日期", "a loan is not due before it is drawn"),
        (drawn > on, "DRAWN_LATER", "drawn_on", f"发放日期在余额日 {on} 之后", f"it was drawn after {on}, the day of the balances"),
        ((due - drawn).days > 366 * YEARS_MAX, "TERM_TOO_LONG", "due_on", f"期限超过 {YEARS_MAX} 年", f"the term is beyond {YEARS_MAX} years"),
        (row["principal_fen"] == 0, "ZERO", "principal_fen", "贷款金额不应为零", "the principal is zero"),
        (balance > row["principal_fen"], "BALANCE_ABOVE_PRINCIPAL", "balance_fen", "余额不应大于贷款金额", "the balance is above the principal"),
        (row["rate_ppm"] > PPM, "OUT_OF_RANGE", "rate_ppm", "年利率超过 100%", "the rate is above 100% a year"),
        ((row.get("principal_due_fen") or 0) > balance, "DUE_ABOVE_BALANCE", "principal_due_fen", "逾期本金大于余额", "the principal due is above the balance"),
        (repayment != "bullet" and not 1 <= every <= MONTHS_MAX, "OUT_OF_RANGE", "every_months", f"应为 1 至 {MONTHS_MAX}", f"is from 1 to {MONTHS_MAX}"),
        (_or(row, "rate_kind", defaults) != "fixed" and (row.get("spread_ppm") is None or row.get("first_reset_on") is None), "MISSING", "spread_ppm", "浮动利率须有利差和首次重定价日", "a rate by the LPR needs its spread and the day of its first reset"),
        (row.get("first_due_on") is not None and not drawn <= row["first_due_on"] <= due, "OUT_OF_RANGE", "first_due_on", "应在发放日与到期日之间", "lies between drawing and maturity"),
        *_wrong_arrears(row, on),
    )  # fmt: skip
    return found + [(code, name, zh, en) for wrong, code, name, zh, en in tests if wrong]


def _wrong_arrears(row: Mapping[str, Any], on: date) -> list[tuple[bool, str, str, str, str]]:
    days, oldest = row.get("overdue_days"), _oldest(row, on)
    owed = bool(row.get("principal_due_fen") or row.get("interest_due_fen"))
    matured = row["due_on"] < on and row["balance_fen"] > 0
    said = row.get("oldest_due_on")
    return [
        (bool(days) and said is not None and (on - said).days != days, "ARREARS_DISAGREE", "overdue_days", "逾期天数与最早欠款日不一致", "days past due and the oldest due disagree"),
        (matured and days == 0, "ARREARS_DISAGREE", "overdue_days", "已到期仍有余额,逾期天数却为零", "is past its maturity with a balance, and yet zero days past due"),
        (bool(days) and not owed and not matured, "ARREARS_UNSAID", "principal_due_fen", "逾期,但未给出逾期本金或欠息", "is past due, but neither principal due nor interest due is given"),
        (owed and oldest is None, "ARREARS_UNSAID", "overdue_days", "有逾期金额,但未给出逾期天数或最早欠款日", "amounts are due, but neither days past due nor the oldest due is given"),
        (oldest is not None and not row["drawn_on"] <= oldest <= on, "OUT_OF_RANGE", "oldest_due_on", "最早欠款日应在发放日与余额日之间", "the oldest due lies between drawing and the day of the balances"),
    ]  # fmt: skip


def _oldest(row: Mapping[str, Any], on: date) -> date | None:
    """The oldest unpaid due: as told, by the days past due, or maturity where that has passed."""
    if row.get("oldest_due_on") is not None:
        told: date = row["oldest_due_on"]
        return told
    if row.get("overdue_days"):
        return on - timedelta(days=min(int(row["overdue_days"]), (on - date.min).days))
    matured: date = row["due_on"]
    return matured if matured < on and row["balance_fen"] else None


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
    """MESSAGES kind opening, without seq. What the ledger does not say of running interest is reckoned on today's balance."""
    owed = {name: row.get(name) or 0 for name in _OWED}
    oldest = _oldest(row, on)
    if row["due_on"] < on and row.get("principal_due_fen") is None:
        owed["principal_due_fen"] = row["balance_fen"]
    if row.get("interest_fen") is None and row["due_on"] > on:  # after maturity all interest is due, and was to be told
        owed["interest_fen"] = running_interest(loan, row["balance_fen"], on)
    word: dict[str, Any] = {name: amount for name, amount in owed.items() if amount}
    if oldest is not None:
        word["oldest_due_on"] = oldest.isoformat()
    return {
        "message": f"opening-{loan['loan']}", "loan": loan["loan"], "kind": "opening", "value_day": on,
        "amount_fen": row["balance_fen"], "rate_ppm": row["rate_ppm"], "word": canonical_bytes(word).decode(),
    }  # fmt: skip


def running_interest(loan: Mapping[str, Any], balance_fen: int, on: date) -> int:
    """Fen, half up: on the balance since the last due day at or before `on`, as if every earlier due had been paid."""
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


def total_fen(columns: Sequence[int | None]) -> tuple[int, int]:
    """The sum of what could be read, and how many could not."""
    return sum(amount or 0 for amount in columns), sum(amount is None for amount in columns)


def _or(row: Mapping[str, Any], name: str, defaults: Mapping[str, Any]) -> Any:
    value = row.get(name)
    return defaults[name] if value is None else value
