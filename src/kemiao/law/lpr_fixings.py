"""New fixings of the LPR, as the user's file has them, and their place in the series."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kemiao.base.columns import PPM
from kemiao.base.dates import parse_date
from kemiao.base.rates import parse_ppm
from kemiao.base.refusal import Refusal
from kemiao.base.tables import CONFIDENCES, DatedTable, Row
from kemiao.law.lpr import TENORS, observed_until, standing_rows

_COLUMNS = {
    "date": ("date", "day", "日期", "公布日", "公布日期"),
    "1Y": ("1y", "1年期", "一年期", "1年", "lpr1y"),
    "5Y": ("5y", "5y+", "5年期", "5年期以上", "五年期以上", "5年以上", "lpr5y"),
    "source": ("source", "来源", "出处"),
    "confidence": ("confidence", "可信度"),
}
_DEFAULT_CONFIDENCE = "single"  # one named source; who has read the announcement itself may write `text`


@dataclass(frozen=True, slots=True)
class Fixing:
    """What was published on one day."""

    on: date
    rates_ppm: Mapping[str, int]  # by tenor
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Change:
    """A fixing that says something other than the series did before."""

    on: date
    tenor: str
    before_ppm: int | None
    after_ppm: int


def fixings_from_rows(
    header: Sequence[str], rows: Sequence[tuple[int, Sequence[str | None]]], file: str, today: date
) -> list[Fixing] | Refusal:
    """header and numbered rows of text: date, 1Y, 5Y in percent, source, and confidence where it is there.

    The first bad cell refuses the file: half a series would be worse than none.
    """
    places = {}
    for name, words in _COLUMNS.items():
        found = [place for place, word in enumerate(header) if word.strip().casefold().replace(" ", "") in words]
        if found:
            places[name] = found[0]
    absent = [name for name in ("date", *TENORS, "source") if name not in places]
    if absent:
        names = ", ".join(absent)
        return Refusal.at("COLUMN_MISSING", f"缺少列 {names}(应有 date, 1Y, 5Y, source)", f"lacks the columns {names} (date, 1Y, 5Y, source are expected)", file=file, row=1)  # fmt: skip
    fixings = []
    for number, cells in rows:
        fixing = _fixing({name: (cells[place] or "").strip() for name, place in places.items()}, file, number, today)
        if isinstance(fixing, Refusal):
            return fixing
        fixings.append(fixing)
    return _distinct(fixings, file)


def fixings_from_toml(text: str, file: str, today: date) -> list[Fixing] | Refusal:
    """[[row]] with date, 1Y, 5Y, source: percentages as text or numbers, whose digits are kept."""
    try:
        rows = tomllib.loads(text, parse_float=Decimal).get("row", [])
    except tomllib.TOMLDecodeError as error:
        return Refusal.at("NOT_TOML", f"不是合法的 TOML:{error}", f"is not valid TOML: {error}", file=file)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return Refusal.at("NO_ROWS", "应有 [[row]]", "[[row]] is expected", file=file)
    header = list(_COLUMNS)
    table = [(number, [None if row.get(name) is None else str(row[name]) for name in header]) for number, row in enumerate(rows, start=1)]  # fmt: skip
    return fixings_from_rows(header, table, file, today)


_LOWEST_PPM = 2_000  # a rate below 0.2 % is a fraction typed for a percentage (0.0295 for 2.95)


def _fixing(cells: Mapping[str, str], file: str, number: int, today: date) -> Fixing | Refusal:
    def refuse(code: str, zh: str, en: str, column: str) -> Refusal:
        return Refusal.at(code, zh, en, file=file, row=number, column=column)

    day = parse_date(cells["date"])
    if isinstance(day, Refusal):
        return refuse(day.code, day.zh, day.en, "date")
    if day > today:
        return refuse("IN_THE_FUTURE", f"{day} 还没有到", f"{day} has not come yet", "date")
    rates = {}
    for tenor in TENORS:
        typed = cells[tenor]
        ppm = parse_ppm(typed if typed.endswith("%") else typed + "%")
        if isinstance(ppm, Refusal):
            return refuse(ppm.code, f"{ppm.zh};应为百分数,例如 3.00", f"{ppm.en}; expected a percentage such as 3.00", tenor)  # fmt: skip
        if not _LOWEST_PPM <= ppm < PPM:
            return refuse(
                "OUT_OF_RANGE",
                f"{typed}% 不会是 LPR;应写百分数,例如 2.95",
                f"{typed}% can't be the LPR; write a percentage such as 2.95",
                tenor,
            )
        rates[tenor] = ppm
    if not cells["source"]:
        return refuse("ROW_WITHOUT_SOURCE", "缺少来源", "lacks a source", "source")
    confidence = cells.get("confidence") or _DEFAULT_CONFIDENCE
    if confidence not in CONFIDENCES:
        names = ", ".join(CONFIDENCES)
        return refuse("UNKNOWN_CHOICE", f"可信度须为 {names}", f"confidence is one of {names}", "confidence")
    return Fixing(day, rates, cells["source"], confidence)


def _distinct(fixings: Sequence[Fixing], file: str) -> list[Fixing] | Refusal:
    by_day: dict[date, Fixing] = {}
    for fixing in fixings:
        other = by_day.setdefault(fixing.on, fixing)
        if other.rates_ppm != fixing.rates_ppm:
            return Refusal.at("TWO_FIXINGS", f"{fixing.on} 有两个不同的报价", f"two different fixings on {fixing.on}", file=file)  # fmt: skip
    if not by_day:
        return Refusal.at("NO_ROWS", "没有数据行", "there are no rows", file=file)
    return [by_day[day] for day in sorted(by_day)]


def rows_of(fixings: Sequence[Fixing]) -> list[Row]:
    """One open row a tenor: each value stands until the next (law/lpr.py)."""
    return [
        Row({"tenor": tenor, "rate_ppm": fixing.rates_ppm[tenor]}, fixing.source, fixing.on, None, fixing.confidence)
        for fixing in fixings
        for tenor in TENORS
    ]


def merged(earlier: Sequence[Row], fixings: Sequence[Fixing]) -> list[Row]:
    """The rows loaded before and these, by day; of one day and tenor the new one stays."""
    by_place = {(row.effective_from, str(row.cells["tenor"])): row for row in (*earlier, *rows_of(fixings))}
    return [by_place[place] for place in sorted(by_place)]


def observed(table: DatedTable, fixings: Sequence[Fixing]) -> date:
    """A fixing that changes nothing is an observation too."""
    return max(observed_until(table), *(fixing.on for fixing in fixings))


def changes(table: DatedTable, fixings: Sequence[Fixing]) -> list[Change]:
    """Where the fixings differ from what the series said on their days."""
    found = []
    for fixing in fixings:
        before = {str(row.cells["tenor"]): row.cells["rate_ppm"] for row in standing_rows(table, fixing.on)}
        for tenor, after in fixing.rates_ppm.items():
            was = before.get(tenor)
            if was != after:
                found.append(Change(fixing.on, tenor, was if isinstance(was, int) else None, after))
    return found
