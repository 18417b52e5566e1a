"""On invoices that none of us made: the CUMCM 2020 files, read straight into the form of a table of facts."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from statistics import median

import duckdb
import pytest

from kemiao.credit.profile import FEATURES, TABLES, features_sql
from kemiao.facts.tables import TABLES as FORMS

NEWEST = date(2020, 2, 21)


def side(path: Path, seller: str, buyer: str) -> str:
    return f"""
        SELECT "发票号码" || '{path.stem}' || "企业代号" AS invoice_no, {seller} AS seller, {buyer} AS buyer,
               "开票日期"::DATE AS issued_on, round("金额" * 100)::BIGINT AS amount_fen, round("税额" * 100)::BIGINT AS tax_fen,
               round("价税合计" * 100)::BIGINT AS total_fen,
               CASE WHEN trim("发票状态") = '有效发票' THEN 'normal' ELSE 'void' END AS status, "金额" < 0 AS red_letter
        FROM '{path}'"""  # noqa: S608


@pytest.mark.slow
def test_a_typical_company_shows_at_least_thirty_features_by_its_invoices_alone(shared_data: Path) -> None:
    folder = shared_data / "cumcm2020c"
    own, other = "'cumcm:' || \"企业代号\"", "'foreign:' || \"{}\""
    with duckdb.connect() as connection:
        for name in TABLES:
            connection.register(f"none_{name}", FORMS[name].arrow_schema.empty_table())
            connection.execute(f"CREATE TABLE {name} AS FROM none_{name}")
        sides = [
            side(folder / "credit_output_invoices.parquet", own, other.format("购方单位代号")),
            side(folder / "credit_input_invoices.parquet", other.format("销方单位代号"), own),
        ]
        for rows in sides:
            connection.execute(f"INSERT INTO invoice BY NAME {rows}")
        connection.execute(
            "CREATE TABLE subjects AS SELECT DISTINCT seller AS company FROM invoice WHERE seller LIKE 'cumcm:%'"
        )
        found = connection.sql(features_sql(NEWEST, frozenset())).to_arrow_table().to_pylist()
    assert len(found) == 123
    known = [sum(row[feature.name] is not None for feature in FEATURES) for row in found]
    assert median(known) >= 30
    assert all(row["revenue_12m_fen"] is not None for row in found)
    shares = (
        "largest_customer_ppm",
        "top5_customers_ppm",
        "customers_hhi_ppm",
        "repeat_customers_ppm",
        "void_count_ppm",
    )
    assert all(0 <= row[name] <= 1_000_000 for row in found for name in shares if row[name] is not None)
