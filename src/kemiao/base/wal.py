"""SQLite's write-ahead log, set where several processes may open a new file at the same moment."""

from __future__ import annotations

import sqlite3
import time

_SECONDS = 30


def into_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait here for another who does the same, but refuses one of the two at once: that one asks again.
    Raises sqlite3.OperationalError."""
    for left in reversed(range(_SECONDS * 100)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not left:
                raise
            time.sleep(0.01)
        else:
            return
