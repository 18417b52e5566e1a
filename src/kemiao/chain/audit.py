"""Everything again, from the genesis: spelling, ids, signatures, times, sequences, rules; then state, tree and head against what the
file holds. Nothing in the file is believed; a public key is taken from it only because its id is its digest.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

from kemiao.base import tree
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Refusal, Refused
from kemiao.base.signing import key_id
from kemiao.base.strict_json import parse_strict
from kemiao.chain import checkpoint
from kemiao.chain.checking import Checked, Checker, Key
from kemiao.chain.entry import leaf
from kemiao.chain.genesis import GENESIS_BYTES, GENESIS_DEPTH, chain_id, check_genesis, genesis_state
from kemiao.chain.group import Group, key_of
from kemiao.chain.node import Node, Record
from kemiao.chain.node_keys import node_keys
from kemiao.chain.sqlite_store import Head, Row, SqliteStore, check_sum, damaged, read_head, record_of, row
from kemiao.chain.state_cache import StateCache
from kemiao.chain.tiles import grown

_GROUP = 4096
Rows = Callable[..., Iterator[Any]]
Progress = Callable[[int, int], None]  # records done, records in all


@dataclass(frozen=True, slots=True)
class Audited:
    """What was found in order. signed: whether the head has a node's signature (a replica's own has none)."""

    chain: str
    size: int
    root: bytes
    state_keys: int
    signed: bool

    def as_json(self) -> dict[str, object]:
        return {
            "chain": self.chain, "size": self.size, "root": self.root.hex(), "state_keys": self.state_keys,
            "head_signed": self.signed,
        }  # fmt: skip


def audit(path: Path, progress: Progress = lambda _done, _all: None) -> Audited | Refusal:
    """The first thing that is wrong, with the index and id of the record where it is one. Raises Outage where the disk fails.
    Others may write meanwhile: what is audited is the file as it was at the beginning."""
    try:
        store = SqliteStore(path)
        try:
            with (
                store.still() as rows,
                tempfile.TemporaryDirectory(prefix="kemiao-audit-") as folder,
            ):
                scratch = SqliteStore.create(Path(folder) / "again.db", durable=False)
                try:
                    return _Audit(path, rows, scratch).run(progress)
                finally:
                    scratch.close()
        finally:
            store.close()
    except Refused as refused:
        return refused.refusal


class _Audit:
    def __init__(self, path: Path, rows: Rows, scratch: SqliteStore) -> None:
        self._path, self._rows, self._scratch = path, rows, scratch
        self._cache = StateCache(scratch.state)
        self._tile: tuple[int, bytes] = (-1, b"")

    def run(self, progress: Progress) -> Audited | Refusal:
        told = next(self._rows("PRAGMA integrity_check"))[0]
        if told != "ok":
            return damaged(self._path, "file", sqlite=told)
        head = read_head(self._path, list(self._rows("SELECT format, chain, size, root, at, note FROM head")))
        if head is None:
            return damaged(self._path, "head", found="none")
        again = self._genesis(head)
        if isinstance(again, Refusal):
            return again
        checker = Checker(self._key)
        try:
            last = self._records(again, head, checker, progress)
        finally:
            checker.close()
        if isinstance(last, Refusal):
            return last
        return self._head(head, last) or self._tiles() or self._state(head)

    def _genesis(self, head: Head) -> Head | Refusal:
        stored: Row | None = next(self._stored("SELECT * FROM records WHERE idx = 0"), None)
        if stored is None:
            return _bad(0, None, "MISSING_RECORD", "缺少这条记录", "the record is missing")
        content = stored[8]
        genesis: Any = parse_strict(content, depth=GENESIS_DEPTH) if len(content) <= GENESIS_BYTES else None
        refused = genesis if isinstance(genesis, Refusal) else check_genesis(genesis)
        if refused is not None:
            return _bad(0, head.chain, refused.code, refused.zh, refused.en)
        own, at = chain_id(genesis), genesis["made_at"]
        if own != head.chain:
            return _bad(0, own, "OTHER_CHAIN", "创世记录属于另一条链", "the genesis is another chain's")
        if stored != row(0, at, own, None, content):
            return _bad(0, own, "RECORD_DIFFERS", "记录的列与内容不符", "the record's columns differ from its content")
        leaves = [tree.leaf_hash(leaf(at, own))]
        wrong = self._leaves(0, leaves, [stored])
        if wrong is not None:
            return wrong
        with self._scratch.writing() as writing:
            tiles, edge = grown(0, leaves, writing.tile)
            writing.put({key: canonical_bytes(value) for key, value in genesis_state(genesis).items()})
            writing.put_tiles(tiles)
        return Head(own, 1, edge.root(), at, None)

    def _records(self, again: Head, head: Head, checker: Checker, progress: Progress) -> Head | Refusal:
        """Applies all records behind the genesis to the state of the audit's own."""
        ahead, rows = itertools.tee(self._stored("SELECT * FROM records WHERE idx > 0 ORDER BY idx"))
        checked = zip(rows, (one for _, one in checker.stream(stored[8] for stored in ahead)), strict=True)
        while part := list(islice(checked, _GROUP)):
            new = self._part(again, part)
            if isinstance(new, Refusal):
                return new
            again = new
            progress(again.size, head.size)
        return again

    def _stored(self, statement: str) -> Iterator[Row]:
        """SQLite's columns hold what they please: here they hold what we put there, or the record is named."""
        for found in self._rows(statement):
            if not (type(found[1]) is int and type(found[2]) is type(found[8]) is bytes and len(found[2]) == 32):
                raise Refused(damaged(self._path, "record", index=found[0]))
            yield found

    def _part(self, again: Head, part: Iterable[tuple[Row, Checked]]) -> Head | Refusal:
        group = Group(again, 0, self._cache.get, _no_record)
        stored: list[Row] = []
        for found, one in part:
            refused = self._row(group, found, one)
            if refused is not None:
                return refused
            stored.append(found)
        leaves = group.leaves
        wrong = self._leaves(again.size, leaves, stored)
        if wrong is not None:
            return wrong
        written = group.state.written()
        with self._scratch.writing() as writing:
            tiles, edge = grown(again.size, leaves, writing.tile)
            writing.put(written)
            writing.put_tiles(tiles)
        self._cache.keep(written)
        return Head(again.chain, edge.size, edge.root(), group.at, None)

    def _row(self, group: Group, found: Row, one: Checked) -> Refusal | None:
        if found[0] != group.size:
            return _bad(group.size, None, "MISSING_RECORD", "缺少这条记录", "the record is missing")
        record = record_of(found)
        refused = group.repeat(record, one)
        if refused is not None:
            return _bad(record.index, record.id, refused.code, refused.zh, refused.en, dict(refused.where))
        if group.rows[-1] != found:
            return _bad(record.index, record.id, "RECORD_DIFFERS", "记录的列与内容不符", "the record's columns differ from its content")  # fmt: skip
        return None

    def _leaves(self, start: int, leaves: list[bytes], stored: list[Row]) -> Refusal | None:
        """The tree's leaves as stored, against the records': a record that was changed and everything about it made to fit."""
        for place, own in enumerate(leaves):
            if self._stored_leaf(start + place) != own:
                return _bad(start + place, stored[place][2].hex(), "LEAF_DIFFERS", "记录与哈希树中的叶子不符", "the record differs from its leaf in the tree")  # fmt: skip
        return None

    def _stored_leaf(self, index: int) -> bytes:
        number = index >> 5
        if self._tile[0] != number:
            self._tile = (number, self._stored_tile(number))
        return self._tile[1][(index & 31) * 32 : (index & 31) * 32 + 32]

    def _stored_tile(self, tile: int) -> bytes:
        found = next(self._rows("SELECT hashes FROM tiles WHERE id = ?", (tile,)), None)
        return found[0] if found is not None and type(found[0]) is bytes else b""

    def _head(self, head: Head, again: Head) -> Refusal | None:
        if (again.size, again.root, again.at) != (head.size, head.root, head.at):
            return damaged(self._path, "head", size=head.size, records=again.size)
        if head.note is None:
            return None
        # It only scans; what the file itself says of its keys is not asked.
        read = checkpoint.verified(head.note, node_keys(cast(Node, self._scratch)))
        if isinstance(read, Refusal):
            return damaged(self._path, "head", because=read.code, size=head.size)
        if (read.chain, read.size, read.root) != (head.chain, head.size, head.root):
            return damaged(self._path, "head", because="HEAD_DIFFERS", size=head.size)
        return None

    def _tiles(self) -> Refusal | None:
        with self._scratch.still() as own:
            ours = own("SELECT id, hashes FROM tiles ORDER BY id")
            theirs = self._rows("SELECT id, hashes FROM tiles ORDER BY id")
            for our, their in itertools.zip_longest(ours, theirs):
                if our != their:
                    tile = min(one[0] for one in (our, their) if one is not None)
                    return damaged(self._path, "tree", level=(tile >> 56) * 5, number=tile & ((1 << 56) - 1))
        return None

    def _state(self, head: Head) -> Audited | Refusal:
        count = 0
        with self._scratch.still() as own:
            ours = own("SELECT key, value, sum FROM state ORDER BY key")
            theirs = self._rows("SELECT key, value, sum FROM state ORDER BY key")
            for our, their in itertools.zip_longest(ours, theirs):
                if our != their:
                    key = min(one[0] for one in (our, their) if one is not None)
                    return damaged(self._path, "state", key=key)
                count += 1
        return Audited(head.chain, head.size, head.root, count, head.note is not None)

    def _key(self, key: str) -> Key | None:
        try:
            found = key_of(self._stored_value, key)
        except (KeyError, TypeError, AttributeError, ValueError):  # the stored state is anything at all
            return None
        return found if found is not None and key_id(*found) == key else None

    def _stored_value(self, key: str) -> Any | None:
        found = next(self._rows("SELECT value, sum FROM state WHERE key = ?", (key,)), None)
        if found is None:
            return None
        if type(found[0]) is not bytes or found[1] != check_sum(key, found[0]):
            raise Refused(damaged(self._path, "state", key=key))
        return json.loads(found[0])


def _no_record(_author: str, _sequence: int) -> Record | None:
    return None


def _bad(
    index: int, entry_id: str | None, code: str, zh: str, en: str, where: Mapping[str, str] | None = None
) -> Refusal:
    more = {name: value for name, value in (where or {}).items() if name not in ("index", "id")}
    return Refusal.at(code, zh, en, index=index, id=entry_id, **more)
