"""Stable matchings against a naive search over Python lists."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import numpy as np
import pytest

from kemiao.credit.matching.book import Book, broken
from kemiao.credit.matching.options import book as book_of
from kemiao.credit.matching.rules import MarketRules, rules_from
from kemiao.credit.matching.stable import NO_CUT, blocking_of, stable
from kemiao.twin.population.market import drawn


@pytest.fixture(scope="module")
def rules() -> MarketRules:
    text = files("kemiao.bank.default_policy").joinpath("market.toml").read_text("utf-8")
    made = rules_from(tomllib.loads(text))
    assert isinstance(made, MarketRules)
    return made


def random_book(
    seed: int, n: int = 9, k: int = 3, split: bool = True, reserve: bool = False, limits: bool = False
) -> Book:
    """Requests of 1 to 6 units, each with some mandates in a random order; mandates with random orders and limits."""
    rng = np.random.default_rng(seed)
    unit = 10**6
    amount = rng.integers(1, 7, n) * unit
    budget = rng.integers(0, 12, k) * unit
    lists = [rng.permutation(k)[: rng.integers(0, k + 1)] for _ in range(n)]
    pairs = [(i, j) for i in range(n) for j in lists[i] if split or amount[i] <= budget[j]]
    if split:
        pairs = [(i, j) for i, j in pairs if budget[j] > 0]
    request, mandate = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    m = len(pairs)
    standing = np.zeros(m, np.int64)
    for j in range(k):
        of = np.flatnonzero(mandate == j)
        standing[of] = rng.permutation(len(of))
    limit = np.full(m, -1)
    if limits:
        limit = np.where(rng.random(m) < 0.7, mandate, -1)
    limit_fen = rng.integers(1, 6, k) * unit if limits else np.zeros(0, np.int64)
    most = np.minimum(amount[request], budget[mandate])
    if limits:
        most = np.where(limit >= 0, np.minimum(most, limit_fen[np.maximum(limit, 0)]), most)
    none, zero = np.full(m, -1), np.zeros(m, np.int64)
    return Book(
        amount_fen=amount, least_fen=np.zeros(n, np.int64), form=np.full(n, 1 if split else 0), lot=rng.permutation(n),
        reserved=rng.random(n) < 0.4 if reserve else np.zeros(n, bool), start=np.searchsorted(request, np.arange(n + 1)),
        request=request, mandate=mandate, cover=none, limit=limit, rate_ppm=zero, cost_ppm=zero, company_ppm=zero, funder_ppm=zero,
        guarantor_ppm=zero, welfare_ppm=zero + 1, most_fen=most, standing=standing, cover_standing=zero, budget_fen=budget,
        reserve_fen=budget // unit // 2 * unit if reserve else np.zeros(k, np.int64), limit_mandate=np.arange(k) if limits else np.zeros(0, np.int64),
        limit_fen=limit_fen, capacity_fen=np.zeros(0, np.int64), share_ppm=np.zeros(0, np.int64),
    )  # fmt: skip


def naive_blocks(book: Book, held: list[int]) -> list[int]:
    """From the definition, one option after another, without reserves."""
    found = []
    for p in range(len(held)):
        i, j = int(book.request[p]), int(book.mandate[p])
        mine = range(int(book.start[i]), int(book.start[i + 1]))
        total = sum(held[o] for o in mine)
        want = min(
            int(book.amount_fen[i]) - total + sum(held[o] for o in mine if o > p), int(book.most_fen[p]) - held[p]
        )
        better = [o for o in range(len(held)) if book.mandate[o] == j and book.standing[o] < book.standing[p]]
        room = int(book.budget_fen[j]) - sum(held[o] for o in better) - held[p]
        if book.limit[p] >= 0:
            inside = sum(held[o] for o in better if book.limit[o] == book.limit[p])
            room = min(room, int(book.limit_fen[book.limit[p]]) - inside - held[p])
        need = int(book.amount_fen[i]) if book.form[i] == 0 else 1
        if want >= need and room >= need:
            found.append(p)
    return found


@pytest.mark.parametrize("limits", [False, True])
def test_divisible_loans_have_a_matching_that_nothing_blocks_and_no_order_of_asking_changes_it(
    rules: MarketRules, limits: bool
) -> None:
    for seed in range(150):
        book = random_book(seed, limits=limits)
        found = stable(book, rules)
        assert found.exact
        assert broken(book, found.amount_fen) == ()
        assert naive_blocks(book, found.amount_fen.tolist()) == []
        turned = Book(**{name: getattr(book, name) for name in Book.__dataclass_fields__} | {"lot": book.lot[::-1]})
        assert stable(turned, rules).amount_fen.tolist() == found.amount_fen.tolist()


def test_of_whole_loans_exactly_the_pairs_that_block_are_listed(rules: MarketRules) -> None:
    some = 0
    for seed in range(200):
        book = random_book(seed, split=False, limits=seed % 2 == 1)
        found = stable(book, rules)
        assert broken(book, found.amount_fen) == ()
        assert found.blocking.tolist() == naive_blocks(book, found.amount_fen.tolist())
        assert found.blocking_count == len(found.blocking)
        some += found.blocking_count > 0
    assert some < 40  # holes are filled, where they can be


def test_who_would_rather_be_there_stands_behind_a_cut_off_and_nobody_else_is_kept_out(rules: MarketRules) -> None:
    for seed in range(100):
        book = random_book(seed, split=seed % 2 == 0, limits=seed % 3 == 0)
        found = stable(book, rules)
        held = found.amount_fen
        for p in range(len(held)):
            mine = slice(int(book.start[book.request[p]]), int(book.start[book.request[p] + 1]))
            inside = book.standing[p] <= found.cut[book.mandate[p], 0]
            inside = inside and (book.limit[p] < 0 or book.standing[p] <= found.limit_cut[book.limit[p]])
            no_option = book.form[book.request[p]] == 0 and book.most_fen[p] < book.amount_fen[book.request[p]]
            if inside and held[p] == 0 and not no_option:
                liked = held[mine][: p - mine.start + 1].sum()
                assert liked == book.amount_fen[book.request[p]]


def test_the_reserved_come_first_in_the_reserve(rules: MarketRules) -> None:
    for seed in range(100):
        book = random_book(seed, reserve=True)
        found = stable(book, rules)
        assert found.exact
        group = book.reserved[book.request]
        for j in range(book.mandates):
            there = book.mandate == j
            got = int(found.amount_fen[there & group].sum())
            if got < book.reserve_fen[j]:  # then nobody reserved who would come was refused
                for p in np.flatnonzero(there & group & (found.amount_fen < book.most_fen)).tolist():
                    first = int(book.start[book.request[p]])
                    assert found.amount_fen[first : p + 1].sum() == book.amount_fen[book.request[p]]


def no_stable_book() -> Book:
    """Budgets 2 and 1; loans of 1, 1 and 2. The large one is liked best by neither and worst by neither."""
    unit = 10**6
    # a (1): second, first. b (1): first, second. c (2): first alone. first: a, c, b. second: b, a.
    request, mandate = np.array([0, 0, 1, 1, 2]), np.array([1, 0, 0, 1, 0])
    standing = np.array([1, 0, 2, 0, 1])
    zero, m = np.zeros(5, np.int64), 5
    amount = np.array([1, 1, 2]) * unit
    return Book(
        amount_fen=amount, least_fen=np.zeros(3, np.int64), form=np.zeros(3, np.int64), lot=np.arange(3), reserved=np.zeros(3, bool),
        start=np.array([0, 2, 4, 5]), request=request, mandate=mandate, cover=np.full(m, -1), limit=np.full(m, -1), rate_ppm=zero,
        cost_ppm=zero, company_ppm=zero, funder_ppm=zero, guarantor_ppm=zero, welfare_ppm=zero + 1, most_fen=amount[request], standing=standing,
        cover_standing=zero, budget_fen=np.array([2, 1]) * unit, reserve_fen=np.zeros(2, np.int64), limit_mandate=np.zeros(0, np.int64),
        limit_fen=np.zeros(0, np.int64), capacity_fen=np.zeros(0, np.int64), share_ppm=np.zeros(0, np.int64),
    )  # fmt: skip


def test_budgets_of_two_and_one_and_loans_of_one_one_and_two_have_no_stable_matching(rules: MarketRules) -> None:
    book = no_stable_book()
    for choice in np.ndindex(3, 3, 2):
        held = np.zeros(5, np.int64)
        for i, taken in enumerate(choice):
            if taken:
                held[book.start[i] + taken - 1] = book.amount_fen[i]
        if broken(book, held) == ():
            assert len(blocking_of(book, held, rules.unit_fen)) > 0
            assert blocking_of(book, held, rules.unit_fen).tolist() == naive_blocks(book, held.tolist())
    found = stable(book, rules)
    assert not found.exact
    assert found.blocking_count >= 1


def test_a_drawn_market_with_covers_and_all_forms_keeps_every_limit(rules: MarketRules) -> None:
    market = drawn(300, 8, 2, seed=3, forms={"whole": 0.4, "split": 0.3, "syndicated": 0.3})
    book = book_of(market, rules, None)
    assert isinstance(book, Book)
    found = stable(book, rules)
    assert broken(book, found.amount_fen) == ()
    again = blocking_of(book, found.amount_fen, rules.unit_fen, found.incomplete)
    assert len(again) == found.blocking_count
    assert found.cut.min() >= -1
    assert (found.cut < NO_CUT).any()


def test_no_request_no_mandate_no_budget_and_everybody_alike_are_cleared(rules: MarketRules) -> None:
    for n, k in ((0, 3), (5, 0), (0, 0)):
        book = book_of(drawn(n, k, 0, seed=1), rules, None)
        assert isinstance(book, Book)
        assert stable(book, rules).amount_fen.sum() == 0
