"""What this bank's own book says of companies as of a day: their loans as an assessment counts them.

The imported ledger (facts own_loan) is a copy of somebody's; of a loan that stands in the book, the book is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.lending.loan_store import LOAN, LOAN_CHUNK, loans, messages, messages_of
from kemiao.bank.lending.standing import calendar, lpr_series
from kemiao.bank.world import World
from kemiao.credit.profile.own_loans import OWN_LOANS, as_repaid, own_loans
from kemiao.credit.servicing.columns import MESSAGES, STATES
from kemiao.credit.servicing.serve import ServicingRules, serve

_FEW = 50  # companies up to which their own events are looked for, instead of reading the whole book
_NO_RULE = ServicingRules(non_accrual_days=0)  # what counts as income moves neither principal nor days past due


@dataclass(frozen=True, slots=True)
class OwnBook:
    """day: at whose end the loans stand so. until: the last event that was known. loans: schema OWN_LOANS, by company and loan."""

    day: date
    until: int
    loans: pa.Table
    renews: str | None = None

    def of(self, companies: Sequence[str]) -> OwnBook:
        """What of it is theirs."""
        return replace(self, loans=self.loans.filter(pc.is_in(self.loans["company"], pa.array(companies, pa.string()))))

    def by_company(self) -> dict[str, dict[str, Any]]:
        """company → {day, loans, renews where a loan counts as repaid}, as a decision keeps it."""
        head: dict[str, Any] = {"day": self.day.isoformat()} | ({"renews": self.renews} if self.renews else {})
        found: dict[str, dict[str, Any]] = {}
        for company, row in zip(self.loans["company"].to_pylist(), _plain(self.loans), strict=True):
            found.setdefault(company, {**head, "loans": []})["loans"].append(row)
        return found


@dataclass(frozen=True, slots=True)
class Standing:
    """Loans (LOANS), how they stand (STATES, in the same order), and their messages; until: the last event that was known."""

    loans: pa.Table
    states: pa.Table
    messages: pa.Table
    until: int


def own_book(
    world: World, companies: Sequence[str], day: date, until: int | None = None, renews: str | None = None
) -> OwnBook | None:
    """The book of these companies at the end of a day; None where the home has no loans at all. until: as it was known at that event.
    renews: a loan that counts as repaid, because what is asked for takes it over."""
    found = standing_of(world, companies, day, until)
    if found is None:
        return None
    if not found.loans.num_rows:
        return OwnBook(day, found.until, OWN_LOANS.empty_table())
    counted = own_loans(found.loans, found.states, found.messages, day)
    return OwnBook(day, found.until, counted if renews is None else as_repaid(counted, renews), renews)


def standing_of(world: World, companies: Sequence[str], day: date, until: int | None = None) -> Standing | None:
    """Of a few companies their own events are looked for; of many the book is read once. None where the home has no loans at all."""
    last = world.log.end() if until is None else until
    if world.log.last(LOAN) is None and world.log.last(LOAN_CHUNK) is None:
        return None
    few = len(companies) <= _FEW
    agreed = loans(world, last, companies if few else None)
    if not few:
        agreed = agreed.filter(pc.is_in(agreed["company"], pa.array(companies, pa.string())))
    agreed = agreed.filter(pc.less_equal(agreed["starts_on"], pa.scalar(day, pa.date32())))
    if not agreed.num_rows:
        return Standing(agreed, STATES.empty_table(), MESSAGES.empty_table(), last)
    told = messages_of(world, agreed, last) if few else messages(world, until=last)
    served = serve(agreed, told, lpr_series(world), day, rules=_NO_RULE, calendar=calendar(), with_lines=False)
    return Standing(agreed, served.states, told, last)


def _plain(rows: pa.Table) -> list[dict[str, Any]]:
    """As canonical JSON holds them, without the company."""
    return [
        {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
        for row in rows.drop_columns("company").to_pylist()
    ]
