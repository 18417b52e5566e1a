"""The one form of a scorecard, for the expert card and for fitted cards: whole points, exact thresholds, plain JSON.

    points of a company = base_points + the points of one bin of each characteristic
    pd_ppm              = the pd_curve's step at those points

A bin of numbers is `low <= value < high` (an open end is None); a bin of a choice has its `levels`. `special` values
of numbers ("no record" coded -1) are matched before the ranges. Null, NaN and infinities fall into the unknown bin,
which every characteristic has; a level that the card has not seen falls into `other` where there is one, else into
the unknown bin too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal, cast

from kemiao.base.canonical import SAFE_INTEGER, canonical_bytes
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import Refusal

FORM = "kemiao/scorecard/1"  # a reader of another form refuses; it never guesses
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin with its points and its label in both languages."""

    points: int
    zh: str
    en: str
    low: Decimal | None = None
    high: Decimal | None = None
    special: tuple[Decimal, ...] = ()
    levels: tuple[str, ...] = ()
    other: bool = False
    unknown: bool = False

    @property
    def is_range(self) -> bool:
        return not (self.special or self.levels or self.other or self.unknown)


@dataclass(frozen=True, slots=True)
class Characteristic:
    """One feature as the card sees it. `zh`, `en`: the question that a credit officer asks.

    optional: the table may lack the column, then it is unknown for everybody; otherwise a lacking column is refused.
    """

    feature: str
    zh: str
    en: str
    unit: str  # fen, ppm, count, days, flag, text, ...: for labels and for people
    bins: tuple[Bin, ...]
    optional: bool = False

    @property
    def is_choice(self) -> bool:
        return any(one.levels or one.other for one in self.bins)

    @property
    def unknown_bin(self) -> int:
        return next(number for number, one in enumerate(self.bins) if one.unknown)

    @property
    def best_points(self) -> int:
        """The most that a known answer earns: what reasons measure the loss against."""
        return max(one.points for one in self.bins if not one.unknown)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """pd_curve: (points, pd_ppm) steps, points rising, PD never rising; below the first step its PD holds.

    facts: what is known about the fit (rows, events, figures of the validation, what was assumed): JSON without floats.
    """

    name: str
    kind: Literal["expert", "fitted"]
    base_points: int
    characteristics: tuple[Characteristic, ...]
    pd_curve: tuple[tuple[int, int], ...]
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        return digest_bytes("scorecard", to_bytes(self))

    @property
    def points_range(self) -> tuple[int, int]:
        """The fewest and the most points that a company can have."""
        return points_range(self.base_points, self.characteristics)


def points_range(base_points: int, characteristics: Sequence[Characteristic]) -> tuple[int, int]:
    low = base_points + sum(min(one.points for one in each.bins) for each in characteristics)
    high = base_points + sum(max(one.points for one in each.bins) for each in characteristics)
    return low, high


def to_bytes(card: Scorecard) -> bytes:
    """Canonical JSON: the same card gives the same bytes on every machine."""
    return canonical_bytes(
        {
            "form": FORM,
            "name": card.name,
            "kind": card.kind,
            "base_points": card.base_points,
            "characteristics": [_characteristic_json(each) for each in card.characteristics],
            "pd_curve": [list(step) for step in card.pd_curve],
            "facts": dict(card.facts),
        }
    )


def from_bytes(content: bytes, expected_digest: str | None = None) -> Scorecard | Refusal:
    """Reads what `to_bytes` wrote. Refuses another form, an altered file and a card that is not well formed."""
    if expected_digest is not None and digest_bytes("scorecard", content) != expected_digest:
        return Refusal(
            "MODEL_ALTERED",
            "模型文件与登记的摘要不符",
            "the model file does not match its recorded digest",
            (("model", expected_digest),),
        )
    try:
        value = json.loads(content)
        if value["form"] != FORM:
            return Refusal(
                "MODEL_FORM_UNKNOWN",
                f"模型格式“{value['form']}”不认识(本版本读 {FORM})",
                f"the model has the form {value['form']!r}; this version reads {FORM}",
            )
        card = Scorecard(
            value["name"],
            value["kind"],
            value["base_points"],
            tuple(_characteristic(each) for each in value["characteristics"]),
            tuple((points, pd_ppm) for points, pd_ppm in value["pd_curve"]),
            value["facts"],
        )
    except (ValueError, KeyError, TypeError) as error:
        return Refusal("NOT_A_MODEL", f"不是评分卡模型文件:{error}", f"is not a scorecard: {error}")
    return check(card) or card


