"""Prices, repair, and where a gap is left the exact core: one path for one company and for a hundred thousand."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.credit.allocate.exact import core, solve_core
from kemiao.credit.allocate.offers import VALUE_SCALE, Offers
from kemiao.credit.allocate.prices import Bound, FloatColumn, best_prices
from kemiao.credit.allocate.repair import Desk, Draft, by_prices, from_choice
from kemiao.credit.allocate.terms import PlanPolicy

IntColumn = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Solution:
    """option, amount_fen: (n,) over the offers. profit_fen is rounded down, bound_fen up: the gap is never flattered.

    price: one a limit, ppm of expected profit for one more yuan of room (Lagrange: an estimate of the margin).
    stages: what ran; core_pairs: how many (company, rate) pairs HiGHS was given, 0 where it was not needed.
    """

    option: IntColumn
    amount_fen: IntColumn
    profit_fen: int
    bound_fen: int
    gap_ppm: int
    price_ppm: FloatColumn
    room_ppm_fen: tuple[int, ...]
    stages: tuple[str, ...]
    core_pairs: int


def solve(offers: Offers, policy: PlanPolicy) -> Solution:
    if not len(offers):
        room = tuple(limit.limit_fen * PPM for limit in offers.limits)
        none = np.array([], dtype=np.int64)
        return Solution(none, none, 0, 0, 0, np.zeros(len(offers.limits)), room, ("nothing_to_plan",), 0)
    desk = Desk(offers)
    priced = best_prices(offers)
    draft = by_prices(desk, priced.price)
    stages, pairs, bound = ["prices", "repair"], 0, priced.bound
    if _gap_ppm(desk.profit(draft), bound) > policy.gap_goal_ppm:
        draft, bound, pairs = _exact(desk, priced, draft, policy)
        stages += ["exact"] if pairs else []
    desk.check(draft)
    profit = desk.profit(draft)
    return Solution(
        np.array(draft.option, dtype=np.int64),
        np.array(draft.amount_fen, dtype=np.int64),
        profit // VALUE_SCALE,
        math.ceil(max(bound, profit) / VALUE_SCALE),
        _gap_ppm(profit, bound),
        priced.price,  # 10^-12 fen for a ppm of a fen is a ppm
        tuple(draft.room),
        tuple(stages),
        pairs,
    )


def _exact(desk: Desk, priced: Bound, draft: Draft, policy: PlanPolicy) -> tuple[Draft, float, int]:
    """The better of the two plans, the smaller of the two bounds. Too large a core is left alone."""
    profit = desk.profit(draft)
    kept = core(desk.offers, priced, profit)
    pairs = len(kept.company)
    if pairs == 0:  # no offer at all can be part of a plan that earns as much as this one
        return draft, float(profit), 0
    if pairs > policy.exact_pairs_max:
        return draft, priced.bound, 0
    loans, bound = solve_core(desk.offers, kept, policy.exact_nodes_max, policy.gap_goal_ppm / PPM / 10)
    better = from_choice(desk, loans)
    if desk.profit(better) > profit:
        draft, profit = better, desk.profit(better)
    return draft, min(priced.bound, max(bound, float(profit))), pairs


def _gap_ppm(profit: int, bound: float) -> int:
    """(bound - profit) / bound, rounded up to a ppm; less than a fen is no gap."""
    return 0 if bound - profit < VALUE_SCALE else math.ceil((bound - profit) / bound * PPM)
