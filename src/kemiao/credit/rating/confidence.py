"""How sure a grade is: how much of the model is known, what its validation says of such a PD, and whether it was learnt from
companies like this one. It moves no decision.

    band           of PD: the Wilson interval of the event rate that held-out companies with about this PD had, moved to this PD
                   in log-odds. An expert card has none: its PD is judgement, not an estimate.
    unknown_band   PD with all that is unknown answered best, and answered worst
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.credit.profile import COLUMNS
from kemiao.credit.rating.inputs import Input
from kemiao.credit.rating.intervals import share
from kemiao.credit.rating.master_scale import Grade, grade
from kemiao.credit.rating.model import Model, features_of, pd_ppm, score
from kemiao.credit.rating.tree_scoring import known_of, points_of, read_inputs
from kemiao.credit.rating.trees import Trees
from kemiao.credit.rating.unknowns import coverage_ppm, unknowns

PPM = 1_000_000
Level = Literal["high", "medium", "low"]
LEVELS: tuple[Level, ...] = ("high", "medium", "low")
WORDS: Mapping[str, tuple[str, str]] = {"high": ("高", "high"), "medium": ("中", "medium"), "low": ("低", "low")}
_NAMED = 4
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ConfidenceRules:
    """policy/reasons.toml, [confidence]."""

    high_coverage_ppm: int
    low_coverage_ppm: int
    high_band_grades: int
    low_band_grades: int
    outside_low: int
    judgement_best: Level


@dataclass(frozen=True, slots=True)
class Said:
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Confidence:
    """band_ppm: None where the PD is not estimated. outside: features beyond what training saw."""

    level: Level
    band_ppm: tuple[int, int] | None
    unknown_band_ppm: tuple[int, int]
    outside: tuple[str, ...]
    reasons: tuple[Said, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "confidence": self.level, "zh": WORDS[self.level][0], "pd_band_ppm": list(self.band_ppm) if self.band_ppm else None,
            "pd_unknown_band_ppm": list(self.unknown_band_ppm), "outside": list(self.outside),
            "reasons": [{"code": each.code, "zh": each.zh, "en": each.en} for each in self.reasons],
        }  # fmt: skip


def confidence_rules(content: Mapping[str, Any]) -> ConfidenceRules | Refusal:
    try:
        read = ConfidenceRules(**{name: content["confidence"][name] for name in ConfidenceRules.__slots__})
    except KeyError as error:
        return Refusal.at("POLICY_INCOMPLETE", f"缺少 {error}", f"lacks {error}", file="reasons.toml", key=error.args[0])  # fmt: skip
    if read.judgement_best not in LEVELS:
        return Refusal.at("BAD_REASONS", f"须为 {'、'.join(LEVELS)}", f"is one of {', '.join(LEVELS)}", file="reasons.toml", key="judgement_best")  # fmt: skip
    return read


def confidences(
    model: Model,
    learnt: Sequence[Input] | None,
    features: pa.Table,
    scale: Sequence[Grade],
    rules: ConfidenceRules,
    shift_ppm: int = 0,
) -> list[Confidence]:
    """One a row. learnt: what the model's inputs were in training; None where nobody knows. shift_ppm: how far the model's
    curve was moved through the cycle. Raises BrokenInvariant where the table is not one that the model scores."""
    scored = _scored(model, features)
    points = np.asarray(scored["points"])
    coverage = coverage_ppm(model, scored)
    _, together = unknowns(model, scored, features)
    ends = [pd_ppm(model, points + together[end]) for end in (1, 0)]
    own = np.asarray(scored["pd_ppm"])
    bands = _bands(model, own, shift_ppm)
    outside = _outside(learnt or (), features)
    touched = _touched(bands, scale)
    return [
        _confidence(
            model, rules, int(coverage[row]), None if bands is None else (int(bands[0][row]), int(bands[1][row])), int(own[row]),
            (int(ends[0][row]), int(ends[1][row])), outside[row], 0 if touched is None else int(touched[row]), learnt is None,
        )
        for row in range(features.num_rows)
    ]  # fmt: skip


def _scored(model: Model, features: pa.Table) -> pa.Table:
    """Points and what is known; of trees without the parts, which cost most."""
    if not isinstance(model, Trees):
        scored = score(model, features, None)
        if isinstance(scored, Refusal):
            raise BrokenInvariant(scored.code)
        return scored
    inputs = read_inputs(model, features)
    if isinstance(inputs, Refusal):
        raise BrokenInvariant(inputs.code)
    points, known = points_of(model, inputs), known_of(model, inputs)
    columns = {f"known.{each.feature}": known[:, place] for place, each in enumerate(model.features)}
    return pa.table({"points": points, "pd_ppm": pd_ppm(model, points), **columns})


def _bands(model: Model, own: Ints, shift_ppm: int) -> tuple[Ints, Ints] | None:
    """(low, high) of each row, from the groups of like PD that the validation held out, before their PD was moved; None
    without a validation."""
    validation = cast("Mapping[str, Any]", model.facts.get("validation") or {})
    groups = [each for each in validation.get("calibration", ()) if each["rows"]]
    if not groups:
        return None
    middle = np.array([_logit(each["pd_ppm"] / PPM) for each in groups])
    moves = []
    for each, at in zip(groups, middle, strict=True):
        rows = each["rows"] / max(validation.get("repeats", 1), 1)  # each row was held out once in every repeat
        rate = share(each["event_ppm"] / PPM * rows, rows)
        moves.append((_logit(rate.low) - at, _logit(rate.high) - at))
    low, high = np.array(moves).T
    logits = np.array([_logit(each / PPM) for each in own.tolist()])
    nearest = np.abs(logits[:, None] - shift_ppm / PPM - middle[None, :]).argmin(axis=1)
    return _ppm(logits + low[nearest]), _ppm(logits + high[nearest])


def _logit(pd: float) -> float:
    inside = min(max(pd, 1 / PPM), 1 - 1 / PPM)
    return math.log(inside / (1 - inside))


def _ppm(logits: npt.NDArray[np.float64]) -> Ints:
    found: Ints = np.clip(np.round(PPM / (1 + np.exp(-logits))), 1, PPM).astype(np.int64)
    return found


def _touched(bands: tuple[Ints, Ints] | None, scale: Sequence[Grade]) -> Ints | None:
    """How many grades each band touches."""
    if bands is None:
        return None
    order = {each.name: place for place, each in enumerate(scale)}
    best, worst = (np.array([order[name] for name in grade(end, scale).to_pylist()]) for end in bands)
    found: Ints = worst - best + 1
    return found


def _outside(learnt: Sequence[Input], features: pa.Table) -> list[tuple[str, ...]]:
    found: list[list[str]] = [[] for _ in range(features.num_rows)]
    for each in learnt:
        if each.feature not in features.column_names:
            continue
        column = features[each.feature].combine_chunks()
        for row in np.flatnonzero(_strange(each, column)).tolist():
            found[row].append(each.feature)
    return [tuple(each) for each in found]


def _strange(each: Input, column: pa.Array) -> npt.NDArray[np.bool_]:
    if each.kind != "number":
        levels = pa.array([level for level, _ in each.levels], pa.string())
        text = column.cast(pa.string()).fill_null("")
        seen = np.asarray(pc.or_(pc.is_in(text, levels), column.is_null()))
        unseen: npt.NDArray[np.bool_] = np.logical_not(seen)
        return unseen
    if each.low is None or each.high is None:
        return np.zeros(len(column), bool)
    values = np.asarray(column.cast(pa.float64(), safe=False).fill_null(np.nan), dtype=np.float64)
    beyond: npt.NDArray[np.bool_] = np.logical_or(values < float(each.low), values > float(each.high))
    return beyond


def _confidence(
    model: Model, rules: ConfidenceRules, coverage: int, band: tuple[int, int] | None, own: int, ends: tuple[int, int],
    outside: tuple[str, ...], touched: int, unlearnt: bool,
) -> Confidence:  # fmt: skip
    said: list[tuple[Level, Said]] = [_covered(rules, coverage)]
    if model.kind == "expert":
        said.append((rules.judgement_best, Said("JUDGEMENT", "专家评分卡:违约概率是判断,不是估计", "an expert card: its PD is judgement, not estimated")))  # fmt: skip
    elif band is None:
        said.append((rules.judgement_best, Said("NOT_VALIDATED", "模型没有可查的验证结果", "the model carries no validation")))  # fmt: skip
    else:
        said.append(_banded(rules, band, touched))
        if not band[0] <= own <= band[1]:
            said.append(("medium", Said("PD_OFF", "验证中同类企业的实际违约率与所述违约概率不符", "in the validation, companies like it did not default as often as their PD said")))  # fmt: skip
    if outside:
        zh, en = (("、", ", ")[lang].join(_name(each)[lang] for each in outside[:_NAMED]) for lang in (0, 1))
        level: Level = "low" if len(outside) >= rules.outside_low else "medium"
        said.append((level, Said("OUTSIDE_TRAINING", f"{len(outside)} 项超出训练时所见的范围:{zh}", f"{len(outside)} figures lie outside what training saw: {en}")))  # fmt: skip
    if unlearnt and model.kind != "expert":
        said.append(("medium", Said("TRAINING_UNKNOWN", "没有训练时各项范围的记录", "the ranges of its training are not on record")))  # fmt: skip
    worst = max((level for level, _ in said), key=LEVELS.index)
    return Confidence(worst, band, ends, outside, tuple(each for _, each in said))


def _covered(rules: ConfidenceRules, coverage: int) -> tuple[Level, Said]:
    level: Level = "low" if coverage < rules.low_coverage_ppm else "medium" if coverage < rules.high_coverage_ppm else "high"  # fmt: skip
    percent = coverage // 10_000
    return level, Said(
        "COVERAGE", f"评分依据中已知的比重为 {percent}%", f"{percent}% of what the model asks for is known"
    )


def _banded(rules: ConfidenceRules, band: tuple[int, int], touched: int) -> tuple[Level, Said]:
    level: Level = "low" if touched >= rules.low_band_grades else "high" if touched <= rules.high_band_grades else "medium"  # fmt: skip
    low, high = (f"{each / 10_000:.2f}%" for each in band)
    return level, Said(
        "PD_BAND",
        f"验证中同类企业的违约概率区间(95%)为 {low} 至 {high},跨 {touched} 个等级",
        f"by the validation, PD lies between {low} and {high} (95 %), across {touched} grade{'s' if touched > 1 else ''}",
    )


def _name(feature: str) -> tuple[str, str]:
    known = COLUMNS.get(feature)
    return (known.zh, known.en) if known else (feature, feature)


def features_table(rows: Sequence[Mapping[str, Any]], model: Model) -> pa.Table:
    """The model's columns of kept features (`document["features"]`), null where they are absent."""
    kinds = {"text": pa.string(), "flag": pa.bool_(), "day": pa.string()}
    return pa.table(
        {
            name: pa.array([row.get(name) for row in rows], kinds.get(COLUMNS[name].unit, pa.int64()))
            for name in features_of(model)
        }
    )
