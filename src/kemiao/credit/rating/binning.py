"""Monotone bins of one column: fine bins by quantiles, pooled into a trend, merged while neighbours do not differ.

A column is coded once into the fine bins of its `Grid`, which sees values and weights but no outcome; all that is learnt
from outcomes afterwards is learnt from counts by fine bin, so that a fold inside a fold costs a few counts.

Numbers: float64, NaN unknown. Choices: codes of levels, -1 unknown. Bins, fine and final, stand in this order: ranges or
groups of levels, then `other` (choices), then special values, then unknown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.unsignedinteger[npt.NBitBase]]
MAX = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True)
class BinRules:
    """Policy: fine_bins at first, bins_max at the end, each with at least rows_share_ppm of the rows and class_min rows
    of either class; neighbours are merged while their G-squared is below merge_g2; smoothing_rows pseudo-rows of the mean
    rate pull the weight of evidence of a thin bin towards nothing; a level with fewer than level_rows_min rows is other."""

    fine_bins: int
    bins_max: int
    rows_share_ppm: int
    class_min: int
    merge_g2: float
    smoothing_rows: float
    level_rows_min: int


@dataclass(frozen=True, slots=True)
class Grid:
    """The fine bins of a column. starts: low ends of the ranges but the first's; below: the last value before each.
    levels: how many a choice has, None for numbers. whole: whole numbers only, and so are cuts."""

    starts: Floats
    below: Floats
    special: tuple[float, ...]
    levels: int | None
    whole: bool

    @property
    def ranges(self) -> int:
        return self.starts.size + 1 if self.levels is None else self.levels

    @property
    def size(self) -> int:
        """Fine bins: ranges or levels, special values, unknown."""
        return self.ranges + len(self.special) + 1

    def codes(self, values: Floats | Ints) -> Codes:
        """The fine bin of each value, in the narrowest unsigned integers that hold it."""
        narrow = np.min_scalar_type(self.size - 1)
        if self.levels is not None:
            return np.where(values < 0, self.size - 1, values).astype(narrow)
        found = np.searchsorted(self.starts, values, side="right").astype(narrow)
        for place, special in enumerate(self.special):
            found[values == special] = self.ranges + place
        found[np.isnan(values)] = self.size - 1
        return found


@dataclass(frozen=True, slots=True)
class Binning:
    """cuts: each range's low end but the first's (numbers). group_of: bin of each level (choices). woe: by bin, positive
    where risk is above the mean. rows, events: by bin, in training, as weighted."""

    cuts: Floats
    special: tuple[float, ...]
    group_of: Ints | None
    woe: Floats
    rows: Floats
    events: Floats

    @property
    def unknown(self) -> int:
        return int(self.woe.size - 1)

    def codes(self, values: Floats | Ints) -> Ints:
        """The bin of each value."""
        if self.group_of is not None:
            lookup = np.append(self.group_of, self.unknown)
            found: Ints = lookup[values.astype(np.int64)]  # -1, unknown, is the last place
            return found
        found = np.searchsorted(self.cuts, values, side="right").astype(np.int64)
        for place, special in enumerate(self.special):
            found[values == special] = self.cuts.size + 1 + place
        found[np.isnan(values)] = self.unknown
        return found


@dataclass(frozen=True, slots=True)
class Expected:
    """Pseudo-rows and pseudo-events by fine bin."""

    rows: Floats
    events: Floats


def grid_of_numbers(
    values: Floats, special: Sequence[float], fine_bins: int, *, whole: bool = False, weights: Floats | None = None
) -> Grid:
    """Ranges of about equal weight that begin at values which occur."""
    apart = np.isnan(values)
    for each in special:
        apart |= values == each
    ordinary = values[~apart]
    if weights is None:
        order = np.sort(ordinary)
        places = np.arange(1, fine_bins) * order.size // fine_bins
    else:
        by_value = np.argsort(ordinary, kind="stable")
        order, reached = ordinary[by_value], np.cumsum(weights[~apart][by_value])
        goals = np.arange(1, fine_bins) * (reached[-1] if reached.size else 0.0) / fine_bins
        places = np.minimum(np.searchsorted(reached, goals, side="right"), order.size - 1)
    starts = np.unique(order[places]) if order.size else order
    starts = starts[starts > order[0]] if order.size else starts
    below = order[np.searchsorted(order, starts, side="left") - 1] if starts.size else starts
    return Grid(starts, below, tuple(special), None, whole)


def grid_of_levels(levels: int) -> Grid:
    return Grid(np.empty(0), np.empty(0), (), levels, whole=False)


def bin_numbers(
    values: Floats,
    event: Ints,
    special: Sequence[float],
    rules: BinRules,
    *,
    whole: bool = False,
    turning: bool = False,
) -> Binning:
    """Ranges along which the event rate only rises or only falls, whichever direction fits the rows better.

    whole: the column has whole numbers only, and so have its cuts.
    turning: it may turn once (a peak or a valley: the youngest and the oldest are riskier than the middle).
    """
    grid = grid_of_numbers(values, special, rules.fine_bins, whole=whole)
    return bin_counts(grid, *counts(grid, grid.codes(values), event), rules, turning=turning)


def bin_levels(codes: Ints, event: Ints, levels: int, rules: BinRules) -> Binning:
    """Groups of levels of like event rate. Thin levels are one group of their own, where unseen levels go too."""
    grid = grid_of_levels(levels)
    return bin_counts(grid, *counts(grid, grid.codes(codes), event), rules, turning=False)


def counts(grid: Grid, codes: Codes, event: Ints, weights: Floats | None = None) -> tuple[Floats, Floats]:
    """(rows, events) by fine bin, as weighted."""
    hits = event if weights is None else event * weights
    found = (np.bincount(codes, weights=each, minlength=grid.size) for each in (weights, hits))
    rows, events = (each.astype(np.float64) for each in found)
    return rows, events


def bin_counts(
    grid: Grid, rows: Floats, events: Floats, rules: BinRules, *, turning: bool, expected: Expected | None = None
) -> Binning:
    """Bins from counts by fine bin. expected: what somebody knew before, in pseudo-rows; not counted in rows and events."""
    all_rows, all_events = (rows, events) if expected is None else (rows + expected.rows, events + expected.events)
    place = final_bins(grid, all_rows, all_events, rules, turning=turning)
    bins = int(place[-1]) + 1
    coarse_rows, coarse_events = (np.bincount(place, each, bins).astype(np.float64) for each in (rows, events))
    evidence = woe(place, all_rows, all_events, rules)
    if grid.levels is not None:
        return Binning(np.empty(0), (), place[:-1], evidence, coarse_rows, coarse_events)
    firsts = np.flatnonzero(np.diff(place[: grid.ranges]))  # a final range begins at the start after each of these
    cuts = [_cut(float(grid.below[first]), float(grid.starts[first]), grid.whole) for first in firsts.tolist()]
    return Binning(np.array(cuts, np.float64), grid.special, None, evidence, coarse_rows, coarse_events)


def final_bins(grid: Grid, rows: Floats, events: Floats, rules: BinRules, *, turning: bool) -> Ints:
    """The bin of each fine bin; the last is unknown's and the highest."""
    least = float(rows.sum()) * rules.rows_share_ppm / 1_000_000
    place = np.empty(grid.size, dtype=np.int64)
    if grid.levels is not None:
        mean = float(events.sum() / rows.sum())
        rate = (events + rules.smoothing_rows * mean) / (rows + rules.smoothing_rows)
        thick = np.flatnonzero(rows[:-1] >= rules.level_rows_min)
        order = thick[np.lexsort((thick, rate[thick]))]
        firsts = [
            first for first, _, _ in _merged(list(zip(range(order.size), rows[order].tolist(), events[order].tolist(), strict=True)), least, rules)
        ]  # fmt: skip
        place[:] = len(firsts)
        place[order] = np.searchsorted(firsts, np.arange(order.size), side="right") - 1
        place[-1] = len(firsts) + 1
        return place
    counts_, hits = rows[: grid.ranges].tolist(), events[: grid.ranges].tolist()
    trend = _turning_trend(counts_, hits) if turning else _trend(counts_, hits)
    firsts = [first for first, _, _ in _merged(trend, least, rules)][1:]
    place[: grid.ranges] = np.searchsorted(firsts, np.arange(grid.ranges), side="right")
    place[grid.ranges :] = len(firsts) + 1 + np.arange(len(grid.special) + 1)
    return place