def check(card: Scorecard) -> Refusal | None:
    """What a card must be: each value falls into exactly one bin, and more points never mean a higher PD."""
    features = [each.feature for each in card.characteristics]
    if not features or len(set(features)) != len(features):
        return _bad(card, "指标不得为空或重复", "has no characteristics, or one twice")
    for each in card.characteristics:
        problem = _gap(each)
        if problem:
            return _bad(card, *problem, characteristic=each.feature)
    points, pds = [step[0] for step in card.pd_curve], [step[1] for step in card.pd_curve]
    if not points or any(a >= b for a, b in pairwise(points)) or any(a < b for a, b in pairwise(pds)):
        return _bad(card, "pd_curve 的分数须递增、违约率不得递增", "pd_curve: points must rise and PD must not")
    if min(pds) <= 0 or max(pds) > PPM:
        return _bad(card, "pd_curve 的违约率须在 1 与 1000000 ppm 之间", "pd_curve: PD is between 1 and 1000000 ppm")
    return None


def _gap(each: Characteristic) -> tuple[str, str] | None:
    if sum(one.unknown for one in each.bins) != 1:
        return "须有且只有一个“未知”分箱", "needs exactly one bin with unknown = true"
    ranges = [one for one in each.bins if one.is_range]
    if each.is_choice:
        levels = [level.strip() for one in each.bins for level in one.levels]
        if ranges or any(one.special for one in each.bins) or len(set(levels)) != len(levels):
            return "分类指标只能有不重复的 levels、other、unknown", "a choice has levels (each once), other and unknown"
        return ("other 分箱多于一个", "has more than one bin with other") if _others(each) > 1 else None
    if not ranges:
        return "没有任何区间", "has no range"
    if any(one.low is None for one in ranges[1:]) or any(one.high is None for one in ranges[:-1]):
        return "只有首尾区间可以开口,区间须由低到高", "only the first and last range are open; ranges go upwards"
    if ranges[0].low is not None or ranges[-1].high is not None or any(a.high != b.low for a, b in pairwise(ranges)):
        return "区间须首尾相接、覆盖全部数值", "ranges must join without gap or overlap and cover every number"
    if any(one.low is not None and one.high is not None and one.low >= one.high for one in ranges):
        return "区间下限须低于上限", "the low end of a range must be below its high end"
    return None


def _others(each: Characteristic) -> int:
    return sum(one.other for one in each.bins)


def _bad(card: Scorecard, zh: str, en: str, **where: object) -> Refusal:
    return Refusal.at("BAD_SCORECARD", zh, en, card=card.name, **where)


def _characteristic_json(each: Characteristic) -> dict[str, object]:
    head: dict[str, object] = {"feature": each.feature, "zh": each.zh, "en": each.en, "unit": each.unit}
    return head | {"optional": each.optional, "bins": [_bin_json(one) for one in each.bins]}


def _bin_json(one: Bin) -> dict[str, object]:
    cells: dict[str, object] = {"points": one.points, "zh": one.zh, "en": one.en}
    for name in ("low", "high"):
        bound = getattr(one, name)
        if bound is not None:
            cells[name] = number_json(bound)
    if one.special:
        cells["special"] = [number_json(each) for each in one.special]
    if one.levels:
        cells["levels"] = list(one.levels)
    return cells | {name: True for name in ("other", "unknown") if getattr(one, name)}


def number_json(number: Decimal) -> int | str:
    """An integer where it is one that every reader of JSON keeps, else exact decimal text."""
    whole = int(number)
    return whole if whole == number and abs(whole) <= SAFE_INTEGER else format(number.normalize(), "f")


def _characteristic(cells: Mapping[str, Any]) -> Characteristic:
    bins = tuple(_bin(one) for one in cells["bins"])
    return Characteristic(cells["feature"], cells["zh"], cells["en"], cells["unit"], bins, cells["optional"])


def _bin(cells: Mapping[str, Any]) -> Bin:
    return Bin(
        cells["points"],
        cells["zh"],
        cells["en"],
        _decimal(cells.get("low")),
        _decimal(cells.get("high")),
        tuple(Decimal(str(each)) for each in cells.get("special", ())),
        tuple(cells.get("levels", ())),
        cells.get("other", False),
        cells.get("unknown", False),
    )


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def step_curve(pd_of_points: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """(points, pd_ppm) for each whole point upwards → the steps where the PD changes."""
    kept = [step for number, step in enumerate(pd_of_points) if number == 0 or step[1] != pd_of_points[number - 1][1]]
    return cast("tuple[tuple[int, int], ...]", tuple(kept))
