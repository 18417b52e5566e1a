"""What a funder has of its mandates: its matches with what its sheet says of them, the loans that came of them, and parts that were sold to it.

Of a company a funder is told what a sheet tells it: who it is, where it is matched by the result that counts, and the terms. Of who is not
matched with it nothing, but how many stand before its cut-off and what they took, without names (docs/market-calls.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.commands.loan_sale import funder_report
from kemiao.bank.lending.applications import Application
from kemiao.bank.lending.loan_store import loans, messages_of
from kemiao.bank.lending.standing import serve_now
from kemiao.bank.market.calls import named
from kemiao.bank.market.funders import funder_of, mandates, matches_of
from kemiao.bank.market.kept import settled_call
from kemiao.bank.market.matches import Match, lent_on
from kemiao.bank.market.sheets import of_mandates
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Funded:
    """A match and what became of it. application: None where it became none; its own steps and reasons are the company's and the bank's."""

    match: Match
    funder: str | None
    application: Application | None

    def as_json(self, day: date) -> dict[str, Any]:
        match, own = self.match, self.application
        return {
            "match": match.id, "call": match.call, "company": match.company, "mandate": match.mandate, "funder": self.funder, "cover": match.cover,
            "guarantor": match.guarantor, "amount_fen": match.amount_fen, "covered_fen": match.covered_fen, "months": match.months,
            "rate_ppm": match.rate_ppm, "until": match.until, "fallen": match.fallen or None, "state": own.word(day) if own else None,
            "loan": own.loan if own else None,
        }  # fmt: skip


def funded(world: World, funder: str | None, call: str | None = None) -> list[Funded]:
    """Of a funder, or of all (None). The newest first."""
    found = matches_of(world, funder, call)
    begun = lent_on(world, {match.company for match, _ in found})
    return [Funded(match, whose, begun.get(match.id)) for match, whose in reversed(found)]


@dataclass(frozen=True, slots=True)
class Told:
    """sheets: a row a mandate, as a bidder is sent it. lines: cut-offs of these mandates, as everybody may read them. result: which counts."""

    call: str
    result: str
    sheets: tuple[Mapping[str, Any], ...]
    lines: tuple[Mapping[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        return {"call": self.call, "result": self.result, "mandates": list(self.sheets), "cut_offs": list(self.lines)}


def told(world: World, funder: str | None, call: str) -> Told | Refusal:
    """Of a call that was cleared in this home. Refuses NO_SUCH_CALL, NOT_CLEARED_HERE, CALL_ERASED, RESULT_DIFFERS."""
    found = named(world, call)
    if isinstance(found, Refusal):
        return found
    settled = settled_call(world, found.id)
    if isinstance(settled, Refusal):
        return settled
    table, document = settled.cleared.market.mandates, settled.document
    # By who was its funder in the call: an id may be another's by now.
    ours = {own for own, whose in zip(table.id, table.funder, strict=True) if funder is None or whose == funder}
    lines = tuple(cut for cut in document["stable"]["cut_offs"] if cut["at"] == "mandate" and cut["name"] in ours)
    return Told(found.id, document["cleared"], tuple(of_mandates(settled, ours)), lines)


def portfolio(world: World, funder: str | None, first: date | None = None) -> dict[str, Any]:
    """lent: loans that came of its matches, as they stand today, with the interest that was paid so far. sold: its account of parts that
    were sold to it, from `first` (the beginning of the year) to today; null where there are none. Of all funders (None) without `sold`."""
    day = world.clock.today()
    of_loan = {str(each.application.loan): each for each in funded(world, funder) if each.application is not None and each.application.loan}  # fmt: skip
    rows = _standing(world, of_loan, day)
    account = None if funder is None else funder_report(world, funder, first or date(day.year, 1, 1), day)
    held = None if isinstance(account, Refusal) else account
    amounts = ("amount_fen", "drawn_fen", "principal_fen", "interest_paid_fen", "past_due_fen")
    return {"day": day.isoformat(), "lent": rows, "totals": {name: sum(row[name] for row in rows) for name in amounts}, "sold": held}  # fmt: skip


def _standing(world: World, of_loan: Mapping[str, Funded], day: date) -> list[dict[str, Any]]:
    if not of_loan:
        return []
    known = loans(world, companies=sorted({each.match.company for each in of_loan.values()}))
    known = known.filter(pc.is_in(known["loan"], value_set=pa.array(list(of_loan))))
    agreed = {row["loan"]: row for row in known.to_pylist()}
    states = serve_now(world, known, messages_of(world, known), day).states.to_pylist()
    return [
        {
            "loan": state["loan"], "company": agreed[state["loan"]]["company"], "mandate": of_loan[state["loan"]].match.mandate,
            "match": of_loan[state["loan"]].match.id, "amount_fen": agreed[state["loan"]]["amount_fen"], "status": state["status"],
            "drawn_fen": state["drawn_fen"], "principal_fen": state["principal_fen"], "rate_ppm": state["rate_ppm"],
            "interest_paid_fen": state["interest_paid_fen"], "past_due_days": state["past_due_days"],
            "past_due_fen": state["principal_due_fen"] + state["interest_due_fen"], "next_due_on": _day(state["next_due_on"]),
            "next_due_fen": state["next_due_fen"], "matures_on": _day(state["matures_on"]), "sold_ppm": state["sold_ppm"],
        }
        for state in states
    ]  # fmt: skip


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def funders(world: World) -> list[str]:
    """Who has posted a mandate here, in the order in which they first did."""
    return list(dict.fromkeys(whose for each in mandates(world) if (whose := funder_of(each)) is not None))
