"""Who sold how much to whom: the sums of invoices that every look at sales and purchases shares.

An invoice from a company to itself is nobody's sale. Void invoices count as issued, never as sold. Red-letter invoices have
amounts below zero and are netted in the month in which they were issued; a plain invoice is neither void nor red.

Three passes over the rows (by seller and month, by buyer and month, by pair) feed everything: what a feature needs of single
invoices is a sum in one of them. Days and months in which something happened are bits of one number, counted later.

Sums stay as wide as the engine makes them (128 bits in DuckDB): narrowing a million of them here costs a tenth of the whole,
so those who sum them up once more narrow theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import bit, least_of, month_number
from kemiao.credit.profile.window import Span

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

Cache = Callable[["Table"], "Table"]

MONTH_END_FROM = 26  # days of the month that count as its end
SMALL_FEN = 100_000  # 1,000 yuan
# Invoicing ceilings (最高开票限额) are powers of ten yuan without tax; the last tenth below one counts as near.
CEILINGS_FEN = (10**6, 10**7, 10**8, 10**9)
# Rates of VAT in thousandths: simple ones (1, 3 %) lie below the first, standard ones (9 to 17 %) above the second.
LOW_RATE, HIGH_RATE = 45, 75
BEYOND_A_YEAR = 13  # the bit of all months before the last 12


@dataclass(frozen=True, slots=True)
class Flows:
    """sold: seller × month; bought: buyer × month, both of the subjects alone; pairs: seller × buyer over the whole months."""

    sold: Table
    bought: Table
    pairs: Table


def invoice_flows(invoice: Table, subjects: Table, span: Span, cache: Cache) -> Flows:
    """`cache` may compute an expression once and give back its result: each is read several times."""
    rows = invoice.filter(invoice.issued_on <= span.as_of, invoice.seller != invoice.buyer)
    valid = rows.status == "normal"
    rows = rows.select(
        "seller", "buyer", "issued_on", "amount_fen", "tax_fen", valid=valid,
        month=month_number(rows.issued_on), day=rows.issued_on.day(),
        red=valid & rows.red_letter, plain=valid & ~rows.red_letter, taxed=valid & ~rows.red_letter & rows.tax_fen.notnull(),
    )  # fmt: skip
    sold, bought = _sold(rows).semi_join(subjects, "company"), _bought(rows).semi_join(subjects, "company")
    return Flows(cache(sold), cache(bought), _with_the_way_back(cache(_pairs(rows, span))))


def _with_the_way_back(pairs: Table) -> Table:
    """back_fen: what the seller bought from the buyer in the last 12 whole months; null where nothing."""
    back = pairs.select(to="seller", by="buyer", back_fen="recent_fen")
    return pairs.left_join(back, [pairs.seller == back.by, pairs.buyer == back.to]).drop("to", "by")


def _sold(rows: Table) -> Table:
    """company, month: sales, their tax, and what was issued, voided and reversed, by count and by size."""
    size, fen, plain, taxed = rows.amount_fen.abs(), rows.amount_fen, rows.plain, rows.taxed
    mills = rows.tax_fen * 1000
    return rows.group_by(company=rows.seller, month=rows.month).aggregate(
        sales_fen=fen.sum(where=rows.valid).fill_null(0),
        invoices=rows.count(where=plain),
        tax_fen=rows.tax_fen.sum(where=rows.valid),
        taxed_fen=fen.sum(where=rows.valid & rows.tax_fen.notnull()),
        issued=rows.count(),
        issued_fen=size.sum(),
        voids=rows.count(where=~rows.valid),
        void_fen=size.sum(where=~rows.valid).fill_null(0),
        largest_void_fen=size.max(where=~rows.valid),
        reds=rows.count(where=rows.red),
        red_fen=size.sum(where=rows.red).fill_null(0),
        last_on=rows.issued_on.max(where=rows.valid),
        largest_fen=fen.max(where=plain),
        days=bit(rows.day).bit_or(where=plain),
        weekend=rows.count(where=plain & (rows.issued_on.day_of_week.index() >= 5)),
        month_end_fen=fen.sum(where=plain & (rows.day >= MONTH_END_FROM)),
        small=rows.count(where=plain & (fen < SMALL_FEN)),
        near_cap=rows.count(where=plain & _near_a_ceiling(fen)),
        totals=rows.count(where=taxed),
        round_totals=rows.count(where=taxed & ((fen + rows.tax_fen) % SMALL_FEN == 0)),
        rated_fen=fen.sum(where=taxed),
        zero_rated_fen=fen.sum(where=taxed & (rows.tax_fen == 0)),
        low_rated_fen=fen.sum(where=taxed & (rows.tax_fen != 0) & (mills < fen * LOW_RATE)),
        high_rated_fen=fen.sum(where=taxed & (rows.tax_fen != 0) & (mills >= fen * HIGH_RATE)),
    )


def _near_a_ceiling(fen: Value) -> Value:
    near = [fen.between(ceiling * 9 // 10, ceiling) for ceiling in CEILINGS_FEN]
    return near[0] | near[1] | near[2] | near[3]


def _bought(rows: Table) -> Table:
    """company, month: purchases, null in a month of voids alone. Neither the rows nor the sums are filtered: the engine would
    then read or add up twice."""
    return rows.group_by(company=rows.buyer, month=rows.month).aggregate(
        purchases_fen=rows.amount_fen.sum(where=rows.valid),
        invoices=rows.count(where=rows.plain),
        tax_fen=rows.tax_fen.sum(where=rows.valid),
        taxed_fen=rows.amount_fen.sum(where=rows.valid & rows.tax_fen.notnull()),
        reds=rows.count(where=rows.red),
        red_fen=rows.amount_fen.sum(where=rows.red).fill_null(0),
        largest_fen=rows.amount_fen.max(where=rows.plain),
    )


def _pairs(rows: Table, span: Span) -> Table:
    """seller, buyer: net amount of the last 12 whole months and of the 12 before; since when; bits of the months with plain
    and with void invoices; reversals of the last 12 months."""
    inside = rows.mutate(age=span.end_month - rows.month)
    inside = inside.filter(inside.age >= 1)
    recent, before = inside.age <= 12, (inside.age >= 13) & (inside.age <= 24)
    month = bit(least_of(inside.age, BEYOND_A_YEAR))
    return inside.group_by("seller", "buyer").aggregate(
        recent_fen=inside.amount_fen.sum(where=inside.valid & recent).fill_null(0),
        before_fen=inside.amount_fen.sum(where=inside.valid & before).fill_null(0),
        first=inside.age.max(where=inside.plain),
        months=month.bit_or(where=inside.plain).fill_null(0),
        void_months=month.bit_or(where=~inside.valid).fill_null(0),
        reds=inside.count(where=inside.red & recent),
    )
