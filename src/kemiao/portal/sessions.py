"""What the portal itself keeps: sessions, failures of signing in, and answers to requests that carried an idempotency key. A file of
its own, portal.db.

Of tokens only digests are kept. Everything here may be lost without loss to anybody: people sign in again, and what a repeated request
did before is told by the event log. Sessions are read from memory as long as no other process has written the file (SQLite's
data_version tells), so that a session that is ended anywhere is ended everywhere; a request that only reads takes no lock.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from kemiao.base.refusal import Outage
from kemiao.base.wal import into_wal

FILE = "portal.db"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions(
  digest TEXT PRIMARY KEY, account TEXT NOT NULL, csrf TEXT NOT NULL, began INTEGER NOT NULL, seen INTEGER NOT NULL,
  version INTEGER NOT NULL, browser TEXT NOT NULL, address TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_account ON sessions(account);
CREATE TABLE IF NOT EXISTS failure(
  what TEXT PRIMARY KEY, count INTEGER NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS failure_at ON failure(at);
CREATE TABLE IF NOT EXISTS browser(digest TEXT PRIMARY KEY, account TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS code_used(account TEXT PRIMARY KEY, step INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answered(
  account TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, at INTEGER NOT NULL, status INTEGER, headers TEXT, body BLOB,
  PRIMARY KEY (account, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answered_at ON answered(at);
"""
_SEEN_EVERY_MS = 60_000
_ANSWERS_KEPT_MS = 7 * 86_400_000
_BROWSERS_KEPT_MS = 365 * 86_400_000
_FAILURES_KEPT = 100_000
_CACHED = 20_000
_TEXT_MAX = 200
_TOKEN_BYTES = 32
TOLD_ONCE = '{"told": "once"}'
"""Instead of an answer's headers: its content is not kept."""


class Limits(NamedTuple):
    idle_ms: int = 30 * 60_000
    whole_ms: int = 12 * 3_600_000  # after which one signs in again, however busy
    most: int = 20  # of an account at once


class Session(NamedTuple):
    """version: of the account's credentials when it began; see bank.credentials.Standing."""

    digest: str
    account: str
    csrf: str
    began: int
    seen: int
    version: int = 0
    browser: str = ""
    address: str = ""


class Answered(NamedTuple):
    """status: None while the request is being done (or its process died with it)."""

    request: str
    at: int
    status: int | None
    headers: str | None
    body: bytes | None


class Tried(NamedTuple):
    """What a wait is counted by, and how long the try after so many failures waits; forgotten after a quiet time."""

    what: str
    after: Callable[[int], int]
    forget_ms: int


def digest_of(token: str) -> str:
    return hashlib.sha256(b"kemiao/session\0" + token.encode()).hexdigest()


def forget(root: Path, accounts: Collection[str]) -> None:
    """After a company was erased, also while a portal is served. root: the home. What is kept of its accounts goes; and of every answer that
    waits for its request to be repeated the content, since nobody knows whom it tells of: who repeats hears that it was done. Raises Outage.
    """
    path = root / FILE
    if not path.exists():
        return
    connection = _Connection(path)
    try:
        with connection.using() as opened:
            opened.execute("BEGIN IMMEDIATE")
            for table in ("sessions", "browser", "code_used", "answered"):
                opened.executemany(f"DELETE FROM {table} WHERE account = ?", [(name,) for name in accounts])  # noqa: S608 - our own texts
            opened.execute("UPDATE answered SET headers = ?, body = x'' WHERE status IS NOT NULL", (TOLD_ONCE,))
            opened.execute("COMMIT")
            opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()


