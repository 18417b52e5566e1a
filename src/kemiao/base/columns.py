"""Columns of whole numbers that may be unknown, with exact arithmetic: no float holds money, no product wraps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Ints:
    """values and known, of one length; a value that is not known is 0 in `values` and must not be read."""

    values: IntArray
    known: BoolArray

    @classmethod
    def of(cls, column: Any) -> Ints:
        """From a pyarrow column of whole numbers."""
        flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        known = np.asarray(flat.is_valid())
        return cls(np.where(known, np.asarray(flat.cast(pa.int64()).fill_null(0)), 0), known)

    @classmethod
    def all(cls, value: int, length: int) -> Ints:
        return cls(np.full(length, value, np.int64), np.ones(length, bool))

    @classmethod
    def by_name(cls, names: pa.Array | Sequence[str | None], values: Mapping[str, int]) -> Ints:
        """The value of each row's name; unknown where the name is null. A name without a value is a fault (KeyError)."""
        coded = (names if isinstance(names, pa.Array) else pa.array(names, pa.string())).dictionary_encode()
        looked_up = np.array([values[name] for name in coded.dictionary.to_pylist()] + [0], np.int64)
        known = np.asarray(coded.is_valid())
        return cls(looked_up[np.asarray(coded.indices.fill_null(len(looked_up) - 1))], known)

    def __len__(self) -> int:
        return len(self.values)

    def __add__(self, other: Ints) -> Ints:
        return _both(self, other, self.values + other.values)

    def __sub__(self, other: Ints) -> Ints:
        return _both(self, other, self.values - other.values)

    def share(self, ppm: Ints) -> Ints:
        """ppm of an amount, half up, exact for amounts to 10^13 and ppm to 10^9: the product is taken in two limbs."""
        millions, rest = np.divmod(self.values, PPM)
        product = millions * ppm.values + (2 * rest * ppm.values + PPM) // (2 * PPM)
        return _both(self, ppm, product)

    def at_least(self, low: int) -> Ints:
        return Ints(np.where(self.known, np.maximum(self.values, low), 0), self.known)

    def steps_of(self, step: int) -> Ints:
        """Rounded down to whole steps; below zero counts as zero steps."""
        return Ints(np.maximum(self.values, 0) // step * step, self.known)

    def or_else(self, other: Ints) -> Ints:
        """This where known, otherwise the other."""
        return Ints(np.where(self.known, self.values, other.values), self.known | other.known)

    def where(self, condition: BoolArray) -> Ints:
        """Known only where the condition holds as well."""
        known = self.known & condition
        return Ints(np.where(known, self.values, 0), known)

    def arrow(self) -> pa.Array:
        return pa.array(self.values, pa.int64(), mask=~self.known)


def least(columns: Sequence[Ints]) -> tuple[Ints, IntArray]:
    """The smallest known value of each row and the number of its column (the first of equals); -1 where none is known."""
    top = np.iinfo(np.int64).max
    stacked = np.stack([np.where(column.known, column.values, top) for column in columns])
    known = np.logical_or.reduce([column.known for column in columns])
    binding = np.where(known, np.argmin(stacked, axis=0), -1)
    return Ints(np.where(known, stacked.min(axis=0), 0), known), binding


def _both(left: Ints, right: Ints, values: IntArray) -> Ints:
    known = left.known & right.known
    return Ints(np.where(known, values, 0), known)
