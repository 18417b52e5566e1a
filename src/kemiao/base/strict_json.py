"""Reads JSON that must already be in canonical form: one spelling, bounded depth, no floats, no key twice."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from kemiao.base.canonical import SAFE_INTEGER, canonical_bytes, checked_text
from kemiao.base.refusal import BrokenInvariant, Refusal


def parse_strict(content: bytes, *, depth: int) -> Any | Refusal:
    """The value, or NOT_JSON, TOO_DEEP, NOT_CANONICAL. The caller bounds the size. depth: of `[[1]]` is 2.

    Depth is counted on the bytes first: a parser that recurses must not see a million brackets.
    """
    if content.count(b"[") + content.count(b"{") > depth and _is_deeper(content, depth):
        return Refusal("TOO_DEEP", f"JSON 嵌套超过 {depth} 层", f"the JSON is nested deeper than {depth}")
    try:
        value, _ = _READ(content.decode("utf-8"), 0)  # what may follow the value shows when it is written again
    except _BeyondSafe:
        return _not_canonical()
    except (ValueError, StopIteration):  # a float, a lone byte, an unfinished text, nothing at all
        return Refusal("NOT_JSON", "不是合法的 JSON(不允许小数)", "is not valid JSON (no floats are allowed)")
    try:
        # A key given twice, a blank, another order or escape: all show as other bytes. Only keys beyond U+D7FF sort otherwise
        # than the library sorts; without bytes from 0xEE on there are none.
        again = (
            canonical_bytes(value)
            if not content.isascii() and content.translate(None, _BELOW_EE)
            else checked_text(value).encode("utf-8")
        )
    except (BrokenInvariant, UnicodeEncodeError):  # half of a surrogate pair
        return _not_canonical()
    return value if again == content else _not_canonical()


class _BeyondSafe(ValueError):
    pass


def _integer(text: str) -> int:
    # Checked by length first: an endless number is not even converted.
    if len(text) > 17 or not -SAFE_INTEGER <= (value := int(text)) <= SAFE_INTEGER:
        raise _BeyondSafe
    return value


def _no_float(text: str) -> NoReturn:
    raise ValueError(text)


_READ = json.JSONDecoder(parse_int=_integer, parse_float=_no_float, parse_constant=_no_float).scan_once  # type: ignore[attr-defined]
_BELOW_EE = bytes(range(0xEE))
_TEXT = re.compile(
    rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL
)  # an unfinished one reaches to the end: one pass, whatever comes
_TO_ROUND = bytes.maketrans(b"[{]}", b"(())")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))


def _is_deeper(content: bytes, depth: int) -> bool:
    """Each round takes the innermost pairs away: what is left after `depth` rounds is deeper, or is no JSON."""
    brackets = _TEXT.sub(b"", content).translate(_TO_ROUND, _NO_BRACKETS)
    for _ in range(depth):
        brackets = brackets.replace(b"()", b"")
    return bool(brackets)


def _not_canonical() -> Refusal:
    return Refusal("NOT_CANONICAL", "不是规范形式的 JSON(RFC 8785)", "is not JSON in canonical form (RFC 8785)")
