"""On invoices that none of us made: the CUMCM 2020 files, read straight into the form of a table of facts."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pytest
from scipy.stats import spearmanr

from kemiao.credit.profile import FEATURES, TABLES, features_sql
from kemiao.facts.tables import TABLES as FORMS

NEWEST = date(2020, 2, 21)
LEAST_KNOWN = 50
INVOICE_FEATURES = [feature.name for feature in FEATURES if feature.tables == ("invoice",)]
SHARES = (
    "largest_customer_ppm", "top5_customers_ppm", "customers_hhi_ppm", "repeat_customers_ppm", "void_count_ppm", "new_customers_ppm",
    "customer_churn_ppm", "lasting_customers_ppm", "unbroken_customers_ppm", "one_off_customers_ppm", "voided_customers_ppm",
    "reversed_customers_ppm", "registered_customers_ppm", "person_customers_ppm", "two_way_sales_ppm", "two_way_partners_ppm",
    "circular_sales_ppm", "weekend_ppm", "month_end_ppm", "largest_invoice_ppm", "round_invoices_ppm", "near_cap_ppm",
    "small_invoices_ppm", "largest_purchase_ppm", "zero_rated_ppm", "low_rated_ppm", "high_rated_ppm", "rate_mix_ppm",
    "void_rebilled_ppm", "red_year_end_ppm",
)  # fmt: skip


def side(path: Path, seller: str, buyer: str) -> str:
    return f"""
        SELECT "发票号码" || '{path.stem}' || "企业代号" AS invoice_no, {seller} AS seller, {buyer} AS buyer,
               "开票日期"::DATE AS issued_on, round("金额" * 100)::BIGINT AS amount_fen, round("税额" * 100)::BIGINT AS tax_fen,
               round("价税合计" * 100)::BIGINT AS total_fen,
               CASE WHEN trim("发票状态") = '有效发票' THEN 'normal' ELSE 'void' END AS status, "金额" < 0 AS red_letter
        FROM '{path}'"""  # noqa: S608


@pytest.fixture(scope="module")
def real(shared_data: Path) -> list[dict[str, Any]]:
    """A row of features for each of the 123 companies with an outcome and the 302 without."""
    folder = shared_data / "cumcm2020c"
    own, other = "'cumcm:' || \"企业代号\"", "'foreign:' || \"{}\""
    with duckdb.connect() as connection:
        for name in TABLES:
            connection.register(f"none_{name}", FORMS[name].arrow_schema.empty_table())
            connection.execute(f"CREATE TABLE {name} AS FROM none_{name}")
        for part in ("credit", "nocredit"):
            for rows in (
                side(folder / f"{part}_output_invoices.parquet", own, other.format("购方单位代号")),
                side(folder / f"{part}_input_invoices.parquet", other.format("销方单位代号"), own),
            ):
                connection.execute(f"INSERT INTO invoice BY NAME {rows}")
        connection.execute(
            "CREATE TABLE subjects AS SELECT DISTINCT seller AS company FROM invoice WHERE seller LIKE 'cumcm:%'"
        )
        return connection.sql(features_sql(NEWEST, frozenset())).to_arrow_table().to_pylist()


@pytest.mark.slow
def test_a_typical_company_shows_at_least_eighty_features_by_its_invoices_alone(real: list[dict[str, Any]]) -> None:
    assert len(real) == 425
    known = [sum(row[name] is not None for name in INVOICE_FEATURES) for row in real]
    assert median(known) >= 80
    assert all(row["revenue_12m_fen"] is not None for row in real)


@pytest.mark.slow
def test_shares_lie_between_none_and_all(real: list[dict[str, Any]]) -> None:
    outside = [(row["company"], name, row[name]) for row in real for name in SHARES if row[name] is not None and not 0 <= row[name] <= 1_000_000]  # fmt: skip
    assert outside == []


@pytest.mark.slow
def test_at_least_forty_invoice_features_say_something_of_their_own(real: list[dict[str, Any]]) -> None:
    """Taken in turn; one that is known of too few, is nearly always the same, or ranks companies as one already taken does
    (above 0.95, either way round, where both are known) is not counted."""
    counted: list[str] = []
    dropped: list[str] = []
    for name in INVOICE_FEATURES:
        values = [row[name] for row in real if row[name] is not None]
        if len(values) < LEAST_KNOWN or max(Counter(values).values()) > len(values) * 9 // 10:
            dropped.append(f"{name}: known of {len(values)}, or nearly always the same")
            continue
        like = [(other, rho) for other in counted if (rho := rank_correlation(real, name, other)) > 0.95]
        if like:
            dropped.append(f"{name}: {', '.join(f'{other} {rho:.3f}' for other, rho in like)}")
        else:
            counted.append(name)
    assert len(counted) >= 46, "\n".join([f"{len(counted)} of {len(INVOICE_FEATURES)}", *dropped])


def rank_correlation(rows: list[dict[str, Any]], left: str, right: str) -> float:
    """Spearman's, without sign, over the companies of which both are known; 1 where those are too few to tell them apart."""
    both = [(row[left], row[right]) for row in rows if row[left] is not None and row[right] is not None]
    if len(both) < LEAST_KNOWN:
        return 1.0
    return abs(float(spearmanr(both).statistic))
