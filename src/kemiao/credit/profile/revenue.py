"""Last year's revenue for the rules of law, from the strongest source that has it, and which one that was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import first_known, growth_ppm, only_if
from kemiao.credit.profile.feature import Feature

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_R = ("financial_statement", "tax_filing", "invoice")
LAW_INPUTS = (
    Feature("revenue_fen", "revenue", "上年营业收入", "revenue of the last year",
            "上一年营业收入是多少?", "How much was its revenue of the last year?", "fen", "newest", _R),
    Feature("revenue_source", "revenue", "收入来源", "source of the revenue",
            "收入数据来自哪里?", "Where is the revenue read?", "text", "newest", _R),
    Feature("revenue_growth_ppm", "revenue", "营业收入增长", "growth of revenue",
            "营业收入增长多少?", "How much did its revenue grow?", "ppm", "12m/12m", _R),
)  # fmt: skip


def revenue(row: Table) -> dict[str, Value]:
    """The newest annual statement, else twelve months of tax filings, else twelve months of invoices.

    Fewer than twelve months of invoices are no year: revenue is then unknown, not small. Growth is of the same source.
    """
    # A year without any invoice, issued or received, is a year that the papers do not show.
    seen = (row.issued_12m > 0) | (row.purchases_12m_fen.fill_null(0) != 0)
    invoiced = only_if((row.sales_history_months >= 12) & seen, row.revenue_12m_fen)
    invoiced_before = only_if((row.sales_history_months >= 24) & seen, row.before_12m_fen)
    stated, declared = row.statement_revenue_fen, row.declared_12m_fen
    source = first_known(
        only_if(stated.notnull(), _text("financial_statement")),
        only_if(declared.notnull(), _text("tax_filing")),
        only_if(invoiced.notnull(), _text("invoice")),
    )
    growth = stated.notnull().ifelse(
        growth_ppm(stated, row.statement_before_fen),
        declared.notnull().ifelse(growth_ppm(declared, row.declared_before_fen), growth_ppm(invoiced, invoiced_before)),
    )
    return {
        "revenue_fen": first_known(stated, declared, invoiced),
        "revenue_source": source,
        "revenue_growth_ppm": growth,
    }


def _text(value: str) -> Value:
    import ibis

    return ibis.literal(value)
