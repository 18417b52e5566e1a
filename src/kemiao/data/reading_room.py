"""Where few companies' rows are read: a DuckDB connection that outlives one reading, though no row of it does.

A reading of one company is a dozen small queries and one of a hundred kilobytes of SQL. Opening a database, making its tables,
parsing that text and binding it twice then costs more than the answer: docs/decisions/016.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kemiao.facts.schema import Table
from kemiao.facts.tables import TABLES

_IDLE = 2  # connections kept for the next reading; those beyond are closed
_PARSED = 128

# They order joins, narrow types and find shared plans by how many rows there are and what is in them: for a handful of rows the
# search costs more than it saves. None of them decides what an answer is.
_NOT_FOR_FEW = (
    "aggregate_reuse", "build_side_probe_side", "common_subplan", "compressed_materialization", "cte_filter_pusher", "duplicate_groups",
    "join_elimination", "join_order", "outer_join_simplification", "partial_aggregate_pushdown", "projection_pullup",
    "statistics_propagation", "window_self_join",
)  # fmt: skip


class ReadingRoom:
    """config: of DuckDB. Not shared between processes; several threads may read, each on a connection of its own."""

    def __init__(self, config: Mapping[str, str]) -> None:
        self._config = dict(config)
        self._idle: list[Desk] = []

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """Empty tables to put rows into. All that is put or made there is rolled back: the next reader finds them empty."""
        try:
            desk = self._idle.pop()  # atomic, so two readers never get the same one
        except IndexError:
            desk = Desk(self._config)
        desk.connection.execute("BEGIN")
        try:
            yield desk
            desk.connection.execute("ROLLBACK")
        except BaseException:
            desk.connection.close()  # whatever state it is in, nobody reads there again
            raise
        if len(self._idle) < _IDLE:
            self._idle.append(desk)
        else:
            desk.connection.close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().connection.close()


class Desk:
    """A connection with every table of facts, empty, and `subjects`."""

    def __init__(self, config: Mapping[str, str]) -> None:
        import duckdb

        self.connection = duckdb.connect(":memory:", config=dict(config))
        self._parsed: dict[str, Any] = {}
        tables = [f'CREATE TEMP TABLE "{name}" AS {no_rows(table)}' for name, table in TABLES.items()]
        self.connection.execute("; ".join(("CREATE TEMP TABLE subjects (company VARCHAR)", *tables)))
        self.connection.execute(f"SET disabled_optimizers = '{','.join(_NOT_FOR_FEW)}'")
        self.connection.execute(
            "SET enable_progress_bar = false"
        )  # on a busy machine it would write into what is printed as JSON
        self.connection.execute("SET parquet_metadata_cache = true")  # a file of the lake is never written twice

    def parsed(self, query: str) -> Any:
        """The statement of a query that is asked again for the next company."""
        if query not in self._parsed:
            if len(self._parsed) >= _PARSED:
                self._parsed.clear()
            (self._parsed[query],) = self.connection.extract_statements(query)
        return self._parsed[query]


def no_rows(table: Table) -> str:
    columns = ", ".join(f'NULL::{_DUCKDB[str(field.type)]} AS "{field.name}"' for field in table.arrow_schema)
    return f"SELECT {columns} WHERE false"


_DUCKDB = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "int32": "INTEGER",
    "date32[day]": "DATE",
    "bool": "BOOLEAN",
    "binary": "BLOB",
}
