"""How many of its invoices a company takes back: voids on the same day, red letters later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import only_if, ratio_ppm
from kemiao.credit.profile.feature import Feature

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_I = ("invoice",)
FEATURES = (
    Feature("void_count_ppm", "invoices", "作废发票占比(张数)", "share of void invoices, by count",
            "开出的发票有多少作废?", "How many of its invoices are voided?", "ppm", "12m", _I),
    Feature("void_amount_ppm", "invoices", "作废发票占比(金额)", "share of void invoices, by amount",
            "作废的是大额还是小额?", "How much of what it invoices is voided?", "ppm", "12m", _I),
    Feature("red_count_ppm", "invoices", "红字发票占比(张数)", "share of red-letter invoices, by count",
            "有多少生意事后冲红?", "How many of its invoices are reversals?", "ppm", "12m", _I),
    Feature("red_amount_ppm", "invoices", "红字发票占比(金额)", "share of red-letter invoices, by amount",
            "冲红的金额有多大?", "How much of what it invoices is reversed?", "ppm", "12m", _I),
    Feature("void_months", "invoices", "作废月数", "months with voids",
            "有几个月作废过发票?", "In how many months did it void an invoice?", "months", "12m", _I),
    Feature("void_change_ppm", "invoices", "作废率变化", "change of the share of voids",
            "作废的比上一年多了还是少了?", "Does it void more of its invoices than the year before?", "ppm", "12m/12m", _I),
    Feature("void_size_ppm", "invoices", "作废相对大小", "size of a void",
            "作废的单子比平常的大吗(作废均额比开票均额)?", "Are voided invoices larger than the usual ones (average void over average invoice)?", "ppm", "12m", _I),
    Feature("largest_void_ppm", "invoices", "最大作废占比", "largest void",
            "最大一张作废发票抵得上全年销售的多少?", "How much of a year's sales was the largest voided invoice?", "ppm", "12m", _I),
    Feature("void_rebilled_ppm", "invoices", "作废重开占比", "share of voids billed again",
            "作废后当月又给同一客户开票吗?", "In how many of the months in which a customer's invoice was voided was that customer billed all the same?", "ppm", "12m", _I),
    Feature("red_year_end_ppm", "invoices", "十二月冲红占比", "reversals in December",
            "冲红是不是集中在年底?", "How much of what it reverses is reversed in December?", "ppm", "12m", _I),
    Feature("purchases_red_ppm", "invoices", "采购冲红占比", "share of purchases reversed",
            "采购有多少被退回或冲红?", "How much of what it buys is reversed by the suppliers?", "ppm", "12m", _I),
)  # fmt: skip


def derive(row: Table) -> dict[str, Value]:
    """Of all that it issued in the window, voids and red letters among them; amounts by their size without sign."""
    two_years = row.sales_history_months >= 24
    usual = row.sold_plain_fen.cast("float64") / row.invoices_12m.nullif(0)
    return {
        "void_count_ppm": ratio_ppm(row.voids_12m, row.issued_12m),
        "void_amount_ppm": ratio_ppm(row.void_12m_fen, row.issued_12m_fen),
        "red_count_ppm": ratio_ppm(row.reds_12m, row.issued_12m),
        "red_amount_ppm": ratio_ppm(row.red_12m_fen, row.issued_12m_fen),
        "void_change_ppm": only_if(
            two_years, ratio_ppm(row.voids_12m, row.issued_12m) - ratio_ppm(row.voids_before, row.issued_before)
        ),
        "void_size_ppm": ratio_ppm(row.void_12m_fen.cast("float64") / row.voids_12m.nullif(0), usual),
        "largest_void_ppm": ratio_ppm(row.largest_void_fen, row.revenue_12m_fen),
        "void_rebilled_ppm": ratio_ppm(row.customers_rebilled, row.customers_voided),
        "red_year_end_ppm": ratio_ppm(row.red_december_fen, row.red_12m_fen),
        "purchases_red_ppm": ratio_ppm(-row.purchases_red_fen, row.purchases_12m_fen - row.purchases_red_fen),
    }
