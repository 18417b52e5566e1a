from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.credit.matching.book import lent
from kemiao.credit.matching.fairness import fairness
from kemiao.credit.matching.forecast import again, drawn_rows, forecast
from kemiao.credit.matching.intervals import Stratum, mantel_haenszel, two_sided, wilson
from kemiao.credit.matching.market import UNKNOWN, Wish
from kemiao.credit.matching.options import book
from kemiao.credit.matching.orders import at_cover, at_mandate
from kemiao.credit.matching.quotes import quotes
from kemiao.credit.matching.stable import stable
from kemiao.twin.population.market import drawn

from .market_rules import odd_market, packaged_rules

RULES = packaged_rules()
Z = two_sided(950_000)


def test_the_intervals_of_the_literature_are_found_again():
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3: 81/263, 15/148, 0/20, 1/29.
    for matched, of, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)):  # fmt: skip
        found = wilson(Fraction(matched, of), Fraction(of), Z)
        assert (found.low_ppm / 10**6, found.high_ppm / 10**6) == (
            pytest.approx(low, abs=6e-5),
            pytest.approx(high, abs=6e-5),
        )


def test_one_stratum_is_the_plain_difference_and_empty_ones_do_not_count():
    one = mantel_haenszel([Stratum(40, 30, 60, 30), Stratum(0, 0, 9, 9), Stratum(5, 0, 0, 0)], Z)
    assert one is not None and one.ppm == 250_000
    # Sato's variance, large and alike in both parts, is near p q (1/n1 + 1/n0).
    large = mantel_haenszel([Stratum(4000, 2000, 4000, 2000)], Z)
    assert large is not None and large.high_ppm == pytest.approx(1.96 * (0.25 / 2000) ** 0.5 * 10**6, rel=0.01)
    assert mantel_haenszel([Stratum(3, 1, 0, 0)], Z) is None


def test_two_companies_are_no_proof_of_a_difference():
    for members, others in ((1, 1), (2, 2), (1, 3)):
        apart = mantel_haenszel([Stratum(members, members, others, 0)], Z)
        assert apart is not None and apart.low_ppm < 0 < apart.ppm == apart.high_ppm == 10**6
    sure = mantel_haenszel([Stratum(40, 40, 40, 0)], Z)
    assert sure is not None and sure.low_ppm > 800_000


def test_among_requests_of_one_size_amounts_are_compared_as_numbers_are():
    market = drawn(200, 4, 0, 8)
    market = replace(market, requests=replace(market.requests, amount_fen=np.full(200, 10**8)))
    made = book(market, RULES, None)
    for row in fairness(market, made, RULES, stable(made, RULES).amount_fen):
        assert row["amount"]["within_grade"] == row["number"]["within_grade"]
        assert [row["amount"][side]["share"] == row["number"][side]["share"] for side in ("members", "others")] == [
            True
        ] * 2


@given(st.lists(st.tuples(*[st.integers(0, 30)] * 4), min_size=1, max_size=6))
def test_who_is_compared_with_whom_only_turns_the_sign(rows):
    strata = [Stratum(max(a, b), min(a, b), max(c, d), min(c, d)) for a, b, c, d in rows]
    turned = [Stratum(s.others, s.others_succeeded, s.members, s.succeeded) for s in strata]
    one, other = mantel_haenszel(strata, Z), mantel_haenszel(turned, Z)
    if one is None or other is None:
        assert one is other
    else:
        assert abs(one.ppm + other.ppm) <= 1 and abs(one.low_ppm + other.high_ppm) <= 1
        assert -(10**6) <= one.low_ppm <= one.ppm <= one.high_ppm <= 10**6


def test_intervals_within_grades_hold_what_they_promise():
    draw = np.random.default_rng(5)
    inside = 0
    for _ in range(400):
        strata = []
        for base in (0.2, 0.4, 0.6):
            n1, n0 = draw.integers(8, 20, 2).tolist()
            strata.append(Stratum(n1, int(draw.binomial(n1, base + 0.1)), n0, int(draw.binomial(n0, base))))
        found = mantel_haenszel(strata, Z)
        inside += found is not None and found.low_ppm <= 100_000 <= found.high_ppm
    assert 0.92 <= inside / 400 <= 0.98


