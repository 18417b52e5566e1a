"""A book that one request changed is the book made anew from the changed postings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kemiao.credit.matching.book import Book
from kemiao.credit.matching.clearing import Cleared
from kemiao.credit.matching.market import Market, Wish
from kemiao.credit.matching.options import book as contractible
from kemiao.credit.matching.places import changed_book, places, versions
from kemiao.credit.matching.rules import MarketRules
from kemiao.twin.population.market import drawn

from .market_rules import packaged_rules


def default_rules(**changed: object) -> MarketRules:
    return replace(packaged_rules(), **changed)


def with_request(market: Market, i: int, change: dict[str, object]) -> Market:
    columns = {}
    for name, value in change.items():
        column = getattr(market.requests, name)
        if isinstance(column, tuple):
            columns[name] = (*column[:i], value, *column[i + 1 :])
        else:
            columns[name] = column.copy()
            columns[name][i] = value
    return replace(market, requests=replace(market.requests, **columns))


CHANGES = (
    {},
    {"rate_max_ppm": 200_000},
    {"rate_max_ppm": 1},
    {"amount_fen": 30_000_000, "months": 12},
    {"form": 1, "least_fen": 0},
    {"veto": frozenset(), "ranking": None, "covered": 1},
    {"ranking": Wish(("M0003", "M0001"), True), "covered": 2},
    {"grade": 0, "technology": 1, "patents": 50},
)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_changed_request_makes_the_book_that_its_new_posting_makes(seed: int) -> None:
    market, rules = drawn(120, 6, 2, seed), default_rules(reserve_ppm=200_000)
    wishes = (Wish(market.requests.id[::7], True), None, Wish(market.requests.company[::-3], False), None, None, None)
    market = replace(market, mandates=replace(market.mandates, ranking=wishes))
    made = contractible(market, rules, None)
    assert isinstance(made, Book)
    at = places(Cleared(market, rules, made, None, None))  # type: ignore[arg-type]
    for i in range(0, 120, 9):
        said = versions(at, i, CHANGES)
        for version, change in enumerate(CHANGES):
            anew = contractible(with_request(market, i, change), rules, None)
            changed = changed_book(at, said, version)
            for name in Book.__dataclass_fields__:
                a, b = getattr(anew, name), getattr(changed, name)
                if isinstance(a, np.ndarray):
                    assert np.array_equal(a, b), (i, change, name)
