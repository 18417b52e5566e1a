"""The examination of a model by its out-of-fold predictions: how it ranks, whether its PDs are true, for whom, for how long,
against what, and what its cut-off earns. Nothing here learns; every figure stands with its interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from kemiao.credit.rating.calibration import platt
from kemiao.credit.rating.columns import Column, TrainingTable
from kemiao.credit.rating.delong import Estimate, auc_estimate, bounded, mean_placements, p_value
from kemiao.credit.rating.examination_rules import ExaminationRules
from kemiao.credit.rating.fairness import Grouping, grouping
from kemiao.credit.rating.figures import ks
from kemiao.credit.rating.intervals import Figure, mean, of_draws, share
from kemiao.credit.rating.profit import AtApproval, Cutoff, Sweep, approval_at, at_approval, cutoff, sweep
from kemiao.credit.rating.screen import Screened
from kemiao.credit.rating.stability import Stability, stability

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FORM = 1
_BARS = 20
_CURVE = 41


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to rank the rows, by each repeat: card, challenger, or one column alone. pd_ppm: none for a bare column."""

    name: str
    ranks: Sequence[Floats | Ints]
    pd_ppm: Sequence[Ints] = ()


@dataclass(frozen=True, slots=True)
class Contest:
    """A contender beside the model examined: the model's AUC less its own, and how many it approves at the bad rate."""

    name: str
    auc: Figure
    difference: Figure
    p: float
    approval_at_bad_rate: Figure


@dataclass(frozen=True, slots=True)
class Basis:
    """What was examined. horizon_days None: the label says nothing of time."""

    model: str
    name: str
    label: str
    event_value: str
    source: str
    table_digest: str
    horizon_days: int | None
    rows: int
    events: int
    without_label: int
    unreadable: int
    folds: int
    repeats: int
    inner_folds: int
    seed: int
    weighted: bool
    refused: tuple[tuple[str, str, str], ...]  # column, why in Chinese, in English
    suspect: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """roc: (false alarms, hits, low, high). gains: (share of rows taken riskiest first, share of defaults among them)."""

    auc: Figure
    ks: Figure
    roc: tuple[tuple[float, float, float, float], ...]
    gains: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Brier = reliability - resolution + uncertainty, up to grouping. Skills are over the mean rate, 0 is none.
    slope 1 and intercept 0 are true; a slope below 1 is too sure of itself. points: (mean PD, event rate, rows)."""

    brier: Figure
    brier_skill: Figure
    reliability: float
    resolution: float
    uncertainty: float
    log_loss: Figure
    log_loss_skill: Figure
    slope: float
    intercept: float
    spiegelhalter_z: float
    spiegelhalter_p: float
    hosmer_lemeshow: float
    hosmer_lemeshow_p: float
    mean_pd: float
    event_rate: Figure
    points: tuple[tuple[float, Figure, int], ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """Shares of the good and of the defaulted by PD. edges are PDs, on equal steps of the logit."""

    edges: tuple[float, ...]
    good: tuple[float, ...]
    bad: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Examination:
    form: int
    basis: Basis
    ranking: Ranking
    calibration: Calibrated
    bars: Bars
    approval: AtApproval
    approvals: tuple[AtApproval, ...]
    bad_rate_max: float
    approval_at_bad_rate: Figure
    contests: tuple[Contest, ...]
    groupings: tuple[Grouping, ...]
    stability: Stability | None
    cutoff: Cutoff
    margin: float
    lgd: float
    operating: float
    psi_notice: float
    draws: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Columns to look at beside those learnt from; all have the rows of the table. sizes are cut in terciles.
    rows_in_order: without a time the halves of a file are compared; companies of a home stand in no order."""

    groups: tuple[Column, ...] = ()
    sizes: tuple[Column, ...] = ()
    time: Column | None = None
    rows_in_order: bool = True


