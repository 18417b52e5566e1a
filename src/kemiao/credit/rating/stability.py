"""Did the population move? PSI with the noise it has where nothing moved, and a model's figures period by period."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, chdtri

from kemiao.base.dates import parse_date
from kemiao.base.refusal import Refusal
from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.delong import auc_estimate, bounded, mean_placements
from kemiao.credit.rating.examination_rules import ExaminationRules
from kemiao.credit.rating.intervals import Figure, share

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_YEAR = re.compile(r"(?:19|20)\d{2}")
_SHORT = re.compile(r"\d{1,2}[-/ ]([A-Za-z]{3})[A-Za-z]*[-/ ](\d{2}|\d{4})")
_LEVELS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Shift:
    """noise: what PSI exceeds in one comparison of twenty where nothing moved. p: the chance of as much by noise alone.
    moved: beyond noise also when as many comparisons are made as stand beside it (S. Holm)."""

    name: str
    psi: float
    noise: float
    p: float
    moved: bool


@dataclass(frozen=True, slots=True)
class Period:
    name: str
    rows: int
    events: int
    event_rate: Figure
    mean_pd: float
    auc: Figure | None  # None: too few of a class
    psi: float  # of the score against all other periods
    psi_noise: float


@dataclass(frozen=True, slots=True)
class Stability:
    """by: the column of time, or None for halves of the file. earlier, later: what the shifts compare."""

    by: str | None
    earlier: str
    later: str
    score: Shift
    inputs: tuple[Shift, ...]
    periods: tuple[Period, ...]
    undated: int


def psi(codes: Ints, bins: int, later: npt.NDArray[np.bool_]) -> tuple[float, float, float]:
    """(PSI, the noise level, p) of bin codes between the rows before and the later ones.

    Half a row is added to every bin. Without change, PSI / (1/n + 1/m) is chi-squared with bins - 1 degrees of freedom
    (B. Yurdakul 2018), so its size in a small table says nothing by itself.
    """
    one, other = (np.bincount(codes[side], minlength=bins).astype(float) for side in (~later, later))
    kept = one + other > 0
    one, other = one[kept], other[kept]
    unit = 1 / one.sum() + 1 / other.sum()
    found = float(counts_psi(one, other))
    free = one.size - 1
    if free == 0:
        return 0.0, 0.0, 1.0
    return found, float(chdtri(free, 0.05) * unit), float(chdtrc(free, found / unit))


def counts_psi(one: Ints | Floats, other: Ints | Floats) -> Floats:
    """PSI of counts by bin (last axis), half a row added to each."""
    a, b = ((each + 0.5) / (each.sum(axis=-1, keepdims=True) + 0.5 * each.shape[-1]) for each in (one, other))
    value: Floats = ((a - b) * np.log(a / b)).sum(axis=-1)
    return value


def quantile_codes(values: Floats, bins: int) -> tuple[Ints, int]:
    """Equal counts of known values, unknown in a bin of its own; equal values stay together."""
    known = ~np.isnan(values)
    if not known.any():
        return np.zeros(values.size, np.int64), 1
    cuts = np.unique(np.quantile(values[known], np.arange(1, bins) / bins))
    codes = np.searchsorted(cuts, values, side="right").astype(np.int64)
    codes[~known] = cuts.size + 1
    return codes, int(cuts.size) + 2


def column_codes(column: Column, bins: int) -> tuple[Ints, int]:
    """Choices: the most frequent levels, the others together, unknown apart."""
    if column.kind == "number":
        return quantile_codes(column.values.astype(np.float64), bins)
    counts = np.bincount(column.values[column.values >= 0].astype(np.int64), minlength=len(column.levels))
    order = np.argsort(-counts, kind="stable")[:_LEVELS_SHOWN]
    code_of = np.full(len(column.levels) + 1, len(order), np.int64)
    code_of[order] = np.arange(order.size)
    code_of[-1] = order.size + 1
    return code_of[column.values.astype(np.int64)], int(order.size) + 2


def periods_of(column: Column, most: int) -> tuple[tuple[str, ...], Ints]:
    """(names in order, the period of each row or -1): years where they are few, else neighbours merged to equal rows."""
    moments = _moments(column)
    known = ~np.isnan(moments)
    years = np.floor(moments[known])
    distinct = np.unique(years)
    parts = moments if distinct.size < 2 else np.where(known, np.floor(moments), np.nan)
    values = np.unique(parts[known])
    if values.size > most:
        cuts = np.unique(np.quantile(parts[known], np.arange(1, most) / most, method="higher"))
        place = np.searchsorted(cuts, parts, side="right")
    else:
        place = np.searchsorted(values, parts)
    place = np.where(known, place, -1).astype(np.int64)
    used, place[known] = np.unique(place[known], return_inverse=True)
    names = tuple(_span(column, moments, place == each, coarse=distinct.size >= 2) for each in range(used.size))
    return names, place


def _moments(column: Column) -> Floats:
    """Years with fractions where the column holds dates or years; plain numbers as they are."""
    if column.kind == "number":
        values = column.values.astype(np.float64)
        known = values[~np.isnan(values)]
        months = known.size and column.whole and known.min() >= 190_001 and known.max() <= 210_012
        return np.floor(values / 100) + (values % 100 - 1) / 12 if months else values
    of_level = np.array([*(_moment(level) for level in column.levels), np.nan])
    return of_level[column.values.astype(np.int64)]


def _moment(text: str) -> float:
    day = parse_date(re.split("[T ]", text, maxsplit=1)[0])
    if not isinstance(day, Refusal):
        return day.year + (day.timetuple().tm_yday - 1) / 366
    if _SHORT.fullmatch(text):  # 28-Feb-97: two digits up to 68 are of this century, as POSIX reads them
        year = int(text[-2:]) if not text[-4:].isdigit() else int(text[-4:])
        return float(year + (0 if year > 99 else 2000 if year <= 68 else 1900))
    year_of = _YEAR.search(text)
    return float(year_of[0]) if year_of else float("nan")


def _span(column: Column, moments: Floats, rows: npt.NDArray[np.bool_], *, coarse: bool) -> str:
    low, high = float(moments[rows].min()), float(moments[rows].max())
    if not coarse and low != np.floor(low):
        ends = [f"{int(at)}-{int((at - np.floor(at)) * 12 + 1e-9) + 1:02}" for at in (low, high)]
    else:
        ends = [format(np.floor(at), ".0f") if coarse or at == np.floor(at) else f"{at:.4g}" for at in (low, high)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"


def stability(
    time: Column | None,
    numbers: Ints,
    inputs: Sequence[Column],
    pd_ppm: Sequence[Ints],
    ranks: Sequence[Floats | Ints],
    event: Ints,
    rules: ExaminationRules,
) -> Stability | None:
    """time: when each row began; without it the halves of the file, by numbers. None where time has one value only."""
    score = np.mean(np.stack([np.asarray(each, dtype=np.float64) for each in pd_ppm]), axis=0)
    if time is None:
        names: tuple[str, ...] = ("1", "2")
        place = (numbers.argsort(kind="stable").argsort() >= numbers.size / 2).astype(np.int64)
    else:
        names, place = periods_of(time, rules.periods_max)
    if len(names) < 2:
        return None
    dated = place >= 0
    counts = np.bincount(place[dated], minlength=len(names)).cumsum()
    half = int(np.argmin(np.abs(counts[:-1] - counts[-1] / 2)))
    later = place[dated] > half
    found = [psi(*quantile_codes(score[dated], rules.psi_bins), later)]
    found += [psi(*_at(column_codes(each, rules.psi_bins), dated), later) for each in inputs]
    moved = _holm([each[2] for each in found])
    shifts = [
        Shift(name, *one, yes)
        for name, one, yes in zip(["", *(each.name for each in inputs)], found, moved, strict=True)
    ]
    periods = tuple(
        _period(name, place == number, dated, score, ranks, event, rules) for number, name in enumerate(names)
    )
    ordered = tuple(sorted(shifts[1:], key=lambda each: (each.p, -each.psi, each.name)))
    return Stability(
        time.name if time else None, _ends(names[: half + 1]), _ends(names[half + 1 :]), shifts[0], ordered,
        periods if time else (), int((~dated).sum()),
    )  # fmt: skip


def _at(coded: tuple[Ints, int], rows: npt.NDArray[np.bool_]) -> tuple[Ints, int]:
    return coded[0][rows], coded[1]


def _ends(names: Sequence[str]) -> str:
    first, last = names[0].split("–")[0], names[-1].split("–")[-1]
    return first if first == last else f"{first}–{last}"


def _holm(chances: Sequence[float]) -> list[bool]:
    order = sorted(range(len(chances)), key=lambda place: chances[place])
    moved = [False] * len(chances)
    for step, place in enumerate(order):
        if chances[place] > 0.05 / (len(chances) - step):
            break
        moved[place] = True
    return moved


def _period(
    name: str,
    rows: npt.NDArray[np.bool_],
    dated: npt.NDArray[np.bool_],
    score: Floats,
    ranks: Sequence[Floats | Ints],
    event: Ints,
    rules: ExaminationRules,
) -> Period:
    outcome = event[rows]
    events, others = int(outcome.sum()), int(outcome.size - outcome.sum())
    auc = None
    if min(events, others) >= rules.group_class_min:
        found = bounded(
            auc_estimate(
                mean_placements([np.asarray(each, dtype=np.float64)[rows] for each in ranks], outcome), outcome
            ),
            outcome,
        )
        auc = Figure(found.value, found.low, found.high)
    moved, noise, _ = psi(*quantile_codes(score[dated], rules.psi_bins), rows[dated])
    return Period(
        name, outcome.size, events, share(events, outcome.size), float(score[rows].mean() / 1e6), auc, moved, noise
    )
