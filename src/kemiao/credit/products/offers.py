"""What a product would mean for a company today: whether it is for it, how much, at what rate, who decides, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.credit.products.product import Product
from kemiao.credit.products.qualifying import Qualified
from kemiao.credit.products.terms import Decision, Facts, automatic, most_fen, qualified, terms
from kemiao.law.lpr import Lpr

_ASSUMED = {"GUARANTOR_NEEDED", "SECURITY_VALUE_NEEDED", "LOAN_TO_RENEW_NEEDED", "GREEN_HEADING_NEEDED"}


@dataclass(frozen=True, slots=True)
class Tried:
    """row: the terms as a row of LOANS; None where refused. most_fen: what could be asked for at most; None where unknown.

    assumed: codes of what was not given and is taken to be there, so that terms can be shown: never for signing.
    """

    product: Product
    amount_fen: int
    months: int
    most_fen: int | None
    row: Mapping[str, Any] | None
    refusal: Refusal | None
    who: Qualified
    automatic: bool
    assumed: tuple[str, ...]


def try_product(
    product: Product, facts: Facts, decision: Decision, amount_fen: int | None, months: int | None, day: date, lpr: Lpr
) -> Tried:
    """amount_fen, months: None for the most that can be lent, and for the product's own months."""
    wanted_months = months or min(product.tenor.start_months, _longest(product))
    assumed: list[str] = []
    while True:
        most = most_fen(product, decision, facts)
        wanted = amount_fen if amount_fen is not None else max(most, product.amount.min_fen)
        found = terms(product, facts, decision, wanted, wanted_months, day, lpr)
        if not isinstance(found, Refusal) or found.code not in _ASSUMED or found.code in assumed:
            break
        assumed.append(found.code)
        facts = _with(product, facts, decision, found.code)
    who = qualified(product, facts, decision, wanted, wanted_months)
    row, refusal = (None, found) if isinstance(found, Refusal) else (found, None)
    alone = row is not None and not assumed and automatic(product, decision, facts, wanted, wanted_months)
    return Tried(product, wanted, wanted_months, most, row, refusal, who, alone, tuple(assumed))


def _longest(product: Product) -> int:
    """The product's own end, or the law's where that is sooner."""
    return product.tenor.max_months if product.law is None else min(product.tenor.max_months, product.law.longest_months(False))  # fmt: skip


def _with(product: Product, facts: Facts, decision: Decision, lacking: str) -> Facts:
    """As if what lacks were there, and enough of it."""
    match lacking:
        case "GUARANTOR_NEEDED":
            return replace(facts, guarantor="?")
        case "SECURITY_VALUE_NEEDED":
            return replace(facts, security_lends_fen=product.amount.max_fen)
        case "GREEN_HEADING_NEEDED":
            return replace(facts, green=next(iter(product.green or {}), None))
    return replace(facts, renews="?", renews_fen=facts.renews_fen or product.amount.max_fen, renews_past_due_days=0)
