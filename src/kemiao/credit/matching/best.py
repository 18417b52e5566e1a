"""The best allocation: as much welfare as the limits allow, or as near to it as a proven bound says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kemiao.base.money import PPM
from kemiao.base.refusal import BrokenInvariant
from kemiao.credit.matching.book import Book, broken, lent, welfare
from kemiao.credit.matching.core import kept, losses, solved
from kemiao.credit.matching.exchange import exchanged
from kemiao.credit.matching.frame import Frame, floors_kept, framed
from kemiao.credit.matching.market import WHOLE, IntColumn
from kemiao.credit.matching.pairs_of_mandates import paired
from kemiao.credit.matching.prices import SCALE, Prices, answers_at, bound_of, no_prices
from kemiao.credit.matching.refill import HOLDERS_MAX, refilled
from kemiao.credit.matching.relaxation import approached, relaxed
from kemiao.credit.matching.repair import Draft, by_prices, draft_of, empty, from_shares
from kemiao.credit.matching.rules import MarketRules
from kemiao.credit.matching.small_books import proven, small

SAMPLE_PAIRS = 60_000  # options of the linear program that a large book's first prices come from
ROUNDS_MAX = 200
MOVES_A_LOAN, MOVES_LEAST, MOVES_MOST = 40, 5_000, 100_000
REFILL_WORK = 200_000_000
PAIR_WORK = 300_000_000
TURNS, FLOOR_TURNS = 3, 6  # floors stand in the way of most changes of two mandates
RESTART_MOVES = 3_000
CORE_OPTIONS = 40_000  # more options than that are too many for a mixed-integer program
EVERY_OPTIONS = 1_200
CORE_LOSS = 1e-5  # of the bound: options that lose more are left out of a core that can't hold all
CORE_NODES, PART_NODES = 20, 20


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
    """start: a feasible allocation to begin from (the stable one). Raises BrokenInvariant where the result breaks a limit.

    Deterministic: stages end on a proven gap (rules.solver gap_goal_ppm) or on counted work, never on time.
    """
    frame, rounded = framed(book), None
    goal = rules.solver["gap_goal_ppm"]
    method = []
    if len(book.mandate) > rules.solver["prices_above_pairs"]:
        prices, scaled = approached(frame, SAMPLE_PAIRS, min(rules.solver["rounds_max"], ROUNDS_MAX))
        method.append("prices")
    elif len(book.mandate):
        every = np.arange(len(book.mandate))
        prices, share = relaxed(frame, every)
        rounded = from_shares(frame, every, share)
        scaled = answers_at(frame, prices).bound
        method.append("linear")
    else:
        prices, scaled = no_prices(frame), 0
    search = _Search(frame, prices, bound_of(scaled), goal)
    search.offer(by_prices(frame, prices), "repair")
    if rounded is not None:
        search.other = by_prices(frame, prices, rounded)
        search.offer(search.other.copy(), "rounding")
    if start is not None and floors_kept(frame, lent(book, start)):
        search.offer(by_prices(frame, prices, draft_of(frame, start)), "start")
    if search.open:
        search.parts(min(PART_NODES, rules.solver["nodes_max"]))
    portfolio = search.bound > search.welfare and small(book)
    turns = FLOOR_TURNS if book.floors else TURNS
    for turn in range(1 if portfolio or search.large else turns):
        if not search.open:
            break
        search.turn(turn)
    if search.open and not portfolio and not search.large:
        search.pairs()
    if portfolio and search.bound > search.welfare:
        return _checked(frame, proven(book, rules, search.told((*method, *search.method))))
    if search.open and len(book.mandate) <= CORE_OPTIONS:
        search.core(min(CORE_NODES, rules.solver["nodes_max"]))
    return search.told((*method, *search.method))


def _checked(frame: Frame, found: Best) -> Best:
    """What can't be signed is a fault of ours, never shown."""
    faults = broken(frame.book, found.amount_fen)
    earned = welfare(frame.book, found.amount_fen)
    if (
        faults
        or not floors_kept(frame, lent(frame.book, found.amount_fen))
        or earned != found.welfare
        or earned > found.bound
    ):
        raise BrokenInvariant(f"the best allocation breaks {faults}, a floor or its bound")
    return found


