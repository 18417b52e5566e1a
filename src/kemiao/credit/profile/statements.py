"""The books: the newest annual statement, and the one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import divided, month_number, newest, only_if, ratio_ppm, whole
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.window import ANNUAL_MONTHS, Span
from kemiao.facts.tables import FINANCIAL_STATEMENT

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_F = ("financial_statement",)
FEATURES = (
    Feature("net_margin_ppm", "statements", "净利率", "net margin",
            "赚不赚钱?", "Does it make money?", "ppm", "newest", _F),
    Feature("liabilities_to_assets_ppm", "statements", "资产负债率", "liabilities to assets",
            "家底有多少是借来的?", "Which part of its assets is owed to others?", "ppm", "newest", _F),
    Feature("operating_cash_flow_ppm", "statements", "经营现金流比收入", "operating cash flow to revenue",
            "利润变成现金了吗?", "Does its business bring in cash?", "ppm", "newest", _F),
    Feature("statement_age_months", "statements", "报表距今月数", "age of the statement",
            "报表有多旧?", "How old are the books that we see?", "months", "newest", _F),
)  # fmt: skip
_MONEY = tuple(column for column in FINANCIAL_STATEMENT.columns if column.kind == "fen")
# The columns of the newest annual statement that rules of law read, under their own names.
LAW_INPUTS = (
    *(
        Feature(column.name, "statements", column.zh, column.en, f"{column.zh}是多少?", f"How much is its {column.en}?", "fen", "newest", _F)
        for column in _MONEY if column.name != "revenue_fen"
    ),
    Feature("turnover_mean_fen", "statements", "近三年年均营业收入", "mean annual turnover of three years",
            "三年平均一年卖多少?", "How much did it sell a year, on the mean of three?", "fen", "36m", _F),
)  # fmt: skip


def look(financial_statement: Table, span: Span) -> Table:
    """company, each sum of money of the newest annual statement, statement_revenue_fen,
    statement_before_fen, turnover_mean_fen (of three years in a row), statement_on."""
    annual = financial_statement.filter(financial_statement.months == 12, financial_statement.period_end <= span.as_of)
    years = newest(annual, ["company", "period_end"], "audited")
    last = newest(years, ["company"], "period_end")
    last = last.filter(last.period_end > span.ago(ANNUAL_MONTHS))
    joined = last.mutate(month=month_number(last.period_end))
    for ago in (1, 2):
        joined = _beside(joined, years, ago)
    return joined.select(
        "company",
        *(column.name for column in _MONEY if column.name != "revenue_fen"),
        statement_revenue_fen=joined.revenue_fen,
        statement_before_fen=joined.revenue_1,
        turnover_mean_fen=divided(joined.revenue_fen + joined.revenue_1 + joined.revenue_2, whole(3)),
        statement_on=joined.period_end,
    )


def _beside(rows: Table, years: Table, ago: int) -> Table:
    """The revenue of the annual statement that ended so many years earlier, as revenue_1, revenue_2."""
    revenue = f"revenue_{ago}"
    earlier = years.select("company", month=month_number(years.period_end) + 12 * ago, **{revenue: years.revenue_fen})
    joined = rows.left_join(earlier, ["company", "month"], rname="{name}_earlier")
    return joined.select(*rows.columns, revenue)


def derive(row: Table, span: Span) -> dict[str, Value]:
    age = span.as_of_month - month_number(row.statement_on)
    return {
        "net_margin_ppm": ratio_ppm(row.net_profit_fen, row.statement_revenue_fen),
        "liabilities_to_assets_ppm": ratio_ppm(row.total_liabilities_fen, row.total_assets_fen),
        "operating_cash_flow_ppm": ratio_ppm(row.operating_cash_flow_fen, row.statement_revenue_fen),
        "statement_age_months": only_if(row.statement_on.notnull(), age),
    }
