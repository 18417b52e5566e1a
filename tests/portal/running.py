"""`kemiao serve` as processes of its own, asked over its socket: for what only several processes can show."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from kemiao.bank.credentials import standing
from kemiao.base.refusal import Refusal
from kemiao.portal.door import API, PLAIN_COOKIE
from kemiao.portal.sessions import Sessions
from little_bank import at


@dataclass
class Running:
    home: Path
    process: subprocess.Popen[str]
    address: str
    said: list[str]
    tokens: dict[str, tuple[str, str]] = field(default_factory=dict)

    def get(self, account: str | None, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", account, path, **options)

    def post(self, account: str, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        return self.ask("POST", account, path, json=body, headers={"idempotency-key": key or uuid.uuid4().hex})

    def ask(self, method: str, account: str | None, path: str, headers: Any = None, **options: Any) -> httpx.Response:
        """path: of the API; with a whole address before it, of the server. On a connection of its own: whichever worker takes it."""
        said = {**(self.sent_by(account) if account else {}), **(headers or {})}
        place = path if path.startswith("http") else self.address + API + path
        return httpx.request(method, place, headers=said, timeout=60, trust_env=False, **options)

    def sent_by(self, account: str) -> dict[str, str]:
        if account not in self.tokens:
            sessions = Sessions(self.home / "portal.db", lambda: time.time_ns() // 1_000_000, os.urandom)
            with at(self.home) as world:
                found = standing(world, account)
            token, session = sessions.begin(account, 0 if isinstance(found, Refusal) else found.version)
            sessions.close()
            self.tokens[account] = (token, session.csrf)
        token, csrf = self.tokens[account]
        return {"cookie": f"{PLAIN_COOKIE}={token}", "x-csrf-token": csrf}

    def children(self, role: str) -> list[int]:
        """Numbers of the processes of a role: the writer came first, the workers after it."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii").split()
        writers, workers = listed[:1], listed[1:]
        return [int(each) for each in (writers if role == "writer" else workers)]

    def lines(self) -> list[dict[str, Any]]:
        """Of the log."""
        return [json.loads(line) for line in self.said if line.startswith("{")]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def running(home: Path, *options: str) -> Iterator[Running]:
    command = [
        sys.executable,
        "-c",
        "from kemiao.app.cli import main; main()",
        "serve",
        "--home",
        str(home),
        "--port",
        "0",
        *options,
    ]
    kept = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # what was compiled once serves the next start
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=kept)
    said: list[str] = []

    def append() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)

    reading = Thread(target=append, daemon=True)
    reading.start()
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        address = process.stdout.readline().strip()
        assert address, said
        yield Running(home, process, address, said)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(90)
        process.stdout.close()
        reading.join(30)
        process.stderr.close()


def until(what: Any, seconds: float = 60) -> Any:
    """What it answers, as soon as that is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


class Stream:
    """Server-sent events of one listener, read by a thread."""

    def __init__(self, at: Running, account: str, query: str = "", last: int | None = None) -> None:
        self._at, self._account, self._query, self._last = at, account, query, last
        self.heard: list[tuple[str, str, str]] = []  # id, kind, text
        self.over = False
        Thread(target=self._read, daemon=True).start()
        until(lambda: any(kind == "ready" for _, kind, _ in self.heard))

    def changes(self) -> list[dict[str, Any]]:
        return [each for _, kind, text in list(self.heard) if kind == "change" for each in json.loads(text)]

    def _read(self) -> None:
        headers = self._at.sent_by(self._account) | (
            {"last-event-id": str(self._last)} if self._last is not None else {}
        )
        with httpx.stream(
            "GET", f"{self._at.address}{API}/events{self._query}", headers=headers, timeout=90, trust_env=False
        ) as answer:
            said = {"id": "", "event": "", "data": ""}
            for line in answer.iter_lines():
                if not line:
                    if said["event"]:
                        self.heard.append((said["id"], said["event"], said["data"]))
                    said = {"id": "", "event": "", "data": ""}
                else:
                    name, _, value = line.partition(": ")
                    said[name] = value
        self.over = True
