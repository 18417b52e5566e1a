"""What would lift a company's grade: real changes only, each judged again by the code that judged the company.

    changes   for each figure that can be changed, the smallest change that earns more or opens a decision
    paths     the fewest changes that together reach a better grade: of all sets, searched whole, the easiest first
    papers    what is unknown, with the worst and the best that the paper could say

Every other column stays as it is: a change of turnover here is not also a change of growth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.credit.assessment import Assessment, Rulebook
from kemiao.credit.assessment import assess as judge
from kemiao.credit.decision.rules import OUTCOMES
from kemiao.credit.profile import COLUMNS, PAPERS
from kemiao.credit.rating.actionable import Lever, ReasonsPolicy, Words, papers_for, said_value
from kemiao.credit.rating.master_scale import grade
from kemiao.credit.rating.model import features_of, pd_ppm
from kemiao.credit.rating.options import Option, options
from kemiao.credit.rating.unknowns import Unknown, unknowns
from kemiao.credit.technology.matrix import Technology
from kemiao.credit.what_if import Judged, judged_with, points_with

_ROWS_AT_ONCE = 20_000
_ROUND = 100  # ppm or fen: as exactly as figures are written


@dataclass(frozen=True, slots=True)
class Change:
    """One figure from what it is to what it would be."""

    feature: str
    theme: str
    unit: str
    now: Any
    then: Any
    effort_ppm: int

    @property
    def text(self) -> Words:
        feature = COLUMNS[self.feature]
        now, then = said_value(self.unit, self.now), said_value(self.unit, self.then)
        if self.unit == "text" or isinstance(self.now, bool):
            return Words(f"{feature.zh}由“{now.zh}”变为“{then.zh}”", f"{feature.en}: from {now.en} to {then.en}")
        if self.then > self.now:
            return Words(f"{feature.zh}由 {now.zh} 升到 {then.zh}", f"{feature.en}: up from {now.en} to {then.en}")
        if (
            self.unit in ("ppm", "fen") and (self.then + 1) % _ROUND == 0
        ):  # just inside a bin that ends at a round figure
            end = said_value(self.unit, self.then + 1)
            return Words(
                f"{feature.zh}由 {now.zh} 降到 {end.zh} 以下", f"{feature.en}: down from {now.en} to below {end.en}"
            )
        return Words(f"{feature.zh}由 {now.zh} 降到 {then.zh}", f"{feature.en}: down from {now.en} to {then.en}")

    def as_json(self) -> dict[str, Any]:
        words = self.text
        return {
            "feature": self.feature, "theme": self.theme, "unit": self.unit, "from": self.now, "to": self.then,
            "effort_ppm": self.effort_ppm, "zh": words.zh, "en": words.en,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Path:
    changes: tuple[Change, ...]
    after: Judged

    @property
    def effort_ppm(self) -> int:
        return sum(each.effort_ppm for each in self.changes)


@dataclass(frozen=True, slots=True)
class Paper:
    """An unknown answer: points, PD and grade with the worst and the best; how far the limit would move."""

    feature: str
    table: str
    points: tuple[int, int]
    pd_ppm: tuple[int, int]
    grade: tuple[str, str]
    limit_moves_fen: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Lift:
    now: Judged
    next_grade: str | None
    changes: tuple[Path, ...]
    paths: tuple[Path, ...]
    papers: tuple[Paper, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "now": self.now.as_json(), "next_grade": self.next_grade,
            "changes": [each.changes[0].as_json() | {"points_gained": each.after.points - self.now.points, "after": each.after.as_json()} for each in self.changes],
            "paths": [{"changes": [one.as_json() for one in each.changes], "points_gained": each.after.points - self.now.points, "after": each.after.as_json()} for each in self.paths],
            "papers": [_paper_json(each) for each in self.papers],
        }  # fmt: skip


def _paper_json(each: Paper) -> dict[str, Any]:
    feature, ends = COLUMNS[each.feature], ("worst", "best")
    moves = each.limit_moves_fen or (None, None)
    return {
        "feature": each.feature, "zh": feature.zh, "en": feature.en, "paper_zh": PAPERS[each.table][0], "paper_en": PAPERS[each.table][1],
        **{
            end: {"points": each.points[place], "pd_ppm": each.pd_ppm[place], "grade": each.grade[place], "limit_moves_fen": moves[place]}
            for place, end in enumerate(ends)
        },
    }  # fmt: skip


def lift(
    row: pa.Table, book: Rulebook, technology: Technology | None, policy: ReasonsPolicy, known_tables: Sequence[str]
) -> Lift | Refusal:
    """row: one company."""
    base = judge(row, book, technology)
    if isinstance(base, Refusal):
        return base
    judged = judged_with(row, [{}], book, technology)
    if isinstance(judged, Refusal):
        return judged
    now = judged[0]
    tried = [_tried(row, lever, book, policy, now) for lever in policy.levers]
    records = [each for each in tried if each]
    singles = judged_with(row, [{each[0].feature: each[0].then} for each in records], book, technology)
    if isinstance(singles, Refusal):
        return singles
    changes = [Path((each[0],), after) for each, after in zip(records, singles, strict=True) if better(now, after)]
    read = set(features_of(book.card))
    paths = _paths(row, [each for each in records if each[0].feature in read], book, technology, policy, now)
    return Lift(
        now, _next_grade(now, book),
        tuple(sorted(changes, key=lambda each: (now.points - each.after.points, each.effort_ppm))), paths, _papers(base, row, book, known_tables),
    )  # fmt: skip


def better(now: Judged, after: Judged) -> bool:
    """Something is better and nothing worse: points, decision and limit."""
    pairs = (
        (now.points, after.points),
        (-OUTCOMES.index(now.decision), -OUTCOMES.index(after.decision)),
        (now.limit_fen, after.limit_fen),
    )
    return all(then >= before for before, then in pairs) and any(then > before for before, then in pairs)


def _next_grade(now: Judged, book: Rulebook) -> str | None:
    names = [each.name for each in book.scale]
    place = names.index(now.grade)
    return names[place - 1] if place else None


def _tried(row: pa.Table, lever: Lever, book: Rulebook, policy: ReasonsPolicy, now: Judged) -> list[Change]:
    """Changes of one figure, the smallest first, each with more points than the one before. Of a figure that the model does
    not read there is one, for the rules that may."""
    value = row[lever.feature][0].as_py()
    found = options(book.card, lever, value)
    if lever.feature not in features_of(book.card):
        return [_change(each, value, policy) for each in found[-1:]]
    points, _ = points_with(row, [{each.feature: each.value} for each in found], book)
    kept, most = [], now.points
    for each, earned in zip(found, points, strict=True):
        if earned > most:
            kept.append(_change(each, value, policy))
            most = earned
    if len(kept) > policy.options_max:
        places = np.linspace(0, len(kept) - 1, policy.options_max).round().astype(int).tolist()
        kept = [kept[place] for place in dict.fromkeys(places)]
    return kept


def _change(each: Option, value: Any, policy: ReasonsPolicy) -> Change:
    theme = policy.theme(each.feature)
    return Change(each.feature, theme.name if theme else "", COLUMNS[each.feature].unit, value, each.value, each.effort_ppm)  # fmt: skip


def _paths(
    row: pa.Table, records: Sequence[list[Change]], book: Rulebook, technology: Technology | None, policy: ReasonsPolicy, now: Judged
) -> tuple[Path, ...]:  # fmt: skip
    """The fewest changes to a better grade. All sets of a size are tried before the next size is, so no change is idle."""
    place = [each.name for each in book.scale].index(now.grade)
    for size in range(1, policy.changes_max + 1):
        sets = list(combinations(records, size))
        furthest = [tuple(each[-1] for each in one) for one in sets]
        reached = [one for one, ok in zip(sets, _reach(row, furthest, book, place), strict=True) if ok]
        ways = [way for one in reached for way in product(*one)]
        good = [way for way, ok in zip(ways, _reach(row, ways, book, place), strict=True) if ok]
        easiest: dict[tuple[str, ...], tuple[Change, ...]] = {}
        for way in sorted(good, key=lambda way: sum(each.effort_ppm for each in way)):
            easiest.setdefault(tuple(each.feature for each in way), way)
        found = _judged_ways(row, list(easiest.values()), book, technology, policy.paths_max, now)
        if found:
            return found
    return ()


def _judged_ways(
    row: pa.Table, ways: Sequence[tuple[Change, ...]], book: Rulebook, technology: Technology | None, most: int, now: Judged
) -> tuple[Path, ...]:  # fmt: skip
    found: list[Path] = []
    for start in range(0, len(ways), most):
        some = ways[start : start + most]
        judged = judged_with(row, [_cells(way) for way in some], book, technology)
        if isinstance(judged, Refusal):
            raise BrokenInvariant(f"judged as it is, but not otherwise: {judged.code}")
        found += [Path(way, after) for way, after in zip(some, judged, strict=True) if better(now, after)]
        if len(found) >= most:
            break
    return tuple(found[:most])


def _cells(way: Sequence[Change]) -> dict[str, Any]:
    return {each.feature: each.then for each in way}


def _reach(row: pa.Table, ways: Sequence[tuple[Change, ...]], book: Rulebook, place: int) -> list[bool]:
    found: list[bool] = []
    for start in range(0, len(ways), _ROWS_AT_ONCE):
        _, grades = points_with(row, [_cells(way) for way in ways[start : start + _ROWS_AT_ONCE]], book)
        found += [each < place for each in grades]
    return found


def _papers(base: Assessment, row: pa.Table, book: Rulebook, known_tables: Sequence[str]) -> tuple[Paper, ...]:
    open_, _ = unknowns(book.card, base.scored, row)
    found = [_paper(each, base, book, known_tables) for each in open_ if len(each.rows) and each.feature in COLUMNS]
    return tuple(sorted(found, key=lambda each: each.points[0] - each.points[1]))


def _paper(each: Unknown, base: Assessment, book: Rulebook, known_tables: Sequence[str]) -> Paper:
    points = base.scored["points"][0].as_py() + each.shift[:, 0]
    pds = pd_ppm(book.card, points)
    worst, best = grade(pds, book.scale).to_pylist()
    moves = base.moves.get(each.feature)
    span = (int(moves[0].values[0]), int(moves[1].values[0])) if moves is not None and moves[0].known[0] else None
    (table,) = papers_for([each.feature], known_tables)
    return Paper(each.feature, table, (int(points[0]), int(points[1])), (int(pds[0]), int(pds[1])), (worst, best), span)
