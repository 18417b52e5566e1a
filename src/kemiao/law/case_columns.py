"""A stranger's table of cases as the columns of a rule: headers as files have them, cells as people type them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from kemiao.base.dates import parse_date
from kemiao.base.money import FEN_MAX, parse_fen
from kemiao.base.rates import parse_ppm
from kemiao.base.refusal import Refusal
from kemiao.law.rule import ARROW, Input, Rule

_UNITS = {
    "fen": "fen", "分": "fen", "yuan": "yuan", "元": "yuan", "人民币元": "yuan", "rmb": "yuan", "wan": "wan", "万元": "wan", "万": "wan",
    "yi": "yi", "亿元": "yi", "亿": "yi", "千万元": "ten_million", "ppm": "ppm", "%": "percent", "percent": "percent", "pct": "percent",
    "bp": "bp", "bps": "bp", "基点": "bp", "个基点": "bp",
    "人": "", "年": "", "天": "", "个": "", "项": "", "件": "",
}  # fmt: skip
_TYPED_UNIT = {"yuan": "", "wan": "万", "yi": "亿", "ten_million": "千万"}
_BRACKETED = re.compile(r"^(.*?)[(\[]([^()\[\]]*)[)\]]$")
_SUFFIXED = re.compile(r"^(.+?)[_ ](fen|yuan|wan|yi|ppm|percent|pct|bps?)$")
_BLANK = frozenset(("", "-", "--", "–", "—", "/", "?", "null", "none", "nan", "n/a", "na", "未知", "不详", "暂无"))
_TRUE = frozenset(("true", "yes", "y", "t", "1", "1.0", "是", "有", "√"))
_FALSE = frozenset(("false", "no", "n", "f", "0", "0.0", "否", "无", "×"))
_WHOLE = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.0*)?")
_BASIS_POINTS = re.compile(r"(?:个?基点|bps?)$", re.IGNORECASE)
_COUNTED = re.compile(r"[人名项件个天年]$")
_HAS_UNIT = re.compile(r"[元圆块千万亿]")
_ID = frozenset(("id", "编号", "序号", "no", "vector", "case", "company", "企业", "企业名称", "企业代码", "name", "uscc", "统一社会信用代码"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseColumns:
    """The rule's columns; what the owner calls each row; headers that were not read; per row the cells that could not be."""

    table: pa.Table
    ids: tuple[str | None, ...]
    read: Mapping[str, str]  # input -> header
    ignored: tuple[str, ...]
    errors: Mapping[int, tuple[Refusal, ...]]  # by index of the row


@dataclass(frozen=True, slots=True)
class _Match:
    item: Input
    unit: str
    negated: bool


def case_columns(
    rule: Rule, header: Sequence[str], columns: Sequence[Sequence[str | None]], file: str, row_numbers: Sequence[int]
) -> CaseColumns | Refusal:
    """header and columns as text, null for an empty cell. Refuses only where no header, or one input twice, is found."""
    found: dict[str, tuple[int, _Match]] = {}
    ignored, id_column = [], None
    for place, name in enumerate(header):
        matches = _matches(rule, name)
        if not matches:
            if id_column is None and _key(name) in _ID:
                id_column = place
            else:
                ignored.append(name)
        for match in matches:
            if match.item.name in found:
                first = header[found[match.item.name][0]]
                return Refusal.at("TWO_COLUMNS", f"“{first}”和“{name}”都是{match.item.zh}", f"{first!r} and {name!r} are both the {match.item.en}", file=file, column=name)  # fmt: skip
            found[match.item.name] = (place, match)
    if not found and any(not item.elected for item in rule.inputs):
        expected = ", ".join(item.name for item in rule.inputs)
        return Refusal.at("NO_COLUMN_KNOWN", f"表头 {list(header)} 中没有规则 {rule.name} 的列,应有:{expected}", f"none of the headers {list(header)} is a column of {rule.name}, which reads: {expected}", file=file, row=1)  # fmt: skip

    errors: dict[int, list[Refusal]] = {}
    arrays, names = [], []
    for item in rule.inputs:
        if item.name not in found:
            continue
        place, match = found[item.name]
        values, seen = [], dict[str, object]()
        for number, cell in enumerate(columns[place]):
            text = "" if cell is None else cell.strip()
            if text not in seen:
                seen[text] = _value(match, text)
            value = seen[text]
            if isinstance(value, Refusal):
                errors.setdefault(number, []).append(_placed(value, item, file, row_numbers[number], header[place]))
                value = None
            values.append(value)
        arrays.append(pa.array(values, ARROW[item.kind]))
        names.append(item.name)
    if not names:  # a rule whose inputs are all the caller's choice still judges each row
        arrays, names = [pa.nulls(len(row_numbers), pa.null())], ["row"]
    ids = tuple(columns[id_column]) if id_column is not None else (None,) * len(row_numbers)
    return CaseColumns(
        pa.table(arrays, names=names),
        ids,
        {name: header[place] for name, (place, _) in found.items()},
        tuple(ignored),
        {number: tuple(cells) for number, cells in errors.items()},
    )


