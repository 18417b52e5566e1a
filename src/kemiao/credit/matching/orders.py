"""How an option stands with each of its sides, as three published numbers: (tier, value, lot), the first that differ decide.

Less tier, then more value, then less lot goes first. Two covers of one request at one mandate may share all three; the book's
standing has their order too.
"""

from __future__ import annotations

import numpy as np

from kemiao.credit.matching.book import Book
from kemiao.credit.matching.coding import places_of, tiers_of
from kemiao.credit.matching.market import IntColumn, Market
from kemiao.credit.matching.options import covers_are

Standing = tuple[IntColumn, IntColumn, IntColumn]


def at_mandate(market: Market, book: Book) -> Standing:
    """(m,) each. tier: place in the mandate's ranking, the count of its names for those that follow by value."""
    tier = np.zeros(len(book.request), dtype=np.int64)
    named = places_of(market.requests.id, market.requests.company) if any(market.mandates.ranking) else {}
    for mandate, wish in enumerate(market.mandates.ranking):
        if wish is not None:
            of_request = np.full(len(market.requests), len(wish.named), dtype=np.int64)
            tiers = tiers_of(wish, named)
            of_request[list(tiers)] = list(tiers.values())
            own = book.mandate == mandate
            tier[own] = of_request[book.request[own]]
    return tier, book.funder_ppm, book.lot[book.request]


def at_cover(market: Market, book: Book) -> Standing:
    """(m,) each, of options with a cover; zeros elsewhere. A pool earns nothing: its value is the probability of default, below zero."""
    there = book.cover >= 0
    if not there.any():
        return (np.zeros(len(there), dtype=np.int64),) * 3
    pool = covers_are(market, "pool")[np.maximum(book.cover, 0)]
    value = np.where(pool, -market.requests.pd_ppm[book.request], book.guarantor_ppm)
    return np.zeros(len(there), dtype=np.int64), np.where(there, value, 0), np.where(there, book.lot[book.request], 0)
