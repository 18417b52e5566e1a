"""One row of what an import brought, with its path to the root that was attested: read under a Permit, and receipted like any reading.

The rows of a batch are numbered as they were hashed: by file, row and fact. Rows that were erased since shift those behind
them, so a few places before are tried too; the leaf says which row it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from kemiao.bank.attesting import batch_key, leaf_path, select
from kemiao.bank.permits import permit, receipt
from kemiao.bank.views import Batch, batches
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.chain.batch import Cell, Fact, salt_of
from kemiao.chain.batch_columns import as_text
from kemiao.chain.leaf_file import LeafFile
from kemiao.facts.schema import Table
from kemiao.facts.tables import TABLES

_ERASED_MAX = 100_000  # rows of one batch that may be gone


def imported_row(world: World, body: Mapping[str, Any], number: int) -> Fact | Refusal:
    """body: of the attestation of an import of ours; number: from 0.

    Refuses NOT_KEPT_HERE, NO_SUCH_ROW, ROW_ERASED, and as LeafFile.open does. Raises Refused where nobody may read the row's
    company any more: what is shown to a stranger is read like everything else.
    """
    brought = next((each for each in batches(world) if each.number == body.get("batch")), None)
    name = str(body.get("table"))
    if brought is None or name not in TABLES:
        return Refusal.at(
            "NOT_KEPT_HERE", "该批次的事实不在本目录", "the facts of this batch are not in this home", batch=body.get("batch")
        )  # fmt: skip
    if not 0 <= number < body["count"]:
        return Refusal.at("NO_SUCH_ROW", "该批次没有这一行", "the batch has no such row", row=number + 1)
    leaves = LeafFile.open(leaf_path(world, brought.number, name))
    if isinstance(leaves, Refusal):
        return leaves
    if (leaves.root, leaves.count) != (body["root"], body["count"]):
        return Refusal.at("NOT_KEPT_HERE", "该批次的事实不在本目录", "the facts of this batch are not in this home", batch=brought.number)  # fmt: skip
    return _found(world, TABLES[name], brought, leaves, number)


def _found(world: World, table: Table, brought: Batch, leaves: LeafFile, number: int) -> Fact | Refusal:
    try:
        salt = salt_of(batch_key(world, brought.number, make=False), number)
    except KeyError:  # destroyed with the company that the batch was about
        return _erased(number)
    path = tuple(leaves.path(number))
    for cells, subjects in _candidates(world, table, brought, leaves.count, number):
        fact = Fact(cells[0], cells[1], salt, number, leaves.count, path)
        if not fact.is_under(leaves.root):
            continue
        owners = [subject for subject in subjects if subject in brought.companies] or subjects[:1]
        given = permit(world, owners, "trace", [table.name], brought=[brought])
        with world.log.write() as tx:
            receipt(tx, given)
        return fact
    return _erased(number)


def _candidates(
    world: World, table: Table, brought: Batch, count: int, number: int
) -> list[tuple[tuple[tuple[str, ...], tuple[Cell, ...]], list[str]]]:
    """((columns, cells), companies) of the rows that may have had this number."""
    import duckdb

    files = world.lake.uris(table.name, world.lake.versions())
    if not files:
        return []
    place = f"WHERE batch = {brought.number}"
    with closing(duckdb.connect()) as connection:
        standing = connection.sql(f"SELECT count(*) FROM ({select(table, files)} {place})").fetchall()[0][0]  # noqa: S608 - our own text
        gone = min(count - standing, number)
        if not 0 <= gone <= _ERASED_MAX:
            return []
        window = f"ORDER BY file, row, fact_id LIMIT {gone + 1} OFFSET {number - gone}"
        rows = connection.sql(f"{select(table, files)} {place} {window}").to_arrow_table()
    return [_row(row, table.subjects) for row in as_text(rows).to_pylist()]


def _row(
    row: Mapping[str, Cell], subjects: Sequence[str]
) -> tuple[tuple[tuple[str, ...], tuple[Cell, ...]], list[str]]:
    return (tuple(row), tuple(row.values())), [company for name in subjects if (company := row.get(name)) is not None]


def _erased(number: int) -> Refusal:
    return Refusal.at("ROW_ERASED", "该行已删除,无法再出示", "the row was erased and can't be shown any more", row=number + 1)  # fmt: skip
