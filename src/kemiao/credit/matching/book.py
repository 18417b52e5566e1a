"""What can be contracted, as whole numbers: the options of every request, and the limits that they share.

An option is one contract that fulfils the terms of all who would sign it: a request, a mandate and perhaps a cover. What stable
and best are computed from is here and nowhere else; ids and words stay in the Market.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kemiao.base.money import PPM
from kemiao.credit.matching.market import SPLIT, SYNDICATED, WHOLE, BoolColumn, IntColumn


@dataclass(frozen=True, slots=True)
class Floor:
    """A fairness rule of the operator's policy: of all that is lent, at least this share goes to the group. member: (n,)."""

    group: str
    member: BoolColumn
    share_ppm: int


@dataclass(frozen=True, slots=True)
class Book:
    """Requests (n): amount_fen, least_fen, form, lot (0 … n-1, drawn by the seed: the lower one goes first in a tie), reserved (whether of the group
    that budgets are reserved for), start (n + 1): the options of request i are start[i]:start[i + 1], in the company's own order, best first.

    Options (m): mandate, cover (-1: none), limit (-1: none): the concentration limit of the mandate that it falls under. rate_ppm; cost_ppm:
    true annual cost to the company. company_ppm, funder_ppm, guarantor_ppm: value of one yuan of it to each, ppm a year; welfare_ppm: their
    sum by the operator's weights. most_fen: the most that this option may carry; a whole loan that is larger than it is no option.
    standing: place in the mandate's own order, 0 the best, no two alike. cover_standing: the same at the cover, 0 where none.

    Mandates (k): budget_fen, reserve_fen: the part of it that the reserved come first in. Limits (l): limit_mandate, limit_fen. Covers (c): capacity_fen, share_ppm of the
    loan that counts against it, rounded up. request: (m,) the option's request.
    """

    amount_fen: IntColumn
    least_fen: IntColumn
    form: IntColumn
    lot: IntColumn
    reserved: BoolColumn
    start: IntColumn
    request: IntColumn
    mandate: IntColumn
    cover: IntColumn
    limit: IntColumn
    rate_ppm: IntColumn
    cost_ppm: IntColumn
    company_ppm: IntColumn
    funder_ppm: IntColumn
    guarantor_ppm: IntColumn
    welfare_ppm: IntColumn
    most_fen: IntColumn
    standing: IntColumn
    cover_standing: IntColumn
    budget_fen: IntColumn
    reserve_fen: IntColumn
    limit_mandate: IntColumn
    limit_fen: IntColumn
    capacity_fen: IntColumn
    share_ppm: IntColumn
    floors: tuple[Floor, ...] = ()

    @property
    def requests(self) -> int:
        return len(self.amount_fen)

    @property
    def mandates(self) -> int:
        return len(self.budget_fen)


def covered_fen(book: Book, amount_fen: IntColumn) -> IntColumn:
    """(m,) what each option's cover has to bear of these amounts, rounded up; 0 without a cover."""
    share = np.where(book.cover >= 0, book.share_ppm[np.maximum(book.cover, 0)], 0) if len(book.share_ppm) else 0
    millions, rest = amount_fen // PPM, amount_fen % PPM
    return np.asarray(millions * share + -(-(rest * share) // PPM), dtype=np.int64)


def broken(book: Book, amount_fen: IntColumn) -> tuple[str, ...]:
    """What an allocation of amounts to options breaks; empty for one that can be signed. Floors are not looked at.

    amount: below zero or above the option's most; form: a whole loan in parts, or not whole; a split one below its least, a
    syndicated one not exactly its amount; request: more than asked for; budget, limit, capacity: more than there is.
    """
    total = lent(book, amount_fen)
    parts = _sums(book.request, (amount_fen > 0).astype(np.int64), book.requests)
    some = total > 0
    faults = {
        "amount": ((amount_fen < 0) | (amount_fen > book.most_fen)).any(),
        "form": (
            (some & (book.form == WHOLE) & ((parts > 1) | (total != book.amount_fen)))
            | (some & (book.form == SPLIT) & (total < book.least_fen))
            | (some & (book.form == SYNDICATED) & (total != book.amount_fen))
        ).any(),
        "request": (total > book.amount_fen).any(),
        "budget": (_sums(book.mandate, amount_fen, book.mandates) > book.budget_fen).any(),
        "limit": (_sums(book.limit, amount_fen, len(book.limit_fen)) > book.limit_fen).any(),
        "capacity": (_sums(book.cover, covered_fen(book, amount_fen), len(book.capacity_fen)) > book.capacity_fen).any(),
    }  # fmt: skip
    return tuple(name for name, fault in faults.items() if fault)


def welfare(book: Book, amount_fen: IntColumn) -> int:
    """Of an allocation, in fen-ppm a year (a million of them are one fen); exact."""
    return sum(a * w for a, w in zip(amount_fen.tolist(), book.welfare_ppm.tolist(), strict=True) if a)


def lent(book: Book, amount_fen: IntColumn) -> IntColumn:
    """(n,) what each request gets, fen."""
    return _sums(book.request, amount_fen, book.requests)


def _sums(place: IntColumn, amount_fen: IntColumn, length: int) -> IntColumn:
    """Exact sums by place; -1 is no place."""
    result = np.zeros(length, dtype=np.int64)
    there = place >= 0
    np.add.at(result, place[there], amount_fen[there])
    return result
