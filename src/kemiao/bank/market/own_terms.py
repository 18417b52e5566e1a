"""What a sheet says we are matched to, held against the terms that we posted: no bidder has to take the operator's word for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kemiao.bank.market.postings import KEY, Side
from kemiao.bank.market.reading import read_rows
from kemiao.bank.market.terms import Terms

RESULTS = ("stable", "best")
_MOST = {"requests": "amount_fen", "mandates": "budget_fen", "covers": "capacity_fen"}
_TOOK = {"requests": "amount_fen", "mandates": "amount_fen", "covers": "covered_fen"}


def within(
    side: Side, rows: Sequence[Mapping[str, str]], told: Mapping[str, Mapping[str, Any]], terms: Terms, cleared: str
) -> bool:
    """Whether each match of each result is one that its row allows, and all of them together are no more than it has.

    rows: of our bid. told: what the sheet says, by our own ids. cleared: the result that counts; of the other one a funder is not told for how many
    months each would have been. The rate of a mandate is held to the lowest that it has for anybody:
    which grade a company has, only the operator's book says.
    """
    posted = read_rows(side, rows, terms).value
    place = {own: number for number, own in enumerate(posted.id)}
    return all(
        _fits(side, posted, place[own], row[result], result == cleared)
        for own, row in told.items()
        if own in place
        for result in RESULTS
    )


def _fits(side: Side, posted: Any, at: int, matches: Sequence[Mapping[str, Any]], counts: bool) -> bool:
    together = sum(match[_TOOK[side]] for match in matches)
    if together > int(getattr(posted, _MOST[side])[at]):
        return False
    if side == "requests":
        return all(match["months"] == posted.months[at] and match["cost_ppm"] <= posted.rate_max_ppm[at] for match in matches)  # fmt: skip
    return side == "covers" or all(_lends(posted, at, match, counts) for match in matches)


def _lends(posted: Any, at: int, match: Mapping[str, Any], counts: bool) -> bool:
    rates = posted.rate_ppm[at]
    asked = rates[rates >= 0]
    off = int(posted.covered_off_ppm[at]) if match["cover"] is not None else 0
    lowest = int(np.min(asked, initial=10**9)) - off
    return bool(
        match["rate_ppm"] >= lowest
        and (not counts or posted.months_low[at] <= match["months"] <= posted.months_high[at])
        and match["amount_fen"] <= posted.amount_high_fen[at]
    )


def by_own_id(side: Side, told: Sequence[Mapping[str, Any]], prefix: str) -> dict[str, Mapping[str, Any]]:
    """A side of a sheet by the ids that we posted under. prefix: what the market puts before them."""
    return {str(row[KEY[side]]).removeprefix(prefix): row for row in told}
