"""Has a model in use gone off? Where its rows lie, how it ranks, whether its PD come true: each against what it was when it
learnt, and each against what chance alone does with so many rows.

Three parts: population (points and each input), ranking, and PD (in all and by grade). A watch as a whole speaks without
cause in the share of cases that the policy allows: the parts share it equally, and within a part the tests share by
S. Holm. What is beyond noise may still be small: only what is also large asks for a new fit. docs/watching.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import bdtr, bdtrc, ndtr

from kemiao.credit.rating.delong import Z_95, auc_estimate, bounded, placements
from kemiao.credit.rating.intervals import Figure, gap, share
from kemiao.credit.rating.reference import Band, Bins, Reference, counted
from kemiao.credit.rating.stability import counts_psi
from kemiao.credit.rating.watch_rules import WatchRules

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
State = Literal["steady", "watch", "refit", "untold"]
_FIRST = 200  # draws that settle what is nowhere near the threshold
_PULL = 3.0  # defaults as promised, added to those of the validation: a grade of two rows there must not excuse ten defaults now
_NORMAL = 30  # from so many defaults on, everywhere, the normal distribution is close


@dataclass(frozen=True, slots=True)
class Shift:
    """PSI of points or an input against the training; noise: what it exceeds once in twenty where nothing moved."""

    name: str
    psi: float
    noise: float
    p: float
    beyond_noise: bool
    large: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """AUC as validated and now. p: of a loss as great by chance (a gain is no drift)."""

    then: Figure
    now: Figure
    difference: Figure
    p: float
    beyond_noise: bool
    large: bool


@dataclass(frozen=True, slots=True)
class Promise:
    """Defaults against the sum of PD, in all ("") or of a grade. ratio: observed over predicted; ratio_then: when it was
    validated, drawn to 1 where few rows tell of it. p: of as great a change of the ratio by chance."""

    grade: str
    rows: int
    events: int
    expected: float
    rate: Figure
    ratio_then: float
    p: float
    beyond_noise: bool
    large: bool

    @property
    def ratio(self) -> float | None:
        return self.events / self.expected if self.expected else None


@dataclass(frozen=True, slots=True)
class Said:
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Drift:
    """inputs: what moved most first. reasons: why the state is not "steady". untold: what could not be looked at, and why."""

    state: State
    rows: int
    outcomes: int
    events: int
    score: Shift | None
    inputs: tuple[Shift, ...]
    ranking: Ranking | None
    overall: Promise | None
    grades: tuple[Promise, ...]
    reasons: tuple[Said, ...]
    untold: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """What the model's validation says. auc: of rows held out."""

    auc: Figure
    band: Band  # all rows held out


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Rows whose year is over: points (fewer are riskier), PD, and who defaulted."""

    points: Ints
    pd_ppm: Ints
    event: Ints


def drift(
    reference: Reference | None,
    before: Before | None,
    recent: pa.Table | None,
    points: Ints | None,
    outcomes: Outcomes | None,
    rules: WatchRules,
    *,
    awaiting: int = 0,
) -> Drift:
    """recent: the inputs of the rows that the model meets now, points: theirs. before, reference: None where the model keeps
    none. awaiting: rows whose year is over, but of which nobody has said how it went."""
    score, inputs, untold = _population(reference, recent, points, rules)
    enough = outcomes is not None and outcomes.event.size >= rules.rows_min
    ranking = overall = None
    grades: list[Promise] = []
    if outcomes is None or not enough:
        untold.append(Said("FEW_OUTCOMES", f"到期且已知结果的只有 {0 if outcomes is None else outcomes.event.size} 行,至少需 {rules.rows_min}", f"only {0 if outcomes is None else outcomes.event.size} rows have come to their end; {rules.rows_min} are needed"))  # fmt: skip
    else:
        ranking = _ranking(before, outcomes, rules, untold)
        if awaiting * 1_000_000 > rules.awaiting_max_ppm * (awaiting + outcomes.event.size):
            untold.append(Said("OUTCOMES_MISSING", f"{awaiting} 行已满期却没有结果:违约与否的消息到得不一样快,不核对违约率", f"{awaiting} rows are past their year without a word: bad news may travel faster, so PD are not checked"))  # fmt: skip
        else:
            overall, *grades = _promises(reference, before, outcomes)
    return _judged(score, inputs, ranking, overall, grades, recent.num_rows if recent else 0, outcomes, untold, rules)


def _population(
    reference: Reference | None, recent: pa.Table | None, points: Ints | None, rules: WatchRules
) -> tuple[Shift | None, list[Shift], list[Said]]:
    rows = recent.num_rows if recent is not None else 0
    if reference is None:
        return None, [], [Said("NO_REFERENCE", "模型没有保存训练时的分布,无法判断客群是否变了;重新训练会保存", "the model keeps no counts of its training, so a change of the population can't be told; a new fit keeps them")]  # fmt: skip
    if recent is None or points is None or rows < rules.rows_min:
        return None, [], [Said("FEW_ROWS", f"只有 {rows} 行,至少需 {rules.rows_min}", f"only {rows} rows; {rules.rows_min} are needed")]  # fmt: skip
    score = shift(reference.score, counted(reference.score, pa.array(points)), rules, 0)
    inputs = [
        shift(each, counted(each, recent[each.name]), rules, place)
        for place, each in enumerate(reference.inputs, start=1)
        if each.name in recent.column_names
    ]
    return score, inputs, []


def shift(bins: Bins, recent: Sequence[int], rules: WatchRules, place: int) -> Shift:
    """The chance is exact at any size: where nothing moved, the later rows are a blind draw from all rows together."""
    pooled = np.array(bins.rows) + np.array(recent)
    later = np.array(recent)[pooled > 0]
    pooled = pooled[pooled > 0]
    found = float(counts_psi(pooled - later, later))
    if pooled.size < 2:
        return Shift(bins.name, 0.0, 0.0, 1.0, beyond_noise=False, large=False)
    drawing = np.random.default_rng((31, place))
    drawn = _drawn(pooled, int(later.sum()), _FIRST, drawing)
    if (drawn >= found).sum() <= _FIRST // 10:  # near or beyond the threshold: look closely
        drawn = np.concatenate([drawn, _drawn(pooled, int(later.sum()), max(rules.draws - _FIRST, 1), drawing)])
    p = float((1 + (drawn >= found - 1e-12).sum()) / (1 + drawn.size))
    large = found * 1e6 >= rules.psi_large_ppm
    return Shift(bins.name, found, float(np.quantile(drawn, 0.95)), p, beyond_noise=False, large=large)


def _drawn(pooled: Ints, later: int, draws: int, drawing: np.random.Generator) -> Floats:
    other = drawing.multivariate_hypergeometric(pooled, later, draws, method="marginals")
    return counts_psi(pooled - other, other)


def _ranking(before: Before | None, now: Outcomes, rules: WatchRules, untold: list[Said]) -> Ranking | None:
    events = int(now.event.sum())
    if min(events, now.event.size - events) < rules.class_min:
        untold.append(Said("FEW_EVENTS", f"违约 {events} 行、未违约 {now.event.size - events} 行,至少各需 {rules.class_min}:排序不判", f"{events} defaults and {now.event.size - events} others; {rules.class_min} of each are needed to judge the ranking"))  # fmt: skip
        return None
    if before is None:
        untold.append(Said("NO_VALIDATION", "模型没有验证结果,排序无从比较", "the model has no validation to compare its ranking with"))  # fmt: skip
        return None
    found = bounded(auc_estimate(placements(-now.points, now.event), now.event), now.event)
    here, then = Figure(found.value, found.low, found.high), before.auc
    difference = gap(here, then)
    errors = [_logit(each.high) - _logit(each.low) for each in (here, then)]
    z = (_logit(here.value) - _logit(then.value)) / (math.hypot(*errors) / (2 * Z_95))
    return Ranking(then, here, difference, float(ndtr(z)), beyond_noise=False, large=difference.value * 1e6 <= -rules.auc_drop_large_ppm)  # fmt: skip


def _logit(value: float) -> float:
    inside = min(max(value, 1e-6), 1 - 1e-6)
    return math.log(inside / (1 - inside))


def _promises(reference: Reference | None, before: Before | None, now: Outcomes) -> list[Promise]:
    """In all, then by the grades that the reference knows; what a grade promised too much or too little already when it was
    validated is no drift."""
    whole = before.band if before else None
    found = [_promise("", np.ones(now.event.size, bool), now, whole)]
    if reference is None:
        return found
    starts = np.array([each.pd_ppm_from for each in reference.bands])
    place = np.searchsorted(starts, now.pd_ppm, side="right") - 1
    return found + [
        _promise(each.grade, place == number, now, each)
        for number, each in enumerate(reference.bands)
        if (place == number).any()
    ]


def _promise(grade: str, rows: npt.NDArray[np.bool_], now: Outcomes, then: Band | None) -> Promise:
    pd, events = now.pd_ppm[rows] / 1e6, int(now.event[rows].sum())
    expected = float(pd.sum())
    if then is not None:
        then = replace(then, events=then.events + _PULL, expected=then.expected + _PULL)
    ratio_then = then.events / then.expected if then else 1.0
    p = against_promise(pd, events) if then is None else against_before(events, expected, float(pd @ pd), then)
    return Promise(grade, pd.size, events, expected, share(events, pd.size), ratio_then, p, beyond_noise=False, large=False)  # fmt: skip


def against_before(events: int, expected: float, squares: float, then: Band) -> float:
    """Two-sided: the defaults of both times share one ratio to what was predicted.

    Few defaults: exact, of all defaults how many are of now (binomial, as of rare events; a bit cautious where PD are
    high). Many: normal, with the variance that the PD themselves give. The training's own noise is in it either way.
    """
    if then.expected <= 0 or expected <= 0:
        return 1.0
    before = round(then.events)
    ratio = (events + then.events) / (expected + then.expected)
    if min(events, before, expected * ratio) < _NORMAL:
        part = expected / (expected + then.expected)
        at_most, at_least = float(bdtr(events, events + before, part)), _at_least(events, events + before, part)
        return min(1.0, 2 * min(at_most, at_least))
    now_variance = ratio * max(expected - ratio * squares, 0.0)
    then_variance = ratio * max(then.expected - ratio * then.squares, 0.0)
    error = math.sqrt(then.expected**2 * now_variance + expected**2 * then_variance)
    if error == 0:
        return 1.0
    return math.erfc(abs(events * then.expected - then.events * expected) / error / math.sqrt(2))


def _at_least(count: int, of: int, chance: float) -> float:
    return 1.0 if count == 0 else float(bdtrc(count - 1, of, chance))


def against_promise(pd: Floats, events: int) -> float:
    """Two-sided, the PD taken for true: exact up to a variance of 100, then normal."""
    variance = float((pd * (1 - pd)).sum())
    if variance > 100:
        z = abs(events - float(pd.sum())) - 0.5
        return math.erfc(max(z, 0.0) / math.sqrt(2 * variance))
    chances = defaults_distribution(pd, events)
    below = float(chances[:events].sum())
    return min(1.0, 2 * min(1 - below, below + float(chances[events])))


def defaults_distribution(pd: Floats, most: int) -> Floats:
    """The chance of 0, 1, ... `most` defaults among independent rows."""
    chances = np.zeros(most + 1)
    chances[0] = 1.0
    for value, count in zip(*np.unique(pd, return_counts=True), strict=True):
        several = np.arange(min(count, most) + 1)
        log = np.concatenate([[0.0], np.cumsum(np.log((count - several[:-1]) / several[1:]))])
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = log + np.where(several > 0, several * np.log(value), 0) + np.where(several < count, (count - several) * np.log1p(-value), 0)  # fmt: skip
        chances = np.convolve(chances, np.exp(odds))[: most + 1]
    return chances


def _judged(
    score: Shift | None, inputs: Sequence[Shift], ranking: Ranking | None, overall: Promise | None, grades: Sequence[Promise], rows: int,
    outcomes: Outcomes | None, untold: Sequence[Said], rules: WatchRules,
) -> Drift:  # fmt: skip
    parts = sum((score is not None, ranking is not None, overall is not None))
    level = rules.false_alarm_ppm / 1e6 / max(parts, 1)
    moved = holm([each.p for each in ([score] if score else []) + list(inputs)], level)
    shifts = [
        replace(each, beyond_noise=yes) for each, yes in zip([*([score] if score else []), *inputs], moved, strict=True)
    ]
    kept = holm([each.p for each in ([overall] if overall else []) + list(grades)], level)
    times = rules.calibration_times_ppm / 1e6
    promises = [_kept(each, yes, times) for each, yes in zip([*([overall] if overall else []), *grades], kept, strict=True)]  # fmt: skip
    if ranking is not None:
        ranking = replace(ranking, beyond_noise=ranking.p <= level)
    whole, by_grade = (promises[0] if promises else None), tuple(promises[1:])
    first, others = (shifts[0] if score else None), shifts[1:] if score else shifts
    reasons = _reasons(first, others, ranking, whole, by_grade)
    due = any(each is not None and each.beyond_noise and each.large for each in (first, ranking, whole))
    state: State = "untold" if not parts else "refit" if due else "watch" if reasons else "steady"
    return Drift(
        state, rows, 0 if outcomes is None else outcomes.event.size, 0 if outcomes is None else int(outcomes.event.sum()),
        first, tuple(sorted(others, key=lambda each: (each.p, -each.psi, each.name))), ranking, whole, by_grade, reasons, tuple(untold),
    )  # fmt: skip


def _kept(each: Promise, beyond: bool, times: float) -> Promise:
    ratio = (each.events / each.expected if each.expected else 1.0) / each.ratio_then
    return replace(each, beyond_noise=beyond, large=not 1 / times < ratio < times)


def _reasons(
    score: Shift | None, inputs: Sequence[Shift], ranking: Ranking | None, overall: Promise | None, grades: Sequence[Promise]
) -> tuple[Said, ...]:  # fmt: skip
    found: list[Said] = []
    if score is not None and score.beyond_noise:
        found.append(Said("SCORE_MOVED", f"分数的分布变了:PSI {score.psi:.3f}(偶然可达 {score.noise:.3f})", f"the points lie elsewhere: PSI {score.psi:.3f} (chance reaches {score.noise:.3f})"))  # fmt: skip
    found += [
        Said("INPUT_MOVED", f"{each.name} 的分布变了:PSI {each.psi:.3f}(偶然可达 {each.noise:.3f})", f"{each.name} lies elsewhere: PSI {each.psi:.3f} (chance reaches {each.noise:.3f})")
        for each in inputs
        if each.beyond_noise
    ]  # fmt: skip
    if ranking is not None and ranking.beyond_noise:
        span = f"{ranking.difference.value:+.3f} [{ranking.difference.low:+.3f}, {ranking.difference.high:+.3f}]"
        found.append(Said("RANKING_LOST", f"排序变差:AUC {ranking.now.value:.3f},验证时 {ranking.then.value:.3f},差 {span}", f"it ranks worse: AUC {ranking.now.value:.3f}, {ranking.then.value:.3f} when validated, difference {span}"))  # fmt: skip
    for each in ([overall] if overall else []) + list(grades):
        if each.beyond_noise:
            zh, en = (f"{each.grade} 级", f"of grade {each.grade}") if each.grade else ("", "in all")
            found.append(
                Said(
                    "GRADE_PD_OFF" if each.grade else "PD_OFF",
                    f"{zh}违约 {each.events} 行,预计 {each.expected:.1f} 行(共 {each.rows});验证时实际为预计的 {each.ratio_then:.2f} 倍",
                    f"{each.events} defaults {en} where {each.expected:.1f} were predicted (of {each.rows}); {each.ratio_then:.2f} times the prediction when validated",
                )
            )  # fmt: skip
    return tuple(found)


def holm(chances: Sequence[float], level: float) -> list[bool]:
    """Which are beyond chance when all of them are looked at."""
    order = sorted(range(len(chances)), key=lambda place: chances[place])
    beyond = [False] * len(chances)
    for step, place in enumerate(order):
        if chances[place] > level / (len(chances) - step):
            break
        beyond[place] = True
    return beyond
