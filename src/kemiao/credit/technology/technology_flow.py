"""Technology flow (技术流): five measures, their mean, the conversion correction, the negative list, grades T1 … T10.

Ranks are taken in the whole reference, across stages and industries: the grade compares all companies of a bank. A measure
of which one part is unknown is the mean of the others; the coverage says how much was known. Formulae are policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kemiao.base.columns import BoolArray, IntArray, Ints
from kemiao.credit.technology.reference import PPM, Ranked, Reference, bounded, percentile_ppm
from kemiao.credit.technology.rules import NEVER, Measure, Part, TechnologyRules


@dataclass(frozen=True, slots=True)
class Raw:
    """measures and parts in ppm. score: the corrected mean, unknown where too little is known. correction: PPM where unknown."""

    measures: Mapping[str, Ints]
    parts: Mapping[str, Ints]
    coverage_ppm: IntArray
    raw: Ints
    correction_ppm: IntArray
    conversion_known: BoolArray
    score: Ints


@dataclass(frozen=True, slots=True)
class Flow:
    """grade: 1 … 10, 0 where it can't be told. before_cap: what it would be without the negative list. hits: its columns above zero."""

    raw: Raw
    place_ppm: Ints
    grade: IntArray
    before_cap: IntArray
    hits: Mapping[str, BoolArray]
    unseen: Mapping[str, BoolArray]


def part_values(rows: pa.Table, part: Part) -> Ints:
    """The column as it is ranked: more is better, beyond the cap is equal to it, never stands behind every number."""
    column = Ints.of(rows[part.reads])
    values = column.values if part.cap is None else np.minimum(column.values, part.cap)
    if part.by != "rank_fewer":
        return Ints(np.where(column.known, values, 0), column.known)
    applied = Ints.of(rows["invention_applications"])
    founded = Ints.of(rows["age_months"]).known  # without it the months are unknown for another reason
    never = ~column.known & founded & applied.known & (applied.values == 0)
    return Ints(np.where(never, NEVER, np.where(column.known, -values, 0)), column.known | never)


def flow_columns(rows: pa.Table, rules: TechnologyRules) -> dict[str, Ints]:
    """What the reference keeps for this module."""
    return {
        part.reads: part_values(rows, part)
        for measure in rules.measures
        for part in measure.parts
        if part.by != "share"
    }


def raw_flow(rows: pa.Table, rules: TechnologyRules, population: Mapping[str, Ranked]) -> Raw:
    length = rows.num_rows
    measures: dict[str, Ints] = {}
    parts: dict[str, Ints] = {}
    total, count, coverage = (np.zeros(length, np.int64) for _ in range(3))
    for measure in rules.measures:
        own = {part.reads: _part(rows, part, population, rules) for part in measure.parts}
        parts |= own
        measures[measure.name], known_ppm = _mean(measure, own, length)
        total += np.where(measures[measure.name].known, measures[measure.name].values, 0)
        count += measures[measure.name].known
        coverage += known_ppm
    coverage //= max(len(rules.measures), 1)
    told = (coverage >= rules.flow_coverage_least_ppm) & (count > 0)
    raw = Ints(np.where(told, total // np.maximum(count, 1), 0), told)
    share = Ints.of(rows["high_tech_income_ppm"])
    low, high = rules.conversion_ppm
    correction = np.where(share.known, low + np.clip(share.values, 0, PPM) * (high - low) // PPM, PPM)
    score = Ints(np.where(told, raw.values * correction // PPM, 0), told)
    return Raw(measures, parts, coverage, raw, correction, share.known, score)


def technology_flow(rows: pa.Table, rules: TechnologyRules, reference: Reference) -> Flow:
    raw = raw_flow(rows, rules, reference.flow)
    scores = reference.flow_scores
    told = raw.score.known & (scores.known >= rules.reference.companies_least)
    place = np.where(told, percentile_ppm(scores, raw.score.values) if len(scores.values) else 0, 0)
    grade = np.where(told, 1 + np.searchsorted(-np.array(rules.grade_from_ppm), -place, side="left"), 0)
    capped = grade.copy()
    hits: dict[str, BoolArray] = {}
    unseen: dict[str, BoolArray] = {}
    for each in rules.negatives:
        column = Ints.of(rows[each.name])
        hits[each.name], unseen[each.name] = column.known & (column.values > 0), ~column.known
        capped = np.where(hits[each.name] & told, np.maximum(capped, each.grade_best), capped)
    return Flow(raw, Ints(place, told), capped, grade, hits, unseen)


def _part(rows: pa.Table, part: Part, population: Mapping[str, Ranked], rules: TechnologyRules) -> Ints:
    values = part_values(rows, part)
    if part.by == "share":
        share = np.clip(values.values, 0, part.of) * PPM // part.of
        return Ints(np.where(values.known, share, 0), values.known)
    among = population.get(part.reads)
    if among is None or among.known < rules.reference.peers_least:
        return Ints(np.zeros(len(values), np.int64), np.zeros(len(values), bool))
    rank = percentile_ppm(bounded(among, None, part.cap), values.values)
    return Ints(np.where(values.known, rank, 0), values.known)


def _mean(measure: Measure, own: Mapping[str, Ints], length: int) -> tuple[Ints, IntArray]:
    """The mean of the known parts by weight, and the known share of the weight in ppm."""
    total, known = np.zeros(length, np.int64), np.zeros(length, np.int64)
    for part in measure.parts:
        column = own[part.reads]
        total += np.where(column.known, column.values * part.weight, 0)
        known += np.where(column.known, part.weight, 0)
    whole = sum(part.weight for part in measure.parts)
    return Ints(np.where(known > 0, total // np.maximum(known, 1), 0), known > 0), known * PPM // whole
