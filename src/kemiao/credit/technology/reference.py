"""The population that percentiles are taken in, as a document: made once from many companies, stored, named in each result.

One company is scored against the stored reference and gets what it would get among a million. A long column keeps evenly
spaced values of its sorted ones (`knots` of the policy), which moves a percentile by at most half a step between two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kemiao.base.canonical import canonical_bytes
from kemiao.base.columns import BoolArray, IntArray, Ints
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import Refusal

PPM = 1_000_000
FORM = 1
_DOMAIN = "technology-reference"


@dataclass(frozen=True, slots=True)
class Ranked:
    """Sorted values of the companies in which a column is known; `known` is how many those are."""

    known: int
    values: IntArray


@dataclass(frozen=True, slots=True)
class Group:
    """Companies of one stage and industry ("growth/software"), one stage ("growth/"), or all ("")."""

    companies: int
    columns: Mapping[str, Ranked]


@dataclass(frozen=True, slots=True)
class Reference:
    """lineage: as_of, snapshot, code, policy's digest, companies. flow_scores: corrected raw scores of those that could be told."""

    groups: Mapping[str, Group]
    flow: Mapping[str, Ranked]
    flow_scores: Ranked
    lineage: Mapping[str, Any]
    digest: str

    @property
    def companies(self) -> int:
        return self.groups[""].companies


def ranked(values: IntArray, knots: int) -> Ranked:
    """values: of any order, all known."""
    ordered = np.sort(values)
    if len(ordered) <= knots:
        return Ranked(len(ordered), ordered)
    middles = (2 * np.arange(knots, dtype=np.int64) + 1) * len(ordered) // (2 * knots)
    return Ranked(len(ordered), ordered[middles])


def percentile_ppm(among: Ranked, values: IntArray) -> IntArray:
    """Mid-rank: the share below plus half the share of equals, in ppm. `among` must not be empty."""
    below = np.searchsorted(among.values, values, side="left")
    upto = np.searchsorted(among.values, values, side="right")
    return (below + upto) * PPM // (2 * len(among.values))


def bounded(among: Ranked, low: int | None, high: int | None) -> Ranked:
    """The same population with what lies beyond a floor or a cap counted as equal to it."""
    return Ranked(among.known, np.clip(among.values, low, high)) if low is not None or high is not None else among


def grouped(
    columns: Mapping[str, Ints], stage: Sequence[str | None], industry: Sequence[str | None], knots: int
) -> dict[str, Group]:
    """Every stage × industry, every stage, and all; a company whose stage is unknown counts among all only."""
    stages, industries = np.array([each or "" for each in stage]), np.array([each or "" for each in industry])
    keys = np.char.add(np.char.add(stages, "/"), industries)
    groups = {"": _group(columns, np.ones(len(stages), bool), knots)}
    for name in sorted({*stages.tolist()} - {""}):
        groups[f"{name}/"] = _group(columns, stages == name, knots)
    for key in sorted({*keys[(stages != "") & (industries != "")].tolist()}):
        groups[key] = _group(columns, keys == key, knots)
    return groups


def _group(columns: Mapping[str, Ints], inside: BoolArray, knots: int) -> Group:
    return Group(
        int(inside.sum()),
        {name: ranked(column.values[column.known & inside], knots) for name, column in columns.items()},
    )


def reference_bytes(
    groups: Mapping[str, Group], flow: Mapping[str, Ranked], scores: Ranked, lineage: Mapping[str, Any]
) -> bytes:
    """The canonical form that is stored and whose digest names it."""
    return canonical_bytes({
        "form": FORM, "lineage": dict(lineage),
        "groups": {key: {"companies": group.companies, "columns": _said(group.columns)} for key, group in groups.items()},
        "flow": _said(flow), "flow_scores": [scores.known, scores.values.tolist()],
    })  # fmt: skip


def digest_of(content: bytes) -> str:
    return digest_bytes(_DOMAIN, content)


def reference_from(document: Any, content: bytes, wanted: str | None = None) -> Reference | Refusal:
    """document: content, parsed. wanted: the digest by which it was asked for. Refuses what is altered, newer or no reference."""
    own = digest_of(content)
    if wanted is not None and own != wanted:
        return Refusal.at("REFERENCE_ALTERED", "技术参照的内容与其摘要不符", "the technology reference is not what its digest says", reference=wanted)  # fmt: skip
    if not isinstance(document, Mapping) or not isinstance(document.get("form"), int):
        return Refusal("NOT_A_REFERENCE", "不是技术参照文件", "this is no technology reference")
    if document["form"] > FORM:
        return Refusal("REFERENCE_IS_NEWER", "技术参照由更新的版本写成", "the technology reference was written by a newer version")  # fmt: skip
    try:
        groups = {key: Group(each["companies"], _read(each["columns"])) for key, each in document["groups"].items()}
        scores = _read({"": document["flow_scores"]})[""]
        found = Reference(groups, _read(document["flow"]), scores, document["lineage"], own)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return Refusal("NOT_A_REFERENCE", "技术参照文件不完整", "the technology reference is incomplete")
    if "" not in groups or not isinstance(found.lineage, Mapping) or not isinstance(found.lineage.get("as_of"), str):
        return Refusal("NOT_A_REFERENCE", "技术参照文件不完整", "the technology reference is incomplete")
    return found


def _said(columns: Mapping[str, Ranked]) -> dict[str, Any]:
    return {name: [each.known, each.values.tolist()] for name, each in columns.items()}


def _read(columns: Mapping[str, Any]) -> dict[str, Ranked]:
    read = {}
    for name, (known, values) in columns.items():
        array = np.array(values, np.int64)
        if type(known) is not int or known < len(values) or np.any(array[1:] < array[:-1]):
            raise ValueError(name)
        read[name] = Ranked(known, array)
    return read
