"""Through the cycle: the mean goes where the policy says, the order stays, and nothing moves where it says nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.cycle import Cycle, Moved, cycle_from_policy, explain, kept, through_the_cycle
from kemiao.credit.rating.scorecard import PPM, Bin, Characteristic, Scorecard, check

WHOLLY = Cycle(21_000, PPM, 300, 990_000, "test")
STATED = {"long_run_pd_ppm": 21_000, "weight_ppm": PPM, "floor_ppm": 300, "cap_ppm": 990_000, "source": "test"}
ONE = Characteristic("x", "问", "ask", "count", (Bin(0, "有", "any"), Bin(0, "未知", "unknown", unknown=True)))


def card(groups: list[tuple[int, int]], curve: tuple[tuple[int, int], ...] | None = None, **facts: object) -> Scorecard:
    """groups: (rows, pd_ppm). The curve has a step at each group's PD, so that the groups are the rows themselves."""
    steps = curve or tuple(enumerate(sorted({pd for _, pd in groups}, reverse=True)))
    said = {"validation": {"calibration": [{"rows": rows, "pd_ppm": pd, "event_ppm": pd} for rows, pd in groups]}}
    return Scorecard("rating", "fitted", 0, (ONE,), steps, said | facts)


def moved(model: Scorecard, cycle: Cycle) -> tuple[Scorecard, Moved]:
    found = through_the_cycle(model, cycle)
    assert not isinstance(found, Refusal), found
    assert found[1] is not None
    return found


def mean_by_curve(before: Scorecard, after: Scorecard, groups: list[tuple[int, int]]) -> float:
    """The mean of the groups as the new curve has them, by the points at which they stood."""
    starts = np.array([points for points, _ in after.pd_curve])
    of_pd = {pd: after.pd_curve[np.searchsorted(starts, points, side="right") - 1][1] for points, pd in before.pd_curve}
    return sum(rows * of_pd[pd] for rows, pd in groups) / sum(rows for rows, _ in groups)


def logit(pd_ppm: float) -> float:
    return math.log(pd_ppm / (PPM - pd_ppm))


GROUPS = st.lists(st.tuples(st.integers(1, 5_000), st.integers(300, 900_000)), min_size=1, max_size=12)


@settings(max_examples=40)
@given(GROUPS, st.integers(1_000, 600_000), st.integers(1, PPM))
def test_the_mean_goes_where_the_weight_says_and_the_curve_stays_a_curve(groups, long_run, weight):
    model, cycle = card(groups), Cycle(long_run, weight, 1, PPM - 1, "test")
    after, how = moved(model, cycle)
    start = sum(rows * pd for rows, pd in groups) / sum(rows for rows, _ in groups)
    share = weight / PPM
    target = PPM / (1 + math.exp(-(share * logit(long_run) + (1 - share) * logit(start))))
    assert how.mean_to_ppm == pytest.approx(target, abs=2)
    assert mean_by_curve(model, after, groups) == pytest.approx(target, abs=2)
    assert all(a[0] < b[0] and a[1] > b[1] for a, b in pairwise(after.pd_curve))
    assert check(after) is None
    assert how.own is model


@settings(max_examples=40)
@given(GROUPS, st.integers(1_000, 600_000))
def test_every_step_moves_by_the_same_logit(groups, long_run):
    model = card(groups)
    after, how = moved(model, Cycle(long_run, PPM, 1, PPM - 1, "test"))
    assume(len(after.pd_curve) == len(model.pd_curve))  # two steps may round to one
    for (_, own), (_, now) in zip(model.pd_curve, after.pd_curve, strict=True):
        plain = PPM / (1 + math.exp(-(logit(own) + how.shift_ppm / PPM)))
        assert now == pytest.approx(min(max(plain, 1), PPM - 1), abs=1)


