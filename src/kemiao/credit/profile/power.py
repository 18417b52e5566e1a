"""Electricity: machines that run show on the meter, whatever the books say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import (
    divided,
    exact_square,
    exact_sum,
    growth_ppm,
    month_number,
    newest,
    only_if,
    ratio_ppm,
    within,
)
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
    Feature("power_cv_ppm", "power", "月用电波动", "volatility of power use",
            "机器转得稳不稳?", "How steadily do its machines run from month to month?", "ppm", "12m", _U),
    Feature("power_peak_ppm", "power", "用电高峰月占比", "peak month of power use",
            "一年用电集中在哪几个月吗?", "Which part of the year's power does its heaviest month use?", "ppm", "12m", _U),
    Feature("power_low_months", "power", "停工月数", "months of low use",
            "一年里有几个月用电不到平均的一半?", "In how many months of the year did it use less than half the mean?", "months", "12m", _U),
    Feature("power_against_sales_ppm", "power", "用电增长减销售增长", "growth of power less that of sales",
            "开票涨了,机器也多转了吗?", "Do its machines run more when it invoices more?", "ppm", "12m/12m", ("utility", "invoice")),
    Feature("power_price_fen", "power", "度电单价", "price of power",
            "一度电付多少钱?", "What does it pay for a kWh?", "fen", "12m", _U),
    Feature("power_paid_days", "power", "电费最长拖延", "longest delay of power bills",
            "拖不拖电费?", "How many days after the month's end was its power bill paid latest?", "days", "12m", _U),
)  # fmt: skip


def look(utility: Table, span: Span) -> Table:
    """company and metered kWh of its newest twelve months and the twelve before, null where a month is missing."""
    read = utility.filter(utility.kind == "electricity", utility.month_end <= span.as_of)
    rows = newest(read, ["company", "month_end"])
    rows = rows.mutate(month=month_number(rows.month_end))
    rows = rows.mutate(last_month=within(rows.month.max(), rows, ["company"]))
    rows = rows.mutate(age=rows.last_month - rows.month)
    rows = rows.mutate(year_sum=within(exact_sum(rows.quantity, rows.age < 12), rows, ["company"]))
    low = (rows.age < 12) & (rows.quantity * 24 < rows.year_sum)  # twice the month times twelve
    windows = {
        "kwh_12m": rows.age < 12,
        "kwh_before": rows.age.between(12, 23),
        "kwh_3m": rows.age < 3,
        "kwh_3m_before": rows.age.between(12, 14),
    }
    sums = rows.group_by("company").aggregate(
        last_month=rows.month.max(),
        **{name: exact_sum(rows.quantity, window) for name, window in windows.items()},
        squares=exact_square(rows.quantity).sum(where=rows.age < 12).cast("float64"),
        peak=rows.quantity.max(where=rows.age < 12),
        low=rows.count(where=low),
        bill=exact_sum(rows.amount_fen, rows.age < 12),
        bills=rows.count(where=(rows.age < 12) & rows.amount_fen.notnull()),
        delay=rows.paid_on.delta(rows.month_end, unit="day").max(where=rows.month_end > span.ago(12)),
        **{f"{name}_months": rows.count(where=window) for name, window in windows.items()},
    )
    fresh = span.as_of_month - sums.last_month <= FRESH_MONTHS
    months = {"kwh_12m": 12, "kwh_before": 12, "kwh_3m": 3, "kwh_3m_before": 3}
    return sums.select(
        "company",
        **{name: only_if(fresh & (sums[f"{name}_months"] == number), sums[name]) for name, number in months.items()},
        kwh_squares=sums.squares, kwh_peak=sums.peak,
        power_low_months=only_if(fresh & (sums.kwh_12m_months == 12), sums.low),
        power_bill_fen=only_if(sums.bills == 12, sums.bill),
        power_paid_days=(sums.delay < 0).ifelse(0, sums.delay),
    )  # fmt: skip


def derive(row: Table, sales_growth_ppm: Value) -> dict[str, Value]:
    growth = growth_ppm(row.kwh_12m, row.kwh_before)
    spread = (12 * row.kwh_squares - row.kwh_12m.cast("float64") ** 2).clip(lower=0).sqrt()
    return {
        "power_cv_ppm": ratio_ppm(spread, row.kwh_12m),
        "power_peak_ppm": ratio_ppm(row.kwh_peak, row.kwh_12m),
        "power_against_sales_ppm": growth - sales_growth_ppm,
        "power_price_fen": divided(row.power_bill_fen, row.kwh_12m),
        "power_growth_ppm": growth,
        "power_growth_3m_ppm": growth_ppm(row.kwh_3m, row.kwh_3m_before),
        "power_intensity": divided(row.kwh_12m.cast("float64") * _FEN_OF_A_MILLION_YUAN, row.revenue_12m_fen),
    }
