"""The file of a node: records, state, tree hashes and head in SQLite (WAL, synchronous FULL). It decides nothing.

Writing goes through one connection and one transaction a group; reading through connections of its own, which never wait for it.
"""

from __future__ import annotations

import json
import sqlite3
import struct
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.chain.entry import Entry
from kemiao.chain.node import Record

FORMAT = 1
_WAIT_SECONDS = 30  # for another process that writes
_WAL_PAGES = 16_000  # 64 MB of journal before it is carried into the file: pages that change often are written once
_PAGE_CACHE_KIB = 64 * 1024
_SCHEMA = """
CREATE TABLE records(
  idx INTEGER PRIMARY KEY, at INTEGER NOT NULL, id BLOB NOT NULL, short INTEGER NOT NULL, author TEXT NOT NULL,
  sequence INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT, envelope BLOB NOT NULL, sum INTEGER NOT NULL);
CREATE INDEX records_short ON records(short);
CREATE INDEX records_author ON records(author, sequence);
CREATE TABLE state(key TEXT PRIMARY KEY, value BLOB NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE tiles(id INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
CREATE TABLE head(one INTEGER PRIMARY KEY CHECK (one = 1), format INTEGER NOT NULL, chain TEXT NOT NULL,
  size INTEGER NOT NULL, root BLOB NOT NULL, at INTEGER NOT NULL, note TEXT);
"""
_RECORD = "SELECT idx, at, id, envelope, sum FROM records "


@dataclass(frozen=True, slots=True)
class Head:
    """root: 32 bytes. at: of the last record. note: the checkpoint as the node signed it, None in a replica."""

    chain: str
    size: int
    root: bytes
    at: int
    note: str | None


# Of the table of records, in its order: a tuple and no class, since thousands are made at once.
Row = tuple[int, int, bytes, int, str, int, str, str | None, bytes, int]


def row(index: int, at: int, entry_id: str, entry: Entry | None, content: bytes) -> Row:
    """entry: None for the genesis."""
    own = bytes.fromhex(entry_id)
    sum_ = _record_sum(index, at, own, content)
    if entry is None:
        return (index, at, own, _short(own), "", 0, "genesis", None, content, sum_)
    return (index, at, own, _short(own), entry.author, entry.sequence, entry.kind, entry.subject, content, sum_)


def record_of(row: Row) -> Record:
    return Record(row[0], row[1], row[2].hex(), row[8])


