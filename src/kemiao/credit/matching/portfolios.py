"""The best allocation of whole loans, proven by portfolios: for the sizes at which a proof is within reach.

Where a linear program sees shares of loans in a mandate's budget, a portfolio is whole loans that fit it together, so the bound
from portfolios is the stronger one by far where budgets hold a few loans each.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from kemiao.credit.matching.book import Book
from kemiao.credit.matching.branching import Search
from kemiao.credit.matching.market import WHOLE, IntColumn
from kemiao.credit.matching.pricing_problem import Pairs, Prices, pairs_of
from kemiao.credit.matching.rules import MarketRules

if TYPE_CHECKING:  # best.py calls this module
    from kemiao.credit.matching.best import Best

PAIRS_MAX = 6_000
PROVEN_PAIRS = 2_500  # up to so many the optimum itself is sought, above it the goal of policy
PAIR_NODES_MAX = 150_000  # nodes times pairs: twenty seconds or so, counted in work and not in time
COVERED_NODES_MAX = 5_000  # with covers the bound is loose and a proof rare: little more than the root
AMOUNT_MAX = 10**12
VALUE_MAX = 2**58


def fits(book: Book) -> bool:
    """Whether portfolios can be built for this book: whole loans, not too many, one limit a request and mandate, sums in range."""
    if (book.form != WHOLE).any() or len(book.request) == 0:
        return False
    if int(book.amount_fen.max()) > AMOUNT_MAX or int(np.abs(book.welfare_ppm).max()) > 10**6:
        return False
    pairs = pairs_of(book)
    if not 0 < len(pairs) <= PAIRS_MAX or len(pairs.option) > 4 * PAIRS_MAX:
        return False
    limit = book.limit[pairs.option]
    top = np.zeros(book.requests, dtype=np.int64)
    np.maximum.at(top, book.request[pairs.option], np.abs(pairs.value))
    return bool((limit == limit[pairs.first[pairs.pair]]).all()) and sum(top.tolist()) < VALUE_MAX


def portfolios(book: Book, rules: MarketRules, found: Best) -> Best:
    """Improves what was found and its bound; never worse than either. Stops on nodes or gap. Asks for fits(book)."""
    pairs = pairs_of(book)
    start = Prices(
        _request_prices(book, pairs, found.budget_price_ppm, found.limit_price_ppm, found.capacity_price_ppm),
        np.clip(found.capacity_price_ppm, 0, 10**6), np.clip(found.floor_price_ppm, 0, 10**6),
    )  # fmt: skip
    goal = 0 if pairs.exact and len(pairs) <= PROVEN_PAIRS else rules.solver["gap_goal_ppm"]
    search = Search(book, pairs, found.amount_fen, start, goal)
    most = COVERED_NODES_MAX if len(book.capacity_fen) else PAIR_NODES_MAX
    search.run(min(rules.solver["nodes_max"], max(most // len(pairs), 1)))
    if search.welfare <= found.welfare:
        return replace(
            found,
            bound=min(found.bound, search.bound),
            method=(*found.method, "portfolios"),
            nodes=found.nodes + search.nodes,
        )
    return replace(
        found, amount_fen=search.amount_fen, welfare=search.welfare, bound=min(found.bound, search.bound),
        method=(*found.method, "portfolios"), nodes=found.nodes + search.nodes,
    )  # fmt: skip


def _request_prices(book: Book, pairs: Pairs, budget: IntColumn, limit: IntColumn, capacity: IntColumn) -> IntColumn:
    """What is left to a request, in its best option, above the prices of what it uses: where pricing begins."""
    at = budget[book.mandate[pairs.option]].copy()
    if len(limit):
        under = book.limit[pairs.option]
        at += np.where(under >= 0, limit[np.maximum(under, 0)], 0)
    left = pairs.value - pairs.amount_fen * np.clip(at, 0, 10**6)
    if len(capacity):
        left -= np.where(pairs.cover >= 0, capacity[np.maximum(pairs.cover, 0)], 0) * pairs.covered_fen
    result = np.zeros(book.requests, dtype=np.int64)
    np.maximum.at(result, book.request[pairs.option], left)
    return result
