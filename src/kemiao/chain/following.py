"""A replica that takes nobody's word: it fetches a node's records, checks and applies every one itself, and keeps the heads it was shown.

What it gets in under a signed head has been proven to belong to that head before it is stored; a head that does not continue the
history that we have is a fork, and both heads are kept as evidence.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kemiao.base import tree
from kemiao.base.canonical import canonical_bytes
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import BrokenInvariant, Outage, Refusal, Refused
from kemiao.chain import checkpoint, evidence, receipt
from kemiao.chain.checkpoint import Checkpoint, NodeKey
from kemiao.chain.entry import leaf
from kemiao.chain.node import Node, Record
from kemiao.chain.node_keys import announced_node_keys, node_keys
from kemiao.chain.sqlite_node import SqliteNode

CHUNK = 1000  # records fetched at once
_HEADS = "heads.jsonl"
_TAIL = 64 * 1024  # of the file of heads that is read for the last one
Progress = Callable[[int, int], None]  # records there are, records there will be


@dataclass(frozen=True, slots=True)
class Synced:
    """before, size: records before and now. head: the signed one that they stand under."""

    before: int
    size: int
    head: str


class Replica:
    """folder: where heads and evidence are kept. own: the copy. node: whom we follow; none of its answers is believed."""

    def __init__(self, folder: Path, own: SqliteNode, node: Node) -> None:
        if own.chain != node.chain:
            raise BrokenInvariant("a replica follows its own chain")
        self.own, self._node, self._folder = own, node, folder

    def sync(self, progress: Progress = lambda _done, _all: None) -> Synced | Refusal:
        """Brings the copy to the node's newest head. Refusals: HEAD_NOT_SIGNED, HEAD_BADLY_SIGNED, OTHER_CHAIN, FORK_DETECTED,
        NODE_WENT_BACK, RECORDS_WITHHELD, RECORDS_DIFFER, BAD_RECORD; the copy then holds what was proven so far, and no more.
        Raises Outage where the node is away."""
        with self._alone():
            try:
                return self._sync(progress)
            except Refused as refused:  # the node declines to answer
                return refused.refusal

    def dropped(self, text: str) -> Path | Refusal | None:
        """text: a receipt. None where everything stands as it promised; else the file of evidence. NOT_THERE_YET where the newest
        head that we have ends before it. Call it after `sync`."""
        given = receipt.read(text)
        if isinstance(given, Refusal):
            return given
        if given.chain != self.own.chain:
            return _other_chain(given.chain)
        wrong = receipt.check(given, node_keys(self.own))
        if wrong is not None:
            return wrong
        for index, at, entry in given.accepted:
            found = self.own.records(index, 1)
            if not found:
                return Refusal.at("NOT_THERE_YET", "我们的副本还没有到这个位置", "our copy does not reach that place yet", index=index)  # fmt: skip
            if (found[0].at, found[0].id) != (at, entry):
                return self._dropped(given, entry, found[0])
        return None

    def _dropped(self, given: receipt.Receipt, entry: str, stands: Record) -> Path | Refusal:
        alone, kept = receipt.part(given, entry), self.last_head()
        if isinstance(alone, Refusal):
            return alone
        if kept is None or kept[0].size != self.own.size():
            return Refusal("NOT_THERE_YET", "请先同步", "sync first")
        head, text = kept
        shown = evidence.placed(stands, self.own.inclusion(stands.index, head.size))
        return self._keep_evidence(evidence.dropped(self.own.chain, alone, text, shown))

    def last_head(self) -> tuple[Checkpoint, str] | None:
        """The newest of the signed heads that we have kept."""
        path = self._folder / _HEADS
        if not path.exists():
            return None
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            lines = file.read().split(b"\n")
        for line in reversed(lines):
            try:
                text = json.loads(line)
            except ValueError:  # empty, or cut off when the machine stopped
                continue
            head = checkpoint.read(text)
            if isinstance(head, Checkpoint):
                return head, text
        return None

    # -- one round

    def _sync(self, progress: Progress) -> Synced | Refusal:
        before = self.own.size()
        text = self._node.checkpoint()
        head = self._verified(text)
        if isinstance(head, Refusal):
            return head
        refused = self._continues(head, text)
        if refused is not None:
            return refused
        self._keep_head(head, text)  # before its records: if we stop here, the next head must continue this one too
        edge = self._edge()
        while edge.size < head.size:
            progress(edge.size, head.size)
            grown = self._grown(edge, head, text)
            if isinstance(grown, Refusal):
                return grown
            edge = grown
        progress(head.size, head.size)
        return Synced(before, head.size, text)

    def _verified(self, text: str) -> Checkpoint | Refusal:
        """The head, signed by a key that our own state says is a node's; or by one that a node's owner announces further on."""
        head = checkpoint.read(text)
        if isinstance(head, Refusal):
            return head
        if head.chain != self.own.chain:
            return _other_chain(head.origin[:100])
        last = self.own.records(self.own.size() - 1, 1)[0].at
        keys: list[NodeKey] = node_keys(self.own, since=last)
        signed = checkpoint.verified(text, keys)
        if not isinstance(signed, Refusal) or signed.code != "HEAD_NOT_SIGNED":
            return signed
        return checkpoint.verified(text, announced_node_keys(self.own, self._node, head.size))

    def _continues(self, head: Checkpoint, text: str) -> Refusal | None:
        """Whether the head continues the newest head that we kept, and the records that we have."""
        kept = self.last_head()
        size = self.own.size()
        if kept is not None and not self._is_prefix(kept[0].size, kept[0].root, head):
            return self._forked(kept[1], kept[0], text, head)
        if not self._is_prefix(size, self._root(size), head):
            if kept is not None and kept[0].size >= size:  # our records lie under a head that this one continues
                return _differ(0, size)
            return self._forked(self.own.checkpoint(), None, text, head)
        had = max(size, 0 if kept is None else kept[0].size)
        if head.size < had:
            return Refusal.at(
                "NODE_WENT_BACK", f"节点现在只有 {head.size} 条,以前有 {had} 条", f"the node has {head.size} entries now and had {had} before", size=head.size, had=had
            )  # fmt: skip
        return None

    def _is_prefix(self, size: int, root: bytes, head: Checkpoint) -> bool:
        if head.size < size:  # the other way round: is it a head that we had passed?
            return self.own.size() < head.size or self._root(head.size) == head.root
        try:
            path = self._node.consistency(size, head.size)
        except Refused:  # it does not know its own tree
            return False
        return tree.check_consistency(size, head.size, root, head.root, path)

    def _grown(self, edge: tree.Edge, head: Checkpoint, text: str) -> tree.Edge | Refusal:
        """The next records: first shown to belong to the head, then checked and applied one by one."""
        rows = self._node.records(edge.size, min(CHUNK, head.size - edge.size))
        if not rows:
            return Refusal.at(
                "RECORDS_WITHHELD", "节点不给出它签过名的条目", "the node does not give entries that it has signed for", index=edge.size
            )  # fmt: skip
        grown = edge.copy()
        grown.extend([tree.leaf_hash(leaf(row.at, row.id)) for row in rows])
        if not self._is_prefix(grown.size, grown.root(), head):
            return _differ(edge.size, grown.size)
        try:
            self.own.append_replica(rows)
        except Refused as refused:
            return self._bad_record(head, text, rows, refused.refusal)
        return grown

    def _bad_record(self, head: Checkpoint, text: str, rows: list[Record], refusal: Refusal) -> Refusal:
        where = dict(refusal.where)
        bad = next((row for row in rows if str(row.index) == where.get("index")), None)
        if bad is None:
            return refusal
        kept = evidence.bad_record(self.own.chain, text, bad, self._node.inclusion(bad.index, head.size), refusal)
        return Refusal.at(
            "BAD_RECORD", f"节点的第 {bad.index} 条不合规则:{refusal.zh}", f"record {bad.index} of the node breaks the rules: {refusal.en}",
            index=bad.index, because=refusal.code, evidence=self._keep_evidence(kept),
        )  # fmt: skip

    # -- evidence

    def _forked(self, old_text: str, old: Checkpoint | None, new_text: str, new: Checkpoint) -> Refusal:
        leaves = None if old is None else self._difference(old, new)
        path = self._keep_evidence(evidence.fork(self.own.chain, old_text, new_text, leaves))
        return Refusal.at(
            "FORK_DETECTED", "节点给出了两部互相矛盾的历史;两个签名的树头已存为证据", "the node has shown two histories that contradict each other; both signed heads are kept as evidence", evidence=path
        )  # fmt: skip

    def _difference(self, old: Checkpoint, new: Checkpoint) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """A place at which the two heads have different leaves, with the ways to both: the newest place that both have differs in
        nearly every fork, and where it doesn't the earlier ones are looked through."""
        both = min(old.size, new.size)
        if self.own.size() < old.size:
            return None
        try:
            for index in range(both - 1, max(-1, both - 1 - CHUNK), -1):
                ours, (theirs, *_) = self.own.records(index, 1)[0], self._node.records(index, 1)
                if (ours.at, ours.id) != (theirs.at, theirs.id):
                    return (
                        evidence.placed(ours, self.own.inclusion(index, old.size)),
                        evidence.placed(theirs, self._node.inclusion(index, new.size)),
                    )
        except (Refused, Outage, ValueError):  # it won't help us: the heads are evidence enough to ask it why
            return None
        return None

    def _keep_evidence(self, value: dict[str, Any]) -> Path:
        content = canonical_bytes(value)
        path = self._folder / "evidence" / f"{value['what']}-{digest_bytes('evidence', content)[:16]}.json"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        _write(path, content, "wb")
        return path

    # -- what we have

    def _edge(self) -> tree.Edge:
        """The right edge of our tree: the way from its last leaf has the peaks of what lies before it."""
        last = self.own.size() - 1
        edge = tree.Edge(self.own.inclusion(last, last + 1)[::-1], last)
        edge.append(self._leaf(last))
        return edge

    def _root(self, size: int) -> bytes:
        root = tree.root_from(self._leaf(size - 1), size - 1, size, self.own.inclusion(size - 1, size))
        if root is None:
            raise BrokenInvariant(f"our tree has no root at {size}")
        return root

    def _leaf(self, index: int) -> bytes:
        record = self.own.records(index, 1)[0]
        return tree.leaf_hash(leaf(record.at, record.id))

    def _keep_head(self, head: Checkpoint, text: str) -> None:
        kept = self.last_head()
        if kept is None or (kept[0].size, kept[0].root) != (head.size, head.root):
            # A line break first: what a crash cut off stays a line of its own.
            _write(self._folder / _HEADS, b"\n" + json.dumps(text, ensure_ascii=False).encode() + b"\n", "ab")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process of this home follows at a time."""
        with (self._folder / ".following").open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _write(path: Path, content: bytes, mode: str) -> None:
    try:
        with path.open(mode) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Outage("CHAIN_DISK", "链的磁盘读写失败", "the chain's disk fails", {"path": path}) from error


def _differ(start: int, end: int) -> Refusal:
    return Refusal.at(
        "RECORDS_DIFFER", f"第 {start}-{end - 1} 条与签名的树头不符", f"records {start} to {end - 1} do not belong to the signed head", first=start
    )  # fmt: skip


def _other_chain(found: str) -> Refusal:
    return Refusal.at("OTHER_CHAIN", "属于另一条链", "belongs to another chain", chain=found)
