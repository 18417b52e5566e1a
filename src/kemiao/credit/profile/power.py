"""Electricity: machines that run show on the meter, whatever the books say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import divided, exact_sum, growth_ppm, month_number, newest, only_if, within
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.window import FRESH_MONTHS, Span

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_U = ("utility",)
_FEN_OF_A_MILLION_YUAN = 10**8
FEATURES = (
    Feature("power_growth_ppm", "power", "用电量增长", "growth of power use",
            "机器比上一年转得多吗?", "Do its machines run more than the year before?", "ppm", "12m/12m", _U),
    Feature("power_growth_3m_ppm", "power", "近季用电同比", "growth of power use, last quarter",
            "最近一季机器还在转吗?", "Do its machines run as in the same months last year?", "ppm", "3m/3m", _U),
    Feature("power_intensity", "power", "百万元收入用电量", "power for a million yuan of sales",
            "卖一百万要用多少度电?", "How many kWh does a million yuan of sales take?", "count", "12m", ("utility", "invoice")),
)  # fmt: skip


def look(utility: Table, span: Span) -> Table:
    """company and metered kWh of its newest twelve months and the twelve before, null where a month is missing."""
    read = utility.filter(utility.kind == "electricity", utility.month_end <= span.as_of)
    rows = newest(read, ["company", "month_end"])
    rows = rows.mutate(month=month_number(rows.month_end))
    rows = rows.mutate(last_month=within(rows.month.max(), rows, ["company"]))
    rows = rows.mutate(age=rows.last_month - rows.month)
    windows = {
        "kwh_12m": rows.age < 12,
        "kwh_before": rows.age.between(12, 23),
        "kwh_3m": rows.age < 3,
        "kwh_3m_before": rows.age.between(12, 14),
    }
    sums = rows.group_by("company").aggregate(
        last_month=rows.month.max(),
        **{name: exact_sum(rows.quantity, window) for name, window in windows.items()},
        **{f"{name}_months": rows.count(where=window) for name, window in windows.items()},
    )
    fresh = span.as_of_month - sums.last_month <= FRESH_MONTHS
    months = {"kwh_12m": 12, "kwh_before": 12, "kwh_3m": 3, "kwh_3m_before": 3}
    return sums.select(
        "company",
        **{name: only_if(fresh & (sums[f"{name}_months"] == number), sums[name]) for name, number in months.items()},
    )


def derive(row: Table) -> dict[str, Value]:
    return {
        "power_growth_ppm": growth_ppm(row.kwh_12m, row.kwh_before),
        "power_growth_3m_ppm": growth_ppm(row.kwh_3m, row.kwh_3m_before),
        "power_intensity": divided(row.kwh_12m.cast("float64") * _FEN_OF_A_MILLION_YUAN, row.revenue_12m_fen),
    }
