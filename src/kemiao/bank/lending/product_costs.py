"""What a loan costs its borrower, before anybody signs: the schedule, and the annual percentage rate with all fees."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.contracts.lpr_series import series_of
from kemiao.credit.products.cost import Cost, cost
from kemiao.credit.products.product import Product


def costs(world: World, own: Product, row: Mapping[str, Any]) -> tuple[int | None, list[dict[str, Any]]] | Refusal:
    """row: of LOANS, as terms makes it. The annual percentage rate in ppm and the dues, if all is drawn on the first day."""
    found = cost_of(world, own, row, world.clock.today())
    return found if isinstance(found, Refusal) else (found.apr_ppm, [dict(due) for due in found.schedule])


def cost_of(world: World, own: Product, row: Mapping[str, Any], day: date) -> Cost | Refusal:
    """As it was to be seen on the day: rates of the LPR that were published later are not known yet."""
    return cost(own, row, series_of(world.law).until(day))
