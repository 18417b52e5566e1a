"""The last 12 whole months beside the same months a year earlier: what steadiness, season and margin are read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import exact_product, exact_square, exact_sum, whole
from kemiao.credit.profile.window import Span

if TYPE_CHECKING:
    from ibis.expr.types import Table

_PASSED_THROUGH = 50  # one part in so many: sales and purchases of a month that differ by less went straight through


def look(sold: Table, bought: Table, span: Span) -> Table:
    """One row a subject that sold or bought in the last 24 whole months. A month without either is zero in both years."""
    sales = sold.select("subject", age=span.end_month - sold.month, s=sold.sales_fen, p=whole(0))
    purchases = bought.select("subject", age=span.end_month - bought.month, s=whole(0), p=bought.purchases_fen)
    both = sales.union(purchases)
    both = both.filter(both.age.between(1, 24))
    recent = both.age <= 12
    months = both.group_by("subject", ago=(both.age - 1) % 12 + 1).aggregate(
        s=exact_sum(both.s, recent).fill_null(0),
        before=exact_sum(both.s, ~recent).fill_null(0),
        p=exact_sum(both.p, recent).fill_null(0),
    )
    s, before, p, ago = months.s, months.before, months.p, months.ago
    rest = s - p
    return months.group_by("subject").aggregate(
        like_before=exact_product(s, before).sum().cast("float64"),
        before_squares=exact_square(before).sum().cast("float64"),
        s_squares=exact_square(s).sum().cast("float64"),
        p_squares=exact_square(p).sum().cast("float64"),
        alike=exact_product(s, p).sum().cast("float64"),
        rest_spread=(exact_square(rest).sum() * 12 - exact_square(rest.sum())).cast("float64"),
        s_ago=exact_product(s, ago).sum().cast("float64"),
        p_ago=exact_product(p, ago).sum().cast("float64"),
        up=months.count(where=s > before),
        negative=months.count(where=p > s),
        passed=months.count(where=(s > 0) & (rest.abs() * _PASSED_THROUGH <= s)),
        p_recent_3m=exact_sum(p, ago <= 3).fill_null(0),
    )