def woe(place: Ints, rows: Floats, events: Floats, rules: BinRules) -> Floats:
    """Weight of evidence by final bin: log odds over the mean's, thin bins pulled towards nothing."""
    bins = int(place[-1]) + 1
    coarse_rows, hits = (np.bincount(place, weights=each, minlength=bins) for each in (rows, events))
    mean = float(events.sum() / rows.sum())
    misses = coarse_rows - hits + rules.smoothing_rows * (1 - mean)
    found: Floats = np.log((hits + rules.smoothing_rows * mean) / misses) - math.log(mean / (1 - mean))
    return found


Block = tuple[int, float, float]  # number of its first fine bin, rows, events


def _trend(rows: list[float], events: list[float]) -> list[Block]:
    """Pool adjacent violators in both directions; the likelier of the two."""
    rising, falling = _pooled(rows, events, 1.0), _pooled(rows, events, -1.0)
    return rising if _likelihood(rising) >= _likelihood(falling) else falling


def _turning_trend(rows: list[float], events: list[float]) -> list[Block]:
    """The likeliest of all trends that turn at most once."""
    best = _trend(rows, events)
    best_likelihood = _likelihood(best) + 1e-9
    backward_rows, backward_events = rows[::-1], events[::-1]
    for sign in (1.0, -1.0):
        # Seen from its far end the right side goes the same way as the left side does from the near end.
        left = _prefix_likelihoods(rows, events, sign)
        right = _prefix_likelihoods(backward_rows, backward_events, sign)[::-1]
        turn = max(range(1, len(rows)), key=lambda place: left[place - 1] + right[place], default=0)
        if turn and left[turn - 1] + right[turn] > best_likelihood:
            best_likelihood = left[turn - 1] + right[turn]
            after = [(first + turn, count, hits) for first, count, hits in _pooled(rows[turn:], events[turn:], -sign)]
            best = _pooled(rows[:turn], events[:turn], sign) + after
    return best


