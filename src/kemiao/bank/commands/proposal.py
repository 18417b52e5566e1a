"""proposal: what an offer would be today, on the newest decision, before anybody makes it: terms, cost, reasons, authority, exposure.

It decides nothing and appends nothing, but the receipt where patents are valued. `offer` assesses the company anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kemiao.bank.commands.offer import OUTCOMES, Offer, against, exposed, facts_of, frozen, overridden
from kemiao.bank.lending.applications import at_step
from kemiao.bank.lending.products import product
from kemiao.bank.lending.standing import lpr_series
from kemiao.bank.own_entries import no_decision
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.document import decision_id
from kemiao.credit.products.cost import cost
from kemiao.credit.products.terms import automatic, qualified, terms
from kemiao.law.lpr import lpr_on


@dataclass(frozen=True, slots=True)
class Proposal:
    """why: what would decline it; missing: what the terms still lack. Without terms one of both says why. row: a row of LOANS."""

    decision: str
    automatic: bool
    row: dict[str, Any] | None
    apr_ppm: int | None
    simple_ppm: int | None
    interest_fen: int | None
    schedule: tuple[dict[str, Any], ...]
    why: tuple[dict[str, str], ...]
    missing: Refusal | None
    referrals: tuple[dict[str, str], ...]
    conditions: tuple[dict[str, str], ...]
    exposure: dict[str, Any]


def proposal(world: World, asked: Offer) -> Proposal | Refusal:
    """Refuses NO_SUCH_APPLICATION, NOT_AT_THIS_STEP, APPLICATION_LAPSED, NO_DECISION, INPUTS_ERASED, and what the product refuses."""
    found = at_step(world, asked.application, "applied")
    if isinstance(found, Refusal):
        return found
    day = world.clock.today()
    own, rates = product(world, str(found.asked["product"]), day), lpr_on(world.law, day)
    if isinstance(own, Refusal):
        return own
    if isinstance(rates, Refusal):
        return rates
    event = world.log.last("decision", subject=found.company)
    document = world.log.private(event) if event is not None else None
    if event is None:
        return no_decision(found.company)
    if document is None:
        return Refusal.at("INPUTS_ERASED", "该决定的内容已被删除", "what was decided is erased", decision=event.ref)
    facts = facts_of(world, found, own, asked, overridden(world, decision_id(document)) == "approve")
    if isinstance(facts, Refusal):
        return facts
    amount_fen, months = int(found.asked["amount_fen"]), int(found.asked["months"])
    why = against(world, document, facts)
    row = terms(own, facts, document, amount_fen, months, day, rates)
    who = qualified(own, facts, document, amount_fen, months)
    missing = None
    if isinstance(row, Refusal):
        if row.code in OUTCOMES and not why:
            why = [{"code": row.code, "zh": row.zh, "en": row.en}]
        missing = row if row.code not in OUTCOMES else None
    costs = None if isinstance(row, Refusal) else cost(own, row, lpr_series(world).until(row["starts_on"]))
    if isinstance(costs, Refusal):
        missing, costs = costs, None
    return Proposal(
        str(event.ref), automatic(own, document, facts, amount_fen, months), None if isinstance(row, Refusal) else frozen(row),
        costs.apr_ppm if costs else None, costs.simple_ppm if costs else None, costs.interest_fen if costs else None,
        tuple(dict(due) for due in costs.schedule) if costs else (), tuple(why), missing,
        tuple({"code": each.code, "zh": each.zh, "en": each.en} for each in who.referrals),
        tuple({"code": each.code, "zh": each.zh, "en": each.en} for each in who.conditions), exposed(world, found, own).as_json(),
    )  # fmt: skip
