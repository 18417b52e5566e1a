"""What stability costs: the stable matching beside the best allocation, and who gains and who loses by it.

The best allocation asks nobody whether he would rather sign with somebody else. Where the stable matching is exact, the difference in
welfare is the price of nobody having a reason to go around the market; where contracts block it, of few having one. The best is the
best that was found, so the difference to the bound is told too. Floors bind the best alone: with them the stable one may be worth more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kemiao.base.money import PPM, div_half_up
from kemiao.credit.matching.book import Book, welfare
from kemiao.credit.matching.clearing import Cleared
from kemiao.credit.matching.market import IntColumn

LARGEST = 3


def stability_price(cleared: Cleared) -> dict[str, Any]:
    """Welfare, volume and number of both results, and by side who is better or worse off by the stable one. JSON, whole numbers.

    Values are fen a year, rounded half up at the end; who gains or loses is told from the exact ones. A side's own value counts,
    as in its order by value: amount × company_ppm, funder_ppm or guarantor_ppm. lost_ppm: of the best's welfare.
    """
    book, market = cleared.book, cleared.market
    stable, best = cleared.stable.amount_fen, cleared.best.amount_fen
    settled, highest = welfare(book, stable), cleared.best.welfare
    lost = highest - settled
    none = np.zeros(len(book.mandate), dtype=np.int64)
    return {
        "welfare": {
            "stable_fen": _fen(settled), "best_fen": _fen(highest), "bound_fen": -(-cleared.best.bound // PPM),
            "lost_fen": _fen(lost), "lost_ppm": div_half_up(lost * PPM, highest) if highest > 0 else 0,
        },
        "lent": {"stable_fen": int(stable.sum()), "best_fen": int(best.sum())},
        "matched": {"stable": _matched(book, stable), "best": _matched(book, best)},
        "companies": _side(book.request, book.company_ppm, market.requests.company, stable, best),
        "funders": _side(book.mandate, book.funder_ppm, market.mandates.id, stable, best),
        "covers": _side(book.cover, book.guarantor_ppm if len(market.covers) else none, market.covers.id, stable, best),
    }  # fmt: skip


def _side(
    place: IntColumn, value_ppm: IntColumn, names: Sequence[str], stable: IntColumn, best: IntColumn
) -> dict[str, Any]:
    """gain: better off in the stable result than in the best. Changed is who holds other amounts, of the same value or not."""
    before, after = _values(place, value_ppm, best, len(names)), _values(place, value_ppm, stable, len(names))
    lent_before, lent_after = _sums(place, best, len(names)), _sums(place, stable, len(names))
    moved = [(a - b, number) for number, (a, b) in enumerate(zip(after, before, strict=True))]
    gain = sorted(((change, number) for change, number in moved if change > 0), key=lambda row: (-row[0], row[1]))
    lose = sorted((change, number) for change, number in moved if change < 0)

    def told(rows: list[tuple[int, int]]) -> dict[str, Any]:
        return {
            "count": len(rows),
            "sum_fen": _fen(sum(change for change, _ in rows)),
            "largest": [
                {"id": names[number], "value_fen": _fen(change), "stable_fen": lent_after[number], "best_fen": lent_before[number]}
                for change, number in rows[:LARGEST]
            ],
        }  # fmt: skip

    return {
        "gain": told(gain), "lose": told(lose), "same": len(names) - len(gain) - len(lose),
        "value_stable_fen": _fen(sum(after)), "value_best_fen": _fen(sum(before)),
    }  # fmt: skip


def _values(place: IntColumn, value_ppm: IntColumn, amount_fen: IntColumn, length: int) -> list[int]:
    """Exact: a product of an amount and a value may pass 2^63."""
    values = [0] * length
    there = np.flatnonzero((amount_fen > 0) & (place >= 0))
    for at, amount, value in zip(
        place[there].tolist(), amount_fen[there].tolist(), value_ppm[there].tolist(), strict=True
    ):
        values[at] += amount * value
    return values


def _sums(place: IntColumn, amount_fen: IntColumn, length: int) -> list[int]:
    sums = np.zeros(length, dtype=np.int64)
    there = (amount_fen > 0) & (place >= 0)
    np.add.at(sums, place[there], amount_fen[there])
    return [int(each) for each in sums]


def _matched(book: Book, amount_fen: IntColumn) -> int:
    return len(np.unique(book.request[amount_fen > 0]))


def _fen(value: int) -> int:
    return div_half_up(value, PPM)
