"""The access log: who asked the portal for what about whom, and what came of it. Chained by digest; only appended to.

It is a file of its own beside the event log, since a reading must not wait for an import that holds the home's lock. Entries that
come at the same time are committed together, and nobody gets an answer whose entry is not on disk.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from kemiao.base.canonical import canonical_bytes
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import Outage
from kemiao.base.wal import into_wal

FILE = "access_log.db"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS access(
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, account TEXT, company TEXT, said TEXT NOT NULL, digest TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS access_company ON access(company, seq);
CREATE INDEX IF NOT EXISTS access_account ON access(account, seq);
"""
_INSERT = """INSERT INTO access SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?)"""
_GENESIS = "0" * 64
_AT_ONCE = 2000
Done = Callable[[BaseException | None], None]


class Access(NamedTuple):
    """at: milliseconds since 1970, UTC. said: route, why (its purpose), status, request, and what else the route tells."""

    seq: int
    at: int
    account: str | None
    company: str | None
    said: Mapping[str, Any]


class AccessLog:
    """Several threads and processes. now_ms: the clock."""

    def __init__(self, path: Path, now_ms: Callable[[], int]) -> None:
        self._path, self._now_ms = path, now_ms
        self._waiting: list[tuple[str | None, str | None, bytes, Done]] = []
        self._wake = threading.Condition()
        self._ending = False
        self.failing = False  # the last that was to be written was not
        with closing(self._connected()) as connection:
            connection.executescript(_SCHEMA)
        self._thread = threading.Thread(target=self._write, name="access-log", daemon=True)
        self._thread.start()

    def record(self, account: str | None, company: str | None, said: Mapping[str, Any], done: Done) -> None:
        """done is called, from another thread, when the entry is on disk; or with the Outage that kept it from there."""
        with self._wake:
            self._waiting.append((account, company, canonical_bytes(dict(said)), done))
            self._wake.notify()

    def record_now(self, account: str | None, company: str | None, said: Mapping[str, Any]) -> None:
        """Returns when it is on disk. Raises Outage."""
        over, failed = threading.Event(), []

        def done(error: BaseException | None) -> None:
            failed.append(error)
            over.set()

        self.record(account, company, said, done)
        over.wait()
        if failed[0] is not None:
            raise failed[0]

    def entries(
        self, *, company: str | None = None, account: str | None = None, route: str | None = None, before: int | None = None, most: int = 200
    ) -> list[Access]:  # fmt: skip
        """Newest first. route: as access.toml writes it. before: of smaller numbers."""
        where, given = ["1"], []
        for column, value in (("company", company), ("account", account), ("json_extract(said, '$.route')", route)):
            if value is not None:
                where.append(f"{column} = ?")
                given.append(value)
        if before is not None:
            where.append("seq < ?")
            given.append(str(before))
        sql = (
            f"SELECT seq, at, account, company, said FROM access WHERE {' AND '.join(where)} ORDER BY seq DESC LIMIT ?"  # noqa: S608 - our own texts
        )
        return [
            Access(seq, at, by, whose, json.loads(said)) for seq, at, by, whose, said in self._rows(sql, (*given, most))
        ]

    def broken_link(self) -> int | None:
        """The first entry that was altered or lacks the one before it; None where all is as it was written."""
        expected, before = 1, _GENESIS
        for seq, at, account, company, said, digest in self._rows("SELECT seq, at, account, company, said, digest FROM access ORDER BY seq", ()):  # fmt: skip
            if seq != expected or digest != _link(before, at, account, company, said.encode()):
                return int(seq)
            expected, before = expected + 1, digest
        return None

    def close(self) -> None:
        """What waits is written first."""
        with self._wake:
            self._ending = True
            self._wake.notify()
        self._thread.join()

    def _rows(self, sql: str, given: Sequence[Any]) -> Iterator[Any]:
        try:
            with closing(self._connected()) as connection:
                yield from connection.execute(sql, given)
        except sqlite3.Error as error:
            raise _away(self._path, error) from error

    def _connected(self) -> sqlite3.Connection:
        self._path.touch(mode=0o600, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            into_wal(connection)
            connection.execute("PRAGMA synchronous=FULL")
        except sqlite3.Error as error:
            connection.close()
            raise _away(self._path, error) from error
        return connection

    def _write(self) -> None:
        connection: sqlite3.Connection | None = None
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._ending)
                taken, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            if not taken:
                break
            failed: BaseException | None = None
            try:
                connection = connection or self._connected()
                self._append(connection, taken)
            except (sqlite3.Error, Outage) as error:
                failed = error if isinstance(error, Outage) else _away(self._path, error)
                if connection is not None:
                    connection.close()
                    connection = None
            self.failing = failed is not None
            for *_, done in taken:
                done(failed)
        if connection is not None:
            connection.close()

    def _append(self, connection: sqlite3.Connection, taken: Sequence[tuple[str | None, str | None, bytes, Done]]) -> None:  # fmt: skip
        at = self._now_ms()
        connection.execute("BEGIN IMMEDIATE")
        try:
            last = connection.execute("SELECT seq, digest FROM access ORDER BY seq DESC LIMIT 1").fetchone()
            seq, before = last or (0, _GENESIS)
            rows = []
            for account, company, said, _ in taken:
                seq, before = seq + 1, _link(before, at, account, company, said)
                rows.append((seq, at, account, company, said.decode(), before))
            # In one statement: between two of them another thread may take its turn, and while many ask it takes long.
            connection.execute(_INSERT, (json.dumps(rows, ensure_ascii=False),))
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _link(before: str, at: int, account: str | None, company: str | None, said: bytes) -> str:
    return digest_bytes("access", canonical_bytes([before, at, account, company, said.decode()]))


def _away(path: Path, error: sqlite3.Error) -> Outage:
    return Outage("ACCESS_LOG_AWAY", f"访问日志无法写入或读取:{error}", f"the access log can't be written or read: {error}", {"file": path})  # fmt: skip
