"""The rows in force on a day, or the refusal that there are none: never a guess."""

from __future__ import annotations

from datetime import date

from kemiao.base.refusal import Refusal
from kemiao.base.tables import Row
from kemiao.law.rule import Law


def rows_in_force(law: Law, table: str, on: date, ids: tuple[str, ...] = ()) -> tuple[Row, ...] | Refusal:
    """Rows of a table in force on a day. `ids`: the rows that the rule can't do without, by their cell `id`."""
    rows = law[table].on(on)
    absent = [name for name in ids if not any(row.cells.get("id") == name for row in rows)]
    if rows and not absent:
        return rows
    names = f"{table} ({', '.join(absent)})" if rows else table
    return Refusal.at(
        "LAW_NOT_IN_FORCE",
        f"{on.isoformat()} 没有生效的规则行:{names}",
        f"no rows of {names} are in force on {on.isoformat()}",
        table=table,
        on=on.isoformat(),
    )


def by_id(rows: tuple[Row, ...], name: str) -> Row:
    """The one row of an id that `rows_in_force` has found to be there."""
    return next(row for row in rows if row.cells.get("id") == name)


def number(row: Row, cell: str) -> int:
    """A whole number of a row. The tables are ours, so another type is a fault."""
    value = row.cells[cell]
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{cell} of {row.source} is {value!r}, not a whole number")
    return value
