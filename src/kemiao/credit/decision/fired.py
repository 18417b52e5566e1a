"""Which rules decided: each that held or could not be told, with its text and the values it saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kemiao.credit.decision.rules import Rule
from kemiao.credit.profile import COLUMNS


def fired(document: Mapping[str, Any], rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """document: as kept. state: holds | unknown. values: of the columns that the rule names: null where it was not known to the rule;
    `not_kept` names columns that follow from others and of which the document keeps no value."""
    held, untold = set(document["rules"]), set(document["rules_unknown"])
    return [
        {
            "code": rule.code, "outcome": rule.outcome, "when_unknown": rule.when_unknown, "when": rule.when.text,
            "state": "holds" if rule.code in held else "unknown", "zh": rule.zh if rule.code in held else rule.unknown_zh,
            "en": rule.en if rule.code in held else rule.unknown_en, **_seen(document, rule),
        }
        for rule in rules
        if rule.code in held or rule.code in untold
    ]  # fmt: skip


def _seen(document: Mapping[str, Any], rule: Rule) -> dict[str, Any]:
    values: dict[str, Any] = {}
    not_kept = []
    for name in sorted(rule.when.columns):
        where = _place(document, name)
        if where is None:
            not_kept.append(name)
        else:
            values[name] = where[1]
    return {"values": values, "not_kept": not_kept}


def _place(document: Mapping[str, Any], name: str) -> tuple[str, Any] | None:
    """Where the document has the column, and its value."""
    ceiling = name.removeprefix("ceiling_").removesuffix("_fen")
    if name.startswith("ceiling_") and ceiling in document["ceilings"]:
        return "ceilings", document["ceilings"][ceiling]
    if name == "rate_built_ppm":
        return "price_built_ppm", document["price_built_ppm"]
    if name in document and not isinstance(document[name], (dict, list)):
        return name, document[name]
    if name in document["law"]:
        return "law", document["law"][name]
    return ("features", document["features"].get(name)) if name in COLUMNS else None
