"""The stable matching: nobody who was refused would be taken instead of somebody who was not.

Exact where every loan may be split and nothing is covered. With whole loans or covers a stable matching need not exist (budgets 2 and
1, loans of 1, 1 and 2): then cut-offs, and the pairs that block them, listed. docs/market-stable.md has the theory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kemiao.credit.matching.blocking import mark_blocking
from kemiao.credit.matching.book import Book, lent
from kemiao.credit.matching.deferred import (
    OPEN,
    State,
    ask_all,
    begin,
    drop_incomplete,
    inverse,
    within_limits,
)
from kemiao.credit.matching.lowering import lower
from kemiao.credit.matching.market import SPLIT, IntColumn
from kemiao.credit.matching.rules import MarketRules

NO_CUT = OPEN


@dataclass(frozen=True, slots=True)
class Stable:
    """amount_fen: (m,) of each option. cut: (k, 2) of others and reserved, the last standing that may come in; NO_CUT where
    everybody who would come may, -1 where nobody may. limit_cut: (l,), cover_cut: (c,) in cover_standing. incomplete: requests dropped because
    they would have got less than they need. exact: stable in the full sense. blocking: options that block, rising, at most
    listed_max of them; blocking_count: all of them. steps: of the solver."""

    amount_fen: IntColumn
    cut: IntColumn
    limit_cut: IntColumn
    cover_cut: IntColumn
    incomplete: IntColumn
    exact: bool
    blocking: IntColumn
    blocking_count: int
    steps: int


def stable(book: Book, rules: MarketRules) -> Stable:
    """The same for every order of asking where all loans are divisible or whole without covers; else requests ask by lot."""
    s = state_of(book, rules.unit_fen)
    by_lot, steps_max = np.argsort(book.lot, kind="stable"), rules.solver["steps_max"]
    while True:
        begin(s)
        finished = ask_all(s, by_lot, steps_max) and lower(s, steps_max)
        if drop_incomplete(s) == 0:
            break
        if not finished:
            _let_go(book, s)
            break
    blocks = np.zeros(len(book.request), bool)
    mark_blocking(s, blocks)
    blocking = np.flatnonzero(blocks)
    divisible = bool(((book.form == SPLIT) & (book.least_fen == 0)).all()) and not (s.held[book.cover >= 0] > 0).any()
    cut, limit_cut, cover_cut = _cuts(book, s)
    return Stable(
        s.held, cut, limit_cut, cover_cut, np.flatnonzero(s.dropped), finished and divisible and not len(blocking),
        blocking[: rules.solver["listed_max"]], len(blocking), int(s.count[1]),
    )  # fmt: skip


def blocking_of(book: Book, amount_fen: IntColumn, unit_fen: int, dropped: IntColumn | None = None) -> IntColumn:
    """Options that block any allocation of amounts; requests that were dropped do not."""
    s = state_of(book, unit_fen)
    s.held[:] = amount_fen
    s.left[:] -= lent(book, s.held)
    s.last[:] = book.start[1:] - 1
    np.add.at(s.held_fen, (s.reserved[book.request], book.mandate), s.held)
    if dropped is not None:
        s.dropped[dropped] = True
    blocks = np.zeros(len(book.request), bool)
    mark_blocking(s, blocks)
    return np.flatnonzero(blocks)


def state_of(book: Book, unit_fen: int) -> State:
    """Before anybody asked."""
    n, k, limits, covers = book.requests, book.mandates, len(book.limit_fen), len(book.capacity_fen)
    m = len(book.request)
    order, at, place = inverse(book.mandate, book.standing, k)
    limit_at = np.zeros(limits + 1, np.int64)
    np.cumsum(np.bincount(book.limit[book.limit >= 0], minlength=limits), out=limit_at[1:])
    limit_order, limit_place = np.zeros(limit_at[-1], np.int32), np.zeros(m if limits else 0, np.int32)
    if limits:
        within_limits(order, book.limit, limit_at, limit_order, limit_place)
    cover_order, cover_at, cover_place = inverse(book.cover, book.cover_standing, covers)
    zeros = [np.zeros(length, np.int64) for length in (m, limits, covers, limits, covers, limits, covers, n, n, n)]
    return State(
        start=book.start, request=book.request, mandate=book.mandate, cover=book.cover, limit=book.limit, most=book.most_fen,
        amount=book.amount_fen, least=book.least_fen, form=book.form, reserved=book.reserved.astype(np.int64),
        budget=book.budget_fen, reserve=book.reserve_fen, limit_fen=book.limit_fen, capacity=book.capacity_fen,
        share=book.share_ppm, place=place, order=order, at=at, limit_place=limit_place, limit_order=limit_order,
        limit_at=limit_at, cover_place=cover_place, cover_order=cover_order, cover_at=cover_at, held=zeros[0],
        held_fen=np.zeros((2, k), np.int64), held_limit=zeros[1], held_cover=zeros[2], bar=np.full((2, k), OPEN),
        limit_bar=zeros[3], cover_bar=zeros[4], worst=np.zeros((2, k), np.int64), limit_worst=zeros[5], cover_worst=zeros[6],
        left=book.amount_fen.copy(), next=zeros[7], last=zeros[8], dropped=np.zeros(n, bool), stack=zeros[9],
        stacked=np.zeros(n, bool), count=np.zeros(2, np.int64), unit_fen=np.array([unit_fen]),
    )  # fmt: skip


def _let_go(book: Book, s: State) -> None:
    """Where the guard stopped the solver: what is incomplete holds nothing, and nobody asks in its place."""
    away = s.dropped[book.request]
    s.held[away] = 0
    s.left[s.dropped] = s.amount[s.dropped]
    s.held_fen[:] = 0
    np.add.at(s.held_fen, (s.reserved[book.request], book.mandate), s.held)


def _cuts(book: Book, s: State) -> tuple[IntColumn, IntColumn, IntColumn]:
    """A bar is the first who may not come in any more (or no further, where it holds a part); the cut-off is the last who may."""
    cut = np.full((book.mandates, 2), NO_CUT)
    for q in range(book.mandates):
        order = s.order[s.at[q] : s.at[q + 1]]
        for who in (0, 1):
            cut[q, who] = _last(order, s.bar[who, q], s.held, book.standing, s.reserved[book.request[order]] == who)
    limit_cut = np.array(
        [
            _last(s.limit_order[a:b], bar, s.held, book.standing)
            for a, b, bar in zip(s.limit_at, s.limit_at[1:], s.limit_bar, strict=False)
        ],
        dtype=np.int64,
    )
    cover_cut = np.array(
        [
            _last(s.cover_order[a:b], bar, s.held, book.cover_standing)
            for a, b, bar in zip(s.cover_at, s.cover_at[1:], s.cover_bar, strict=False)
        ],
        dtype=np.int64,
    )
    return cut, limit_cut, cover_cut


def _last(order: IntColumn, bar: int, held: IntColumn, standing: IntColumn, of_class: np.ndarray | None = None) -> int:
    if bar >= OPEN:
        return NO_CUT
    member = np.ones(len(order), bool) if of_class is None else of_class
    inside = np.flatnonzero(member[: bar + 1])
    if len(inside) and inside[-1] == bar and held[order[bar]] == 0:
        inside = inside[:-1]
    return int(standing[order[inside[-1]]]) if len(inside) else -1
