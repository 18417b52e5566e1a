"""Strict JSON in, canonical JSON (RFC 8785 without floats) out."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from kemiao_verify.outcome import NotProved

FILE_BYTES = 8 * 1024 * 1024
BRACKETS = 200_000
DEPTH = 20
LARGEST = 2**53 - 1


def parse(content: bytes) -> Any:
    """The value. No floats, no numbers beyond 2^53 - 1, no key twice, no half of a surrogate pair, bounded depth."""
    # A parser makes an object of each bracket: they are counted before it does.
    if len(content) > FILE_BYTES or content.count(b"[") + content.count(b"{") > BRACKETS:
        raise NotProved("PROOF_TOO_LARGE", "证明文件过大", "the proof file is too large", bytes=len(content))
    try:
        text = content.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_mapping, parse_int=_integer, parse_float=_refuse, parse_constant=_refuse)  # fmt: skip
    except (ValueError, RecursionError):
        raise _not_json() from None
    _walk(value)
    return value


def digest(domain: str, value: Any) -> str:
    return sha256(b"kemiao/" + domain.encode() + b"\0" + canonical(value)).hexdigest()


def canonical(value: Any) -> bytes:
    pieces: list[str] = []
    _write(value, pieces)
    return "".join(pieces).encode("utf-8")


def is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= LARGEST


def _write(value: Any, out: list[str]) -> None:
    if isinstance(value, dict):
        mark = "{"
        for key in sorted(value, key=lambda name: name.encode("utf-16-be")):
            out.append(mark)
            out.append(_quoted(key))
            out.append(":")
            _write(value[key], out)
            mark = ","
        out.append("}" if value else "{}")
    elif isinstance(value, list):
        mark = "["
        for item in value:
            out.append(mark)
            _write(item, out)
            mark = ","
        out.append("]" if value else "[]")
    elif isinstance(value, str):
        out.append(_quoted(value))
    else:
        out.append({None: "null", True: "true", False: "false"}[value] if type(value) is not int else str(value))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _walk(value: Any) -> None:
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, dict | list):
            if depth > DEPTH:
                raise NotProved("TOO_DEEP", f"JSON 嵌套超过 {DEPTH} 层", f"the JSON is nested deeper than {DEPTH}")
            inner = [*item.values(), *item] if isinstance(item, dict) else item
            waiting.extend((one, depth + 1) for one in inner)
        elif isinstance(item, str) and not item.isascii() and any("\ud800" <= letter <= "\udfff" for letter in item):
            raise _not_json()


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise ValueError(key)
        seen[key] = value
    return seen


def _integer(text: str) -> int:
    if len(text) > 17 or not -LARGEST <= int(text) <= LARGEST:
        raise ValueError(text)
    return int(text)


def _refuse(text: str) -> Any:
    raise ValueError(text)


def _not_json() -> NotProved:
    return NotProved("NOT_JSON", "不是合法的 JSON(不允许小数或重复的键)", "is not valid JSON (no floats, no key twice)")
