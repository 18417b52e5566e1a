"""The technology grade of companies against a stored reference, and the reference made from companies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from kemiao.base.columns import Ints
from kemiao.base.refusal import Refusal
from kemiao.credit.technology.innovation_points import PEER_GROUPS, Points, innovation_points, stage_of
from kemiao.credit.technology.matrix import Technology
from kemiao.credit.technology.reference import Reference, grouped, ranked, reference_bytes
from kemiao.credit.technology.rules import GRADES, STAGE_WORDS, Indicator, TechnologyRules
from kemiao.credit.technology.technology_flow import Flow, flow_columns, raw_flow, technology_flow

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Graded:
    """Rows in the order of the companies. provisional: the reference holds too few companies for a firm grade."""

    companies: tuple[str, ...]
    points: Points
    flow: Flow
    reference: str
    provisional: bool

    def technology(self) -> Technology:
        """What an assessment needs of it."""
        return Technology(self.flow.grade, self.reference, self.provisional)


def make_reference(rows: pa.Table, rules: TechnologyRules, lineage: Mapping[str, Any]) -> bytes | Refusal:
    """The stored form of the population of `rows`. The flow's own scores are those that this population gives itself."""
    if rows.num_rows < rules.reference.companies_least:
        return Refusal.at(
            "REFERENCE_TOO_SMALL", f"参照至少要 {rules.reference.companies_least} 家企业,现有 {rows.num_rows} 家",
            f"a reference takes {rules.reference.companies_least} companies, here are {rows.num_rows}", companies=rows.num_rows,
        )  # fmt: skip
    columns = {each.name: Ints.of(rows[each.name]) for each in rules.indicators}
    stage = stage_of(rows, rules.stages)
    groups = grouped(columns, stage.names(), rows["industry"].to_pylist(), rules.reference.knots)
    flow = {name: ranked(each.values[each.known], rules.reference.flow_knots) for name, each in flow_columns(rows, rules).items()}  # fmt: skip
    score = raw_flow(rows, rules, flow).score
    scores = ranked(score.values[score.known], rules.reference.flow_knots)
    return reference_bytes(groups, flow, scores, lineage)


def technology_grade(rows: pa.Table, rules: TechnologyRules, reference: Reference) -> Graded:
    return Graded(
        tuple(rows["company"].to_pylist()), innovation_points(rows, rules, reference), technology_flow(rows, rules, reference),
        reference.digest, reference.companies < rules.reference.firm_from,
    )  # fmt: skip


def explain(graded: Graded, rules: TechnologyRules) -> list[Document]:
    """Each row in words, zh and en: what the command prints as JSON and reports are written from."""
    stages = graded.points.stage.names()
    points, coverage = _list(graded.points.points_milli), graded.points.coverage_ppm.tolist()
    classes = {name: _list(column) for name, column in graded.points.classes.items()}
    indicators = _indicators(graded, rules)
    flows = _flows(graded, rules)
    said = []
    for row, company in enumerate(graded.companies):
        own = [each[row] for each in indicators]
        said.append({
            "company": company, "reference": graded.reference, "provisional": graded.provisional,
            "points": {
                "stage": stages[row], "stage_zh": STAGE_WORDS[stages[row] or ""][0] if stages[row] else None, "stage_certain": bool(graded.points.stage.certain[row]),
                "points_milli": points[row], "coverage_ppm": coverage[row],
                "classes": [{"name": name, "zh": zh, "en": en, "points_milli": classes[name][row]} for name, zh, en in rules.classes],
                "indicators": own,
            },
            "flow": flows[row],
            "matrix": _matrix(0 if graded.provisional else int(graded.flow.grade[row]), rules),
            "unknown": _unknown(own, flows[row]),
        })  # fmt: skip
    return said


def _indicators(graded: Graded, rules: TechnologyRules) -> list[list[Document]]:
    """For each indicator its rows."""
    return [_indicator(each, graded) for each in rules.indicators]


