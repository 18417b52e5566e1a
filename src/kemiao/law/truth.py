"""Columns that are true, false or unknown (Kleene). `sure`: true whatever the unknown is; `possible`: true for some of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.columns import BoolArray, Ints


@dataclass(frozen=True, slots=True)
class Truth:
    sure: BoolArray
    possible: BoolArray

    @classmethod
    def of(cls, column: Any) -> Truth:
        """From a pyarrow column of flags."""
        flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        flat = flat.cast(pa.bool_())
        sure = np.asarray(flat.fill_null(False))
        return cls(sure, sure | np.asarray(flat.is_null()))

    @classmethod
    def where_known(cls, holds: BoolArray, known: BoolArray) -> Truth:
        return cls(holds & known, holds | ~known)

    @classmethod
    def at_most(cls, column: Ints, ceiling: int) -> Truth:
        return cls.where_known(column.values <= ceiling, column.known)

    def __and__(self, other: Truth) -> Truth:
        return Truth(self.sure & other.sure, self.possible & other.possible)

    def __or__(self, other: Truth) -> Truth:
        return Truth(self.sure | other.sure, self.possible | other.possible)

    def __invert__(self) -> Truth:
        return Truth(~self.possible, ~self.sure)

    @property
    def undecided(self) -> BoolArray:
        return self.possible & ~self.sure

    def arrow(self, where: BoolArray) -> pa.Array:
        """Null where undecided, and outside `where`."""
        return pa.array(self.sure, pa.bool_(), mask=self.undecided | ~where)
