"""What an allocation comes to: number, volume, welfare and what each side gets of it; exact."""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.base.money import PPM
from kemiao.credit.matching.book import Book, covered_fen, lent, welfare
from kemiao.credit.matching.market import IntColumn, Market


def totals(book: Book, amount_fen: IntColumn) -> dict[str, Any]:
    """Money is fen, values are fen a year rounded down; welfare_fen_ppm is exact and, as it may pass what JSON's readers keep, text.

    success_ppm: of the requests; lent_ppm: of what was asked for; rate_ppm, cost_ppm: means by amount, rounded down (None where
    nothing is lent).
    """
    got = lent(book, amount_fen)
    used = np.flatnonzero(amount_fen > 0)
    amounts = amount_fen[used].tolist()
    asked, volume = sum(book.amount_fen.tolist()), sum(amounts)
    matched = int(np.count_nonzero(got))

    def weighed(column: IntColumn) -> int:
        return sum(a * v for a, v in zip(amounts, column[used].tolist(), strict=True))

    exact = welfare(book, amount_fen)
    return {
        "matched": matched,
        "contracts": len(used),
        "success_ppm": matched * PPM // book.requests if book.requests else None,
        "lent_fen": volume,
        "lent_ppm": volume * PPM // asked if asked else None,
        "welfare_fen": exact // PPM,
        "welfare_fen_ppm": str(exact),
        "companies_fen": weighed(book.company_ppm) // PPM,
        "funders_fen": weighed(book.funder_ppm) // PPM,
        "guarantors_fen": weighed(book.guarantor_ppm) // PPM,
        "rate_ppm": weighed(book.rate_ppm) // volume if volume else None,
        "cost_ppm": weighed(book.cost_ppm) // volume if volume else None,
    }


def by_mandate(market: Market, book: Book, amount_fen: IntColumn) -> list[dict[str, Any]]:
    """What each mandate lends of its budget."""
    given, loans = _by(book.mandate, amount_fen, book.mandates)
    return [
        {"mandate": name, "funder": funder, "budget_fen": budget, "lent_fen": fen, "loans": number}
        for name, funder, budget, fen, number in zip(
            market.mandates.id, market.mandates.funder, book.budget_fen.tolist(), given, loans, strict=True
        )
    ]


def by_cover(market: Market, book: Book, amount_fen: IntColumn) -> list[dict[str, Any]]:
    """What each cover bears of its capacity."""
    borne, loans = _by(book.cover, covered_fen(book, amount_fen), len(book.capacity_fen))
    return [
        {"cover": name, "guarantor": guarantor, "capacity_fen": capacity, "borne_fen": fen, "loans": number}
        for name, guarantor, capacity, fen, number in zip(
            market.covers.id, market.covers.guarantor, book.capacity_fen.tolist(), borne, loans, strict=True
        )
    ]


def _by(place: IntColumn, fen: IntColumn, length: int) -> tuple[list[int], list[int]]:
    used = (fen > 0) & (place >= 0)
    total = np.zeros(length, dtype=np.int64)
    np.add.at(total, place[used], fen[used])
    return total.tolist(), np.bincount(place[used], minlength=length).tolist()
