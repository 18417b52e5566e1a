"""The plan against every plan there is, on instances small enough to count."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.money import PPM
from kemiao.credit.allocate.offers import VALUE_SCALE, Limit, Offers
from kemiao.credit.allocate.prices import answer, best_prices, bound_at, company_prices
from kemiao.credit.allocate.solve import solve
from kemiao.credit.allocate.terms import PlanPolicy

WAN = 10**6  # fen in 万元: brute force counts in steps of it
POLICY = PlanPolicy(
    budget_counts="offered",
    rate_step_ppm=2_500,
    risk_weight_ppm=PPM,
    offer_cost_fen=0,
    borrower_share_ppm_max=PPM,
    industry_share_ppm_max={"default": PPM},
    grade_share_ppm_max={"default": PPM},
    churn_class={"A": "A"},
    elasticity=(),
    gap_goal_ppm=0,
    exact_pairs_max=100_000,
    exact_nodes_max=5_000,
    one_more_step_ppm=10_000,
)


def offers_of(values, uses, caps, members, limits, least=2, cost_fen=0):
    """values: (n, k) ppm of profit a fen; uses: (n, k) ppm; caps, limits, least in 万元; members: (n, 3)."""
    n, k = np.shape(values)
    return Offers(
        row=np.arange(n),
        rate_ppm=np.broadcast_to(np.arange(k) * 10_000 + 40_000, (n, k)),
        accept_ppm=np.array(uses, dtype=np.int64),
        value=np.array(values, dtype=np.int64) * PPM,
        use=np.array(uses, dtype=np.int64),
        cap_fen=np.array(caps, dtype=np.int64) * WAN,
        cap_by=np.zeros(n, dtype=np.int64),
        min_fen=least * WAN,
        cost_fen=cost_fen,
        limits=tuple(Limit("budget", str(number), PPM, limit * WAN) for number, limit in enumerate(limits)),
        member=np.array(members, dtype=np.int64),
    )


@st.composite
def small_offers(draw, expected: bool):
    n = draw(st.integers(1, 4))
    k = draw(st.integers(1, 3))
    accept = st.integers(200_000, PPM)
    uses = [sorted(draw(st.lists(accept, min_size=k, max_size=k)), reverse=True) if expected else [PPM] * k for _ in range(n)]  # fmt: skip
    return offers_of(
        values=draw(st.lists(st.lists(st.integers(-5_000, 60_000), min_size=k, max_size=k), min_size=n, max_size=n)),
        uses=uses,
        caps=draw(st.lists(st.integers(2, 5), min_size=n, max_size=n)),
        members=[(0, 1 + draw(st.integers(0, 1)), 3 + draw(st.integers(0, 1))) for _ in range(n)],
        limits=[draw(st.integers(2, 14)), *draw(st.lists(st.integers(0, 9), min_size=4, max_size=4))],
        cost_fen=draw(st.sampled_from([0, 3_000, 30_000])),
    )


def fits(offers, loans):
    """loans: (company, option, fen). Exact, in ppm of a fen, by a loop of its own."""
    for number, limit in enumerate(offers.limits):
        used = sum(
            int(offers.use[company, option]) * fen
            for company, option, fen in loans
            if number in offers.member[company].tolist()
        )
        if used > limit.limit_fen * PPM:
            return False
    return all(offers.min_fen <= fen <= int(offers.cap_fen[company]) for company, _, fen in loans)


def profit_of(offers, loans):
    return sum(
        int(offers.value[company, option]) * fen - offers.cost_fen * VALUE_SCALE for company, option, fen in loans
    )


def every_plan(offers):
    steps = [
        [None, *product(range(offers.value.shape[1]), range(offers.min_fen, int(cap) + 1, WAN))]
        for cap in offers.cap_fen
    ]
    for choice in product(*steps):
        yield [(company, *taken) for company, taken in enumerate(choice) if taken is not None]


def best_by_counting(offers):
    return max(profit_of(offers, loans) for loans in every_plan(offers) if fits(offers, loans))


def loans_in(solution):
    return [
        (company, int(solution.option[company]), int(fen)) for company, fen in enumerate(solution.amount_fen) if fen > 0
    ]


@settings(max_examples=60, deadline=None)
@given(small_offers(expected=False))
def test_the_plan_is_the_best_of_all_plans(offers):
    solution, best = solve(offers, POLICY), best_by_counting(offers)
    assert fits(offers, loans_in(solution))
    assert solution.profit_fen == profit_of(offers, loans_in(solution)) // VALUE_SCALE
    # Values, caps and limits are whole 万元 and each limit sums plain amounts, so counting in 万元 misses no optimum.
    assert abs(solution.profit_fen - best // VALUE_SCALE) <= 2
    assert solution.bound_fen >= best // VALUE_SCALE


@settings(max_examples=60, deadline=None)
@given(small_offers(expected=True))
def test_no_plan_passes_the_bound_where_the_budget_counts_what_is_drawn(offers):
    solution, best = solve(offers, POLICY), best_by_counting(offers)
    assert fits(offers, loans_in(solution))
    assert solution.bound_fen * VALUE_SCALE >= best
    assert solution.profit_fen * VALUE_SCALE >= best * (1 - Fraction(solution.gap_ppm, PPM)) - 2 * VALUE_SCALE
    assert solution.gap_ppm <= 1_000


@settings(max_examples=100, deadline=None)
@given(small_offers(expected=True), st.lists(st.floats(0, 70_000), min_size=5, max_size=5))
def test_any_prices_give_a_bound_and_never_below_its_exact_value(offers, prices):
    price = np.array(prices)
    ours = bound_at(offers, price, answer(offers, company_prices(offers, price)))
    exact = sum(Fraction(p) * limit.limit_fen * PPM for p, limit in zip(prices, offers.limits, strict=True))
    for company in range(len(offers)):
        at = sum(Fraction(prices[limit]) for limit in offers.member[company].tolist())
        exact += max(
            [Fraction(0)]
            + [
                (int(offers.value[company, option]) - at * int(offers.use[company, option]))
                * int(offers.cap_fen[company])
                - offers.cost_fen * VALUE_SCALE
                for option in range(offers.value.shape[1])
            ]
        )
    assert Fraction(ours) >= exact
    assert Fraction(ours) <= exact + abs(exact) * Fraction(1, 10**9) + VALUE_SCALE


def test_a_loan_too_small_to_pay_its_own_cost_is_not_made():
    offers = offers_of([[10_000]], [[PPM]], [5], [(0, 1, 2)], [2, 9, 9], cost_fen=3 * WAN)
    assert solve(offers, POLICY).amount_fen.tolist() == [0]


def test_equal_companies_are_taken_in_the_order_of_their_keys():
    offers = offers_of([[30_000]] * 6, [[PPM]] * 6, [4] * 6, [(0, 1, 2)] * 6, [12, 99, 99])
    first, second = solve(offers, POLICY), solve(offers, POLICY)
    assert first.amount_fen.tolist() == second.amount_fen.tolist() == [4 * WAN] * 3 + [0] * 3


def test_a_remainder_below_the_least_loan_is_reached_by_shrinking_another():
    # 5 + 5 leaves 1: too small for a loan; 5 + 4 + 2 uses all of it and earns more.
    offers = offers_of([[30_000], [29_000], [28_000]], [[PPM]] * 3, [5, 5, 5], [(0, 1, 2)] * 3, [11, 99, 99])
    assert solve(offers, POLICY).amount_fen.tolist() == [5 * WAN, 4 * WAN, 2 * WAN]


def synthetic(n, k, seed, budget_share, expected=True):
    """Companies of 40 groups with amounts in odd fen, by a seeded generator."""
    draw = np.random.default_rng(seed)
    accept = np.sort(draw.integers(50_000, PPM, (4, k)), axis=1)[:, ::-1][draw.integers(0, 4, n)]
    margin = np.linspace(-5_000, 90_000, k)[None, :] - draw.exponential(15_000, n)[:, None]
    value = (accept / PPM * margin).astype(np.int64)
    cap = draw.integers(2 * WAN, 90 * WAN, n)
    member = np.stack([np.zeros(n, np.int64), 1 + draw.integers(0, 10, n), 11 + draw.integers(0, 4, n)], axis=1)
    budget = int(cap.sum() * budget_share) // WAN
    limits = [budget, *[budget // 7] * 10, *[budget // 3] * 4]
    uses = accept if expected else np.full((n, k), PPM)
    made = offers_of(value, uses, np.full(n, 2), member, limits, cost_fen=20_000)
    return replace(made, cap_fen=cap)


@pytest.mark.parametrize("expected", [False, True])
def test_the_gap_agrees_with_a_program_written_another_way(expected):
    """SciPy's milp on the whole model, one row a rule, nothing pruned."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import bmat, coo_matrix, csr_matrix, diags

    offers = synthetic(40, 5, 7, 0.2, expected)
    n, k = offers.value.shape
    pairs = n * k
    owner = np.repeat(np.arange(n), k)
    value, use = offers.value.reshape(-1) / VALUE_SCALE * WAN, offers.use.reshape(-1) / PPM
    cap = offers.cap_fen[owner] / WAN
    groups = csr_matrix(
        np.array([[use[p] * (number in offers.member[owner[p]].tolist()) for p in range(pairs)] for number in range(len(offers.limits))])
    )  # fmt: skip
    one = coo_matrix((np.ones(pairs), (owner, np.arange(pairs))), shape=(n, pairs))
    eye, empty = diags(np.ones(pairs)), None
    rows = [
        LinearConstraint(
            bmat([[groups, csr_matrix(groups.shape)]]), -np.inf, [x.limit_fen / WAN for x in offers.limits]
        ),
        LinearConstraint(bmat([[csr_matrix(one.shape), one]]), -np.inf, 1),
        LinearConstraint(bmat([[eye, diags(-cap)]]), -np.inf, 0),
        LinearConstraint(bmat([[eye, diags(np.full(pairs, -offers.min_fen / WAN))]]), 0, np.inf),
    ]
    assert empty is None
    cost = np.concatenate([-value, np.full(pairs, offers.cost_fen)])
    upper = np.concatenate([cap, np.ones(pairs)])
    whole = np.concatenate([np.zeros(pairs), np.ones(pairs)])
    peer = milp(cost, constraints=rows, bounds=Bounds(0, upper), integrality=whole, options={"mip_rel_gap": 1e-6})
    ours = solve(offers, POLICY)
    assert fits(offers, loans_in(ours))
    assert ours.profit_fen == pytest.approx(-peer.fun, rel=3e-5)
    assert ours.bound_fen >= -peer.fun * (1 - 1e-6)
    assert ours.gap_ppm <= 100


@pytest.mark.parametrize(("seed", "budget_share"), [(1, 0.01), (2, 0.1), (3, 0.9)])
def test_a_thousand_companies_are_planned_within_a_thousandth_and_to_the_fen(seed, budget_share):
    offers = synthetic(1_000, 12, seed, budget_share)
    ours = solve(offers, replace(POLICY, gap_goal_ppm=100))
    assert ours.gap_ppm <= 1_000
    assert fits(offers, loans_in(ours))
    prices = best_prices(offers)
    assert ours.profit_fen <= ours.bound_fen <= prices.bound / VALUE_SCALE + 1
