"""What declining an offer costs: the market is cleared again with that pair kept apart, and everything else as it was."""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.base.money import PPM, div_half_up
from kemiao.base.refusal import Refusal
from kemiao.credit.matching.again import Again, again, contracts
from kemiao.credit.matching.book import Book, lent
from kemiao.credit.matching.clearing import Cleared
from kemiao.credit.matching.explain import position
from kemiao.credit.matching.market import IntColumn
from kemiao.credit.matching.moved import lent_by, moved

FORM = "kemiao.market_declining/1"


def declining(asked: Cleared | Again, request: str) -> dict[str, Any] | Refusal:
    """One row an offer that the request holds in the result that clears. Refuses REQUEST_UNKNOWN, NOTHING_TO_DECLINE.

    declined: the offer. instead: what it would get without that mandate. value_fen: what both are worth to it a year, by its own measure,
    and the difference. place: who gets more of that mandate; others: whom else it moves.
    """
    around = asked if isinstance(asked, Again) else again(asked)
    cleared = around.cleared
    i = position(cleared.market, request)
    if isinstance(i, Refusal):
        return i
    book, amount, market = cleared.book, cleared.amounts, cleared.market
    options = np.arange(int(book.start[i]), int(book.start[i + 1]))
    held = options[amount[options] > 0]
    if not len(held):
        return Refusal.at("NOTHING_TO_DECLINE", "该需求没有要约", "this request has no offer", request=request)
    offers = sorted(set(book.mandate[held].tolist()), key=lambda j: int(held[book.mandate[held] == j][0]))
    said = around.versions(i, [{"veto": market.requests.veto[i] | {market.mandates.id[j]}} for j in offers])
    if isinstance(said, Refusal):
        return said
    rows = []
    for version, j in enumerate(offers):
        changed, then = around.cleared_with(said, version)
        own = np.arange(int(changed.start[i]), int(changed.start[i + 1]))
        before, after = _value(book, options, amount), _value(changed, own, then)
        rows.append({
            "declined": contracts(cleared, book, held[book.mandate[held] == j], amount),
            "instead": contracts(cleared, changed, own[then[own] > 0], then),
            "amount_fen": {"before": int(amount[options].sum()), "after": int(then[own].sum())},
            "value_fen": {"before": div_half_up(before, PPM), "after": div_half_up(after, PPM), "lost": div_half_up(before - after, PPM)},
            "place": moved(market.requests, lent_by(book, amount, j), lent_by(changed, then, j))["more"],
            "others": moved(market.requests, _without(i, lent(book, amount)), _without(i, lent(changed, then))),
            "verified": "full clearing",
        })  # fmt: skip
    return {
        "form": FORM, "request": market.requests.id[i], "company": market.requests.company[i], "clears": cleared.rules.clears,
        "offers": rows,
    }  # fmt: skip


def _value(book: Book, options: IntColumn, amount_fen: IntColumn) -> int:
    """fen-ppm a year to the company, exact."""
    return sum(a * v for a, v in zip(amount_fen[options].tolist(), book.company_ppm[options].tolist(), strict=True))


def _without(i: int, column: IntColumn) -> IntColumn:
    rest = column.copy()
    rest[i] = 0
    return rest