def basis(
    table: TrainingTable, screened: Screened, model: str, name: str, source: str, horizon_days: int | None,
    unreadable: int, folds: int, repeats: int, inner_folds: int, seed: int,
) -> Basis:  # fmt: skip
    return Basis(
        model, name, table.label, table.event_value, source, table.digest, horizon_days, int(table.event.size), int(table.event.sum()),
        table.without_label, unreadable, folds, repeats, inner_folds, seed, getattr(table, "weights", None) is not None,
        tuple((each.column, each.zh, each.en) for each in screened.refused),
        tuple((each.column, each.zh, each.en) for each in screened.suspect),
    )  # fmt: skip


def examine(
    about: Basis,
    table: TrainingTable,
    model: Contender,
    others: Sequence[Contender],
    inputs: Sequence[Column],
    wanted: Wanted,
    rules: ExaminationRules,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Examination:
    """model: what was validated, with PDs. inputs: the columns that it may use, whose stability is looked at."""
    event = table.event
    stages = len(others) + len(wanted.sizes) + len(wanted.groups) + 2
    found = sweep(model.ranks, event, rules.draws, about.seed)
    progress(1, stages)
    placed = mean_placements(model.ranks, event)
    auc = bounded(auc_estimate(placed, event), event)
    limit = rules.cutoff.bad_rate_max_ppm / 1e6
    contests = []
    for other in others:
        contests.append(_contest(other, placed, event, limit, rules.draws, about.seed))
        progress(1 + len(contests), stages)
    groupings = []
    for column, terciles in [*((each, True) for each in wanted.sizes), *((each, False) for each in wanted.groups)]:
        groupings.append(grouping(column, terciles, model.pd_ppm, model.ranks, event, rules))
        progress(1 + len(contests) + len(groupings), stages)
    drift = None
    if wanted.time is not None or wanted.rows_in_order:
        drift = stability(wanted.time, table.numbers, inputs, model.pd_ppm, model.ranks, event, rules)
    progress(stages, stages)
    at = rules.cutoff
    return Examination(
        FORM, about, Ranking(_figure(auc), _ks(found, model.ranks, event), _roc(found), _gains(found)), _calibration(model.pd_ppm, event, rules.groups),
        _bars(model.pd_ppm, event), at_approval(found, at.approval_rate_ppm / 1e6),
        tuple(at_approval(found, share_) for share_ in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)), limit,
        approval_at(found, limit), tuple(contests), tuple(groupings), drift, cutoff(found, model.pd_ppm, at),
        at.margin_ppm / 1e6, at.lgd_ppm / 1e6, at.operating_ppm / 1e6, rules.psi_notice_ppm / 1e6, rules.draws,
    )  # fmt: skip


def _figure(found: Estimate) -> Figure:
    return Figure(found.value, found.low, found.high)


def _contest(
    other: Contender, placed: tuple[Floats, Floats], event: Ints, limit: float, draws: int, seed: int
) -> Contest:
    own = mean_placements(other.ranks, event)
    paired = auc_estimate((placed[0] - own[0], placed[1] - own[1]), event)
    approved = approval_at(sweep(other.ranks, event, draws, seed), limit)
    auc = bounded(auc_estimate(own, event), event)
    return Contest(other.name, _figure(auc), _figure(paired), p_value(paired), approved)


def _shares(found: Sweep) -> tuple[Floats, Floats]:
    """Of the defaulted, and of the good, declined at each approval share."""
    return 1 - found.bads / found.events, 1 - found.goods / (found.rows - found.events)


def _ks(found: Sweep, ranks: Sequence[Floats | Ints], event: Ints) -> Figure:
    """Mean over repeats; the draws, which are read off the curve of the mean, tell how far it spreads."""
    hits, alarms = _shares(found)
    distance = np.abs(hits - alarms).max(axis=1)
    value = float(np.mean([ks(each, event) for each in ranks]))
    return of_draws(value, distance[1:] + (value - distance[0]))


def _roc(found: Sweep) -> tuple[tuple[float, float, float, float], ...]:
    hits, alarms = _shares(found)
    at = np.linspace(0, 1, _CURVE)
    curves = np.stack([np.interp(at, alarm[::-1], hit[::-1]) for hit, alarm in zip(hits, alarms, strict=True)])
    return _band(at, curves)


