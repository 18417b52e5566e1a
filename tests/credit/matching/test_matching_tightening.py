from itertools import product

import numpy as np
import pytest

from kemiao.credit.matching.listing import listed
from kemiao.credit.matching.pricing_problem import FREE, pairs_of
from kemiao.credit.matching.tightening import Tight

from .random_books import random_book
from .test_matching_portfolios import naive_best


def test_every_set_that_is_worth_enough_is_listed_once() -> None:
    draw = np.random.default_rng(3)
    for _ in range(100):
        n = int(draw.integers(1, 9))
        weight, worth = draw.integers(1, 12, n), draw.integers(-20, 100, n)
        limit, limits = np.sort(draw.integers(-1, 3, n)), draw.integers(0, 25, 3)
        room, least = int(draw.integers(0, 40)), int(draw.integers(-10, 150))
        naive = set()
        for choice in product((False, True), repeat=n):
            taken = np.array(choice, dtype=bool)
            fits = weight[taken].sum() <= room and all(
                weight[taken & (limit == one)].sum() <= limits[one] for one in range(3)
            )
            if fits and worth[taken].sum() >= least:
                naive.add(tuple(np.flatnonzero(taken).tolist()))
        count, start, item = listed(weight, worth, limit, np.arange(1, n + 1), room, limits, least, 1_000, 10_000)
        sets = [tuple(item[start[r] : start[r + 1]].tolist()) for r in range(count)]
        assert len(sets) == len(set(sets))
        assert set(sets) == naive


def test_more_sets_than_may_be_listed_are_none() -> None:
    ones = np.ones(20, np.int64)
    free, none = np.full(20, -1), np.zeros(0, np.int64)
    assert listed(ones, ones, free, np.arange(1, 21), 20, none, 0, 1_000, 10**6)[0] == -1
    assert listed(ones, ones, free, np.arange(1, 21), 20, none, 0, 10**6, 1_000)[0] == -1


@pytest.mark.parametrize("seed", range(6))
def test_below_the_optimum_it_is_found_and_at_the_optimum_nothing_is(seed: int) -> None:
    book = random_book(6, 2, seed, limits=2 * (seed % 2), tight=0.5, dense=0.8)
    pairs, most = pairs_of(book), naive_best(book)
    value = pairs.value[pairs.first[:-1]]
    for floor, better in ((most - 1, True), (most * 9 // 10, True), (most, False)):
        tight = Tight(pairs, book.requests, np.full(len(pairs), FREE, np.uint8), floor, 1, 1e13, [])
        tight.run(np.zeros(book.requests, np.int64))
        if tight.bound <= floor:
            assert not better
            continue
        chosen, bound = tight.finish(1_000)
        if better:
            assert bound >= most == int(value[chosen].sum())
        else:
            assert max(bound, floor) >= most
            assert int(value[chosen].sum()) <= most
