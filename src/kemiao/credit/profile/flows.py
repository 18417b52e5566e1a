"""Who sold how much to whom: the sums of invoices that every look at sales and purchases shares.

An invoice from a company to itself is nobody's sale. Void invoices count as issued, never as sold. Red-letter invoices have
amounts below zero and are netted in the month in which they were issued; a plain invoice is neither void nor red.

A subject's rows are grouped by its number among the subjects (`subject`), not by its name: grouping by a short whole number
takes half the time and memory, and rows of others are never added up. What is asked of single months or of more than a year is
summed by month, the rest over the last 12 whole months alone, which are a third of the rows. Days and months in which
something happened are bits of one number, counted later.

Sums stay as wide as the engine makes them (128 bits in DuckDB): narrowing a million of them here costs a tenth of the whole,
so those who sum them up once more narrow theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import bit, exact_sum, least_of, month_number, numbered
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
    """Of the subjects alone, by `subject`, their number; `subjects` says whose it is (company, subject).

    sold, bought: by month. sold_in_year, bought_in_year: over the last 12 whole months. customers, suppliers: by `other`, over
    the whole months.
    """

    subjects: Table
    sold: Table
    sold_in_year: Table
    bought: Table
    bought_in_year: Table
    customers: Table
    suppliers: Table


def invoice_flows(invoice: Table, subjects: Table, span: Span, cache: Cache) -> Flows:
    """`cache` may compute an expression once and give back its result: each is read several times."""
    rows = invoice.filter(invoice.issued_on <= span.as_of, invoice.seller != invoice.buyer)
    valid = rows.status == "normal"
    rows = rows.select(
        "seller", "buyer", "issued_on", "amount_fen", "tax_fen", valid=valid,
        month=month_number(rows.issued_on), age=span.end_month - month_number(rows.issued_on),
        red=valid & rows.red_letter, plain=valid & ~rows.red_letter,
    )  # fmt: skip
    named = numbered(subjects, "company", "subject")
    sales, purchases = _side(rows, named, "seller", "buyer"), _side(rows, named, "buyer", "seller")
    suppliers = cache(_suppliers(purchases))
    return Flows(
        subjects=named,
        sold=cache(_sold(sales)),
        sold_in_year=_sold_in_year(sales),
        bought=cache(_bought(purchases)),
        bought_in_year=_bought_in_year(purchases),
        customers=_with_the_way_back(_customers(sales), suppliers),
        suppliers=suppliers,
    )


def _side(rows: Table, named: Table, mine: str, other: str) -> Table:
    """The rows in which a subject stands on that side."""
    joined = rows.inner_join(named, rows[mine] == named.company)
    kept = ("subject", "issued_on", "month", "age", "amount_fen", "tax_fen", "valid", "red", "plain")
    return joined.select(*kept, other=joined[other])


def _sold(rows: Table) -> Table:
    """subject, month: sales, and what was issued, voided and reversed, by count."""
    fen = rows.amount_fen
    return rows.group_by("subject", "month").aggregate(
        sales_fen=fen.sum(where=rows.valid).fill_null(0),
        invoices=rows.count(where=rows.plain),
        issued=rows.count(),
        voids=rows.count(where=~rows.valid),
        red_fen=fen.abs().sum(where=rows.red).fill_null(0),
        last_on=rows.issued_on.max(where=rows.valid),
        days=bit(rows.issued_on.day()).bit_or(where=rows.plain),
    )


def _sold_in_year(rows: Table) -> Table:
    """subject, and of what it issued in the last 12 whole months: tax, voids, reversals, days, sizes and rates."""
    rows = rows.filter(rows.age.between(1, 12))
    fen, plain, taxed = rows.amount_fen, rows.plain, rows.plain & rows.tax_fen.notnull()
    size, mills = fen.abs(), rows.tax_fen * 1000
    return rows.group_by("subject").aggregate(
        tax_12m_fen=exact_sum(rows.tax_fen, rows.valid),
        taxed_12m_fen=exact_sum(fen, rows.valid & rows.tax_fen.notnull()),
        issued_12m_fen=exact_sum(size),
        void_12m_fen=exact_sum(size, ~rows.valid).fill_null(0),
        largest_void_fen=size.max(where=~rows.valid),
        reds_12m=rows.count(where=rows.red),
        largest_12m_fen=fen.max(where=plain),
        weekend_12m=rows.count(where=plain & (rows.issued_on.day_of_week.index() >= 5)),
        month_end_12m_fen=exact_sum(fen, plain & (rows.issued_on.day() >= MONTH_END_FROM)).fill_null(0),
        small_12m=rows.count(where=plain & (fen < SMALL_FEN)),
        near_cap_12m=rows.count(where=plain & _near_a_ceiling(fen)),
        totals_12m=rows.count(where=taxed),
        round_12m=rows.count(where=taxed & ((fen + rows.tax_fen) % SMALL_FEN == 0)),
        rated_12m_fen=exact_sum(fen, taxed).fill_null(0),
        zero_rated_12m_fen=exact_sum(fen, taxed & (rows.tax_fen == 0)).fill_null(0),
        low_rated_12m_fen=exact_sum(fen, taxed & (rows.tax_fen != 0) & (mills < fen * LOW_RATE)).fill_null(0),
        high_rated_12m_fen=exact_sum(fen, taxed & (rows.tax_fen != 0) & (mills >= fen * HIGH_RATE)).fill_null(0),
    )


def _near_a_ceiling(fen: Value) -> Value:
    near = [fen.between(ceiling * 9 // 10, ceiling) for ceiling in CEILINGS_FEN]
    return near[0] | near[1] | near[2] | near[3]


def _bought(rows: Table) -> Table:
    """subject, month: purchases, null in a month of voids alone."""
    return rows.group_by("subject", "month").aggregate(purchases_fen=rows.amount_fen.sum(where=rows.valid))


def _bought_in_year(rows: Table) -> Table:
    rows = rows.filter(rows.age.between(1, 12))
    return rows.group_by("subject").aggregate(
        purchase_invoices_12m=rows.count(where=rows.plain),
        purchases_tax_fen=exact_sum(rows.tax_fen, rows.valid),
        purchases_taxed_fen=exact_sum(rows.amount_fen, rows.valid & rows.tax_fen.notnull()),
        purchases_red_fen=exact_sum(rows.amount_fen, rows.red).fill_null(0),
        largest_purchase_fen=rows.amount_fen.max(where=rows.plain),
    )


def _customers(rows: Table) -> Table:
    """subject, other: `_relation`; bits of the months with void invoices; reversals of the last 12 months."""
    rows = rows.filter(rows.age >= 1)
    return rows.group_by("subject", "other").aggregate(
        **_relation(rows),
        void_months=_month(rows).bit_or(where=~rows.valid).fill_null(0),
        reds=rows.count(where=rows.red & (rows.age <= 12)),
    )


def _suppliers(rows: Table) -> Table:
    rows = rows.filter(rows.age >= 1)
    return rows.group_by("subject", "other").aggregate(**_relation(rows))


def _relation(rows: Table) -> dict[str, Value]:
    """Net amount of the last 12 whole months and of the 12 before; since when; bits of the months with plain invoices."""
    return {
        "recent_fen": rows.amount_fen.sum(where=rows.valid & (rows.age <= 12)).fill_null(0),
        "before_fen": rows.amount_fen.sum(where=rows.valid & rows.age.between(13, 24)).fill_null(0),
        "first": rows.age.max(where=rows.plain),
        "months": _month(rows).bit_or(where=rows.plain).fill_null(0),
    }


def _month(rows: Table) -> Value:
    return bit(least_of(rows.age, BEYOND_A_YEAR))


def _with_the_way_back(customers: Table, suppliers: Table) -> Table:
    """back_fen: what the subject bought from its customer in the last 12 whole months; null where nothing."""
    back = suppliers.select("subject", "other", back_fen="recent_fen")
    return customers.left_join(back, ["subject", "other"], rname="{name}_back").drop("subject_back", "other_back")
