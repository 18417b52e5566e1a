"""How a company writes its invoices: how many, on which days, how large, how round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import divided, only_if, ratio_ppm
from kemiao.credit.profile.feature import Feature

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_I = ("invoice",)
FEATURES = (
    Feature("invoices_12m", "rhythm", "开票张数", "invoices issued",
            "一年开多少张有效发票?", "How many plain invoices does it issue in a year?", "count", "12m", _I),
    Feature("invoice_days", "rhythm", "开票天数", "days with invoices",
            "一年里有多少天开票?", "On how many days of the year does it issue an invoice?", "days", "12m", _I),
    Feature("invoices_per_day_ppm", "rhythm", "日均张数", "invoices on such a day",
            "是天天有生意,还是集中几天开票?", "Does business come day by day, or are invoices written in heaps (a million is one a day)?", "ppm", "12m", _I),
    Feature("weekend_ppm", "rhythm", "周末开票占比", "share issued at weekends",
            "有多少发票是周末开的?", "How many of its invoices are issued on Saturdays and Sundays?", "ppm", "12m", _I),
    Feature("month_end_ppm", "rhythm", "月末开票占比", "share of the month's end",
            "有多少销售在每月 26 日以后开票?", "How much of its sales is invoiced from the 26th of a month on?", "ppm", "12m", _I),
    Feature("largest_invoice_ppm", "rhythm", "最大单张占比", "share of the largest invoice",
            "一张发票占全年多少?", "How much of the year hangs on a single invoice?", "ppm", "12m", _I),
    Feature("round_invoices_ppm", "rhythm", "整数发票占比", "share of round invoices",
            "有多少发票的价税合计是整千元?", "How many of its invoices come to whole thousands of yuan with tax?", "ppm", "12m", _I),
    Feature("near_cap_ppm", "rhythm", "顶格开票占比", "share just under a ceiling",
            "有多少发票顶着万元、十万元、百万元限额开?", "How many of its invoices lie within a tenth under an invoicing ceiling (10 k, 100 k, 1 m, 10 m yuan)?", "ppm", "12m", _I),
    Feature("small_invoices_ppm", "rhythm", "小额发票占比", "share of small invoices",
            "有多少发票不到一千元?", "How many of its invoices are below 1,000 yuan?", "ppm", "12m", _I),
    Feature("average_invoice_growth_ppm", "rhythm", "单张均额增长", "growth of the average invoice",
            "单子越做越大还是越做越小?", "Do its invoices grow larger or smaller than the year before?", "ppm", "12m/12m", _I),
    Feature("average_purchase_fen", "rhythm", "单张采购均额", "average purchase",
            "一次采购有多大?", "How large is one purchase?", "fen", "12m", _I),
    Feature("largest_purchase_ppm", "rhythm", "最大单笔采购占比", "share of the largest purchase",
            "一笔采购占全年多少?", "How much of the year's purchases is a single invoice?", "ppm", "12m", _I),
)  # fmt: skip


def derive(row: Table) -> dict[str, Value]:
    now = row.sold_plain_fen.cast("float64") / row.invoices_12m.nullif(0)
    before = row.plain_before_fen.cast("float64") / row.invoices_before.nullif(0)
    bought = row.purchases_12m_fen - row.purchases_red_fen  # red letters are below zero
    return {
        "invoices_per_day_ppm": ratio_ppm(row.invoices_12m, row.invoice_days),
        "weekend_ppm": ratio_ppm(row.weekend_12m, row.invoices_12m),
        "month_end_ppm": ratio_ppm(row.month_end_12m_fen, row.sold_plain_fen),
        "largest_invoice_ppm": ratio_ppm(row.largest_12m_fen, row.sold_plain_fen),
        "round_invoices_ppm": ratio_ppm(row.round_12m, row.totals_12m),
        "near_cap_ppm": ratio_ppm(row.near_cap_12m, row.invoices_12m),
        "small_invoices_ppm": ratio_ppm(row.small_12m, row.invoices_12m),
        "average_invoice_growth_ppm": only_if(row.sales_history_months >= 24, ratio_ppm(now - before, before)),
        "average_purchase_fen": divided(bought, row.purchase_invoices_12m),
        "largest_purchase_ppm": ratio_ppm(row.largest_purchase_fen, bought),
    }
