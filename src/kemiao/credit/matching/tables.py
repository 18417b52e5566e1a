"""Requests, mandates and covers from tables of text: good rows go on, bad ones are kept with what is wrong. docs/market-tables.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

import numpy as np

from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.matching.columns import NONE, cover_columns, mandate_columns, request_columns
from kemiao.credit.matching.market import FORMS, SPLIT, UNKNOWN, Covers, IntColumn, Mandates, Requests
from kemiao.credit.matching.rules import MarketRules
from kemiao.credit.matching.sheet import Row, Sheet, read_sheet

Side = TypeVar("Side")
REQUESTS_MOST, MANDATES_MOST, COVERS_MOST = 1_000_000, 5_000, 500
TECHNOLOGIES = 10


@dataclass(frozen=True, slots=True)
class Read(Generic[Side]):
    """value: of the good rows. faults: file, row and column of what is wrong. bad_rows: (row in the file, its cells), each once.

    A header that is wrong refuses the table: value is empty, and the faults have no row.
    """

    value: Side
    faults: tuple[Refusal, ...] = ()
    bad_rows: tuple[Row, ...] = ()


def read_requests(
    header: Sequence[str], rows: Iterable[Row], file: str, grades: Sequence[str], pd_ppm: Mapping[str, int], rules: MarketRules
) -> Read[Requests]:  # fmt: skip
    """pd_ppm: grade → what is taken where a request states no PD: the upper bound of its grade. Without a grade, policy's."""
    sheet = read_sheet(header, rows, file, request_columns(grades, rules), REQUESTS_MOST)
    _default(sheet, "company", "request")
    by_grade = [pd_ppm[grade] for grade in grades] + [rules.funder["unknown_pd_ppm"]]  # UNKNOWN is -1: the last
    sheet.values["pd_ppm"] = [
        by_grade[grade] if pd == UNKNOWN and isinstance(grade, int) else pd
        for pd, grade in zip(sheet.values["pd_ppm"], sheet.values["grade"], strict=True)
    ]
    _check_least(sheet)
    sheet.once("request", "company")
    _own_names(sheet, "request", "company")
    return _read(sheet, "request", Requests)


def _own_names(sheet: Sheet, key: str, owner: str) -> None:
    """Rankings name a posting or whoever posted it: an id that is another's name would get what is meant for that one."""
    owners = {sheet.values[owner][place] for place in sheet.good}
    for place in sheet.good:
        named = sheet.values[key][place]
        if named in owners and sheet.values[owner][place] != named:
            sheet.fault(place, key, "NAME_OF_ANOTHER", f"“{named}”是另一方的名称,不能作编号", f"{named!r} is the name of another, and can't be an id")  # fmt: skip


def _check_least(sheet: Sheet) -> None:
    for place in sheet.good:
        least, amount, form = (sheet.values[name][place] for name in ("least_fen", "amount_fen", "form"))
        if least > amount:
            sheet.fault(place, "least_fen", "LEAST_ABOVE_AMOUNT", "至少要的金额高于申请金额", "the least is above the amount")  # fmt: skip
        elif least and form != SPLIT:
            sheet.fault(place, "least_fen", "LEAST_WITHOUT_SPLIT", f"只有拆分贷款(form = {FORMS[SPLIT]})可写至少金额", f"only a request of form {FORMS[SPLIT]} has a least")  # fmt: skip


def read_mandates(
    header: Sequence[str], rows: Iterable[Row], file: str, grades: Sequence[str], rules: MarketRules
) -> Read[Mandates]:
    """A mandate without a budget is taken; one that contradicts itself is a bad row."""
    sheet = read_sheet(header, rows, file, mandate_columns(grades, rules), MANDATES_MOST)
    _default(sheet, "funder", "mandate")
    _check_mandates(sheet)
    rates = {place: _rates(sheet, place, grades) for place in sheet.good}
    sheet.once("mandate")
    _own_names(sheet, "mandate", "funder")
    order = _order(sheet, "mandate")
    shape = (len(order), len(grades) + 1, TECHNOLOGIES + 1)

    def build(*, industry_share: Sequence[Sequence[tuple[str, int]]], **values: Any) -> Mandates:
        for name in ("rate_per_grade_ppm", "rate_per_technology_ppm", *(f"rate_{grade}" for grade in grades)):
            del values[name]
        values["rate_ppm"] = np.array([rates[place] for place in order], dtype=np.int64).reshape(shape)
        return Mandates(industry_share_ppm=tuple(map(dict, industry_share)), **values)

    return _read(sheet, "mandate", build)


