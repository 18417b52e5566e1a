"""The lake: Delta tables, one a table of facts. Rows leave it against a Permit only, inside a snapshot, as of a day.

A snapshot is `{table: Delta version}`; the event log records it and is the only commit point. What a writer has put into a
table beyond the last snapshot does not exist for readers, and the next writer restores it away.
"""

from __future__ import annotations

import fcntl
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from kemiao.base.refusal import BrokenInvariant, Outage, Refusal, Refused
from kemiao.data.reading_room import ReadingRoom, no_rows
from kemiao.facts.permit import Permit
from kemiao.facts.schema import Table
from kemiao.facts.tables import TABLES

Snapshot = Mapping[str, int]
_GROUP_ROWS = 20_480
_IN_LIST = 50  # up to here subjects are literals, which Parquet statistics can prune by; beyond, a join
_STANDS = 512  # versions of tables remembered


class Facts(Mapping[str, Any]):
    """What a Permit opens: tables by name and `subjects`, for ibis (`facts["invoice"]`) and for SQL alike."""

    def __init__(self, connection: Any, names: tuple[str, ...], parsed: Callable[[str], Any] | None = None) -> None:
        """parsed: where the rows are few, so that reading and binding a long query costs more than its answer."""
        self._connection, self._names, self._parsed, self._cached = connection, names, parsed, 0

    @cached_property
    def _ibis(self) -> Any:
        import ibis  # takes a second to import: only where expressions are used

        return ibis.duckdb.from_connection(self._connection)

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._ibis.table(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @property
    def subjects(self) -> Any:
        """One column, `company`."""
        return self._ibis.table("subjects")

    def arrow(self, expression: Any) -> pa.Table:
        return self._ibis.to_pyarrow(expression)

    def sql(self, query: str, parameters: Sequence[object] = ()) -> pa.Table:
        """A query over the tables by their names and `subjects`."""
        if self._parsed is not None:
            with (
                warnings.catch_warnings()
            ):  # it copies the rows, and is right to say so; `.sql` would bind the query twice
                warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)
                return self._connection.execute(self._parsed(query), list(parameters)).to_arrow_table()
        asked = self._connection.sql(query, params=list(parameters)) if parameters else self._connection.sql(query)
        return asked.to_arrow_table()

    def put(self, name: str, rows: pa.Table) -> None:
        """Rows of the reader's own, for `sql` to join with."""
        self._connection.register("handed", rows)
        self._connection.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS SELECT * FROM handed')  # noqa: S608
        self._connection.unregister("handed")

    def put_in_place(self, name: str, rows: pa.Table, same: Sequence[str]) -> None:
        """Rows of the reader's own in a table of facts, in place of those that agree with one of them in the columns `same`.

        rows: some columns of the table, the others become null. A table that the Permit does not name then has these alone.
        """
        self.put("in_place", rows)
        agree = " AND ".join(f'"{name}"."{column}" = own."{column}"' for column in same)
        there = f"SELECT 1 FROM in_place own WHERE {agree}"  # noqa: S608 - names of facts
        if self._parsed is not None:  # few companies: a table that is emptied behind the reader
            self._connection.execute(f'DELETE FROM "{name}" WHERE EXISTS ({there})')  # noqa: S608
            self._connection.execute(f'INSERT INTO "{name}" BY NAME SELECT * FROM in_place')  # noqa: S608
        else:
            whole = f'SELECT * FROM "{name}" WHERE NOT EXISTS ({there}) UNION ALL BY NAME SELECT * FROM in_place'  # noqa: S608
            self._connection.execute(f'CREATE OR REPLACE TEMP TABLE "{name}.whole" AS {whole}')
            self._connection.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS SELECT * FROM "{name}.whole"')  # noqa: S608
        self._names = tuple(dict.fromkeys((*self._names, name)))

    def cache(self, expression: Any) -> Any:
        """The expression, computed once; later expressions read the result."""
        self._cached += 1
        return self._ibis.create_table(f"cached_{self._cached}", expression, temp=True)


