"""Sales as invoices show them: level, growth, steadiness, season, and what remains after purchases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import (
    bits_set,
    day,
    divided,
    exact_square,
    exact_sum,
    following,
    growth_ppm,
    largest_of,
    only_if,
    ratio_ppm,
)
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.window import Span

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_I = ("invoice",)
FEATURES = (
    Feature("revenue_12m_fen", "sales", "近12月开票收入", "invoiced sales, 12 months",
            "这家企业一年卖多少?", "How much does it sell in a year?", "fen", "12m", _I),
    Feature("sales_growth_ppm", "sales", "开票收入增长", "growth of sales",
            "销售比上一年多了还是少了?", "Does it sell more than the year before?", "ppm", "12m/12m", _I),
    Feature("sales_growth_3m_ppm", "sales", "近季同比增长", "growth of the last quarter",
            "最近一季与去年同期相比如何?", "How do the last three months stand against the same months last year?", "ppm", "3m/3m", _I),
    Feature("sales_cv_ppm", "sales", "月销售波动", "variation of monthly sales",
            "每月的销售稳不稳?", "How steady are its monthly sales (standard deviation over mean)?", "ppm", "12m", _I),
    Feature("sales_gap_months", "sales", "中断月数", "months without sales in between",
            "销售中间断过几个月?", "In how many months between its first and last sale of the year did it sell nothing?", "months", "12m", _I),
    Feature("peak_quarter_ppm", "sales", "旺季占比", "share of the best calendar quarter",
            "销售是不是集中在一个季度?", "Are its sales bunched in one calendar quarter?", "ppm", "12m", _I),
    Feature("average_invoice_fen", "sales", "单张发票均额", "average invoice",
            "一单生意有多大?", "How large is one sale?", "fen", "12m", _I),
    Feature("sales_history_months", "sales", "开票历史", "history of sales",
            "我们看得见多久的销售?", "How many months of its sales can we see?", "months", "history", _I),
    Feature("sales_tax_ppm", "sales", "销项税负", "VAT on sales",
            "它的销售按什么税率开票?", "At what rate of VAT does it sell?", "ppm", "12m", _I),
    Feature("months_without_sales", "sales", "无销售月数", "months without sales",
            "一年里有几个月没有销售?", "In how many of the last 12 months did it sell nothing?", "months", "12m", _I, leak=True),
    Feature("months_since_last_sale", "sales", "距最近销售月数", "months since the last sale",
            "多少个月没有销售了?", "How many months ago did it last sell?", "months", "history", _I, leak=True),
    Feature("days_since_last_sale", "sales", "距最近开票天数", "days since the last invoice",
            "最近一张发票是几天前开的?", "How many days ago did it issue its last invoice?", "days", "history", _I, leak=True),
    Feature("purchases_12m_fen", "purchases", "近12月采购额", "invoiced purchases, 12 months",
            "它一年采购多少?", "How much does it buy in a year?", "fen", "12m", _I),
    Feature("purchases_growth_ppm", "purchases", "采购增长", "growth of purchases",
            "采购是在扩大还是在收缩?", "Does it buy more than the year before?", "ppm", "12m/12m", _I),
    Feature("trading_margin_ppm", "purchases", "进销毛利率", "trading margin",
            "卖出减买入还剩多少?", "What remains of sales after purchases?", "ppm", "12m", _I),
)  # fmt: skip

# What a company without a single row has, where the source was asked about every company.
SALES_IF_SILENT = {
    "revenue_12m_fen": 0, "before_12m_fen": 0, "sales_history_months": 0, "invoices_12m": 0, "invoice_days": 0,
}  # fmt: skip
PURCHASES_IF_SILENT = {"purchases_12m_fen": 0, "purchases_before_fen": 0, "purchases_history_months": 0}


def look_at_sales(sold: Table, span: Span) -> Table:
    """subject and the sums over its months; one that issued nothing at all has no row."""
    rows = sold.mutate(age=span.end_month - sold.month)
    rows = rows.mutate(sold_before=following(only_if(rows.sales_fen > 0, rows.age).min(), rows, ["subject"], "age"))
    year, before = rows.age.between(1, 12), rows.age.between(13, 24)
    selling, in_the_past = year & (rows.sales_fen > 0), (rows.age >= 1) & (rows.sales_fen > 0)
    summed = rows.group_by("subject").aggregate(
        revenue_12m_fen=_sum(rows.sales_fen, year),
        before_12m_fen=_sum(rows.sales_fen, before),
        recent_3m_fen=_sum(rows.sales_fen, rows.age.between(1, 3)),
        before_3m_fen=_sum(rows.sales_fen, rows.age.between(13, 15)),
        recent_6m_fen=_sum(rows.sales_fen, rows.age.between(1, 6)),
        before_6m_fen=_sum(rows.sales_fen, rows.age.between(13, 18)),
        new_year_fen=_sum(rows.sales_fen, year & (rows.month % 12 < 2)),
        longest_gap_months=(rows.sold_before - rows.age - 1).max(where=in_the_past),
        squares=exact_square(rows.sales_fen).sum(where=year).cast("float64"),
        selling_months=rows.count(where=selling),
        selling_first=rows.age.max(where=selling),
        selling_last=rows.age.min(where=selling),
        **{f"quarter_{n}": _sum(rows.sales_fen, year & (rows.month % 12 // 3 == n)) for n in range(4)},
        invoices_12m=_sum(rows.invoices, year),
        sold_plain_fen=_sum(rows.sales_fen + rows.red_fen, year),
        issued_12m=_sum(rows.issued, year),
        voids_12m=_sum(rows.voids, year),
        red_12m_fen=_sum(rows.red_fen, year),
        issued_before=_sum(rows.issued, before),
        voids_before=_sum(rows.voids, before),
        void_months=rows.count(where=year & (rows.voids > 0)),
        red_december_fen=_sum(rows.red_fen, year & (rows.month % 12 == 11)),
        invoices_before=_sum(rows.invoices, before),
        plain_before_fen=_sum(rows.sales_fen + rows.red_fen, before),
        invoice_days=_sum(bits_set(rows.days), year),
        oldest=rows.age.max(where=rows.last_on.notnull()),
        last_on=rows.last_on.max(),
    )
    return summed.mutate(sales_history_months=largest_of(summed.oldest, 0 * summed.oldest))


def look_at_purchases(bought: Table, span: Span) -> Table:
    rows = bought.mutate(age=span.end_month - bought.month)
    summed = rows.group_by("subject").aggregate(
        purchases_12m_fen=_sum(rows.purchases_fen, rows.age.between(1, 12)),
        purchases_before_fen=_sum(rows.purchases_fen, rows.age.between(13, 24)),
        purchases_before_3m_fen=_sum(rows.purchases_fen, rows.age.between(13, 15)),
        purchases_history_months=rows.age.max(where=rows.purchases_fen.notnull()),
    )
    return summed.filter(summed.purchases_history_months.notnull())


def derive(row: Table, span: Span) -> dict[str, Value]:
    """The features that follow from the sums of one company."""
    two_years, one_year = row.sales_history_months >= 24, row.sales_history_months >= 12
    best = largest_of(row.quarter_0, row.quarter_1, row.quarter_2, row.quarter_3)
    spread = (12 * row.squares - row.revenue_12m_fen.cast("float64") ** 2).clip(lower=0).sqrt()
    return {
        "sales_growth_ppm": only_if(two_years, growth_ppm(row.revenue_12m_fen, row.before_12m_fen)),
        "sales_growth_3m_ppm": only_if(
            row.sales_history_months >= 15, growth_ppm(row.recent_3m_fen, row.before_3m_fen)
        ),
        "sales_cv_ppm": only_if(one_year, ratio_ppm(spread, row.revenue_12m_fen)),
        "sales_gap_months": row.selling_first - row.selling_last + 1 - row.selling_months,
        "peak_quarter_ppm": only_if(one_year, ratio_ppm(best, row.revenue_12m_fen)),
        "average_invoice_fen": divided(row.sold_plain_fen, row.invoices_12m),
        "sales_tax_ppm": ratio_ppm(row.tax_12m_fen, row.taxed_12m_fen),
        "months_without_sales": only_if(one_year, 12 - row.selling_months),
        "months_since_last_sale": span.as_of_month - (row.last_on.year().cast("int64") * 12 + row.last_on.month() - 1),
        "days_since_last_sale": day(span.as_of).delta(row.last_on, unit="day"),
        "purchases_growth_ppm": only_if(
            row.purchases_history_months >= 24, growth_ppm(row.purchases_12m_fen, row.purchases_before_fen)
        ),
        "trading_margin_ppm": ratio_ppm(row.revenue_12m_fen - row.purchases_12m_fen, row.revenue_12m_fen),
    }


def _sum(fen: Value, where: Value) -> Value:
    """Nothing in the window of a company that has rows elsewhere is zero: the file speaks of it and is silent there."""
    return exact_sum(fen, where).fill_null(0)
