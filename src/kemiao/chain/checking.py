"""Envelopes → entries of good form whose signature holds, on all cores. Nothing here asks the state what it thinks of them.

A few are checked where they are. Many go to processes: threads would leave the interpreter lock for the signatures alone and
queue for it before and after each of them (measured: docs/decisions/020-embedded-node.md).
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.base.signing import verify
from kemiao.chain import check_worker
from kemiao.chain.check_pool import Pool
from kemiao.chain.entry import Signed, signed_bytes
from kemiao.chain.quick_form import opened

FEW = 64  # up to here it takes longer to ask than to do
_CHUNK = 128
_AHEAD = 4  # chunks for each process, so that none waits for us
_CACHED = 100_000  # keys
Key = tuple[str, bytes]  # suite, public
FindKey = Callable[[str], Key | None]  # by its id, among all keys that participants have or had


@dataclass(frozen=True, slots=True)
class Unproved:
    """Well formed, but nobody has a key of that id yet: an entry before it in the same group may bring it."""

    signed: Signed


Checked = Signed | Unproved | Refusal


def check(content: bytes, find_key: FindKey) -> Checked:
    signed = opened(content)
    if isinstance(signed, Refusal):
        return signed
    key = find_key(signed.entry.key)
    return Unproved(signed) if key is None else proved(signed, key)


def proved(signed: Signed, key: Key) -> Signed | Refusal:
    return signed if verify(*key, signed_bytes(signed.id), signed.signature) else bad_signature(signed.id)


def bad_signature(entry_id: str) -> Refusal:
    return Refusal.at("BAD_SIGNATURE", "条目的签名不对", "the entry's signature does not hold", entry=entry_id)


class Checker:
    """Checks for one chain. find_key: may be asked from any thread; what it found once is remembered, since a key's id is the
    digest of the key."""

    def __init__(self, find_key: FindKey, workers: int | None = None) -> None:
        """workers: processes, started when there is first enough to do; None for as many as there are cores."""
        self._find_key = find_key
        self._keys: dict[str, Key] = {}
        self._count = workers or cores()
        self._window = _AHEAD * self._count  # chunks on their way
        self._pool: Pool | None = None
        self._starting = threading.Lock()

    def check(self, envelopes: Sequence[bytes]) -> Iterator[Checked]:
        """In their order. The work begins at once; the answers are waited for as they are taken."""
        if len(envelopes) <= FEW:
            return iter([check(content, self._key) for content in envelopes])
        chunks = iter([envelopes[start : start + _CHUNK] for start in range(0, len(envelopes), _CHUNK)])
        ahead = deque((chunk, self._ask(chunk)) for chunk in islice(chunks, self._window))
        return (one for _, answers in self._asked(ahead, chunks) for one in answers)

    def stream(self, contents: Iterable[bytes]) -> Iterator[tuple[bytes, Checked]]:
        """For more than fits in memory: a few chunks ahead of who takes them."""
        source = iter(contents)
        first = tuple(islice(source, FEW + 1))
        if len(first) <= FEW:
            yield from ((content, check(content, self._key)) for content in first)
            return
        source = chain(first, source)
        chunks = iter(lambda: tuple(islice(source, _CHUNK)), ())
        for chunk, answers in self._asked(deque(), chunks):
            yield from zip(chunk, answers, strict=True)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _asked(
        self, ahead: deque[tuple[Sequence[bytes], Future[Any]]], chunks: Iterator[Sequence[bytes]]
    ) -> Iterator[tuple[Sequence[bytes], Iterator[Checked]]]:
        """Chunks with their answers, in order; as one is taken the next is asked for."""
        while True:
            ahead.extend((chunk, self._ask(chunk)) for chunk in islice(chunks, self._window - len(ahead)))
            if not ahead:
                return
            chunk, answers = ahead.popleft()
            yield chunk, self._read(chunk, answers.result())

    def _read(self, chunk: Sequence[bytes], answers: Any | None) -> Iterator[Checked]:
        if answers is None:  # its process has died: here, then
            yield from (check(content, self._key) for content in chunk)
            return
        for verdict, what in answers:
            if verdict == check_worker.GOOD:
                yield check_worker.opened(what)
            elif verdict == check_worker.UNPROVED:
                yield self._late(check_worker.opened(what))
            else:
                yield bad_signature(what[1]) if verdict == check_worker.BAD else Refusal(*what)

    def _late(self, signed: Signed) -> Checked:
        """The key was not sent along, or is nobody's yet."""
        key = self._key(signed.entry.key)
        return Unproved(signed) if key is None else proved(signed, key)

    def _ask(self, chunk: Sequence[bytes]) -> Future[Any]:
        named = {content[at + 8 : at + 40] for content in chunk if (at := content.rfind(_HINT)) >= 0}
        keys = {
            key: found for each in named if (found := self._key(key := each.decode("ascii", "replace"))) is not None
        }
        with self._starting:
            if self._pool is None:
                self._pool = Pool(self._count)
            pool = self._pool
        return pool.ask((keys, list(chunk)))

    def _key(self, key: str) -> Key | None:
        found = self._keys.get(key)
        if found is None:
            found = self._find_key(key)
            if found is not None:
                if len(self._keys) > _CACHED:
                    self._keys.clear()
                self._keys[key] = found
        return found


def cores() -> int:
    """Those that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


# Where the key's id most likely stands: good enough to send the key along; the process reads the entry itself.
_HINT = b',"key":"'
