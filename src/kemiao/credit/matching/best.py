"""The best allocation: as much welfare as the limits allow, or as near to it as a proven bound says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kemiao.base.money import PPM
from kemiao.base.refusal import BrokenInvariant
from kemiao.credit.matching.book import Book, broken, lent, welfare
from kemiao.credit.matching.frame import Frame, floors_kept, framed
from kemiao.credit.matching.market import IntColumn
from kemiao.credit.matching.prices import SCALE, Prices, answers_at, bound_of, no_prices
from kemiao.credit.matching.repair import by_prices, draft_of
from kemiao.credit.matching.rules import MarketRules


@dataclass(frozen=True, slots=True)
class Best:
    """amount_fen: (m,) by option. welfare, bound: fen-ppm a year (a million of them are one fen); no allocation passes bound.
    *_price_ppm: what one more yuan is worth there by the linear relaxation, an estimate. nodes: of the branch and bound."""

    amount_fen: IntColumn
    welfare: int
    bound: int
    method: tuple[str, ...]
    budget_price_ppm: IntColumn
    limit_price_ppm: IntColumn
    capacity_price_ppm: IntColumn
    floor_price_ppm: IntColumn
    nodes: int = 0

    @property
    def gap_ppm(self) -> int:
        """What may be missing to the best there is, of the bound, rounded up; 0: proven optimal."""
        return -(-PPM * (self.bound - self.welfare) // self.bound) if self.bound > 0 else 0


def best(book: Book, rules: MarketRules, start: IntColumn | None = None) -> Best:
    """start: a feasible allocation to begin from (the stable one). Raises BrokenInvariant where the result breaks a limit."""
    frame = framed(book)
    prices = no_prices(frame)
    bound = bound_of(answers_at(frame, prices).bound)
    draft = by_prices(frame, prices)
    candidates = [draft.amount_fen]
    if start is not None and floors_kept(frame, lent(book, start)):
        candidates.append(by_prices(frame, prices, draft_of(frame, start)).amount_fen)
    found = max(candidates, key=lambda amount: welfare(book, amount))
    return _told(frame, found, bound, ("prices", "repair"), prices, 0)


def _told(frame: Frame, amount: IntColumn, bound: int, method: tuple[str, ...], prices: Prices, nodes: int) -> Best:
    faults = broken(frame.book, amount)
    earned = welfare(frame.book, amount)
    if faults or not floors_kept(frame, lent(frame.book, amount)) or earned > bound:
        raise BrokenInvariant(f"the best allocation breaks {faults}, a floor or its bound")
    ppm = [np.asarray(-(-column // SCALE)) for column in (prices.budget, prices.limit, prices.capacity, prices.floor)]
    return Best(amount, earned, bound, method, *ppm, nodes)