class Lake:
    """root: the folder with one Delta table a table of facts."""

    def __init__(self, root: Path, memory_limit: str = "2GB") -> None:
        self._root, self._memory_limit = root, memory_limit
        self._room = ReadingRoom(self._config())
        self._stands: dict[tuple[str, int], _Stand] = {}

    def close(self) -> None:
        self._room.close()

    # -- writing: only under the home's exclusive lock, which the caller holds

    def append(self, table: str, rows: Any) -> int:
        """Appends a pa.Table or RecordBatchReader of `TABLES[table].arrow_schema`; returns the new Delta version.

        Rows are laid by subject in small row groups with Bloom filters, so that one company's rows are found among millions
        without reading the others (docs/decisions/010).
        """
        import duckdb
        from deltalake import DeltaTable, write_deltalake

        path, form = self._path(table), TABLES[table]
        with _writing(path), closing(duckdb.connect(":memory:", config=self._config())) as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.register("rows", rows)
            order = ", ".join(f'"{column}"' for column in form.subjects)
            laid = connection.sql(f"SELECT * FROM rows ORDER BY {order}").to_arrow_reader(_GROUP_ROWS)  # noqa: S608 - names of facts
            batches = (pa.record_batch(batch.columns, schema=form.arrow_schema) for batch in laid)
            whole = pa.RecordBatchReader.from_batches(form.arrow_schema, batches)
            grown = "merge" if path.is_dir() else None  # an older release's table gains the columns that came since
            write_deltalake(
                str(path), whole, mode="append", schema_mode=grown, name=table, writer_properties=_layout(form)
            )
            return int(DeltaTable(str(path)).version())

    def remove(self, table: str, predicate: str) -> int:
        """Rewrites the table without the rows of a SQL predicate; returns the new version."""
        from deltalake import DeltaTable

        with _writing(self._path(table)):
            delta = DeltaTable(str(self._path(table)))
            delta.delete(predicate)
            return int(delta.version())

    def update(self, table: str, predicate: str, values: Mapping[str, str]) -> int:
        from deltalake import DeltaTable

        with _writing(self._path(table)):
            delta = DeltaTable(str(self._path(table)))
            delta.update(predicate=predicate, updates=dict(values))
            return int(delta.version())

    def restore(self, snapshot: Snapshot) -> list[str]:
        """Takes tables that ran ahead of the snapshot back to it; returns their names. A table outside it is emptied."""
        from deltalake import DeltaTable

        ahead = []
        for table in self.tables():
            delta = DeltaTable(str(self._path(table)))
            if table not in snapshot:
                if delta.file_uris():
                    delta.delete()
                    ahead.append(table)
            elif delta.version() > snapshot[table] and sorted(map(unquote, delta.file_uris())) != self._uris(
                table, snapshot[table]
            ):
                with _writing(self._path(table)):
                    delta.restore(snapshot[table])
                ahead.append(table)
        return ahead

    def versions(self) -> dict[str, int]:
        """The tables as they stand now: what a writer records as the next snapshot."""
        from deltalake import DeltaTable

        return {table: int(DeltaTable(str(self._path(table))).version()) for table in self.tables()}

    def sweep(self) -> None:
        """Deletes files that no current table holds. Waits until no reader is left; older snapshots can't be read after."""
        from deltalake import DeltaTable

        with self._readers(fcntl.LOCK_EX):
            for table in self.tables():
                DeltaTable(str(self._path(table))).vacuum(
                    retention_hours=0, enforce_retention_duration=False, dry_run=False
                )

    # -- reading

    def tables(self) -> list[str]:
        return sorted(name for name in TABLES if (self._path(name) / "_delta_log").is_dir())

    def uris(self, table: str, snapshot: Snapshot) -> list[str]:
        """Parquet files of a table, for engines that judge duplicates by fact_id. Not a way around the Permit: see `fact_ids`."""
        return self._uris(table, snapshot[table]) if table in snapshot else []

    def owners(self, snapshot: Snapshot) -> list[str]:
        """Keys of the companies that have rows of their own; an invoice's two sides may be anybody and do not count."""
        import duckdb

        named = {name: self.uris(name, snapshot) for name, table in TABLES.items() if table.subjects == ("company",)}
        looks = [f"SELECT company FROM {_files(uris)}" for uris in named.values() if uris]  # noqa: S608 - quoted by _files
        if not looks:
            return []
        with self._readers(fcntl.LOCK_SH), closing(duckdb.connect(":memory:", config=self._config())) as connection:
            return [key for (key,) in connection.execute(" UNION ".join(looks)).fetchall()]

    @contextmanager
    def open(self, permit: Permit, snapshot: Snapshot, as_of: date | None, on: date) -> Iterator[Facts]:
        """Tables that the permit names, cut to its subjects, to what was known on `as_of` and to the newest revision.

        on: the day of reading, which must lie within the permit. Raises Refused PERMIT_ENDED, and Outage where files are gone.
        """
        import duckdb

        if on > permit.until:
            raise Refused(
                Refusal.at("PERMIT_ENDED", f"许可已于 {permit.until} 到期", f"the permit ended on {permit.until}")
            )
        few = len(permit.subjects) <= _IN_LIST
        with self._readers(fcntl.LOCK_SH), self._desk(permit) if few else self._hall(permit) as (connection, parsed):
            for name in permit.tables:
                cut = self._cut(TABLES[name], permit, snapshot, as_of)
                # A few companies' rows are taken out once; every later look then reads a handful of rows.
                put = f'INSERT INTO "{name}" BY NAME {cut}' if few else f'CREATE TEMP VIEW "{name}" AS {cut}'
                try:
                    connection.execute(put)
                except duckdb.IOException as error:
                    raise _gone(name, snapshot[name]) from error
            yield Facts(connection, permit.tables, parsed)

    @contextmanager
    def _desk(self, permit: Permit) -> Iterator[tuple[Any, Callable[[str], Any] | None]]:
        """For few companies: all tables, still empty."""
        with self._room.desk() as desk:
            desk.connection.execute("INSERT INTO subjects SELECT unnest(?)", [list(permit.subjects)])
            yield desk.connection, desk.parsed

    @contextmanager
    def _hall(self, permit: Permit) -> Iterator[tuple[Any, Callable[[str], Any] | None]]:
        """For many: a connection of their own, and the tables that the permit does not name, which are there and empty."""
        import duckdb

        with closing(duckdb.connect(":memory:", config=self._config())) as connection:
            connection.execute("SET enable_progress_bar = false")  # it would write into what is printed as JSON
            connection.register("permitted", pa.table({"company": pa.array(permit.subjects, pa.string())}))
            connection.execute("CREATE TEMP TABLE subjects AS SELECT company FROM permitted")
            for name, rows in _limits(permit).items():
                connection.register("handed", rows)
                connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM handed")  # noqa: S608 - our own names
            others = [name for name in TABLES if name not in permit.tables]
            connection.execute("; ".join(f'CREATE TEMP VIEW "{name}" AS {no_rows(TABLES[name])}' for name in others))
            yield connection, None

    def _config(self) -> dict[str, str]:
        return {
            "memory_limit": self._memory_limit,
            "preserve_insertion_order": "false",
            "temp_directory": str(self._root / ".spill"),
        }

    def fact_ids(self, connection: Any, table: str, snapshot: Snapshot) -> str:
        """SQL of (fact_id, content_id, revision) of a table, for a DuckDB connection: identity without payload."""
        uris = self.uris(table, snapshot)
        if not uris:
            return "SELECT NULL::BLOB AS fact_id, NULL::BLOB AS content_id, 0::INTEGER AS revision WHERE false"
        return f"SELECT fact_id, content_id, revision FROM {_files(uris)}"  # noqa: S608 - quoted by _files

    def _cut(self, table: Table, permit: Permit, snapshot: Snapshot, as_of: date | None) -> str:
        """SQL of the rows of a table that a permit opens. Text in it is quoted by `_text`: views take no parameters."""
        uris = self.uris(table.name, snapshot)
        if not uris:
            return no_rows(table)
        known = f" AND (known_at IS NULL OR known_at <= DATE '{as_of.isoformat()}')" if as_of else ""
        files = _files(uris) if self._stand(table, snapshot[table.name]).current else _padded(table, uris)
        cut = known + _shut(table, permit)
        rows = " UNION ALL ".join(f"SELECT * FROM {files} WHERE {about}{cut}" for about in _about(table, permit))  # noqa: S608
        return _newest(rows) if self._stand(table, snapshot[table.name]).revised else rows

    def _stand(self, table: Table, version: int) -> _Stand:
        """What the Delta log says of a version: read once, since a version never changes."""
        key = (table.name, version)
        if key not in self._stands:
            if len(self._stands) >= _STANDS:
                self._stands.clear()
            delta = self._delta(table.name, version)
            # As URIs the paths are quoted where a folder's name is not plain ASCII.
            uris = tuple(sorted(map(unquote, delta.file_uris())))
            # Columns that were merged in later stand last, behind the provenance.
            written: list[str] = [field.name for field in delta.schema().fields]
            self._stands[key] = _Stand(uris, written == table.arrow_schema.names, _revised(delta))
        return self._stands[key]

    def _delta(self, table: str, version: int) -> Any:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            delta = DeltaTable(str(self._path(table)), version=version)
        except (DeltaError, OSError) as error:
            raise _gone(table, version) from error
        if "deletionVectors" in (delta.protocol().reader_features or []):
            raise BrokenInvariant(f"{table} has deletion vectors, which the readers of file lists would ignore")
        return delta

    def _uris(self, table: str, version: int) -> list[str]:
        return list(self._stand(TABLES[table], version).uris)

    def _path(self, table: str) -> Path:
        return self._root / table

    @contextmanager
    def _readers(self, mode: int) -> Iterator[None]:
        """Readers share the lock, a sweep has it alone."""
        path = self._root / ".readers"
        try:
            file = path.open("a+")
        except OSError as error:
            raise Outage(
                "LAKE_UNAVAILABLE", f"数据湖无法打开:{error}", f"the lake can't be opened: {error}", {"path": path}
            ) from error
        with file:
            fcntl.flock(file, mode)
            yield


