"""The lake: Delta tables, one a table of facts. Rows leave it against a Permit only, inside a snapshot, as of a day.

A snapshot is `{table: Delta version}`; the event log records it and is the only commit point. What a writer has put into a
table beyond the last snapshot does not exist for readers, and the next writer restores it away.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kemiao.base.refusal import BrokenInvariant, Outage, Refusal, Refused
from kemiao.facts.permit import Permit
from kemiao.facts.schema import Table
from kemiao.facts.tables import TABLES

if TYPE_CHECKING:
    from ibis.expr.types import Table as Expression

Snapshot = Mapping[str, int]
_IN_LIST = 50  # up to here subjects are literals, which Parquet statistics can prune by; beyond, a join


class Facts(Mapping[str, Any]):
    """What a Permit opens: ibis tables by name, the subjects, and the two ways to compute on them."""

    def __init__(self, connection: Any, tables: Mapping[str, Any], subjects: Any) -> None:
        self._connection, self._tables, self.subjects = connection, tables, subjects
        self._cached = 0

    def __getitem__(self, name: str) -> Any:
        return self._tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def arrow(self, expression: Any) -> pa.Table:
        return self._connection.to_pyarrow(expression)

    def cache(self, expression: Any) -> Any:
        """The expression, computed once; later expressions read the result."""
        self._cached += 1
        name = f"cached_{self._cached}"
        return self._connection.create_table(name, expression, temp=True)


class Lake:
    """root: the folder with one Delta table a table of facts."""

    def __init__(self, root: Path, memory_limit: str = "2GB") -> None:
        self._root, self._memory_limit = root, memory_limit

    # -- writing: only under the home's exclusive lock, which the caller holds

    def append(self, table: str, rows: Any) -> int:
        """Appends a pa.Table or RecordBatchReader of `TABLES[table].arrow_schema`; returns the new Delta version."""
        from deltalake import DeltaTable, write_deltalake

        path = self._path(table)
        try:
            write_deltalake(str(path), rows, mode="append", name=table)
        except OSError as error:
            raise _unavailable(error, path) from error
        return int(DeltaTable(str(path)).version())

    def remove(self, table: str, predicate: str) -> int:
        """Rewrites the table without the rows of a SQL predicate; returns the new version."""
        from deltalake import DeltaTable

        delta = DeltaTable(str(self._path(table)))
        delta.delete(predicate)
        return int(delta.version())

    def update(self, table: str, predicate: str, values: Mapping[str, str]) -> int:
        from deltalake import DeltaTable

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
            elif delta.version() > snapshot[table] and set(delta.file_uris()) != set(
                self._uris(table, snapshot[table])
            ):
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

    @contextmanager
    def open(self, permit: Permit, snapshot: Snapshot, as_of: date | None, on: date) -> Iterator[Facts]:
        """Tables that the permit names, cut to its subjects, to what was known on `as_of` and to the newest revision.

        on: the day of reading, which must lie within the permit. Raises Refused PERMIT_ENDED, and Outage where files are gone.
        """
        import ibis

        if on > permit.until:
            raise Refused(
                Refusal.at("PERMIT_ENDED", f"许可已于 {permit.until} 到期", f"the permit ended on {permit.until}")
            )
        with self._readers(fcntl.LOCK_SH):
            connection = ibis.duckdb.connect(memory_limit=self._memory_limit)
            connection.raw_sql("SET enable_progress_bar = false; SET preserve_insertion_order = false")
            try:
                subjects = connection.create_table(
                    "subjects", pa.table({"company": pa.array(permit.subjects, pa.string())}), temp=True
                )
                tables = {
                    name: self._cut(connection, TABLES[name], permit, snapshot, as_of, subjects)
                    for name in permit.tables
                }
                yield Facts(connection, tables, subjects)
            finally:
                connection.disconnect()

    def fact_ids(self, connection: Any, table: str, snapshot: Snapshot) -> str:
        """SQL of (fact_id, content_id, revision) of a table, for a DuckDB connection: identity without payload."""
        uris = self.uris(table, snapshot)
        if not uris:
            return "SELECT NULL::BLOB AS fact_id, NULL::BLOB AS content_id, 0::INTEGER AS revision WHERE false"
        listed = ", ".join("'" + uri.replace("'", "''") + "'" for uri in uris)
        return f"SELECT fact_id, content_id, revision FROM read_parquet([{listed}])"  # noqa: S608 - quoted above

    def _cut(
        self, connection: Any, table: Table, permit: Permit, snapshot: Snapshot, as_of: date | None, subjects: Any
    ) -> Any:
        import ibis

        uris = self.uris(table.name, snapshot)
        if not uris:
            empty = table.arrow_schema.empty_table()
            return connection.create_table(f"empty_{table.name}", empty, temp=True)
        rows = connection.read_parquet(uris, table_name=f"lake_{table.name}")
        if as_of is not None:
            rows = rows.filter(rows.known_at.isnull() | (rows.known_at <= ibis.literal(as_of)))
        rows = rows.filter(_about(rows, table, permit, subjects))
        return _newest(rows) if self._revised(table.name, snapshot[table.name]) else rows

    def _revised(self, table: str, version: int) -> bool:
        """Whether any fact of the table has a later state: by the files' statistics, without reading rows."""
        import pyarrow.compute as pc

        actions = pa.table(self._delta(table, version).get_add_actions(flatten=True))
        if "max.revision" not in actions.column_names:
            return True
        newest = pc.max(actions["max.revision"]).as_py()
        return newest is None or newest > 0

    def _delta(self, table: str, version: int) -> Any:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            delta = DeltaTable(str(self._path(table)), version=version)
        except (DeltaError, OSError) as error:
            raise Outage(
                "SNAPSHOT_GONE",
                "该快照的文件已清理",
                "the files of this snapshot are swept",
                {"table": table, "version": version},
            ) from error
        if "deletionVectors" in (delta.protocol().reader_features or []):
            raise BrokenInvariant(f"{table} has deletion vectors, which the readers of file lists would ignore")
        return delta

    def _uris(self, table: str, version: int) -> list[str]:
        return sorted(self._delta(table, version).file_uris())

    def _path(self, table: str) -> Path:
        return self._root / table

    @contextmanager
    def _readers(self, mode: int) -> Iterator[None]:
        """Readers share the lock, a sweep has it alone."""
        with (self._root / ".readers").open("a+") as file:
            fcntl.flock(file, mode)
            yield


def _about(rows: Expression, table: Table, permit: Permit, subjects: Any) -> Any:
    if len(permit.subjects) <= _IN_LIST:
        conditions = [rows[column].isin(permit.subjects) for column in table.subjects]
    else:
        conditions = [rows[column].isin(subjects.company) for column in table.subjects]
    about = conditions[0]
    for condition in conditions[1:]:
        about = about | condition
    return about


def _newest(rows: Any) -> Any:
    """The last revision of each fact among the rows. The revised facts are few: a small side to join with."""
    revised = rows.filter(rows.revision > 0).group_by("fact_id").aggregate(newest=rows.revision.max())
    joined = rows.left_join(revised, "fact_id")
    kept = joined.filter(joined.newest.isnull() | (joined.revision == joined.newest))
    return kept.select(*rows.columns)


def _unavailable(error: OSError, path: Path) -> Outage:
    return Outage("LAKE_UNAVAILABLE", f"数据湖写入失败:{error}", f"the lake can't be written: {error}", {"path": path})
