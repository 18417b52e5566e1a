"""How borrowers serve their loans month by month: in time, late, in part, not at all, and at last out of the estate.

Each due has a fate of its own, drawn from the seed and its loan and day alone: asked again, or in another order, it is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from kemiao.base.dates import add_months
from kemiao.base.money import share_fen
from kemiao.twin.population.setting import PPM


@dataclass(frozen=True, slots=True)
class Due:
    """What a loan owes on a day, or has owed since. owed_fen: everything that is left of the loan, by then."""

    loan: str
    company: str
    due_on: date
    amount_fen: int
    owed_fen: int


@dataclass(frozen=True, slots=True)
class Payment:
    """told_on: the day by which the settlement bank reports it; value_day: the day on which the money came."""

    loan: str
    company: str
    value_day: date
    told_on: date
    amount_fen: int


def payments(
    dues: Iterable[Due],
    first: date,
    last: date,
    ran_out: Mapping[str, date],
    seed: int,
    manner: Mapping[str, Any],
) -> list[Payment]:
    """Payments of the days first to last, both inside, by day and loan. ran_out: company → the day its cash was gone.

    manner: section [paying] of economy.toml.
    """
    paid: list[Payment] = []
    for loan, owed in _by_loan(dues).items():
        company = owed[0].company
        over = ran_out.get(company)
        if over is not None and over <= last:
            paid += _estate(loan, company, over, owed, first, last, seed, manner)
        for due in owed:
            if over is None or due.due_on < over:
                paid += _of_due(due, first, last, seed, manner)
    return sorted(paid, key=lambda one: (one.value_day, one.loan, one.amount_fen))


def _of_due(due: Due, first: date, last: date, seed: int, manner: Mapping[str, Any]) -> list[Payment]:
    rng = _fate(seed, due.loan, due.due_on)
    lot, day, amount = rng.integers(PPM), due.due_on, due.amount_fen
    if lot < manner["late_ppm"]:
        late = int(rng.integers(*manner["late_days"]))
        day += timedelta(days=late)
        amount += share_fen(
            amount, manner["late_extra_ppm_day"] * late
        )  # what the bank asks for being late, and a bit more
    elif lot < manner["late_ppm"] + manner["partial_ppm"] and due.due_on >= first:
        amount = share_fen(amount, int(rng.integers(*manner["partial_share_ppm"])))
    day = max(day, first)  # what was left over from before comes at the month's begin
    if day > last or amount <= 0:
        return []
    told = add_months(last, 1) if rng.integers(PPM) < manner["told_late_ppm"] else last
    return [Payment(due.loan, due.company, day, told, amount)]


def _estate(
    loan: str,
    company: str,
    over: date,
    owed: Sequence[Due],
    first: date,
    last: date,
    seed: int,
    manner: Mapping[str, Any],
) -> list[Payment]:
    """Once, some months after the cash ran out: a share of what the loan still owes."""
    rng = _fate(seed, loan, over)
    day = add_months(over, int(rng.integers(*manner["silent_months"])))
    amount = share_fen(owed[0].owed_fen, int(rng.integers(*manner["salvage_ppm"])))
    return [Payment(loan, company, day, last, amount)] if first <= day <= last and amount > 0 else []


def cash_out(
    companies: Iterable[str], known: Mapping[str, date], first: date, months: int, seed: int, manner: Mapping[str, Any]
) -> dict[str, date]:
    """company → the first of the month in which its cash is gone; `known` as far as the population was played, then by lot."""
    over = dict(known)
    for company in companies:
        rng = _fate(seed, company, first)
        lots = rng.integers(PPM, size=months)
        gone = np.flatnonzero(lots < manner["later_ppm_year"] // 12)
        if company not in over and len(gone):
            over[company] = add_months(first, int(gone[0]))
    return over


def _by_loan(dues: Iterable[Due]) -> dict[str, list[Due]]:
    grouped: dict[str, list[Due]] = {}
    for due in sorted(dues, key=lambda one: (one.loan, one.due_on)):
        grouped.setdefault(due.loan, []).append(due)
    return grouped


def _fate(seed: int, loan: str, day: date) -> np.random.Generator:
    drawn = hashlib.sha256(f"{seed} {loan} {day.isoformat()}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(drawn[:16], "big")))
