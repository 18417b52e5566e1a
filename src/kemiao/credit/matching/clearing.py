"""Clears a market: what can be contracted, the stable matching and the best allocation of it, and which of them holds.

Pure and without a clock: the same market, rules and churn table give the same result on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kemiao.base.money import PPM
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.credit.allocate.elasticity import Elasticity
from kemiao.credit.matching.best import Best, best
from kemiao.credit.matching.book import Book, Floor, broken, lent, welfare
from kemiao.credit.matching.market import IntColumn, Market
from kemiao.credit.matching.options import book as contractible
from kemiao.credit.matching.rules import MarketRules
from kemiao.credit.matching.stable import Stable, stable


@dataclass(frozen=True, slots=True)
class Cleared:
    """Both results, always; `amounts` is the one that clears by the operator's rules. churn: who walks away at a rate, or nobody."""

    market: Market
    rules: MarketRules
    book: Book
    stable: Stable
    best: Best
    churn: Elasticity | None = None

    @property
    def amounts(self) -> IntColumn:
        """(m,) fen by option, of the result that clears."""
        return self.best.amount_fen if self.rules.clears == "best" else self.stable.amount_fen


def clear(market: Market, rules: MarketRules, churn: Elasticity | None = None) -> Cleared | Refusal:
    """Refuses what can't be counted (see options.book). One empty side is a market too: nothing is lent.

    Raises BrokenInvariant where a result could not be signed: a fault of ours, never published.
    """
    options = contractible(market, rules, churn if rules.churn else None)
    return options if isinstance(options, Refusal) else clear_book(market, rules, options, churn)


def clear_book(market: Market, rules: MarketRules, book: Book, churn: Elasticity | None = None) -> Cleared:
    """The same from a book that was made before, or changed."""
    matched = stable(book, rules)
    _checked("stable", broken(book, matched.amount_fen))
    found = best(book, rules, matched.amount_fen)
    _checked("best", (*broken(book, found.amount_fen), *(floor.group for floor in unmet(book, found.amount_fen))))
    if found.welfare != welfare(book, found.amount_fen) or found.welfare > found.bound:
        _checked("best", ("welfare",))
    return Cleared(market, rules, book, matched, found, churn)


def unmet(book: Book, amount_fen: IntColumn) -> tuple[Floor, ...]:
    """The operator's floors that an allocation does not reach."""
    got = lent(book, amount_fen)
    total = int(got.sum())
    return tuple(
        floor for floor in book.floors if int(got[np.asarray(floor.member)].sum()) * PPM < floor.share_ppm * total
    )


def _checked(result: str, faults: tuple[str, ...]) -> None:
    if faults:
        raise BrokenInvariant(f"the {result} result of the market breaks: {', '.join(faults)}")
