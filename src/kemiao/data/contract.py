"""What a table of facts promises, as a pandera schema. Every row is held to it by the SQL of `mapping`; pandera, which knows
nothing of that SQL, looks at the first rows of each sheet again: the two must agree (docs/decisions/004).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pyarrow as pa

from kemiao.base.keys import SCHEMES
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import BrokenInvariant
from kemiao.facts.schema import Column, Table
from kemiao.facts.tables import TABLES

LOOKED_AT = 1_000
_KEY = rf"(?:{'|'.join(SCHEMES)}):[^\s:]\S{{0,63}}"
_PANDAS = {
    "text": "str", "company": "str", "choice": "str", "day": "object", "fen": "Int64", "ppm": "Int64", "count": "Int64",
    "flag": "boolean",
}  # fmt: skip


def hold(fact: Table, rows: pa.Table) -> None:
    """rows: own columns, protected ones still readable. Raises BrokenInvariant with the first that breaks the promise."""
    from pandera.errors import SchemaErrors

    frame = rows.slice(0, LOOKED_AT).select([column.name for column in fact.columns]).to_pandas(types_mapper=_types)
    try:
        schema(fact.name).validate(frame, lazy=True)
    except SchemaErrors as errors:
        case = errors.failure_cases.iloc[0]
        raise BrokenInvariant(
            f"{fact.name}.{case['column']}: {case['check']} fails and the mapping let it pass"
        ) from None  # without the row: a trace is no place for data


@cache
def schema(name: str) -> Any:
    """The pandera schema of a table of facts."""
    import pandera.pandas as pandera

    columns = {
        column.name: pandera.Column(
            None if column.kind == "day" else _PANDAS[column.kind],
            _checks(pandera, column),
            nullable=not column.required,
        )
        for column in TABLES[name].columns
    }
    return pandera.DataFrameSchema(columns, strict=True)


def _checks(pandera: Any, column: Column) -> list[Any]:
    checks = []
    if column.choices:
        checks.append(pandera.Check.isin(column.choices))
    if column.kind == "company":
        checks.append(pandera.Check.str_matches(f"^{_KEY}$"))
    if column.kind == "fen":
        checks.append(pandera.Check.in_range(-FEN_MAX, FEN_MAX))
    if column.low is not None:
        checks.append(pandera.Check.ge(column.low))
    return checks


def _types(kind: pa.DataType) -> Any:
    import pandas

    if pa.types.is_integer(kind):
        return pandas.Int64Dtype()
    if pa.types.is_boolean(kind):
        return pandas.BooleanDtype()
    return pandas.StringDtype() if pa.types.is_string(kind) else None
