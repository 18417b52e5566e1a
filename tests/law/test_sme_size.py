from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.judging import WAN, judge, judge_one, refuses
from law.naive import CLASSES, INPUT_OF, SIZES, size

VECTORS = {
    "SZ1": ("software", 120, 900, None, "small"),
    "SZ2": ("industry", 350, 2500, None, "medium"),
    "SZ3": ("industry", 1200, 39000, None, "medium"),
    "SZ4": ("software", 9, 5000, None, "micro"),
    "SZ5": ("leasing_business", 100, None, 8000, "medium"),
    "SZ6": ("construction", None, 80000, 80000, "large"),
    "SZ7": ("other", 300, None, None, "large"),
}


def wan(amount):
    return None if amount is None else amount * WAN


@pytest.mark.parametrize("vector", VECTORS)
def test_vectors_of_the_standard(law, vector):
    industry, staff, revenue, assets, expected = VECTORS[vector]
    answer = judge_one(law, "sme_size", industry=industry, staff_total=staff, revenue_fen=wan(revenue), total_assets_fen=wan(assets))  # fmt: skip
    assert answer["size_class"] == expected
    assert answer["missing"] == []


@pytest.mark.parametrize("industry", SIZES)
def test_each_step_of_each_ladder_is_included_and_one_less_is_the_class_below(law, industry):
    for indicator, steps in SIZES[industry].items():
        name, unit = INPUT_OF[indicator]
        top = {INPUT_OF[other][0]: 10**7 * INPUT_OF[other][1] for other in SIZES[industry]}  # the others don't bind
        for step, (below, at) in zip(steps, pairwise(CLASSES), strict=True):
            said = judge(law, "sme_size", [{"industry": industry, **top, name: step * unit - one} for one in (0, 1)])
            assert [row["size_class"] for row in said] == [at, below], (industry, indicator, step)


AMOUNT = st.one_of(st.integers(0, 10**13), st.sampled_from([step * WAN + off for row in SIZES.values() for key in ("revenue", "assets") for step in row.get(key, ()) for off in (-1, 0)]))  # fmt: skip
CASE = st.fixed_dictionaries({"industry": st.sampled_from(list(SIZES)), "staff_total": st.integers(0, 2500), "revenue_fen": AMOUNT, "total_assets_fen": AMOUNT})  # fmt: skip


@given(st.lists(CASE, max_size=30))
def test_columns_agree_with_the_naive_loop(law, cases):
    assert [row["size_class"] for row in judge(law, "sme_size", cases)] == [size(case) for case in cases]


def test_one_indicator_below_the_first_step_decides_whatever_the_other_is(law):
    answer = judge_one(law, "sme_size", industry="software", staff_total=9)
    assert (answer["size_class"], answer["missing"]) == ("micro", [])


def test_an_unused_indicator_is_not_missing(law):
    answer = judge_one(law, "sme_size", industry="other", staff_total=300)
    assert (answer["size_class"], answer["missing"]) == ("large", [])


def test_an_unknown_industry_leaves_what_all_industries_agree_on(law):
    tiny = judge_one(law, "sme_size", staff_total=4, revenue_fen=49 * WAN)
    assert (tiny["size_class"], tiny["missing"]) == ("micro", [])
    assert tiny["confidence"] == "corroborated"  # the weakest of all sixteen
    unsure = judge_one(law, "sme_size", staff_total=5, revenue_fen=60 * WAN)
    assert (unsure["size_class"], unsure["missing"]) == (None, ["industry"])  # assets decide nothing here


def test_one_bad_row_stops_nobody_else(law):
    rows = judge(law, "sme_size", [{"industry": "bakery", "staff_total": 1}, {"industry": "other", "staff_total": -1}, {"industry": "agri", "revenue_fen": 10**13 + 1}, {"industry": "other", "staff_total": 9}])  # fmt: skip
    assert [row["refused"] for row in rows] == ["UNKNOWN_CHOICE", "NEGATIVE", "AMOUNT_TOO_LARGE", None]
    assert [row["size_class"] for row in rows] == [None, None, None, "micro"]


def test_read_industries_are_text_and_matched_ones_corroborated(law):
    rows = judge(law, "sme_size", [{"industry": name, "staff_total": 1, "revenue_fen": 1} for name in SIZES])
    assert [row["confidence"] for row in rows] == ["text"] * 4 + ["corroborated"] * 12


def test_before_its_first_day_there_is_no_answer(law):
    first = date(2011, 6, 18)
    assert refuses(law, "sme_size", first - timedelta(days=1), industry="other", staff_total=1)
    assert judge_one(law, "sme_size", on=first, industry="other", staff_total=1)["law_on"] == first
