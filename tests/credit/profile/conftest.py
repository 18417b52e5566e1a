"""A little bank of facts in memory: rows as dicts in, features as dicts out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from kemiao.credit.profile import TABLES, features_sql
from kemiao.facts.tables import TABLES as FORMS

AS_OF = date(2024, 7, 1)
Rows = Mapping[str, Iterable[Mapping[str, Any]]]


def table_of(name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows of a table of facts with plausible provenance where the test does not care."""
    form = FORMS[name]
    full = [
        {
            "fact_id": b"%016d" % number, "content_id": b"%016d" % number, "happened_on": row.get(form.happened_on),
            "known_at": row.get(form.happened_on), "source": "test", "basis": "own", "batch": 1, "file": 1,
            "row": number + 2, "revision": 0, **row,
        }
        for number, row in enumerate(rows)
    ]  # fmt: skip
    return pa.Table.from_pylist(full, schema=form.arrow_schema)


@pytest.fixture(scope="module")
def profile() -> Iterable[Callable[..., dict[str, dict[str, Any]]]]:
    """`profile(rows_by_table, companies, as_of, silent, tables)` → features by company."""
    with duckdb.connect() as connection:

        def of(
            rows: Rows,
            companies: Iterable[str],
            as_of: date = AS_OF,
            silent: frozenset[str] = frozenset(),
            tables: frozenset[str] = frozenset(TABLES),
        ) -> dict[str, dict[str, Any]]:
            for name in TABLES:
                connection.register(name, table_of(name, rows.get(name, ())))
            connection.register("subjects", pa.table({"company": pa.array(list(companies), pa.string())}))
            found = connection.sql(features_sql(as_of, silent, tables)).to_arrow_table().to_pylist()
            return {row["company"]: row for row in found}

        yield of