def _gains(found: Sweep) -> tuple[tuple[float, float, float, float], ...]:
    hits = _shares(found)[0][:, ::-1]
    steps = np.linspace(0, found.approval.size - 1, _CURVE).round().astype(int)
    return _band(found.approval[steps], hits[:, steps])


def _band(at: Floats, curves: Floats) -> tuple[tuple[float, float, float, float], ...]:
    low, high = np.quantile(curves[1:], [0.025, 0.975], axis=0)
    return tuple(zip(at.tolist(), curves[0].tolist(), low.tolist(), high.tolist(), strict=True))


def _calibration(pd_ppm: Sequence[Ints], event: Ints, groups: int) -> Calibrated:
    rate = float(event.mean())
    each = np.stack([np.clip(one.astype(np.float64) / 1e6, 1e-6, 1 - 1e-6) for one in pd_ppm])
    logit = np.log(each / (1 - each))
    squares = ((each - event) ** 2).mean(axis=0)
    losses = (np.logaddexp(0, logit) - logit * event).mean(axis=0)
    of_rate, entropy = (rate - event) ** 2, -(event * np.log(rate) + (1 - event) * np.log(1 - rate))
    lines = [platt(one, event, 0.0) for one in logit]
    z = float(
        np.mean([((event - p) * (1 - 2 * p)).sum() / np.sqrt((((1 - 2 * p) ** 2) * p * (1 - p)).sum()) for p in each])
    )
    points, reliability, resolution, misfit = _points(each, event, groups)
    return Calibrated(
        mean(squares), _skill(of_rate, squares), reliability, resolution, rate * (1 - rate), mean(losses), _skill(entropy, losses),
        float(np.mean([line[1] for line in lines])), float(np.mean([line[0] for line in lines])),
        z, float(chdtrc(1, z * z)), misfit, float(chdtrc(len(points), misfit)), float(each.mean()), share(float(event.sum()), event.size), points,
    )  # fmt: skip


def _skill(without: Any, with_it: Any) -> Figure:
    """How much of the mean rate's loss is gone."""
    gained, base = mean(without - with_it), float(without.mean())
    return Figure(gained.value / base, gained.low / base, gained.high / base)


def _points(
    each: Floats, event: Ints, groups: int
) -> tuple[tuple[tuple[float, Figure, int], ...], float, float, float]:
    """Groups of like PD, mean over repeats; and reliability, resolution, Hosmer and Lemeshow's chi-squared."""
    parts = min(groups, event.size)
    pd, came, rows = np.zeros(parts), np.zeros(parts), np.zeros(parts)
    misfit = 0.0
    for one in each:
        for place, members in enumerate(np.array_split(np.argsort(one, kind="stable"), parts)):
            expected, hits = one[members].mean(), event[members].mean()
            pd[place], came[place], rows[place] = pd[place] + expected, came[place] + hits, members.size
            misfit += (hits - expected) ** 2 * members.size / (expected * (1 - expected))
    pd, came, share_ = pd / len(each), came / len(each), rows / event.size
    points = tuple((float(p), share(float(c * n), float(n)), int(n)) for p, c, n in zip(pd, came, rows, strict=True))
    return points, float(share_ @ (pd - came) ** 2), float(share_ @ (came - event.mean()) ** 2), misfit / len(each)


def _bars(pd_ppm: Sequence[Ints], event: Ints) -> Bars:
    pd = np.clip(np.concatenate(pd_ppm) / 1e6, 1e-6, 1 - 1e-6)
    logit, came = np.log(pd / (1 - pd)), np.tile(event, len(pd_ppm))
    low, high = np.quantile(logit, [0.001, 0.999])
    edges = np.linspace(low - 1e-9, max(high, low + 1e-6) + 1e-9, _BARS + 1)
    inside = np.clip(logit, edges[0], edges[-1])
    good, bad = (
        np.histogram(inside[came == outcome], edges)[0] / max(1, (came == outcome).sum()) for outcome in (0, 1)
    )
    return Bars(tuple((1 / (1 + np.exp(-edges))).tolist()), tuple(good.tolist()), tuple(bad.tolist()))
