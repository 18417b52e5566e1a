"""What a report draws: sales and purchases by month, and the largest customers and suppliers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Literal

from kemiao.credit.profile.expressions import exact_sum, month_number, ranked, ratio_ppm, within
from kemiao.credit.profile.window import Span

if TYPE_CHECKING:
    from ibis.expr.types import Table


def months(facts: Mapping[str, Table], subjects: Table, as_of: date) -> Table:
    """company, month (its first day), sales_fen, purchases_fen, customers: one row a month with an invoice, in order.

    The month that is not over is left out. A month in which the company only bought has sales of zero, and the reverse.
    """
    import ibis

    span = Span.until(as_of)
    rows = _valid(facts["invoice"]).filter(lambda t: t.issued_on < ibis.literal(span.end))
    sides = [
        rows.select(
            company=rows[mine], other=rows[other], month=rows.issued_on.truncate("M"), amount_fen=rows.amount_fen,
            sale=ibis.literal(mine == "seller"),
        )
        for mine, other in (("seller", "buyer"), ("buyer", "seller"))
    ]  # fmt: skip
    both = ibis.union(*sides).semi_join(subjects, "company")
    return (
        both.group_by("company", "month")
        .aggregate(
            sales_fen=exact_sum(both.amount_fen, both.sale).fill_null(0),
            purchases_fen=exact_sum(both.amount_fen, ~both.sale).fill_null(0),
            customers=both.other.nunique(where=both.sale & (both.amount_fen > 0)),
        )
        .order_by("company", "month")
    )


def top_counterparties(
    facts: Mapping[str, Table], subjects: Table, as_of: date, side: Literal["customers", "suppliers"], number: int
) -> Table:
    """company, counterparty, place (from 1), amount_fen, share_ppm of the last 12 whole months, the largest first."""
    import ibis

    span = Span.until(as_of)
    rows = _valid(facts["invoice"])
    age = span.end_month - month_number(rows.issued_on)
    mine, other = ("seller", "buyer") if side == "customers" else ("buyer", "seller")
    year = rows.filter(age >= 1, age <= 12).semi_join(subjects, rows[mine] == subjects.company)
    sums = year.group_by(company=year[mine], counterparty=year[other]).aggregate(amount_fen=exact_sum(year.amount_fen))
    sums = sums.filter(sums.amount_fen > 0)
    placed = sums.mutate(
        place=1 + ranked(sums, ["company"], [ibis.desc(sums.amount_fen), sums.counterparty]),
        whole=within(exact_sum(sums.amount_fen), sums, ["company"]),
    )
    chosen = placed.filter(placed.place <= number)
    return chosen.select(
        "company", "counterparty", "place", "amount_fen", share_ppm=ratio_ppm(chosen.amount_fen, chosen.whole)
    ).order_by("company", "place")


def _valid(invoice: Table) -> Table:
    return invoice.filter(invoice.status == "normal", invoice.seller != invoice.buyer)
