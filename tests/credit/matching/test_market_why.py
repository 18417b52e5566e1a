"""Explanations, changes, one more, declining, the price of stability: each held to the market cleared again from the postings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.matching.again import Again, again
from kemiao.credit.matching.best import Best
from kemiao.credit.matching.book import broken, lent, welfare
from kemiao.credit.matching.clearing import Cleared, clear
from kemiao.credit.matching.declining import declining
from kemiao.credit.matching.explain import explain
from kemiao.credit.matching.greedy import greedy
from kemiao.credit.matching.market import ACCEPT, Market
from kemiao.credit.matching.one_more import one_more
from kemiao.credit.matching.options import book as contractible
from kemiao.credit.matching.places import changed_book
from kemiao.credit.matching.rules import MarketRules
from kemiao.credit.matching.stability_price import stability_price
from kemiao.credit.matching.stable import stable
from kemiao.credit.matching.together import _change
from kemiao.credit.matching.unmet import unmet, unmet_cover
from kemiao.twin.population.market import drawn

from .test_market_places import CHANGES, default_rules, with_request


@pytest.fixture(scope="module")
def cleared() -> Cleared:
    return settled(drawn(150, 6, 2, 3), default_rules())


def settled(market: Market, rules: MarketRules) -> Cleared:
    """With what greedy lends in the place of the best allocation, which most of this does not look at."""
    made = contractible(market, rules, None)
    first = greedy(made)
    worth = welfare(made, first)
    prices = (
        np.zeros(length, dtype=np.int64) for length in (made.mandates, len(made.limit_fen), len(made.capacity_fen), 0)
    )
    return Cleared(market, rules, made, stable(made, rules), Best(first, worth, worth, (), *prices, 0))


def unserved(cleared: Cleared) -> Iterator[int]:
    got = lent(cleared.book, cleared.stable.amount_fen)
    return iter(np.flatnonzero(got == 0).tolist())


def test_an_option_exists_exactly_where_no_term_but_cost_and_value_is_unmet(cleared: Cleared) -> None:
    market = cleared.market
    mandates = replace(market.mandates, value_least_ppm=np.full(len(market.mandates), -(10**15)))
    requests = replace(market.requests, rate_max_ppm=np.full(len(market.requests), PPM))
    made = contractible(replace(market, mandates=mandates, requests=requests), cleared.rules, None)
    there = set(zip(made.request.tolist(), made.mandate.tolist(), made.cover.tolist(), strict=True))
    for i in range(len(market.requests)):
        for j in range(len(market.mandates)):
            pair = unmet(market, i, j, cleared.rules.unit_fen)
            for g in range(-1, len(market.covers)):
                free = not pair and not unmet_cover(market, i, j, g, cleared.rules.unit_fen)
                assert ((i, j, g) in there) == free, (i, j, g, pair)


def test_every_mandate_is_explained_by_terms_or_by_its_place(cleared: Cleared) -> None:
    around = again(cleared)
    for i in range(0, 150, 25):
        why = explain(around, cleared.market.requests.id[i])
        assert isinstance(why, dict)
        assert {row["mandate"] for row in why["mandates"]} == set(cleared.market.mandates.id)
        for row in why["mandates"]:
            assert bool(row["unmet"]) != bool(row["options"])
            for option in row["options"]:
                cut, value = option["cut_off"], option["value"]
                if option["state"] == "behind_cut_off" and cut is not None:
                    assert (value["tier"], -value["value_ppm"], value["lot"]) >= (cut["tier"], -cut["value_ppm"], cut["lot"])  # fmt: skip


_COLUMN = {"rate_max": "rate_max_ppm", "amount": "amount_fen", "months": "months", "collateral_value": "collateral_fen"}


def test_the_changed_posting_cleared_from_the_beginning_gets_what_was_said(cleared: Cleared) -> None:
    around, said = again(cleared, full=True), 0
    for i in unserved(cleared):
        why = explain(around, cleared.market.requests.id[i])
        for row in why["changes"]:
            if row["dimension"] not in _COLUMN:
                continue
            said += 1
            change = {_COLUMN[row["dimension"]]: row["after"]}
            assert _gets(cleared.rules, with_request(cleared.market, i, change), i) == row["amount_fen"] > 0
        if said > 3:
            break
    assert said


def test_a_request_that_does_not_accept_cover_is_told_where_that_alone_keeps_it_out() -> None:
    market = drawn(60, 3, 2, 5)
    market = replace(market, mandates=replace(market.mandates, covered=np.full(3, 2)))
    market = replace(market, requests=replace(market.requests, covered=np.full(60, ACCEPT)))
    everybody = settled(market, default_rules())
    i = int(np.flatnonzero(lent(everybody.book, everybody.stable.amount_fen))[0])
    alone = settled(with_request(market, i, {"covered": 0}), default_rules())
    why = explain(alone, market.requests.id[i])
    with_cover = int(lent(everybody.book, everybody.stable.amount_fen)[i])
    assert [row["amount_fen"] for row in why["changes"] if row["dimension"] == "cover"] == [with_cover]


def test_a_loan_above_a_covers_capacity_is_told_the_most_that_the_cover_bears() -> None:
    market = drawn(12, 1, 1, 2)
    capacity, share = 40_000_000, int(market.covers.share_ppm[0])
    covers = replace(
        market.covers,
        capacity_fen=np.array([capacity]),
        industries=(frozenset(),),
        regions=(frozenset(),),
        sizes=(frozenset(),),
    )
    market = replace(market, covers=covers, mandates=replace(market.mandates, covered=np.array([2])))
    cleared = settled(market, default_rules())
    for i in range(12):
        terms = unmet_cover(market, i, 0, 0, cleared.rules.unit_fen)
        if [term.code for term in terms] == ["AMOUNT_ABOVE_CAPACITY"]:
            change = _change(market, i, 0, 0, list(terms))
            assert change == {"amount_fen": capacity * PPM // share}
            assert not unmet_cover(with_request(market, i, change), i, 0, 0, cleared.rules.unit_fen)
            return
    pytest.fail("no loan of this market is above the capacity alone")


@pytest.mark.parametrize("forms", [{"split": 1.0}, {"whole": 1.0}])
def test_resumed_without_covers_the_request_gets_what_a_full_clearing_gives(forms: dict[str, float]) -> None:
    market, rules = drawn(200, 5, 0, 4, forms), default_rules()
    market = replace(market, requests=replace(market.requests, least_fen=np.zeros(200, dtype=np.int64)))
    cleared = settled(market, rules)
    around: Again = again(cleared, full=False)
    for i, _ in zip(unserved(cleared), range(8), strict=False):
        said = around.versions(i, CHANGES)
        for version in range(len(CHANGES)):
            changed, amount = around.settled_with(said, version)
            assert not broken(changed, amount)
            in_full = stable(changed_book(around.at, said, version), rules).amount_fen
            assert lent(changed, amount)[i] == lent(changed, in_full)[i]


def test_one_more_is_the_market_cleared_with_the_larger_budget() -> None:
    market, rules, step = drawn(20, 3, 0, 3), default_rules(), 500_000_000
    cleared = clear(market, rules, None)
    assert isinstance(cleared, Cleared)
    more = one_more(cleared, "mandate", market.mandates.id[1], step)
    budgets = market.mandates.budget_fen + np.where(np.arange(3) == 1, step, 0)
    after = clear(replace(market, mandates=replace(market.mandates, budget_fen=budgets)), rules, None)
    assert isinstance(more, dict) and isinstance(after, Cleared)
    for result in ("stable", "best"):
        assert more[result]["lent_fen"]["after"] == int(getattr(after, result).amount_fen.sum())
        reached = more[result]["reached"]
        assert more[result]["lent_fen"]["after"] - more[result]["lent_fen"]["before"] == reached["more"]["sum_fen"] - reached["less"]["sum_fen"]  # fmt: skip
    best = more["best"]
    assert best["proven_low_ppm"] <= (after.best.welfare - cleared.best.welfare) // step <= best["proven_high_ppm"]


def test_what_is_not_there_or_too_small_is_refused(cleared: Cleared) -> None:
    codes = [
        one_more(cleared, "mandate", "nobody", 10**8), one_more(cleared, "cover", "nobody", 10**8),
        one_more(cleared, "mandate", cleared.market.mandates.id[0], 0), explain(cleared, "nobody"),
        declining(cleared, cleared.market.requests.id[next(unserved(cleared))]),
    ]  # fmt: skip
    assert [answer.code for answer in codes if isinstance(answer, Refusal)] == [
        "MANDATE_UNKNOWN", "COVER_UNKNOWN", "STEP_TOO_SMALL", "REQUEST_UNKNOWN", "NOTHING_TO_DECLINE",
    ]  # fmt: skip


def test_declining_costs_the_difference_to_the_market_without_that_pair(cleared: Cleared) -> None:
    market = cleared.market
    for i in np.flatnonzero(lent(cleared.book, cleared.amounts))[:3].tolist():
        answer = declining(cleared, market.requests.id[i])
        assert isinstance(answer, dict)
        offer = answer["offers"][0]
        veto = market.requests.veto[i] | {offer["declined"][0]["mandate"]}
        assert _gets(cleared.rules, with_request(market, i, {"veto": veto}), i) == offer["amount_fen"]["after"]
        assert all(one["mandate"] != offer["declined"][0]["mandate"] for one in offer["instead"])


def test_gains_and_losses_add_up_to_the_difference_of_both_results(cleared: Cleared) -> None:
    price = stability_price(cleared)
    assert price["welfare"]["lost_fen"] == pytest.approx((cleared.best.welfare - welfare(cleared.book, cleared.stable.amount_fen)) / PPM, abs=1)  # fmt: skip
    for side, count in (("companies", 150), ("funders", 6), ("covers", 2)):
        told = price[side]
        assert told["gain"]["count"] + told["lose"]["count"] + told["same"] == count
        change = told["gain"]["sum_fen"] + told["lose"]["sum_fen"]
        assert abs(change - (told["value_stable_fen"] - told["value_best_fen"])) <= 2


def _gets(rules: MarketRules, market: Market, i: int) -> int:
    made = contractible(market, rules, None)
    return int(lent(made, stable(made, rules).amount_fen)[i])
