"""SQL inside a map is one scalar expression over canonical columns: nothing that reads a table, a file or a setting."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


def why_not_an_expression(text: str, columns: Collection[str]) -> str | None:
    """None where `text` is an admissible expression; otherwise what is wrong with it, in English."""
    import sqlglot
    from sqlglot import exp

    try:
        tree = sqlglot.parse_one(text, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        return str(error).splitlines()[0]
    foreign = next(tree.find_all(exp.Query, exp.Table, exp.Command, exp.DDL, exp.DML), None)
    if foreign is not None:
        return f"not a scalar expression: {foreign.sql('duckdb')[:60]}"
    unnamed = next(tree.find_all(exp.Star, exp.Parameter, exp.Placeholder, exp.AggFunc, exp.Window), None)
    if unnamed is not None:
        return f"not a value of one row: {unnamed.sql('duckdb')[:60]}"
    unknown = sorted({column.name for column in tree.find_all(exp.Column)} - set(columns))
    if unknown:
        return f"no such column here: {', '.join(unknown)}"
    return None


def why_not_runnable(connection: Any, text: str, types: Mapping[str, str], *, boolean: bool) -> str | None:
    """Binds an admissible expression against columns of the given DuckDB types, over no rows."""
    import duckdb

    columns = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in types.items()) or "1 AS one"
    try:
        row = connection.execute(f"SELECT typeof({text}) FROM (SELECT {columns})").fetchone()  # noqa: S608 - admissible
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    kind = str(row[0]) if row else ""
    return f"is {kind}, not a boolean" if boolean and kind not in ("BOOLEAN", '"NULL"', "NULL") else None
