"""The packaged rules, grades and churn table, and drawn markets with everything that a posting may leave unsaid."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from kemiao.credit.allocate import elasticity
from kemiao.credit.allocate.terms import policy_from
from kemiao.credit.matching.market import UNKNOWN, Market, Wish
from kemiao.credit.matching.options import churn_of_grades
from kemiao.credit.matching.rules import MarketRules, rules_from
from kemiao.twin.population.market import GRADES, drawn

PD = dict(zip(GRADES, [1_000, 2_500, 6_000, 15_000, 35_000, 80_000, 160_000, 300_000, 10**6, 10**6], strict=True))


def _policy(name: str) -> dict[str, Any]:
    return tomllib.loads(files("kemiao.bank.default_policy").joinpath(f"{name}.toml").read_text("utf-8"))


@cache
def packaged_rules() -> MarketRules:
    rules = rules_from(_policy("market"))
    assert isinstance(rules, MarketRules)
    return rules


@cache
def packaged_churn() -> Any:
    plan = policy_from(_policy("plan"))
    return churn_of_grades(elasticity.from_policy(plan), plan.churn_class, GRADES)


def odd_market(seed: int, n: int = 80, k: int = 10, c: int = 3) -> Market:
    """Drawn, then pulled about: unknown facts, rankings of mandates, split and syndicated loans, zero budgets, floors on value."""
    rng = np.random.default_rng(seed)
    market = drawn(n, k, c, seed, forms={"whole": 0.4, "split": 0.4, "syndicated": 0.2})
    requests, mandates = market.requests, market.mandates

    def forget(column: np.ndarray) -> np.ndarray:
        return np.where(rng.random(len(column)) < 0.1, UNKNOWN, column)

    names = ("grade", "technology", "pd_ppm", "lgd_ppm", "patents", "green", "size", "first_time", "collateral_fen")
    wishes = [None, Wish(tuple(rng.choice(requests.id, 4).tolist()), True), Wish(tuple(dict.fromkeys(rng.choice(requests.company, 5).tolist())), False)]  # fmt: skip
    return replace(
        market,
        requests=replace(
            requests, **{name: forget(getattr(requests, name)) for name in names},
            amount_fen=requests.amount_fen + rng.integers(0, 2, n) * 345_678, covered=rng.integers(0, 3, n),
            ranking=tuple(Wish(wish.named, bool(rng.random() < 0.5)) if wish else None for wish in requests.ranking),
            veto=tuple(veto or frozenset({f"F{rng.integers(0, k):03}"}) for veto in requests.veto),
            industry=tuple(word if rng.random() < 0.9 else "" for word in requests.industry),
        ),
        mandates=replace(
            mandates, ranking=tuple((*wishes, None)[place % 4] for place in range(k)),
            rate_ppm=np.where(rng.random(mandates.rate_ppm.shape) < 0.02, UNKNOWN, mandates.rate_ppm),
            budget_fen=np.where(rng.random(k) < 0.1, 0, mandates.budget_fen + 12_345),
            loan_to_value_ppm=np.where(rng.random(k) < 0.3, 700_000, UNKNOWN),
            industry_share_ppm=tuple({requests.industry[0]: 250_000, "*": 400_000} if one else {} for one in mandates.industry_share_ppm),
        ),
        covers=replace(market.covers, mandates=tuple(frozenset(rng.choice(mandates.funder, 3).tolist()) if q else frozenset() for q in range(c))),
    )  # fmt: skip
