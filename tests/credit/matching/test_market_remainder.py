"""What is left when some matches stand and others fell: the waiting list is cleared over it."""

from __future__ import annotations

import numpy as np
import pytest

from kemiao.credit.matching.book import broken, lent
from kemiao.credit.matching.options import book as contractible
from kemiao.credit.matching.remainder import remainder
from kemiao.credit.matching.stable import stable
from kemiao.twin.population.market import drawn

from .market_rules import packaged_rules

RULES = packaged_rules()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_waiting_list_takes_what_fell_and_moves_nobody_who_holds_an_offer(seed):
    market = drawn(150, 8, 2, seed, {"whole": 0.6, "split": 0.3, "syndicated": 0.1})
    book = contractible(market, RULES, None)
    matched = stable(book, RULES).amount_fen
    taken = np.flatnonzero(matched)
    fallen = np.zeros(len(book.request), dtype=bool)
    fallen[taken[:: max(1, len(taken) // 5)]] = True
    held = np.where(np.isin(book.request, book.request[fallen]), 0, matched)

    rest, kept = remainder(book, held, fallen)
    placed = np.zeros(len(book.request), dtype=np.int64)
    placed[kept] = stable(rest, RULES).amount_fen

    assert placed.sum() > 0, "somebody waits behind what fell"
    assert broken(book, held + placed) == ()
    assert not (lent(book, placed)[lent(book, held) > 0]).any(), "who holds an offer gets no second one"
    assert not placed[fallen].any(), "what fell is not offered again to the same"
    assert rest.standing.min() == 0
    assert all(len(set(rest.standing[rest.mandate == j])) == (rest.mandate == j).sum() for j in range(book.mandates))


def test_nothing_fell_nothing_held_is_the_book_itself():
    book = contractible(drawn(40, 4, 1, 5), RULES, None)
    nothing = np.zeros(len(book.request), dtype=np.int64)
    rest, kept = remainder(book, nothing, nothing > 0)
    assert (kept == np.arange(len(kept))).all()
    assert (rest.budget_fen == book.budget_fen).all()
    assert (stable(rest, RULES).amount_fen == stable(book, RULES).amount_fen).all()
