"""What a request for approval is about, for whoever approves: product, purpose, grade, rate, the amount and the authority for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kemiao.bank.lending.applications import application
from kemiao.bank.lending.loan_store import loan
from kemiao.bank.lending.products import product
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.decision.authority import Level, levels_of
from kemiao.credit.products.product import Product


def about(world: World, public: Mapping[str, Any], bound: Mapping[str, Any] | None) -> dict[str, Any]:
    """asked_fen: what moves; amount_fen of the request may be more, where a decision asks for a higher authority. Nulls are unknown."""
    said = bound or {}
    found = application(world, str(said["application"])) if "application" in said else None
    row = loan(world, str(said["loan"])) if "loan" in said else None
    asked = {} if found is None or isinstance(found, Refusal) else found.asked
    agreed = {} if row is None or isinstance(row, Refusal) else row
    name = asked.get("product") or agreed.get("product")
    own = product(world, str(name), world.clock.today()) if name else None

    amount = int(public["amount_fen"])
    level = _level(world, amount, said.get("authority"))
    return {
        "asked_fen": int(said.get("amount_fen", amount)), "authority": level.name if level else None,
        "authority_zh": level.zh if level else None, "authority_en": level.en if level else None,
        "product": name, "product_zh": own.head.zh if isinstance(own, Product) else name, "product_en": own.head.en if isinstance(own, Product) else name,
        "purpose": asked.get("purpose"), "grade": said.get("grade") or agreed.get("grade"),
        "rate_ppm": said.get("rate_ppm") or agreed.get("rate_ppm"), "months": asked.get("months"), "loan": said.get("loan"),
    }  # fmt: skip


def _level(world: World, amount_fen: int, named: object) -> Level | None:
    """The one that a decision names, else the first whose limit covers the amount."""
    levels = levels_of(world.policy.on(world.clock.today())["authority"])
    return next((level for level in levels if level.name == named), None) or next(
        (level for level in levels if amount_fen <= level.limit_fen), None
    )
