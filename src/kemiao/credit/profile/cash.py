"""Money in the bank: how much is there, how much comes in, how deep the worst stretch was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import (
    divided,
    exact_sum,
    largest_of,
    month_number,
    newest,
    only_if,
    ratio_ppm,
    running,
)
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.window import Span

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_B = ("bank_transaction",)
FEATURES = (
    Feature("cash_balance_fen", "cash", "账户余额", "cash at bank",
            "账上有多少钱?", "How much money is in its accounts?", "fen", "newest", _B),
    Feature("inflow_12m_fen", "cash", "近12月流入", "inflow, 12 months",
            "一年进账多少?", "How much money comes in in a year?", "fen", "12m", _B),
    Feature("inflow_to_revenue_ppm", "cash", "流入比开票收入", "inflow to invoiced sales",
            "开出去的票收得回钱吗?", "Is what it invoices paid into its accounts?", "ppm", "12m", ("bank_transaction", "invoice")),
    Feature("cash_days", "cash", "现金可支撑天数", "days of cash",
            "不再进账还能撑几天?", "How many days of outflow would its cash cover?", "days", "12m", _B),
    Feature("largest_cash_gap_fen", "cash", "最大资金缺口", "largest cash gap",
            "一年里最深的窟窿有多大?", "How much did the worst stretch of the year drain?", "fen", "12m", _B),
)  # fmt: skip
IF_SILENT: dict[str, int] = {}  # no statement does not mean no money
_DAYS_A_YEAR = 365


def look(bank_transaction: Table, span: Span) -> Table:
    rows = bank_transaction.filter(bank_transaction.booked_on <= span.as_of)
    months = _months(rows, span)
    begun = months.group_by("company").aggregate(first_month=months.month.min())
    joined = _balances(rows).left_join(begun, "company", rname="{name}_begun")
    joined = joined.left_join(_year(months, span), "company", rname="{name}_year")
    # Statements that begin inside the window show part of a year: its sums would be too small.
    whole = joined.first_month <= span.end_month - 12
    return joined.select(
        "company", "cash_balance_fen",
        inflow_12m_fen=only_if(whole, joined.inflow.fill_null(0)),
        outflow_12m_fen=only_if(whole, joined.outflow.fill_null(0)),
        largest_cash_gap_fen=only_if(whole, joined.gap.fill_null(0)),
    )  # fmt: skip


def derive(row: Table) -> dict[str, Value]:
    return {
        "inflow_to_revenue_ppm": ratio_ppm(row.inflow_12m_fen, row.revenue_12m_fen),
        "cash_days": divided(row.cash_balance_fen.cast("float64") * _DAYS_A_YEAR, row.outflow_12m_fen),
    }


def _months(rows: Table, span: Span) -> Table:
    rows = rows.select("company", "amount_fen", month=month_number(rows.booked_on))
    rows = rows.filter(rows.month < span.end_month)
    return rows.group_by("company", "month").aggregate(
        inflow_fen=exact_sum(rows.amount_fen, rows.amount_fen > 0).fill_null(0),
        outflow_fen=exact_sum(-rows.amount_fen, rows.amount_fen < 0).fill_null(0),
    )


def _year(months: Table, span: Span) -> Table:
    """company, inflow, outflow, gap: the deepest fall of the summed flow below its height until then, by whole months."""
    rows = months.filter(months.month >= span.end_month - 12)
    rows = rows.mutate(height=running((rows.inflow_fen - rows.outflow_fen).sum(), rows, ["company"], "month"))
    rows = rows.mutate(peak=running(rows.height.max(), rows, ["company"], "month"))
    return rows.group_by("company").aggregate(
        inflow=exact_sum(rows.inflow_fen),
        outflow=exact_sum(rows.outflow_fen),
        gap=(largest_of(rows.peak, 0) - rows.height).max(),
    )


def _balances(rows: Table) -> Table:
    """company, cash_balance_fen: the last balance of each account, added up; null where no account states one."""
    # Numbers of transactions grow; within a day the longer, then the later in the alphabet, came last.
    numbered = rows.mutate(digits=rows.transaction_no.length())
    stated = numbered.filter(numbered.balance_fen.notnull())
    last = newest(stated, ["company", "account"], "booked_on", "digits", "transaction_no")
    known = last.group_by("company").aggregate(cash_balance_fen=exact_sum(last.balance_fen))
    return rows.select("company").distinct().left_join(known, "company").select("company", "cash_balance_fen")