def test_a_grade_that_explains_all_leaves_no_difference():
    market = drawn(400, 4, 0, 3)
    good = market.requests.grade <= 3
    young = np.where(good, np.where(np.arange(400) % 5 == 0, 12, 90), np.where(np.arange(400) % 5 < 4, 12, 90))
    market = replace(market, requests=replace(market.requests, age_months=young))
    made = book(market, RULES, None)
    amounts = np.zeros(len(made.request), np.int64)
    first = made.start[:-1][good & (np.diff(made.start) > 0)]
    amounts[first] = made.most_fen[first]
    row = next(row for row in fairness(market, made, RULES, amounts) if row["group"] == "age_below:36")
    assert row["number"]["members"]["share"]["ppm"] < row["number"]["others"]["share"]["ppm"]
    within = row["number"]["within_grade"]
    assert within["low_ppm"] <= 0 <= within["high_ppm"]
    assert row["number"]["members"]["matched"] == int((lent(made, amounts)[young < 36] > 0).sum())


def test_who_is_not_known_is_in_neither_part():
    market = drawn(50, 3)
    market = replace(market, requests=replace(market.requests, first_time=np.full(50, UNKNOWN)))
    made = book(market, RULES, None)
    row = fairness(market, made, RULES, np.zeros(len(made.request), np.int64))[0]
    assert (row["known"], row["number"]["members"], row["amount"]["within_grade"]) == (0, {"matched": 0, "of": 0, "share": None}, None)  # fmt: skip


def test_quartiles_need_as_many_funders_as_policy_says_and_name_none():
    market = drawn(60, 12, 2, 4)
    made = book(market, RULES, None)
    for request in range(60):
        options = slice(made.start[request], made.start[request + 1])
        funders = {market.mandates.funder[mandate] for mandate in made.mandate[options].tolist()}
        found = quotes(market, made, request, 5)
        assert found["quotes"] == len(funders)
        assert (found["cost_ppm"] is None) == (len(funders) < 5)
        if found["cost_ppm"]:
            lower, median, upper = found["cost_ppm"].values()
            assert made.cost_ppm[options].min() - 50 <= lower <= median <= upper <= made.cost_ppm[options].max() + 50


def test_the_three_published_numbers_give_mandates_and_covers_their_orders():
    market = odd_market(2)
    made = book(market, RULES, None)
    for group, standing, three in ((made.mandate, made.standing, at_mandate(market, made)), (made.cover, made.cover_standing, at_cover(market, made))):  # fmt: skip
        for one in range(int(group.max()) + 1):
            part = np.flatnonzero(group == one)
            part = part[np.argsort(standing[part])]
            rows = [
                tuple(int(sign * column[at]) for sign, column in zip((1, -1, 1), three, strict=True)) for at in part
            ]
            assert rows == sorted(rows)


def test_a_forecast_is_the_same_again_and_surrounds_what_it_was_drawn_from():
    market = drawn(80, 4, 0, 6)
    one, other = (forecast(market, RULES, None, draws=8) for _ in range(2))
    assert one == other
    made = book(market, RULES, None)
    now = stable(made, RULES).amount_fen
    total = [sum(row["lent_fen"][name] for row in one["mandates"]) for name in ("low", "mean", "high")]
    assert total[0] <= now.sum() <= total[2] and total[0] <= total[1] <= total[2]
    assert all(row["lent_fen"]["high"] <= row["budget_fen"] for row in one["mandates"])
    more = forecast(market, RULES, None, draws=8, arrivals=160)
    assert sum(row["loans"]["mean"] for row in more["mandates"]) >= sum(row["loans"]["mean"] for row in one["mandates"])


def test_a_request_drawn_twice_is_two_of_one_name():
    market = drawn(20, 2)
    drawn_again = again(market.requests, drawn_rows(market, 0, 60))
    assert len(set(drawn_again.id)) == 60 > len(set(drawn_again.company))
    assert list(drawn_again.id) == sorted(drawn_again.id)


def test_whom_a_mandate_ranks_it_ranks_as_often_as_it_is_drawn():
    market = drawn(40, 1, 0, 3)
    wish = Wish(market.requests.id, others=False)
    ranked = replace(market, mandates=replace(market.mandates, ranking=(wish,)))
    loans = [forecast(each, RULES, None, draws=4)["mandates"][0]["loans"]["mean"] for each in (market, ranked)]
    assert loans[0] > 4 and abs(loans[0] - loans[1]) <= 3


@pytest.mark.parametrize(("draws", "sure"), [(8, 777_777), (20, 904_761), (39, 950_000), (79, 950_000)])
def test_few_draws_are_not_said_to_be_surer_than_they_are(draws, sure):
    made = forecast(drawn(0, 1), RULES, None, draws=draws)
    assert made["confidence_ppm"] == sure


def test_a_forecast_of_an_empty_market_is_nothing():
    empty = forecast(drawn(0, 2), RULES, None, draws=3)
    assert [row["lent_fen"] for row in empty["mandates"]] == [{"mean": 0, "low": 0, "high": 0}] * 2
    assert forecast(drawn(5, 2), RULES, None, draws=10**6).code == "DRAWS_OUT_OF_RANGE"
