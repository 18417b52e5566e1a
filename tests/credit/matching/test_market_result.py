"""The document of a result: what it says of cut-offs, waiting lists, first come first served, and sums is true."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from kemiao.base.canonical import canonical_bytes
from kemiao.base.money import PPM
from kemiao.base.refusal import BrokenInvariant
from kemiao.credit.matching import clearing
from kemiao.credit.matching.book import Book, broken, lent
from kemiao.credit.matching.clearing import Cleared, clear, unmet
from kemiao.credit.matching.cut_offs import cut_offs
from kemiao.credit.matching.greedy import greedy
from kemiao.credit.matching.market import SPLIT, WHOLE
from kemiao.credit.matching.result import Sources, book_digest, document, published
from kemiao.credit.matching.totals import totals
from kemiao.credit.matching.waiting import waiting
from kemiao.twin.population.market import drawn

from .market_rules import packaged_rules

MIXED = {"whole": 0.5, "split": 0.3, "syndicated": 0.2}
SEEDS = range(1, 4)


@cache
def cleared(seed: int, split: bool = False, reserve_ppm: int = 0) -> Cleared:
    market = drawn(60, 5, 0 if split else 2, seed, {"split": 1.0} if split else MIXED)
    if split:
        market = replace(market, requests=replace(market.requests, least_fen=np.zeros(60, dtype=np.int64)))
    made = clear(market, replace(packaged_rules(), reserve_ppm=reserve_ppm))
    assert isinstance(made, Cleared)
    return made


@pytest.mark.parametrize("seed", SEEDS)
def test_first_come_first_served_is_what_a_plain_loop_over_arrivals_gives(seed):
    book = cleared(seed).book
    found = greedy(book)
    assert found.tolist() == naive_greedy(book)
    assert broken(book, found) == ()


def naive_greedy(book: Book) -> list[int]:
    amounts = [0] * len(book.mandate)
    budget, limit, capacity = (column.tolist() for column in (book.budget_fen, book.limit_fen, book.capacity_fen))
    for i in np.argsort(book.lot).tolist():
        before = (budget[:], limit[:], capacity[:])
        left, taken = int(book.amount_fen[i]), {}
        for o in range(int(book.start[i]), int(book.start[i + 1])):
            j, b, g = int(book.mandate[o]), int(book.limit[o]), int(book.cover[o])
            most = min(left, int(book.most_fen[o]), budget[j], limit[b] if b >= 0 else left)
            while g >= 0 and most > 0 and -(-most * int(book.share_ppm[g]) // PPM) > capacity[g]:
                most = min(most - 1, int(Fraction(capacity[g] * PPM, int(book.share_ppm[g]))))
            if most <= 0 or (book.form[i] == WHOLE and most < book.amount_fen[i]):
                continue
            taken[o] = most
            left -= most
            budget[j] -= most
            if b >= 0:
                limit[b] -= most
            if g >= 0:
                capacity[g] -= -(-most * int(book.share_ppm[g]) // PPM)
        needed = book.least_fen[i] if book.form[i] == SPLIT else book.amount_fen[i]
        if sum(taken.values()) < max(needed, 1):
            budget, limit, capacity = before
            continue
        for o, fen in taken.items():
            amounts[o] = fen
    return amounts


@pytest.mark.parametrize("reserve_ppm", [0, 300_000])
@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_would_rather_be_at_a_mandate_stands_behind_its_published_cut_off(seed, reserve_ppm):
    """All loans split, no covers: the reader needs the published numbers and its own, nothing else."""
    made = cleared(seed, True, reserve_ppm)
    market, book, amounts = made.market, made.book, made.stable.amount_fen
    cuts = {(cut["at"], cut["name"], cut["class"]): cut for cut in cut_offs(made)}
    got = lent(book, amounts)
    behind = 0
    for o in np.flatnonzero(amounts < book.most_fen).tolist():
        i, j = int(book.request[o]), int(book.mandate[o])
        last = max((p for p in range(int(book.start[i]), int(book.start[i + 1])) if amounts[p]), default=-1)
        if got[i] == book.amount_fen[i] and last <= o:
            continue
        name = market.mandates.id[j]
        group = ("reserved" if book.reserved[i] else "others") if reserve_ppm else "all"
        places = [cuts["mandate", name, group]]
        if book.limit[o] >= 0:
            places.append(cuts["limit", f"{name}/{market.requests.industry[i]}", "all"])
        own = (-int(book.funder_ppm[o]), int(book.lot[i]))
        # at the cut-off itself stands the one that got a part
        assert any(
            not cut["open"] and (cut["value_ppm"] is None or own >= (-cut["value_ppm"], cut["lot"])) for cut in places
        ), name
        behind += 1
    assert behind > 10


@pytest.mark.parametrize("seed", SEEDS)
def test_a_waiting_list_is_in_the_mandates_order_and_holds_each_request_once_that_would_rather_come(seed):
    made = cleared(seed)
    book, amounts = made.book, made.amounts
    got, lists = lent(book, amounts), waiting(book, amounts, 1000)
    for j, (count, places) in enumerate(lists):
        requests = [int(book.request[o]) for o in places]
        assert count == len(places) == len(set(requests))
        assert sorted(book.standing[places].tolist()) == book.standing[places].tolist()
        wish = set()
        for o in np.flatnonzero(book.mandate == j).tolist():
            i = int(book.request[o])
            mine = [p for p in range(int(book.start[i]), int(book.start[i + 1])) if amounts[p] > 0]
            if all(book.mandate[p] != j for p in mine) and (got[i] < book.amount_fen[i] or o < max(mine)):
                wish.add(i)
        assert set(requests) == wish


@pytest.mark.parametrize("seed", SEEDS)
def test_sums_are_those_of_the_contracts_and_parts_of_welfare_those_of_the_sides(seed):
    made = cleared(seed)
    whole = document(made, Sources())
    for name, amounts in (("stable", made.stable.amount_fen), ("best", made.best.amount_fen)):
        part = whole[name]
        assert (
            sum(match["amount_fen"] for match in part["matches"])
            == part["lent_fen"]
            == sum(one["lent_fen"] for one in part["mandates"])
        )
        assert (
            str(sum(match["amount_fen"] * match["welfare_ppm"] for match in part["matches"])) == part["welfare_fen_ppm"]
        )
        assert len({match["request"] for match in part["matches"]}) == part["matched"]
        assert sum(match["covered_fen"] for match in part["matches"]) == sum(one["borne_fen"] for one in part["covers"])
        assert totals(made.book, amounts)["contracts"] == len(part["matches"])
    assert int(whole["best"]["bound_fen_ppm"]) >= int(whole["best"]["welfare_fen_ppm"])


def test_the_same_market_gives_the_same_bytes_and_what_is_published_names_nobody_who_asked():
    made = cleared(1)
    again = clear(made.market, made.rules)
    assert isinstance(again, Cleared)
    assert canonical_bytes(document(made, Sources())) == canonical_bytes(document(again, Sources()))
    text = canonical_bytes(published(document(made, Sources()))).decode()
    assert not any(f'"{name}"' in text for name in (*made.market.requests.id, *made.market.requests.company))


def test_the_books_digest_moves_with_any_number_in_it():
    book = cleared(1).book
    moved = replace(book, rate_ppm=book.rate_ppm + 1)
    assert (
        len(
            {
                book_digest(each)
                for each in (book, moved, replace(book, cost_ppm=moved.rate_ppm, rate_ppm=book.rate_ppm))
            }
        )
        == 3
    )


def test_a_floor_that_is_not_reached_is_named_and_a_result_that_breaks_a_limit_is_never_given(monkeypatch):
    made = cleared(1)
    group = "first_time"
    book = clear(made.market, replace(made.rules, floors=((group, 1),)))
    assert isinstance(book, Cleared)
    none = replace(book.book.floors[0], member=np.zeros(book.book.requests, dtype=np.bool_))
    assert [floor.group for floor in unmet(replace(book.book, floors=(none,)), made.stable.amount_fen)] == [group]
    too_much = replace(made.best, amount_fen=made.best.amount_fen + 1)
    monkeypatch.setattr(clearing, "best", lambda *_: too_much)
    with pytest.raises(BrokenInvariant):
        clear(made.market, made.rules)
