"""What remains between purchases and sales, how surely, and how the two move together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import only_if, ratio_ppm, rounded
from kemiao.credit.profile.feature import Feature

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_I = ("invoice",)
FEATURES = (
    Feature("trading_margin_change_ppm", "margin", "毛利率变化", "change of the trading margin",
            "进销毛利率比上一年高了还是低了?", "Is its trading margin wider or narrower than the year before?", "ppm", "12m/12m", _I),
    Feature("trading_margin_3m_ppm", "margin", "近季进销毛利率", "trading margin of the last quarter",
            "最近三个月是赚是赔,有没有突击囤货?", "What remained of the last three months' sales after purchases?", "ppm", "3m", _I),
    Feature("margin_spread_ppm", "margin", "月毛利波动", "variation of the monthly margin",
            "每月的进销差稳不稳(标准差比月均销售)?", "How steady is sales less purchases by month (standard deviation over mean sales)?", "ppm", "12m", _I),
    Feature("negative_margin_months", "margin", "购大于销月数", "months that bought more than they sold",
            "有几个月买的比卖的多?", "In how many months did it buy more than it sold?", "months", "12m", _I),
    Feature("pass_through_months", "margin", "平进平出月数", "months of equal sales and purchases",
            "有几个月进销几乎相等(相差不到 2%),像走账?", "In how many months were sales and purchases within 2 % of each other, as where goods only pass on paper?", "months", "12m", _I),
    Feature("purchases_match_sales_ppm", "margin", "购销同步度", "purchases in step with sales",
            "采购与销售是同月起落的吗(余弦相似度)?", "Do purchases rise and fall in the same months as sales (cosine)?", "ppm", "12m", _I),
    Feature("purchase_lead_days", "margin", "购销时差", "days from purchases to sales",
            "平均先买后卖多少天(加权月份之差;负数为先卖后买)?", "How many days do its purchases come before its sales on average (weighted months; below zero: after)?", "days", "12m", _I),
)  # fmt: skip


def derive(row: Table) -> dict[str, Value]:
    sales, bought = row.revenue_12m_fen, row.purchases_12m_fen
    one_year = (row.sales_history_months >= 12) & row.purchases_history_months.notnull()
    two_years = (row.sales_history_months >= 24) & (row.purchases_history_months >= 24)
    before = ratio_ppm(row.before_12m_fen - row.purchases_before_fen, row.before_12m_fen)
    lead = row.p_ago / bought.nullif(0).cast("float64") - row.s_ago / sales.nullif(0).cast("float64")
    return {
        "trading_margin_change_ppm": only_if(two_years, ratio_ppm(sales - bought, sales) - before),
        "trading_margin_3m_ppm": only_if(one_year, ratio_ppm(row.recent_3m_fen - row.p_recent_3m, row.recent_3m_fen)),
        "margin_spread_ppm": only_if(one_year, ratio_ppm(row.rest_spread.sqrt(), sales)),
        "negative_margin_months": only_if(one_year, row.negative.fill_null(0)),
        "pass_through_months": only_if(one_year, row.passed.fill_null(0)),
        "purchases_match_sales_ppm": only_if(one_year, ratio_ppm(row.alike, (row.s_squares * row.p_squares).sqrt())),
        "purchase_lead_days": only_if(one_year & (sales > 0) & (bought > 0), rounded(lead * 365 / 12)),
    }
