"""Work in hand: what is ordered and not yet delivered, and what should have been."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import exact_sum, ratio_ppm
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
)  # fmt: skip
IF_SILENT = {"open_orders_fen": 0}


def look(contract_order: Table, span: Span) -> Table:
    rows = contract_order.filter(contract_order.signed_on <= span.as_of)
    is_open, late = rows.status == "open", rows.due_on < span.as_of
    recent = rows.signed_on >= span.back(24)
    return rows.group_by("company").aggregate(
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
    }