@dataclass(frozen=True, slots=True)
class _Stand:
    """A version of a table. current: every file has the table's columns of today. revised: some fact may have a later state."""

    uris: tuple[str, ...]
    current: bool
    revised: bool


def _revised(delta: Any) -> bool:
    """By the files' statistics, without reading rows."""
    import pyarrow.compute as pc

    actions = pa.table(delta.get_add_actions(flatten=True))
    if "max.revision" not in actions.column_names:
        return True
    newest = pc.max(actions["max.revision"]).as_py()
    return newest is None or newest > 0


def _layout(form: Table) -> Any:
    from deltalake import BloomFilterProperties, ColumnProperties, WriterProperties

    bloom = ColumnProperties(
        bloom_filter_properties=BloomFilterProperties(set_bloom_filter_enabled=True, fpp=0.01, ndv=_GROUP_ROWS // 4)
    )
    # Ids are random: a dictionary of them and their least and greatest help nobody and cost a third of the writing.
    ids = ColumnProperties(dictionary_enabled=False, statistics_enabled="NONE")
    columns = dict.fromkeys(form.subjects, bloom) | dict.fromkeys(("fact_id", "content_id"), ids)
    return WriterProperties(max_row_group_size=_GROUP_ROWS, column_properties=columns)


def _about(table: Table, permit: Permit) -> list[str]:
    """Conditions that together open the permit's rows, each row once.

    For a few companies a condition a column: each can use the files' statistics and Bloom filters, which OR can't.
    """
    if len(permit.subjects) > _IN_LIST:
        anybody = " OR ".join(f"{column} IN (SELECT company FROM subjects)" for column in table.subjects)  # noqa: S608 - names of facts
        return [f"({anybody})"]
    allowed = ", ".join(_text(subject) for subject in permit.subjects) or "NULL"
    looks = []
    for number, column in enumerate(table.subjects):
        before = "".join(f" AND {other} NOT IN ({allowed})" for other in table.subjects[:number])
        looks.append(f"{column} IN ({allowed}){before}")
    return looks


def _shut(table: Table, permit: Permit) -> str:
    """What of the subjects' rows a permit does not open: batches, and of some batches all but the accounts that it names."""
    few, shut = len(permit.subjects) <= _IN_LIST, ""
    if permit.closed:
        closed = ", ".join(map(str, permit.closed)) if few else "SELECT batch FROM closed_batch"
        shut += f" AND batch NOT IN ({closed})"
    if permit.accounts and "account" in table.by_name:
        limited = ", ".join(str(batch) for batch, _ in permit.accounts) if few else "SELECT batch FROM limited_batch"
        allowed = " OR ".join(
            f"(batch = {batch} AND account IN ({', '.join(map(_text, accounts)) or 'NULL'}))" for batch, accounts in permit.accounts
        ) if few else "(batch, account) IN (SELECT batch, account FROM open_account)"  # fmt: skip
        shut += f" AND (batch NOT IN ({limited}) OR {allowed})"
    return shut


def _limits(permit: Permit) -> dict[str, pa.Table]:
    """The same as tables, for `_shut` where the subjects are many."""
    named = [(batch, account) for batch, accounts in permit.accounts for account in accounts]
    return {
        "closed_batch": pa.table({"batch": pa.array(permit.closed, pa.int64())}),
        "limited_batch": pa.table({"batch": pa.array([batch for batch, _ in permit.accounts], pa.int64())}),
        "open_account": pa.table({
            "batch": pa.array([batch for batch, _ in named], pa.int64()), "account": pa.array([account for _, account in named], pa.string()),
        }),
    }  # fmt: skip


def _newest(rows: str) -> str:
    """The last revision of each fact among the rows. The revised facts are few: a small side to join with."""
    return (
        f"WITH open AS ({rows}), revised AS (SELECT fact_id, max(revision) AS newest FROM open WHERE revision > 0 GROUP BY fact_id) "  # noqa: S608
        "SELECT open.* FROM open LEFT JOIN revised USING (fact_id) WHERE newest IS NULL OR revision = newest"
    )


def _files(uris: Sequence[str]) -> str:
    return f"read_parquet([{', '.join(_text(uri) for uri in uris)}])"


def _padded(table: Table, uris: Sequence[str]) -> str:
    """Files of which some were written before the table had all its columns: what they lack is null."""
    files = f"read_parquet([{', '.join(_text(uri) for uri in uris)}], union_by_name = true)"
    return f"({no_rows(table)} UNION ALL BY NAME SELECT * FROM {files})"  # noqa: S608 - quoted by _text


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _gone(table: str, version: int) -> Outage:
    return Outage(
        "SNAPSHOT_GONE",
        "该快照的文件已清理",
        "the files of this snapshot are swept",
        {"table": table, "version": version},
    )


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    from deltalake.exceptions import DeltaError

    try:
        yield
    except (OSError, DeltaError) as error:
        raise Outage(
            "LAKE_UNAVAILABLE", f"数据湖写入失败:{error}", f"the lake can't be written: {error}", {"path": path}
        ) from error
