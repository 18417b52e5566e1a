"""Innovation points (创新积分): 18 indicators in 3 classes, weighed by stage, each a percentile among its peers.

Peers are the companies of the same stage and industry in the reference; where fewer than the policy's least have the
figure, those of the whole stage, then all companies; fewer even then, the indicator is not scored. An indicator that is
not scored gives its weight to the others of its class. A class of which nothing is scored gives its weight to nobody: the
points are then those of the other classes, and what is missing shows in the coverage, below whose least nothing is told.
Source: 科技部“创新积分制”工作指引(全国试行版)2024-08; weights and stage cut-offs are policy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kemiao.base.columns import BoolArray, IntArray, Ints
from kemiao.credit.technology.reference import PPM, Ranked, Reference, bounded, percentile_ppm
from kemiao.credit.technology.rules import STAGES, Indicator, Stages, TechnologyRules

PEER_GROUPS = ("stage_industry", "stage", "all")


@dataclass(frozen=True, slots=True)
class Stage:
    """number: into STAGES, -1 where neither age nor sales are known. certain: nothing unknown could change it."""

    number: IntArray
    certain: BoolArray

    def names(self) -> list[str | None]:
        return [STAGES[number] if number >= 0 else None for number in self.number.tolist()]


@dataclass(frozen=True, slots=True)
class Scored:
    """One indicator over all rows. percentile: unknown where not scored. peers: how many had the figure; by: PEER_GROUPS."""

    value: Ints
    percentile: Ints
    weight: IntArray
    peers: IntArray
    by: IntArray


@dataclass(frozen=True, slots=True)
class Points:
    """points_milli: 0 … 100 000, unknown where it can't be told. classes: the same for each class."""

    stage: Stage
    points_milli: Ints
    coverage_ppm: IntArray
    classes: Mapping[str, Ints]
    indicators: Mapping[str, Scored]


def stage_of(rows: pa.Table, stages: Stages) -> Stage:
    """What is unknown counts as not met, and the stage is then not certain; of a company without age and sales nothing is said."""
    age, sales = Ints.of(rows["age_months"]), Ints.of(rows["revenue_fen"])
    growth = Ints.of(rows["revenue_growth_2y_ppm"])
    young, old = age.values < stages.startup_age_months_below, age.values >= stages.growth_age_months_below
    startup = (age.known & young) | (sales.known & (sales.values < stages.startup_revenue_fen_below))
    growing = growth.values >= stages.growth_ppm_from
    grown = growth.known & growing & age.known & ~old
    not_grown = (growth.known & ~growing) | (age.known & old)
    certain = startup | (age.known & sales.known & (grown | not_grown))
    told = age.known | sales.known
    return Stage(np.where(told, np.where(startup, 0, np.where(grown, 1, 2)), -1), certain)


def innovation_points(rows: pa.Table, rules: TechnologyRules, reference: Reference) -> Points:
    """rows: one a company, with company, industry, age_months, revenue_growth_2y_ppm and the indicators' columns."""
    stage = stage_of(rows, rules.stages)
    levels = _levels(stage, rows["industry"].to_pylist())
    scored = {each.name: _scored(each, rows, stage, levels, rules, reference) for each in rules.indicators}
    length = rows.num_rows
    total, covered, known_weight = (np.zeros(length, np.int64) for _ in range(3))
    classes: dict[str, Ints] = {}
    for name, _, _ in rules.classes:
        inside = [scored[each.name] for each in rules.indicators if each.of_class == name]
        whole = sum((each.weight for each in inside), np.zeros(length, np.int64))
        known = sum((np.where(each.percentile.known, each.weight, 0) for each in inside), np.zeros(length, np.int64))
        weighed = sum((each.percentile.values * each.weight for each in inside), np.zeros(length, np.int64))
        score = np.where(known > 0, weighed // np.maximum(known, 1), 0)
        classes[name] = Ints(score // 10, known > 0)
        total += np.where(known > 0, score * whole, 0)
        covered += np.where(known > 0, whole, 0)
        known_weight += known
    weight = sum((each.weight for each in scored.values()), np.zeros(length, np.int64))
    coverage = known_weight * PPM // np.maximum(weight, 1)
    told = (coverage >= rules.points_coverage_least_ppm) & (covered > 0)
    points = Ints(np.where(told, total // np.maximum(covered, 1) // 10, 0), told)
    return Points(stage, points, coverage, classes, scored)


@dataclass(frozen=True, slots=True)
class _Level:
    """One way to choose peers: the groups' names, and for each row the number of its own, -1 where it has none."""

    names: list[str]
    number: IntArray


def _levels(stage: Stage, industries: Sequence[str | None]) -> tuple[_Level, ...]:
    stages = stage.names()
    both = [
        f"{name}/{industry}" if name and industry else None for name, industry in zip(stages, industries, strict=True)
    ]
    return (
        _level(both),
        _level([f"{name}/" if name else None for name in stages]),
        _Level([""], np.zeros(len(stages), np.int64)),
    )


def _level(keys: list[str | None]) -> _Level:
    names = sorted({key for key in keys if key is not None})
    numbers: dict[str | None, int] = {name: number for number, name in enumerate(names)} | {None: -1}
    return _Level(names, np.array([numbers[key] for key in keys], np.int64))


def _scored(
    indicator: Indicator,
    rows: pa.Table,
    stage: Stage,
    levels: tuple[_Level, ...],
    rules: TechnologyRules,
    reference: Reference,
) -> Scored:
    value = Ints.of(rows[indicator.name])
    at = np.where(
        stage.number >= 0, np.array([*indicator.weights, 0], np.int64)[stage.number], 0
    )  # without a stage there are no weights
    seen = value.values
    if indicator.cap is not None or indicator.floor is not None:
        seen = np.clip(seen, indicator.floor, indicator.cap)
    percentile, peers, by = np.zeros(len(value), np.int64), np.zeros(len(value), np.int64), np.full(len(value), -1)
    waiting = value.known & (stage.number >= 0)
    for by_number, level in enumerate(levels):
        for group in np.unique(level.number[waiting & (level.number >= 0)]).tolist():
            among = _column(reference, level.names[group], indicator)
            if among.known < rules.reference.peers_least:
                continue
            mine = waiting & (level.number == group)
            percentile[mine] = percentile_ppm(among, seen[mine])
            peers[mine], by[mine] = among.known, by_number
            waiting &= ~mine
    return Scored(value, Ints(percentile, by >= 0), at, peers, by)


def _column(reference: Reference, key: str, indicator: Indicator) -> Ranked:
    group = reference.groups.get(key)
    column = group.columns.get(indicator.name) if group else None
    empty = Ranked(0, np.zeros(0, np.int64))
    return bounded(column, indicator.floor, indicator.cap) if column is not None else empty
