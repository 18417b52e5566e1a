"""One cell at a time: what a text means, or why it means nothing. The columns of `mapping` take its fast ways round this
module for plain forms only, and come here for every other form, so there is one truth about what is read.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from kemiao.base.dates import parse_date
from kemiao.base.keys import parse_company
from kemiao.base.money import FEN_MAX, parse_fen
from kemiao.base.rates import PPM, parse_ppm
from kemiao.base.refusal import Refusal
from kemiao.data.map import ColumnMap
from kemiao.facts.schema import Column

BLANKS = " \t\r\n\v\f\u00a0\u3000\u200b\u2060\ufeff"  # what stands around a cell and says nothing
YES = ("是", "有", "Y", "y", "yes", "Yes", "YES", "true", "True", "TRUE", "1")
NO = ("否", "无", "N", "n", "no", "No", "NO", "false", "False", "FALSE", "0")
Pseudonym = Callable[[str], str]  # a keyed hash: the same for the same text, a stranger can't go back or try names

_LARGEST_SHARE = 100 * PPM
_MONTH = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})月?|(\d{2}))")
_YEAR = re.compile(r"(\d{4})年?(?:度)?")
_WHOLE = re.compile(r"([-+]?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?\s*(?:人|个|件|度|千瓦时|kwh|kWh|立方米|m³|天|次)?")
_SCIENTIFIC = re.compile(r"-?\d(?:\.\d+)?[eE]\+\d+")
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_IDENTITY = re.compile(r"\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
_CODE = re.compile(r"[^\s:][^\s]{0,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def read_cell(spec: ColumnMap, text: str, pseudonym: Pseudonym) -> object | Refusal:
    """text: not blank, stripped. Returns int, date, bool or str as the column's kind has it."""
    match spec.column.kind:
        case "fen":
            return read_money(text, spec.unit, spec.sign)
        case "day":
            return read_day(text, spec.reading)
        case "company":
            return read_company(text, spec, pseudonym)
        case "choice":
            return read_choice(text, spec)
        case "flag":
            return read_flag(text, spec.true or YES, spec.false or NO)
        case "ppm":
            return read_share(text, spec.unit)
        case "count":
            return read_count(text, half_up=spec.round)
    return read_text(text, spec.keep_last)


def read_money(text: str, unit: str = "", sign: int = 1) -> int | Refusal:
    """What people type, in fen. unit: of bare numbers; a unit that is written into the cell wins."""
    if unit == "fen":
        return _fen(text, sign)
    bare = re.fullmatch(r"[\d,.\s()+\-¥]+", unicodedata.normalize("NFKC", text)) is not None
    typed = f"{text[:-1]}万)" if text.endswith((")", "）")) else f"{text}万"
    fen = parse_fen(typed if unit == "wan" and bare else text)
    if isinstance(fen, Refusal):
        return Refusal(fen.code, fen.zh.replace(typed, text), fen.en.replace(typed, text))
    return fen * sign


def _fen(text: str, sign: int) -> int | Refusal:
    whole = read_count(text, half_up=False)
    if isinstance(whole, Refusal):
        return Refusal("NOT_AN_AMOUNT", f"“{text}”不是以分为单位的整数", f"{text!r} is not a whole number of fen")
    if abs(whole) > FEN_MAX:
        return Refusal("AMOUNT_TOO_LARGE", f"“{text}”超过一千亿元", f"{text!r} is above 100 billion yuan")
    return whole * sign


def read_day(text: str, reading: str = "date") -> date | Refusal:
    if reading == "month_end":
        match = _MONTH.fullmatch(text)
        month = int(match[2] or match[3]) if match else 0
        if match and 1 <= month <= 12 and int(match[1]):
            return date(int(match[1]), month, calendar.monthrange(int(match[1]), month)[1])
        day = parse_date(text)
        if not isinstance(day, Refusal):
            return day.replace(day=calendar.monthrange(day.year, day.month)[1])
        return Refusal("NOT_A_MONTH", f"“{text}”不是月份(例如 2024-06)", f"{text!r} is not a month (write 2024-06)")
    if reading == "year_end":
        match = _YEAR.fullmatch(text)
        if match and int(match[1]):
            return date(int(match[1]), 12, 31)
        day = parse_date(text)
        if not isinstance(day, Refusal):
            return day.replace(month=12, day=31)
        return Refusal("NOT_A_YEAR", f"“{text}”不是年度(例如 2024)", f"{text!r} is not a year (write 2024)")
    return parse_date(text)


