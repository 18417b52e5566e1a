"""The event log: the only commit point. Events are chained by digest; private parts are sealed under the subject's key.

An event has a public part (plain: amounts, dates, digests, counts) and may have a private part (the payload). The log keeps
a salted commitment to the private part, so that it stays provable when it can no longer be read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from kemiao.bank.database import hold, is_outage, outages
from kemiao.bank.home import Home, engine_of
from kemiao.base.canonical import canonical_bytes
from kemiao.base.clock import Clock
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import BrokenInvariant, Outage
from kemiao.data.vault import Vault, unseal

_META = MetaData()
_EVENT = Table(
    "event", _META,
    Column("seq", Integer, primary_key=True), Column("at", Text), Column("kind", Text), Column("subject", Text), Column("ref", Text),
    Column("public", Text), Column("sealed", LargeBinary), Column("commitment", Text), Column("digest", Text),
)  # fmt: skip
_OUTBOX = Table(
    "outbox", _META, Column("seq", Integer, primary_key=True), Column("event_seq", Integer), Column("entry", Text)
)
CAUSED = "caused"
_GENESIS = "0" * 64
_SALT_BYTES = 16
_ROWS_AT_ONCE = 5_000
_VALUES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it stands in the log. `sealed` is opened by `EventLog.private`."""

    seq: int
    at: str
    kind: str
    subject: str | None
    ref: str | None
    public: Mapping[str, Any]
    sealed: bytes | None
    commitment: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An event to be appended. `ref` is what later questions ask by, such as a decision id.

    private: a mapping, or its canonical bytes where the caller has them already.
    """

    kind: str
    subject: str | None = None
    ref: str | None = None
    public: Mapping[str, Any] | None = None
    private: Mapping[str, Any] | bytes | None = None


class EventLog:
    def __init__(self, home: Home, clock: Clock, vault: Vault, random_bytes: Callable[[int], bytes]) -> None:
        self._home, self._clock, self._vault, self._random_bytes = home, clock, vault, random_bytes
        self._engine: Engine = engine_of(home)
        self._cause: str | None = None

    def caused_by(self, cause: str) -> EventLog:
        """The same log for one request: whatever it commits carries an event of kind CAUSED with this ref, in the same transaction.
        So a request that is repeated after its answer was lost is known to have been done."""
        same = copy(self)
        same._cause = cause
        return same

    def is_mine(self, seq: int) -> bool:
        """Whether the request that this log writes for has committed that event, before it was cut off and repeated."""
        if self._cause is None:
            return False
        return any(each.public["first"] <= seq <= each.public["last"] for each in self.events(CAUSED, ref=self._cause))

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """The home's exclusive lock and one transaction: everything appended inside is committed at its end, or nothing.

        Where the database went away at the very commit, nobody knows which of the two it was: caused_by lets who repeats it ask.
        """
        with self._home.exclusive(), self._written(), self._engine.begin() as connection:
            if self._home.database is None:
                connection.exec_driver_sql("PRAGMA synchronous = FULL")
            else:
                hold(connection)
            transaction = Transaction(connection, self._clock, self._vault, self._random_bytes)
            yield transaction
            if self._cause is not None and transaction.appended:
                first, last = transaction.appended[0], transaction.appended[-1]
                transaction.append(CAUSED, None, self._cause, {"first": first, "last": last})

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            if self._home.database is None:
                raise Outage(
                    "EVENT_LOG_UNAVAILABLE",
                    f"事件日志无法写入:{error.orig}",
                    f"the event log can't be written: {error.orig}",
                ) from error
            with outages(self._home.database):
                raise
        except DBAPIError as error:
            if self._home.database is None or not is_outage(error):
                raise
            with outages(self._home.database):
                raise

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A connection to read by. A log that is gone or damaged is an outage, and is not made anew."""
        if self._home.database is not None:
            with outages(self._home.database), self._engine.connect() as connection:
                yield connection.execution_options(yield_per=_ROWS_AT_ONCE)
            return
        path = self._home.event_log
        try:
            if not path.is_file():
                raise Outage("EVENT_LOG_MISSING", "事件日志不在了", "the event log is gone", {"file": path})
            with self._engine.connect() as connection:
                yield connection.execution_options(yield_per=_ROWS_AT_ONCE)
        except DatabaseError as error:
            raise Outage(
                "EVENT_LOG_UNREADABLE",
                f"事件日志无法读取:{error.orig}",
                f"the event log can't be read: {error.orig}",
                {"file": path},
            ) from error

    def events(
        self,
        kind: str | None = None,
        *,
        subject: str | None = None,
        ref: str | None = None,
        after: int = 0,
        newest_first: bool = False,
        most: int | None = None,
    ) -> Iterator[Event]:
        query = select(_EVENT).where(_EVENT.c.seq > after)
        for column, value in ((_EVENT.c.kind, kind), (_EVENT.c.subject, subject), (_EVENT.c.ref, ref)):
            if value is not None:
                query = query.where(column == value)
        query = query.order_by(_EVENT.c.seq.desc() if newest_first else _EVENT.c.seq)
        for rows in self._pages(query, newest_first, most):
            for row in rows:
                yield _event(row)

    def _pages(self, query: Select[Any], newest_first: bool, most: int | None) -> Iterator[Sequence[Row[Any]]]:
        """What the log has now, a page at a time. The log is let go of before anybody gets a row: a writer at its commit waits for who
        reads, and keeps whoever comes from reading, so one who read on inside a loop over events would wait for himself."""
        last, until, left = None, None, most
        while left is None or left > 0:
            size = _ROWS_AT_ONCE if left is None else min(left, _ROWS_AT_ONCE)
            asked = query.limit(size)
            if last is not None:
                asked = asked.where(_EVENT.c.seq < last if newest_first else _EVENT.c.seq.between(last + 1, until))
            with self._reading() as connection:
                rows = connection.execute(asked).all()
                if until is None and len(rows) == size != most:
                    until = connection.execute(select(func.max(_EVENT.c.seq))).scalar()
            yield rows
            if len(rows) < size:
                return
            last, left = int(rows[-1].seq), None if left is None else left - size

    def last(self, kind: str, *, subject: str | None = None, ref: str | None = None) -> Event | None:
        return next(self.events(kind, subject=subject, ref=ref, newest_first=True, most=1), None)

    def among(self, kind: str, column: str, values: Collection[str]) -> Iterator[Event]:
        """Events of a kind whose subject or ref (column) is one of many. Of one value the older come first."""
        wanted, where = sorted(values), {"subject": _EVENT.c.subject, "ref": _EVENT.c.ref}[column]
        for start in range(0, len(wanted), _VALUES_AT_ONCE):
            some = wanted[start : start + _VALUES_AT_ONCE]
            query = select(_EVENT).where(_EVENT.c.kind == kind, where.in_(some)).order_by(_EVENT.c.seq)
            for rows in self._pages(query, False, None):
                for row in rows:
                    yield _event(row)

    def end(self) -> int:
        """The number of the newest event; 0 where there is none."""
        with self._reading() as connection:
            return int(connection.execute(select(func.max(_EVENT.c.seq))).scalar() or 0)

    def last_of_each(self, kind: str) -> Iterator[Event]:
        """The newest event of a kind for every subject, by subject."""
        newest = select(func.max(_EVENT.c.seq)).where(_EVENT.c.kind == kind).group_by(_EVENT.c.subject)
        query = select(_EVENT.c.seq).where(_EVENT.c.seq.in_(newest)).order_by(_EVENT.c.subject.nulls_first())
        with self._reading() as connection:
            wanted = connection.execute(query).scalars().all()
        for start in range(0, len(wanted), _VALUES_AT_ONCE):
            some = wanted[start : start + _VALUES_AT_ONCE]
            with self._reading() as connection:
                found = {row.seq: row for row in connection.execute(select(_EVENT).where(_EVENT.c.seq.in_(some)))}
            for seq in some:
                yield _event(found[seq])

    def snapshot(self) -> tuple[int, dict[str, int]]:
        """The lake version: the number of the last snapshot and its tables. (0, {}) before the first import."""
        event = self.last("snapshot")
        return (event.seq, dict(event.public["tables"])) if event else (0, {})

    def private(self, event: Event) -> dict[str, Any] | None:
        """The private part; None where there is none or its key is destroyed."""
        return next(iter(self.privates([event])))

    def privates(self, events: Sequence[Event]) -> Iterable[dict[str, Any] | None]:
        keys = self._vault.keys((_sealed_for(event) for event in events if event.sealed is not None), make=False)
        for event in events:
            key = keys.get(_sealed_for(event))
            if event.sealed is None or key is None:
                yield None
                continue
            text = _opened(key, event)
            if text is None:
                raise BrokenInvariant(f"event {event.seq}: the private part does not match its commitment")
            yield json.loads(text[_SALT_BYTES:])

    def broken_link(self) -> int | None:
        """The first event that was altered: whose digest does not follow from its content and the event before it, whose number
        is not the next, or whose private part no longer opens to what was committed to. None when all is as it was written.

        A private part whose key is destroyed can't be read, so nothing is lost with its bytes: they are not looked at.
        """
        expected, before = 1, _GENESIS
        with self._reading() as connection:
            for rows in connection.execute(select(_EVENT).order_by(_EVENT.c.seq)).partitions():
                keys = self._vault.keys((row.subject or "" for row in rows if row.sealed is not None), make=False)
                for row in rows:
                    link = _link(before, row.at, row.kind, row.subject, row.ref, row.public, row.commitment)
                    key = keys.get(row.subject or "")
                    # Read as text first: what is no JSON any more is an altered event, not a fault of the reader.
                    intact = (
                        row.seq == expected and row.digest == link and (row.sealed is None) == (row.commitment is None)
                    )
                    if not intact or (key is not None and row.sealed is not None and _opened(key, _event(row)) is None):
                        return int(row.seq)
                    expected, before = expected + 1, row.digest
        return None

    def rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every row of the log and of the outbox, with its table: what a backup keeps where the log is not in the home's folder."""
        with self._reading() as connection:
            for table in (_EVENT, _OUTBOX):
                for row in connection.execute(select(table).order_by(table.c.seq)):
                    yield table.name, dict(row._mapping)

    def fill(self, rows: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """`rows` of another log, into this one, which is empty: all of them or none."""
        tables = {table.name: table for table in (_EVENT, _OUTBOX)}
        with self._home.exclusive(), self._written(), self._engine.begin() as connection:
            if connection.execute(select(func.count()).select_from(_EVENT)).scalar():
                raise BrokenInvariant("only an empty log is filled")
            for name, some in _in_turn(rows):
                connection.execute(insert(tables[name]), some)
            if self._home.database is not None:  # numbers were given: those that follow go on from there
                connection.exec_driver_sql("SELECT setval(pg_get_serial_sequence('outbox', 'seq'), coalesce(max(seq), 1), max(seq) IS NOT NULL) FROM outbox")  # fmt: skip

    def outbox(self) -> Iterator[dict[str, Any]]:
        """Entries that wait for the shared chain, in their order."""
        with self._reading() as connection:
            for row in connection.execute(select(_OUTBOX).order_by(_OUTBOX.c.seq)):
                yield {"seq": row.seq, "event_seq": row.event_seq, **json.loads(row.entry)}

    def outbox_end(self) -> int:
        """The number of the newest entry that waits; 0 where none does."""
        with self._reading() as connection:
            return int(connection.execute(select(func.max(_OUTBOX.c.seq))).scalar() or 0)


class Transaction:
    """Appends events. Built by EventLog.write only."""

    def __init__(
        self, connection: Connection, clock: Clock, vault: Vault, random_bytes: Callable[[int], bytes]
    ) -> None:
        self._connection, self._clock, self._vault, self.random_bytes = connection, clock, vault, random_bytes
        last = connection.execute(select(_EVENT.c.seq, _EVENT.c.digest).order_by(_EVENT.c.seq.desc()).limit(1)).first()
        self._seq: int = last.seq if last else 0
        self.appended: list[int] = []  # numbers of what this transaction appended
        self._digest: str = last.digest if last else _GENESIS

    def append(
        self,
        kind: str,
        subject: str | None = None,
        ref: str | None = None,
        public: Mapping[str, Any] | None = None,
        private: Mapping[str, Any] | None = None,
    ) -> int:
        """Appends one event and returns its number."""
        return self.append_many([Draft(kind, subject, ref, public, private)])[0]

    def append_many(self, drafts: Sequence[Draft]) -> list[int]:
        return [seq for seq, _ in self.append_committed(drafts)]

    def append_committed(self, drafts: Sequence[Draft]) -> list[tuple[int, str | None]]:
        """Numbers and commitments of the appended events."""
        texts = [
            None if draft.private is None else self.random_bytes(_SALT_BYTES) + _content(draft.private)
            for draft in drafts
        ]
        sealed = iter(
            self._vault.seal_many(
                (draft.subject or "", text) for draft, text in zip(drafts, texts, strict=True) if text is not None
            )
        )
        at = self._clock.now().isoformat()
        rows: list[dict[str, Any]] = []
        for draft, text in zip(drafts, texts, strict=True):
            self._seq += 1
            public = canonical_bytes(dict(draft.public or {})).decode()
            commitment = None if text is None else digest_bytes("private", text)
            self._digest = _link(self._digest, at, draft.kind, draft.subject, draft.ref, public, commitment)
            rows.append({
                "seq": self._seq, "at": at, "kind": draft.kind, "subject": draft.subject, "ref": draft.ref, "public": public,
                "sealed": None if text is None else next(sealed), "commitment": commitment, "digest": self._digest,
            })  # fmt: skip
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            self._connection.execute(insert(_EVENT), rows[start : start + _ROWS_AT_ONCE])
        self.appended += [row["seq"] for row in rows]
        return [(row["seq"], row["commitment"]) for row in rows]

    def witness(self, event_seq: int, entry: Mapping[str, Any]) -> None:
        """An entry for the shared chain, in the same transaction as the event that it commits to."""
        self._connection.execute(
            insert(_OUTBOX), [{"event_seq": event_seq, "entry": canonical_bytes(dict(entry)).decode()}]
        )

    def settle(self, outbox_seq: int) -> None:
        """What became of an entry is appended in this transaction: it waits no longer."""
        self._connection.execute(delete(_OUTBOX).where(_OUTBOX.c.seq == outbox_seq))


def _in_turn(rows: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Rows of one table together, not too many at once."""
    for name, some in groupby(rows, key=lambda row: row[0]):
        while taken := [row for _, row in islice(some, _ROWS_AT_ONCE)]:
            yield name, taken


def _content(private: Mapping[str, Any] | bytes) -> bytes:
    return private if isinstance(private, bytes) else canonical_bytes(private)


def _opened(key: bytes, event: Event) -> bytes | None:
    """Salt and content of a private part; None where its bytes were changed."""
    from nacl.exceptions import CryptoError

    try:
        text = unseal(key, event.sealed or b"")
    except (CryptoError, ValueError):  # ValueError: too short to hold a nonce
        return None
    return text if digest_bytes("private", text) == event.commitment else None


def _sealed_for(event: Event) -> str:
    return event.subject or ""  # a private part that is about nobody is the bank's own


def _event(row: Any) -> Event:
    return Event(
        row.seq, row.at, row.kind, row.subject, row.ref, json.loads(row.public), row.sealed, row.commitment, row.digest
    )


def _link(
    before: str, at: str, kind: str, subject: str | None, ref: str | None, public: str, commitment: str | None
) -> str:
    return digest_bytes("event", canonical_bytes([before, at, kind, subject, ref, public, commitment]))
