"""RFC 8785 canonical JSON without floats: the same value gives the same bytes on every machine."""

from __future__ import annotations

import json
from datetime import date

from kemiao.base.refusal import BrokenInvariant

SAFE_INTEGER = 2**53 - 1  # beyond it other readers of JSON lose digits: write such numbers as text


def canonical_bytes(value: object) -> bytes:
    """UTF-8 bytes of `value`, keys in UTF-16 order, no blanks. Floats and integers beyond 2^53 - 1 are refused."""
    return _text(value).encode("utf-8")


def _text(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            if abs(value) > SAFE_INTEGER:
                raise BrokenInvariant(f"integer {value} is beyond 2^53 - 1")
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case date():
            return json.dumps(value.isoformat())
        case list() | tuple():
            return "[" + ",".join(_text(item) for item in value) + "]"
        case dict():
            if not all(isinstance(key, str) for key in value):
                raise BrokenInvariant("a canonical mapping has text keys")
            ordered = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
            return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_text(item)}" for key, item in ordered) + "}"
        case _:
            raise BrokenInvariant(f"canonical JSON has no {type(value).__name__}")
