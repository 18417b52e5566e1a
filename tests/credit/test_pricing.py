"""Prices: the parts add up, the rate is rounded up and kept within floor and cap, as a loop over rows would have it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.columns import Ints
from kemiao.credit.pricing import PARTS, PricingPolicy, price
from little_bank import policy_on

POLICY = PricingPolicy.of(policy_on()["pricing"])
GRADES = [*POLICY.margin_ppm, None]
CASES = st.lists(
    st.tuples(st.integers(0, 10**6) | st.none(), st.sampled_from(GRADES), st.sampled_from([750_000, 850_000, 10**6, 1_500_000])),
    min_size=1, max_size=8,
)  # fmt: skip


def half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


def naive(pd, grade, weight, ratio, lpr, policy):
    charge = half_up(Fraction(half_up(Fraction(weight * ratio, 10**6)) * policy.target_return_ppm, 10**6))
    parts = {
        "funding": lpr + policy.funding_to_lpr_ppm,
        "operating": policy.operating_ppm,
        "expected_loss": None if pd is None else half_up(Fraction(pd * policy.lgd_ppm, 10**6)),
        "capital": charge,
        "margin": None if grade is None else policy.margin_ppm[grade],
    }
    if None in parts.values():
        return parts, None, None
    built = ceil(Fraction(sum(parts.values()), policy.step_ppm)) * policy.step_ppm
    return parts, built, max(policy.floor_ppm, min(built, policy.cap_ppm))


def columns(cases, ratio, lpr, policy):
    pds, grades, weights = zip(*cases, strict=True)
    got = price(Ints.of(pa.array(pds, pa.int64())), grades, np.array(weights), ratio, lpr, policy)
    parts = {name: column.arrow().to_pylist() for name, column in got.parts.items()}
    built, rate = got.built.arrow().to_pylist(), got.rate.arrow().to_pylist()
    return [({name: parts[name][at] for name in PARTS}, built[at], rate[at]) for at in range(len(cases))]


@settings(max_examples=100)
@given(CASES, st.sampled_from([80_000, 105_000]), st.integers(0, 60_000), st.sampled_from([1, 500, 700]))
def test_prices_agree_with_a_loop(cases, ratio, lpr, step):
    policy = replace(POLICY, step_ppm=step)
    assert columns(cases, ratio, lpr, policy) == [naive(*case, ratio, lpr, policy) for case in cases]


def test_a_row_without_a_pd_has_no_price_and_its_neighbours_have_theirs():
    cases = [(20_000, "BB", 10**6), (None, "BB", 10**6), (20_000, None, 10**6)]
    whole, without_pd, without_grade = columns(cases, 80_000, 34_500, POLICY)
    assert whole == ({"funding": 22_500, "operating": 6_000, "expected_loss": 9_000, "capital": 8_000, "margin": 8_000}, 53_500, 53_500)  # fmt: skip
    assert without_pd[1:] == without_grade[1:] == (None, None)
    assert without_pd[0]["expected_loss"] is None


def test_the_built_price_is_shown_beyond_the_cap():
    _, built, rate = columns([(400_000, "CC", 10**6)], 80_000, 34_500, POLICY)[0]
    assert (built, rate) == (226_500, POLICY.cap_ppm)
