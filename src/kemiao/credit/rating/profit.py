"""What a cut-off brings: whom it approves, how many of them default, and what the loans earn less what they lose.

Rows are sorted safest first and approved up to a share. Rows that a score can't tell apart are approved in proportion, so
no order of equals is invented. Uncertainty is of the rows: each class is drawn again to its own size, all repeats alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.credit.rating.examination_rules import PPM, CutoffRules
from kemiao.credit.rating.intervals import Figure, of_draws

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
STEPS = 200
_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class Sweep:
    """approval: 0 to 1 in equal steps. goods, bads: approved at each, as counts, mean over repeats; the first row is the
    sample itself, the others are draws."""

    approval: Floats
    goods: Floats
    bads: Floats
    rows: int
    events: int

    @property
    def bad_rate(self) -> Floats:
        """Of the approved; where nobody is approved that of the first step."""
        approved = self.goods + self.bads
        rates: Floats = self.bads / np.maximum(approved, 1e-9)
        rates[:, 0] = rates[:, 1]
        return rates


def sweep(ranks: Sequence[Floats | Ints], event: Ints, draws: int, seed: int) -> Sweep:
    """ranks: the higher the riskier, one a repeat."""
    approval = np.linspace(0, 1, STEPS + 1)
    prepared = [_runs(np.asarray(rank), event) for rank in ranks]
    goods, bads = np.zeros((draws + 1, approval.size)), np.zeros((draws + 1, approval.size))
    rng = np.random.default_rng((seed, 71))
    classes = [np.flatnonzero(event == outcome) for outcome in (0, 1)]
    chunk = max(1, _CELLS // event.size)
    for first in range(0, draws + 1, chunk):
        count = min(chunk, draws + 1 - first)
        weights = np.ones((count, event.size))
        for number in range(count):
            if first + number:  # the first of all is the sample itself
                for members in classes:
                    drawn = rng.integers(0, members.size, members.size)
                    weights[number, members] = np.bincount(drawn, minlength=members.size)
        for order, starts in prepared:
            sorted_weights, came = weights[:, order], event[order]
            bad = _cumulated(np.add.reduceat(sorted_weights * came, starts, axis=1))
            all_ = _cumulated(np.add.reduceat(sorted_weights, starts, axis=1))
            for number in range(count):
                places = all_[number] / event.size
                bads[first + number] += np.interp(approval, places, bad[number])
                goods[first + number] += np.interp(approval, places, all_[number] - bad[number])
    return Sweep(approval, goods / len(ranks), bads / len(ranks), event.size, int(event.sum()))


def _runs(rank: Floats, event: Ints) -> tuple[Ints, Ints]:
    """Rows safest first, and where each run begins: of equals, merged to about a thousand of neighbours in large tables."""
    order = np.argsort(rank, kind="stable")
    starts = np.flatnonzero(np.diff(rank[order], prepend=np.nan) != 0)
    if starts.size > 5 * STEPS:
        wanted = np.searchsorted(starts, np.linspace(0, event.size, 5 * STEPS, endpoint=False))
        starts = starts[np.unique(np.minimum(wanted, starts.size - 1))]
        starts[0] = 0
    return order, starts


def _cumulated(counts: Floats) -> Floats:
    return np.concatenate([np.zeros((counts.shape[0], 1)), counts.cumsum(axis=1)], axis=1)


def approval_at(found: Sweep, bad_rate_max: float) -> Figure:
    """The largest share approved with no more than this share of them defaulting; 0 where no share keeps it."""
    within = found.bad_rate <= bad_rate_max
    within[:, 0] = True
    last = STEPS - np.argmax(within[:, ::-1], axis=1)
    shares = found.approval[last]
    return of_draws(float(shares[0]), shares[1:])


@dataclass(frozen=True, slots=True)
class AtApproval:
    """If this share is approved: who of them defaults, how that compares with all, which share of all defaults is kept out."""

    approval: float
    bad_rate: Figure
    bads_kept_out: Figure
    lift_of_declined: float  # their event rate over that of all


def at_approval(found: Sweep, approval: float) -> AtApproval:
    place = round(approval * STEPS)
    kept_out = 1 - found.bads[:, place] / found.events
    declined = 1 - found.approval[place]
    rate = found.bad_rate[:, place]
    return AtApproval(
        float(found.approval[place]), of_draws(float(rate[0]), rate[1:]), of_draws(float(kept_out[0]), kept_out[1:]),
        float(kept_out[0] / declined) if declined > 0 else 1.0,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """profit: per applicant and unit lent."""

    approval: float
    pd: float  # of the riskiest approved
    bad_rate: float
    profit: Figure


@dataclass(frozen=True, slots=True)
class Cutoff:
    """best: where the rows at hand earn most. position: the approval shares at which draws of them do."""

    curve: tuple[Step, ...]
    best: Step
    position: Figure
    neighbours: tuple[Step, ...]
    all_approved: Step
    break_even_pd: float


def cutoff(found: Sweep, pd_ppm: Sequence[Ints], rules: CutoffRules) -> Cutoff:
    """A loan repaid earns the margin, a loan lost costs the LGD, each costs its handling; nobody approved is 0."""
    margin, lgd, cost = rules.margin_ppm / PPM, rules.lgd_ppm / PPM, rules.operating_ppm / PPM
    profit = (found.goods * (margin - cost) - found.bads * (lgd + cost)) / found.rows
    rates = found.bad_rate[0]
    places = np.clip(np.ceil(found.approval * found.rows).astype(int) - 1, 0, found.rows - 1)
    at_pd = np.mean([np.sort(each)[places] for each in pd_ppm], axis=0) / PPM

    def step(place: int) -> Step:
        return Step(
            float(found.approval[place]), float(at_pd[place]) if place else 0.0, float(rates[place]),
            of_draws(float(profit[0, place]), profit[1:, place]),
        )  # fmt: skip

    best = int(np.argmax(profit[0]))
    near = [best + sign * round(each / PPM * STEPS) for each in rules.neighbours_ppm for sign in (-1, 1)]
    return Cutoff(
        tuple(step(place) for place in range(0, STEPS + 1, 4)), step(best),
        of_draws(float(found.approval[best]), found.approval[np.argmax(profit[1:], axis=1)]),
        tuple(step(place) for place in sorted(set(near)) if 0 <= place <= STEPS), step(STEPS), rules.break_even_pd_ppm / PPM,
    )  # fmt: skip
