"""Who was matched, by group: shares with intervals, and differences from the others of the same grade.

The clearing itself draws nothing: an interval says how far a share would move if as many companies of the same kind came again.
A difference within the grade compares those whom the same risk is assumed of; what remains of it may still have reasons that the
grade does not know.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from kemiao.credit.matching.book import Book, lent
from kemiao.credit.matching.groups import known, member
from kemiao.credit.matching.intervals import Interval, Stratum, around, mantel_haenszel, two_sided, wilson
from kemiao.credit.matching.market import BoolColumn, IntColumn, Market
from kemiao.credit.matching.rules import MarketRules


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
    return {
        "known": int(there.sum()),
        "number": {
            **{name: _by_number(got[side], z) for name, side in sides.items()},
            "within_grade": _json(mantel_haenszel(_strata(got > 0, inside, there, grade), z)),
        },
        "amount": {
            **{name: _by_amount(got[side], book.amount_fen[side], z) for name, side in sides.items()},
            "within_grade": _json(_amount_difference(got, book.amount_fen, inside, there, grade, z)),
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
    """Large requests weigh more, so they count as fewer: (sum of amounts)^2 / sum of squares (Kish 1965)."""
    sizes = asked.tolist()
    total, lent_fen = sum(sizes), sum(got.tolist())
    if not total:
        return {"lent_fen": 0, "of_fen": 0, "share": None}
    effective = Fraction(total * total, sum(size * size for size in sizes))
    return {"lent_fen": lent_fen, "of_fen": total, "share": wilson(Fraction(lent_fen, total), effective, z).as_json()}


def _strata(matched: BoolColumn, inside: BoolColumn, there: BoolColumn, grade: IntColumn) -> list[Stratum]:
    """By grade; those without a known one are a stratum too."""
    return [
        Stratum(
            int((inside & own).sum()),
            int((inside & own & matched).sum()),
            int((own & ~inside).sum()),
            int((own & ~inside & matched).sum()),
        )
        for own in ((grade == one) & there for one in np.unique(grade))
    ]


def _amount_difference(
    got: IntColumn, asked: IntColumn, inside: BoolColumn, there: BoolColumn, grade: IntColumn, z: Fraction
) -> Interval | None:
    """As Mantel and Haenszel weigh strata, with amounts for numbers; the variance of a ratio by its residuals."""
    weight, difference, variance = Fraction(0), Fraction(0), Fraction(0)
    for one in np.unique(grade):
        own = (grade == one) & there
        parts = [_ratio(got[own & side], asked[own & side]) for side in (inside, ~inside)]
        (share1, spread1, total1), (share0, spread0, total0) = parts
        if not total1 or not total0:
            continue
        w = Fraction(total1 * total0, total1 + total0)
        weight += w
        difference += w * (share1 - share0)
        variance += w * w * (spread1 + spread0)
    return around(difference / weight, variance / (weight * weight), z) if weight else None


def _ratio(got: IntColumn, asked: IntColumn) -> tuple[Fraction, Fraction, int]:
    """Share lent, its variance, and what was asked for in all."""
    total, lent_fen = sum(asked.tolist()), sum(got.tolist())
    if not total:
        return Fraction(0), Fraction(0), 0
    residuals = [g * total - a * lent_fen for g, a in zip(got.tolist(), asked.tolist(), strict=True)]
    return Fraction(lent_fen, total), Fraction(sum(r * r for r in residuals), total**4), total
