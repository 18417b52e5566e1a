"""Scoring: columns in, whole points out. One company is a one-row table and gets the points it gets among a million."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.scorecard import Characteristic, Scorecard

Ints = npt.NDArray[np.int64]
Bins = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
BLANKS = " \t\u00a0\u3000"  # not part of a level
# How tables write that there is no answer; "none" is not among them: in many it is one.
FLAGS = ("true", "false")  # in any case: a file says True where a column of flags says true
NO_ANSWER = frozenset(
    {"", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "-", "--", "—", "."}
)  # not "none": many tables have it as an answer


def score(card: Scorecard, table: pa.Table, key: str | None = "company") -> pa.Table | Refusal:
    """points and pd_ppm of each row (int64), and per characteristic `points.FEATURE` (int32), `bin.FEATURE` (int16).

    key: a column that is handed through (None: no key). Refuses a column that the card needs and the table lacks, and
    a column of another kind than the card's; it never takes a lacking column for unknown unless the card says so.
    """
    refused = _lacking(card, table, key)
    if refused:
        return refused
    total = np.full(table.num_rows, card.base_points, dtype=np.int64)
    columns: dict[str, object] = {} if key is None else {key: table[key]}
    details: dict[str, object] = {}
    for each in card.characteristics:
        bins = assign(each, table[each.feature] if each.feature in table.column_names else None, table.num_rows)
        if isinstance(bins, Refusal):
            return bins
        points = np.array([one.points for one in each.bins], dtype=np.int32)[bins]
        total += points
        details |= {f"points.{each.feature}": points, f"bin.{each.feature}": bins}
    return pa.table(columns | {"points": total, "pd_ppm": pd_ppm(card, total)} | details)


def pd_ppm(card: Scorecard, points: Ints) -> Ints:
    """The curve's step at each number of points."""
    return pd_at(card.pd_curve, points)


def pd_at(curve: Sequence[tuple[int, int]], points: Ints) -> Ints:
    """curve: (points, pd_ppm) steps, points rising; below the first step its PD holds."""
    starts, values = (np.array(each, dtype=np.int64) for each in zip(*curve, strict=True))
    at: Ints = values[np.maximum(np.searchsorted(starts, points, side="right") - 1, 0)]
    return at


def _lacking(card: Scorecard, table: pa.Table, key: str | None) -> Refusal | None:
    needed = [each.feature for each in card.characteristics if not each.optional]
    missing = [name for name in ([key] if key else []) + needed if name not in table.column_names]
    if not missing:
        return None
    names = "、".join(missing), ", ".join(missing)
    return Refusal.at(
        "COLUMN_MISSING", f"表中缺少评分卡需要的列:{names[0]}", f"the table lacks columns that the card needs: {names[1]}",
        card=card.name, column=names[1],
    )  # fmt: skip


def assign(each: Characteristic, column: pa.ChunkedArray | None, rows: int) -> Bins | Refusal:
    """The number of the bin of each value. None: the column is lacking and optional, so all are unknown."""
    if column is None or pa.types.is_null(column.type):
        return np.full(rows, each.unknown_bin, dtype=np.int16)
    if each.is_choice:
        return _choice_bins(each, column)
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        return Refusal.at(
            "COLUMN_NOT_NUMBERS", f"评分卡需要数值,该列是 {kind}", f"the card needs numbers, the column has {kind}",
            column=each.feature,
        )  # fmt: skip
    return _number_bins(each, column)


def _number_bins(each: Characteristic, column: pa.ChunkedArray) -> Bins:
    exact = not pa.types.is_floating(column.type)
    known = np.asarray(column.is_valid())
    values = np.asarray(column.cast(pa.int64() if exact else pa.float64()).fill_null(0))
    if not exact:
        known &= np.isfinite(values)
    ranges = [number for number, one in enumerate(each.bins) if one.is_range]
    lows = _bounds([each.bins[number].low or Decimal(0) for number in ranges[1:]], exact)
    found: Bins = np.array(ranges, dtype=np.int16)[np.searchsorted(lows, values, side="right")]
    for number, one in enumerate(each.bins):
        for special in one.special:
            found[values == (int(special) if exact and special == int(special) else float(special))] = number
    found[~known] = each.unknown_bin
    return found


def _bounds(lows: Sequence[Decimal], exact: bool) -> Ints | npt.NDArray[np.float64]:
    """For whole numbers v >= 4.5 is v >= 5: compared as integers, exact beyond 2^53. A bound that no int64 reaches has no place."""
    if exact:
        whole = [max(math.ceil(low), INT64_MIN) for low in lows]
        return np.array([low for low in whole if low <= INT64_MAX], dtype=np.int64)
    return np.array([float(low) for low in lows], dtype=np.float64)


def level_word(text: str) -> str:
    """A level as it is compared: without blanks around it, flags in small letters. The generated SQL does the same."""
    bare = text.strip(BLANKS)
    return bare.lower() if bare.lower() in FLAGS else bare


def by_level(column: pa.ChunkedArray, worth: Mapping[str, float], unseen: float, unknown: float) -> Floats:
    """What each row's level is worth; levels are compared as `level_word`. Words for no answer, and null, are unknown, unless
    `worth` has them as levels."""
    text = column if pa.types.is_string(column.type) else pc.cast(column, pa.string())
    coded = text.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    of_level = dict.fromkeys(NO_ANSWER, unknown) | {level_word(level): each for level, each in worth.items()}
    seen = [of_level.get(level_word(level), unseen) for level in coded.dictionary.to_pylist()]
    found: Floats = np.array([*seen, unknown], dtype=np.float64)[np.asarray(coded.indices.fill_null(len(seen)))]
    return found


def _choice_bins(each: Characteristic, column: pa.ChunkedArray) -> Bins:
    unseen = next((number for number, one in enumerate(each.bins) if one.other), each.unknown_bin)
    of_level = {level: number for number, one in enumerate(each.bins) for level in one.levels}
    return by_level(column, of_level, unseen, each.unknown_bin).astype(np.int16)
