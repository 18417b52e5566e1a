"""How long money is tied up between paying suppliers and being paid by customers, by the newest annual statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import divided, growth_ppm, ratio_ppm
from kemiao.credit.profile.feature import Feature

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_F = ("financial_statement",)
FEATURES = (
    Feature("receivable_days", "receivables", "应收账款周转天数", "days of receivables",
            "卖出后多少天收到钱?", "How many days after a sale is it paid?", "days", "newest", _F),
    Feature("inventory_days", "receivables", "存货周转天数", "days of inventory",
            "货在仓库里放几天?", "How many days do goods lie in its stores?", "days", "newest", _F),
    Feature("payable_days", "receivables", "应付账款周转天数", "days of payables",
            "买进后多少天付款?", "How many days after a purchase does it pay?", "days", "newest", _F),
    Feature("cash_cycle_days", "receivables", "现金周期", "cash conversion cycle",
            "付出去的钱多少天回来?", "How many days does its money stay out?", "days", "newest", _F),
    Feature("advances_ppm", "receivables", "预收占比", "advances to revenue",
            "客户愿不愿意先付钱?", "How much do customers pay before they get anything?", "ppm", "newest", _F),
    Feature("prepayments_ppm", "receivables", "预付占比", "prepayments to cost",
            "进货要不要先付钱?", "How much must it pay before it gets anything?", "ppm", "newest", _F),
    Feature("receivable_growth_ppm", "receivables", "应收账款增长", "growth of receivables",
            "客户欠它的在变多吗?", "Do its customers owe it more than a year ago?", "ppm", "12m/12m", _F),
    Feature("inventory_growth_ppm", "receivables", "存货增长", "growth of inventory",
            "货在积压吗?", "Do unsold goods pile up?", "ppm", "12m/12m", _F),
    Feature("receivable_to_assets_ppm", "receivables", "应收占资产", "receivables to assets",
            "家底里有多少是别人欠的?", "Which part of its assets is owed by customers?", "ppm", "newest", _F),
)  # fmt: skip
_DAYS_A_YEAR = 365


def derive(row: Table) -> dict[str, Value]:
    sales, cost = row.statement_revenue_fen, row.cost_of_sales_fen
    receivable, inventory, payable = (
        _days(row, "receivable", sales),
        _days(row, "inventory", cost),
        _days(row, "payable", cost),
    )
    return {
        "receivable_days": receivable,
        "inventory_days": inventory,
        "payable_days": payable,
        "cash_cycle_days": receivable + inventory - payable,
        "advances_ppm": ratio_ppm(row.advance_closing_fen, sales),
        "prepayments_ppm": ratio_ppm(row.prepayment_closing_fen, cost),
        "receivable_growth_ppm": growth_ppm(row.receivable_closing_fen, row.receivable_opening_fen),
        "inventory_growth_ppm": growth_ppm(row.inventory_closing_fen, row.inventory_opening_fen),
        "receivable_to_assets_ppm": ratio_ppm(row.receivable_closing_fen, row.total_assets_fen),
    }


def _days(row: Table, name: str, a_year: Value) -> Value:
    """The mean of opening and closing, in days of a year's sales or cost."""
    both = (row[f"{name}_opening_fen"] + row[f"{name}_closing_fen"]).cast("float64")
    return divided(both * _DAYS_A_YEAR, 2 * a_year)
