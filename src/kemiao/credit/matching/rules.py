"""The operator's numbers for the market, from policy/market.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kemiao.base.money import FEN_MAX, PPM
from kemiao.base.refusal import Refusal

GROUPS = re.compile(r"size:(?:micro|small|medium|large)|region:.{1,40}|age_below:\d{1,4}|first_time|green")
_MOST = 10**9


@dataclass(frozen=True, slots=True)
class MarketRules:
    """company, funder, welfare, call, solver: numbers by name, as in the file. floors: (group, share_ppm). reserved: "" where
    nothing is reserved."""

    clears: Literal["stable", "best"]
    unit_fen: int
    churn: bool
    company: Mapping[str, int]
    funder: Mapping[str, int]
    welfare: Mapping[str, int]
    call: Mapping[str, int]
    solver: Mapping[str, int]
    measured: tuple[str, ...]
    reserved: str
    reserve_ppm: int
    confidence_ppm: int
    floors: tuple[tuple[str, int], ...]


_NUMBERS: Mapping[str, Mapping[str, tuple[int, int]]] = {  # table → key → least, most
    "company": dict.fromkeys(("speed_ppm_day", "relation_ppm", "flexible_ppm"), (0, PPM)),
    "funder": {
        **dict.fromkeys(("funding_ppm", "operating_ppm", "target_return_ppm", "capital_ratio_ppm", "lgd_ppm", "unknown_pd_ppm", "loyal_ppm"), (0, PPM)),
        "risk_weight_ppm": (0, 15 * PPM),
    },
    "welfare": {
        **dict.fromkeys(("company_ppm", "funder_ppm", "guarantor_ppm"), (0, 10 * PPM)),
        **dict.fromkeys(("access_ppm", "first_time_ppm"), (0, PPM)),
    },
    "call": {
        **dict.fromkeys(("commit_minutes", "reveal_minutes"), (1, 366 * 1440)),
        **dict.fromkeys(("barred_calls", "withdrawn_calls"), (0, 1000)),
        **dict.fromkeys(("offer_days", "parcel_days"), (1, 366)),
        "quotes_least": (2, 1000),
    },
    "solver": {
        "gap_goal_ppm": (0, PPM), "nodes_max": (1, _MOST), "prices_above_pairs": (0, _MOST), "rounds_max": (1, _MOST),
        "steps_max": (1, 10**12), "fewest_requests_max": (0, 1000), "listed_max": (0, 10**6),
    },
}  # fmt: skip


def rules_from(table: Mapping[str, Any]) -> MarketRules | Refusal:
    """Refuses POLICY_KEY_BAD, naming the key, where one is missing, of another type or out of range."""
    numbers: dict[str, dict[str, int]] = {}
    for name, keys in _NUMBERS.items():
        part = table.get(name)
        if not isinstance(part, Mapping):
            return _bad(name)
        for key, (least, most) in keys.items():
            if not _whole(part.get(key), least, most):
                return _bad(f"{name}.{key}")
        numbers[name] = {key: part[key] for key in keys}
    churn = table["funder"].get("churn")
    if table.get("clears") not in ("stable", "best"):
        return _bad("clears")
    if not _whole(table.get("unit_fen"), 1, FEN_MAX):
        return _bad("unit_fen")
    if type(churn) is not bool:
        return _bad("funder.churn")
    fair = table.get("fairness")
    if not isinstance(fair, Mapping):
        return _bad("fairness")
    for key, least, most in (("reserve_ppm", 0, PPM), ("confidence_ppm", PPM // 2, PPM - 1)):
        if not _whole(fair.get(key), least, most):
            return _bad(f"fairness.{key}")
    measured, reserved, floors = fair.get("measured"), fair.get("reserved", ""), fair.get("floor", [])
    if not isinstance(measured, list) or not all(map(_is_group, measured)):
        return _bad("fairness.measured")
    if reserved != "" and not _is_group(reserved):
        return _bad("fairness.reserved")
    if not isinstance(floors, list) or not all(map(_is_floor, floors)):
        return _bad("fairness.floor")
    return MarketRules(
        clears=table["clears"], unit_fen=table["unit_fen"], churn=churn, **numbers, measured=tuple(measured), reserved=reserved,
        reserve_ppm=fair["reserve_ppm"] if reserved else 0, confidence_ppm=fair["confidence_ppm"],
        floors=tuple((floor["group"], floor["share_ppm"]) for floor in floors),
    )  # fmt: skip


def _whole(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_group(value: object) -> bool:
    return isinstance(value, str) and GROUPS.fullmatch(value) is not None


def _is_floor(value: object) -> bool:
    return isinstance(value, Mapping) and _is_group(value.get("group")) and _whole(value.get("share_ppm"), 0, PPM)


def _bad(key: str) -> Refusal:
    return Refusal.at(
        "POLICY_KEY_BAD", f"策略 market 的 {key} 缺失或不合规", f"policy market: {key} is missing or out of range",
        file="market.toml", key=key,
    )  # fmt: skip
