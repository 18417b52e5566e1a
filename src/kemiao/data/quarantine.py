"""Rows that could not be taken, one Parquet file a batch: their place, their cells, what is wrong with each.

Cells are sealed: under the company's key where the row names its company, else under a key of the batch. Files are never
changed; which rows still wait is told by the event log (see bank.commands.quarantine).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kemiao.data.mapping import CellError
from kemiao.data.vault import Vault, unseal

_SCHEMA = pa.schema([
    pa.field("file", pa.int32()), pa.field("name", pa.string()), pa.field("sheet", pa.string()), pa.field("row", pa.int64()),
    pa.field("fact_id", pa.binary()), pa.field("same", pa.binary()), pa.field("subject", pa.string()), pa.field("sealed", pa.binary()),
])  # fmt: skip
_FLUSH = 5_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row in quarantine. file: its number in the batch; header, cells: as the owner wrote them.

    fact_id: of the fact that it would be, where its key is good. same: equal for the same row of the same file.
    """

    file: int
    name: str
    sheet: str | None
    row: int
    header: tuple[str, ...]
    cells: tuple[str | None, ...]
    errors: tuple[CellError, ...]
    fact_id: bytes | None = None
    subject: str | None = None
    batch: int = 0

    @property
    def same(self) -> bytes:
        return sha256(json.dumps([self.name, self.sheet, self.row, self.cells], ensure_ascii=False).encode()).digest()[
            :16
        ]

    def cell(self, name: str) -> str | None:
        return dict(zip(self.header, self.cells, strict=False)).get(name)


class QuarantineWriter:
    """Writes beside its place; `close` moves the file there. `already`: rows that wait since an earlier batch are not doubled."""

    def __init__(self, path: Path, batch: int, vault: Vault, already: frozenset[bytes] = frozenset()) -> None:
        self._path, self._batch, self._vault, self._already = path, batch, vault, already
        self._building = path.with_suffix(".new")
        self._writer: pq.ParquetWriter | None = None
        self._rows: list[Waiting] = []

    def add(self, rows: Sequence[Waiting]) -> None:
        self._rows += [row for row in rows if row.same not in self._already]
        if len(self._rows) >= _FLUSH:
            self._flush()

    def _flush(self) -> None:
        if not self._rows:
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._building, _SCHEMA, compression="zstd")
        rows, self._rows = self._rows, []
        subjects = [row.subject or f"quarantine:{self._batch}" for row in rows]
        texts = [_text(row) for row in rows]
        sealed = self._vault.seal_many(zip(subjects, texts, strict=True))
        self._writer.write_table(
            pa.Table.from_pydict({
                "file": [row.file for row in rows], "name": [row.name for row in rows], "sheet": [row.sheet for row in rows],
                "row": [row.row for row in rows], "fact_id": [row.fact_id for row in rows], "same": [row.same for row in rows],
                "subject": subjects, "sealed": sealed,
            }, _SCHEMA)
        )  # fmt: skip

    def close(self) -> None:
        """Puts the file in its place; without rows, sees to it that none is there."""
        self._flush()
        if self._writer is None:
            self._path.unlink(missing_ok=True)  # a batch of this number that was never recorded may have left one
            return
        self._writer.close()
        self._building.replace(self._path)

    def abandon(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._building.unlink(missing_ok=True)


def places(path: Path) -> pa.Table:
    """file, name, sheet, row, fact_id, same: what can be said without opening a seal."""
    if not path.exists():
        return _SCHEMA.empty_table().drop_columns(["subject", "sealed"])
    return pq.read_table(path, columns=["file", "name", "sheet", "row", "fact_id", "same"])


def read(path: Path, batch: int, vault: Vault) -> Iterator[Waiting]:
    """The rows of one batch; cells are empty where the company was erased."""
    if not path.exists():
        return
    with pq.ParquetFile(path) as file:
        for part in file.iter_batches(_FLUSH):
            rows = part.to_pylist()
            keys = vault.keys((row["subject"] for row in rows), make=False)
            for row in rows:
                key = keys.get(row["subject"])
                yield _waiting(row, batch, json.loads(unseal(key, row["sealed"])) if key else {})


def _text(row: Waiting) -> bytes:
    content = {"header": row.header, "cells": row.cells, "errors": [error.as_json() for error in row.errors]}
    return json.dumps(content, ensure_ascii=False).encode()


def _waiting(row: dict[str, Any], batch: int, content: dict[str, Any]) -> Waiting:
    errors = tuple(
        CellError(error["code"], error["zh"], error["en"], error["column"], error["value"], error["expect"]["zh"], error["expect"]["en"])
        for error in content.get("errors", [])
    )  # fmt: skip
    return Waiting(
        row["file"], row["name"], row["sheet"], row["row"], tuple(content.get("header", ())), tuple(content.get("cells", ())),
        errors, row["fact_id"], row["subject"], batch,
    )  # fmt: skip
