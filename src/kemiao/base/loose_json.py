"""Reads JSON as people and other software write it: any spelling, but no floats, no key twice, and nothing that has no
canonical form. What must be in canonical form already is read by strict_json."""

from __future__ import annotations

import json
from typing import Any

from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import BrokenInvariant, Refusal


def parse_loose(content: bytes) -> Any | Refusal:
    """The value, or NOT_JSON. The caller bounds the size."""
    try:
        text = content.decode("utf-8-sig")
        value = json.loads(text, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_once)
        canonical_bytes(value)  # integers beyond 2^53 - 1, half of a surrogate pair
    except (ValueError, RecursionError, BrokenInvariant):
        return Refusal(
            "NOT_JSON",
            "不是合法的 JSON(不允许小数、重复的键、过大的整数)",
            "is not valid JSON (no floats, no key twice, no integer beyond 2^53 - 1)",
        )
    return value


def _no_float(text: str) -> Any:
    raise ValueError(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key twice")
    return made
