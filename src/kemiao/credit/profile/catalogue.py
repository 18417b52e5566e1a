"""All columns of a company's row: the features that rating may use, and the inputs of the rules of law."""

from __future__ import annotations

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
)
from kemiao.credit.profile.feature import Feature

FEATURES: tuple[Feature, ...] = (
    *sales.FEATURES,
    *season.FEATURES,
    *steadiness.FEATURES,
    *margin.FEATURES,
    *vat.FEATURES,
    *counterparties.FEATURES,
    *network.FEATURES,
    *invoices_quality.FEATURES,
    *invoice_rhythm.FEATURES,
    *tax.FEATURES,
    *cash.FEATURES,
    *people.FEATURES,
    *research.FEATURES,
    *property.FEATURES,
    *orders.FEATURES,
    *qualifications.FEATURES,
    *legal.FEATURES,
    *power.FEATURES,
    *ownership.FEATURES,
    *debt.FEATURES,
    *statements.FEATURES,
    *receivables.FEATURES,
    *register.FEATURES,
)
# Some inputs of the law are features too; they stand in both lists and once in the row.
LAW_INPUTS: tuple[Feature, ...] = (
    register.INDUSTRY, register.REGION, register.REGISTERED, people.STAFF_TOTAL, people.STAFF_TECH,
    *revenue.LAW_INPUTS, research.RD_EXPENSE, *statements.LAW_INPUTS, property.CLASS_1, property.CLASS_2,
    qualifications.HIGH_TECH, *qualifications.ROUTES, legal.DISHONEST, legal.ABNORMAL,
    debt.OWN_BALANCE, debt.OWN_OVERDUE, debt.EXTERNAL_BALANCE, debt.EXTERNAL_OVERDUE,
)  # fmt: skip
COLUMNS: dict[str, Feature] = {feature.name: feature for feature in (*FEATURES, *LAW_INPUTS)}
TABLES: tuple[str, ...] = tuple(dict.fromkeys(table for feature in COLUMNS.values() for table in feature.tables))
