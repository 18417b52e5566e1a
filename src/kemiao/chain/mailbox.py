"""Parcels on their way: a node keeps what one participant left for another, unread, until it is fetched or its days are over.

They lie in a SQLite file of their own beside the chain's, since they are no part of it: a replica has none of them, and they go.
Who sent a parcel, who it is for, its size and when it came is what a node knows.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.base.wal import into_wal
from kemiao.chain.sealing import PARCEL_BYTES, parcel_digest

QUOTA_BYTES = 256 * 1024 * 1024  # of what one participant has sent and nobody has dropped
QUOTA_PARCELS = 10_000
ALL_BYTES = 16 * 1024 * 1024 * 1024
KEPT_DAYS = 90
LISTED = 1000
_DAY_MS = 86_400_000
_WAIT_SECONDS = 30
_SCHEMA = """
CREATE TABLE IF NOT EXISTS parcels(
  number INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL, sender TEXT NOT NULL, addressee TEXT NOT NULL,
  at INTEGER NOT NULL, bytes INTEGER NOT NULL, content BLOB NOT NULL, UNIQUE(digest, sender, addressee));
CREATE INDEX IF NOT EXISTS parcels_sender ON parcels(sender, bytes);
CREATE INDEX IF NOT EXISTS parcels_addressee ON parcels(addressee, number);
CREATE INDEX IF NOT EXISTS parcels_at ON parcels(at);
"""


class Parcel(NamedTuple):
    """number: rises with each that a node takes. at: milliseconds since 1970, UTC."""

    number: int
    digest: str
    sender: str
    to: str
    at: int
    bytes: int


class Mail(Protocol):
    """One participant's side of a mailbox, here or over HTTP. Methods raise Refused with what the node refused, and Outage."""

    def put_parcel(self, to: str, content: bytes) -> str:
        """Leaves a parcel; its digest. The same for the same addressee once more is the same parcel. Raises Refused
        PARCEL_TOO_LARGE, NO_SUCH_PARTICIPANT, QUOTA_USED, MAILBOX_FULL."""
        ...

    def parcel(self, digest: str) -> bytes | Refusal:
        """What we sent or what was sent to us. Refuses NO_SUCH_PARCEL: there is none, or it is others'."""
        ...

    def parcels(self, after: int = 0) -> list[Parcel]:
        """For us, of higher numbers, in their order; at most LISTED at once."""
        ...

    def drop_parcel(self, digest: str) -> bool:
        """Drops what was sent to us; False where there was nothing."""
        ...


