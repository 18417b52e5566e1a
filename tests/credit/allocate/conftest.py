"""A bank's numbers for plans, as the default policy has them, and companies made by a seeded generator."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import numpy as np
import pytest

from kemiao.credit.allocate.candidates import candidates_from_table
from kemiao.credit.allocate.elasticity import from_policy
from kemiao.credit.allocate.plan import question
from kemiao.credit.allocate.terms import Costs, Terms, policy_from

WAN = 10**6
COSTS = Costs(
    funding_ppm=18_000, operating_ppm=6_000, lgd_ppm=400_000, target_return_ppm=100_000, capital_ratio_ppm=80_000
)
TERMS = Terms(budget_fen=3_000 * WAN, min_fen=10 * WAN, max_fen=100 * WAN, rate_low_ppm=40_000, rate_high_ppm=90_000)


@pytest.fixture(scope="session")
def policy():
    text = files("kemiao.bank.default_policy").joinpath("plan.toml").read_text("utf-8")
    return policy_from(tomllib.loads(text))


def companies(count, seed=1):
    draw = np.random.default_rng(seed)
    grades = (("AA", 0.002), ("A", 0.005), ("BBB", 0.012), ("BB", 0.025), ("B", 0.05), ("CCC", 0.1))
    rows = []
    for number in range(count):
        grade, pd = grades[draw.integers(0, len(grades))]
        industry = ("制造业", "建筑业", "服务业", "")[draw.integers(0, 4)]
        cells = [f"C{number:05}", grade, industry, f"{pd * draw.uniform(0.8, 1.25):.6f}", f"{draw.integers(5, 150)}万"]
        rows.append((number + 2, cells))
    return candidates_from_table(("company", "grade", "industry", "pd", "limit"), rows, "companies.csv")


@pytest.fixture
def ask(policy):
    def build(candidates, terms=TERMS, policy=policy, rates=(40_000, 55_000, 70_000, 90_000)):
        return question(candidates, terms, policy, COSTS, from_policy(policy), np.array(rates, dtype=np.int64))

    return build