class SqliteStore:
    def __init__(self, path: Path, *, durable: bool = True) -> None:
        """durable: False for scratch files only. Raises Refused NO_CHAIN_FILE, CHAIN_DAMAGED; Outage."""
        self.path, self._durable = path, durable
        if not path.is_file():
            raise Refused(Refusal.at("NO_CHAIN_FILE", "没有链的数据文件", "there is no file of the chain", path=path))
        self._idle: deque[sqlite3.Connection] = deque()
        self._all: list[sqlite3.Connection] = []
        self._writer: sqlite3.Connection | None = None
        self.rows("SELECT one FROM head")  # is it a database of ours at all?

    @classmethod
    def create(cls, path: Path, *, durable: bool = True) -> SqliteStore:
        """An empty file with its tables. Raises Refused CHAIN_EXISTS."""
        if path.exists():
            raise Refused(
                Refusal.at("CHAIN_EXISTS", "链的数据文件已存在", "the chain's file exists already", path=path)
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = sqlite3.connect(path, isolation_level=None)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.executescript("BEGIN;" + _SCHEMA + "COMMIT;")
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise trouble(path, error) from error
        path.chmod(0o600)
        return cls(path, durable=durable)

    @staticmethod
    def copy(path: Path, target: Path) -> None:
        """The file as it is at one moment, while others may write; target must not exist. For backups: the files beside it
        are of this moment here, and of no use there."""
        source = SqliteStore(path)
        try:
            copied = sqlite3.connect(target, isolation_level=None)
            try:
                source._open().backup(copied)
                copied.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
                copied.execute("PRAGMA journal_mode=WAL")
            finally:
                copied.close()
        except sqlite3.Error as error:
            raise trouble(path, error) from error
        finally:
            source.close()

    # Reading: any thread, at any time.

    def rows(self, statement: str, arguments: Sequence[object] = ()) -> list[Any]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._open()
        try:
            return connection.execute(statement, arguments).fetchall()
        except sqlite3.Error as error:
            raise trouble(self.path, error) from error
        finally:
            self._idle.append(connection)

    def head(self) -> Head | None:
        found = self.rows("SELECT format, chain, size, root, at, note FROM head")
        return read_head(self.path, found)

    def state(self, key: str) -> Any | None:
        found = self.rows("SELECT value, sum FROM state WHERE key = ?", (key,))
        return self._value(key, *found[0]) if found else None

    def scan(self, prefix: str, after: str = "", limit: int = 1000) -> list[tuple[str, Any]]:
        found = self.rows(
            "SELECT key, value, sum FROM state WHERE key >= ? AND key > ? AND key < ? ORDER BY key LIMIT ?",
            (prefix, after, prefix + "\U0010ffff", limit),
        )
        return [(key, self._value(key, value, sum_)) for key, value, sum_ in found]

    def records(self, start: int, limit: int) -> list[Record]:
        return self._records(self.rows(_RECORD + "WHERE idx >= ? ORDER BY idx LIMIT ?", (start, limit)))

    def chosen(
        self, *, kind: str | None, author: str | None, subject: str | None, start: int, last: int | None, before: int | None = None
    ) -> list[Record]:  # fmt: skip
        """Records by what they are about, in their order; the last `last` of them where that is given, before an index."""
        given = {"kind": kind, "author": author, "subject": subject}
        named = {name: value for name, value in given.items() if value is not None}
        end = [] if before is None else [before]
        where = " AND ".join(["idx >= ?", *(["idx < ?"] if end else []), *(f"{name} = ?" for name in named)])
        order = "ORDER BY idx" if last is None else "ORDER BY idx DESC LIMIT ?"
        values = [start, *end, *named.values(), *([] if last is None else [last])]
        found = self._records(self.rows(f"{_RECORD} WHERE {where} {order}", values))
        return found if last is None else found[::-1]

    def find(self, entry_id: str) -> Record | None:
        own = bytes.fromhex(entry_id)
        found = self._records(self.rows(_RECORD + "WHERE short = ? AND id = ?", (_short(own), own)))
        return found[0] if found else None

    def beginning(self, digits: str, limit: int) -> list[Record]:
        """digits: 1 to 64 hex digits, with which the ids begin."""
        low, high = (_short(bytes.fromhex(digits[:16].ljust(16, fill))) for fill in "0f")
        span = "WHERE short BETWEEN ? AND ? AND lower(hex(id)) LIKE ? ORDER BY idx LIMIT ?"
        return self._records(self.rows(_RECORD + span, (low, high, digits + "%", limit)))

    def by_sequence(self, author: str, sequence: int) -> Record | None:
        found = self._records(self.rows(_RECORD + "WHERE author = ? AND sequence = ?", (author, sequence)))
        return found[0] if found else None

    def tile(self, tile: int) -> bytes | None:
        found = self.rows("SELECT hashes FROM tiles WHERE id = ?", (tile,))
        return _hashes(self.path, tile, found[0][0]) if found else None

    @contextmanager
    def still(self) -> Iterator[Callable[..., Iterator[Any]]]:
        """Rows of statements as the file is now, whatever is written meanwhile: for one thread that reads everything."""
        connection = self._open()
        try:
            connection.execute("BEGIN")
            yield lambda statement, arguments=(): self._one_by_one(connection, statement, arguments)
        finally:
            self._all.remove(connection)
            connection.close()

    def _one_by_one(self, connection: sqlite3.Connection, statement: str, arguments: Sequence[object]) -> Iterator[Any]:
        try:
            cursor = connection.execute(statement, arguments)
            while found := cursor.fetchmany(1000):
                yield from found
        except sqlite3.Error as error:
            raise trouble(self.path, error) from error

    # Writing: one thread at a time.

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """One transaction, durable when the block ends; nothing of it stays where it fails. Raises Outage, Refused
        CHAIN_DAMAGED."""
        connection = self._writer = self._writer or self._open()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield Writing(self.path, connection)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise trouble(self.path, error) from error
        finally:
            if connection.in_transaction:
                self._undo(connection)

    def _undo(self, connection: sqlite3.Connection) -> None:
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:  # the connection is worth nothing any more: the next group opens another
            self._writer = None

    def close(self) -> None:
        while self._all:
            self._all.pop().close()
        self._idle.clear()
        self._writer = None

    def _open(self) -> sqlite3.Connection:
        try:
            # Handed from thread to thread, never used by two at once.
            connection = sqlite3.connect(
                self.path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
            )
            self._all.append(connection)
            connection.execute(f"PRAGMA synchronous={'FULL' if self._durable else 'OFF'}")
            connection.execute(f"PRAGMA wal_autocheckpoint={_WAL_PAGES}")
            connection.execute(f"PRAGMA journal_size_limit={_WAL_PAGES * 4096}")
            connection.execute(f"PRAGMA cache_size=-{_PAGE_CACHE_KIB}")
        except sqlite3.Error as error:
            raise trouble(self.path, error) from error
        return connection

    def _records(self, found: list[Any]) -> list[Record]:
        for index, at, own, content, sum_ in found:
            kinds = type(at) is int and type(own) is type(content) is bytes
            if not kinds or sum_ != _record_sum(index, at, own, content):
                raise Refused(damaged(self.path, "record", index=index))
        return [Record(index, at, own.hex(), content) for index, at, own, content, _ in found]

    def _value(self, key: str, value: bytes, sum_: int) -> Any:
        if type(key) is not str or type(value) is not bytes or sum_ != check_sum(key, value):
            raise Refused(damaged(self.path, "state", key=key))
        return json.loads(value)


class Writing:
    """An open transaction: reads see what it has written."""

    __slots__ = ("_connection", "path")

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path, self._connection = path, connection

    def version(self) -> int:
        """Changes when another connection has written since."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def head(self) -> Head | None:
        return read_head(
            self.path, self._connection.execute("SELECT format, chain, size, root, at, note FROM head").fetchall()
        )

    def tile(self, tile: int) -> bytes | None:
        found = self._connection.execute("SELECT hashes FROM tiles WHERE id = ?", (tile,)).fetchone()
        return _hashes(self.path, tile, found[0]) if found else None

    def add(self, rows: Iterable[Row]) -> None:
        self._connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def put(self, changes: Mapping[str, bytes | None]) -> None:
        # In the order of the keys: neighbours lie on one page.
        put = [(key, value, check_sum(key, value)) for key, value in sorted(changes.items()) if value is not None]
        self._connection.executemany(
            "INSERT INTO state VALUES (?, ?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value, sum = excluded.sum",
            put,
        )
        gone = [(key,) for key, value in changes.items() if value is None]
        if gone:
            self._connection.executemany("DELETE FROM state WHERE key = ?", gone)

    def put_tiles(self, tiles: Mapping[int, bytes | bytearray]) -> None:
        self._connection.executemany("INSERT OR REPLACE INTO tiles VALUES (?, ?)", list(tiles.items()))

    def put_head(self, head: Head) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?, ?, ?)",
            (FORMAT, head.chain, head.size, head.root, head.at, head.note),
        )


def check_sum(key: str, value: bytes) -> int:
    """Against a disk that forgets, not against people: those are found by `chain audit`."""
    return zlib.crc32(value, zlib.crc32(key.encode()))


def damaged(path: Path, what: str, **where: object) -> Refusal:
    return Refusal.at(
        "CHAIN_DAMAGED",
        "链的数据文件已损坏;用 kemiao chain restore 从备份或其他节点重建",
        "the chain's file is damaged; build it again from a backup or another node: kemiao chain restore",
        path=path,
        what=what,
        **where,
    )


_NOT_THE_FILE_WE_WROTE = (
    "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_SHORT_READ", "SQLITE_TOOBIG", "SQLITE_MISMATCH", "SQLITE_CONSTRAINT",
)  # fmt: skip


def trouble(path: Path, error: sqlite3.Error) -> Exception:
    """What an error of SQLite's means here: the disk (Outage), the file (Refused), or us (the error itself)."""
    name = getattr(error, "sqlite_errorname", None) or ""
    # Our statements are few and fixed: what SQLite can't make sense of is the file. Text that is no UTF-8 has no name at all.
    if not name or name == "SQLITE_ERROR" or name.startswith(_NOT_THE_FILE_WE_WROTE):
        return Refused(damaged(path, str(error)[:80]))
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Outage("CHAIN_BUSY", "另一个进程正在写链", "another process is writing the chain", {"path": path})
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_NOMEM")):
        return Outage("CHAIN_DISK", "链的磁盘读写失败", "the chain's disk fails", {"path": path, "what": str(error)})
    return error


def read_head(path: Path, found: list[Any]) -> Head | None:
    if not found:
        return None
    form, chain, size, root, at, note = found[0]
    if not (
        type(chain) is str and type(size) is type(at) is int and type(root) is bytes and type(note) in (str, type(None))
    ):
        raise Refused(damaged(path, "head"))
    if size < 1 or len(root) != 32:
        raise Refused(damaged(path, "head", size=size))
    if form != FORMAT:
        raise Refused(
            Refusal.at(
                "OTHER_FORMAT", f"数据文件是格式 {form},本软件用格式 {FORMAT}", f"the file has format {form}, this software uses {FORMAT}", path=path
            )
        )  # fmt: skip
    return Head(chain, size, root, at, note)


def _hashes(path: Path, tile: int, found: Any) -> bytes:
    if type(found) is not bytes:
        raise Refused(damaged(path, "tree", tile=tile))
    return found


def _record_sum(index: int, at: int, own: bytes, content: bytes) -> int:
    return zlib.crc32(content, zlib.crc32(b"%d %d %b" % (index, at, own)))


_FIRST = struct.Struct(">q").unpack_from


def _short(own: bytes) -> int:
    """The first 8 bytes of an id: its index is a quarter of the size, and is written at random places."""
    short: int = _FIRST(own)[0]
    return short
