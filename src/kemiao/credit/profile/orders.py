"""Work in hand: what is ordered and not yet delivered, and what should have been."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import day, divided, exact_sum, growth_ppm, only_if, ratio_ppm, within
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.window import Span

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_O = ("contract_order",)
FEATURES = (
    Feature("open_orders_fen", "orders", "在手订单", "open orders",
            "手里还有多少订单?", "How much is ordered and not yet delivered?", "fen", "newest", _O),
    Feature("order_cover_ppm", "orders", "订单覆盖", "cover by orders",
            "在手订单够做一年的多少?", "Which share of a year's sales do its open orders cover?", "ppm", "12m", ("contract_order", "invoice")),
    Feature("orders_late_ppm", "orders", "逾期未交占比", "share of late orders",
            "有多少订单过了交期没交?", "Which share of its open orders is past its delivery date?", "ppm", "newest", _O),
    Feature("orders_cancelled_ppm", "orders", "取消订单占比", "share of cancelled orders",
            "签了的订单有多少被取消?", "Which share of the orders of two years was cancelled?", "ppm", "24m", _O),
    Feature("orders_growth_ppm", "orders", "签单增长", "growth of orders",
            "新签的订单在增长吗?", "Does it sign more than the year before?", "ppm", "12m/12m", _O),
    Feature("average_order_fen", "orders", "平均订单额", "average order",
            "一单有多大?", "How large is an order of the last two years?", "fen", "24m", _O),
    Feature("order_customers", "orders", "订单客户数", "customers with orders",
            "两年里多少家下过单?", "How many customers ordered in two years?", "count", "24m", _O),
    Feature("largest_order_customer_ppm", "orders", "最大订单客户占比", "largest customer by orders",
            "订单靠不靠一家?", "Which part of two years' orders is its largest customer's?", "ppm", "24m", _O),
    Feature("repeat_orders_ppm", "orders", "回头客订单占比", "share of repeated orders",
            "订单有多少来自下过不止一单的客户?", "Which part of two years' orders is of customers that ordered more than once?", "ppm", "24m", _O),
    Feature("order_lead_days", "orders", "平均交期", "mean time to delivery",
            "签约到交货给多少天?", "How many days are agreed from signing to delivery, on the mean?", "days", "24m", _O),
    Feature("latest_order_days", "orders", "最长逾期未交天数", "longest overdue order",
            "拖得最久的订单过期几天了?", "How many days is its latest open order past due?", "days", "newest", _O),
)  # fmt: skip
IF_SILENT = {"open_orders_fen": 0}


def look(contract_order: Table, span: Span) -> Table:
    rows = contract_order.filter(contract_order.signed_on <= span.as_of)
    recently = rows.signed_on >= span.back(24)
    rows = rows.mutate(
        by_customer=within(exact_sum(rows.amount_fen, recently), rows, ["company", "customer"]),
        orders=within(rows.count(where=recently), rows, ["company", "customer"]),
    )
    is_open, late = rows.status == "open", rows.due_on < span.as_of
    recent = rows.signed_on >= span.back(24)
    return rows.group_by("company").aggregate(
        signed_12m_fen=exact_sum(rows.amount_fen, rows.signed_on >= span.back(12)).fill_null(0),
        signed_before_fen=exact_sum(rows.amount_fen, recent & (rows.signed_on < span.back(12))).fill_null(0),
        signed_orders=rows.count(where=recent),
        order_customers=rows.customer.nunique(where=recent),
        largest_customer_orders_fen=rows.by_customer.max(where=recent),
        repeat_orders_fen=exact_sum(rows.amount_fen, recent & (rows.orders > 1)).fill_null(0),
        lead_days=exact_sum(rows.due_on.delta(rows.signed_on, unit="day"), recent),
        leads=rows.count(where=recent & rows.due_on.notnull()),
        latest_order_days=only_if(
            rows.count(where=is_open & rows.due_on.isnull()) == 0,
            day(span.as_of).delta(rows.due_on.min(where=is_open & late), unit="day").fill_null(0),
        ),
        open_orders_fen=exact_sum(rows.amount_fen, is_open).fill_null(0),
        dated_orders_fen=exact_sum(rows.amount_fen, is_open & rows.due_on.notnull()),
        late_orders_fen=exact_sum(rows.amount_fen, is_open & late).fill_null(0),
        signed_orders_fen=exact_sum(rows.amount_fen, recent),
        cancelled_orders_fen=exact_sum(rows.amount_fen, recent & (rows.status == "cancelled")).fill_null(0),
    )


def derive(row: Table) -> dict[str, Value]:
    return {
        "order_cover_ppm": ratio_ppm(row.open_orders_fen, row.revenue_12m_fen),
        "orders_late_ppm": ratio_ppm(row.late_orders_fen, row.dated_orders_fen),
        "orders_cancelled_ppm": ratio_ppm(row.cancelled_orders_fen, row.signed_orders_fen),
        "orders_growth_ppm": growth_ppm(row.signed_12m_fen, row.signed_before_fen),
        "average_order_fen": divided(row.signed_orders_fen, row.signed_orders),
        "largest_order_customer_ppm": ratio_ppm(row.largest_customer_orders_fen, row.signed_orders_fen),
        "repeat_orders_ppm": ratio_ppm(row.repeat_orders_fen, row.signed_orders_fen),
        "order_lead_days": divided(row.lead_days, row.leads),
    }
