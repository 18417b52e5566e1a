"""audit_chain: everything in this home's copy of the chain again; restore_chain: a fresh copy from another's records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from kemiao.bank.chain_link import NODE_FILE
from kemiao.bank.chain_side import chain_of
from kemiao.bank.world import World
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import BrokenInvariant, Outage, Refusal, Refused
from kemiao.chain.audit import Audited, audit
from kemiao.chain.node import Record
from kemiao.chain.sqlite_node import SqliteNode
from kemiao.chain.sqlite_store import SqliteStore

_PAGE = 1000
Progress = Callable[[int, int], None]


def audit_chain(world: World, progress: Progress) -> Audited | Refusal:
    """The copy in this home, whether it is a node's or a replica. Refuses with the first thing that is wrong."""
    chain = chain_of(world)
    found = audit(world.home.chain / NODE_FILE, progress)
    if isinstance(found, Audited) and found.chain != chain.chain:
        return Refusal.at("OTHER_CHAIN", "数据文件属于另一条链", "the file is another chain's", chain=found.chain)
    return found


def restore_chain(world: World, source: Path) -> int | Refusal:
    """From the file of another node or of a backup, or from what `kemiao chain export` wrote; answers the number of records.
    Every one is checked; what is here stays until the new one is whole."""
    chain = chain_of(world)
    chain.close()
    path = world.home.chain / NODE_FILE
    try:
        node = SqliteNode.restore(path, _records(source), world.clock, chain=chain.chain)
    except Refused as refused:
        return refused.refusal
    try:
        return node.size()
    finally:
        node.close()


def _records(source: Path) -> Iterator[Record]:
    try:
        with source.open("rb") as file:
            is_database = file.read(16).startswith(b"SQLite format 3")
    except OSError as error:
        raise Outage("FILE_UNREADABLE", "文件读不了", "the file can't be read", {"file": source}) from error
    return _of_database(source) if is_database else _of_export(source)


def _of_database(source: Path) -> Iterator[Record]:
    store = SqliteStore(source)
    try:
        start = 0
        while page := store.records(start, _PAGE):
            yield from page
            start = page[-1].index + 1
    finally:
        store.close()


def _of_export(source: Path) -> Iterator[Record]:
    with source.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield _record(json.loads(line))
            except (ValueError, KeyError, TypeError, BrokenInvariant) as error:
                raise Refused(
                    Refusal.at("NOT_AN_EXPORT", "不是 kemiao chain export 的一行", "is no line of kemiao chain export", file=source, line=number)
                ) from error  # fmt: skip


def _record(line: dict[str, object]) -> Record:
    index, at, own = line["index"], line["at"], line["id"]
    if not (type(index) is int and type(at) is int and isinstance(own, str)):
        raise TypeError("a record")
    content = line["genesis"] if index == 0 else {"entry": line["entry"], "signature": line["signature"]}
    return Record(index, at, own, canonical_bytes(content))
