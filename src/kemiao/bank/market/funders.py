"""Whose a mandate is. A funder is told of its own mandates and of what was matched to them, and of nothing else.

The funder is the posting's own column; where that is blank, the mandate's id stands for it, as in the market's tables. Of a bid that
came from another home the market's id begins with the bidder, who is the funder.
"""

from __future__ import annotations

from kemiao.bank.market.matches import Match, matches
from kemiao.bank.market.postings import Posting, postings
from kemiao.bank.world import World


def funder_of(posting: Posting) -> str | None:
    """None of what is no mandate, or of one that can't be read any more."""
    if posting.side != "mandates" or posting.row is None:
        return None
    return posting.row.get("funder") or posting.id


def mandates(world: World, funder: str | None = None) -> list[Posting]:
    """Of a funder, or of all (None), ended ones too, in the order in which they were posted."""
    every = (each for each in postings(world, ended=True) if each.side == "mandates")
    return [each for each in every if funder is None or funder_of(each) == funder]


def owner(world: World, mandate: str) -> str | None:
    """Of the newest posting of that id."""
    found = [each for each in mandates(world) if each.id == mandate]
    return funder_of(found[-1]) if found else None


def matches_of(world: World, funder: str | None, call: str | None = None) -> list[tuple[Match, str | None]]:
    """Matches of a funder's mandates, or of all (None), with whose each was when it was made: an id may be another's by now."""
    posted: dict[str, list[Posting]] = {}
    for each in mandates(world):
        posted.setdefault(each.id, []).append(each)
    found = []
    for match in matches(world, call):
        before = [each for each in posted.get(match.mandate, ()) if each.seq < match.seq]
        bidder, colon, _ = match.mandate.partition(":")
        whose = funder_of(before[-1]) if before else (bidder if colon else None)
        if funder is None or whose == funder:
            found.append((match, whose))
    return found
