"""A company among its peers: standings as a naive count gives them, circles that widen, neighbours that explain themselves."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from fractions import Fraction
from importlib.resources import files

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.refusal import Refusal
from kemiao.credit.portrait import PortraitPolicy, policy_of, portrait


def packaged() -> dict:
    return tomllib.loads(files("kemiao.bank.default_policy").joinpath("portrait.toml").read_text("utf-8"))


@pytest.fixture
def policy() -> PortraitPolicy:
    read = policy_of(packaged())
    assert not isinstance(read, Refusal)
    return read


def crowd(policy: PortraitPolicy, count: int, seed: int = 1, **columns: list) -> pa.Table:
    draw = np.random.default_rng(seed)
    rows: dict[str, object] = {"company": [f"foreign:{n:03}" for n in range(count)]}
    rows |= {"industry_named": ["software"] * count, "size_class": ["small"] * count, "stage": ["growth"] * count}
    for name in policy.figures:
        values = draw.integers(-50, 50, count).tolist()
        rows[name] = pa.array([None if draw.uniform() < 0.2 else value for value in values], pa.int64())
    return pa.table(rows | columns)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-5, 5)), min_size=2, max_size=30), st.booleans())
def test_a_standing_is_the_share_of_peers_that_are_worse_ties_by_half(values, more):
    read = policy_of(packaged())
    assert isinstance(read, PortraitPolicy)
    axis = replace(read.axes[0], figures=(("revenue_fen", more),))
    found = portrait(
        crowd(read, len(values), revenue_fen=pa.array(values, pa.int64())), "foreign:000", replace(read, axes=(axis,))
    )
    own, peers = values[0], [value for value in values[1:] if value is not None]
    (told,) = found.axes[0].figures
    if own is None or not peers:
        assert told.standing_ppm is None
        return
    worse = sum((own > value if more else own < value) + Fraction(own == value, 2) for value in peers)
    assert told.standing_ppm == worse * 1_000_000 // len(peers)
    assert told.peers == len(peers)


def test_a_circle_with_too_few_companies_is_widened_and_says_so(policy):
    table = crowd(policy, 61, size_class=["small"] * 10 + ["micro"] * 51, stage=["growth"] * 30 + ["steady"] * 31)
    found = portrait(table, "foreign:000", policy)
    assert found.same == ("industry_named", "stage") and found.peers == 29
    assert found.wider == ((("industry_named", "size_class", "stage"), 9),)


def test_of_a_company_whose_industry_is_unknown_everybody_is_a_peer(policy):
    found = portrait(crowd(policy, 40, industry_named=[None] + ["software"] * 39), "foreign:000", policy)
    assert found.same == () and found.peers == 39


def test_the_nearest_peer_is_the_twin_and_the_distance_is_the_naive_one(policy):
    table = crowd(policy, 50)
    rows = table.to_pylist()
    rows[7] |= {name: rows[0][name] for name in policy.figures}
    found = portrait(pa.Table.from_pylist(rows, schema=table.schema), "foreign:000", policy)
    nearest, second = found.neighbours[:2]
    assert (nearest.number, nearest.distance_ppm) == (1, 0) and second.distance_ppm > 0
    gaps = [abs(own - theirs) for _, own, theirs in second.apart]
    assert gaps == sorted(gaps, reverse=True) and gaps[0] >= max(abs(a - b) for _, a, b in second.alike)


def test_a_lone_company_has_no_standing_and_no_neighbour(policy):
    found = portrait(crowd(policy, 1), "foreign:000", policy)
    assert found.peers == 0 and not found.neighbours
    assert all(axis.standing_ppm is None for axis in found.axes)


def test_a_figure_that_is_no_number_and_a_direction_that_is_none_are_refused():
    for name, better in (("region", "more"), ("nonsense", "less"), ("revenue_fen", "upwards")):
        content = packaged()
        content["axis"][0]["figures"] = [[name, better]]
        refused = policy_of(content)
        assert isinstance(refused, Refusal) and refused.code == "BAD_PORTRAIT_POLICY"
