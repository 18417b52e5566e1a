"""An offer as its applicant compares it: every cost, due by due. The same figures as when it was made: its product and terms are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kemiao.bank.lending.applications import Application
from kemiao.bank.lending.products import kept_product
from kemiao.bank.lending.standing import lpr_series
from kemiao.bank.world import World
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.credit.products.cost import Cost, cost
from kemiao.credit.products.product import Product
from kemiao.credit.servicing.columns import LOANS

_DAYS = frozenset(field.name for field in LOANS if str(field.type) == "date32[day]")


@dataclass(frozen=True, slots=True)
class OfferShown:
    """row: its terms as a row of LOANS."""

    product: Product
    row: Mapping[str, Any]
    cost: Cost


def offer_shown(world: World, found: Application) -> OfferShown | Refusal:
    """Refuses NO_SUCH_PRODUCT, and what the plan of a loan refuses. The application has an offer."""
    if found.offer is None:
        raise BrokenInvariant(f"{found.id} has no offer")
    terms = found.offer["terms"]
    row = {name: date.fromisoformat(value) if name in _DAYS and isinstance(value, str) else value for name, value in terms.items()}  # fmt: skip
    own = kept_product(world, str(found.offer["product_digest"]), row["starts_on"])
    if isinstance(own, Refusal):
        return own
    whole = {name: row.get(name) for name in LOANS.names}
    costs = cost(own, whole, lpr_series(world).until(row["starts_on"]))
    return costs if isinstance(costs, Refusal) else OfferShown(own, row, costs)
