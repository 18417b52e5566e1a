"""Several processes behind one address: `kemiao serve --workers N` starts one writer and N workers, and starts again what dies.

The sockets are opened here and inherited, so that a connection that comes while a process is started again waits for it. The secret
between workers and writer goes through their standard input, and is of this start only. A process whose standard input ends stops.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from typing import Any

from kemiao.app.door import Door
from kemiao.base.refusal import Outage, Refusal

_LOOK_SECONDS, _SHORTEST, _LONGEST = 0.1, 0.2, 10.0
_STOP_SECONDS = 70  # a request may take a minute
_START_SECONDS = 120


@dataclass(eq=False)
class Process:
    """One of ours, started again when it ends: at once, and then later each time that it does not live long."""

    told: dict[str, Any]
    opened: socket
    environment: dict[str, str]
    running: subprocess.Popen[str] | None = None
    ready: threading.Event = field(default_factory=threading.Event)
    began: float = 0.0
    wait: float = _SHORTEST
    again_at: float = 0.0

    def start(self) -> None:
        self.ready.clear()
        self.began = time.monotonic()
        self.running = subprocess.Popen(
            [sys.executable, "-m", "kemiao.app.portal_process"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            pass_fds=(self.opened.fileno(),), start_new_session=True, env=self.environment,
        )  # fmt: skip
        with contextlib.suppress(BrokenPipeError):
            self.running.stdin.write(json.dumps(self.told) + "\n")
            self.running.stdin.flush()
        threading.Thread(target=self._listen, args=(self.running,), daemon=True).start()

    def look(self) -> int | None:
        """The process that has ended, if it has; then it is started again when its time has come."""
        if self.running is not None:
            if self.running.poll() is None:
                return None
            number, lived = self.running.pid, time.monotonic() - self.began
            self.wait = _SHORTEST if lived > 60 else min(_LONGEST, 2 * self.wait)
            self.again_at, self.running = time.monotonic() + (0 if lived > 60 else self.wait), None
            return number
        if time.monotonic() >= self.again_at:
            self.start()
        return None

    def stop(self) -> None:
        if self.running is not None and self.running.poll() is None:
            self.running.send_signal(signal.SIGTERM)

    def end(self, until: float) -> None:
        if self.running is None:
            return
        try:
            self.running.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()

    def _listen(self, running: subprocess.Popen[str]) -> None:
        for text in running.stdout:
            if text.strip() == "ready":
                self.ready.set()


def serve_many(
    door: Door, host: str, port: int, certificate: Path | None, key: Path | None, workers: int, log: bool
) -> Refusal | None:
    from starlette.applications import Starlette

    from kemiao.app.portal_serving import _ready, more_files
    from kemiao.bank.home import open_home
    from kemiao.chain.listening import Listening, listening_socket
    from kemiao.portal.measuring import SHARED

    open_home(door.home)
    more_files()
    public, private = listening_socket(host, port), listening_socket("127.0.0.1", 0)
    address = Listening(Starlette(), host, port, certificate, key, opened=public).address  # refuses what would not do
    counts = tempfile.mkdtemp(prefix="kemiao-counts-")
    told = {
        "home": str(door.home), "lang": door.lang, "host": host, "secret": secrets.token_hex(32), "writer": private.getsockname()[1],
        "certificate": str(certificate) if certificate else None, "key": str(key) if key else None, "log": log,
    }  # fmt: skip
    environment = {**os.environ, SHARED: counts}
    writer = Process({**told, "role": "writer", "opened": private.fileno()}, private, environment)
    all_ = [
        writer,
        *(Process({**told, "role": "worker", "opened": public.fileno()}, public, environment) for _ in range(workers)),
    ]
    over = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: over.set())
    try:
        for process in all_:
            process.start()
        until = time.monotonic() + _START_SECONDS
        while not over.is_set() and not all(process.ready.is_set() for process in all_):
            if any(process.running.poll() is not None for process in all_) or time.monotonic() > until:
                raise Outage("NOT_STARTED", "有进程未能启动,原因见上", "a process did not start: see above")
            over.wait(_LOOK_SECONDS)
        if not over.is_set():
            _ready(door, address)
        while not over.wait(_LOOK_SECONDS):
            for process in all_:
                dead = process.look()
                if dead is not None:
                    _forget(counts, dead)
                    role = process.told["role"]
                    door.say(f"{role} {dead} 已中断,重新启动", f"{role} {dead} has ended and is started again")
    finally:
        until = time.monotonic() + _STOP_SECONDS
        for process in all_[1:]:  # first who takes requests; what they have handed on is finished by the writer
            process.stop()
        for process in all_[1:]:
            process.end(until)
        writer.stop()
        writer.end(until)
        shutil.rmtree(counts, ignore_errors=True)
    door.say("门户已停止", "the portal has stopped")
    return None


def _forget(counts: str, number: int) -> None:
    """Of a process that has ended only counts stay."""
    for path in Path(counts).glob(f"gauge_live*_{number}.db"):
        path.unlink(missing_ok=True)
