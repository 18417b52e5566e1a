"""Processes of check_worker. Several requests are on their way to each: a process never waits for the parent's interpreter lock.

What a process that died was asked is answered None, and whoever asked does the work; the others go on.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from kemiao.chain import check_worker

_PIPE_BYTES = 1 << 20  # where the system lets us: some chunks of envelopes fit


class Pool:
    def __init__(self, count: int) -> None:
        self.processes = [made for made in (_started() for _ in range(count)) if made is not None]

    def ask(self, request: Any) -> Future[Any]:
        living = [process for process in self.processes if not process.dead]
        if living:
            return min(living, key=lambda process: len(process.waiting)).ask(request)
        nobody: Future[Any] = Future()
        nobody.set_result(None)
        return nobody

    def close(self) -> None:
        for process in self.processes:
            process.close()


class _Process:
    """One thread at a time writes, one reads; the reader takes no lock, so that it empties the pipe whatever writers do."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self.popen, self.dead = popen, False
        self.waiting: deque[Future[Any]] = deque()
        self._writing = threading.Lock()
        self._reader = threading.Thread(target=self._read, name="kemiao-check", daemon=True)
        self._reader.start()

    def ask(self, request: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self._writing:
            self.waiting.append(future)
            try:
                check_worker.write(self.popen.stdin, request)  # type: ignore[arg-type]
            except (OSError, ValueError):
                self.dead = True
        if self.dead:
            self._give_up()
        return future

    def close(self) -> None:
        """It ends when its input does."""
        with self._writing, suppress(OSError):
            self.popen.stdin.close()  # type: ignore[union-attr]
        self._reader.join()
        self.popen.stdout.close()  # type: ignore[union-attr]
        self.popen.wait()

    def _read(self) -> None:
        try:
            while (answers := check_worker.read(self.popen.stdout)) is not None:  # type: ignore[arg-type]
                self.waiting.popleft().set_result(answers)
        except (OSError, ValueError, EOFError):  # it died in the middle of an answer
            pass
        finally:
            self.dead = True
            self._give_up()

    def _give_up(self) -> None:
        while True:
            try:
                self.waiting.popleft().set_result(None)
            except IndexError:
                return


def _started() -> _Process | None:
    for pipe_bytes in (_PIPE_BYTES, -1):  # the system may refuse the larger one
        try:
            return _Process(
                subprocess.Popen(
                    [
                        sys.executable,
                        "-P",
                        "-m",
                        "kemiao.chain.check_worker",
                    ],  # -P: nothing is imported from where we stand
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    pipesize=pipe_bytes,
                    start_new_session=True,  # an interrupt is for us; it ends when its input does
                )
            )
        except OSError:
            continue
    return None  # no process to be had: the work is done by who asks
