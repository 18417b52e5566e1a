"""Branch and price: the search for the best allocation of whole loans, by columns, to the proof or as far as nodes are allowed.

Barnhart, Johnson, Nemhauser, Savelsbergh, Vance, Branch-and-price: column generation for solving huge integer programs,
Operations Research 46 (1998); Savelsbergh, A branch-and-price algorithm for the generalized assignment problem, 45 (1997). A node bans
options and settles requests at mandates; its bound is the Lagrangian one at whole prices, so every node that is dropped is
dropped for good. Prices are held near those of the best bound so far (Wentges 1997), else they swing.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from math import gcd

import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.base.refusal import BrokenInvariant
from kemiao.credit.matching.book import Book, broken, lent, welfare
from kemiao.credit.matching.columns_of_mandates import INTEGRAL, Master
from kemiao.credit.matching.market import IntColumn
from kemiao.credit.matching.pricing_problem import (
    FREE,
    IMPOSSIBLE,
    MUST,
    OUT,
    ByteColumn,
    Pairs,
    Priced,
    Prices,
    fill,
    price,
)
from kemiao.credit.matching.tightening import Tight

BoolArray = npt.NDArray[np.bool_]
CLOSE = 10**9  # a node is settled where its bound and the master differ by less than the bound over this
ROUNDS = 300  # of pricing at a node: a guard, prices settle in far fewer
DIVE_ROUNDS = 40
DIVE_EVERY = 10  # nodes
CLOSE_EVERY = 20  # nodes
# What HiGHS is given at the end: mandates as budgets and limits, portfolios of the others; and for how many nodes.
OTHERS, POOLED, FINISH_NODES = 3, 1_500, 800


@dataclass(order=True, slots=True)
class Node:
    """By falling bound, then as they were made. banned (o): options of the pairs; must: pairs that are settled."""

    order: tuple[int, int]
    banned: BoolArray = field(compare=False)
    must: tuple[int, ...] = field(compare=False)
    prices: Prices = field(compare=False)

    @property
    def bound(self) -> int:
        return -self.order[0]


def kept(book: Book, amount_fen: IntColumn) -> bool:
    """Whether an allocation can be signed and reaches the floors."""
    if broken(book, amount_fen):
        return False
    got = lent(book, amount_fen)
    total = sum(got.tolist())
    return all(sum(got[floor.member].tolist()) * PPM >= floor.share_ppm * total for floor in book.floors)


class Search:
    """amount_fen, welfare: the best so far; bound: proven. nodes: how many were looked at."""

    def __init__(self, book: Book, pairs: Pairs, amount_fen: IntColumn, prices: Prices, goal_ppm: int) -> None:
        self.book, self.pairs, self.goal_ppm = book, pairs, goal_ppm
        self.amount_fen, self.welfare = amount_fen, welfare(book, amount_fen)
        self.master = Master(book, pairs)
        self.plain = len(pairs) == len(pairs.option) and not book.floors and not len(book.capacity_fen)
        self.step = gcd(*pairs.value.tolist()) or 1  # of welfare: it takes no values between
        self.nodes = self.rounds = 0
        self.top, self._closed_at = 2**62, -1
        self._root_prices, self._made = prices, 0
        self._settled = 0  # greatest bound of a node that was left because nothing in it is better by more than CLOSE
        root = Node((-(2**62), 0), np.zeros(len(pairs.option), np.bool_), (), prices)
        self.open: list[Node] = [root]

    @property
    def bound(self) -> int:
        return max(self.welfare, min(self.top, max(self._settled, max((node.bound for node in self.open), default=0))))

    def gap_ppm(self) -> int:
        bound = self.bound
        return -(-PPM * (bound - self.welfare) // bound) if bound > 0 else 0

    def run(self, nodes_max: int) -> None:
        while self.open and self.nodes < nodes_max and self.gap_ppm() > self.goal_ppm:
            node = heapq.heappop(self.open)
            if node.bound > self.welfare:
                self.nodes += 1
                for child in self._settle(node):
                    heapq.heappush(self.open, child)
                if self.plain and self.open and (self.nodes == 1 or self.nodes % CLOSE_EVERY == 0):
                    self._close()
        self.open = [node for node in self.open if node.bound > self.welfare]

    def _settle(self, node: Node) -> list[Node]:
        """Prices a node; returns its children, none where it holds nothing better than what is in hand."""
        pairs = self.pairs
        allowed = ~node.banned
        state = np.full(len(pairs), FREE, dtype=np.uint8)
        state[list(node.must)] = MUST
        open_columns = self._open(node, state)
        if open_columns is None:
            return []
        bound, centre, taken = self._generate(node, allowed, state)
        bound = min(bound, node.bound)
        if bound <= self.welfare:
            return []
        if self.nodes % DIVE_EVERY == 1:
            self._dive(node, taken)
            if bound <= self.welfare:
                return []
        if self._made == 0:
            allowed = self._eliminate(centre, node)
            self._root_prices = centre
        return self._branch(node, bound, centre, taken, ~allowed)

    def _close(self) -> None:
        """Tries to end the whole search: what can be better than what is in hand, listed, and where it is little solved."""
        if self.welfare == self._closed_at:
            return
        self._closed_at = self.welfare
        root = Node((0, 0), np.zeros(len(self.pairs.option), np.bool_), (), self._root_prices)
        allowed = self._eliminate(self._root_prices, root)
        tight = self._tighten(allowed, self._root_prices)
        floor, reached = self.welfare, tight.bound
        if reached // self.step * self.step > floor and tight.few(OTHERS, POOLED):
            pairs, other = tight.finish(FINISH_NODES)
            self._offer(self.pairs.option[pairs])
            reached = min(reached, other)
        self.top = min(self.top, max(reached // self.step * self.step, floor))
        never = ~(allowed & tight.left[self.pairs.pair])
        self.open = [replace(node, banned=node.banned | never) for node in self.open]

    def _tighten(self, allowed: BoolArray, prices: Prices) -> Tight:
        """Where there is one option a pair."""
        state = np.where(allowed, FREE, OUT).astype(np.uint8)
        place = np.zeros(len(self.book.request), dtype=np.int64)
        place[self.pairs.option] = np.arange(len(self.pairs))
        seeds = [(j, place[options]) for j, options in zip(self.master.mandate, self.master.options, strict=True)]
        seeds = [(j, at) for j, at in seeds if (state[at] == FREE).all()]
        tight = Tight(self.pairs, self.book.requests, state, self.welfare, self.step, self.master.unit, seeds)
        tight.run(prices.request)
        return tight

    # --- columns ---

    def _marks(self, node: Node) -> tuple[BoolArray, BoolArray, IntColumn]:
        m = len(self.book.request)
        banned, must = np.zeros(m, np.bool_), np.zeros(m, np.bool_)
        banned[self.pairs.option[node.banned]] = True
        settled = np.zeros(len(self.pairs), np.bool_)
        settled[list(node.must)] = True
        must[self.pairs.option[settled[self.pairs.pair]]] = True
        needed = np.bincount(self.pairs.mandate[settled], minlength=self.book.mandates).astype(np.int64)
        return banned, must, needed

    def _open(self, node: Node, state: ByteColumn) -> BoolArray | None:
        """Opens the columns that fit a node, with the barest portfolio of every mandate among them; None where one can't be."""
        settled = np.flatnonzero(state == MUST)
        for j in range(self.book.mandates):
            mine = settled[self.pairs.mandate[settled] == j]
            options = [
                next(
                    (
                        self.pairs.option[o]
                        for o in range(self.pairs.first[q], self.pairs.first[q + 1])
                        if not node.banned[o]
                    ),
                    -1,
                )
                for q in mine.tolist()
            ]
            if -1 in options:
                return None
            self.master.add(j, np.sort(np.array(options, dtype=np.int64)))
        fitting = self.master.fitting(*self._marks(node))
        self.master.restrict(fitting)
        return fitting

    def _generate(
        self, node: Node, allowed: BoolArray, state: ByteColumn, rounds: int = ROUNDS
    ) -> tuple[int, Prices, npt.NDArray[np.float64]]:
        """Rounds of master and pricing. Returns the node's bound, the prices that prove it and what the master takes of each column."""
        bound, centre = 2**62, node.prices
        taken = np.zeros(0)
        at, near = centre, True
        for number in range(rounds):
            worth, own, taken = self.master.solve()
            if number:
                at = _between(centre, own) if near else own
            self.rounds += 1
            priced = price(self.book, self.pairs, at, allowed, state)
            if priced.total.min(initial=0) == IMPOSSIBLE:
                return -1, centre, taken
            reached = priced.bound // self.step * self.step
            if reached < bound or number == 0:
                centre = at
            bound = min(bound, reached)
            if bound <= self.welfare:
                return bound, centre, taken
            if reached - worth <= bound / CLOSE:
                return bound, centre, taken
            new = self._add(priced)
            if not new and number and not near:
                return bound, centre, taken
            near = new
        return bound, centre, taken

    def _add(self, priced: Priced) -> bool:
        new = False
        for j in range(self.book.mandates):
            a, b = self.pairs.start[j], self.pairs.start[j + 1]
            options = np.sort(priced.option[a:b][priced.chosen[a:b]])
            new |= self.master.add(j, options)
        return new

    # --- what is in hand ---

    def _offer(self, options: IntColumn) -> None:
        amount = np.zeros(len(self.book.request), dtype=np.int64)
        amount[options] = self.book.amount_fen[self.book.request[options]]
        worth = welfare(self.book, amount)
        if worth > self.welfare and kept(self.book, amount):
            self.amount_fen, self.welfare = amount, worth

    def _dive(self, node: Node, taken: npt.NDArray[np.float64]) -> None:
        """Mandate by mandate takes the portfolio that the master takes most of, the others are priced again around it.

        Joncour, Michel, Sadykov, Sverdlov, Vanderbeck, Column generation based primal heuristics, 2010.
        """
        pairs, book = self.pairs, self.book
        banned, must = node.banned.copy(), list(node.must)
        left, served = book.capacity_fen.copy(), np.zeros(book.requests, np.bool_)
        waiting = set(range(book.mandates))
        while waiting:
            column = self._next(waiting, left, served, taken)
            options = self.master.options[column]
            mandate = self.master.mandate[column]
            waiting.remove(mandate)
            left -= self.master.borne(options)
            served[book.request[options]] = True
            chosen = np.isin(pairs.option, options)
            banned |= (
                np.isin(pairs.request[pairs.pair], book.request[options]) | (pairs.mandate[pairs.pair] == mandate)
            ) & ~chosen
            must = sorted({*must, *pairs.pair[chosen].tolist()})
            below = Node((0, 0), banned, tuple(must), node.prices)
            state = np.full(len(pairs), FREE, dtype=np.uint8)
            state[must] = MUST
            if self._open(below, state) is None:
                return
            bound, _, taken = self._generate(below, ~banned, state, DIVE_ROUNDS)
            if bound <= self.welfare:
                return
        columns = np.flatnonzero(taken > 1 - INTEGRAL).tolist()
        self._offer(np.concatenate([self.master.options[column] for column in columns]))

    def _next(self, waiting: set[int], left: IntColumn, served: BoolArray, taken: npt.NDArray[np.float64]) -> int:
        """The portfolio taken most that the covers still bear; where there is none, the most valuable one that can be had."""
        master = self.master
        value = np.array(master.value, dtype=np.float64)
        taken = np.pad(taken, (0, len(master) - len(taken)))  # some may be newer than the master's last answer
        for column in np.lexsort((-value, -np.where(taken > INTEGRAL, taken, 0.0))).tolist():
            if (
                master.mandate[column] in waiting
                and not served[self.book.request[master.options[column]]].any()
                and (master.borne(master.options[column]) <= left).all()
            ):
                return int(column)
        raise BrokenInvariant("the empty portfolio is always among them")

    # --- what can be left out ---

    def _eliminate(self, prices: Prices, node: Node) -> BoolArray:
        """Options that a better allocation can still use: with any other one in, the bound is at most what is in hand."""
        pairs, book = self.pairs, self.book
        allowed = ~node.banned
        state = np.full(len(pairs), FREE, dtype=np.uint8)
        state[list(node.must)] = MUST
        priced = price(book, pairs, prices, allowed, state)
        for q in range(len(pairs)):
            if state[q] != FREE or priced.chosen[q] or priced.worth[q] == IMPOSSIBLE:
                continue
            j = pairs.mandate[q]
            a, b = pairs.start[j], pairs.start[j + 1]
            state[q] = MUST
            with_it = fill(
                pairs.weight[a:b],
                priced.worth[a:b],
                pairs.limit[a:b],
                state[a:b],
                pairs.room[j],
                pairs.limit_room,
                np.zeros(b - a, np.bool_),
            )
            state[q] = FREE
            if with_it == IMPOSSIBLE or priced.bound - int(priced.total[j]) + int(with_it) <= self.welfare:
                state[q] = OUT
                allowed[pairs.first[q] : pairs.first[q + 1]] = False
        return allowed

    # --- branches ---

    def _branch(
        self, node: Node, bound: int, prices: Prices, taken: npt.NDArray[np.float64], banned: BoolArray
    ) -> list[Node]:
        share = np.zeros(len(self.book.request))
        for column in np.flatnonzero(taken > INTEGRAL).tolist():
            share[self.master.options[column]] += taken[column]
        of_option = share[self.pairs.option]
        of_pair = np.add.reduceat(of_option, self.pairs.first[:-1]) if len(self.pairs) else of_option
        if np.all(np.minimum(share, 1 - share) < INTEGRAL):
            self._offer(np.flatnonzero(share > 1 - INTEGRAL))
            if bound <= self.welfare:
                return []
        settled = np.zeros(len(self.pairs), np.bool_)
        settled[list(node.must)] = True
        weight = np.minimum(of_pair, 1 - of_pair) * self.pairs.weight
        weight[settled] = 0
        q = int(weight.argmax()) if len(weight) else 0
        if len(weight) and min(of_pair[q], 1 - of_pair[q]) > INTEGRAL:
            mine = np.arange(self.pairs.first[q], self.pairs.first[q + 1])
            return self._split(node, bound, prices, banned, q, mine)
        open_options = np.minimum(of_option, 1 - of_option) * self.pairs.amount_fen
        o = int(open_options.argmax()) if len(open_options) else 0
        if len(open_options) and min(of_option[o], 1 - of_option[o]) > INTEGRAL:
            return self._split(node, bound, prices, banned, int(self.pairs.pair[o]), np.array([o]))
        # Whole, and yet below its bound: rounding of prices where that is next to nothing, else a portfolio of rounded units.
        if bound - self.welfare <= bound // CLOSE:
            self._settled = max(self._settled, bound)
            return []
        left = np.flatnonzero((of_pair > 0.5) & ~settled)
        if not len(left):
            self._settled = max(self._settled, bound)
            return []
        q = int(left[self.pairs.weight[left].argmax()])
        return self._split(node, bound, prices, banned, q, np.arange(self.pairs.first[q], self.pairs.first[q + 1]))

    def _split(
        self, node: Node, bound: int, prices: Prices, banned: BoolArray, q: int, options: IntColumn
    ) -> list[Node]:
        """The request of pair q takes one of these options, or none of them."""
        request = self.pairs.request[q]
        others = self.pairs.request[self.pairs.pair] == request
        others[options] = False
        must = node.must if q in node.must else (*node.must, q)
        without = banned.copy()
        without[options] = True
        self._made += 2
        return [
            Node((-bound, self._made - 1), banned | others, must, prices),
            Node((-bound, self._made), without, node.must, prices),
        ]


def _between(centre: Prices, own: Prices) -> Prices:
    return Prices(*((getattr(centre, name) + getattr(own, name)) // 2 for name in ("request", "cover", "floor")))
