"""The embedded node: one file, several threads and processes. What is acknowledged is on disk; what is refused left no trace.

Entries that arrive while a group is being written are gathered into the next one: one transaction, one flush for all of them.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from kemiao.base import tree
from kemiao.base.canonical import canonical_bytes
from kemiao.base.clock import Clock, epoch_ms
from kemiao.base.refusal import BrokenInvariant, Refusal, Refused
from kemiao.base.signing import Signer
from kemiao.base.strict_json import parse_strict
from kemiao.chain import checkpoint, receipt
from kemiao.chain.checking import Checked, Checker, Key
from kemiao.chain.entry import Signed, leaf
from kemiao.chain.genesis import GENESIS_BYTES, GENESIS_DEPTH, chain_id, check_genesis, genesis_state
from kemiao.chain.group import Group, key_of
from kemiao.chain.high_water import HighWater
from kemiao.chain.mailbox import Mailbox
from kemiao.chain.node import Accepted, Record, Submission
from kemiao.chain.sqlite_store import Head, SqliteStore, Writing, damaged, row
from kemiao.chain.state_cache import StateCache
from kemiao.chain.tile_cache import TileCache
from kemiao.chain.tiles import grown

# Entries of several callers in one transaction: enough to share a flush. What is beyond waits for the next, and its checks go on
# while this one is applied.
_TOGETHER = 1_000
_START = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_RESTORED_AT_ONCE = 4096
PARCELS_SUFFIX = ".parcels.db"  # of the file beside ours: see mailbox
AHEAD_MS = 86_400_000  # how far another node's clock may be ahead of ours


class _Waiting:
    """A submission between its arrival and its answer. Its checks may still be under way; they are kept for a second try."""

    __slots__ = ("_coming", "_seen", "alone", "answer", "envelopes")

    def __init__(self, envelopes: Sequence[bytes], checked: Iterator[Checked]) -> None:
        self.envelopes, self._coming = envelopes, checked
        self._seen: list[Checked] = []
        self.alone = False
        self.answer: Submission | None = None

    def checked(self) -> Iterator[Checked]:
        yield from self._seen
        for one in self._coming:
            self._seen.append(one)
            yield one


class SqliteNode:
    """A node.Node over a file. signer: the node's key; without one it reads and replicates, and takes no submissions."""

    def __init__(self, store: SqliteStore, clock: Clock, signer: Signer | None) -> None:
        self._store, self._clock, self._signer = store, clock, signer
        self._cache = StateCache(store.state)
        self._checker = Checker(self.key)
        self._high = HighWater(store.path)
        self.mailbox = Mailbox(store.path.with_suffix(PARCELS_SUFFIX), lambda: epoch_ms(clock.now()))
        self._tiles = TileCache(store.tile)
        self._lock = threading.Lock()  # of the writer
        self._gate = threading.Lock()  # of the list of those who wait for it
        self._waiting: list[_Waiting] = []
        self._version = -1
        head = store.head()
        if head is None:
            raise Refused(damaged(store.path, "head", found="none"))
        self._head, self.chain = head, head.chain

    @classmethod
    def create(cls, path: Path, genesis: Mapping[str, Any], clock: Clock, signer: Signer | None = None) -> SqliteNode:
        """A new file with the genesis as record 0. Raises Refused CHAIN_EXISTS, and what check_genesis refuses."""
        refused = check_genesis(genesis)
        if refused is not None:
            raise Refused(refused)
        if path.exists():
            raise Refused(
                Refusal.at("CHAIN_EXISTS", "链的数据文件已存在", "the chain's file exists already", path=path)
            )
        building = path.with_name(path.name + ".new")  # it gets its name when it is whole
        _remove(building)
        store = SqliteStore.create(building)
        try:
            own, at = chain_id(genesis), int(genesis["made_at"])
            with store.writing() as writing:
                tiles, edge = grown(0, [tree.leaf_hash(leaf(at, own))], writing.tile)
                writing.add([row(0, at, own, None, canonical_bytes(genesis))])
                writing.put({key: canonical_bytes(value) for key, value in genesis_state(genesis).items()})
                writing.put_tiles(tiles)
                writing.put_head(_signed_head(own, edge, at, signer))
        finally:
            store.close()
        _remove(path, but_file=True)
        building.replace(path)
        return cls(SqliteStore(path), clock, signer)

    @classmethod
    def open(cls, path: Path, clock: Clock, signer: Signer | None = None) -> SqliteNode:
        """Raises Refused NO_CHAIN_FILE, or CHAIN_DAMAGED where size, tree, head and last record do not agree."""
        store = SqliteStore(path)
        try:
            node = cls(store, clock, signer)
            node._agree()
            node._sign_again()
        except BaseException:
            store.close()
            raise
        return node

    @classmethod
    def restore(
        cls, path: Path, records: Iterable[Record], clock: Clock, signer: Signer | None = None, chain: str | None = None
    ) -> SqliteNode:
        """A fresh file from the records of a follower or a backup, all of them checked; it takes the place of what is there once
        it is whole. chain: the id that it must have. Raises Refused for the first bad record; then nothing was changed."""
        building = path.with_name(path.name + ".restoring")
        _remove(building)
        source = iter(records)
        node = cls.create(building, _genesis_of(next(source, None), chain), clock, signer)
        try:
            try:
                while part := list(islice(source, _RESTORED_AT_ONCE)):
                    node.append_replica(part)
            finally:
                node.close()
            _remove(path, but_file=True)
            building.replace(path)
        finally:
            _remove(building)
        return cls.open(path, clock, signer)

    def close(self) -> None:
        self._checker.close()
        self._high.close()
        self.mailbox.close()
        self._store.close()

    # What everybody may ask, from any thread.

    def get(self, key: str) -> Any | None:
        return self._store.state(key)

    def scan(self, prefix: str, after: str = "", limit: int = 1000) -> list[tuple[str, Any]]:
        return self._store.scan(prefix, after, limit)

    def size(self) -> int:
        return self._now().size

    def head(self) -> Head:
        """The newest head, with the node's signature where it has one."""
        return self._now()

    def records(self, start: int, limit: int = 1000) -> list[Record]:
        return self._store.records(start, limit)

    def chosen(
        self,
        *,
        kind: str | None = None,
        author: str | None = None,
        subject: str | None = None,
        start: int = 0,
        last: int | None = None,
        before: int | None = None,
    ) -> list[Record]:
        """In their order; the last `last` of them, where that is given, before an index."""
        return self._store.chosen(kind=kind, author=author, subject=subject, start=start, last=last, before=before)

    def find(self, entry_id: str) -> Record | None:
        return self._store.find(entry_id)

    def beginning(self, digits: str, limit: int = 2) -> list[Record]:
        """Records whose ids begin with these hex digits (1 to 64)."""
        return self._store.beginning(digits, limit)

    def by_sequence(self, author: str, sequence: int) -> Record | None:
        return self._store.by_sequence(author, sequence)

    def checkpoint(self) -> str:
        """Unsigned in a replica: it says what this file holds, and nobody stands behind it."""
        head = self._now()
        if head.note is not None:
            return head.note
        signers = () if self._signer is None else (self._signer,)
        return checkpoint.write(checkpoint.origin_of(self.chain), head.size, head.root, *signers)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        return self._tiles.inclusion(index, size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        return tree.consistency_path(old, new, self.hash)

    def hash(self, level: int, index: int) -> bytes:
        """A stored hash of the tree: see tree.Stored."""
        return self._tiles.hash(level, index)

    def key(self, key: str) -> Key | None:
        """Suite and public key, among all that participants have or had."""
        return key_of(self._store.state, key)

    # Writing.

    def submit(self, envelopes: Sequence[bytes]) -> Submission:
        """Raises Refused NODE_TAKES_NOTHING without a signer; Outage where the disk fails: then nothing was accepted that is
        not durable, and the same may be submitted again."""
        if self._signer is None:
            raise Refused(
                Refusal(
                    "NODE_TAKES_NOTHING",
                    "这个节点没有签名密钥,不接受提交",
                    "this node has no key and takes no submissions",
                )
            )
        mine = _Waiting(envelopes, self._checker.check(envelopes))
        with self._gate:
            self._waiting.append(mine)
        while True:
            with self._lock:
                if mine.answer is None:
                    self._lead(mine)
                if mine.answer is not None:
                    return mine.answer

    def append_replica(self, records: Iterable[Record]) -> int:
        """Records of another node, in their order from this one's size on: every one is checked as if it were new. The first
        bad one raises Refused with its index, and those before it stay. Answers the new size.

        TIME_AHEAD: the other node dates an entry more than a day later than our clock. Time never runs back, so one such entry
        would end consents and registrations for good. It breaks no rule that others could check: it names no index."""
        records = list(records)
        checked = self._checker.check([record.envelope for record in records])
        refused = None
        with self._lock, self._group() as group:
            latest = (self._clock.now() - _START) // _MILLISECOND + AHEAD_MS
            group.at = self._head.at  # not our clock's: these were accepted before, by another's
            for record, one in zip(records, checked, strict=False):
                refused = _ahead(record) if record.at > latest else group.repeat(record, one)
                if refused is not None:
                    break
        if refused is not None:
            raise Refused(refused)
        return self._head.size

    def _lead(self, mine: _Waiting) -> None:
        """Writes everything that waits, for everybody. Where that fails with several, each goes alone: nobody's fault is
        another's."""
        with self._gate:
            if mine.alone:
                group = [mine]
            else:
                many = accumulate(len(one.envelopes) for one in self._waiting)
                fit = max(1, sum(1 for total in many if total <= _TOGETHER))
                group, self._waiting = self._waiting[:fit], self._waiting[fit:]
        try:
            self._write(group)
        except BaseException as error:
            for one in group:
                one.alone = True
            if group == [mine] or not isinstance(error, Exception):
                raise

    def _write(self, waiting: Sequence[_Waiting]) -> None:
        with self._group() as group:
            if self._is_retired():
                raise Refused(
                    Refusal("NODE_KEY_RETIRED", "本节点的签名密钥已停用,不再接受提交:请重新启动 kemiao chain serve", "this node's key is retired, and it takes no more submissions: start kemiao chain serve again")
                )  # fmt: skip
            results = [tuple(map(group.take, submission.envelopes, submission.checked())) for submission in waiting]
        for submission, answers in zip(waiting, results, strict=True):
            submission.answer = Submission(answers, self._receipt(answers))

    @contextmanager
    def _group(self) -> Iterator[Group]:
        """Entries on top of the newest head, made durable together at the end of the block."""
        with _collecting_later(), self._store.writing() as writing:
            self._renew(writing)
            version, self._version = self._version, -1  # what fails below is followed by a fresh look
            now = (self._clock.now() - _START) // _MILLISECOND
            group = Group(self._head, now, self._cache.get, self._store.by_sequence, self._lacks)
            yield group
            if group.rows:
                written = group.state.written()
                tiles, edge = grown(self._head.size, group.leaves, writing.tile)
                head = _signed_head(self.chain, edge, group.at, self._signer)
                writing.add(group.rows)
                writing.put(written)
                writing.put_tiles(tiles)
                writing.put_head(head)
        self._version = version
        if group.rows:
            self._head = head
            self._cache.keep(written)
            self._high.write(head.size, head.root)

    def _lacks(self, signed: Signed) -> Refusal | None:
        """Nothing is revealed that its addressees can't fetch here, from its author."""
        for to, digest in (signed.entry.body or {})["parcels"].items():
            if not self.mailbox.holds(signed.entry.author, to, digest):
                return Refusal.at("PARCEL_MISSING", "节点没有收到这份密封内容:请先寄存,再揭示", "the node does not hold this parcel: leave it there, then reveal", to=to, parcel=digest)  # fmt: skip
        return None

    def _sign_again(self) -> None:
        """A head under a key that is retired is nobody's word any more, and the next entry may be long in coming."""
        if self._signer is None or self._is_retired() or self._is_signed(self._now()):
            return
        with self._lock, self._store.writing() as writing:
            self._renew(writing)
            note = checkpoint.write(checkpoint.origin_of(self.chain), self._head.size, self._head.root, self._signer)
            writing.put_head(replace(self._head, note=note))
            self._version = -1

    def _is_signed(self, head: Head) -> bool:
        """By our key of today."""
        if head.note is None or self._signer is None:
            return False
        read = checkpoint.read(head.note)
        if isinstance(read, Refusal):
            return False
        found = checkpoint.signers(read, [(self._signer.suite, self._signer.public)])
        return not isinstance(found, Refusal) and bool(found)

    def _is_retired(self) -> bool:
        """Whether our key is one that its owner has given up."""
        owner = None if self._signer is None else self._cache.get(f"key/{self._signer.key_id}")
        participant = None if owner is None else self._cache.get(f"participant/{owner}")
        if participant is None or self._signer is None:
            return False
        return participant["keys"][self._signer.key_id]["until"] is not None

    def _renew(self, writing: Writing) -> None:
        """Another process may have written: then nothing that is remembered holds."""
        version = writing.version()
        if version != self._version:
            head = writing.head()
            if head is None or head.chain != self.chain:
                raise Refused(damaged(writing.path, "head", found="another"))
            self._cache.clear()
            self._head, self._version = head, version

    def _receipt(self, answers: Sequence[Accepted | Refusal]) -> str | None:
        accepted = [(one.index, one.at, one.id) for one in answers if isinstance(one, Accepted)]
        return receipt.write(self._signer, self.chain, accepted) if accepted and self._signer is not None else None

    def _now(self) -> Head:
        head = self._store.head()
        if head is None:
            raise Refused(damaged(self._store.path, "head", found="none"))
        return head

    def _root(self, size: int) -> bytes | None:
        try:
            return tree.stored_root(size, self.hash)
        except BrokenInvariant:  # a hash is missing
            return None

    def _agree(self) -> None:
        """Size, edge of the tree, head and last record must tell the same story, while others may be writing."""
        path, seen = self._store.path, self._high.read()  # before the head, which is then no smaller
        head = self._head = self._now()
        if self._root(head.size) != head.root:
            raise Refused(damaged(path, "tree", size=head.size))
        if seen is not None and (seen[0] > head.size or self._root(seen[0]) != seen[1]):
            raise Refused(damaged(path, "went back", size=head.size, was=seen[0]))
        last, size = self._store.rows("SELECT (SELECT max(idx) FROM records), size FROM head")[0]
        if last != size - 1:
            raise Refused(damaged(path, "size", head=size, records=None if last is None else last + 1))
        found = self._store.records(head.size - 1, 1)
        if not found or found[0].at != head.at or not self._stands_under(found[0], head):
            raise Refused(damaged(path, "record", index=head.size - 1))

    def _stands_under(self, record: Record, head: Head) -> bool:
        hash_ = tree.leaf_hash(leaf(record.at, record.id))
        way = self.inclusion(record.index, head.size) if record.index < head.size else []
        return tree.check_inclusion(hash_, record.index, head.size, way, head.root)


def _ahead(record: Record) -> Refusal:
    return Refusal.at(
        "TIME_AHEAD", "节点记下的时间比本机时钟晚一天以上:请核对本机时钟,再问节点", "the node dates an entry more than a day ahead of this machine's clock: check the clock, then ask the node",
        record=record.index, at=record.at,
    )  # fmt: skip


def _genesis_of(record: Record | None, chain: str | None) -> Any:
    if record is None:
        raise Refused(Refusal("NO_RECORDS", "没有记录", "there are no records"))
    genesis: Any = parse_strict(record.envelope, depth=GENESIS_DEPTH) if len(record.envelope) <= GENESIS_BYTES else None
    if isinstance(genesis, Refusal):
        raise Refused(genesis)
    refused = check_genesis(genesis)
    if refused is None and (record.index != 0 or chain not in (None, chain_id(genesis))):
        refused = Refusal.at("OTHER_CHAIN", "是另一条链的记录", "these are another chain's records", chain=chain)
    if refused is not None:
        raise Refused(refused)
    return genesis


def _remove(path: Path, *, but_file: bool = False) -> None:
    """The file of a node with what lies beside it."""
    for end in ("-wal", "-shm", "-seen", *(() if but_file else ("",))):
        path.with_name(path.name + end).unlink(missing_ok=True)


@contextmanager
def _collecting_later() -> Iterator[None]:
    """What a group makes refers to nothing that refers to it: looking through it again and again took a tenth of the writer's
    time. Where two nodes of one process write at once, the first that ends switches collecting on again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _signed_head(chain: str, edge: tree.Edge, at: int, signer: Signer | None) -> Head:
    root = edge.root()
    note = None if signer is None else checkpoint.write(checkpoint.origin_of(chain), edge.size, root, signer)
    return Head(chain, edge.size, root, at, note)
