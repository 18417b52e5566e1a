"""VAT as the invoices show it: at which rates it sells and buys, and what it adds in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import ratio_ppm
from kemiao.credit.profile.feature import Feature

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_I = ("invoice",)
FEATURES = (
    Feature("purchases_tax_ppm", "vat", "进项税率", "VAT on purchases",
            "采购发票的平均税率是多少?", "At what rate of VAT does it buy?", "ppm", "12m", _I),
    Feature("vat_added_ppm", "vat", "销进税差", "output less input VAT",
            "销项减进项占销售多少,合乎它的毛利吗?", "How much VAT remains after input VAT, against sales?", "ppm", "12m", _I),
    Feature("zero_rated_ppm", "vat", "零税率占比", "share of sales without VAT",
            "有多少销售不带税?", "How much of its sales bears no VAT?", "ppm", "12m", _I),
    Feature("low_rated_ppm", "vat", "低税率占比", "share of sales at simple rates",
            "有多少销售按 3% 及以下开票?", "How much of its sales is at the simple rates of 3 % and below?", "ppm", "12m", _I),
    Feature("high_rated_ppm", "vat", "标准税率占比", "share of sales at standard rates",
            "有多少销售是 9% 以上的货物(而非服务)?", "How much of its sales is at 9 % and above, goods rather than services?", "ppm", "12m", _I),
    Feature("rate_mix_ppm", "vat", "税率混杂度", "mixture of rates",
            "是专营一类,还是什么都开?", "Does it sell one kind of thing, or invoice a bit of everything (1 − Σ shares² of four classes of rates)?", "ppm", "12m", _I),
)  # fmt: skip


def derive(row: Table) -> dict[str, Value]:
    """Rates of single invoices are of plain ones with a tax on them; the average rates are net of red letters."""
    rated, zero, low, high = row.rated_12m_fen, row.zero_rated_12m_fen, row.low_rated_12m_fen, row.high_rated_12m_fen
    classes = [fen.cast("float64") for fen in (zero, low, high, rated - zero - low - high)]
    whole = rated.cast("float64")
    mixed = whole * whole - sum(fen * fen for fen in classes)
    return {
        "purchases_tax_ppm": ratio_ppm(row.purchases_tax_fen, row.purchases_taxed_fen),
        "vat_added_ppm": ratio_ppm(row.tax_12m_fen - row.purchases_tax_fen, row.taxed_12m_fen),
        "zero_rated_ppm": ratio_ppm(zero, rated),
        "low_rated_ppm": ratio_ppm(low, rated),
        "high_rated_ppm": ratio_ppm(high, rated),
        "rate_mix_ppm": ratio_ppm(mixed, whole * whole),
    }
