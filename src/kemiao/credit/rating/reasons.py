"""Why these points: what each characteristic earned, and where most was lost against its best answer."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from kemiao.credit.rating.scorecard import Bin, Characteristic, Scorecard


@dataclass(frozen=True, slots=True)
class Contribution:
    """One characteristic of one company: the question, the bin it fell into, its points and the best there are."""

    feature: str
    zh: str
    en: str
    unit: str
    label_zh: str
    label_en: str
    points: int
    best_points: int
    unknown: bool

    @property
    def lost(self) -> int:
        return max(0, self.best_points - self.points)


@dataclass(frozen=True, slots=True)
class Reason:
    """code: stable, RATING_FEATURE or RATING_FEATURE_UNKNOWN."""

    code: str
    zh: str
    en: str
    lost: int


def contributions(card: Scorecard, scored: pa.Table, row: int) -> tuple[Contribution, ...]:
    """What each characteristic gave to one row of `score`'s answer, in the card's order."""
    return tuple(_contribution(each, each.bins[scored[f"bin.{each.feature}"][row].as_py()]) for each in card.characteristics)  # fmt: skip


def reasons(card: Scorecard, scored: pa.Table, row: int, k: int) -> tuple[Reason, ...]:
    """The k characteristics that cost most points, the greatest first; ties in the card's order."""
    costly = sorted((each for each in contributions(card, scored, row) if each.lost), key=lambda each: -each.lost)
    return tuple(_reason(each) for each in costly[:k])


def _contribution(each: Characteristic, one: Bin) -> Contribution:
    return Contribution(each.feature, each.zh, each.en, each.unit, one.zh, one.en, one.points, each.best_points, one.unknown)  # fmt: skip


def _reason(each: Contribution) -> Reason:
    code = f"RATING_{each.feature.upper()}{'_UNKNOWN' if each.unknown else ''}"
    zh = f"{each.zh} {each.label_zh}(得 {each.points} 分,最高 {each.best_points} 分)"
    en = f"{each.en} {each.label_en} ({each.points} points of {each.best_points})"
    return Reason(code, zh, en, each.lost)
