"""Envelopes → entries of good form whose signature holds, on all cores. Nothing here asks the state what it thinks of them.

A few are checked where they are. Many go to processes: threads would leave the interpreter lock for the signatures alone and
queue for it before and after each of them (measured: docs/decisions/020-embedded-node.md).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.base.signing import verify
from kemiao.chain import check_worker
from kemiao.chain.entry import Signed, signed_bytes
from kemiao.chain.quick_form import opened

FEW = 64  # up to here it takes longer to ask than to do
_CHUNK = 256
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
        self._pool: _Pool | None = None
        self._starting = threading.Lock()

    def check(self, envelopes: Sequence[bytes]) -> Iterator[Checked]:
        """In their order. The work begins at once; the answers are waited for as they are taken."""
        if len(envelopes) <= FEW:
            return iter([check(content, self._key) for content in envelopes])
        chunks: list[Sequence[bytes]] = [
            envelopes[start : start + _CHUNK] for start in range(0, len(envelopes), _CHUNK)
        ]
        return self._gathered([(chunk, self._begin(chunk)) for chunk in chunks])

    def stream(self, contents: Iterable[bytes]) -> Iterator[tuple[bytes, Checked]]:
        """For more than fits in memory: a few chunks ahead of who takes them."""
        waiting: list[tuple[Sequence[bytes], Future[Any] | None]] = []
        source = iter(contents)
        first = tuple(islice(source, FEW + 1))
        if len(first) <= FEW:
            yield from ((content, check(content, self._key)) for content in first)
            return
        source = chain(first, source)
        while True:
            while len(waiting) < 2 * self._count + 2 and (ahead := tuple(islice(source, _CHUNK))):
                waiting.append((ahead, self._begin(ahead)))
            if not waiting:
                return
            chunk, answers = waiting.pop(0)
            yield from zip(chunk, self._gathered([(chunk, answers)]), strict=True)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _gathered(self, chunks: Iterable[tuple[Sequence[bytes], Future[Any] | None]]) -> Iterator[Checked]:
        for chunk, answers in chunks:
            found = None if answers is None else answers.result()
            if found is None:  # its process has died: here, then
                yield from (check(content, self._key) for content in chunk)
                continue
            for verdict, what in found:
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

    def _begin(self, chunk: Sequence[bytes]) -> Future[Any] | None:
        named = {
            match[1].decode() for content in chunk if (match := _HINT.search(content, max(0, len(content) - 2048)))
        }
        keys = {key: found for key in named if (found := self._key(key)) is not None}
        return self._pool_of().ask((keys, list(chunk)))

    def _pool_of(self) -> _Pool:
        with self._starting:
            if self._pool is None:
                self._pool = _Pool(self._count)
            return self._pool

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
_HINT = re.compile(rb',"key":"([0-9a-f]{32})","kind":"')


class _Pool:
    """Processes of check_worker, each with a thread that waits for it."""

    def __init__(self, count: int) -> None:
        self._idle: list[subprocess.Popen[bytes]] = []
        self._all: list[subprocess.Popen[bytes]] = []
        self._count = count
        self._threads = ThreadPoolExecutor(count, "kemiao-check", initializer=self._start)

    def ask(self, request: Any) -> Future[Any]:
        return self._threads.submit(self._asked, request)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        for process in self._all:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # what a dead one did not read
                        pipe.close()
            process.wait()

    def _start(self) -> None:
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "kemiao.chain.check_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=1 << 16,
                start_new_session=True,  # an interrupt is for us; it ends when its input does
            )
        except OSError:  # no process to be had: the work is done here
            return
        self._all.append(process)
        self._idle.append(process)

    def _asked(self, request: Any) -> Any | None:
        """The answers; None where the process is gone."""
        try:
            process = self._idle.pop()
        except IndexError:
            return None
        if process.stdin is None or process.stdout is None:
            return None
        try:
            check_worker.write(process.stdin, request)
            answers = check_worker.read(process.stdout)
        except (OSError, ValueError, EOFError):
            return None
        if answers is not None:
            self._idle.append(process)
        return answers
