"""What the company tells the tax office, and whether that is what it invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import (
    exact_square,
    exact_sum,
    growth_ppm,
    month_number,
    newest,
    only_if,
    ratio_ppm,
    within,
)
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.flows import Flows
from kemiao.credit.profile.window import FRESH_MONTHS, Span

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_T = ("tax_filing",)
FEATURES = (
    Feature("declared_to_invoiced_ppm", "tax", "申报销售比开票", "declared to invoiced sales",
            "报税的销售与开票的销售对得上吗?", "Does it declare what it invoices?", "ppm", "12m", ("tax_filing", "invoice")),
    Feature("declared_growth_ppm", "tax", "申报销售增长", "growth of declared sales",
            "报税的销售在增长吗?", "Do its declared sales grow?", "ppm", "12m/12m", _T),
    Feature("vat_burden_ppm", "tax", "增值税税负", "effective VAT",
            "增值税占销售多少?", "How much VAT does it owe on what it sells?", "ppm", "12m", _T),
    Feature("vat_zero_filings", "tax", "零申报次数", "zero filings",
            "一年里零申报几次?", "How many of its VAT filings of the year were zero?", "count", "12m", _T),
    Feature("tax_arrears_fen", "tax", "欠税", "tax arrears",
            "欠不欠税?", "Does it owe taxes?", "fen", "newest", _T),
    Feature("tax_credit_grade", "tax", "纳税信用等级", "tax credit grade",
            "税务局给它评几级?", "How does the tax office grade it?", "text", "newest", _T),
    Feature("declared_growth_3m_ppm", "tax", "近季申报销售同比", "growth of declared sales, last quarter",
            "最近一季报的销售比去年同期多吗?", "Does it declare more than in the same months last year?", "ppm", "3m/3m", _T),
    Feature("declared_cv_ppm", "tax", "申报销售波动", "volatility of declared sales",
            "每期申报的销售稳不稳?", "How steady are its declared sales?", "ppm", "12m", _T),
    Feature("filing_days", "tax", "申报最长用时", "latest filing",
            "每期过后多久才申报?", "How many days after the period's end did it file latest?", "days", "12m", _T),
    Feature("tax_unpaid_ppm", "tax", "未缴税款占比", "share of tax unpaid",
            "该缴的税有多少没缴?", "Which part of the tax due in a year is not paid?", "ppm", "12m", _T),
)  # fmt: skip
IF_SILENT: dict[str, int] = {}  # every company files: silence about one is never a zero


def look(tax_filing: Table, flows: Flows, span: Span) -> Table:
    """company and the sums of its last 12 declared months: the series ends with its newest filing, not with as_of."""
    known = tax_filing.filter(tax_filing.period_end <= span.as_of)
    vat = _vat(known)
    sums = _sums(vat)
    invoiced = _invoiced(flows, sums)
    state = known.group_by("company").aggregate(
        tax_credit_grade=known.tax_credit_grade.argmax(known.period_end, where=known.tax_credit_grade.notnull())
    )
    owing = newest(known.filter(known.arrears_fen.notnull()), ["company", "tax_kind"], "period_end")
    arrears = owing.group_by("company").aggregate(tax_arrears_fen=exact_sum(owing.arrears_fen))
    joined = state.left_join(arrears, "company", rname="{name}_arrears").left_join(sums, "company", rname="{name}_sums")
    joined = joined.left_join(invoiced, "company", rname="{name}_invoiced")
    fresh = span.as_of_month - joined.last_month <= FRESH_MONTHS
    return joined.select(
        "company", "tax_credit_grade", "tax_arrears_fen",
        declared_12m_fen=only_if(fresh, joined.declared_12m_fen),
        declared_before_fen=only_if(fresh, joined.declared_before_fen),
        vat_12m_fen=only_if(fresh, joined.vat_12m_fen),
        vat_zero_filings=only_if(fresh, joined.vat_zero_filings),
        filing_days=only_if(fresh, joined.filing_days),
        **{name: joined[name] for name in ("declared_3m_fen", "declared_3m_before_fen", "declared_filings", "declared_squares", "vat_paid_fen")},
        invoiced_same_fen=joined.invoiced_same_fen,
    )  # fmt: skip


def derive(row: Table) -> dict[str, Value]:
    square = row.declared_12m_fen.cast("float64") ** 2
    spread = (row.declared_filings * row.declared_squares - square).clip(lower=0).sqrt()
    return {
        "declared_to_invoiced_ppm": ratio_ppm(row.declared_12m_fen, row.invoiced_same_fen),
        "declared_growth_ppm": growth_ppm(row.declared_12m_fen, row.declared_before_fen),
        "vat_burden_ppm": ratio_ppm(row.vat_12m_fen, row.declared_12m_fen),
        "declared_growth_3m_ppm": only_if(
            row.declared_12m_fen.notnull(), growth_ppm(row.declared_3m_fen, row.declared_3m_before_fen)
        ),
        "declared_cv_ppm": ratio_ppm(spread, row.declared_12m_fen),
        "tax_unpaid_ppm": ratio_ppm(row.vat_12m_fen - row.vat_paid_fen, row.vat_12m_fen),
    }


def _vat(known: Table) -> Table:
    vat = newest(known.filter(known.tax_kind == "vat"), ["company", "period_end"])
    vat = vat.select(
        "company",
        "sales_fen",
        "tax_due_fen",
        "tax_paid_fen",
        wait=vat.filed_on.delta(vat.period_end, unit="day"),
        month=month_number(vat.period_end),
    )
    vat = vat.mutate(last_month=within(vat.month.max(), vat, ["company"]))
    return vat.mutate(age=vat.last_month - vat.month)


def _sums(vat: Table) -> Table:
    year, before = vat.age < 12, vat.age.between(12, 23)
    sums = vat.group_by("company").aggregate(
        last_month=vat.month.max(),
        declared=exact_sum(vat.sales_fen, year),
        declared_before=exact_sum(vat.sales_fen, before),
        due=exact_sum(vat.tax_due_fen, year),
        vat_zero_filings=vat.count(where=year & (vat.sales_fen == 0)),
        filings=vat.count(where=year & vat.sales_fen.notnull()),
        squares=exact_square(vat.sales_fen).sum(where=year).cast("float64"),
        paid=exact_sum(vat.tax_paid_fen, year),
        whole_paid=_whole(vat, year, vat.tax_paid_fen),
        quarter=exact_sum(vat.sales_fen, vat.age < 3),
        quarter_before=exact_sum(vat.sales_fen, vat.age.between(12, 14)),
        filing_days=vat.wait.max(where=year),
        whole=_whole(vat, year, vat.sales_fen),
        whole_before=_whole(vat, before, vat.sales_fen),
        whole_due=_whole(vat, year, vat.tax_due_fen),
    )
    return sums.select(
        "company", "last_month",
        declared_12m_fen=only_if(sums.whole, sums.declared),
        declared_before_fen=only_if(sums.whole_before, sums.declared_before),
        vat_12m_fen=only_if(sums.whole_due, sums.due),
        vat_zero_filings=only_if(sums.whole, sums.vat_zero_filings),
        declared_3m_fen=only_if(sums.whole, sums.quarter),
        declared_3m_before_fen=only_if(sums.whole_before, sums.quarter_before),
        declared_filings=sums.filings, declared_squares=sums.squares, filing_days=sums.filing_days,
        vat_paid_fen=only_if(sums.whole_paid, sums.paid),
    )  # fmt: skip


def _whole(vat: Table, window: Value, value: Value) -> Value:
    """Twelve monthly filings, or the four of quarterly filers, each with its figure: a missing one is not a zero."""
    filed = vat.count(where=window & value.notnull())
    quarters = vat.count(where=window & value.notnull() & (vat.age % 3 == 0))
    return (filed == 12) | ((filed == 4) & (quarters == 4))


def _invoiced(flows: Flows, sums: Table) -> Table:
    """What it invoiced in the very months that it declared; null where the invoices begin later."""
    named = flows.subjects.inner_join(sums.select("company", "last_month"), "company")
    both = flows.sold.inner_join(named, "subject")
    both = both.mutate(age=both.last_month - both.month)
    totals = both.group_by("company").aggregate(
        oldest=both.age.max(), invoiced=exact_sum(both.sales_fen, both.age.between(0, 11))
    )
    return totals.select("company", invoiced_same_fen=only_if(totals.oldest >= 11, totals.invoiced))
