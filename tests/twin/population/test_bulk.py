"""Invoices for benches have the form of the lake and the skew of the world."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from kemiao.base.keys import parse_company
from kemiao.facts.tables import INVOICE
from kemiao.twin.population.bulk import bench_companies, bench_lake


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    return bench_lake(30_000, companies=300, seed=2).read_all()


def test_rows_have_the_schema_of_the_lake_and_are_as_many_as_asked(rows: pa.Table) -> None:
    assert rows.schema == INVOICE.arrow_schema
    assert rows.num_rows == 30_000
    assert all(rows[field.name].null_count == 0 for field in rows.schema)
    assert pc.count_distinct(rows["invoice_no"]).as_py() == pc.count_distinct(rows["fact_id"]).as_py() == 30_000


def test_the_same_seed_gives_the_same_rows(rows: pa.Table) -> None:
    assert bench_lake(30_000, companies=300, seed=2).read_all().equals(rows)
    assert not bench_lake(30_000, companies=300, seed=3).read_all().equals(rows)


def test_each_invoice_has_one_of_the_companies_on_a_side_and_keys_are_valid(rows: pa.Table) -> None:
    ours = pa.array(bench_companies(300, seed=2))
    assert pc.all(pc.or_(pc.is_in(rows["seller"], ours), pc.is_in(rows["buyer"], ours))).as_py()
    keys = set(rows["seller"].to_pylist()) | set(rows["buyer"].to_pylist())
    assert all(parse_company(key) == key for key in keys)
    assert not pc.any(pc.equal(rows["seller"], rows["buyer"])).as_py()


def test_amounts_add_up_and_shares_of_void_and_red_are_realistic(rows: pa.Table) -> None:
    net, tax, total = (rows[name].to_numpy() for name in ("amount_fen", "tax_fen", "total_fen"))
    assert np.array_equal(net + tax, total)
    assert np.array_equal(net < 0, rows["red_letter"].to_numpy(zero_copy_only=False))
    assert 0.005 < (net < 0).mean() < 0.02
    assert 0.005 < pc.mean(pc.equal(rows["status"], "void").cast(pa.int64())).as_py() < 0.02


def test_few_companies_have_most_of_the_invoices_and_all_36_months_have_some(rows: pa.Table) -> None:
    counts = np.sort([item["counts"] for item in rows["seller"].value_counts().to_pylist()])[::-1]
    assert counts[: len(counts) // 10].sum() > 0.4 * rows.num_rows
    months = pc.count_distinct(pc.strftime(rows["issued_on"], format="%Y-%m")).as_py()
    assert months == 36
