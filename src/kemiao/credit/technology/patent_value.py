"""Patent value index: legal, technical and economic value, each a weighted mean of the parts that can be observed.

What is not known is left out of the mean, its weight goes to the other parts, and the confidence falls: the value does not.
Structure: GB/T 42748-2023 (RULES 10.3, 16.3); weights and cut points: policy `patent_value`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.columns import PPM, IntArray, Ints
from kemiao.base.refusal import Refusal
from kemiao.law.patent_term import legal_end

GROUPS = ("legal", "technical", "economic")
GROUP_WORDS = {
    "legal": ("法律价值", "legal"),
    "technical": ("技术价值", "technical"),
    "economic": ("经济价值", "economic"),
}
KINDS = ("invention", "utility_model", "design")
MILLI = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """scores[i] holds from cuts[i] on; what lies below the first cut has the first score. levels: of a text."""

    name: str
    of: str
    weight: int
    zh: str
    en: str
    cuts: tuple[int, ...]
    scores: tuple[int, ...]
    levels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PatentRules:
    """The policy `patent_value`, and the legal terms of the day by kind."""

    parts: tuple[Part, ...]
    weights_ppm: Mapping[str, int]
    terms_years: Mapping[str, int]
    economic_years: Mapping[str, int]
    citations_expected_milli: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class PatentValue:
    """One row a patent, in the order given. groups: milli-points 0 … 100 000, unknown where no part of a group is known."""

    index_milli: Ints
    confidence_ppm: IntArray
    groups: Mapping[str, Ints]
    parts: Mapping[str, Ints]
    """Scores 0 … 100 of each part."""
    observed: Mapping[str, Ints]
    """What each part read, but for those that read a word."""


def patent_rules(policy: Mapping[str, Any], terms_years: Mapping[str, int]) -> PatentRules | Refusal:
    """Refuses what is not such a policy, naming the part."""
    try:
        parts = tuple(_part(cells) for cells in policy["part"])
        return PatentRules(
            parts,
            {group: int(policy["weights_ppm"][group]) for group in GROUPS},
            terms_years,
            {kind: int(years) for kind, years in policy["valuation"]["economic_years"].items()},
            {kind: tuple(map(int, by_age)) for kind, by_age in policy["citations_expected_milli"].items()},
        )
    except KeyError as error:
        return Refusal.at("BAD_POLICY", f"专利价值政策缺少 {error}", f"the policy of patent value lacks {error}", file=policy.get("_file", "patent_value.toml"))  # fmt: skip
    except (TypeError, ValueError) as error:
        return Refusal.at("BAD_POLICY", f"专利价值政策读不懂:{error}", f"the policy of patent value can't be read: {error}", file=policy.get("_file", "patent_value.toml"))  # fmt: skip


def _part(cells: Mapping[str, Any]) -> Part:
    cuts = tuple((int(value), int(score)) for value, score in cells.get("cuts", ()))
    levels = {str(level): int(score) for level, score in cells.get("levels", {}).items()}
    name, weight = str(cells["name"]), int(cells["weight"])
    if cells["of"] not in GROUPS or weight <= 0 or bool(cuts) == bool(levels):
        raise ValueError(f"part {name}")
    if [value for value, _ in cuts] != sorted({value for value, _ in cuts}):
        raise ValueError(f"part {name}: cuts ascend")
    if not all(0 <= score <= 100 for score in (*levels.values(), *(score for _, score in cuts))):
        raise ValueError(f"part {name}: scores lie between 0 and 100")
    return Part(
        name, str(cells["of"]), weight, str(cells["zh"]), str(cells["en"]),
        tuple(value for value, _ in cuts), tuple(score for _, score in cuts), levels,
    )  # fmt: skip


def patent_value(patents: pa.Table, rules: PatentRules, as_of: date) -> PatentValue:
    """patents: rows of facts.intellectual_property of the kinds KINDS, any order, as of the day."""
    observed = observe(patents, rules, as_of)
    kinds = patents["kind"].to_pylist()
    scores: dict[str, Ints] = {}
    for part in rules.parts:
        if part.levels:
            words = [kind if kind in part.levels else None for kind in kinds]
            scores[part.name] = Ints.by_name(words, part.levels)
        else:
            scores[part.name] = _scored(part, observed[part.name])
    groups, known_ppm = {}, np.zeros(patents.num_rows, np.int64)
    total, weight = np.zeros(patents.num_rows, np.int64), np.zeros(patents.num_rows, np.int64)
    for group in GROUPS:
        inside = [part for part in rules.parts if part.of == group]
        whole = sum(part.weight for part in inside)
        known = np.zeros(patents.num_rows, np.int64)
        summed = np.zeros(patents.num_rows, np.int64)
        for part in inside:
            score = scores[part.name]
            known += np.where(score.known, part.weight, 0)
            summed += np.where(score.known, part.weight * score.values, 0)
        mean = np.where(known > 0, (2 * summed * MILLI + known) // np.maximum(2 * known, 1), 0)
        groups[group] = Ints(mean, known > 0)
        share = rules.weights_ppm[group]
        total += np.where(known > 0, mean * share, 0)
        weight += np.where(known > 0, share, 0)
        known_ppm += share * known // max(whole, 1)
    index = np.where(weight > 0, (2 * total + weight) // np.maximum(2 * weight, 1), 0)
    return PatentValue(Ints(index, weight > 0), known_ppm, groups, scores, observed)


def _scored(part: Part, column: Ints) -> Ints:
    place = np.maximum(np.searchsorted(np.array(part.cuts), column.values, side="right") - 1, 0)
    return Ints(np.where(column.known, np.array(part.scores, np.int64)[place], 0), column.known)


def observe(patents: pa.Table, rules: PatentRules, as_of: date) -> dict[str, Ints]:
    """What the parts read. Days are compared with as_of; an unknown day leaves its part unknown."""
    kinds, filed = patents["kind"].to_pylist(), patents["filed_on"].to_pylist()
    granted, until = patents["granted_on"].to_pylist(), patents["economic_until"].to_pylist()
    legal = [legal_months(kind, day, rules, as_of) for kind, day in zip(kinds, filed, strict=True)]
    stated = [None if day is None else _months_to(day, as_of) for day in until]
    economic = [
        None if own is None else own if by_law is None else min(own, by_law)
        for own, by_law in zip(stated, legal, strict=True)
    ]
    inventors, staying = Ints.of(patents["inventors"]), Ints.of(patents["inventors_employed"])
    both = inventors.known & staying.known & (inventors.values > 0)
    share = np.where(both, np.minimum(staying.values, inventors.values) * PPM // np.maximum(inventors.values, 1), 0)
    disputed = Ints.of(patents["disputed"])
    return {
        **{name: Ints.of(patents[name]) for name in ("claims", "family_size", "alternatives", "survived", "product_income_fen", "licence_income_fen")},
        "remaining_legal_months": _ints(legal),
        "remaining_economic_months": _ints(economic),
        "maintained_months": _ints([None if day is None else max(-_months_to(day, as_of), 0) for day in granted]),
        "fees_paid": _ints([None if day is None else int(day >= as_of) for day in patents["fees_paid_until"].to_pylist()]),
        "undisputed": Ints(np.where(disputed.known, 1 - disputed.values, 0), disputed.known),
        "citations_milli": _citations(kinds, filed, Ints.of(patents["forward_citations"]), rules, as_of),
        "ipc_subclasses": _ints([ipc_subclasses(text) for text in patents["ipc"].to_pylist()]),
        "inventors_staying_ppm": Ints(share, both),
    }  # fmt: skip


def legal_months(kind: str, filed_on: date | None, rules: PatentRules, as_of: date) -> int | None:
    """Whole months of legal life left, 0 when it is over; unknown without a day of filing or a term of its kind."""
    years = rules.terms_years.get(kind)
    return None if filed_on is None or years is None else _months_to(legal_end(filed_on, years), as_of)


def _months_to(day: date, as_of: date) -> int:
    """Whole months from as_of to the day; before as_of: below zero for days long past, 0 in the month before."""
    if day < as_of:
        return -_months_to(as_of, day)
    return (day.year - as_of.year) * 12 + day.month - as_of.month - (day.day < as_of.day)


def ipc_subclasses(text: str | None) -> int | None:
    """`G06N 3/08; G06F17/16` → 2: the different first four letters of the classes."""
    if text is None:
        return None
    found = {
        "".join(one.split())[:4].upper()
        for one in text.replace(";", ";").replace(",", ";").replace(",", ";").split(";")
    }
    return len({one for one in found if len(one) == 4}) or None


def _citations(
    kinds: Sequence[str], filed: Sequence[date | None], cited: Ints, rules: PatentRules, as_of: date
) -> Ints:
    """Citations against those expected of a patent of its kind and age: an old patent has had more time to be cited."""
    expected = []
    for kind, day in zip(kinds, filed, strict=True):
        by_age = rules.citations_expected_milli.get(kind)
        if by_age is None or day is None:
            expected.append(0)
        else:
            expected.append(by_age[min(max(-_months_to(day, as_of), 0) // 12, len(by_age) - 1)])
    against = np.array(expected, np.int64)
    known = cited.known & (against > 0)
    return Ints(np.where(known, cited.values * MILLI * MILLI // np.maximum(against, 1), 0), known)


def _ints(values: Sequence[int | None]) -> Ints:
    return Ints.of(pa.array(values, pa.int64()))
