"""books: trial balance, statements, whether the books are whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow.compute as pc

from kemiao.bank.lending.day import last_closed
from kemiao.bank.lending.day_grounds import chart_on
from kemiao.bank.lending.loan_store import loan
from kemiao.bank.lending.postings_store import account_totals, of_companies
from kemiao.bank.world import World
from kemiao.base.keys import parse_company
from kemiao.base.refusal import Refusal
from kemiao.credit.books.chart import Account, Chart
from kemiao.credit.books.statement import Statement, statement


@dataclass(frozen=True, slots=True)
class Line:
    """Of one account: turnover on each side, and the balance (debit above zero)."""

    account: Account
    debit_fen: int
    credit_fen: int

    @property
    def balance_fen(self) -> int:
        return self.debit_fen - self.credit_fen


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """As of the end of a day, and until which day the books are closed. An account that nothing moved is not here."""

    on: date
    closed_until: date | None
    lines: tuple[Line, ...]

    def total_fen(self, *, memorandum: bool) -> int:
        return sum(line.balance_fen for line in self.lines if (line.account.kind == "memorandum") == memorandum)


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement with whom it is about."""

    company: str
    loan: str | None
    statement: Statement


def trial_balance(world: World, on: date | None = None) -> TrialBalance:
    day = on or world.clock.today()
    chart = chart_on(world, day)
    totals = account_totals(world, last=day)
    lines = [Line(_account(chart, name), *totals[name]) for name in [*chart.accounts, *sorted(totals.keys() - chart.accounts.keys())] if name in totals]  # fmt: skip
    closed = last_closed(world, day)
    return TrialBalance(day, date.fromisoformat(closed.public["day"]) if closed else None, tuple(lines))


def account_balance_fen(world: World, account: str, on: date) -> int:
    """Of one account by its name in the chart (such as settlement), debit above zero."""
    debit, credit = account_totals(world, last=on).get(account, (0, 0))
    return debit - credit


def statement_of(world: World, whose: str, first: date | None, last: date | None) -> Asked | Refusal:
    """whose: a company's key or a loan's id. first: None for the first posting. Refuses NO_SUCH_LOAN, NOTHING_POSTED, DAYS_REVERSED."""
    until = last or world.clock.today()
    if first is not None and first > until:
        return Refusal.at(
            "DAYS_REVERSED", "起始日晚于截止日", "the first day is after the last", first=first, last=until
        )
    key = parse_company(whose)
    own: str | None = None
    if isinstance(key, Refusal):
        row = loan(world, whose)
        if isinstance(row, Refusal):
            return row
        key, own = str(row["company"]), whose
    postings = of_companies(world, [key], last=until)
    if own is not None:
        postings = postings.filter(pc.equal(postings["loan"], own))
    if not postings.num_rows:
        return Refusal.at("NOTHING_POSTED", "到那天为止没有记过账:日终之后才有(kemiao eod)", "nothing was posted by that day: postings come at the end of a day (kemiao eod)", whose=whose, last=until)  # fmt: skip
    begin = first or min(postings["booked_on"].to_pylist())
    return Asked(key, own, statement(chart_on(world, until), postings, begin, until))


def _account(chart: Chart, name: str) -> Account:
    """An account that a later version of the chart dropped is still shown."""
    return chart.accounts.get(name) or Account(name, name, name, name, "asset", False)


def as_json(balance: TrialBalance) -> Mapping[str, Any]:
    return {
        "on": balance.on.isoformat(), "closed_until": balance.closed_until.isoformat() if balance.closed_until else None,
        "accounts": [
            {"account": line.account.name, "code": line.account.code, "zh": line.account.zh, "en": line.account.en, "kind": line.account.kind,
             "debit_fen": line.debit_fen, "credit_fen": line.credit_fen, "balance_fen": line.balance_fen}
            for line in balance.lines
        ],
        "total_fen": balance.total_fen(memorandum=False), "memorandum_fen": balance.total_fen(memorandum=True),
    }  # fmt: skip