def test_no_pd_goes_below_the_floor_or_above_the_cap_and_the_mean_counts_them_there():
    groups = [(100, 400), (100, 2_000), (100, 90_000)]
    after, how = moved(card(groups), replace(WHOLLY, long_run_pd_ppm=10_000, cap_ppm=30_000))
    assert [pd for _, pd in after.pd_curve][-1] == 300
    assert how.mean_to_ppm == 10_000
    assert mean_by_curve(card(groups), after, groups) == pytest.approx(10_000, abs=1)


def test_where_floor_and_cap_leave_no_way_it_is_refused():
    model, tight = card([(10, 400_000), (10, 500_000)]), Cycle(100_000, 1, 50_000, 100_000, "test")
    refused = through_the_cycle(model, tight)
    assert isinstance(refused, Refusal) and refused.code == "CYCLE_OUT_OF_REACH"


def test_nothing_moves_without_a_cycle_or_by_a_weight_of_nothing_or_by_judgement():
    model = card([(10, 40_000)])
    assert through_the_cycle(model, None) == (model, None)
    assert through_the_cycle(model, replace(WHOLLY, weight_ppm=0)) == (model, None)
    expert = replace(model, kind="expert")
    assert through_the_cycle(expert, WHOLLY) == (expert, None)


def test_a_model_that_keeps_no_validation_is_refused():
    for facts in ({}, {"validation": None}, {"validation": {"calibration": []}}):
        refused = through_the_cycle(replace(card([(10, 40_000)]), facts=facts), WHOLLY)
        assert isinstance(refused, Refusal) and refused.code == "CYCLE_NO_DISTRIBUTION"


def test_a_weighted_sample_counts_by_its_weights():
    rows = [{"rows": 50, "pd_ppm": 10_000, "mass_ppm": 900_000}, {"rows": 50, "pd_ppm": 200_000, "mass_ppm": 100_000}]
    model = replace(card([(50, 10_000), (50, 200_000)]), facts={"weight": "w", "validation": {"calibration": rows}})
    assert moved(model, WHOLLY)[1].mean_from_ppm == 29_000
    without = [{name: cell for name, cell in row.items() if name != "mass_ppm"} for row in rows]
    refused = through_the_cycle(replace(model, facts={"weight": "w", "validation": {"calibration": without}}), WHOLLY)
    assert isinstance(refused, Refusal) and refused.code == "CYCLE_NO_DISTRIBUTION"


def test_what_a_decision_keeps_and_how_it_is_told():
    model = card([(50, 60_000), (50, 20_000)])
    after, how = moved(model, WHOLLY)
    best, worst = kept(how, pa.chunked_array([[1, 0]]))
    assert (best["pd_from_ppm"], worst["pd_from_ppm"]) == (20_000, 60_000)
    said = explain({"pd_ppm": after.pd_curve[0][1], "cycle": worst})["cycle"]
    assert said["en"].startswith("PD moved from 6.00% to 3.17%: ")
    assert "4.00% to 2.10% (long-run rate 2.10%, weight 100.00%)" in said["en"]
    assert kept(None, pa.chunked_array([[1]])) == [] and explain({"pd_ppm": 1}) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"long_run_pd": 1}, {"weight_ppm": PPM + 1}, {"weight_ppm": -1}, {"source": " "}, {"long_run_pd_ppm": 200}, {"long_run_pd_ppm": 0.02},
        {"floor_ppm": 0}, {"cap_ppm": PPM}, {"weight_ppm": True},
    ],
)  # fmt: skip
def test_a_policy_that_can_not_be_meant_is_refused(wrong):
    for cells in (STATED | wrong, 5, {name: cell for name, cell in STATED.items() if name not in wrong}):
        if cells == STATED:
            continue
        refused = cycle_from_policy({"cycle": cells})
        assert isinstance(refused, Refusal) and refused.code == "BAD_MASTER_SCALE"


def test_a_policy_is_read():
    assert cycle_from_policy({}) is None
    assert cycle_from_policy({"cycle": STATED | {"remark": "two crises in it"}}) == WHOLLY
