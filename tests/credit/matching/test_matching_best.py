"""The best allocation: beside every allocation there is of tiny books, and what it says of itself on larger ones."""

import itertools
import tomllib
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from kemiao.credit.matching.best import best
from kemiao.credit.matching.book import Book, broken, lent, welfare
from kemiao.credit.matching.frame import floors_kept, framed
from kemiao.credit.matching.prices import SCALE, Prices, answers_at
from kemiao.credit.matching.rules import MarketRules, rules_from

from .random_books import random_book


@pytest.fixture(scope="module")
def rules() -> MarketRules:
    made = rules_from(tomllib.loads(files("kemiao.bank.default_policy").joinpath("market.toml").read_text("utf-8")))
    assert isinstance(made, MarketRules)
    return made


def naive_best(book: Book) -> int:
    """Every choice of an option, or none, for each whole loan."""
    choices = [[-1, *range(book.start[i], book.start[i + 1])] for i in range(book.requests)]
    most = 0
    for choice in itertools.product(*choices):
        amount = np.zeros(len(book.mandate), dtype=np.int64)
        for i, option in enumerate(choice):
            if option >= 0:
                amount[option] = book.amount_fen[i]
        if not broken(book, amount) and floors_kept(framed(book), lent(book, amount)):
            most = max(most, welfare(book, amount))
    return most


@pytest.mark.parametrize("seed", range(6))
def test_tiny_books_are_bounded_by_the_naive_optimum_and_never_pass_it(rules: MarketRules, seed: int) -> None:
    book = random_book(6, 2, seed, covers=seed % 2, limits=seed % 3, floors=seed // 3, tight=0.5)
    found = best(book, rules)
    optimum = naive_best(book)
    assert found.welfare <= optimum <= found.bound
    assert found.welfare >= 0.98 * optimum


@pytest.mark.parametrize(("seed", "forms"), [(1, (1,)), (2, (2,)), (3, (1, 2)), (4, (0, 1, 2))])
def test_tiny_books_of_parts_reach_every_way_of_parting_them(
    rules: MarketRules, seed: int, forms: tuple[int, ...]
) -> None:
    unit, draw = 10**6, np.random.default_rng(seed)
    book = random_book(3, 2, seed, forms=forms, dense=1.0)
    amount = draw.integers(1, 4, 3) * unit
    most = np.where(book.form == 0, amount, np.maximum(amount - unit, unit))[book.request]
    book = replace(book, amount_fen=amount, least_fen=np.where(book.form == 1, unit, 0), most_fen=most,
                   budget_fen=np.array([3, 2]) * unit)  # fmt: skip
    optimum = 0
    for units in itertools.product(*(range(int(m) // unit + 1) for m in most)):
        parts = np.array(units, dtype=np.int64) * unit
        if not broken(book, parts):
            optimum = max(optimum, welfare(book, parts))
    found = best(book, rules)
    assert found.welfare <= optimum <= found.bound
    assert found.welfare >= 0.98 * optimum


@pytest.mark.parametrize("covers", [0, 2])
def test_parts_are_whole_units_where_amounts_and_limits_are(rules: MarketRules, covers: int) -> None:
    book = random_book(30, 3, 4, forms=(0, 1, 2), covers=covers, limits=2)
    measure = framed(book).unit_fen
    found = best(replace(book, least_fen=book.least_fen // 10**6 * 10**6), rules)
    assert measure > 1
    assert not (found.amount_fen % measure).any()


def test_any_prices_bound_every_allocation(rules: MarketRules) -> None:
    book = random_book(40, 4, 3, forms=(0, 1, 2), limits=2, covers=2, floors=2)
    frame, draw = framed(book), np.random.default_rng(5)
    reached = best(book, rules).welfare
    for _ in range(20):
        prices = Prices(*(draw.integers(0, 60_000 * SCALE, size) for size in (4, 8, 2, 2)))
        assert answers_at(frame, prices).bound >= reached * SCALE


@pytest.mark.parametrize("forms", [(0,), (1,), (2,), (0, 1, 2)])
def test_each_form_can_be_signed(rules: MarketRules, forms: tuple[int, ...]) -> None:
    book = random_book(25, 3, 2, forms=forms, limits=3, covers=2, floors=1)
    found = best(book, replace(rules, solver={**rules.solver, "nodes_max": 5}))
    assert broken(book, found.amount_fen) == ()
    assert floors_kept(framed(book), lent(book, found.amount_fen))
    assert 0 < found.welfare <= found.bound


def test_the_same_book_gives_the_same_allocation(rules: MarketRules) -> None:
    book = random_book(80, 4, 4)
    assert best(book, rules).amount_fen.tolist() == best(book, rules).amount_fen.tolist()


def test_nothing_to_choose_from_lends_nothing_and_is_proven(rules: MarketRules) -> None:
    book = random_book(5, 2, 1, dense=0.0)
    found = best(book, rules)
    assert (len(found.amount_fen), found.welfare, found.bound, found.gap_ppm) == (0, 0, 0, 0)


def test_empty_budgets_lend_nothing(rules: MarketRules) -> None:
    book = random_book(20, 3, 1)
    found = best(replace(book, budget_fen=np.zeros(3, dtype=np.int64)), rules)
    assert (found.welfare, int(found.amount_fen.sum()), found.bound) == (0, 0, 0)


def test_what_only_loses_is_not_lent(rules: MarketRules) -> None:
    book = random_book(20, 3, 1)
    found = best(replace(book, welfare_ppm=-np.abs(book.welfare_ppm) - 1), rules)
    assert (found.welfare, int(found.amount_fen.sum()), found.bound) == (0, 0, 0)


def test_requests_that_are_all_alike_fill_the_budgets(rules: MarketRules) -> None:
    book = random_book(3_000, 4, 1, dense=1.0)
    book = replace(book, amount_fen=np.full(3_000, 10**8), most_fen=np.full(len(book.mandate), 10**8),
                   welfare_ppm=np.full(len(book.mandate), 30_000), budget_fen=np.full(4, 10**10))  # fmt: skip
    found = best(book, rules)
    assert (int(found.amount_fen.sum()), found.gap_ppm) == (4 * 10**10, 0)
