"""A batch out of columns: DuckDB's sha256 over whole tables, the tree beside it. The bytes are those of chain.batch.

What a type becomes as text: days ISO (years 1 to 9999), whole numbers decimal, flags true or false, bytes lower-case hex, text
as it is, null `-`. Floats, decimals, instants and nested columns are refused: they have no single form as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.refusal import BrokenInvariant, Refusal, Refused
from kemiao.base.tree import root as root_of_list
from kemiao.chain.batch import FACT_DOMAIN, KEY_BYTES, SALT_BYTES, SALT_DOMAIN, Batch, finished, no_fixed_text
from kemiao.chain.flat_tree import CHUNK_LEAVES, HASH_BYTES, chunk_roots

_SLICE_ROWS = 4 * CHUNK_LEAVES  # hashed in one query, by all threads
_PIECE_ROWS = CHUNK_LEAVES // 4  # what one thread takes at a time
_FIRST_DAY, _LAST_DAY = (day.toordinal() - date(1970, 1, 1).toordinal() for day in (date.min, date.max))


def batch_of_query(connection: duckdb.DuckDBPyConnection, select: str, key: bytes) -> Batch:
    """The rows of a SELECT, in the order in which it gives them: it should have an ORDER BY. Raises as batch_of_columns does."""
    return batch_of_columns(connection.sql(select).to_arrow_reader(_SLICE_ROWS), key)


def batch_of_columns(rows: pa.Table | pa.RecordBatchReader, key: bytes) -> Batch:
    """Raises Refused NO_FIXED_TEXT with the column (and for a day out of range NO_SUCH_DAY), NOT_UTF8, EMPTY_BATCH."""
    if len(key) != KEY_BYTES:
        raise BrokenInvariant(f"a batch key has {KEY_BYTES} bytes")
    texts = _texts(rows.schema)
    with duckdb.connect() as connection, ThreadPoolExecutor(1) as worker:
        connection.execute("SET enable_progress_bar = false").fetchall()
        hashed = _Hashed(connection, texts, key)
        leaves: list[bytes] = []
        roots: list[bytes] = []
        # The columns of a slice are hashed by DuckDB's threads while this one builds the tree of the slice before.
        waiting = None
        for start, part in _slices(rows):
            following = worker.submit(hashed.leaves, start, part)
            if waiting is not None:
                leaves.append(waiting.result())
                roots += chunk_roots(leaves[-1])
            waiting = following
        if waiting is not None:
            leaves.append(waiting.result())
            roots += chunk_roots(leaves[-1])
    return finished(tuple(rows.schema.names), key, b"".join(leaves), lambda _: root_of_list(roots))


def as_text(rows: pa.Table) -> pa.Table:
    """The cells of the batch as they were hashed: text columns of the same names. Raises as batch_of_columns does."""
    texts = _texts(rows.schema)
    rows = _plain(rows)
    _check(rows)
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false").fetchall()
        connection.register("facts", rows.rename_columns([f"c{place}" for place in range(rows.num_columns)]))
        names = ", ".join(f"{text} AS c{place}" for place, text in enumerate(texts))
        found = connection.sql(f"SELECT {names} FROM facts").to_arrow_table()  # noqa: S608 - numbers of columns only
    return found.rename_columns(rows.schema.names)


@dataclass(frozen=True, slots=True)
class _Hashed:
    connection: duckdb.DuckDBPyConnection
    texts: Sequence[str]
    key: bytes

    def leaves(self, start: int, part: pa.Table) -> bytes:
        """Leaf hashes of the rows of `part`, whose first has the index `start` in the batch."""
        _check(part)
        names = [*(f"c{place}" for place in range(part.num_columns)), "salted"]
        table = pa.Table.from_arrays([*part.columns, self._salted(start, part.num_rows)], names)
        self.connection.register("facts", pa.Table.from_batches(table.to_batches(_PIECE_ROWS), table.schema))
        cells = ", ".join(f"coalesce(strlen({text})::VARCHAR || ':' || {text}, '-')" for text in self.texts)
        opening = "\\x00" + FACT_DOMAIN.decode().replace("\0", "\\x00")
        leaf = f"'{opening}'::BLOB || unhex(left(sha256(salted), {2 * SALT_BYTES})) || encode(concat({cells}))"
        found = self.connection.sql(f"SELECT unhex(sha256({leaf})) FROM facts").to_arrow_table()  # noqa: S608 - numbers of columns only
        return b"".join(_bytes_of(chunk) for chunk in found.column(0).chunks)

    def _salted(self, start: int, count: int) -> pa.Array:
        """What the salts are digests of, one for each row."""
        opening = np.frombuffer(SALT_DOMAIN + self.key, np.uint8)
        rows = np.empty((count, len(opening) + 8), np.uint8)
        rows[:, : len(opening)] = opening
        rows[:, len(opening) :] = np.arange(start, start + count, dtype=">u8").view(np.uint8).reshape(count, 8)
        return pa.FixedSizeBinaryArray.from_buffers(pa.binary(rows.shape[1]), count, [None, pa.py_buffer(rows)])


def _bytes_of(chunk: pa.Array) -> bytes:
    """The hashes of a binary column one behind the other: its data buffer, as all of them have the same length."""
    raw: bytes = chunk.buffers()[2].to_pybytes()[: len(chunk) * HASH_BYTES]
    if chunk.offset or len(raw) != len(chunk) * HASH_BYTES:
        raise BrokenInvariant("DuckDB gave hashes in another form")
    return raw


def _texts(schema: pa.Schema) -> list[str]:
    """The SQL expression of each column's text."""
    if not schema.names:
        raise Refused(Refusal("EMPTY_BATCH", "一列也没有", "there is not a single column"))
    return [_text(f"c{place}", field) for place, field in enumerate(schema)]