def read_company(text: str, spec: ColumnMap, pseudonym: Pseudonym) -> str | Refusal:
    """A key. What is not a unified social credit code goes the way of `fallback`; a mistyped code is refused all the same."""
    if spec.scheme and ":" not in text:
        return parse_company(f"{spec.scheme}:{text}")
    key = parse_company(text)
    if not isinstance(key, Refusal) or not spec.fallback:
        return key
    code = text.upper()
    if key.code == "USCC_CHECK_DIGIT" and _CREDIT_CODE.fullmatch(code) and not is_identity_number(code):
        return key
    if spec.fallback == "foreign" and not is_identity_number(code):
        if _CODE.fullmatch(text):
            return f"foreign:{text}"
        return Refusal("NOT_A_COMPANY_KEY", f"“{text}”不是企业编号", f"{text!r} is not the number of a company")
    return hashed_key(spec.fallback, text, pseudonym)


def hashed_key(fallback: str, text: str, pseudonym: Pseudonym) -> str:
    """`foreign:h…` or `person:…`: never a readable name or identity number."""
    typed = unicodedata.normalize("NFKC", text).replace(" ", "").upper()
    return f"person:{pseudonym(typed)}" if fallback == "person" else f"foreign:h{pseudonym(typed)}"


def is_identity_number(code: str) -> bool:
    """公民身份号码 by its form and check digit (GB 11643)."""
    if not _IDENTITY.fullmatch(code):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(code[:17], _IDENTITY_WEIGHTS, strict=True))
    return code[17] == "10X98765432"[total % 11]


_SHOWN_WORDS = 12


def read_choice(text: str, spec: ColumnMap) -> str | Refusal:
    for listed, target in spec.values:
        if text == listed:
            return target
    if text in spec.column.choices:
        return text
    if spec.others is not None:
        return spec.others
    words = [*(listed for listed, _ in spec.values), *spec.column.choices]
    known = " | ".join(words[:_SHOWN_WORDS])  # a word may hold a 、 of its own
    more_zh, more_en = (f" 等 {len(words)} 种", f" … ({len(words)} in all)") if len(words) > _SHOWN_WORDS else ("", "")
    return Refusal("NOT_A_CHOICE", f"“{text}”不在 {known}{more_zh} 之中", f"{text!r} is not one of {known}{more_en}")


def read_flag(text: str, true: tuple[str, ...], false: tuple[str, ...]) -> bool | Refusal:
    if text in true:
        return True
    if text in false:
        return False
    known = "、".join((*true, *false)[:8])
    return Refusal("NOT_A_FLAG", f"“{text}”不是是或否({known})", f"{text!r} is neither yes nor no ({known})")


def read_share(text: str, unit: str = "") -> int | Refusal:
    """`35%`, `0.35`; with unit percent a bare 35 is 35 %. Half of a ppm and less is rounded away: thirds are written so."""
    typed = unicodedata.normalize("NFKC", text).replace(" ", "")
    scale = 10_000 if typed.endswith("%") or unit == "percent" else PPM
    if re.fullmatch(r"\d+(?:\.\d+)?%?", typed):
        ppm = int((Decimal(typed.rstrip("%")) * scale).to_integral_value())
    else:
        read = parse_ppm(text)
        if isinstance(read, Refusal):
            return read
        ppm = read
    if abs(ppm) > _LARGEST_SHARE:
        return Refusal("SHARE_TOO_LARGE", f"“{text}”超过一百倍", f"{text!r} is above a hundredfold")
    return ppm


def read_count(text: str, *, half_up: bool = False) -> int | Refusal:
    match = _WHOLE.fullmatch(unicodedata.normalize("NFKC", text))
    if match is None or len(match[2]) > 18:
        return Refusal("NOT_A_COUNT", f"“{text}”不是整数", f"{text!r} is not a whole number")
    fraction = match[3] or "0"
    whole = int(match[2].replace(",", ""))
    if fraction.strip("0") and not half_up:
        return Refusal("NOT_A_COUNT", f"“{text}”不是整数", f"{text!r} is not a whole number")
    whole += half_up and fraction[0] >= "5"
    return -whole if match[1] == "-" else whole


def read_text(text: str, keep_last: int | None = None) -> str | Refusal:
    if _SCIENTIFIC.fullmatch(text):
        return Refusal("DIGITS_LOST", f"“{text}”:表格软件把长号码变成了科学计数,末位已丢失", f"{text!r}: a spreadsheet has turned a long number into this form; its last digits are lost")  # fmt: skip
    clean = _CONTROL.sub(" ", text).strip(BLANKS)
    return clean[-keep_last:] if keep_last else clean


def too_low(column: Column, value: int) -> Refusal | None:
    if column.low is None or value >= column.low:
        return None
    return Refusal("TOO_LOW", f"{column.zh}不能小于 {column.low}", f"{column.en} is never below {column.low}")


def missing(column: Column) -> Refusal:
    return Refusal("MISSING", f"缺少{column.zh}", f"{column.en} is missing")
