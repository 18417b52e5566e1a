"""Reads JSON that must already be in canonical form: one spelling, bounded depth, no floats, no key twice."""

from __future__ import annotations

import json
from typing import Any

from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import BrokenInvariant, Refusal


def parse_strict(content: bytes, *, depth: int) -> Any | Refusal:
    """The value, or NOT_JSON, TOO_DEEP, NOT_CANONICAL. The caller bounds the size.

    Depth is counted on the bytes first: a parser that recurses must not see a million brackets.
    """
    if _depth_of(content) > depth:
        return Refusal("TOO_DEEP", f"JSON 嵌套超过 {depth} 层", f"the JSON is nested deeper than {depth}")
    try:
        value = json.loads(content.decode("utf-8"), parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, UnicodeDecodeError, RecursionError):  # a float, a lone byte, an endless number
        return Refusal("NOT_JSON", "不是合法的 JSON(不允许小数)", "is not valid JSON (no floats are allowed)")
    try:
        again = canonical_bytes(value)
    except BrokenInvariant:  # an integer beyond 2^53 - 1, half of a surrogate pair
        return _not_canonical()
    return value if again == content else _not_canonical()  # a key given twice shows here too


def _depth_of(content: bytes) -> int:
    """An upper bound that is exact where no string holds brackets; strings are skipped when it matters."""
    if content.count(b"[") + content.count(b"{") <= 8:
        return content.count(b"[") + content.count(b"{")
    deepest = here = 0
    in_text = escaped = False
    for byte in content:
        if in_text:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_text = False
        elif byte == 0x22:
            in_text = True
        elif byte in b"[{":
            here += 1
            deepest = max(deepest, here)
        elif byte in b"]}":
            here -= 1
    return deepest


def _no_float(text: str) -> Any:
    raise ValueError(text)


def _not_canonical() -> Refusal:
    return Refusal("NOT_CANONICAL", "不是规范形式的 JSON(RFC 8785)", "is not JSON in canonical form (RFC 8785)")
