"""What a funder may expect of the next call: the same market cleared again and again with companies drawn anew from those that came.

Requests are drawn with replacement from the present ones (Efron 1979), mandates and covers stand as they are, and the stable
matching is cleared. So the forecast knows how much depends on who happens to come, and nothing of a season or a trend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from hashlib import shake_256
from typing import Any

import numpy as np

from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.allocate.elasticity import Elasticity
from kemiao.credit.matching.book import Book
from kemiao.credit.matching.market import IntColumn, Mandates, Market, Requests, Wish
from kemiao.credit.matching.options import book as contractible
from kemiao.credit.matching.rules import MarketRules
from kemiao.credit.matching.stable import stable

DRAWS_MOST = 1_000
MEETINGS_MOST = 40_000_000  # requests × mandates × (covers + 1), of all draws together: a minute or so
DRAWS_LEAST = 20


def draws_for(market: Market, arrivals: int) -> int:
    """As many as take a minute or so, from DRAWS_LEAST to 200."""
    meetings = max(arrivals * len(market.mandates) * (1 + len(market.covers)), 1)
    return min(max(MEETINGS_MOST // meetings, DRAWS_LEAST), 200)


def forecast(
    market: Market, rules: MarketRules, churn: Elasticity | None, draws: int | None = None, arrivals: int | None = None
) -> dict[str, Any] | Refusal:
    """By mandate: loans and fen that the next call may bring, means and the interval in which one more draw would lie with confidence_ppm:
    that of rules, or less where the draws are too few for it.

    arrivals: how many requests are expected; as many as now where None. Drawn by the market's own seed: the same postings give
    the same forecast. Refuses DRAWS_OUT_OF_RANGE, and what options.book refuses.
    """
    count = len(market.requests) if arrivals is None else arrivals
    draws = draws_for(market, count) if draws is None else draws
    if not 2 <= draws <= DRAWS_MOST:
        return Refusal("DRAWS_OUT_OF_RANGE", f"抽样次数须在 2 与 {DRAWS_MOST} 之间", f"draws must lie within 2 and {DRAWS_MOST}")  # fmt: skip
    outside = max((draws + 1) * (PPM - rules.confidence_ppm) // (2 * PPM) - 1, 0)  # draws left out on each side
    mandates = _by_company(market)
    volumes = np.zeros((draws, len(market.mandates)), dtype=np.int64)
    loans = np.zeros_like(volumes)
    for draw in range(draws if len(market.requests) else 0):
        drawn = replace(market, requests=again(market.requests, drawn_rows(market, draw, count)), mandates=mandates)
        made = contractible(drawn, rules, churn)
        if isinstance(made, Refusal):
            return made
        volumes[draw], loans[draw] = _by_mandate(made, stable(made, rules).amount_fen)
    return {
        "draws": draws,
        "arrivals": count,
        "confidence_ppm": min(rules.confidence_ppm, (draws - 1 - 2 * outside) * PPM // (draws + 1)),
        "mandates": [
            {
                "mandate": name,
                "budget_fen": int(market.mandates.budget_fen[k]),
                "lent_fen": _summary(volumes[:, k].tolist(), outside),
                "loans": _summary(loans[:, k].tolist(), outside),
            }
            for k, name in enumerate(market.mandates.id)
        ],
    }


def drawn_rows(market: Market, draw: int, count: int) -> IntColumn:
    """(count,) rows of the requests, rising; each of the 2^64 numbers from the seed stands for one, so none is likelier by 10^-12."""
    drawn = shake_256(f"kemiao/market/forecast\0{market.seed}\0{draw}".encode()).digest(8 * count)
    numbers = np.frombuffer(drawn, dtype="<u8") % np.uint64(len(market.requests))
    return np.sort(numbers.astype(np.int64))


def again(requests: Requests, rows: IntColumn) -> Requests:
    """These rows as requests of their own. A request that is drawn twice is two that are alike, under one company's name, so that
    whoever ranks the company ranks both."""
    taken = rows.tolist()
    copy = (np.arange(len(rows)) - np.searchsorted(rows, rows)).tolist()
    columns: dict[str, Any] = {}
    for one in fields(requests):
        column = getattr(requests, one.name)
        columns[one.name] = column[rows] if isinstance(column, np.ndarray) else tuple(column[row] for row in taken)
    columns["id"] = tuple(f"{each} {number:06}" if number else each for each, number in zip(columns["id"], copy, strict=True))  # fmt: skip
    return Requests(**columns)


def _by_company(market: Market) -> Mandates:
    """Rankings name companies alone: an id that they name is drawn under others too."""
    company = dict(zip(market.requests.id, market.requests.company, strict=True))
    ranking = tuple(
        wish and Wish(tuple(dict.fromkeys(company.get(name, name) for name in wish.named)), wish.others)
        for wish in market.mandates.ranking
    )
    return replace(market.mandates, ranking=ranking)


def _by_mandate(book: Book, amount_fen: IntColumn) -> tuple[IntColumn, IntColumn]:
    volume, loans = np.zeros(book.mandates, dtype=np.int64), np.zeros(book.mandates, dtype=np.int64)
    held = amount_fen > 0
    np.add.at(volume, book.mandate[held], amount_fen[held])
    np.add.at(loans, book.mandate[held], 1)
    return volume, loans


def _summary(values: Sequence[int], outside: int) -> dict[str, int]:
    """mean rounded half up; low and high: of the draws in order, so many left out on each side."""
    rising = sorted(values)
    mean = (2 * sum(rising) + len(rising)) // (2 * len(rising))
    return {"mean": mean, "low": rising[outside], "high": rising[-1 - outside]}
