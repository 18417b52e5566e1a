"""What a node does, whoever runs it: takes entries, answers from the state, proves. One test suite for all that implement it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from kemiao.base.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Record:
    """An accepted entry as it stands in the chain. at: milliseconds since 1970, UTC. Record 0 is the genesis (its envelope is
    canonical JSON of the genesis itself, and its id the chain's)."""

    index: int
    at: int
    id: str
    envelope: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """again: it stood there already; the same entry submitted twice is one. notes: see rules.state.Note, as JSON."""

    id: str
    index: int
    at: int
    notes: tuple[dict[str, Any], ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """results: one for each envelope, in their order. receipt: the node's signed word on all accepted ones (chain.receipt);
    None where none was. An answer is given after everything accepted is durable."""

    results: tuple[Accepted | Refusal, ...]
    receipt: str | None


class Node(Protocol):
    chain: str

    def submit(self, envelopes: Sequence[bytes]) -> Submission: ...

    def get(self, key: str) -> Any | None:
        """The state's value of a key: a Node is a rules.state.State."""
        ...

    def scan(self, prefix: str, after: str = "", limit: int = 1000) -> list[tuple[str, Any]]:
        """Keys with a prefix, in their order, from behind `after`."""
        ...

    def size(self) -> int: ...

    def records(self, start: int, limit: int = 1000) -> list[Record]: ...

    def find(self, entry_id: str) -> Record | None: ...

    def by_sequence(self, author: str, sequence: int) -> Record | None: ...

    def checkpoint(self) -> str:
        """The newest tree head, signed (chain.checkpoint)."""
        ...

    def inclusion(self, index: int, size: int) -> list[bytes]: ...

    def consistency(self, old: int, new: int) -> list[bytes]: ...

    def close(self) -> None: ...