class Sessions:
    """Several threads and processes. now_ms: the machine's clock, not a study's day: a session is of the people at the page."""

    def __init__(
        self, path: Path, now_ms: Callable[[], int], random_bytes: Callable[[int], bytes], limits: Callable[[], Limits] = Limits
    ) -> None:  # fmt: skip
        self._now_ms, self._random_bytes, self._limits = now_ms, random_bytes, limits
        self._reader, self._writer = _Connection(path), _Connection(path)  # who reads does not wait for who writes
        self._known: dict[str, Session | None] = {}
        self._known_at: int | None = None  # data_version when they were read
        self._seen: dict[str, int] = {}  # not written yet
        self._failed: Mapping[str, int] = {}
        self._wake = threading.Condition()
        self._ending = False
        self._thread: threading.Thread | None = None

    # -- sessions

    def begin(self, account: str, version: int = 0, browser: str = "", address: str = "") -> tuple[str, Session]:
        """A new session, and its token, which is told once and kept nowhere."""
        token, csrf = self._random_bytes(_TOKEN_BYTES).hex(), self._random_bytes(_TOKEN_BYTES).hex()
        now, limits = self._now_ms(), self._limits()
        session = Session(digest_of(token), account, csrf, now, now, version, browser[:_TEXT_MAX], address[:_TEXT_MAX])
        with self._writing() as connection:
            connection.execute("DELETE FROM sessions WHERE began < ? OR seen < ?", (now - limits.whole_ms, now - limits.idle_ms - _SEEN_EVERY_MS))  # fmt: skip
            connection.execute(
                "DELETE FROM sessions WHERE digest IN (SELECT digest FROM sessions WHERE account = ? ORDER BY began DESC LIMIT -1 OFFSET ?)",
                (account, limits.most - 1),
            )
            connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", session)
        return token, session

    def of(self, token: str, limits: Limits | None = None, noted: bool = True) -> Session | None:
        """None where there is none, or its time is over. Being asked for keeps it alive; that is written later, by another thread. noted: it was a person who asked."""
        self.look()
        return self.known(token, limits, noted)

    def look(self) -> None:
        """Forgets what is in memory if another process or thread has written the file."""
        with self._reader.using() as connection:
            now_at = int(connection.execute("PRAGMA data_version").fetchone()[0])
            if now_at != self._known_at or len(self._known) > _CACHED:  # too many: strangers try tokens
                self._known, self._known_at = {}, now_at

    def known(self, token: str, limits: Limits | None = None, noted: bool = True) -> Session | None:
        """The same, as of the last look."""
        digest, now, limits = digest_of(token), self._now_ms(), limits or self._limits()
        session = self._read(digest)
        if session is None or now - session.began >= limits.whole_ms:
            return None
        seen = max(session.seen, self._seen.get(digest, 0))
        if now - seen >= limits.idle_ms:
            return None
        if noted and now - seen >= _SEEN_EVERY_MS:
            self._note(digest, now)
        return session

    def of_account(self, account: str | None = None) -> list[Session]:
        """Those that stand, the newest first."""
        now, limits = self._now_ms(), self._limits()
        where, given = ("WHERE account = ?", (account,)) if account is not None else ("", ())
        with self._reader.using() as connection:
            rows = connection.execute(f"SELECT * FROM sessions {where} ORDER BY began DESC, digest", given).fetchall()  # noqa: S608 - our own texts
        found = [Session(*row) for row in rows]
        found = [each._replace(seen=max(each.seen, self._seen.get(each.digest, 0))) for each in found]
        return [each for each in found if now - each.began < limits.whole_ms and now - each.seen < limits.idle_ms]

    def end(self, digest: str) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM sessions WHERE digest = ?", (digest,))

    def end_all(self, account: str, but: str | None = None) -> int:
        """Of an account; `but`: the digest of the one that stays."""
        with self._writing() as connection:
            return connection.execute(
                "DELETE FROM sessions WHERE account = ? AND digest IS NOT ?", (account, but)
            ).rowcount

    def renew(self, digest: str, version: int) -> None:
        """The session goes on under changed credentials; the account's others have ended by that."""
        with self._writing() as connection:
            connection.execute("UPDATE sessions SET version = ? WHERE digest = ?", (version, digest))

    # -- failures

    def waits(self, tries: Sequence[Tried]) -> int:
        """0: the try may be made, and counts as a failure until `succeeded`; else how many milliseconds to wait. Tries at the same moment
        are counted one by one, so that none of them slips through."""
        now = self._now_ms()
        with self._writing() as connection:
            connection.execute("DELETE FROM failure WHERE at < ?", (now - 30 * 86_400_000,))
            rows = {what: (count, at, until) for what, count, at, until in connection.execute(
                f"SELECT * FROM failure WHERE what IN ({','.join('?' * len(tries))})", [each.what for each in tries]  # noqa: S608
            )}  # fmt: skip
            longest = max((until - now for _, _, until in rows.values()), default=0)
            if longest > 0:
                return longest
            for each in tries:
                count, at, _ = rows.get(each.what, (0, now, 0))
                count = 1 if now - at >= each.forget_ms else count + 1
                connection.execute(
                    "INSERT OR REPLACE INTO failure VALUES (?, ?, ?, ?)",
                    (each.what, count, now, now + each.after(count)),
                )
            connection.execute(
                "DELETE FROM failure WHERE what IN (SELECT what FROM failure ORDER BY at DESC LIMIT -1 OFFSET ?)",
                (_FAILURES_KEPT,),
            )
        return 0

    def succeeded(self, tries: Sequence[Tried], shared: frozenset[str] = frozenset()) -> None:
        """The try was none of a guesser. shared: counts that are of others too: one less, not none."""
        with self._writing() as connection:
            for each in tries:
                if each.what in shared:
                    connection.execute(
                        "UPDATE failure SET count = count - 1, until = 0 WHERE what = ? AND count > 0", (each.what,)
                    )
                else:
                    connection.execute("DELETE FROM failure WHERE what = ?", (each.what,))

    def new_browser(self, account: str) -> str:
        """What a browser keeps once its account signed in there: its failures are counted apart from everybody's."""
        token, now = self._random_bytes(_TOKEN_BYTES).hex(), self._now_ms()
        with self._writing() as connection:
            connection.execute("DELETE FROM browser WHERE at < ?", (now - _BROWSERS_KEPT_MS,))
            connection.execute("INSERT INTO browser VALUES (?, ?, ?)", (digest_of(token), account, now))
        return token

    def knows_browser(self, token: str, account: str) -> bool:
        with self._reader.using() as connection:
            return connection.execute("SELECT 1 FROM browser WHERE digest = ? AND account = ? AND at >= ?", (digest_of(token), account, self._now_ms() - _BROWSERS_KEPT_MS)).fetchone() is not None  # fmt: skip

    def forget_browsers(self, account: str) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM browser WHERE account = ?", (account,))

    def code_once(self, account: str, step: int) -> bool:
        """Whether no code of this step or a later one has opened: each does once."""
        with self._writing() as connection:
            row = connection.execute("SELECT step FROM code_used WHERE account = ?", (account,)).fetchone()
            if row is not None and row[0] >= step:
                return False
            connection.execute("INSERT OR REPLACE INTO code_used VALUES (?, ?)", (account, step))
        return True

    # -- answers under an idempotency key

    def claim(self, account: str, key: str, request: str) -> Answered | None:
        """None: the key is ours now, and `answer` or `release` follows. Else what stands under it."""
        now = self._now_ms()
        with self._writing() as connection:
            connection.execute("DELETE FROM answered WHERE at < ?", (now - _ANSWERS_KEPT_MS,))
            row = connection.execute("SELECT request, at, status, headers, body FROM answered WHERE account = ? AND key = ?", (account, key)).fetchone()  # fmt: skip
            if row is not None:
                return Answered(*row)
            connection.execute("INSERT INTO answered(account, key, request, at) VALUES (?, ?, ?, ?)", (account, key, request, now))  # fmt: skip
        return None

    def answer(self, account: str, key: str, status: int, headers: str, body: bytes) -> None:
        with self._writing() as connection:
            connection.execute("UPDATE answered SET status = ?, headers = ?, body = ? WHERE account = ? AND key = ?", (status, headers, body, account, key))  # fmt: skip

    def release(self, account: str, key: str) -> None:
        """The request did nothing: the key may be used again."""
        with self._writing() as connection:
            connection.execute("DELETE FROM answered WHERE account = ? AND key = ? AND status IS NULL", (account, key))

    def close(self) -> None:
        """What waits is written first."""
        with self._wake:
            self._ending = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
        self._reader.close()
        self._writer.close()

    # -- below

    def _read(self, digest: str) -> Session | None:
        known = self._known  # those of the last look, also while another thread looks again
        if digest not in known:
            with self._reader.using() as connection:
                row = connection.execute("SELECT * FROM sessions WHERE digest = ?", (digest,)).fetchone()
            known[digest] = None if row is None else Session(*row)
        return known[digest]

    def _note(self, digest: str, now: int) -> None:
        with self._wake:
            self._seen[digest] = now
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_seen, name="sessions-seen", daemon=True)
                self._thread.start()
            self._wake.notify()

    def _write_seen(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._ending or self._seen != self._failed)
                taken, ending = dict(self._seen), self._ending
            try:
                with self._writing() as connection:
                    connection.executemany("UPDATE sessions SET seen = max(seen, ?) WHERE digest = ?", [(at, digest) for digest, at in taken.items()])  # fmt: skip
                with self._wake:
                    for digest, at in taken.items():
                        if self._seen.get(digest) == at:
                            del self._seen[digest]
                    self._failed = {}
            except Outage:
                self._failed = taken  # kept in memory; tried again with the next that is seen
            if ending:
                return

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._writer.using() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise


class _Connection:
    """One connection, one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def using(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._opened()
                yield self._connection
            except sqlite3.Error as error:
                raise Outage("PORTAL_STATE_AWAY", f"会话文件无法使用:{error}", f"the file of sessions can't be used: {error}", {"file": self._path}) from error  # fmt: skip

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _opened(self) -> sqlite3.Connection:
        self._path.touch(mode=0o600, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        into_wal(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA secure_delete=ON")  # what was deleted is overwritten
        connection.executescript(_SCHEMA)
        return connection
