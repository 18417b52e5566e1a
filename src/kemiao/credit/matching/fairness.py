"""Who was matched, by group: shares with intervals, and differences from the others of the same grade.

The clearing itself draws nothing: an interval says how far a share would move if as many companies of the same kind came again.
A difference within the grade compares those whom the same risk is assumed of; what remains of it may still have reasons that the
grade does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from kemiao.credit.matching.book import Book, lent
from kemiao.credit.matching.groups import known, member
from kemiao.credit.matching.intervals import Interval, Stratum, mantel_haenszel, two_sided, wilson
from kemiao.credit.matching.market import BoolColumn, IntColumn, Market
from kemiao.credit.matching.rules import MarketRules

_Count = Callable[[BoolColumn], tuple[Fraction | int, Fraction | int]]


def fairness(market: Market, book: Book, rules: MarketRules, amount_fen: IntColumn) -> list[dict[str, Any]]:
    """A row for each measured group: members and others, by number of requests and by amount; whoever nobody knows is in neither.

    by number: requests that got something, of all. by amount: what was lent, of what was asked for. within_grade: members less
    others; None where no grade has both.
    """
    z = two_sided(rules.confidence_ppm)
    got = lent(book, amount_fen)
    return [{"group": group, **_row(market, book, got, group, z)} for group in rules.measured]


def _row(market: Market, book: Book, got: IntColumn, group: str, z: Fraction) -> dict[str, Any]:
    there = known(market.requests, group)
    inside = member(market.requests, group)
    sides = {"members": inside, "others": there & ~inside}
    grade = market.requests.grade
    strata = [[(grade == one) & side for side in sides.values()] for one in np.unique(grade[there])]
    count, weighed = partial(_counted, got), partial(_weighed, got, book.amount_fen)
    return {
        "known": int(there.sum()),
        "number": {
            **{name: _by_number(got[side], z) for name, side in sides.items()},
            "within_grade": _within(strata, count, z),
        },
        "amount": {
            **{name: _by_amount(got[side], book.amount_fen[side], z) for name, side in sides.items()},
            "within_grade": _within(strata, weighed, z),
        },
    }


def _json(interval: Interval | None) -> dict[str, int] | None:
    return None if interval is None else interval.as_json()


def _by_number(got: IntColumn, z: Fraction) -> dict[str, Any]:
    matched, of = int((got > 0).sum()), len(got)
    return {
        "matched": matched,
        "of": of,
        "share": _json(wilson(Fraction(matched, of), Fraction(of), z) if of else None),
    }


def _by_amount(got: IntColumn, asked: IntColumn, z: Fraction) -> dict[str, Any]:
    total, lent_fen = sum(asked.tolist()), sum(got.tolist())
    if not total:
        return {"lent_fen": 0, "of_fen": 0, "share": None}
    return {"lent_fen": lent_fen, "of_fen": total, "share": wilson(Fraction(lent_fen, total), _effective(asked), z).as_json()}  # fmt: skip


def _effective(asked: IntColumn) -> Fraction:
    """Large requests weigh more, so they count as fewer: (sum of amounts)^2 / sum of squares (Kish 1965)."""
    sizes = asked.tolist()
    return Fraction(sum(sizes) ** 2, sum(size * size for size in sizes))


def _within(strata: Sequence[Sequence[BoolColumn]], count: _Count, z: Fraction) -> dict[str, int] | None:
    """strata: members and others of each grade; those without a known grade are a stratum too."""
    return _json(mantel_haenszel([Stratum(*count(members), *count(others)) for members, others in strata], z))


def _counted(got: IntColumn, side: BoolColumn) -> tuple[int, int]:
    return int(side.sum()), int((got[side] > 0).sum())


def _weighed(got: IntColumn, asked: IntColumn, side: BoolColumn) -> tuple[Fraction, Fraction]:
    """The effective number, and what part of it was lent."""
    if not side.any():
        return Fraction(0), Fraction(0)
    number = _effective(asked[side])
    return number, number * Fraction(sum(got[side].tolist()), sum(asked[side].tolist()))