def _indicator(each: Indicator, graded: Graded) -> list[Document]:
    scored = graded.points.indicators[each.name]
    columns = (
        _list(scored.value),
        _list(scored.percentile),
        scored.weight.tolist(),
        scored.peers.tolist(),
        scored.by.tolist(),
    )
    return [
        {
            "name": each.name, "class": each.of_class, "zh": each.zh, "en": each.en, "unit": each.unit, "form": each.form,
            "value": value, "percentile_ppm": percentile, "weight": weight, "peers": peers, "peer_group": PEER_GROUPS[by] if by >= 0 else None,
            "paper_zh": each.paper_zh, "paper_en": each.paper_en,
        }
        for value, percentile, weight, peers, by in zip(*columns, strict=True)
    ]  # fmt: skip


def _flows(graded: Graded, rules: TechnologyRules) -> list[Document]:
    flow, raw = graded.flow, graded.flow.raw
    measures = {name: _list(column) for name, column in raw.measures.items()}
    parts = {name: _list(column) for name, column in raw.parts.items()}
    place, means, scores = _list(flow.place_ppm), _list(raw.raw), _list(raw.score)
    return [
        {
            "grade": grade_name(int(flow.grade[row])), "before_negative_list": grade_name(int(flow.before_cap[row])), "place_ppm": place[row],
            "raw_ppm": means[row], "correction_ppm": int(raw.correction_ppm[row]), "conversion_known": bool(raw.conversion_known[row]), "score_ppm": scores[row],
            "coverage_ppm": int(raw.coverage_ppm[row]),
            "measures": [
                {
                    "name": each.name, "zh": each.zh, "en": each.en, "ppm": measures[each.name][row],
                    "parts": [{"reads": part.reads, "zh": part.zh, "en": part.en, "ppm": parts[part.reads][row], "paper_zh": part.paper_zh, "paper_en": part.paper_en} for part in each.parts],
                }
                for each in rules.measures
            ],
            "negative": [{"name": each.name, "zh": each.zh, "en": each.en, "grade_best": grade_name(each.grade_best)} for each in rules.negatives if flow.hits[each.name][row]],
            "negative_unseen": [each.name for each in rules.negatives if flow.unseen[each.name][row]],
        }
        for row in range(len(graded.companies))
    ]  # fmt: skip


def _matrix(number: int, rules: TechnologyRules) -> list[Document]:
    """What this technology grade does to a limit, by credit grade; empty where it does nothing."""
    return [
        {"credit": credit, "factor_ppm": cell.factor_ppm, "outcome": cell.outcome, "guarantee": cell.guarantee}
        for (credit, technology), cell in rules.matrix.items()
        if technology == number
    ]


def grade_name(number: int) -> str | None:
    return GRADES[number - 1] if number else None


def _unknown(indicators: list[Document], flow: Document) -> list[Document]:
    """What is not known, with the paper that would settle it: indicators by weight, then what only the flow reads."""
    lacking = sorted((each for each in indicators if each["value"] is None), key=lambda each: -each["weight"])
    said = [_paper(each["name"], each) | {"weight": each["weight"]} for each in lacking]
    named = {each["name"] for each in said}
    parts = (part for measure in flow["measures"] for part in measure["parts"] if part["ppm"] is None)
    known = {each["name"] for each in indicators if each["value"] is not None}
    return said + [_paper(part["reads"], part) | {"weight": 0} for part in parts if part["reads"] not in named | known]


def _paper(name: str, each: Document) -> Document:
    return {
        "name": name,
        "zh": each["zh"],
        "en": each["en"],
        "paper_zh": each["paper_zh"],
        "paper_en": each["paper_en"],
    }


def _list(column: Ints) -> list[int | None]:
    return [
        value if known else None for value, known in zip(column.values.tolist(), column.known.tolist(), strict=True)
    ]
