"""The table of postings: one row a leg, debit above zero, credit below. All legs of a voucher sum to zero."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from kemiao.base.columns import BoolArray, IntArray

_few, _many = pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.string())

POSTINGS = pa.schema([
    ("booked_on", pa.date32()),  # the day whose end wrote it
    ("value_day", pa.date32()),  # the day from which it counts: earlier than booked_on where a message came late
    ("voucher", pa.int64()),  # running number within booked_on
    ("loan", _many), ("company", _many),
    ("account", _few),  # its name in the chart
    ("amount_fen", pa.int64()),  # debit +, credit −
    ("kind", _few), ("component", _few),  # of the line that it comes from; `provide` for allowances
    ("message", _many),  # null for what the days bring
    ("reversal", pa.bool_()),  # takes back what was posted before
])  # fmt: skip
"""Rows lie by company, then by voucher: one customer's rows are one slice of a chunk."""


def coded(codes: IntArray, names: pa.Array, *, few: bool = False, unknown: BoolArray | None = None) -> pa.Array:
    """A dictionary column of the names that occur, in their order; unknown: rows that are null."""
    known = codes if unknown is None else codes[~unknown]
    used = np.zeros(len(names), bool)
    used[known] = True
    places = np.cumsum(used) - 1
    small = np.int8 if few else np.int32
    safe = codes if unknown is None else np.where(unknown, 0, codes)
    found = places[safe].astype(small) if len(names) else np.zeros(len(codes), small)
    return pa.DictionaryArray.from_arrays(pa.array(found, mask=unknown), names.filter(pa.array(used)))


def column_codes(column: pa.ChunkedArray | pa.Array) -> tuple[IntArray, pa.Array, BoolArray]:
    """Codes, names and which rows are null of a column of text, whether it is a dictionary already or not."""
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(flat, pa.ChunkedArray):  # an empty one stays chunked
        flat = pa.concat_arrays(flat.chunks) if flat.num_chunks else pa.array([], pa.string())
    if not pa.types.is_dictionary(flat.type):
        flat = flat.dictionary_encode()
    unknown = np.asarray(flat.is_null())
    codes = np.asarray(flat.indices.fill_null(0)).astype(np.int64)
    return codes, flat.dictionary, unknown


def plain(table: pa.Table) -> pa.Table:
    """Rows of POSTINGS with words for codes: chunks have dictionaries of their own, far larger than a few rows need."""
    return pa.table({
        name: table[name].cast(pa.string()) if pa.types.is_dictionary(table.schema.field(name).type) else table[name]
        for name in POSTINGS.names
    })  # fmt: skip
