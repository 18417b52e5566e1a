"""The market as it stands posted in this home today: what a call would clear if it closed now. It is read, and clears nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kemiao.bank.market.bids import left_of
from kemiao.bank.market.facts import facts_of
from kemiao.bank.market.postings import SIDES, Posting, Side, postings
from kemiao.bank.market.reading import read_rows
from kemiao.bank.market.terms import Terms, frozen_on, terms_of
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal
from kemiao.credit.matching.market import Market

_LEFT = {"mandates": ("budget", "budget_fen"), "covers": ("capacity", "capacity_fen")}


@dataclass(frozen=True, slots=True)
class Present:
    market: Market
    terms: Terms


def present(world: World, asking: Mapping[str, str] | None = None) -> Present | Refusal:
    """asking: cells of one request more, with what is known of its company; it takes the place of the same company's request.

    A company without a decision that admits it takes no part, as in a call. The lottery is drawn from what stands and the day, so that
    the same question has the same answer.
    """
    terms = terms_of(frozen_on(world, world.clock.today()))
    if isinstance(terms, Refusal):
        return terms
    stood = [each for each in postings(world) if each.row is not None]
    left = left_of(stood, terms)
    if isinstance(left, Refusal):
        return left
    rows = {side: _rows(side, stood, left) for side in SIDES}
    if asking is not None:
        rows["requests"] = [row for row in rows["requests"] if row["company"] != asking["company"]]
    rows["requests"] = _with_facts(world, rows["requests"]) + ([dict(asking)] if asking is not None else [])
    read = {side: read_rows(side, rows[side], terms).value for side in SIDES}
    day = world.clock.today()
    seed = digest("market_present", {"day": day.isoformat(), "postings": [each.seq for each in stood]})
    return Present(Market(read["requests"], read["mandates"], read["covers"], terms.grades, day, seed), terms)


def _rows(side: Side, stood: Sequence[Posting], left: Mapping[str, int]) -> list[dict[str, Any]]:
    found = []
    for each in stood:
        if each.side != side:
            continue
        row = dict(each.row or {})
        if each.id in left:
            typed, column = _LEFT[side]
            row.pop(typed, None)
            row[column] = str(left[each.id])
        found.append(row)
    return found


def _with_facts(world: World, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    facts = facts_of(world, {row["company"] for row in rows})
    known = [(row, facts[row["company"]]) for row in rows]
    return [row | found["cells"] for row, found in known if not isinstance(found, Refusal)]
