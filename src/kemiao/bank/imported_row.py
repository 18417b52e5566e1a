"""One row of an import that this home attested, with what proves it: for the company that the row is about.

The lake forgets, moves and pseudonymises rows; the leaf is what finds the one: with its salt, its cells give that leaf and no
others do. Showing it is a reading under a Permit, and leaves a receipt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from kemiao.bank.attesting import batch_key, leaf_path, select
from kemiao.bank.permits import permit, receipt
from kemiao.bank.views import batches
from kemiao.bank.world import World
from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.chain.batch import Cell, Fact, leaf_of, salt_of
from kemiao.chain.batch_columns import as_text
from kemiao.chain.leaf_file import LeafFile
from kemiao.facts.permit import Purpose
from kemiao.facts.tables import TABLES

_ROWS_AT_ONCE = 65_536


def imported_row(
    world: World, body: Mapping[str, Any], number: int, purpose: Purpose = "subject_access"
) -> Fact | Refusal:
    """body: of the attestation; number: from 0, below its count. purpose: of the reading; a company's own access needs no consent,
    showing its row to others does. Refuses NOT_KEPT_HERE, ROW_ERASED, and as LeafFile.open does.
    Raises Refused where the Permit is."""
    batch, table = body["batch"], body.get("table")
    path = leaf_path(world, batch, str(table))
    if table not in TABLES or not path.is_file():
        return Refusal.at(
            "NOT_KEPT_HERE", "该批次的事实不在本目录", "the facts of this batch are not in this home", batch=batch
        )
    leaves = LeafFile.open(path)
    if isinstance(leaves, Refusal):
        return leaves
    if leaves.root != body["root"]:
        return Refusal.at("NOT_KEPT_HERE", "叶子文件属于另一批事实", "the leaf file is that of other facts", file=path)
    try:
        salt = salt_of(batch_key(world, batch, make=False), number)
    except KeyError:
        return _erased(number)
    wanted = leaves.leaf(number)
    cells = next((cells for cells in _cells(world, table, batch) if leaf_of(salt, cells) == wanted), None)
    if cells is None:
        return _erased(number)
    columns = tuple(body["columns"])
    _receipted(world, table, batch, dict(zip(columns, cells, strict=True)), purpose)
    return Fact(columns, cells, salt, number, leaves.count, tuple(leaves.path(number)))


def _cells(world: World, table: str, batch: int) -> Iterator[tuple[Cell, ...]]:
    """The batch's rows that stand today, as they are hashed. Nothing of them leaves this module before its Permit is there."""
    import duckdb

    _, snapshot = world.log.snapshot()
    files = world.lake.uris(table, snapshot)
    if not files:
        return
    with closing(duckdb.connect()) as connection:
        try:
            found = connection.sql(f"{select(TABLES[table], files)} WHERE batch = {int(batch)}").to_arrow_table()
        except duckdb.IOException as error:  # swept away since the snapshot
            raise Outage("LAKE_UNAVAILABLE", "数据正被整理,请再试", "the lake is being swept: try again") from error
    for start in range(0, found.num_rows, _ROWS_AT_ONCE):
        texts = as_text(found.slice(start, _ROWS_AT_ONCE))
        yield from zip(*(column.to_pylist() for column in texts.columns), strict=True)


def _receipted(world: World, table: str, batch: int, row: Mapping[str, Cell], purpose: Purpose) -> None:
    """Of an invoice's two sides the one whose papers it came with."""
    named = [str(row[column]) for column in TABLES[table].subjects if row.get(column)]
    owners = {company for each in batches(world) if each.number == batch for company in each.companies}
    given = permit(world, [company for company in named if company in owners] or named, purpose, [table])
    limited = dict(given.accounts).get(batch)  # as the lake cuts them: what a Permit doesn't open is not proved either
    if batch in given.closed or (limited is not None and "account" in row and row["account"] not in limited):
        raise Refused(Refusal.at("ROW_NOT_OPEN", "企业的授权不包括这一行", "the company's consent does not open this row", batch=batch))  # fmt: skip
    with world.log.write() as tx:
        receipt(tx, given)


def _erased(number: int) -> Refusal:
    return Refusal.at(
        "ROW_ERASED",
        "该行已删除或改动,无法再出示",
        "the row was erased or changed since and can't be shown any more",
        row=number,
    )
