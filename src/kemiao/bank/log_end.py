"""The number of the event log's newest event, asked for many times a second: by readers who keep in memory what follows from the log.

What is answered was true at some moment after the question: who waits for a commit to be over sees that commit.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from typing import Any, NamedTuple

from sqlalchemy import text

from kemiao.bank.database import Database, outages
from kemiao.bank.home import Home, engine_of
from kemiao.base.refusal import Outage

_PASSED = "SELECT kind, subject FROM event WHERE seq > :after AND seq <= :until ORDER BY seq LIMIT :most"


class Passed(NamedTuple):
    kind: str
    subject: str | None


class LogEnd:
    """Several threads. quick: asking takes microseconds (a page of the file is looked at), so that no thread is needed for it."""

    def __init__(self, home: Home) -> None:
        self._home, self.quick = home, home.database is None
        self._lock = threading.Lock()
        self._connection: Any = None
        self._engine: Any = None
        self._file: tuple[int, int] | None = None
        self._version, self._end = -1, 0

    def end(self) -> int | None:
        """None: a commit is being written at this moment; ask again. Raises Outage."""
        with self._lock:
            return self._of_file() if self._home.database is None else self._of_server(self._home.database)

    def passed(self, after: int, until: int, most: int) -> list[Passed] | None:
        """What came after number `after`, up to `until`; None: more than `most` events. Raises Outage."""
        asked = {"after": after, "until": until, "most": most + 1}
        with self._lock:
            if self._engine is not None and self._home.database is not None:
                with outages(self._home.database), self._engine.connect() as connection:
                    rows: list[Any] = list(connection.execute(text(_PASSED), asked))
            else:
                try:
                    rows = self._connection.execute(_PASSED, asked).fetchall()
                except (sqlite3.Error, AttributeError) as error:
                    raise self._gone(error) from error
        return None if len(rows) > most else [Passed(*row) for row in rows]

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _of_file(self) -> int | None:
        path = self._home.event_log
        try:
            stands = os.stat(path)  # noqa: PTH116 - a Path's own costs as much as the question
            if self._file != (stands.st_dev, stands.st_ino):
                self._drop()
                self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0, isolation_level=None, check_same_thread=False)  # fmt: skip
                self._file, self._version = (stands.st_dev, stands.st_ino), -1
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version != self._version:
                self._end = int(self._connection.execute("SELECT max(seq) FROM event").fetchone()[0] or 0)
                self._version = version
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                return None
            raise self._gone(error) from error
        except (sqlite3.Error, OSError) as error:
            raise self._gone(error) from error
        return self._end

    def _of_server(self, database: Database) -> int:
        with outages(database):
            self._engine = self._engine or engine_of(self._home)
            with self._engine.connect() as connection:
                return int(connection.execute(text("SELECT max(seq) FROM event")).scalar() or 0)

    def _gone(self, error: Exception) -> Outage:
        self._drop()
        path = self._home.event_log
        if not path.is_file():
            return Outage("EVENT_LOG_MISSING", "事件日志不在了", "the event log is gone", {"file": path})
        return Outage("EVENT_LOG_UNREADABLE", f"事件日志无法读取:{error}", f"the event log can't be read: {error}", {"file": path})  # fmt: skip

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._engine is not None:
            self._engine.dispose()
        self._connection = self._engine = self._file = None
