"""Reading the input columns of a rule and writing its answer: what all rules have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import BoolArray, IntArray, Ints
from kemiao.base.money import FEN_MAX
from kemiao.base.tables import CONFIDENCES
from kemiao.law.rule import CLOSING, Rule
from kemiao.law.truth import Truth

COUNT_MAX = 10**9  # people, items, days: beyond it a figure is a typing error


@dataclass(frozen=True, slots=True)
class Choices:
    """A column of names as numbers: the index into the names of the rule, -1 where null or not among them."""

    index: IntArray
    known: BoolArray


class Cases:
    """The input columns of one call. A column that is absent is unknown. `refused` collects why a row is not judged."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self.rows = table.num_rows
        self.refused: npt.NDArray[np.object_] = np.full(self.rows, None, object)

    def refuse(self, where: BoolArray, code: str) -> None:
        """The first reason of a row stays."""
        self.refused[where & (self.refused == None)] = code  # noqa: E711 - elementwise

    @property
    def judged(self) -> BoolArray:
        return np.asarray(self.refused == None)  # noqa: E711 - elementwise

    def amount(self, name: str) -> Ints:
        """Fen, at least 0."""
        column = self._ints(name)
        self.refuse(column.known & (column.values < 0), "NEGATIVE")
        self.refuse(column.known & (column.values > FEN_MAX), "AMOUNT_TOO_LARGE")
        return column

    def signed_amount(self, name: str) -> Ints:
        column = self._ints(name)
        self.refuse(column.known & (np.abs(column.values) > FEN_MAX), "AMOUNT_TOO_LARGE")
        return column

    def count(self, name: str) -> Ints:
        column = self._ints(name)
        self.refuse(column.known & (column.values < 0), "NEGATIVE")
        self.refuse(column.known & (column.values > COUNT_MAX), "COUNT_TOO_LARGE")
        return column

    def ppm(self, name: str, low: int, high: int) -> Ints:
        """A share or rate between two ends, both included."""
        column = self._ints(name)
        self.refuse(column.known & ((column.values < low) | (column.values > high)), "OUT_OF_RANGE")
        return column

    def flag(self, name: str) -> Truth:
        column = self._column(name, pa.bool_())
        return Truth.of(column)

    def choice(self, name: str, names: Sequence[str]) -> Choices:
        """A value that is none of the names is refused."""
        column = self._column(name, pa.string()).cast(pa.string())
        index = np.asarray(pc.index_in(column, value_set=pa.array(names, pa.string())).fill_null(-1), np.int64)
        given = np.asarray(column.is_valid())
        self.refuse(given & (index < 0), "UNKNOWN_CHOICE")
        return Choices(index, given & (index >= 0))

    def day(self, name: str) -> pa.Array:
        return self._column(name, pa.date32()).cast(pa.date32())

    def _ints(self, name: str) -> Ints:
        return Ints.of(self._column(name, pa.int64()))

    def _column(self, name: str, kind: pa.DataType) -> pa.Array:
        if name not in self._table.column_names:
            return pa.nulls(self.rows, kind)
        column = self._table.column(name)
        return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def names_where(missing: Mapping[str, BoolArray], rows: int) -> pa.Array:
    """A list column: for each row the names whose mask holds, in the order of the mapping."""
    names = np.array(list(missing), object)
    masks = np.stack(list(missing.values()), axis=1) if missing else np.zeros((rows, 0), bool)
    offsets = np.concatenate([[0], np.cumsum(masks.sum(axis=1))]).astype(np.int32)
    values: Any = names[np.nonzero(masks)[1]] if missing else []
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values, pa.string()))


def names_at(index: IntArray, names: Sequence[str], where: BoolArray) -> pa.Array:
    """names[index] where `where` holds, null elsewhere."""
    return pa.array(names, pa.string()).take(pa.array(index, pa.int64(), mask=~(where & (index >= 0))))


def weight_of(confidence: str) -> int:
    """0 is the strongest: the weakest of several is the largest."""
    return CONFIDENCES.index(confidence)


def answer(
    rule: Rule,
    cases: Cases,
    on: date,
    outputs: Mapping[str, Any],
    missing: Mapping[str, BoolArray],
    confidence: IntArray,
) -> pa.Table:
    """The rule's table: outputs and CLOSING. Refused rows say nothing but why. confidence: weight_of, a row."""
    judged = cases.judged
    nothing = pa.array(~judged)
    columns = [
        pc.if_else(nothing, pa.scalar(None, field.type), _arrow(outputs[field.name]).cast(field.type))
        if not pa.types.is_list(field.type)
        else outputs[field.name]
        for field in rule.schema
        if field.name not in {closing.name for closing in CLOSING}
    ]
    columns += [
        names_where({name: mask & judged for name, mask in missing.items()}, cases.rows),
        names_at(confidence, CONFIDENCES, judged),
        pa.array([on], pa.date32()).take(pa.array(np.zeros(cases.rows, np.int64))),
        pa.array(cases.refused, pa.string()),
    ]
    return pa.table(columns, schema=rule.schema)


def _arrow(column: Any) -> Any:
    return column.arrow() if isinstance(column, Ints) else column
