"""How far a person may push a figure to see what it would do: from the company's own value, the policy's levers and the model's bins.

Ranges to look at, not advice: what is advised is the lever's bound within a year (credit/lift).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kemiao.credit.profile import COLUMNS
from kemiao.credit.rating.actionable import Lever, ReasonsPolicy
from kemiao.credit.rating.model import Model, features_of
from kemiao.credit.rating.options import bound_of, ends_of
from kemiao.credit.rating.scorecard import PPM

_TIMES = 3  # of what it is now, at most, unless a bin or the lever lies beyond
_PLACES = 200  # of a range, about
_LEAST_STEP = {"fen": 100, "ppm": 100}


@dataclass(frozen=True, slots=True)
class Slider:
    """low, high, step: whole numbers in the column's unit, of a figure; levels: of a choice, rising. now: None is unknown."""

    feature: str
    unit: str
    toward: str
    theme: str
    now: Any
    low: int | None
    high: int | None
    step: int | None
    levels: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        feature = COLUMNS[self.feature]
        return {
            "feature": self.feature, "zh": feature.zh, "en": feature.en, "question_zh": feature.question_zh, "question_en": feature.question_en,
            "unit": self.unit, "toward": self.toward, "theme": self.theme, "now": self.now, "low": self.low, "high": self.high, "step": self.step,
            "levels": list(self.levels),
        }  # fmt: skip


def sliders(row: Mapping[str, Any], model: Model, judged: Collection[str], policy: ReasonsPolicy) -> list[Slider]:
    """Of the levers that a judgement reads, in the policy's order; those that the model reads come first.

    row: column → value. judged: columns that the rules of decision read. What is unknown has no slider: a paper settles it.
    """
    read = set(features_of(model))
    found = [each for each in (_slider(lever, row.get(lever.feature), model, policy) for lever in policy.levers) if each and (each.feature in read or each.feature in judged)]  # fmt: skip
    return sorted(found, key=lambda each: each.feature not in read)


def _slider(lever: Lever, value: Any, model: Model, policy: ReasonsPolicy) -> Slider | None:
    if value is None:
        return None
    theme = policy.theme(lever.feature)
    named = (lever.feature, COLUMNS[lever.feature].unit, lever.toward, theme.name if theme else "", value)
    if lever.toward == "level":
        known = (str(value).lower() if isinstance(value, bool) else str(value)) in lever.levels
        return Slider(*named, None, None, None, lever.levels) if known else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    low, high = _span(lever, value, model)
    return Slider(*named, low, high, _step(high - low, named[1]), ()) if low < high else None


def _span(lever: Lever, value: int, model: Model) -> tuple[int, int]:
    edges = ends_of(model, lever.feature)
    bound = bound_of(lever, value)
    ends = [value, *([] if bound is None else [bound])]
    below, above = [each for each in edges if each < value], [each for each in edges if each > value]
    low = min([*ends, *below, *([0] if value >= 0 else [])])
    high = max([*ends, *above[:1], min(above[-1] if above else value, abs(value) * _TIMES)])
    high += (high - low) // 10
    if COLUMNS[lever.feature].unit == "ppm" and min([value, *edges]) >= 0 and max([value, *edges]) <= PPM:
        high = min(high, PPM)  # a share
    return low, high


def _step(span: int, unit: str) -> int:
    """1, 2 or 5 times a power of ten."""
    least, size = _LEAST_STEP.get(unit, 1), 1
    while True:
        for times in (1, 2, 5):
            step = size * times
            if step >= least and step * _PLACES >= span:
                return step
        size *= 10
