"""What the vocabulary promises is held by pandera as well, which knows nothing of the SQL."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import BrokenInvariant
from kemiao.data.contract import hold, schema
from kemiao.facts.schema import ARROW
from kemiao.facts.tables import INVOICE, TABLES

GOOD = {
    "invoice_no": "1", "seller": "cumcm:A", "buyer": "cumcm:B", "issued_on": date(2024, 5, 1), "amount_fen": 100,
    "tax_fen": None, "total_fen": 113, "status": "normal", "red_letter": False,
}  # fmt: skip


def rows(**cells: object) -> pa.Table:
    schema_ = pa.schema([pa.field(column.name, ARROW[column.kind]) for column in INVOICE.columns])
    return pa.Table.from_pylist([GOOD, GOOD | cells], schema_)


def test_every_table_of_facts_has_its_schema():
    assert all(set(schema(name).columns) == {column.name for column in TABLES[name].columns} for name in TABLES)


def test_good_rows_keep_the_promise():
    hold(INVOICE, rows())


@pytest.mark.parametrize(
    "cells",
    [{"status": "open"}, {"amount_fen": FEN_MAX + 1}, {"seller": None}, {"seller": "somebody"}, {"red_letter": None}],
)
def test_a_row_that_breaks_the_promise_stops_the_program(cells):
    with pytest.raises(BrokenInvariant, match=next(iter(cells))):
        hold(INVOICE, rows(**cells))
