"""Which decisions have come to their end, and how: a year after its day a decision is ripe, and only then is it counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from kemiao.credit.rating.watch_rules import WatchRules

Ripe = Literal["defaulted", "held", "awaiting", "unripe", "gone"]
Seen = tuple[date, bool]


def apart(decided: Sequence[tuple[str, date]], rules: WatchRules) -> list[int]:
    """Places of decisions whose years do not overlap: of each company the first, and the next a year or more after it.
    Two decisions of one week would count one default twice."""
    kept: list[int] = []
    free: dict[str, date] = {}
    for place in sorted(range(len(decided)), key=lambda place: (decided[place][1], place)):
        company, day = decided[place]
        if company not in free or day >= free[company]:
            kept.append(place)
            free[company] = day + timedelta(days=rules.horizon_days)
    return kept


def ripe(decided_on: date, seen: Sequence[Seen], as_of: date, rules: WatchRules) -> Ripe:
    """seen: days on which the company was looked at, and whether it had defaulted.

    A default of the year counts only once the year is over: else bad news, which comes first, would look like a bad year.
    That a company held is known by a look near the end of the year or later. gone: it had defaulted before.
    """
    ends, slack = decided_on + timedelta(days=rules.horizon_days), timedelta(days=rules.observed_within_days)
    if any(defaulted and day <= decided_on for day, defaulted in seen):
        return "gone"
    if as_of < ends:
        return "unripe"
    if any(defaulted and day <= ends + slack for day, defaulted in seen):
        return "defaulted"
    return "held" if any(day >= ends - slack for day, _ in seen) else "awaiting"
