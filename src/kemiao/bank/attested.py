"""The facts behind our own attestations, so that single rows can be proved: HOME/chain/attested/<root>/.

facts.parquet has one sealed row for each fact (its salt and its cells), under the vault's key of the company that the row is
about: an erased company's rows can neither be read nor guessed at, and the others stay provable. leaves.bin has all leaf hashes.
The batch key is not kept: each row has its salt. The folder is named by the root, which is known before the entry is: a
process that dies between the two loses nothing.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kemiao.bank.chain_side import chain_of
from kemiao.bank.home import Home
from kemiao.bank.imported_row import imported_row
from kemiao.bank.world import World
from kemiao.base.refusal import Outage, Refusal
from kemiao.chain.batch import Batch, Fact, salt_of
from kemiao.chain.batch_columns import as_text
from kemiao.chain.entry import Entry, open_envelope
from kemiao.chain.leaf_file import LeafFile
from kemiao.facts.permit import Purpose

FACTS, LEAVES = "facts.parquet", "leaves.bin"
_GROUP_ROWS = 16_384
_ENCODE = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
_SCHEMA = pa.schema([("subject", pa.string()), ("sealed", pa.binary())])


def folder_of(home: Home, root: str) -> Path:
    return home.chain / "attested" / root


def keep(world: World, batch: Batch, rows: pa.Table, subjects: pa.Array) -> Path:
    """rows: what the batch was made of. subjects: whose key seals each row. Whole or not at all. Raises Outage."""
    folder = folder_of(world.home, batch.root)
    building = folder.with_name(f".{batch.root}.{os.getpid()}.new")
    try:
        building.mkdir(parents=True, mode=0o700)
        with pq.ParquetWriter(building / FACTS, _SCHEMA) as file:
            for start in range(0, batch.count, _GROUP_ROWS):
                texts = as_text(rows.slice(start, _GROUP_ROWS))
                sealed = world.vault.seal_column(subjects.slice(start, _GROUP_ROWS), _opened_rows(batch, start, texts))
                file.write_table(pa.table([subjects.slice(start, _GROUP_ROWS), sealed], schema=_SCHEMA), _GROUP_ROWS)
        _sync(building / FACTS)
        LeafFile.write(building / LEAVES, batch.leaves, batch.root)
        building.rename(folder)
        _sync(folder.parent)
    except OSError as error:
        raise Outage("HOME_UNWRITABLE", f"数据目录无法写入:{error.strerror}", f"the home can't be written: {error.strerror}", {"file": folder}) from error  # fmt: skip
    finally:
        shutil.rmtree(building, ignore_errors=True)  # nothing is left of it once it was moved
    return folder


def forget(folder: Path) -> None:
    """After the entry was refused: what nobody attested is not kept."""
    shutil.rmtree(folder)


def attested_row(world: World, entry_id: str, number: int, purpose: Purpose = "subject_access") -> Fact | Refusal:
    """Row `number` (from 0) of a batch that this home attested, with its path. The one thing that `chain prove` needs.
    purpose: of the reading, where the row is one that an import brought.

    Refuses NO_SUCH_ENTRY, NOT_A_BATCH, NOT_KEPT_HERE, NO_SUCH_ROW, ROW_ERASED, FACTS_DAMAGED, and as LeafFile.open does.
    """
    entry = _batch_entry(world, entry_id)
    if isinstance(entry, Refusal):
        return entry
    body: dict[str, Any] = dict(entry.body or {})
    if not 0 <= number < body["count"]:
        return Refusal.at(
            "NO_SUCH_ROW",
            f"该批次有 {body['count']} 行,从 0 数起",
            f"the batch has {body['count']} rows, counted from 0",
            row=number,
        )
    if "batch" in body and entry.author == chain_of(world).me:  # an import: its rows are in the lake
        return imported_row(world, body, number, purpose)
    folder = folder_of(world.home, body["root"])
    if not folder.is_dir():
        return Refusal.at(
            "NOT_KEPT_HERE", "该批次的事实不在本目录", "the facts of this batch are not in this home", entry=entry_id
        )
    leaves = LeafFile.open(folder / LEAVES)
    if isinstance(leaves, Refusal):
        return leaves
    opened = _row(world, folder / FACTS, number)
    if isinstance(opened, Refusal):
        return opened
    salt, cells = opened
    fact = Fact(tuple(body.get("columns", ())), cells, salt, number, leaves.count, tuple(leaves.path(number)))
    return fact if fact.is_under(body["root"]) else _damaged(folder / FACTS)


def _batch_entry(world: World, entry_id: str) -> Entry | Refusal:
    record = chain_of(world).node.find(entry_id)
    if record is None:
        return Refusal.at("NO_SUCH_ENTRY", "链上没有这个条目", "there is no such entry on the chain", entry=entry_id)
    signed = open_envelope(record.envelope) if record.index else None
    if signed is None or isinstance(signed, Refusal) or (signed.entry.kind, (signed.entry.body or {}).get("form")) != ("attestation", "batch"):  # fmt: skip
        return Refusal.at(
            "NOT_A_BATCH", "该条目不是一批事实的存证声明", "the entry is no attestation of a batch", entry=entry_id
        )
    return signed.entry


def _opened_rows(batch: Batch, start: int, texts: pa.Table) -> pa.Array:
    rows = zip(*(column.to_pylist() for column in texts.columns), strict=True)
    return pa.array(
        [_ENCODE([salt_of(batch.key, index).hex(), row]) for index, row in enumerate(rows, start)],
        pa.string(),
    )  # fmt: skip


def _row(world: World, file: Path, number: int) -> tuple[bytes, tuple[str | None, ...]] | Refusal:
    from nacl.exceptions import CryptoError

    try:
        with pq.ParquetFile(file) as facts:
            group = facts.read_row_group(number // _GROUP_ROWS)
        place = group.slice(number % _GROUP_ROWS, 1).combine_chunks()
        text = world.vault.open_column(place.column("subject"), place.column("sealed")).to_pylist()[0]
        if text is None:
            return Refusal.at(
                "ROW_ERASED", "该行已删除,无法再出示", "the row was erased and can't be shown any more", row=number
            )
        salt, cells = json.loads(text)
    except (OSError, pa.ArrowException, CryptoError, IndexError, ValueError):
        return _damaged(file)
    return bytes.fromhex(salt), tuple(cells)


def _damaged(file: Path) -> Refusal:
    return Refusal.at("FACTS_DAMAGED", "所存事实已损坏", "the facts that were kept are damaged", file=file)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
