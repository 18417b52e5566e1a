"""The books: the newest annual statement, and the one before it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import divided, growth_ppm, month_number, newest, only_if, ratio_ppm, whole
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
    Feature("gross_margin_ppm", "statements", "毛利率", "gross margin",
            "产品本身赚多少?", "What does it earn on what it sells, before overheads?", "ppm", "newest", _F),
    Feature("overhead_ppm", "statements", "期间费用率", "overheads to revenue",
            "收入里有多少花在管理、销售和研发上?", "Which share of revenue goes into overheads?", "ppm", "newest", _F),
    Feature("asset_turnover_ppm", "statements", "总资产周转", "asset turnover",
            "家底一年转几遍?", "How much does it sell with its assets?", "ppm", "newest", _F),
    Feature("return_on_equity_ppm", "statements", "净资产收益率", "return on equity",
            "股东的钱赚回多少?", "What does its owners' money earn?", "ppm", "newest", _F),
    Feature("equity_fen", "statements", "净资产", "equity",
            "还完债剩多少是自己的?", "What remains for its owners after all debts?", "fen", "newest", _F),
    Feature("short_debt_ppm", "statements", "短期借款比资产", "short-term borrowing to assets",
            "家底里有多少是短期借来的?", "Which part of its assets is borrowed short?", "ppm", "newest", _F),
    Feature("quick_ratio_ppm", "statements", "速动比率", "quick ratio",
            "现金和应收盖得住眼前要付的吗?", "Do cash and receivables cover what falls due soon?", "ppm", "newest", _F),
    Feature("margin_change_ppm", "statements", "净利率变动", "change of net margin",
            "比上一年更赚钱了吗?", "Does it make more of each yuan of revenue than the year before?", "ppm", "12m/12m", _F),
    Feature("assets_growth_ppm", "statements", "总资产增长", "growth of assets",
            "家底变厚了吗?", "Do its assets grow?", "ppm", "12m/12m", _F),
    Feature("cash_of_profit_ppm", "statements", "净利润含金量", "cash of profit",
            "每赚一块钱收回多少现金?", "How much cash does each yuan of profit bring?", "ppm", "newest", _F),
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
        profit_before_fen=joined.profit_1,
        assets_before_fen=joined.assets_1,
        turnover_mean_fen=divided(joined.revenue_fen + joined.revenue_1 + joined.revenue_2, whole(3)),
        statement_on=joined.period_end,
    )


def _beside(rows: Table, years: Table, ago: int) -> Table:
    """Revenue, profit and assets of the annual statement that ended so many years earlier, as revenue_1, revenue_2 and so on."""
    own = {f"revenue_{ago}": "revenue_fen", f"profit_{ago}": "net_profit_fen", f"assets_{ago}": "total_assets_fen"}
    earlier = years.select(
        "company", month=month_number(years.period_end) + 12 * ago, **{name: years[raw] for name, raw in own.items()}
    )
    joined = rows.left_join(earlier, ["company", "month"], rname="{name}_earlier")
    return joined.select(*rows.columns, *own)


@lru_cache(maxsize=32)
def net_margin_sql(as_of: date) -> str:
    """company, net_margin_ppm alone, as the whole profile has it, from `financial_statement`: for who asks for nothing else."""
    import ibis

    seen = look(
        ibis.table(ibis.Schema.from_pyarrow(FINANCIAL_STATEMENT.arrow_schema), name=FINANCIAL_STATEMENT.name),
        Span.until(as_of),
    )
    margin = ratio_ppm(seen.net_profit_fen, seen.statement_revenue_fen)
    return str(ibis.to_sql(seen.select("company", net_margin_ppm=margin), dialect="duckdb", pretty=False))


def derive(row: Table, span: Span) -> dict[str, Value]:
    age = span.as_of_month - month_number(row.statement_on)
    revenue, equity = row.statement_revenue_fen, row.total_assets_fen - row.total_liabilities_fen
    soon = row.short_debt_fen + row.payable_closing_fen + row.advance_closing_fen
    return {
        "net_margin_ppm": ratio_ppm(row.net_profit_fen, row.statement_revenue_fen),
        "liabilities_to_assets_ppm": ratio_ppm(row.total_liabilities_fen, row.total_assets_fen),
        "operating_cash_flow_ppm": ratio_ppm(row.operating_cash_flow_fen, row.statement_revenue_fen),
        "statement_age_months": only_if(row.statement_on.notnull(), age),
        "gross_margin_ppm": ratio_ppm(revenue - row.cost_of_sales_fen, revenue),
        "overhead_ppm": ratio_ppm(row.total_cost_fen - row.cost_of_sales_fen, revenue),
        "asset_turnover_ppm": ratio_ppm(revenue, row.total_assets_fen),
        "return_on_equity_ppm": ratio_ppm(row.net_profit_fen, equity),
        "equity_fen": equity,
        "short_debt_ppm": ratio_ppm(row.short_debt_fen, row.total_assets_fen),
        "quick_ratio_ppm": ratio_ppm(row.cash_fen + row.receivable_closing_fen, soon),
        "margin_change_ppm": ratio_ppm(row.net_profit_fen, revenue)
        - ratio_ppm(row.profit_before_fen, row.statement_before_fen),
        "assets_growth_ppm": growth_ppm(row.total_assets_fen, row.assets_before_fen),
        "cash_of_profit_ppm": ratio_ppm(row.operating_cash_flow_fen, row.net_profit_fen),
    }
