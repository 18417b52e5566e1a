"""Batches: objects and columns give the same bytes; every fact is provable alone; a leaf file stands or is named as damaged."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.digest import merkle_root
from kemiao.base.refusal import BrokenInvariant, Outage, Refusal, Refused
from kemiao.base.tree import inclusion_path, levels, root
from kemiao.chain import batch_columns, flat_tree
from kemiao.chain.batch import Batch, Fact, batch_of_rows, preimage, salt_of
from kemiao.chain.batch_columns import as_text, batch_of_columns, batch_of_query
from kemiao.chain.flat_tree import chunk_roots, flat_path, flat_root
from kemiao.chain.leaf_file import LeafFile

KEY = bytes(range(32))
EPOCH = date(1970, 1, 1).toordinal()
ODD_TEXTS = [
    "",
    "-",
    "3:abc",
    "上海市",
    "“全角”",
    'it\'s "quoted"',
    "a\0b",
    "\0",
    "𠮷",
    "é",
    "é",
    "长" * 300,
    "\\x00",
    "NULL",
]
TYPES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.string(), st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(ODD_TEXTS)),
    (pa.large_string(), st.text(st.characters(exclude_categories=["Cs"]), max_size=5)),
    (pa.dictionary(pa.int32(), pa.string()), st.sampled_from(ODD_TEXTS)),
    (pa.binary(), st.binary(max_size=80)),
    (pa.large_binary(), st.binary(max_size=5)),
    (pa.binary(4), st.binary(min_size=4, max_size=4)),
    (pa.bool_(), st.booleans()),
    (pa.date32(), st.dates()),
    (pa.null(), st.none()),
    *((pa.int64(), st.integers(-(2**63), 2**63 - 1)) for _ in range(2)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.int8(), st.integers(-128, 127)),
    (pa.uint16(), st.integers(0, 65_535)),
    (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
]  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    chosen = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=6))
    count = draw(st.integers(1, 12))
    columns = [
        pa.array(draw(st.lists(st.none() | values, min_size=count, max_size=count)), kind) for kind, values in chosen
    ]
    return pa.table(columns, names=[f"列'\"{place}" for place in range(len(columns))])


def rows_of(table: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def naive_leaf(index: int, cells: list[str | None]) -> bytes:
    """The definition, written once more."""
    salt = sha256(b"kemiao/salt\0" + KEY + index.to_bytes(8, "big")).digest()[:16]
    text = b"".join(b"-" if cell is None else b"%d:%s" % (len(cell.encode()), cell.encode()) for cell in cells)
    return b"kemiao/fact\0" + salt + text


@given(tables(), st.binary(min_size=32, max_size=32))
@settings(max_examples=20)
def test_columns_and_objects_give_the_same_leaves_and_root(table: pa.Table, key: bytes) -> None:
    by_rows = batch_of_rows(table.column_names, rows_of(table), key)
    by_columns = batch_of_columns(table, key)
    assert by_columns == by_rows
    texts = rows_of(as_text(table))
    assert batch_of_rows(table.column_names, texts, key) == by_rows


def test_days_reach_from_year_1_to_9999_and_no_further() -> None:
    days = [date.min, date(2025, 1, 31), None, date.max]
    assert as_text(pa.table({"日": days}))["日"].to_pylist() == ["0001-01-01", "2025-01-31", None, "9999-12-31"]
    assert batch_of_columns(pa.table({"日": days}), KEY) == batch_of_rows(["日"], [[day] for day in days], KEY)
    for beyond in (date.min.toordinal() - EPOCH - 1, date.max.toordinal() - EPOCH + 1):
        with pytest.raises(Refused) as refused:
            batch_of_columns(pa.table({"日": pa.array([beyond], pa.int32()).cast(pa.date32())}), KEY)
        assert refused.value.refusal.code == "NO_SUCH_DAY"


def test_very_long_texts_are_hashed_alike() -> None:
    table = pa.table({"a": ["长" * 700_000, None, "x" * 3_000_001], "b": [b"\0" * 2_000_000, b"", None]})
    assert batch_of_columns(table, KEY) == batch_of_rows(["a", "b"], rows_of(table), KEY)


def test_leaves_are_what_the_definition_says() -> None:
    cells = [[text, None, str(place)] for place, text in enumerate(ODD_TEXTS)]
    batch = batch_of_rows(["a", "b", "c"], cells, KEY)
    data = [naive_leaf(index, row) for index, row in enumerate(cells)]
    assert preimage(salt_of(KEY, 3), cells[3]) == data[3]
    assert batch.leaves == b"".join(sha256(b"\0" + leaf).digest() for leaf in data)
    assert batch.root == merkle_root(data)


def test_cells_can_not_slide_from_one_column_into_the_next() -> None:
    rows = [["ab", "c"], ["a", "bc"], ["abc", None], [None, "abc"], ["1:a", ""], ["", "1:a"], ["-", None], [None, "-"]]
    salted = {preimage(bytes(16), row) for row in rows}
    assert len(salted) == len(rows)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100])
def test_flat_trees_are_those_of_the_rfc(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flat_tree, "CHUNK_LEAVES", 8)
    monkeypatch.setattr(flat_tree, "_CHUNK_BYTES", 8 * 32)
    leaves = [sha256(bytes([place])).digest() for place in range(count)]
    flat, rows = b"".join(leaves), levels(leaves)
    assert flat_root(flat) == root(leaves)
    for index in range(count):
        expected = inclusion_path(index, count, lambda level, i: rows[level][i])
        assert flat_path(flat, index) == flat_path(flat, index, chunk_roots(flat)) == expected


def test_a_tree_over_several_chunks_is_that_of_the_rfc() -> None:
    leaves = [sha256(place.to_bytes(4, "big")).digest() for place in range(flat_tree.CHUNK_LEAVES + 5)]
    flat, rows = b"".join(leaves), levels(leaves)
    assert flat_root(flat) == root(leaves)
    for index in (0, flat_tree.CHUNK_LEAVES - 1, flat_tree.CHUNK_LEAVES, flat_tree.CHUNK_LEAVES + 4):
        assert flat_path(flat, index) == inclusion_path(index, len(leaves), lambda level, i: rows[level][i])
    for index in (-1, len(leaves)):
        with pytest.raises(BrokenInvariant):
            flat_path(flat, index)


def test_a_table_over_several_slices_is_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (flat_tree, batch_columns):
        monkeypatch.setattr(module, "CHUNK_LEAVES", 8)
    monkeypatch.setattr(flat_tree, "_CHUNK_BYTES", 8 * 32)
    monkeypatch.setattr(batch_columns, "_SLICE_ROWS", 32)
    monkeypatch.setattr(batch_columns, "_PIECE_ROWS", 3)
    table = pa.concat_tables(
        [
            pa.table({"n": pa.array(range(start, end), pa.int64())})
            for start, end in ((0, 5), (5, 70), (70, 70), (70, 131))
        ]
    )
    whole = batch_of_rows(["n"], rows_of(table), KEY)
    assert batch_of_columns(table, KEY) == whole
    with duckdb.connect() as connection:
        connection.register("numbers", table)
        assert batch_of_query(connection, "SELECT n FROM numbers ORDER BY n", KEY) == whole


def test_every_fact_is_provable_alone_and_none_under_another_root() -> None:
    rows = [[f"invoice {place}", place, date(2024, 7, 1)] for place in range(11)]
    batch = batch_of_rows(["no", "amount", "day"], rows, KEY)
    for index, row in enumerate(rows):
        fact = batch.row(index, row)
        assert fact.is_under(batch.root) and fact.cells == (f"invoice {index}", str(index), "2024-07-01")
        for other in (
            Fact(fact.columns, ("invoice X", *fact.cells[1:]), fact.salt, index, 11, fact.path),
            Fact(fact.columns, fact.cells, bytes(16), index, 11, fact.path),
            Fact(fact.columns, fact.cells, fact.salt, (index + 1) % 11, 11, fact.path),
            Fact(fact.columns, fact.cells, fact.salt, index, 12, fact.path[:-1]),
        ):
            assert not other.is_under(batch.root)
    with pytest.raises(BrokenInvariant):
        batch.row(1, rows[2])


def test_equal_rows_have_unequal_leaves_and_another_key_gives_another_root() -> None:
    rows = [["same"]] * 4
    batch = batch_of_rows(["a"], rows, KEY)
    assert len({batch.leaves[place : place + 32] for place in range(0, 128, 32)}) == 4
    assert batch_of_rows(["a"], rows, bytes(32)).root != batch.root


@pytest.mark.parametrize(
    ("rows", "code", "where"),
    [
        ([["a"], [1.5]], "NO_FIXED_TEXT", {"row": "1", "column": "x"}),
        ([["\ud800"]], "NO_FIXED_TEXT", {"row": "0", "column": "x"}),
        ([[["a"]]], "NO_FIXED_TEXT", {"row": "0", "column": "x"}),
        ([], "EMPTY_BATCH", {}),
    ],
)
def test_objects_without_a_single_text_are_refused_by_row_and_column(
    rows: Any, code: str, where: dict[str, str]
) -> None:
    with pytest.raises(Refused) as refused:
        batch_of_rows(["x"], rows, KEY)
    assert (refused.value.refusal.code, dict(refused.value.refusal.where)) == (code, where)


@pytest.mark.parametrize(
    ("column", "code"),
    [
        (pa.array([1.0]), "NO_FIXED_TEXT"),
        (pa.array([None], pa.float32()), "NO_FIXED_TEXT"),
        (pa.array([1], pa.timestamp("us")), "NO_FIXED_TEXT"),
        (pa.array([None], pa.decimal128(9, 2)), "NO_FIXED_TEXT"),
        (pa.array([[1]]), "NO_FIXED_TEXT"),
        (pa.array([-800_000], pa.int32()).cast(pa.date32()), "NO_SUCH_DAY"),
        (pa.array([b"\xff"]).view(pa.string()), "NOT_UTF8"),
        (pa.array([], pa.string()), "EMPTY_BATCH"),
    ],
)
def test_columns_without_a_single_text_are_refused_by_name(column: pa.Array, code: str) -> None:
    with pytest.raises(Refused) as refused:
        batch_of_columns(pa.table({"列": column}), KEY)
    assert refused.value.refusal.code == code
    assert code == "EMPTY_BATCH" or dict(refused.value.refusal.where)["column"] == "列"


@pytest.fixture
def batch() -> Batch:
    return batch_of_rows(["n"], ([place] for place in range(21)), KEY)


def test_a_leaf_file_proves_rows_without_the_others(batch: Batch, tmp_path: Path) -> None:
    file = tmp_path / "leaves.bin"
    LeafFile.write(file, batch.leaves, batch.root)
    kept = LeafFile.open(file)
    assert isinstance(kept, LeafFile) and (kept.count, kept.root) == (21, batch.root)
    assert b"".join(kept.leaf(index) for index in range(21)) == batch.leaves
    fact = Fact(("n",), ("13",), salt_of(KEY, 13), 13, kept.count, tuple(kept.path(13)))
    assert fact.is_under(batch.root) and [one.name for one in tmp_path.iterdir()] == ["leaves.bin"]


def test_a_damaged_leaf_file_is_named_whatever_byte_it_was(batch: Batch, tmp_path: Path) -> None:
    file = tmp_path / "leaves.bin"
    LeafFile.write(file, batch.leaves, batch.root)
    whole = file.read_bytes()
    spoilt = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in range(0, len(whole), 7)]
    for content in (*spoilt, whole[:-1], whole[:-32], whole + b"\0", whole[:20], b""):
        file.write_bytes(content)
        refused = LeafFile.open(file)
        assert (
            isinstance(refused, Refusal)
            and refused.code == "LEAF_FILE_DAMAGED"
            and dict(refused.where)["file"] == str(file)
        )
    file.unlink()
    missing = LeafFile.open(file)
    assert isinstance(missing, Refusal) and missing.code == "NO_LEAF_FILE"


def test_a_leaf_file_is_written_whole_or_not_at_all(batch: Batch, tmp_path: Path) -> None:
    with pytest.raises(Outage):
        LeafFile.write(tmp_path / "absent" / "leaves.bin", batch.leaves, batch.root)
    assert list(tmp_path.iterdir()) == []