class Mailbox:
    """A node's parcels, of all participants; several threads and processes. kept_days: then a parcel is dropped."""

    def __init__(self, path: Path, now_ms: Callable[[], int], kept_days: int = KEPT_DAYS) -> None:
        self.path, self._now_ms, self._kept_ms = path, now_ms, kept_days * _DAY_MS
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def put(self, sender: str, to: str, content: bytes) -> str | Refusal:
        """Refuses PARCEL_TOO_LARGE, QUOTA_USED, MAILBOX_FULL. That both are participants the caller has seen to."""
        unfit = unsendable(content)
        if unfit is not None:
            return unfit
        own, now = parcel_digest(content), self._now_ms()
        with self._writing() as connection:
            # A number that was given is never given again, so that whoever has seen it misses none.
            connection.execute("DELETE FROM parcels WHERE at < ?", (now - self._kept_ms,))
            if connection.execute("SELECT 1 FROM parcels WHERE digest = ? AND sender = ? AND addressee = ?", (own, sender, to)).fetchone():  # fmt: skip
                return own
            count, held = connection.execute("SELECT count(*), total(bytes) FROM parcels WHERE sender = ?", (sender,)).fetchone()  # fmt: skip
            if count >= QUOTA_PARCELS or held + len(content) > QUOTA_BYTES:
                return Refusal.at("QUOTA_USED", "寄存的密封内容已达上限:待收件方取走,或过期后再寄", "the quota of parcels is used up: until they are fetched or their days are over", participant=sender, parcels=count, bytes=int(held))  # fmt: skip
            if connection.execute("SELECT total(bytes) FROM parcels").fetchone()[0] + len(content) > ALL_BYTES:
                return Refusal("MAILBOX_FULL", "节点的寄存空间已满", "the node's mailbox is full")
            connection.execute(
                "INSERT INTO parcels(digest, sender, addressee, at, bytes, content) VALUES (?, ?, ?, ?, ?, ?)",
                (own, sender, to, now, len(content), content),
            )
        return own

    def get(self, asks: str, digest: str) -> bytes | Refusal:
        """To its sender and its addressee; to others it is as if there were none."""
        rows = self._rows("content", "digest = ? AND (sender = ? OR addressee = ?) LIMIT 1", digest, asks, asks)
        return bytes(rows[0][0]) if rows else no_such_parcel(digest)

    def listed(self, addressee: str, after: int = 0, limit: int = LISTED) -> list[Parcel]:
        most = max(1, min(limit, LISTED))
        rows = self._rows("number, digest, sender, addressee, at, bytes", "addressee = ? AND number > ? ORDER BY number LIMIT ?", addressee, after, most)  # fmt: skip
        return [Parcel(*row) for row in rows]

    def drop(self, addressee: str, digest: str) -> bool:
        if not self.path.is_file():
            return False
        with self._writing() as connection:
            return connection.execute("DELETE FROM parcels WHERE digest = ? AND addressee = ?", (digest, addressee)).rowcount > 0  # fmt: skip

    def holds(self, sender: str, to: str, digest: str) -> bool:
        return bool(self._rows("1", "digest = ? AND sender = ? AND addressee = ?", digest, sender, to))

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @staticmethod
    def copy(path: Path, target: Path) -> None:
        """The file as it is at one moment, while others may write: for backups. target must not exist."""
        try:
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copied:
                source.backup(copied)
                copied.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        except sqlite3.Error as error:
            raise _away(path, error) from error

    def _rows(self, columns: str, where: str, *given: str | int) -> list[Any]:
        """Of parcels whose days are not over."""
        sql, since = f"SELECT {columns} FROM parcels WHERE at >= ? AND {where}", self._now_ms() - self._kept_ms  # noqa: S608 -- our own texts
        with self._lock:
            if self._connection is None and not self.path.is_file():
                return []
            try:
                return self._opened().execute(sql, (since, *given)).fetchall()
            except sqlite3.Error as error:
                raise _away(self.path, error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                connection = self._opened()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise _away(self.path, error) from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.touch(mode=0o600, exist_ok=True)
            connection = sqlite3.connect(
                self.path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            into_wal(connection)
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA secure_delete=ON")
            connection.executescript(_SCHEMA)
            self._connection = connection
        return self._connection


class OwnMail:
    """A Mail over the mailbox of the node in the same home. knows: whether somebody is a participant of the chain."""

    def __init__(self, mailbox: Mailbox, me: str, knows: Callable[[str], bool]) -> None:
        self._mailbox, self._me, self._knows = mailbox, me, knows

    def put_parcel(self, to: str, content: bytes) -> str:
        put = left(self._mailbox, self._knows, self._me, to, content)
        if isinstance(put, Refusal):
            raise Refused(put)
        return put

    def parcel(self, digest: str) -> bytes | Refusal:
        return self._mailbox.get(self._me, digest)

    def parcels(self, after: int = 0) -> list[Parcel]:
        return self._mailbox.listed(self._me, after)

    def drop_parcel(self, digest: str) -> bool:
        return self._mailbox.drop(self._me, digest)


def left(mailbox: Mailbox, knows: Callable[[str], bool], sender: str, to: str, content: bytes) -> str | Refusal:
    """A parcel that a participant leaves for another."""
    if not knows(to):
        return Refusal.at("NO_SUCH_PARTICIPANT", "没有这个参与方", "there is no such participant", participant=to)
    return mailbox.put(sender, to, content)


def unsendable(content: bytes) -> Refusal | None:
    """Why no mailbox takes it, whosever it is."""
    if 0 < len(content) <= PARCEL_BYTES:
        return None
    return Refusal.at("PARCEL_TOO_LARGE", f"密封内容须为 1 至 {PARCEL_BYTES} 字节", f"a parcel has 1 to {PARCEL_BYTES} bytes", bytes=len(content))  # fmt: skip


def no_such_parcel(digest: str) -> Refusal:
    return Refusal.at("NO_SUCH_PARCEL", "没有这份密封内容(或它不是寄给您的、已过期)", "there is no such parcel (or it is not yours, or its days are over)", parcel=digest)  # fmt: skip


def _away(path: Path, error: sqlite3.Error) -> Outage:
    return Outage("MAILBOX_AWAY", f"寄存文件无法读写:{error}", f"the file of parcels can't be read or written: {error}", {"file": path})  # fmt: skip
