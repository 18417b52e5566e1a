"""First come, first served: what happens without a market. The measure that both results are held against.

Companies arrive in the order of the lottery. Each takes the best of what is left for it in its own order; nobody looks at who
comes after. Terms, values and limits are the very same as in the call.
"""

from __future__ import annotations

import numpy as np

from kemiao.base.money import PPM
from kemiao.credit.kernels import compiled
from kemiao.credit.matching.book import Book
from kemiao.credit.matching.market import SPLIT, WHOLE, IntColumn


def greedy(book: Book, arrival: IntColumn | None = None) -> IntColumn:
    """(m,) fen by option. arrival: the requests in the order in which they come; by lot where it is not given."""
    order = np.argsort(book.lot, kind="stable").astype(np.int64) if arrival is None else arrival
    amount = np.zeros(len(book.mandate), dtype=np.int64)
    left = (book.budget_fen.copy(), book.limit_fen.copy(), book.capacity_fen.copy())
    columns = (book.mandate, book.limit, book.cover, book.most_fen, book.share_ppm)
    _serve(order, book.start, book.amount_fen, book.least_fen, book.form, *columns, *left, amount)
    return amount


@compiled
def _serve(
    order: IntColumn, start: IntColumn, asked: IntColumn, least: IntColumn, form: IntColumn, mandate: IntColumn, limit: IntColumn,
    cover: IntColumn, most: IntColumn, share: IntColumn, budget: IntColumn, limit_left: IntColumn, capacity: IntColumn, amount: IntColumn,
) -> None:  # fmt: skip
    for place in range(len(order)):
        request = order[place]
        wanted = asked[request]
        for option in range(start[request], start[request + 1]):
            fits = min(wanted, most[option], budget[mandate[option]])
            if limit[option] >= 0:
                fits = min(fits, limit_left[limit[option]])
            if cover[option] >= 0 and share[cover[option]] > 0:
                fits = min(fits, _coverable(capacity[cover[option]], share[cover[option]]))
            if fits <= 0 or (form[request] == WHOLE and fits < asked[request]):
                continue
            amount[option] = fits
            wanted -= fits
            _take(option, fits, mandate, limit, cover, share, budget, limit_left, capacity)
            if wanted == 0:
                break
        enough = least[request] if form[request] == SPLIT else asked[request]
        if 0 < asked[request] - wanted < enough:  # it leaves with nothing, and what it held is free for the next
            for option in range(start[request], start[request + 1]):
                if amount[option] > 0:
                    _take(option, -amount[option], mandate, limit, cover, share, budget, limit_left, capacity)
                    amount[option] = 0


@compiled
def _coverable(capacity: int, share: int) -> int:
    """The largest amount whose covered part, rounded up, is within the capacity."""
    whole, rest = capacity // share, capacity % share
    return whole * PPM + rest * PPM // share


@compiled
def _take(
    option: int, fen: int, mandate: IntColumn, limit: IntColumn, cover: IntColumn, share: IntColumn, budget: IntColumn,
    limit_left: IntColumn, capacity: IntColumn,
) -> None:  # fmt: skip
    budget[mandate[option]] -= fen
    if limit[option] >= 0:
        limit_left[limit[option]] -= fen
    if cover[option] >= 0:
        size = abs(fen)
        bears = size // PPM * share[cover[option]] + (size % PPM * share[cover[option]] + PPM - 1) // PPM
        capacity[cover[option]] -= bears if fen > 0 else -bears
