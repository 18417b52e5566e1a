"""Columns of days: as numbers and back, and whole months over them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kemiao.base.columns import IntArray, Ints


def days_of(column: pa.Array) -> Ints:
    """Days since 1970-01-01 of a column of dates."""
    return Ints.of(column.cast(pa.int32()))


def day_array(days: Ints) -> pa.Array:
    """The way back: dates, null where unknown."""
    return pa.array(days.values.astype(np.int32), pa.int32(), mask=~days.known).cast(pa.date32())


def months_later(day: IntArray, months: IntArray | int) -> IntArray:
    """day: days since 1970-01-01. The same day of the month, or the last one of a shorter month."""
    days = day.astype("datetime64[D]")
    first: npt.NDArray[np.datetime64] = days.astype("datetime64[M]")
    target = first + months
    length = ((target + 1).astype("datetime64[D]") - target.astype("datetime64[D]")).astype(np.int64)
    place = (days - first.astype("datetime64[D]")).astype(np.int64)
    return np.asarray(target.astype("datetime64[D]").astype(np.int64) + np.minimum(place, length - 1))


def day_after_months(day: Ints, months: Ints) -> Ints:
    known = day.known & months.known
    return Ints(np.where(known, months_later(day.values, np.clip(months.values, 0, 1200)), 0), known)
