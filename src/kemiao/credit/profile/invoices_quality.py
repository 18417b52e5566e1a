"""How many of its invoices a company takes back: voids on the same day, red letters later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import ratio_ppm
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
)  # fmt: skip


def derive(row: Table) -> dict[str, Value]:
    """Of all that it issued in the window, voids and red letters among them; amounts by their size without sign."""
    return {
        "void_count_ppm": ratio_ppm(row.voids_12m, row.issued_12m),
        "void_amount_ppm": ratio_ppm(row.void_12m_fen, row.issued_12m_fen),
        "red_count_ppm": ratio_ppm(row.reds_12m, row.issued_12m),
        "red_amount_ppm": ratio_ppm(row.red_12m_fen, row.issued_12m_fen),
    }
