"""The standard's test files: contracts with what was observed and the events that must come out. Format: the tests' README.

A case that can't be read, or of a type that is not ours, is a Refusal of its own; the others go on.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.credit.contracts.actus.columns import DAY, TYPES

BYTES_MAX = 200_000_000
_TIME = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.0+)?)?)?Z?")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (the standard's times have no zone)


@dataclass(frozen=True, slots=True)
class Row:
    """An event that must come out. Numbers in units of the currency, the rate a fraction a year; None: not stated."""

    time: int
    event: str
    payoff: float | None
    notional: float | None
    rate: float | None
    accrued: float | None


@dataclass(frozen=True, slots=True)
class Case:
    """terms: texts by the dictionary's names, without those that are blank. observed: (time, value) by market object, in order."""

    name: str
    type: str
    terms: Mapping[str, str]
    to: int | None
    observed: Mapping[str, tuple[tuple[int, float], ...]]
    happened: tuple[tuple[int, str, float], ...]  # time, event, value
    rows: tuple[Row, ...]


def cases_of(content: bytes) -> dict[str, Case | Refusal] | Refusal:
    """All cases of a file, by name."""
    if len(content) > BYTES_MAX:
        return Refusal("FILE_TOO_LARGE", "文件超过二亿字节", "the file is above 200 MB")
    try:
        value = json.loads(content.decode("utf-8-sig"), parse_constant=_not_a_number)
    except (ValueError, RecursionError) as fault:
        where = (
            f"第 {fault.lineno} 行第 {fault.colno} 列"
            if isinstance(fault, json.JSONDecodeError)
            else "编码、数值或嵌套不合规定"
        )
        return Refusal.at("NOT_JSON", f"不是合法的 JSON:{where}", f"is not valid JSON: {fault}")
    if not isinstance(value, dict) or not value:
        return Refusal("NOT_A_TEST_FILE", "不是 ACTUS 测试文件:应为由用例名到用例的对象", "is no test file of the standard: an object of cases by name was expected")  # fmt: skip
    return {name: _case(name, case) for name, case in value.items()}


class _Bad(Exception):
    """A cell that can't be read: what, its text, what was expected (a phrase of _EXPECTED, or the choices)."""


_EXPECTED = {
    "a date such as 2024-07-01T00:00:00": "日期,如 2024-07-01T00:00:00", "a number": "数字", "an object": "对象", "a list": "列表",
    "an object of series": "由序列组成的对象", "a cycle such as P1ML0": "周期,如 P1ML0", "a period such as P10D": "期间,如 P10D",
    "an index above zero": "大于零的指数",
}  # fmt: skip


def in_chinese(expected: str) -> str:
    return _EXPECTED.get(expected, f" {expected}")


def _case(name: str, raw: Any) -> Case | Refusal:
    if not isinstance(raw, dict) or not isinstance(raw.get("terms"), dict):
        return Refusal.at("NOT_A_CASE", "用例缺少 terms", "the case has no terms", case=name)
    terms = {term: text for term, cell in raw["terms"].items() if (text := _text(cell))}
    kind = terms.get("contractType", "")
    if kind not in TYPES:
        return Refusal.at("UNKNOWN_CONTRACT_TYPE", f"不支持合同类型“{kind}”,支持 {'、'.join(TYPES)}", f"contract type {kind!r} is unknown here; known are {', '.join(TYPES)}", case=name)  # fmt: skip
    try:
        observed = {
            str(code): tuple(sorted((_time("timestamp", _cell(point, "timestamp")), _number("value", _cell(point, "value"))) for point in _list(series.get("data"))))
            for code, series in _mapping(raw.get("dataObserved")).items()
        }  # fmt: skip
        happened = sorted(
            (_time("time", _cell(one, "time")), _text(_cell(one, "type")), _number("value", _cell(one, "value")) if _text(_cell(one, "value")) else 0.0)
            for one in _list(raw.get("eventsObserved"))
        )  # fmt: skip
        rows = tuple(_row(one) for one in _list(raw.get("results")))
        to = _text(raw.get("to"))
        return Case(name, kind, terms, time_of("to", to) if to else None, observed, tuple(happened), rows)
    except _Bad as bad:
        what, text, expected = bad.args
        return Refusal.at("BAD_CELL", f"“{text}”不合要求,应为{in_chinese(expected)}", f"{text!r} is not {expected}", case=name, cell=what)  # fmt: skip


def time_of(what: str, text: str) -> int:
    """Seconds since 1970. Raises what `readable` turns into a refusal."""
    return _time(what, text)


def number_of(what: str, text: str) -> float:
    return _number(what, text)


Unreadable = _Bad


def _row(raw: Any) -> Row:
    cells = [_cell(raw, name) for name in ("payoff", "notionalPrincipal", "nominalInterestRate", "accruedInterest")]
    numbers = [_number("results", cell) if _text(cell) else None for cell in cells]
    return Row(_time("eventDate", _cell(raw, "eventDate")), _text(_cell(raw, "eventType")), *numbers)


def _time(what: str, cell: Any) -> int:
    match = _TIME.fullmatch(_text(cell))
    try:
        if match:
            parts = [int(part or 0) for part in match.groups()]
            since = datetime(*parts) - _EPOCH  # type: ignore[arg-type]  # noqa: DTZ001
            return since.days * DAY + since.seconds
    except ValueError:
        pass
    raise _Bad(what, _text(cell), "a date such as 2024-07-01T00:00:00")


def _number(what: str, cell: Any) -> float:
    try:
        number = float(_text(cell))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _Bad(what, _text(cell), "a number")
    return number


def _text(cell: Any) -> str:
    """A cell as text; what is null, or a container, is blank."""
    if cell is None or isinstance(cell, (dict, list)):
        return ""
    return str(cell).strip()


def _cell(raw: Any, name: str) -> Any:
    if not isinstance(raw, dict):
        raise _Bad(name, _text(raw), "an object")
    return raw.get(name)


def _mapping(raw: Any) -> Mapping[str, Any]:
    if raw is None or raw == "":
        return {}
    if not isinstance(raw, dict) or not all(isinstance(one, dict) for one in raw.values()):
        raise _Bad("dataObserved", _text(raw), "an object of series")
    return raw


def _list(raw: Any) -> list[Any]:
    if raw is None or raw == "":
        return []
    if not isinstance(raw, list):
        raise _Bad("list", _text(raw), "a list")
    return raw


def _not_a_number(text: str) -> Any:
    raise ValueError(text)
