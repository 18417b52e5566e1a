"""Options and limits by the names of their parties."""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.matching.clearing import Cleared


def option(cleared: Cleared, place: int) -> dict[str, Any]:
    """An option by the names of its parties."""
    market, book = cleared.market, cleared.book
    cover = int(book.cover[place])
    return {
        "request": market.requests.id[int(book.request[place])],
        "mandate": market.mandates.id[int(book.mandate[place])],
        "cover": market.covers.id[cover] if cover >= 0 else None,
    }


def limit_names(cleared: Cleared) -> list[str]:
    """`MANDATE/INDUSTRY`, by the industry of a request that falls under it; `MANDATE/` where none does."""
    market, book = cleared.market, cleared.book
    names = [f"{market.mandates.id[j]}/" for j in book.limit_mandate.tolist()]
    under = np.flatnonzero(book.limit >= 0)
    limits, first = np.unique(book.limit[under], return_index=True)
    for limit, request in zip(limits.tolist(), book.request[under[first]].tolist(), strict=True):
        names[limit] += market.requests.industry[request]
    return names