def _check_mandates(sheet: Sheet) -> None:
    def values(place: int, *names: str) -> list[Any]:
        return [sheet.values[name][place] for name in names]

    for place in sheet.good:
        for low, high in (("amount_low_fen", "amount_high_fen"), ("months_low", "months_high")):
            least, most = values(place, low, high)
            if least > most:
                sheet.fault(place, low, "LOW_ABOVE_HIGH", f"{sheet.written.get(low, low)} 高于 {sheet.written.get(high, high)}", f"it is above {sheet.written.get(high, high)}")  # fmt: skip
        wanted, barred = values(place, "industries", "not_industries")
        if wanted and wanted <= barred:
            sheet.fault(place, "not_industries", "INDUSTRIES_CONTRADICT", "要投的行业全部又在不投之列", "all industries that it wants are barred too")  # fmt: skip


def _rates(sheet: Sheet, place: int, grades: Sequence[str]) -> IntColumn:
    """(grades + 1, 11) of one mandate; the last row: grade not known, as the worst; the first column: technology not known, as T10.

    Beyond its floors it lends none. Faults: no rate at all, a rate of 100 % or more.
    """
    rate, per_grade, per_technology, floor = (
        sheet.values[name][place]
        for name in ("rate_ppm", "rate_per_grade_ppm", "rate_per_technology_ppm", "grade_floor")
    )
    steps = np.array([TECHNOLOGIES - 1, *range(TECHNOLOGIES)], dtype=np.int64)
    table = np.full((len(grades) + 1, TECHNOLOGIES + 1), UNKNOWN, dtype=np.int64)
    for g in range(len(grades) + 1 if floor == UNKNOWN else floor + 1):
        own = sheet.values[f"rate_{grades[g]}"][place] if g < len(grades) else UNKNOWN
        base = own if own != UNKNOWN else rate + per_grade * min(g, len(grades) - 1) if rate != UNKNOWN else NONE
        if base != NONE:
            table[g] = base + per_technology * steps
    if (table == UNKNOWN).all():
        sheet.fault(place, "rate_ppm", "LENDS_NONE", "在其最低等级之内没有任何利率", "it has no rate for any grade within its floor")  # fmt: skip
    elif (table >= PPM).any():
        sheet.fault(place, "rate_ppm", "RATE_OUT_OF_RANGE", "加点之后利率达到 100%", "a rate reaches 100 % with what is added by grade or technology")  # fmt: skip
    return table


def read_covers(
    header: Sequence[str], rows: Iterable[Row], file: str, grades: Sequence[str], rules: MarketRules
) -> Read[Covers]:
    """rules: none of its numbers stands in for a cover's own; taken for the sake of one signature for all three."""
    del rules
    sheet = read_sheet(header, rows, file, cover_columns(grades), COVERS_MOST)
    _default(sheet, "guarantor", "cover")
    for place in sheet.good:
        if sheet.values["kind"][place] == "pool" and sheet.values["fee_ppm"][place]:
            sheet.fault(
                place, "fee_ppm", "POOL_WITH_FEE", "风险补偿资金池不收费", "a risk compensation pool is paid no fee"
            )
    sheet.once("cover")
    return _read(sheet, "cover", Covers)


def with_unreadable(read: Read[Side], file: str, lines: Sequence[tuple[int, str, Sequence[str]]]) -> Read[Side]:
    """Of a file, some lines of which are no rows at all: (row, code, its cells as far as there are any). They are bad rows too."""
    if not lines:
        return read
    words = (
        "这一行读不成一行(单元格数目、引号或编码不对)",
        "this line can't be read as a row (its number of cells, a quote, or its encoding)",
    )
    faults = [Refusal.at(code, *words, file=file, row=row) for row, code, _ in lines]
    bad = sorted((*read.bad_rows, *((row, cells) for row, _, cells in lines)), key=lambda one: one[0])
    return Read(read.value, tuple(sorted((*read.faults, *faults), key=_row)), tuple(bad))


def _row(fault: Refusal) -> int:
    row = dict(fault.where).get("row", "0")
    return int(row) if row.isdecimal() else 0


def no_covers() -> Covers:
    return _read(read_sheet(("cover", "capacity", "share"), (), "", cover_columns(()), 0), "cover", Covers).value


def _default(sheet: Sheet, column: str, other: str) -> None:
    pairs = zip(sheet.values[column], sheet.values[other], strict=True)
    sheet.values[column] = [value or instead for value, instead in pairs]


def _order(sheet: Sheet, key: str) -> list[int]:
    return sorted(sheet.good, key=lambda place: str(sheet.values[key][place]))


_NUMBERS = {one.name for side in (Requests, Mandates, Covers) for one in fields(side) if one.type == "IntColumn"}


def _read(sheet: Sheet, key: str, build: Callable[..., Side]) -> Read[Side]:
    order = _order(sheet, key)
    values: dict[str, Any] = {}
    for name, column in sheet.values.items():
        kept = [column[place] for place in order]
        values["id" if name == key else name] = np.array(kept, dtype=np.int64) if name in _NUMBERS else tuple(kept)
    faults = tuple(fault for place in sorted(sheet.faults) for fault in sheet.faults[place])
    bad = tuple(sheet.rows[place] for place in sorted(sheet.faults))
    return Read(build(**values), (*sheet.header, *faults), bad)