def _key(name: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name).casefold())


def _matches(rule: Rule, name: str) -> list[_Match]:
    """The inputs that a header feeds, with its unit: one, or several where it is a condition over many facts (T4)."""
    whole = unicodedata.normalize("NFKC", name).strip().casefold()
    tries = [(_key(whole), "")]
    if bracketed := _BRACKETED.match(whole):
        unit = _UNITS.get(bracketed[2].strip())
        # A unit is read before the name with its bracket, which would drop a "%"; another bracket may be part of the name.
        tries.insert(1 if unit is None else 0, (_key(bracketed[1]), unit or ""))
    if suffixed := _SUFFIXED.match(whole):
        tries.append((_key(suffixed[1]), _UNITS[suffixed[2]]))
    for key, unit in tries:
        found = [match for item in rule.inputs if (match := _match(item, key, unit))]
        if found:
            return found
    return []


def _match(item: Input, key: str, unit: str) -> _Match | None:
    base = re.sub(r"_(fen|ppm)$", "", item.name)
    if key in {_key(base), _key(item.zh), _key(item.en)}:
        return _Match(item, unit or item.bare_unit, False)
    for alias in item.aliases:
        name, _, alias_unit = alias.partition("@")
        if _key(name) == key:
            return _Match(item, unit or alias_unit or item.bare_unit, name.startswith("!"))
    return None


def _value(match: _Match, text: str) -> object:
    item, typed = match.item, unicodedata.normalize("NFKC", text).strip()
    if item.choices is not None:
        chosen = _chosen(item.choices, typed)
        if chosen is not None or typed.casefold() in _BLANK:
            return chosen
        return Refusal("UNKNOWN_CHOICE", f"“{text}”不在可选值之内", f"{text!r} is none of the choices")
    if typed.casefold() in _BLANK:
        return None
    readers: Mapping[str, Callable[[], object]] = {
        "count": lambda: _count(typed), "fen": lambda: _fen(typed, match.unit), "ppm": lambda: _ppm(typed, match.unit),
        "flag": lambda: _flag(typed, match.negated), "day": lambda: parse_date(typed), "choice": lambda: typed,
    }  # fmt: skip
    return readers[item.kind]()


def _chosen(choices: Mapping[str, tuple[str, ...]], typed: str) -> str | None:
    key = _key(typed)
    for name, words in choices.items():
        if key and key in {_key(name), *(_key(word) for word in words)}:
            return name
    return None


def _count(typed: str) -> int | Refusal:
    bare = _COUNTED.sub("", typed.replace(" ", ""))
    if _WHOLE.fullmatch(bare) and len(bare) <= 18:
        return int(bare.replace(",", "").partition(".")[0])
    return Refusal("NOT_A_COUNT", f"“{typed}”不是整数", f"{typed!r} is not a whole number")


