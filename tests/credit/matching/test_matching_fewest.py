"""The fewest blocking pairs against every allocation there is."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from kemiao.base.refusal import Refusal
from kemiao.credit.matching.book import Book, broken
from kemiao.credit.matching.clearing import clear_book
from kemiao.credit.matching.fewest import Fewest, fewest
from kemiao.credit.matching.result import Sources, document
from kemiao.credit.matching.rules import MarketRules
from kemiao.credit.matching.stable import stable
from kemiao.twin.population.market import drawn

from .test_matching_stable import naive_blocks, no_stable_book, random_book, rules

__all__ = ["rules"]


def least_of_all(book: Book) -> int:
    least = len(book.request) + 1
    for choice in product(*(range(int(a), int(b) + 1) for a, b in zip(book.start, book.start[1:], strict=False))):
        held = np.zeros(len(book.request), np.int64)
        for i, p in enumerate(choice):
            if p < book.start[i + 1]:
                held[p] = book.amount_fen[i]
        if broken(book, held) == ():
            least = min(least, len(naive_blocks(book, held.tolist())))
    return least


def test_the_smallest_market_without_a_stable_matching_has_one_blocking_pair_at_least(rules: MarketRules) -> None:
    book = no_stable_book()
    found = fewest(book, rules)
    assert isinstance(found, Fewest)
    assert (found.count, found.at_least, found.proven) == (1, 1, True)
    assert least_of_all(book) == 1
    assert stable(book, rules).blocking_count >= 1


def test_the_fewest_are_the_fewest_of_all_allocations(rules: MarketRules) -> None:
    for seed in range(12):
        book = random_book(seed, n=5, k=2, split=False, limits=seed % 2 == 1)
        found = fewest(book, rules)
        assert isinstance(found, Fewest)
        assert found.proven
        assert found.count == least_of_all(book)
        assert broken(book, found.amount_fen) == ()


def test_the_document_says_how_many_have_to_block(rules: MarketRules) -> None:
    made = clear_book(drawn(3, 2), rules, no_stable_book())
    blocking = document(made, Sources())["stable"]["blocking"]
    assert (blocking["count"], blocking["fewest"]) == (len(blocking["listed"]), {"count": 1, "at_least": 1})


def test_large_and_divisible_markets_are_refused(rules: MarketRules) -> None:
    for book, code in (
        (random_book(1, n=41, split=False), "FEWEST_TOO_LARGE"),
        (random_book(1), "FEWEST_NOT_WHOLE"),
        (replace(random_book(1, split=False), reserve_fen=np.array([1, 1, 1])), "FEWEST_NOT_WHOLE"),
    ):
        refused = fewest(book, rules)
        assert isinstance(refused, Refusal)
        assert refused.code == code


@pytest.mark.slow
def test_where_a_stable_matching_of_whole_loans_exists_it_is_found(rules: MarketRules) -> None:
    for seed in range(60):
        book = random_book(seed, n=7, k=3, split=False, limits=seed % 2 == 1)
        if least_of_all(book) == 0:
            assert stable(book, rules).blocking_count == 0
