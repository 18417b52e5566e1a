"""What the bank says about the technology dimension (policy/technology.toml), read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kemiao.base.refusal import Refusal, Refused

STAGES = ("startup", "growth", "steady")
STAGE_WORDS: Mapping[str, tuple[str, str]] = {
    "startup": ("初创期", "start-up"),
    "growth": ("成长期", "growth"),
    "steady": ("稳定期", "steady"),
}
OUTCOMES = ("refer", "decline")
GRADES = tuple(f"T{number}" for number in range(1, 11))  # best first
NEVER = -(10**9)  # where fewer is better, "never" stands behind every number


@dataclass(frozen=True, slots=True)
class Stages:
    startup_age_months_below: int
    startup_revenue_fen_below: int
    growth_ppm_from: int
    growth_age_months_below: int


@dataclass(frozen=True, slots=True)
class ReferenceRules:
    companies_least: int
    firm_from: int
    peers_least: int
    knots: int
    flow_knots: int


@dataclass(frozen=True, slots=True)
class Indicator:
    """One of the 18. weights: in the order of STAGES. What lies beyond cap or floor counts as equal to it."""

    name: str
    of_class: str
    unit: str
    weights: tuple[int, int, int]
    form: str
    cap: int | None
    floor: int | None
    zh: str
    en: str
    paper_zh: str
    paper_en: str


@dataclass(frozen=True, slots=True)
class Part:
    """What a measure reads. by: rank (more is better), rank_fewer, or share (the number over `of`)."""

    reads: str
    by: str
    weight: int
    of: int
    cap: int | None
    zh: str
    en: str
    paper_zh: str
    paper_en: str


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    zh: str
    en: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Negative:
    """A column that, above zero, lets no grade be better than grade_best (a number from 1)."""

    name: str
    grade_best: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Cell:
    factor_ppm: int
    outcome: str | None
    guarantee: bool


@dataclass(frozen=True, slots=True)
class TechnologyRules:
    stages: Stages
    reference: ReferenceRules
    points_coverage_least_ppm: int
    classes: tuple[tuple[str, str, str], ...]  # name, zh, en
    indicators: tuple[Indicator, ...]
    flow_coverage_least_ppm: int
    conversion_ppm: tuple[int, int]  # with no high-tech income, with nothing else
    measures: tuple[Measure, ...]
    grade_from_ppm: tuple[int, ...]  # T1 first
    negatives: tuple[Negative, ...]
    matrix: Mapping[tuple[str, int], Cell]  # credit grade, technology grade from 1


def read_technology(content: Mapping[str, Any]) -> TechnologyRules:
    """Raises KeyError where something is missing and Refused where it does not fit together."""
    stages, reference, points, flow = content["stages"], content["reference"], content["points"], content["flow"]
    rules = TechnologyRules(
        Stages(**{name: stages[name] for name in Stages.__dataclass_fields__}),
        ReferenceRules(**{name: reference[name] for name in ReferenceRules.__dataclass_fields__}),
        points["coverage_least_ppm"],
        tuple((row["name"], row["zh"], row["en"]) for row in content["class"]),
        tuple(_indicator(row) for row in content["indicator"]),
        flow["coverage_least_ppm"],
        (flow["conversion_low_ppm"], flow["conversion_high_ppm"]),
        tuple(Measure(row["name"], row["zh"], row["en"], tuple(_part(part) for part in row["parts"])) for row in content["measure"]),
        tuple(row["from_ppm"] for row in content["flow_grade"]),
        tuple(Negative(row["name"], _number(row["grade_best"]), row["zh"], row["en"]) for row in content["negative"]),
        {(grade, _number(tech)): _cell(row) for row in content["cell"] for grade in row["grades"] for tech in row["technology"]},
    )  # fmt: skip
    _check(rules, [row["name"] for row in content["flow_grade"]])
    return rules


def _indicator(row: Mapping[str, Any]) -> Indicator:
    first, second, third = row["weights"]
    return Indicator(
        row["name"], row["class"], row["unit"], (first, second, third), row["form"], row.get("cap"), row.get("floor"),
        row["zh"], row["en"], row["paper_zh"], row["paper_en"],
    )  # fmt: skip


def _part(row: Mapping[str, Any]) -> Part:
    return Part(
        row["reads"], row["by"], row["weight"], row.get("of", 1), row.get("cap"),
        row["zh"], row["en"], row["paper_zh"], row["paper_en"],
    )  # fmt: skip


def _cell(row: Mapping[str, Any]) -> Cell:
    return Cell(row["factor_ppm"], row.get("outcome"), row.get("guarantee", False))


def _number(grade: str) -> int:
    if grade not in GRADES:
        raise _misfit(f"没有技术等级 {grade}", f"there is no technology grade {grade}")
    return GRADES.index(grade) + 1


def _check(rules: TechnologyRules, names: Sequence[str]) -> None:
    known = {name for name, _, _ in rules.classes}
    for stage, weights in zip(STAGES, zip(*(each.weights for each in rules.indicators), strict=True), strict=True):
        if sum(weights) != 100:
            raise _misfit(f"{stage} 的权重合计 {sum(weights)},须为 100", f"the weights of {stage} add up to {sum(weights)}, not 100")  # fmt: skip
    for each in rules.indicators:
        if each.of_class not in known:
            raise _misfit(f"{each.name} 的类别 {each.of_class} 未定义", f"the class {each.of_class} of {each.name} is not defined")  # fmt: skip
    if tuple(names) != GRADES or sorted(rules.grade_from_ppm, reverse=True) != list(rules.grade_from_ppm) or rules.grade_from_ppm[-1] != 0:  # fmt: skip
        raise _misfit("flow_grade 须从 T1 到 T10,界限递减,末级从 0 起", "flow_grade goes from T1 to T10 with falling bounds, the last from 0")  # fmt: skip
    for measure in rules.measures:
        for part in measure.parts:
            if part.by not in ("rank", "rank_fewer", "share"):
                raise _misfit(f"{part.reads}:by = {part.by}", f"{part.reads}: by is rank, rank_fewer or share, not {part.by}")  # fmt: skip
    for (grade, number), cell in rules.matrix.items():
        if cell.outcome not in (None, *OUTCOMES):
            raise _misfit(f"{grade} × T{number} 的 outcome 须为 refer 或 decline", f"the outcome of {grade} × T{number} is refer or decline")  # fmt: skip
    for grade in {grade for grade, _ in rules.matrix}:
        lacking = [f"T{number}" for number in range(1, 11) if (grade, number) not in rules.matrix]
        if lacking:
            raise _misfit(f"矩阵缺少 {grade} × {', '.join(lacking)}", f"the matrix lacks {grade} × {', '.join(lacking)}")  # fmt: skip


def _misfit(zh: str, en: str) -> Refused:
    return Refused(Refusal.at("TECHNOLOGY_POLICY", zh, en, file="technology.toml"))
