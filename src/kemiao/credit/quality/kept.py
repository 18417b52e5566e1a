"""A judged day as it is kept: the same QUALITY, packed. A million loans every day are many bytes, and most columns say few things."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from kemiao.credit.quality.book import flat
from kemiao.credit.quality.columns import QUALITY

# Nearly every loan has its own: a dictionary would be as long as the column.
_EACH_ITS_OWN = ("loan", "balance_fen", "ead_fen", "ecl_fen", "rwa_fen", "capital_fen")
_SEPARATOR = ","
_WIDTHS = (pa.int8(), pa.int16(), pa.int32())


def pack(quality: pa.Table) -> pa.Table:
    """Columns become dictionaries where that is shorter; lists of reasons words; who is no group's member has no group.

    The same rows give the same columns. `unpack` gives all of it back.
    """
    alone = pc.equal(quality["group"], quality["company"])
    bare = quality.set_column(QUALITY.get_field_index("group"), "group", pc.if_else(alone, pa.scalar(None, pa.string()), quality["group"]))  # fmt: skip
    return pa.table({name: flat(bare[name]) if name in _EACH_ITS_OWN else _packed(flat(bare[name])) for name in QUALITY.names})  # fmt: skip


def unpack(packed: pa.Table) -> pa.Table:
    """QUALITY again; a column that came with a later release is unknown in what an earlier one kept."""
    columns = {
        field.name: _plain(flat(packed[field.name]), field.type)
        if field.name in packed.column_names
        else pa.nulls(packed.num_rows, field.type)
        for field in QUALITY
    }
    columns["group"] = pc.coalesce(columns["group"], columns["company"])
    return pa.table([columns[name] for name in QUALITY.names], schema=QUALITY)


def _packed(column: pa.Array) -> pa.Array:
    if pa.types.is_boolean(column.type):
        return column  # a bit each
    if pa.types.is_list(column.type):
        column = pc.binary_join(column, _SEPARATOR)
    coded = column.dictionary_encode()
    width = next(width for width in _WIDTHS if len(coded.dictionary) <= 2 ** (width.bit_width - 1))
    # Text lies beside four bytes of its place, so numbers of places as wide still pay where words repeat.
    text = pa.types.is_string(column.type)
    if width.bit_width >= (64 if text else column.type.bit_width) or (text and 2 * len(coded.dictionary) > len(column)):
        return column
    return pa.DictionaryArray.from_arrays(coded.indices.cast(width), coded.dictionary)


def _plain(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if not pa.types.is_list(kind):
        return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    lists = [words.split(_SEPARATOR) if words else [] for words in coded.dictionary.to_pylist()]
    return pa.array(lists, kind).take(coded.indices)