def _pooled(rows: list[float], events: list[float], sign: float) -> list[Block]:
    """Pool adjacent violators: event rates rise (sign 1) or fall (sign -1) from block to block."""
    firsts: list[int] = []
    counts_: list[float] = []
    hits: list[float] = []
    for number, (count, hit) in enumerate(zip(rows, events, strict=True)):
        if count:
            first = number
            while counts_ and sign * (hits[-1] * count - hit * counts_[-1]) >= 0:
                first = firsts.pop()
                count += counts_.pop()  # noqa: PLW2901
                hit += hits.pop()  # noqa: PLW2901
            firsts.append(first)
            counts_.append(count)
            hits.append(hit)
    return list(zip(firsts, counts_, hits, strict=True))


def _prefix_likelihoods(rows: list[float], events: list[float], sign: float) -> list[float]:
    """Log-likelihood of the pooled trend of the first 1, 2, 3 ... fine bins."""
    counts_: list[float] = []
    hits: list[float] = []
    own: list[float] = []  # log-likelihood of each block that stands
    totals: list[float] = []
    total = 0.0
    for count, hit in zip(rows, events, strict=True):
        if count:
            while counts_ and sign * (hits[-1] * count - hit * counts_[-1]) >= 0:
                count += counts_.pop()  # noqa: PLW2901
                hit += hits.pop()  # noqa: PLW2901
                total -= own.pop()
            counts_.append(count)
            hits.append(hit)
            own.append(_log_likelihood(count, hit))
            total += own[-1]
        totals.append(total)
    return totals


def _likelihood(blocks: list[Block]) -> float:
    return sum(_log_likelihood(count, hits) for _, count, hits in blocks)


def _log_likelihood(count: float, hits: float) -> float:
    misses = count - hits
    likelihood = -count * math.log(count) if count else 0.0
    if hits:
        likelihood += hits * math.log(hits)
    if misses:
        likelihood += misses * math.log(misses)
    return likelihood


def _merged(blocks: list[Block], rows_min: float, rules: BinRules) -> list[Block]:
    """Merges the pair that differs least: first where a block is too thin, then while too many or too alike."""
    kept = list(blocks)
    losses = [_loss(first, second) for first, second in pairwise(kept)]
    while len(kept) > 1:
        thin = next((at for at, block in enumerate(kept) if _is_thin(block, rows_min, rules.class_min)), None)
        if thin is not None:
            place = min({max(0, thin - 1), min(len(losses) - 1, thin)}, key=losses.__getitem__)
        else:
            place = min(range(len(losses)), key=losses.__getitem__)
            if len(kept) <= rules.bins_max and losses[place] >= rules.merge_g2:
                break
        first, second = kept[place], kept[place + 1]
        kept[place : place + 2] = [(first[0], first[1] + second[1], first[2] + second[2])]
        del losses[place]
        for at in (place - 1, place):
            if 0 <= at < len(losses):
                losses[at] = _loss(kept[at], kept[at + 1])
    return kept


def _loss(first: Block, second: Block) -> float:
    """G-squared: twice the log-likelihood that merging gives up; about chi-squared with 1 degree of freedom."""
    apart = _log_likelihood(first[1], first[2]) + _log_likelihood(second[1], second[2])
    return 2 * (apart - _log_likelihood(first[1] + second[1], first[2] + second[2]))


def _is_thin(block: Block, rows_min: float, class_min: int) -> bool:
    _, count, hits = block
    return count < rows_min or hits < class_min or count - hits < class_min


def _cut(below: float, start: float, whole: bool) -> float:
    """A short number between the last value below `start` and `start` itself."""
    short = simplest_between(below, start)
    return math.ceil(short) if whole else short


def simplest_between(low: float, high: float) -> float:
    """The shortest decimal d with low < d <= high, nearest the middle."""
    middle = low / 2 + high / 2 if math.isinf(high - low) else low + (high - low) / 2
    exponent = math.floor(math.log10(min(high - low, MAX))) + 1
    for digits in range(-exponent, -exponent + 18):
        near = round(middle, digits)
        if low < near <= high:
            return float(near)
    return high


def cut_text(cut: float) -> Decimal:
    """The exact decimal that people read: repr gives the shortest text that is this very float."""
    return Decimal(repr(cut))
