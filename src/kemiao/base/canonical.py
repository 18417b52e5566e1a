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
        return (_encode(value) if _check(value) else _slow(value)).encode("utf-8")
    except UnicodeEncodeError as error:  # half of a surrogate pair
        raise BrokenInvariant("text with a lone surrogate has no canonical form") from error


def checked_text(value: object) -> str:
    """The same as text, for a value that a strict reader has just made: no floats, no integers beyond 2^53 - 1, and no
    character from U+D800 on, so that every key sorts alike by code point and in UTF-16."""
    return _encode(value)


def _day(value: object) -> str:
    return value.isoformat()  # type: ignore[attr-defined, no-any-return]


_LIBRARY = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_day)
# The library builds its compiled encoder anew at every call, which takes longer than most of our values.
_COMPILED = json.encoder.c_make_encoder and json.encoder.c_make_encoder(  # type: ignore[attr-defined]
    None, _day, json.encoder.encode_basestring, None, ":", ",", True, False, False
)


def _encode(value: object) -> str:
    return "".join(_COMPILED(value, 0)) if _COMPILED else _LIBRARY.encode(value)


def _check(value: object) -> bool:
    """Refuses what has no canonical form. True where every key sorts alike by code point and in UTF-16.

    A loop over a stack, not a recursion: decisions are written by the hundred thousand.
    """
    simple = True
    waiting = [value]
    while waiting:
        item = waiting.pop()
        kind = type(item)
        if kind in _PLAIN:
            continue
        if kind is int:
            if not -SAFE_INTEGER <= item <= SAFE_INTEGER:  # type: ignore[operator]
                raise BrokenInvariant(f"integer {item} is beyond 2^53 - 1")
        elif isinstance(item, dict):
            for key in item:
                if type(key) is not str:
                    raise BrokenInvariant("a canonical mapping has text keys")
                if not key.isascii() and max(key) >= "\ud800":
                    simple = False
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)
        elif not isinstance(item, date):
            raise BrokenInvariant(f"canonical JSON has no {kind.__name__}")
    return simple


_PLAIN = frozenset({str, bool, type(None)})


def _slow(value: object) -> str:
    """The definition, for the rare keys beyond U+D7FF."""
    if isinstance(value, dict):
        ordered = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_LIBRARY.encode(key)}:{_slow(item)}" for key, item in ordered) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_slow(item) for item in value) + "]"
    return _LIBRARY.encode(value)
