"""Who qualifies: a product's rules over the profile, the law's answers and what is asked for, as a kept decision has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from kemiao.credit.decision.rules import Rule, find
from kemiao.credit.limit import CEILINGS
from kemiao.credit.profile import COLUMNS as FEATURES

_KINDS = {"text": "text", "flag": "flag", "day": "day"}
_ARROW = {"number": pa.int64(), "text": pa.string(), "flag": pa.bool_(), "day": pa.date32()}
_JUDGED = {
    "pd_ppm": "number", "points": "number", "grade": "text", "coverage_ppm": "number", "limit_fen": "number", "limit_known": "flag",
    "rate_ppm": "number", "size_class": "text", "tech_sme": "flag", "tech_sme_score": "number", "risk_weight_ppm": "number",
    "working_capital_review": "flag", "need_by": "text", "debts_unknown": "flag", "technology_grade": "text",
    "guarantee_wanted": "flag",  # by the matrix of credit and technology
    **{f"ceiling_{name}_fen": "number" for name in CEILINGS},
}  # fmt: skip
_ASKED = {
    "asked_fen": "number", "asked_months": "number", "security_value_fen": "number", "renews_fen": "number", "renews_past_due_days": "number",
    "renews_extended": "flag",
}  # fmt: skip
COLUMNS: Mapping[str, str] = {name: _KINDS.get(feature.unit, "number") for name, feature in FEATURES.items()} | _JUDGED | _ASKED  # fmt: skip
"""Columns that a product's rules may name, and their kinds. asked_* and renews_* are of the request, the rest of the decision."""


@dataclass(frozen=True, slots=True)
class Reason:
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Qualified:
    """declines: why it is not for this company; referrals: why a person decides; conditions: before money is paid out."""

    declines: tuple[Reason, ...]
    referrals: tuple[Reason, ...]
    conditions: tuple[Reason, ...]


def qualify(rules: Sequence[Rule], decision: Mapping[str, Any], asked: Mapping[str, Any]) -> Qualified:
    """decision: a kept document; asked: values of the columns asked_*, security_value_fen and renews_*, null where absent."""
    row = {**_judged(decision), **asked}
    read = {name for rule in rules for name in rule.when.columns} or {"asked_fen"}
    table = pa.table({name: pa.array([_typed(row.get(name), COLUMNS[name])], _ARROW[COLUMNS[name]]) for name in sorted(read)})  # fmt: skip
    by_outcome: dict[str, list[Reason]] = {"decline": [], "refer": [], "condition": []}
    for found in find(rules, table):
        rule = found.rule
        if found.holds[0]:
            by_outcome[rule.outcome].append(Reason(rule.code, rule.zh, rule.en))
        if found.unknown[0] and rule.when_unknown != "ignore":
            by_outcome[rule.when_unknown].append(Reason(f"{rule.code}_UNKNOWN", rule.unknown_zh, rule.unknown_en))
    return Qualified(*(tuple(by_outcome[outcome]) for outcome in ("decline", "refer", "condition")))


def _judged(decision: Mapping[str, Any]) -> dict[str, Any]:
    law = decision["law"]
    technology = decision.get("technology") or {}
    return {
        **decision["features"],
        **{name: decision[name] for name in ("pd_ppm", "points", "grade", "coverage_ppm", "rate_ppm", "need_by", "debts_unknown")},
        "limit_fen": decision["allowed_fen"], "limit_known": decision["binding"] is not None,
        **{name: law[name] for name in ("size_class", "tech_sme", "tech_sme_score", "risk_weight_ppm", "working_capital_review")},
        "technology_grade": technology.get("grade"), "guarantee_wanted": bool(technology.get("guarantee")),
        **{f"ceiling_{name}_fen": decision["ceilings"][name] for name in CEILINGS},
    }  # fmt: skip


def _typed(value: Any, kind: str) -> Any:
    return date.fromisoformat(value) if kind == "day" and isinstance(value, str) else value
