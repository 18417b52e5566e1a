"""Money in the bank: how much is there, how much comes in, how deep the worst stretch was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import (
    divided,
    exact_square,
    exact_sum,
    growth_ppm,
    largest_of,
    month_number,
    newest,
    only_if,
    ratio_ppm,
    running,
    within,
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
    Feature("inflow_growth_ppm", "cash", "流入增长", "growth of inflow",
            "进账比上一年多还是少?", "Does more money come in than the year before?", "ppm", "12m/12m", _B),
    Feature("inflow_cv_ppm", "cash", "月流入波动", "volatility of monthly inflow",
            "每月进账稳不稳?", "How steady is the money that comes in from month to month?", "ppm", "12m", _B),
    Feature("outflow_cv_ppm", "cash", "月流出波动", "volatility of monthly outflow",
            "每月付款稳不稳?", "How steady is the money that goes out from month to month?", "ppm", "12m", _B),
    Feature("net_outflow_months", "cash", "净流出月数", "months of net outflow",
            "一年里有几个月入不敷出?", "In how many months of the year did more go out than come in?", "months", "12m", _B),
    Feature("lowest_cash_days", "cash", "最低余额可支撑天数", "days of cash at the lowest",
            "一年里最紧的月末还能撑几天?", "How many days of outflow did the lowest month's end hold?", "days", "12m", _B),
    Feature("net_flow_ppm", "cash", "净流量比流入", "net flow to inflow",
            "进来的钱一年里留下多少?", "Which part of what comes in stays?", "ppm", "12m", _B),
    Feature("largest_receipt_ppm", "cash", "最大单笔流入占比", "largest receipt",
            "一年进账靠不靠某一笔?", "Which part of the year's inflow is its largest single receipt?", "ppm", "12m", _B),
    Feature("receipts_12m", "cash", "流入笔数", "receipts",
            "一年收到多少笔钱?", "How many receipts does a year bring?", "count", "12m", _B),
)  # fmt: skip
IF_SILENT: dict[str, int] = {}  # no statement does not mean no money
_DAYS_A_YEAR = 365


def look(bank_transaction: Table, span: Span) -> Table:
    rows = bank_transaction.filter(bank_transaction.booked_on <= span.as_of)
    months = _months(rows, span)
    begun = months.group_by("company").aggregate(first_month=months.month.min())
    joined = _balances(rows).left_join(begun, "company", rname="{name}_begun")
    joined = joined.left_join(_year(months, span), "company", rname="{name}_year")
    two_years = joined.first_month <= span.end_month - 24
    # Statements that begin inside the window show part of a year: its sums would be too small.
    whole = joined.first_month <= span.end_month - 12
    return joined.select(
        "company", "cash_balance_fen",
        inflow_12m_fen=only_if(whole, joined.inflow.fill_null(0)),
        outflow_12m_fen=only_if(whole, joined.outflow.fill_null(0)),
        largest_cash_gap_fen=only_if(whole, joined.gap.fill_null(0)),
        inflow_before_fen=only_if(two_years, joined.inflow_before.fill_null(0)),
        net_outflow_months=only_if(whole, joined.net_outflow_months.fill_null(0)),
        receipts_12m=only_if(whole, joined.receipts.fill_null(0)),
        largest_receipt_fen=joined.largest_receipt,
        inflow_squares=joined.inflow_squares,
        outflow_squares=joined.outflow_squares,
        lowest_cash_fen=joined.cash_balance_fen - joined.since_fen.fill_null(0) - (joined.height_last - joined.lowest),
    )  # fmt: skip


def derive(row: Table) -> dict[str, Value]:
    return {
        "inflow_to_revenue_ppm": ratio_ppm(row.inflow_12m_fen, row.revenue_12m_fen),
        "cash_days": divided(row.cash_balance_fen.cast("float64") * _DAYS_A_YEAR, row.outflow_12m_fen),
        "inflow_growth_ppm": growth_ppm(row.inflow_12m_fen, row.inflow_before_fen),
        "inflow_cv_ppm": _spread_ppm(row.inflow_squares, row.inflow_12m_fen),
        "outflow_cv_ppm": _spread_ppm(row.outflow_squares, row.outflow_12m_fen),
        "lowest_cash_days": divided(row.lowest_cash_fen.cast("float64") * _DAYS_A_YEAR, row.outflow_12m_fen),
        "net_flow_ppm": ratio_ppm(row.inflow_12m_fen - row.outflow_12m_fen, row.inflow_12m_fen),
        "largest_receipt_ppm": ratio_ppm(row.largest_receipt_fen, row.inflow_12m_fen),
    }


def _spread_ppm(squares: Value, total: Value) -> Value:
    """Deviation of the twelve months over their mean; months without a row are months of nothing."""
    return ratio_ppm((12 * squares - total.cast("float64") ** 2).clip(lower=0).sqrt(), total)


def _months(rows: Table, span: Span) -> Table:
    rows = rows.select("company", "amount_fen", month=month_number(rows.booked_on))
    return rows.group_by("company", "month").aggregate(
        inflow_fen=exact_sum(rows.amount_fen, rows.amount_fen > 0).fill_null(0),
        outflow_fen=exact_sum(-rows.amount_fen, rows.amount_fen < 0).fill_null(0),
        receipts=rows.count(where=rows.amount_fen > 0),
        largest_fen=rows.amount_fen.max(where=rows.amount_fen > 0),
    )


def _year(months: Table, span: Span) -> Table:
    """company and the sums over its months. gap: the deepest fall of the summed flow below its height until then, by whole
    months of the year; height_last, lowest: that sum at the end of the last whole month, and at its lowest month's end."""
    rows = months.filter(months.month >= span.end_month - 24)
    rows = rows.mutate(height=running((rows.inflow_fen - rows.outflow_fen).sum(), rows, ["company"], "month"))
    year, before = rows.month.between(span.end_month - 12, span.end_month - 1), rows.month < span.end_month - 12
    rows = rows.mutate(year=year, before=before)
    base = within(exact_sum(rows.inflow_fen - rows.outflow_fen, rows.before).fill_null(0), rows, ["company"])
    rows = rows.mutate(height=rows.height - base)
    rows = rows.mutate(peak=running(rows.height.max(where=rows.year), rows, ["company"], "month"))
    year = rows.year
    return rows.group_by("company").aggregate(
        inflow=exact_sum(rows.inflow_fen, year),
        outflow=exact_sum(rows.outflow_fen, year),
        inflow_before=exact_sum(rows.inflow_fen, rows.before),
        inflow_squares=exact_square(rows.inflow_fen).sum(where=year).cast("float64"),
        outflow_squares=exact_square(rows.outflow_fen).sum(where=year).cast("float64"),
        net_outflow_months=rows.count(where=year & (rows.outflow_fen > rows.inflow_fen)),
        receipts=exact_sum(rows.receipts, year),
        largest_receipt=rows.largest_fen.max(where=year),
        gap=(largest_of(rows.peak, 0) - rows.height).max(where=year),
        height_last=rows.height.argmax(rows.month, where=year),
        lowest=rows.height.min(where=year),
        since_fen=exact_sum(rows.inflow_fen - rows.outflow_fen, rows.month >= span.end_month),
    )


def _balances(rows: Table) -> Table:
    """company, cash_balance_fen: the last balance of each account, added up; null where no account states one."""
    # Numbers of transactions grow; within a day the longer, then the later in the alphabet, came last.
    numbered = rows.mutate(digits=rows.transaction_no.length())
    stated = numbered.filter(numbered.balance_fen.notnull())
    last = newest(stated, ["company", "account"], "booked_on", "digits", "transaction_no")
    known = last.group_by("company").aggregate(cash_balance_fen=exact_sum(last.balance_fen))
    return rows.select("company").distinct().left_join(known, "company").select("company", "cash_balance_fen")
