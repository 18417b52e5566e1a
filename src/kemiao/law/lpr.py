"""Loan prime rate (贷款市场报价利率): a dated series that is observed until a day; beyond it the last value is stale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from kemiao.base.columns import IntArray, Ints
from kemiao.base.refusal import Refusal
from kemiao.base.tables import DatedTable, Row, weakest
from kemiao.law.columns import Cases, answer, weight_of
from kemiao.law.in_force import number
from kemiao.law.rule import Input, Law, Output, Rule

TENORS = ("1Y", "5Y")
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Lpr:
    """Both rates on a day. `stale`: the day is beyond observed_until (LPR_STALE), the last values stand in."""

    one_year_ppm: int
    five_year_ppm: int
    published_on: date  # of the newer of the two rows
    observed_until: date
    stale: bool
    confidence: str


def lpr_on(law: Law, day: date) -> Lpr | Refusal:
    """The rates that stand on a day: for an assessment, which says when they are stale."""
    table = law["lpr"]
    rows = [_standing(table.rows, tenor, day) for tenor in TENORS]
    one, five = rows
    if one is None or five is None:
        return _not_in_force(day)
    until = observed_until(table)
    return Lpr(
        number(one, "rate_ppm"),
        number(five, "rate_ppm"),
        max(one.effective_from, five.effective_from),
        until,
        day > until,
        weakest([one.confidence, five.confidence]),
    )


def lpr_for_signing(law: Law, day: date, *, grace_days: int) -> Lpr | Refusal:
    """As lpr_on, but a contract is not signed on a series that ended more than grace_days (the bank's choice) before."""
    rates = lpr_on(law, day)
    if isinstance(rates, Refusal) or day <= rates.observed_until + timedelta(days=grace_days):
        return rates
    return Refusal.at(
        "LPR_STALE",
        f"LPR 只观察到 {rates.observed_until},已超过 {grace_days} 天,请先 kemiao law load lpr 载入官方数据",
        f"the LPR is observed until {rates.observed_until} only, more than {grace_days} days ago: kemiao law load lpr FILE",
        observed_until=rates.observed_until,
        on=day,
    )


def lpr(cases: pa.Table, law: Law, on: date) -> pa.Table | Refusal:
    """The rates on each row's `day`, or on the day asked for where the row has none.

    A day before the series began is refused in its row (LAW_NOT_IN_FORCE). Source: law/tables/lpr.toml and loaded rows.
    """
    table = law["lpr"]
    given = Cases(cases)
    days = given.day("day")
    if days.null_count == len(days) and isinstance(refused := lpr_on(law, on), Refusal):
        return refused
    at = np.asarray(days.fill_null(on).cast(pa.int32()), np.int64)
    first, second = (_steps(table.rows, tenor) for tenor in TENORS)
    places = [np.searchsorted(starts, at, side="right") - 1 for starts, _, _ in (first, second)]
    given.refuse((places[0] < 0) | (places[1] < 0), "LAW_NOT_IN_FORCE")
    known = given.judged
    one, five = (np.maximum(place, 0) for place in places)
    until = observed_until(table)
    published = np.maximum(first[0][one], second[0][five])
    outputs = {
        "one_year_ppm": Ints(first[1][one], known),
        "five_year_ppm": Ints(second[1][five], known),
        "published_on": pa.array(published, pa.int32()).cast(pa.date32()),
        "observed_until": pa.array([until], pa.date32()).take(pa.array(np.zeros(given.rows, np.int64))),
        "stale": pa.array(at > (until - _EPOCH).days, pa.bool_()),
    }
    return answer(RULE, given, on, outputs, {}, np.maximum(first[2][one], second[2][five]))


def observed_until(table: DatedTable) -> date:
    """The last day on which the series is known to stand: what the head says, or the newest row where that is later."""
    until = table.head["observed_until"]
    if not isinstance(until, date):
        raise TypeError(f"observed_until of {table.name} is {until!r}, not a date")
    return max(until, *(row.effective_from for row in table.rows))


def standing_rows(table: DatedTable, day: date) -> tuple[Row, ...]:
    """The row of each tenor that stands on a day; loaded rows take the place of those before them."""
    rows = (_standing(table.rows, tenor, day) for tenor in TENORS)
    return tuple(row for row in rows if row is not None)


def _standing(rows: Iterable[Row], tenor: str, day: date) -> Row | None:
    begun = [row for row in _series(rows, tenor) if row.effective_from <= day]
    return begun[-1] if begun else None


def _series(rows: Iterable[Row], tenor: str) -> Sequence[Row]:
    """By first day; of two rows of one day the later in the file, which is the loaded one. A value stands until the next."""
    by_day = {row.effective_from: row for row in rows if row.cells["tenor"] == tenor}
    return [by_day[day] for day in sorted(by_day)]


def _steps(rows: Iterable[Row], tenor: str) -> tuple[IntArray, IntArray, IntArray]:
    """First days since 1970, rates, weights of confidence."""
    series = _series(rows, tenor)
    columns = (
        [(row.effective_from - _EPOCH).days for row in series],
        [number(row, "rate_ppm") for row in series],
        [weight_of(row.confidence) for row in series],
    )
    one, two, three = (np.array(column, np.int64) for column in columns)
    return one, two, three


def _not_in_force(day: date) -> Refusal:
    return Refusal.at("LAW_NOT_IN_FORCE", f"{day} 没有 LPR", f"there is no LPR on {day}", table="lpr", on=day)


RULE = Rule(
    "lpr", "贷款市场报价利率", "loan prime rate", "全国银行间同业拆借中心公告",
    (Input("day", "day", "日期(空则为所问之日)", "day (null: the day asked for)", ("date", "on", "日期"), elected=True),),
    (
        Output("one_year_ppm", "ppm", "一年期", "one year"),
        Output("five_year_ppm", "ppm", "五年期以上", "five years and more"),
        Output("published_on", "day", "公布日", "published on"),
        Output("observed_until", "day", "观察截止日", "observed until"),
        Output("stale", "flag", "已过观察截止日(LPR_STALE)", "beyond observed_until (LPR_STALE)"),
    ),
    ("lpr",), lpr,
)  # fmt: skip
