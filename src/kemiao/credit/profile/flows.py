"""Who sold how much to whom: the sums of invoices that every look at sales and purchases shares.

An invoice from a company to itself is nobody's sale. Void invoices count as issued, never as sold. Red-letter invoices have
amounts below zero and are netted in the month in which they were issued.

Sums stay as wide as the engine makes them (128 bits in DuckDB): narrowing a million of them here costs a tenth of the whole,
so those who sum them up once more narrow theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import month_number
from kemiao.credit.profile.window import Span

if TYPE_CHECKING:
    from ibis.expr.types import Table

Cache = Callable[["Table"], "Table"]


@dataclass(frozen=True, slots=True)
class Flows:
    """sold: seller × month; bought: buyer × month; pairs: seller × buyer over the last 12 and the 12 months before."""

    sold: Table
    bought: Table
    pairs: Table


def invoice_flows(invoice: Table, span: Span, cache: Cache) -> Flows:
    """`cache` may compute an expression once and give back its result: each is read several times."""
    rows = invoice.filter(invoice.issued_on <= span.as_of, invoice.seller != invoice.buyer)
    rows = rows.select(
        "seller", "buyer", "issued_on", "amount_fen", "tax_fen", "red_letter",
        month=month_number(rows.issued_on), valid=rows.status == "normal",
    )  # fmt: skip
    return Flows(cache(_sold(rows)), cache(_bought(rows)), cache(_pairs(rows, span)))


def _sold(rows: Table) -> Table:
    """company, month: sales, their tax, and what was issued, voided and reversed, by count and by size."""
    size = rows.amount_fen.abs()
    red = rows.valid & rows.red_letter
    return rows.group_by(company=rows.seller, month=rows.month).aggregate(
        sales_fen=rows.amount_fen.sum(where=rows.valid).fill_null(0),
        invoices=rows.count(where=rows.valid & ~rows.red_letter),
        tax_fen=rows.tax_fen.sum(where=rows.valid),
        taxed_fen=rows.amount_fen.sum(where=rows.valid & rows.tax_fen.notnull()),
        issued=rows.count(),
        issued_fen=size.sum(),
        voids=rows.count(where=~rows.valid),
        void_fen=size.sum(where=~rows.valid).fill_null(0),
        reds=rows.count(where=red),
        red_fen=size.sum(where=red).fill_null(0),
        last_on=rows.issued_on.max(where=rows.valid),
    )


def _bought(rows: Table) -> Table:
    """company, month: purchases. Voids go in the sum, not by a filter, which would make the engine read the files again."""
    sums = rows.group_by(company=rows.buyer, month=rows.month).aggregate(
        purchases_fen=rows.amount_fen.sum(where=rows.valid)
    )
    return sums.filter(sums.purchases_fen.notnull())


def _pairs(rows: Table, span: Span) -> Table:
    """seller, buyer: net amount of the last 12 whole months and of the 12 before."""
    age = span.end_month - rows.month
    inside = rows.filter(rows.valid, age >= 1, age <= 24).mutate(recent=span.end_month - rows.month <= 12)
    return inside.group_by("seller", "buyer").aggregate(
        recent_fen=inside.amount_fen.sum(where=inside.recent).fill_null(0),
        before_fen=inside.amount_fen.sum(where=~inside.recent).fill_null(0),
    )
