"""Which real changes of one figure could earn more points: values just inside other bins, within what policy calls possible."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from kemiao.credit.rating.actionable import Lever
from kemiao.credit.rating.model import Model, features_of
from kemiao.credit.rating.scorecard import PPM, Characteristic
from kemiao.credit.rating.trees import Trees

_FLAG = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Option:
    """value: what the column would be. effort_ppm: how much of what is possible in a year it takes."""

    feature: str
    value: Any
    effort_ppm: int


def options(model: Model, lever: Lever, value: Any) -> list[Option]:
    """The nearest first; of a feature that the model does not read, all the way to its bound. Empty where the value is unknown
    or there is nowhere to go."""
    if value is None:
        return []
    if lever.toward == "level":
        return _levels(lever, value)
    if isinstance(value, bool) or not isinstance(value, int):
        return []
    bound = bound_of(lever, value)
    if bound is None or bound == value:
        return []
    down = lever.toward == "less"
    ends = sorted(set(_ends(model, lever.feature, down, bound)), reverse=down)
    inside = [end for end in ends if (bound <= end < value if down else value < end <= bound)]
    return [Option(lever.feature, end, abs(end - value) * PPM // abs(bound - value)) for end in inside]


def bound_of(lever: Lever, value: int) -> int | None:
    """How far it can go in a year; None where policy names no bound."""
    down = lever.toward == "less"
    reach = [lever.by] if lever.by is not None else []
    reach += [abs(value) * lever.by_ppm // PPM] if lever.by_ppm is not None else []
    ends = [value - each if down else value + each for each in reach]
    ends += [end for end in ((lever.least,) if down else (lever.most,)) if end is not None]
    if not ends:
        return None
    return min(value, max(ends)) if down else max(value, min(ends))


def ends_of(model: Model, feature: str) -> list[int]:
    """Whole values at which the model's answer may change, rising; none of a feature that it does not read."""
    if feature not in features_of(model):
        return []
    return sorted({*_ends(model, feature, True, 0), *_ends(model, feature, False, 0)})


def _levels(lever: Lever, value: Any) -> list[Option]:
    own = str(value).lower() if isinstance(value, bool) else str(value)
    if own not in lever.levels:
        return []
    place = lever.levels.index(own)
    further = lever.levels[place + 1 : place + 1 + lever.steps]
    flag = isinstance(value, bool)
    return [
        Option(lever.feature, _FLAG[level] if flag else level, (number + 1) * PPM // lever.steps)
        for number, level in enumerate(further)
    ]


def _ends(model: Model, feature: str, down: bool, bound: int) -> list[int]:
    """Whole values just inside the next bins, or just past the splits of trees."""
    if isinstance(model, Trees):
        place = next((number for number, each in enumerate(model.features) if each.feature == feature), None)
        reading = [number for number, each in enumerate(model.inputs) if each.feature == place and each.special is None]
        splits = {
            threshold
            for tree in model.trees
            for read, threshold in zip(tree.inputs, tree.thresholds, strict=True)
            if read in reading
        }
        found = [math.floor(each) if down else math.floor(each) + 1 for each in splits]
        special = model.features[place].special if place is not None else ()
        return [bound] if place is None else [each for each in found if each not in special]
    for each in model.characteristics:
        if each.feature == feature:
            return _bin_ends(each, down)
    return [bound]


def _bin_ends(each: Characteristic, down: bool) -> list[int]:
    special = {value for one in each.bins for value in one.special}
    ranges = [one for one in each.bins if one.is_range]
    highs = [math.ceil(one.high) - 1 for one in ranges if one.high is not None]
    lows = [math.ceil(one.low) for one in ranges if one.low is not None]
    return [end for end in (highs if down else lows) if end not in special]
