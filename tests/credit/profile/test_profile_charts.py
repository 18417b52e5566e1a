"""What a report draws agrees with the row of features beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest

from kemiao.credit.profile import months, top_counterparties

from .conftest import AS_OF, table_of
from .whole_company import ME, facts


@pytest.fixture(scope="module")
def lake() -> Iterator[tuple[Any, dict[str, Any], Any]]:
    with duckdb.connect() as raw:
        raw.register("invoice", table_of("invoice", facts()["invoice"]))
        raw.register("subjects", pa.table({"company": [ME]}))
        connection = ibis.duckdb.from_connection(raw)
        yield connection, {"invoice": connection.table("invoice")}, connection.table("subjects")


def test_months_add_up_to_the_year_of_the_row(lake: tuple[Any, dict[str, Any], Any], profile: Any) -> None:
    connection, tables, subjects = lake
    drawn = connection.to_pyarrow(months(tables, subjects, AS_OF)).to_pylist()
    row = profile(facts(), [ME])[ME]
    year = [each for each in drawn if each["month"] >= date(2023, 7, 1)]
    assert [each["month"] for each in drawn] == sorted({each["month"] for each in drawn})
    assert len(drawn) == 30
    assert sum(each["sales_fen"] for each in year) == row["revenue_12m_fen"]
    assert sum(each["purchases_fen"] for each in year) == row["purchases_12m_fen"]
    assert drawn[-1] == {
        "company": ME,
        "month": date(2024, 6, 1),
        "sales_fen": 60_000_000,
        "purchases_fen": 24_000_000,
        "customers": 3,
    }


def test_the_month_that_is_not_over_is_not_drawn(lake: tuple[Any, dict[str, Any], Any]) -> None:
    connection, tables, subjects = lake
    day_before = connection.to_pyarrow(months(tables, subjects, date(2024, 6, 29))).to_pylist()
    last_day = connection.to_pyarrow(months(tables, subjects, date(2024, 6, 30))).to_pylist()
    assert (day_before[-1]["month"], last_day[-1]["month"]) == (date(2024, 5, 1), date(2024, 6, 1))


def test_the_first_customer_is_the_largest_of_the_row(lake: tuple[Any, dict[str, Any], Any], profile: Any) -> None:
    connection, tables, subjects = lake
    customers = connection.to_pyarrow(top_counterparties(tables, subjects, AS_OF, "customers", 2)).to_pylist()
    assert [(each["counterparty"], each["place"], each["amount_fen"]) for each in customers] == [
        ("foreign:c2", 1, 360_000_000),
        ("foreign:c1", 2, 238_000_000),
    ]
    assert customers[0]["share_ppm"] == profile(facts(), [ME])[ME]["largest_customer_ppm"]
    suppliers = connection.to_pyarrow(top_counterparties(tables, subjects, AS_OF, "suppliers", 5)).to_pylist()
    assert [each["amount_fen"] for each in suppliers] == [144_000_000, 144_000_000]
