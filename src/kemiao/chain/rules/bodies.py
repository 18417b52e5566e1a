"""The form of an entry's body: fields that must be there, fields that may be, nothing else; bounded in every direction."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, get_args

from kemiao.base.refusal import Refusal
from kemiao.chain.entry import Entry, is_day, is_digest, is_participant_id
from kemiao.facts.permit import Purpose
from kemiao.facts.tables import TABLES

Check = Callable[[Any], bool]
PURPOSES: frozenset[str] = frozenset(get_args(Purpose))
NUMBER_MAX = 2**53 - 1
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_UNSEEN_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def faulty(entry: Entry, needed: Mapping[str, Check], also: Mapping[str, Check] | None = None) -> Refusal | None:
    """needed, also: field → its form. MALFORMED_BODY names the first field that is missing, unknown or wrong."""
    body = entry.body or {}
    if needed.keys() <= body.keys() and _all_good(body, needed, also or {}):
        return None
    known = {**(also or {}), **needed}
    wrong = next((name for name in needed if name not in body), None)
    wrong = wrong or next((name for name in sorted(body) if name not in known or not known[name](body[name])), None)
    return None if wrong is None else malformed(wrong)


def _all_good(body: Mapping[str, Any], needed: Mapping[str, Check], also: Mapping[str, Check]) -> bool:
    for name, value in body.items():
        check = needed.get(name) or also.get(name)
        if check is None or not check(value):
            return False
    return True


def malformed(field: str) -> Refusal:
    return Refusal.at("MALFORMED_BODY", "条目内容的格式不对", "the entry's body is malformed", field=field)


def nothing_or(check: Check) -> Check:
    return lambda value: value is None or check(value)


def text(most: int, least: int = 1, lines: bool = False) -> Check:
    """Text without control characters and marks that turn its direction round: others will read it. lines: may have line feeds."""
    unseen = _UNSEEN_IN_LINES if lines else _UNSEEN
    return lambda value: isinstance(value, str) and least <= len(value) <= most and unseen.search(value) is None


def number(least: int, most: int = NUMBER_MAX) -> Check:
    return lambda value: type(value) is int and least <= value <= most


def one_of(*words: str) -> Check:
    return lambda value: isinstance(value, str) and value in words


def many(check: Check, most: int, least: int = 1) -> Check:
    """A list of different values, each of the form."""
    return lambda value: (
        isinstance(value, list) and least <= len(value) <= most and all(map(check, value)) and len(set(value)) == len(value)
    )  # fmt: skip


def is_flag(value: Any) -> bool:
    return type(value) is bool


def is_table(value: Any) -> bool:
    return isinstance(value, str) and value in TABLES


def is_purpose(value: Any) -> bool:
    return isinstance(value, str) and value in PURPOSES


DAY, DIGEST, PARTICIPANT = is_day, is_digest, is_participant_id
TABLES_NAMED = many(is_table, len(TABLES))
PURPOSES_NAMED = many(is_purpose, len(PURPOSES))
ACCOUNTS = many(text(64), 100)
