"""RFC 8785 canonical JSON without floats: the same value gives the same bytes on every machine."""

from __future__ import annotations

import json
from datetime import date

from kemiao.base.refusal import BrokenInvariant

SAFE_INTEGER = 2**53 - 1  # beyond it other readers of JSON lose digits: write such numbers as text


def canonical_bytes(value: object) -> bytes:
    """UTF-8 bytes of `value`, keys in UTF-16 order, no blanks. Dates become ISO text.

    Raises BrokenInvariant for floats, integers beyond 2^53 - 1, and what JSON has no form for.
    """
    # The library's encoder sorts by code point, which is UTF-16 order as long as no key reaches U+D800.
    try:
        return (_LIBRARY.encode(value) if _check(value) else _slow(value)).encode("utf-8")
    except UnicodeEncodeError as error:  # half of a surrogate pair
        raise BrokenInvariant("text with a lone surrogate has no canonical form") from error


_LIBRARY = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=lambda day: day.isoformat()
)


def _check(value: object) -> bool:
    """Refuses what has no canonical form. True where every key sorts alike by code point and in UTF-16."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        if -SAFE_INTEGER <= value <= SAFE_INTEGER:  # type: ignore[operator]
            return True
        raise BrokenInvariant(f"integer {value} is beyond 2^53 - 1")
    if isinstance(value, dict):
        simple = True
        for key, item in value.items():
            if type(key) is not str:
                raise BrokenInvariant("a canonical mapping has text keys")
            simple &= _check(item) & (max(key, default="") < "\ud800")
        return simple
    if isinstance(value, list | tuple):
        return all([_check(item) for item in value])  # noqa: C419 - every item is checked, also behind a False
    if isinstance(value, date):
        return True
    raise BrokenInvariant(f"canonical JSON has no {kind.__name__}")


def _slow(value: object) -> str:
    """The definition, for the rare keys beyond U+D7FF."""
    if isinstance(value, dict):
        ordered = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_LIBRARY.encode(key)}:{_slow(item)}" for key, item in ordered) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_slow(item) for item in value) + "]"
    return _LIBRARY.encode(value)
