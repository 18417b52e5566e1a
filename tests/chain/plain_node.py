"""The plainest node there can be: a list, a dict and the state machine. Other tests serve it, follow it, and make it lie."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from chain.actors import Stage, cast, chain
from kemiao.base import tree
from kemiao.base.refusal import Refusal
from kemiao.chain import checkpoint, receipt
from kemiao.chain.entry import leaf
from kemiao.chain.node import Accepted, Record, Submission


class PlainNode:
    """operator: whose node key signs. at: when the next entry is accepted, else one second behind the last."""

    def __init__(self, operator: str = "bank-a", suite: str = "ed25519") -> None:
        self.chain = chain(suite)
        self.stage = Stage(suite)
        self.signer = cast(suite)[operator].signers["node"]
        self.at: int | None = None
        self._lock = threading.Lock()

    def submit(self, envelopes: Sequence[bytes]) -> Submission:
        with self._lock:
            results = [self._take(content) for content in envelopes]
        taken = [(one.index, one.at, one.id) for one in results if isinstance(one, Accepted)]
        return Submission(tuple(results), receipt.write(self.signer, self.chain, taken) if taken else None)

    def _take(self, content: bytes) -> Accepted | Refusal:
        known = next((row for row in self.stage.records if row.envelope == content), None)
        if known is not None:
            return Accepted(known.id, known.index, known.at, again=True)
        made = self.stage.submit(content, self.at)
        if isinstance(made, Refusal):
            return made
        notes = tuple(note.as_json() for note in self.stage.last.notes)
        return Accepted(made, len(self.stage.records) - 1, self.stage.at, notes)

    def get(self, key: str) -> Any | None:
        return self.stage.state.get(key)

    def scan(self, prefix: str, after: str = "", limit: int = 1000) -> list[tuple[str, Any]]:
        return self.stage.state.scan(prefix, after, limit)

    def size(self) -> int:
        return len(self.stage.records)

    def records(self, start: int, limit: int = 1000) -> list[Record]:
        return self.stage.records[start : start + limit]

    def find(self, entry_id: str) -> Record | None:
        return next((row for row in self.stage.records if row.id == entry_id), None)

    def by_sequence(self, author: str, sequence: int) -> Record | None:
        from kemiao.chain.entry import open_envelope

        for row in self.stage.records[1:]:
            opened = open_envelope(row.envelope)
            if not isinstance(opened, Refusal) and (opened.entry.author, opened.entry.sequence) == (author, sequence):
                return row
        return None

    def checkpoint(self) -> str:
        root = tree.root(self.leaves())
        return checkpoint.write(checkpoint.origin_of(self.chain), self.size(), root, self.signer)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        rows = tree.levels(self.leaves())
        return tree.inclusion_path(index, size, lambda level, i: rows[level][i])

    def consistency(self, old: int, new: int) -> list[bytes]:
        rows = tree.levels(self.leaves())
        return tree.consistency_path(old, new, lambda level, i: rows[level][i])

    def leaves(self) -> list[bytes]:
        return [tree.leaf_hash(leaf(row.at, row.id)) for row in self.stage.records]

    def close(self) -> None:
        pass
