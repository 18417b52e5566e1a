"""What a model saw when it learnt, as counts, so that later rows can be told from it by chance's own measure.

Counts and not shares: how far two tables differ by chance depends on how many rows each has. Points and inputs are
counted on the rows of the training; defaults against PD on rows held out, by grade, because on its own rows a model is
always right.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.canonical import canonical_bytes
from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.master_scale import Grade
from kemiao.credit.rating.scorecard import number_json
from kemiao.credit.rating.validate import Held

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FORM = "kemiao/reference/1"
_LEVELS = 20  # the most frequent; the others are counted together


@dataclass(frozen=True, slots=True)
class Bins:
    """rows: of the ranges between the cuts, or of the levels and then of all others; at the end those unknown."""

    name: str
    cuts: tuple[float, ...] | None
    levels: tuple[str, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """A grade on rows held out: their number, defaults, the sum of their PD and of its squares, as means over repeats."""

    grade: str
    pd_ppm_from: int
    rows: float
    events: float
    expected: float
    squares: float


@dataclass(frozen=True, slots=True)
class Reference:
    score: Bins
    inputs: tuple[Bins, ...]
    bands: tuple[Band, ...]


def reference_of(columns: Sequence[Column], points: Ints, held: Held, scale: Sequence[Grade], bins: int) -> Reference:
    """columns: what the model asks, as it saw them. points: of the same rows."""
    score = _number_bins("points", points.astype(np.float64), bins)
    return Reference(score, tuple(_bins(each, bins) for each in columns), _bands(held, scale))


def as_rows(columns: Sequence[Column]) -> pa.Table:
    """What was learnt from, as a model is asked to score it."""
    return pa.table(
        {
            each.name: pa.array(each.values, mask=~each.known)
            if each.kind == "number"
            else pa.array(each.levels, pa.string()).take(pa.array(each.values, pa.int64(), mask=~each.known))
            for each in columns
        }
    )


def _bins(column: Column, bins: int) -> Bins:
    if column.kind == "number":
        return _number_bins(column.name, column.values.astype(np.float64), bins)
    codes = column.values.astype(np.int64)
    counts = np.bincount(codes[codes >= 0], minlength=len(column.levels))
    most = np.argsort(-counts, kind="stable")[:_LEVELS]
    shown = [int(counts[at]) for at in most]
    rows = (*shown, int(counts.sum()) - sum(shown), int((codes < 0).sum()))
    return Bins(column.name, None, tuple(column.levels[at] for at in most), rows)


def _number_bins(name: str, values: Floats, bins: int) -> Bins:
    """Ranges of about equal counts; equal values stay together."""
    known = values[np.isfinite(values)]
    cuts = np.unique(np.quantile(known, np.arange(1, bins) / bins, method="inverted_cdf")) if known.size else values[:0]
    return Bins(name, tuple(cuts.tolist()), (), tuple(_in_ranges(values, cuts)))


def _in_ranges(values: Floats, cuts: Floats) -> list[int]:
    known = np.isfinite(values)
    codes = np.where(known, np.searchsorted(cuts, values, side="right"), cuts.size + 1)
    return [int(count) for count in np.bincount(codes, minlength=cuts.size + 2)]


def counted(bins: Bins, column: pa.Array | pa.ChunkedArray) -> list[int]:
    """Later rows in the same bins."""
    if bins.cuts is not None:
        values = np.asarray(column.cast(pa.float64(), safe=False).fill_null(np.nan), dtype=np.float64)
        return _in_ranges(values, np.array(bins.cuts))
    counts = {pair["values"]: pair["counts"] for pair in pc.value_counts(column).to_pylist()}
    unknown, shown = counts.pop(None, 0), [counts.pop(level, 0) for level in bins.levels]
    return [*shown, sum(counts.values()), unknown]


def _bands(held: Held, scale: Sequence[Grade]) -> tuple[Band, ...]:
    starts, repeats = np.array([each.pd_ppm_from for each in scale]), len(held.chosen.pd_ppm)
    ppm = np.concatenate(held.chosen.pd_ppm)
    place, pd = np.searchsorted(starts, ppm, side="right") - 1, ppm / 1e6

    def sums(weights: Floats) -> list[float]:
        totals: list[float] = (np.bincount(place, weights=weights, minlength=starts.size) / repeats).tolist()
        return totals

    parts = zip(scale, sums(np.ones(pd.size)), sums(np.tile(held.event, repeats).astype(float)), sums(pd), sums(pd * pd), strict=True)  # fmt: skip
    return tuple(Band(each.name, each.pd_ppm_from, *found) for each, *found in parts)


def reference_bytes(one: Reference) -> bytes:
    """Canonical JSON; what may have a fraction is decimal text."""
    return canonical_bytes(
        {
            "form": FORM, "score": _bins_json(one.score), "inputs": [_bins_json(each) for each in one.inputs],
            "bands": [
                {"grade": each.grade, "pd_ppm_from": each.pd_ppm_from, **{name: _text(getattr(each, name)) for name in _SUMS}} for each in one.bands
            ],
        }
    )  # fmt: skip


def _bins_json(one: Bins) -> dict[str, object]:
    kind = {"levels": list(one.levels)} if one.cuts is None else {"cuts": [_text(each) for each in one.cuts]}
    return {"name": one.name, "rows": list(one.rows), **kind}


def _text(number: float) -> int | str:
    return number_json(Decimal(repr(float(number))))


def reference_from(content: bytes) -> Reference:
    """Reads what `reference_bytes` wrote. Raises ValueError, KeyError or TypeError for what it did not."""
    read = json.loads(content)
    if read["form"] != FORM:
        raise ValueError(f"form {read['form']!r}")
    bands = tuple(Band(each["grade"], each["pd_ppm_from"], *(float(each[name]) for name in _SUMS)) for each in read["bands"])  # fmt: skip
    return Reference(_bins_from(read["score"]), tuple(_bins_from(each) for each in read["inputs"]), bands)


def _bins_from(cells: dict[str, list[str]]) -> Bins:
    cuts = None if "levels" in cells else tuple(float(each) for each in cells["cuts"])
    return Bins(str(cells["name"]), cuts, tuple(cells.get("levels", ())), tuple(int(each) for each in cells["rows"]))


_SUMS = ("rows", "events", "expected", "squares")
