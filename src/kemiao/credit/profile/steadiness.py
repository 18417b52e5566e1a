"""Whether it keeps going: trend within the year, breadth of growth, pauses, and the same of its purchases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import growth_ppm, only_if, ratio_ppm
from kemiao.credit.profile.feature import Feature

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_I = ("invoice",)
FEATURES = (
    Feature("sales_trend_ppm", "stability", "年内趋势", "trend within the year",
            "一年之内销售是往上走还是往下走(回归斜率,折一年)?", "Do sales rise or fall within the year (regression slope over a year, against the mean)?", "ppm", "12m", _I),
    Feature("recent_3m_ppm", "stability", "近3月占比", "share of the last three months",
            "最近三个月占全年多少?", "How much of the year's sales do the last three months hold?", "ppm", "12m", _I),
    Feature("sales_growth_6m_ppm", "stability", "近半年同比增长", "growth of the last half year",
            "最近半年与去年同期相比如何?", "How does the last half year stand against the same months last year?", "ppm", "6m/6m", _I),
    Feature("months_up", "stability", "同比增长月数", "months above last year",
            "十二个月里有几个月好于去年同月?", "In how many of the 12 months did it sell more than in the same month last year?", "months", "12m/12m", _I),
    Feature("longest_gap_months", "stability", "最长停销", "longest pause of sales",
            "历史上最长停过几个月没有销售,之后又恢复?", "What was its longest pause between two months with sales?", "months", "history", _I),
    Feature("purchases_cv_ppm", "stability", "月采购波动", "variation of monthly purchases",
            "每月的采购稳不稳?", "How steady are its monthly purchases (standard deviation over mean)?", "ppm", "12m", _I),
    Feature("purchases_growth_3m_ppm", "stability", "近季采购同比", "growth of the last quarter's purchases",
            "最近一季的采购与去年同期相比如何?", "How do the last three months' purchases stand against the same months last year?", "ppm", "3m/3m", _I),
    Feature("purchases_history_months", "stability", "采购历史", "history of purchases",
            "我们看得见多久的采购?", "How many months of its purchases can we see?", "months", "history", _I),
)  # fmt: skip


def derive(row: Table) -> dict[str, Value]:
    """Slope by least squares over the months 12 … 1 ago, times 12, over the mean: (13 Σs − 2 Σ s·ago) × 72 ÷ (143 Σs)."""
    sales, purchases = row.sales_history_months, row.purchases_history_months
    rise = (13 * row.revenue_12m_fen.cast("float64") - 2 * row.s_ago) * 72 / 143
    spread = (12 * row.p_squares - row.purchases_12m_fen.cast("float64") ** 2).clip(lower=0).sqrt()
    return {
        "sales_trend_ppm": only_if(sales >= 12, ratio_ppm(rise, row.revenue_12m_fen)),
        "recent_3m_ppm": only_if(sales >= 12, ratio_ppm(row.recent_3m_fen, row.revenue_12m_fen)),
        "sales_growth_6m_ppm": only_if(sales >= 18, growth_ppm(row.recent_6m_fen, row.before_6m_fen)),
        "months_up": only_if(sales >= 24, row.up.fill_null(0)),
        "purchases_cv_ppm": only_if(purchases >= 12, ratio_ppm(spread, row.purchases_12m_fen)),
        "purchases_growth_3m_ppm": only_if(
            purchases >= 15, growth_ppm(row.p_recent_3m.fill_null(0), row.purchases_before_3m_fen)
        ),
    }
