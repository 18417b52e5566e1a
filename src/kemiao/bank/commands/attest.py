"""attest: facts of a file, stated on the shared chain under one root; or one statement that everybody may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from kemiao.bank.attested import forget, keep
from kemiao.bank.chain_side import chain_of
from kemiao.bank.facts_file import read_facts, read_statement
from kemiao.bank.world import World
from kemiao.base.canonical import SAFE_INTEGER
from kemiao.base.keys import parse_company
from kemiao.base.refusal import Refusal, Refused
from kemiao.chain.batch import KEY_BYTES, Batch
from kemiao.chain.batch_columns import as_text, batch_of_columns
from kemiao.chain.node import Accepted
from kemiao.facts.tables import TABLES

PURPOSE = "entries"
STATEMENT_NAMES, STATEMENT_TEXT = 50, 2_000  # chain/rules/attestations.py
_COMPANY_COLUMNS = ("company", "企业", "统一社会信用代码")


@dataclass(frozen=True, slots=True)
class Attest:
    """subject: a company's key, or None. about: {"from", "until"} or None. basis: {one of entry.BASES: text} or None."""

    file: Path
    subject: str | None = None
    about: Mapping[str, str] | None = None
    basis: Mapping[str, str] | None = None
    table: str | None = None
    public: bool = False


@dataclass(frozen=True, slots=True)
class Attested:
    """root, folder: None for a public statement. notes: what the chain remarks on it."""

    entry: str
    index: int
    at: int
    count: int
    columns: tuple[str, ...]
    root: str | None
    folder: Path | None
    notes: tuple[Mapping[str, Any], ...]


def attest(world: World, asked: Attest) -> Attested | Refusal:
    """The facts are kept before the entry is sent: an entry whose facts are lost would prove nothing. Where it is refused they
    go again; after an Outage they stay, as the entry may still come to stand."""
    chain_of(world).signer(PURPOSE)  # the passphrase is asked for before a long file is read and anything is kept
    if asked.table is not None and asked.table not in TABLES:
        return Refusal.at("NO_SUCH_TABLE", "没有这个事实表", "there is no such table of facts", table=asked.table)
    return _state(world, asked) if asked.public else _batch(world, asked)


def _state(world: World, asked: Attest) -> Attested | Refusal:
    statement = read_statement(asked.file)
    wrong = next((name for name, value in statement.items() if not _plain(value)), None)
    if wrong is not None or len(statement) > STATEMENT_NAMES:
        return Refusal.at(
            "NOT_A_STATEMENT", f"公开声明最多 {STATEMENT_NAMES} 项,每项为文字({STATEMENT_TEXT} 字以内)、整数、真假或空",
            f"a public statement has at most {STATEMENT_NAMES} names, each with text (up to {STATEMENT_TEXT} characters), a whole number, a flag or nothing",
            file=asked.file.name, column=wrong,
        )  # fmt: skip
    accepted = _act(world, asked, {"form": "statement", "statement": statement, "table": asked.table})
    if isinstance(accepted, Refusal):
        return accepted
    return Attested(accepted.id, accepted.index, accepted.at, 1, tuple(statement), None, None, accepted.notes)


def _batch(world: World, asked: Attest) -> Attested | Refusal:
    rows = read_facts(asked.file)
    batch = _hashed(asked.file, rows, world.random_bytes(KEY_BYTES))
    folder = keep(world, batch, rows, _subjects(rows, asked, batch.root))
    body = {
        "form": "batch", "table": asked.table, "columns": list(batch.columns), "count": batch.count, "root": batch.root,
    }  # fmt: skip
    accepted = _act(world, asked, body)
    if isinstance(accepted, Refusal):
        forget(folder)
        return accepted
    return Attested(
        accepted.id, accepted.index, accepted.at, batch.count, batch.columns, batch.root, folder, accepted.notes
    )  # fmt: skip


def _act(world: World, asked: Attest, body: Mapping[str, Any]) -> Accepted | Refusal:
    return chain_of(world).act("attestation", subject=asked.subject, about=asked.about, basis=asked.basis, body=body)


def _hashed(file: Path, rows: pa.Table, key: bytes) -> Batch:
    try:
        return batch_of_columns(rows, key)
    except Refused as refused:
        told = refused.refusal
        raise Refused(Refusal(told.code, told.zh, told.en, (("file", file.name), *told.where))) from None


def _subjects(rows: pa.Table, asked: Attest, root: str) -> pa.Array:
    """Whose key in the vault seals each row: the subject's; else the company that the row names; else one for the batch."""
    fallback = f"attested:{root}"
    names = TABLES[asked.table].subjects if asked.table is not None else _COMPANY_COLUMNS
    column = next((name for name in (*names, *_COMPANY_COLUMNS) if name in rows.column_names), None)
    if asked.subject is not None or column is None:
        return pa.array([asked.subject or fallback]).take(pa.array([0] * rows.num_rows))
    texts = as_text(rows.select([column])).column(0).combine_chunks().dictionary_encode()
    keys = [parse_company(text) for text in texts.dictionary.to_pylist()] + [Refusal("", "", "")]
    sealed_by = pa.array([fallback if isinstance(key, Refusal) else key for key in keys])
    return sealed_by.take(texts.indices.fill_null(len(keys) - 1))


def _plain(value: object) -> bool:
    if type(value) is int:
        return abs(value) <= SAFE_INTEGER
    return value is None or type(value) is bool or (isinstance(value, str) and len(value) <= STATEMENT_TEXT)