def _text(name: str, field: pa.Field) -> str:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if _is_text(kind):
        return name
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_date32(kind) or pa.types.is_null(kind):
        return f"{name}::VARCHAR"
    if _is_binary(kind):
        return f"lower(hex({name}))"
    raise Refused(no_fixed_text(str(field.type), column=field.name))


def _slices(rows: pa.Table | pa.RecordBatchReader) -> Iterator[tuple[int, pa.Table]]:
    """Whole slices (the last may be shorter) with the index of their first row: chunks of the tree must not be ragged inside."""
    start, kept, held = 0, [], 0
    schema = rows.schema
    for batch in rows.to_batches() if isinstance(rows, pa.Table) else rows:
        kept.append(batch)
        held += batch.num_rows
        while held >= _SLICE_ROWS:
            table = pa.Table.from_batches(kept, schema)
            yield start, _plain(table.slice(0, _SLICE_ROWS))
            kept, held, start = table.slice(_SLICE_ROWS).to_batches(), held - _SLICE_ROWS, start + _SLICE_ROWS
    if held:
        yield start, _plain(pa.Table.from_batches(kept, schema))


def _plain(table: pa.Table) -> pa.Table:
    """Columns without dictionaries."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(field.type.value_type))
    return table


def _check(part: pa.Table) -> None:
    for field, column in zip(part.schema, part.columns, strict=True):
        if pa.types.is_date32(field.type):
            days: Any = pc.min_max(column.cast(pa.int32())).as_py()
            if days["min"] is not None and not _FIRST_DAY <= days["min"] <= days["max"] <= _LAST_DAY:
                raise Refused(
                    Refusal.at("NO_SUCH_DAY", "年份须在 1 至 9999 之间", "years are 1 to 9999", column=field.name)
                )
        elif _is_text(field.type):
            try:
                column.validate(full=True)
            except pa.ArrowInvalid:
                raise Refused(
                    Refusal.at(
                        "NOT_UTF8", "有字节不是 UTF-8 文字", "some bytes are not text in UTF-8", column=field.name
                    )
                ) from None


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))
