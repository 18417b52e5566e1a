from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from kemiao.credit.matching.best import Best
from kemiao.credit.matching.book import Book, broken, welfare
from kemiao.credit.matching.branching import kept
from kemiao.credit.matching.market import IntColumn
from kemiao.credit.matching.portfolios import fits, portfolios
from kemiao.credit.matching.pricing_problem import FREE, MUST, OUT, fill, pairs_of

from .market_rules import packaged_rules
from .random_books import random_book


def nothing_found(book: Book) -> Best:
    top = np.zeros(book.requests, dtype=object)
    for i, w in zip(book.request.tolist(), book.welfare_ppm.tolist(), strict=True):
        top[i] = max(top[i], w * int(book.amount_fen[i]))
    zeros = [np.zeros(length, np.int64) for length in (len(book.request), book.mandates, len(book.limit_fen), len(book.capacity_fen), len(book.floors))]  # fmt: skip
    return Best(zeros[0], 0, int(sum(top)), ("none",), *zeros[1:])


def naive_best(book: Book) -> int:
    """Every choice of one option a request, or none."""
    choices = [[-1, *range(book.start[i], book.start[i + 1])] for i in range(book.requests)]
    most = 0
    for choice in product(*choices):
        amount = np.zeros(len(book.request), dtype=np.int64)
        for i, option in enumerate(choice):
            if option >= 0:
                amount[option] = book.amount_fen[i]
        worth = welfare(book, amount)
        if worth > most and kept(book, amount):
            most = worth
    return most


@pytest.mark.parametrize("seed", range(8))
def test_small_books_are_solved_to_the_optimum_of_trying_everything(seed: int) -> None:
    book = random_book(6, 2, seed, limits=2 * (seed % 2), covers=seed % 3, floors=seed % 4 // 3, tight=0.5, dense=0.8)
    if not fits(book):
        pytest.skip("no pair in this draw")
    found = portfolios(book, packaged_rules(), nothing_found(book))
    assert found.welfare == naive_best(book) == welfare(book, found.amount_fen)
    assert kept(book, found.amount_fen)
    assert found.gap_ppm == 0 or book.floors or len(book.capacity_fen)
    assert found.bound >= found.welfare


def naive_fill(weight: IntColumn, worth: IntColumn, limit: IntColumn, state: IntColumn, room: int, limits: IntColumn) -> int | None:  # fmt: skip
    most = None
    for choice in product((0, 1), repeat=len(weight)):
        taken = np.array(choice, dtype=bool)
        if (taken & (state == OUT)).any() or (~taken & (state == MUST)).any() or weight[taken].sum() > room:
            continue
        if any(weight[taken & (limit == one)].sum() > limits[one] for one in range(len(limits))):
            continue
        total = int(worth[taken].sum())
        most = total if most is None or total > most else most
    return most


def test_a_mandate_s_best_portfolio_is_that_of_trying_all_of_them() -> None:
    draw = np.random.default_rng(5)
    for _ in range(150):
        n = int(draw.integers(1, 9))
        weight = draw.integers(0, 12, n)
        worth = draw.integers(-20, 100, n)
        limit = np.sort(draw.integers(-1, 3, n))
        state = draw.choice([OUT, FREE, FREE, FREE, MUST], n).astype(np.uint8)
        limits = draw.integers(0, 25, 3)
        room = int(draw.integers(0, 40))
        chosen = np.zeros(n, np.bool_)
        total = fill(weight, worth, limit, state, room, limits, chosen)
        naive = naive_fill(weight, worth, limit, state, room, limits)
        if naive is None:
            assert total < -(2**60)
            continue
        assert total == naive == worth[chosen].sum()
        assert weight[chosen].sum() <= room
        assert not (chosen & (state == OUT)).any()


def test_a_bound_holds_where_amounts_have_no_common_unit() -> None:
    book = random_book(6, 2, 3, tight=0.5, dense=0.9, unit=1_000_003)
    book = replace(
        book, amount_fen=book.amount_fen + np.arange(6) * 7_919, most_fen=book.most_fen + book.request * 7_919
    )
    assert not pairs_of(book).exact
    found = portfolios(book, packaged_rules(), nothing_found(book))
    assert broken(book, found.amount_fen) == ()
    assert found.welfare <= naive_best(book) <= found.bound


def test_ties_everywhere_end() -> None:
    book = random_book(30, 3, 1, limits=3)
    book = replace(book, welfare_ppm=np.full_like(book.welfare_ppm, 20_000))
    found = portfolios(book, packaged_rules(), nothing_found(book))
    assert found.gap_ppm <= packaged_rules().solver["gap_goal_ppm"]


def test_where_every_loan_costs_the_public_nothing_is_lent() -> None:
    book = random_book(10, 2, 1)
    book = replace(book, welfare_ppm=-np.abs(book.welfare_ppm) - 1)
    found = portfolios(book, packaged_rules(), nothing_found(book))
    assert (found.welfare, found.amount_fen.sum(), found.gap_ppm) == (0, 0, 0)


def test_what_was_found_before_is_never_made_worse_and_runs_agree() -> None:
    book = random_book(20, 3, 4, limits=4)
    rules = packaged_rules()
    first = portfolios(book, rules, nothing_found(book))
    again = portfolios(book, rules, first)
    assert (again.welfare, again.bound) == (first.welfare, first.bound)
    assert portfolios(book, rules, nothing_found(book)).amount_fen.tobytes() == first.amount_fen.tobytes()


def test_loans_in_parts_are_left_to_others() -> None:
    assert not fits(random_book(6, 2, 1, forms=(0, 1)))
    assert not fits(random_book(0, 2, 1))
