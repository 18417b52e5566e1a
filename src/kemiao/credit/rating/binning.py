"""Monotone bins of one column: fine bins by quantiles, pooled into a trend, merged while neighbours do not differ.

All works on arrays of one column's training rows. Numbers: float64, NaN unknown. Choices: codes, -1 unknown.
A binning's bins stand in this order: ranges or groups of levels, then `other`, then special values, then unknown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


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
class Binning:
    """cuts: each range's low end but the first's (numbers). group_of: bin of each level (choices). woe: by bin, positive
    where risk is above the mean. rows, events: by bin, in training."""

    cuts: Floats
    special: tuple[float, ...]
    group_of: Ints | None
    woe: Floats
    rows: Ints
    events: Ints

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
    apart = np.isnan(values)
    for each in special:
        apart |= values == each
    ordinary, outcome = values[~apart], event[~apart]
    order = np.sort(ordinary)
    starts = _fine_starts(order, rules.fine_bins)
    fine = np.searchsorted(starts, ordinary, side="right")
    rows = np.bincount(fine, minlength=starts.size + 1).tolist()
    events = np.bincount(fine, weights=outcome, minlength=starts.size + 1).tolist()
    trend = _turning_trend(rows, events) if turning else _trend(rows, events)
    kept = _merged(trend, _least(values.size, rules), rules)
    cuts = np.array([_cut(order, starts[first - 1], whole) for first, _, _ in kept[1:]], dtype=np.float64)
    return _weighed(cuts, tuple(special), None, values, event, rules, cuts.size + 1 + len(special) + 1)


def bin_levels(codes: Ints, event: Ints, levels: int, rules: BinRules) -> Binning:
    """Groups of levels of like event rate. Thin levels are one group of their own, where unseen levels go too."""
    known = codes >= 0
    rows = np.bincount(codes[known], minlength=levels)
    events = np.bincount(codes[known], weights=event[known], minlength=levels)
    mean = float(event.mean())
    rate = (events + rules.smoothing_rows * mean) / (rows + rules.smoothing_rows)
    thick = np.flatnonzero(rows >= rules.level_rows_min)
    order = thick[np.lexsort((thick, rate[thick]))]
    blocks = [(number, float(rows[level]), float(events[level])) for number, level in enumerate(order)]
    kept = _merged(blocks, _least(codes.size, rules), rules)
    firsts = np.array([first for first, _, _ in kept], dtype=np.int64)
    other = firsts.size
    group_of = np.full(levels, other, dtype=np.int64)
    group_of[order] = np.searchsorted(firsts, np.arange(order.size), side="right") - 1
    return _weighed(np.empty(0), (), group_of, codes, event, rules, other + 2)


Block = tuple[int, float, float]  # number of its first fine bin, rows, events


def _fine_starts(order: Floats, fine_bins: int) -> Floats:
    """Low ends of the fine bins but the first: values that occur, about equally many rows between them."""
    if order.size == 0:
        return order
    places = np.arange(1, fine_bins) * order.size // fine_bins
    starts = np.unique(order[places])
    kept: Floats = starts[starts > order[0]]
    return kept


def _trend(rows: list[int], events: list[float]) -> list[Block]:
    """Pool adjacent violators in both directions; the likelier of the two."""
    rising, falling = _pooled(rows, events, 1.0), _pooled(rows, events, -1.0)
    return rising if _likelihood(rising) >= _likelihood(falling) else falling


def _turning_trend(rows: list[int], events: list[float]) -> list[Block]:
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


def _pooled(rows: list[int], events: list[float], sign: float) -> list[Block]:
    """Pool adjacent violators: event rates rise (sign 1) or fall (sign -1) from block to block."""
    blocks: list[Block] = []
    for number, (count, hits) in enumerate(zip(rows, events, strict=True)):
        if count:
            _pool_one(blocks, (number, float(count), float(hits)), sign)
    return blocks


def _prefix_likelihoods(rows: list[int], events: list[float], sign: float) -> list[float]:
    """Log-likelihood of the pooled trend of the first 1, 2, 3 ... fine bins."""
    blocks: list[Block] = []
    own: list[float] = []  # log-likelihood of each block that stands
    totals: list[float] = []
    total = 0.0
    for number, (count, hits) in enumerate(zip(rows, events, strict=True)):
        if count:
            _pool_one(blocks, (number, float(count), float(hits)), sign)
            while len(own) >= len(blocks):
                total -= own.pop()
            own.append(_log_likelihood(blocks[-1][1], blocks[-1][2]))
            total += own[-1]
        totals.append(total)
    return totals


def _pool_one(blocks: list[Block], block: Block, sign: float) -> None:
    while blocks and sign * (blocks[-1][2] * block[1] - block[2] * blocks[-1][1]) >= 0:
        before = blocks.pop()
        block = (before[0], before[1] + block[1], before[2] + block[2])
    blocks.append(block)


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


def _least(rows: int, rules: BinRules) -> float:
    return rows * rules.rows_share_ppm / 1_000_000


def _merged(blocks: list[Block], rows_min: float, rules: BinRules) -> list[Block]:
    """Merges the pair that differs least: first where a block is too thin, then while too many or too alike."""
    kept = list(blocks)
    while len(kept) > 1:
        losses = [_loss(kept[place], kept[place + 1]) for place in range(len(kept) - 1)]
        thin = [place for place, block in enumerate(kept) if _is_thin(block, rows_min, rules.class_min)]
        if thin:
            place = min({max(0, thin[0] - 1), min(len(losses) - 1, thin[0])}, key=losses.__getitem__)
        else:
            place = min(range(len(losses)), key=losses.__getitem__)
            if len(kept) <= rules.bins_max and losses[place] >= rules.merge_g2:
                break
        first, second = kept[place], kept[place + 1]
        kept[place : place + 2] = [(first[0], first[1] + second[1], first[2] + second[2])]
    return kept


def _loss(first: Block, second: Block) -> float:
    """G-squared: twice the log-likelihood that merging gives up; about chi-squared with 1 degree of freedom."""
    apart = _log_likelihood(first[1], first[2]) + _log_likelihood(second[1], second[2])
    return 2 * (apart - _log_likelihood(first[1] + second[1], first[2] + second[2]))


def _is_thin(block: Block, rows_min: float, class_min: int) -> bool:
    _, count, hits = block
    return count < rows_min or hits < class_min or count - hits < class_min


def _weighed(
    cuts: Floats, special: tuple[float, ...], group_of: Ints | None, values: Floats | Ints, event: Ints, rules: BinRules, bins: int
) -> Binning:  # fmt: skip
    bare = Binning(cuts, special, group_of, np.zeros(bins), np.zeros(bins, np.int64), np.zeros(bins, np.int64))
    codes = bare.codes(values)
    rows = np.bincount(codes, minlength=bins)
    events = np.bincount(codes, weights=event, minlength=bins)
    mean = float(event.mean())
    hits = events + rules.smoothing_rows * mean
    misses = rows - events + rules.smoothing_rows * (1 - mean)
    woe = np.log(hits / misses) - math.log(mean / (1 - mean))
    return Binning(cuts, special, group_of, woe, rows, events.astype(np.int64))


def _cut(order: Floats, start: float, whole: bool) -> float:
    """A short number between the last value below `start` and `start` itself."""
    below = order[np.searchsorted(order, start, side="left") - 1]
    short = simplest_between(float(below), float(start))
    return math.ceil(short) if whole else short


def simplest_between(low: float, high: float) -> float:
    """The shortest decimal d with low < d <= high, nearest the middle."""
    middle = low + (high - low) / 2
    exponent = math.floor(math.log10(high - low)) + 1
    for digits in range(-exponent, -exponent + 18):
        near = round(middle, digits)
        if low < near <= high:
            return float(near)
    return high


def cut_text(cut: float) -> Decimal:
    """The exact decimal that people read: repr gives the shortest text that is this very float."""
    return Decimal(repr(cut))