def _fen(typed: str, unit: str) -> int | Refusal:
    """A unit in the cell wins over that of the header."""
    if unit in ("percent", "ppm", "bp"):
        return Refusal("NOT_AN_AMOUNT", "表头的单位不是金额单位", "the header's unit is none of money")
    if _HAS_UNIT.search(typed) or unit != "fen":
        bracket = ")" if typed.endswith(")") else ""
        bare = typed.removesuffix(")") if bracket else typed
        return parse_fen(typed if _HAS_UNIT.search(typed) else bare + _TYPED_UNIT[unit] + bracket)
    whole = _WHOLE.fullmatch(typed)
    if whole is None:
        return Refusal("NOT_AN_AMOUNT", f"“{typed}”不是以分计的整数", f"{typed!r} is not a whole number of fen")
    fen = int(typed.replace(",", "").partition(".")[0])
    if abs(fen) > FEN_MAX:
        return Refusal("AMOUNT_TOO_LARGE", f"“{typed}”超过一千亿元", f"{typed!r} is above 100 billion yuan")
    return fen


def _ppm(typed: str, unit: str) -> int | Refusal:
    bare = typed.removesuffix("年").removesuffix("years").strip()
    if unit == "ppm" and _WHOLE.fullmatch(bare) and len(bare) <= 18:
        return int(bare.replace(",", "").partition(".")[0])
    bare = _BASIS_POINTS.sub("bp", bare).removeprefix("+")
    signed = bare[-1:] in ("%", "‰") or bare.endswith("bp")
    ppm = parse_ppm(bare if signed else bare + {"percent": "%", "bp": "bp"}.get(unit, ""))
    if isinstance(ppm, int) and abs(ppm) > 10**15:
        return Refusal("NOT_A_RATE", f"“{typed}”不是比率", f"{typed!r} is not a rate")
    return ppm


def _flag(typed: str, negated: bool) -> bool | Refusal:
    word = typed.casefold()
    if word in _TRUE or word in _FALSE:
        return (word in _TRUE) != negated
    return Refusal("NOT_A_FLAG", f"“{typed}”不是 是/否", f"{typed!r} is neither yes nor no")


def _placed(refusal: Refusal, item: Input, file: str, row: int, column: str) -> Refusal:
    zh, en = _expected(item)
    return Refusal.at(refusal.code, f"{refusal.zh};应为{zh}", f"{refusal.en}; expected {en}", file=file, row=row, column=column)  # fmt: skip


def _expected(item: Input) -> tuple[str, str]:
    if item.choices is not None:
        names = ", ".join(item.choices)
        return names, f"one of {names}"
    words = {
        "count": ("整数", "a whole number"), "fen": ("金额,例如 1,234.56 或 500万", "an amount such as 1,234.56 or 500万"),
        "ppm": ("比率,例如 4.35% 或 0.0435", "a rate such as 4.35% or 0.0435"), "flag": ("是/否", "yes or no (true, false, 1, 0, 是, 否)"),
        "day": ("日期,例如 2024-07-01", "a date such as 2024-07-01"), "choice": ("文字", "text"),
    }  # fmt: skip
    return words[item.kind]


def unit_text(item: Input) -> str:
    """The unit of the canonical column, and what a header without a unit means."""
    words = {"fen": "fen (1 yuan = 100 fen)", "ppm": "ppm (1 % = 10,000 ppm)", "count": "whole number", "flag": "true/false", "day": "date"}  # fmt: skip
    unit = "one of: " + ", ".join(item.choices) if item.choices is not None else words.get(item.kind, item.kind)
    if item.bare_unit:
        base = re.sub(r"_(fen|ppm)$", "", item.name)
        unit += f"; a column named {base} without a unit is in {item.bare_unit}"
    return unit
