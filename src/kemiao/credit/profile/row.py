"""One row a company: every look joined to the subjects, then what follows from several looks together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from kemiao.credit.profile import (
    cash,
    counterparties,
    debt,
    invoice_rhythm,
    invoices_quality,
    legal,
    margin,
    network,
    orders,
    ownership,
    people,
    power,
    property,
    qualifications,
    receivables,
    register,
    research,
    revenue,
    sales,
    season,
    statements,
    steadiness,
    tax,
    vat,
    year,
)
from kemiao.credit.profile.catalogue import COLUMNS, TABLES
from kemiao.credit.profile.expressions import unknown
from kemiao.credit.profile.flows import Cache, Flows, invoice_flows
from kemiao.credit.profile.window import Span
from kemiao.facts.tables import TABLES as FORMS

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value


@dataclass(frozen=True, slots=True)
class Look:
    """What one table of facts says of each company. if_silent: what a company without any row in it has, where the source
    was asked about every company; other columns of such a company stay unknown. key: whose it is, by name or by number."""

    name: str
    table: str
    seen: Any
    if_silent: Mapping[str, int | bool]
    key: Literal["company", "subject"] = "company"


def uncached(expression: Table) -> Table:
    return expression


def features(
    facts: Mapping[str, Table],
    subjects: Table,
    as_of: date,
    silent_means_none: frozenset[str],
    cache: Cache = uncached,
) -> Table:
    """COLUMNS of each subject: `company`, then int64, boolean, text and date columns; null is unknown.

    facts: by name, own columns with provenance, cut to what was known on as_of (rows that happened later are left out here).
    A table other than `invoice` may be missing and is then an empty one, at no cost.
    subjects: one column `company`, each once. silent_means_none: the tables whose source was asked about every company.
    cache: computes a shared sum once; without it the engine shares them inside one query.
    """
    span = Span.until(as_of)
    forms = {name: facts[name] if name in facts else _unbound(name) for name in TABLES}
    flows = invoice_flows(forms["invoice"], subjects, span, cache)
    row = _joined(flows.subjects, _looks(forms, flows, span), frozenset(facts), silent_means_none)
    derived = {name: value for part in _derived(row, span) for name, value in part.items()}
    return row.select("company", **{name: derived[name] if name in derived else row[name] for name in COLUMNS})


@lru_cache(maxsize=32)
def features_sql(as_of: date, silent_means_none: frozenset[str], tables: frozenset[str] = frozenset(TABLES)) -> str:
    """The same as one DuckDB query over `subjects`, `invoice` and the other `tables` by their names; those left out are empty.

    Building and printing it takes far longer than one company's answer, and it is the same all day: it is kept.
    """
    import ibis

    facts = {name: _unbound(name) for name in TABLES if name in tables or name == "invoice"}
    subjects = ibis.table({"company": "string"}, name="subjects")
    return str(ibis.to_sql(features(facts, subjects, as_of, silent_means_none), dialect="duckdb", pretty=False))


def _unbound(name: str) -> Table:
    import ibis

    return ibis.table(ibis.Schema.from_pyarrow(FORMS[name].arrow_schema), name=name)


def _looks(facts: Mapping[str, Table], flows: Flows, span: Span) -> tuple[Look, ...]:
    customers, suppliers = counterparties.look(flows.customers), counterparties.look(flows.suppliers)
    return (
        Look("register", "company", register.look(facts["company"], span), {}),
        Look("sales", "invoice", sales.look_at_sales(flows.sold, span), sales.SALES_IF_SILENT, "subject"),
        Look("sold_in_year", "invoice", flows.sold_in_year, {}, "subject"),
        Look("purchases", "invoice", sales.look_at_purchases(flows.bought, span), sales.PURCHASES_IF_SILENT, "subject"),
        Look("bought_in_year", "invoice", flows.bought_in_year, {}, "subject"),
        Look("year", "invoice", year.look(flows.sold, flows.bought, span), {}, "subject"),
        Look("customers", "invoice", _named(customers, "customers"), {}, "subject"),
        Look("suppliers", "invoice", _named(suppliers, "suppliers"), {}, "subject"),
        Look("tax", "tax_filing", tax.look(facts["tax_filing"], flows, span), tax.IF_SILENT),
        Look("cash", "bank_transaction", cash.look(facts["bank_transaction"], span), cash.IF_SILENT),
        Look("staff", "staff", people.look_at_staff(facts["staff"], span), {}),
        Look("payroll", "payroll", people.look_at_payroll(facts["payroll"], span), {}),
        Look("research", "research_expense", research.look(facts["research_expense"], span), {}),
        Look("property", "intellectual_property", property.look(facts["intellectual_property"], span), property.IF_SILENT),
        Look("orders", "contract_order", orders.look(facts["contract_order"], span), orders.IF_SILENT),
        Look("qualifications", "qualification", qualifications.look(facts["qualification"], span), qualifications.IF_SILENT),
        Look("cases", "court_case", legal.look_at_cases(facts["court_case"], span), legal.CASES_IF_SILENT),
        Look("listings", "dishonest_listing", legal.look_at_listings(facts["dishonest_listing"], span), legal.LISTINGS_IF_SILENT),
        Look("power", "utility", power.look(facts["utility"], span), {}),
        Look("ownership", "shareholding", ownership.look(facts["shareholding"], span), {}),
        Look("own_loans", "own_loan", debt.look_at_own(facts["own_loan"], span), debt.OWN_IF_SILENT),
        Look("external_loans", "external_loan", debt.look_at_external(facts["external_loan"], span), debt.EXTERNAL_IF_SILENT),
        Look("statements", "financial_statement", statements.look(facts["financial_statement"], span), {}),
    )  # fmt: skip


def _named(seen: Table, prefix: str) -> Table:
    return seen.rename({f"{prefix}_{name}": name for name in seen.columns if name != "subject"})


def _joined(
    subjects: Table, looks: tuple[Look, ...], present: frozenset[str], silent_means_none: frozenset[str]
) -> Table:
    row: Any = subjects
    for look in looks:
        if look.table in present:
            row = row.left_join(look.seen, look.key, rname=f"{{name}}_in_{look.name}")
    columns: dict[str, Value] = {"company": row["company"]}
    for look in looks:
        silent = look.if_silent if look.table in silent_means_none else {}
        absent = row[f"{look.key}_in_{look.name}"].isnull() if look.table in present else None
        for name, kind in look.seen.schema().items():
            if name != look.key:
                seen = unknown(kind) if absent is None else row[name]
                columns[name] = _or_zero(seen, absent, silent[name]) if name in silent else seen
    return row.select(**columns)


def _or_zero(seen: Value, absent: Value | None, zero: int | bool) -> Value:
    """Not fill_null: of a company that has rows, what is unknown stays unknown."""
    return seen.fill_null(zero) if absent is None else absent.ifelse(zero, seen)


def _derived(row: Table, span: Span) -> tuple[dict[str, Value], ...]:
    last_year, sold = revenue.revenue(row), sales.derive(row, span)
    return (
        last_year,
        register.derive(row, span),
        sold,
        counterparties.derive(row, "customer", "customers", row.sales_history_months),
        counterparties.derive(row, "supplier", "suppliers", row.purchases_history_months),
        counterparties.derive_of_customers(row),
        season.derive(row),
        steadiness.derive(row),
        margin.derive(row),
        vat.derive(row),
        network.derive(row),
        invoices_quality.derive(row),
        invoice_rhythm.derive(row),
        tax.derive(row),
        cash.derive(row),
        people.derive(row),
        research.derive(row, last_year["revenue_fen"]),
        property.derive(row, span),
        orders.derive(row),
        legal.derive(row),
        power.derive(row, sold["sales_growth_ppm"]),
        debt.derive(row),
        statements.derive(row, span),
        receivables.derive(row),
    )