class _Search:
    """The best allocation so far, and what is proven of it."""

    def __init__(self, frame: Frame, prices: Prices, bound: int, goal: int) -> None:
        self.frame, self.prices, self.bound, self.goal = frame, prices, bound, goal
        self.draft = empty(frame)
        self.other: Draft | None = None
        self.welfare = 0
        self.method: list[str] = []
        self.nodes = 0
        self.solved_all = False

    @property
    def open(self) -> bool:
        return PPM * (self.bound - self.welfare) > self.goal * self.bound

    @property
    def large(self) -> bool:
        return int((self.draft.amount_fen > 0).sum()) > HOLDERS_MAX

    def offer(self, draft: Draft, stage: str) -> bool:
        """Keeps it if it is worth more and can be signed, floors included."""
        book = self.frame.book
        earned = welfare(book, draft.amount_fen)
        if (
            earned <= self.welfare
            or broken(book, draft.amount_fen)
            or not floors_kept(self.frame, lent(book, draft.amount_fen))
        ):
            return False
        self.draft, self.welfare = draft, earned
        if stage not in self.method:
            self.method.append(stage)
        return True

    def turn(self, turn: int) -> None:
        """Exchanges and refillings, from the best so far; every later turn from the solver's rounded shares, by other chains."""
        loans = int((self.draft.amount_fen > 0).sum())
        moves = min(MOVES_A_LOAN * loans + MOVES_LEAST, MOVES_MOST)
        base = self.draft if turn == 0 or self.other is None else self.other
        begun = exchanged(self.frame, self.prices, base, moves if turn == 0 else RESTART_MOVES, 0.0, turn)
        self.offer(by_prices(self.frame, self.prices, begun.copy()), "exchange")
        if self.open:
            made = refilled(self.frame, self.prices, begun, REFILL_WORK)
            self.offer(by_prices(self.frame, self.prices, made), "refill")

    def pairs(self) -> None:
        """Two mandates filled anew together, whichever they are, then refilled by welfare alone."""
        made = paired(self.frame, self.prices, self.draft.copy(), PAIR_WORK)
        self.offer(by_prices(self.frame, self.prices, made.copy()), "pairs")
        if self.open:
            made = refilled(self.frame, self.prices, made, REFILL_WORK)
            self.offer(by_prices(self.frame, self.prices, made), "refill")

    def parts(self, nodes: int) -> None:
        """Where loans may be split: HiGHS over the parts and the whole loans near the margin."""
        book = self.frame.book
        in_parts = book.form[book.request] != WHOLE
        if not in_parts.any() or len(book.mandate) > CORE_OPTIONS:
            return
        lost = losses(self.frame, self.prices)
        options = np.flatnonzero(in_parts | (self.draft.amount_fen > 0) | (lost <= CORE_LOSS * self.bound))
        self._solve(options, nodes, "parts", len(options) == len(book.mandate))

    def core(self, nodes: int) -> None:
        """Every option that a better allocation could use, if those are few: HiGHS' bound is then of the whole."""
        options = kept(self.frame, self.prices, float(self.bound - self.welfare))
        if (
            len(options) <= EVERY_OPTIONS and not self.solved_all
        ):  # above, HiGHS was seen to need minutes for less than refilling gives
            self._solve(options, nodes, "core", True)

    def _solve(self, options: IntColumn, nodes: int, stage: str, every: bool = False) -> None:
        answer = solved(self.frame, options, nodes, self.goal / PPM / 2)
        self.nodes += answer.nodes
        if every:
            self.solved_all = True
            self.bound = max(min(self.bound, answer.bound), self.welfare)
        made = from_shares(self.frame, options, answer.share)
        self.offer(by_prices(self.frame, self.prices, made), stage)

    def told(self, method: tuple[str, ...]) -> Best:
        amount, price = self.draft.amount_fen, self.prices
        ppm = [-(-column // SCALE) for column in (price.budget, price.limit, price.capacity, price.floor)]
        budget, limit, capacity, floor = (np.asarray(column, dtype=np.int64) for column in ppm)
        found = Best(amount, self.welfare, self.bound, method, budget, limit, capacity, floor, self.nodes)
        return _checked(self.frame, found)
