"""What the portal itself keeps: sessions, and answers to requests that carried an idempotency key. A file of its own, portal.db.

Of a session's token only the digest is kept. Everything here may be lost without loss to anybody: people sign in again, and what a
repeated request did before is told by the event log.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from kemiao.base.refusal import Outage
from kemiao.base.wal import into_wal

FILE = "portal.db"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS session(
  digest TEXT PRIMARY KEY, account TEXT NOT NULL, csrf TEXT NOT NULL, began INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS session_account ON session(account);
CREATE TABLE IF NOT EXISTS answered(
  account TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, at INTEGER NOT NULL, status INTEGER, headers TEXT, body BLOB,
  PRIMARY KEY (account, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answered_at ON answered(at);
"""
IDLE_MS = 30 * 60_000
WHOLE_MS = 12 * 3_600_000  # after which one signs in again, however busy
_SEEN_EVERY_MS = 60_000
_ANSWERS_KEPT_MS = 7 * 86_400_000
_TOKEN_BYTES = 32


class Session(NamedTuple):
    digest: str
    account: str
    csrf: str
    began: int
    seen: int


class Answered(NamedTuple):
    """status: None while the request is being done (or its process died with it)."""

    request: str
    at: int
    status: int | None
    headers: str | None
    body: bytes | None


def digest_of(token: str) -> str:
    return hashlib.sha256(b"kemiao/session\0" + token.encode()).hexdigest()


class Sessions:
    """Several threads and processes. now_ms: the machine's clock, not a study's day: a session is of the people at the page."""

    def __init__(self, path: Path, now_ms: Callable[[], int], random_bytes: Callable[[int], bytes]) -> None:
        self._path, self._now_ms, self._random_bytes = path, now_ms, random_bytes
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def begin(self, account: str) -> tuple[str, Session]:
        """A new session, and its token, which is told once and kept nowhere."""
        token, csrf, now = (
            self._random_bytes(_TOKEN_BYTES).hex(),
            self._random_bytes(_TOKEN_BYTES).hex(),
            self._now_ms(),
        )
        session = Session(digest_of(token), account, csrf, now, now)
        with self._using() as connection:
            connection.execute("DELETE FROM session WHERE began < ? OR seen < ?", (now - WHOLE_MS, now - IDLE_MS))
            connection.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?)", session)
        return token, session

    def of(self, token: str) -> Session | None:
        """None where there is none, or its time is over. Being asked for keeps it alive."""
        now = self._now_ms()
        with self._using() as connection:
            row = connection.execute("SELECT * FROM session WHERE digest = ?", (digest_of(token),)).fetchone()
            if row is None:
                return None
            session = Session(*row)
            if now - session.began >= WHOLE_MS or now - session.seen >= IDLE_MS:
                connection.execute("DELETE FROM session WHERE digest = ?", (session.digest,))
                return None
            if now - session.seen >= _SEEN_EVERY_MS:
                connection.execute("UPDATE session SET seen = ? WHERE digest = ?", (now, session.digest))
        return session

    def end(self, digest: str) -> None:
        with self._using() as connection:
            connection.execute("DELETE FROM session WHERE digest = ?", (digest,))

    def end_all(self, account: str) -> int:
        """Of an account: its password, roles or right to sign in have changed."""
        with self._using() as connection:
            return connection.execute("DELETE FROM session WHERE account = ?", (account,)).rowcount

    def claim(self, account: str, key: str, request: str) -> Answered | None:
        """None: the key is ours now, and `answer` or `release` follows. Else what stands under it."""
        now = self._now_ms()
        with self._using() as connection:
            connection.execute("DELETE FROM answered WHERE at < ?", (now - _ANSWERS_KEPT_MS,))
            row = connection.execute("SELECT request, at, status, headers, body FROM answered WHERE account = ? AND key = ?", (account, key)).fetchone()  # fmt: skip
            if row is not None:
                return Answered(*row)
            connection.execute("INSERT INTO answered(account, key, request, at) VALUES (?, ?, ?, ?)", (account, key, request, now))  # fmt: skip
        return None

    def answer(self, account: str, key: str, status: int, headers: str, body: bytes) -> None:
        with self._using() as connection:
            connection.execute("UPDATE answered SET status = ?, headers = ?, body = ? WHERE account = ? AND key = ?", (status, headers, body, account, key))  # fmt: skip

    def release(self, account: str, key: str) -> None:
        """The request did nothing: the key may be used again."""
        with self._using() as connection:
            connection.execute("DELETE FROM answered WHERE account = ? AND key = ? AND status IS NULL", (account, key))

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._opened()
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise Outage("PORTAL_STATE_AWAY", f"会话文件无法使用:{error}", f"the file of sessions can't be used: {error}", {"file": self._path}) from error  # fmt: skip

    def _opened(self) -> sqlite3.Connection:
        self._path.touch(mode=0o600, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        into_wal(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.executescript(_SCHEMA)
        return connection
