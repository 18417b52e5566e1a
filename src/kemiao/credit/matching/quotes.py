"""What competing funders would charge a company: how many of them, and from policy's count on, quartiles. Never a single quote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kemiao.credit.matching.book import Book
from kemiao.credit.matching.market import Market

_STEP_PPM = 100  # a basis point: what is shown is rounded to it, and no quote is read off to the ppm


def quotes(market: Market, book: Book, request: int, least: int) -> dict[str, Any]:
    """One quote a funder, its lowest true annual cost: two mandates of one funder do not compete.

    quotes: how many funders could sign; cost_ppm: None below `least` of them, else lower, median and upper quartile. The quartiles stand
    at (count + 1) / 4, / 2 and * 3 / 4 in the rising order, straight between neighbours, so five quotes have two that
    are none of the five.
    """
    lowest: dict[str, int] = {}
    for option in range(int(book.start[request]), int(book.start[request + 1])):
        funder, cost = market.mandates.funder[int(book.mandate[option])], int(book.cost_ppm[option])
        lowest[funder] = min(cost, lowest.get(funder, cost))
    costs = sorted(lowest.values())
    shown = None
    if len(costs) >= max(least, 2):
        shown = {name: _quartile(costs, place) for place, name in enumerate(("lower", "median", "upper"), 1)}
    return {"request": market.requests.id[request], "company": market.requests.company[request], "quotes": len(costs), "cost_ppm": shown}  # fmt: skip


def _quartile(rising: Sequence[int], quarters: int) -> int:
    """Rounded half up to a basis point; within the least and the greatest."""
    whole, rest = divmod(quarters * (len(rising) + 1), 4)
    low = rising[max(whole - 1, 0)]
    high = rising[min(whole, len(rising) - 1)]
    fourths = 4 * low + rest * (high - low)
    return (2 * fourths + 4 * _STEP_PPM) // (8 * _STEP_PPM) * _STEP_PPM
