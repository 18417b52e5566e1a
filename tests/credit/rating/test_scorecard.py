"""One form, one score everywhere."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.expert_card import card_from_policy, scale_curve
from kemiao.credit.rating.master_scale import grade, scale_from_policy
from kemiao.credit.rating.reasons import contributions, reasons
from kemiao.credit.rating.scorecard import Bin, Characteristic, Scorecard, check, from_bytes, to_bytes
from kemiao.credit.rating.scoring import score

WRITTEN = re.search(r"```toml\n(.*?)```", card_from_policy.__doc__ or "", re.DOTALL)
POLICY = tomllib.loads(WRITTEN[1] if WRITTEN else "")
UNKNOWN = Bin(-3, "未知", "unknown", unknown=True)


def card() -> Scorecard:
    read = card_from_policy(POLICY)
    assert isinstance(read, Scorecard)
    return read


def two_ranges(cut: str) -> Characteristic:
    below, above = Bin(-1, "低", "low", high=Decimal(cut)), Bin(1, "高", "high", low=Decimal(cut))
    return Characteristic("x", "?", "?", "count", (below, above, UNKNOWN))


def small(each: Characteristic) -> Scorecard:
    return Scorecard("small", "fitted", 100, (each,), ((0, 900_000), (100, 20_000)))


def test_json_comes_back_as_the_same_card_and_the_same_bytes():
    written = to_bytes(card())
    read = from_bytes(written, card().digest)
    assert read == card() and to_bytes(read) == written


def test_a_model_file_with_one_changed_point_is_refused_by_its_digest():
    altered = to_bytes(card()).replace(b'"points":25', b'"points":26')
    assert from_bytes(altered, card().digest).code == "MODEL_ALTERED"
    assert from_bytes(b'{"form":"kemiao/scorecard/9"}').code == "MODEL_FORM_UNKNOWN"


def test_one_row_and_a_million_get_the_same_points():
    growth = np.random.default_rng(1).integers(-(10**6), 10**6, 1_000_000)
    table = pa.table(
        {"company": np.arange(growth.size), "revenue_growth_ppm": growth, "high_tech_certificate": growth > 0}
    )
    all_at_once = score(card(), table)
    for row in (0, 17, 999_999):
        assert score(card(), table.slice(row, 1)).to_pylist() == all_at_once.slice(row, 1).to_pylist()


@given(
    st.lists(st.one_of(st.none(), st.integers(-(2**62), 2**62)), max_size=20),
    st.sampled_from(["0", "4.5", "9007199254740993"]),
)
def test_columns_agree_with_the_naive_loop_over_exact_numbers(values, cut):
    scored = score(small(two_ranges(cut)), pa.table({"x": pa.array(values, pa.int64())}), key=None)
    naive = [100 + (-3 if value is None else 1 if Decimal(value) >= Decimal(cut) else -1) for value in values]
    assert scored["points"].to_pylist() == naive
    assert scored["pd_ppm"].to_pylist() == [20_000 if points >= 100 else 900_000 for points in naive]


def test_null_nan_infinity_and_special_values_have_bins_of_their_own():
    each = replace(two_ranges("0"), bins=(*two_ranges("0").bins, Bin(7, "无记录", "no record", special=(Decimal(-1),))))
    table = pa.table({"x": [None, float("nan"), float("inf"), -1.0, -1.5]})
    assert score(small(each), table, key=None)["points.x"].to_pylist() == [-3, -3, -3, 7, -1]


def test_a_level_that_the_card_has_not_seen_is_other_and_else_unknown():
    seen, other = Bin(5, "甲", "a", levels=("a",)), Bin(2, "其他", "other", other=True)
    table = pa.table({"x": ["a", "z", None]})
    with_other = Characteristic("x", "?", "?", "text", (seen, other, UNKNOWN))
    assert score(small(with_other), table, key=None)["points.x"].to_pylist() == [5, 2, -3]
    assert score(small(replace(with_other, bins=(seen, UNKNOWN))), table, key=None)["points.x"].to_pylist() == [
        5,
        -3,
        -3,
    ]


def test_blanks_around_a_level_are_none_of_it_and_words_for_no_answer_are_unknown():
    bins = (Bin(5, "甲", "a", levels=("a", "-")), Bin(2, "其他", "other", other=True), UNKNOWN)
    table = pa.table({"x": [" a", "a\u3000", "NA", " ", "-", "none"]})
    scored = score(small(Characteristic("x", "?", "?", "text", bins)), table, key=None)
    assert scored["points.x"].to_pylist() == [5, 5, -3, -3, 5, 2]


def test_a_bound_that_no_whole_number_reaches_is_above_all_of_them():
    table = pa.table({"x": [2**63 - 1, -(2**63)]})
    assert score(small(two_ranges("1E+30")), table, key=None)["points.x"].to_pylist() == [-1, -1]
    assert score(small(two_ranges("-1E+30")), table, key=None)["points.x"].to_pylist() == [1, 1]


def test_a_lacking_column_is_refused_by_name_unless_the_card_says_optional():
    table = pa.table({"company": ["a"], "high_tech_certificate": [True]})
    assert score(card(), table)["points.revenue_growth_ppm"].to_pylist() == [-5]
    refused = score(card(), table.drop_columns(["high_tech_certificate"]))
    assert refused.code == "COLUMN_MISSING" and ("column", "high_tech_certificate") in refused.where
    assert score(small(two_ranges("0")), pa.table({"x": ["12"]}), key=None).code == "COLUMN_NOT_NUMBERS"


@pytest.mark.parametrize(
    "bins",
    [
        two_ranges("0").bins[:2],  # no unknown
        (Bin(0, "", "", high=Decimal(1)), Bin(0, "", "", low=Decimal(2)), UNKNOWN),  # a gap
        (Bin(0, "", "", high=Decimal(2)), Bin(0, "", "", low=Decimal(1)), UNKNOWN),  # an overlap
        (Bin(0, "", "", low=Decimal(1)), UNKNOWN),  # not open below
        (Bin(0, "", "", levels=("a",)), Bin(0, "", "", levels=("a", "b")), UNKNOWN),  # a level twice
    ],
)
def test_a_card_where_a_value_has_no_bin_or_two_is_refused(bins):
    problem = check(small(replace(two_ranges("0"), bins=bins)))
    assert isinstance(problem, Refusal) and ("characteristic", "x") in problem.where


def test_a_pd_that_rises_with_points_is_refused():
    assert check(replace(small(two_ranges("0")), pd_curve=((0, 10), (1, 11)))).code == "BAD_SCORECARD"


def test_a_typo_in_policy_is_named():
    typo = {**POLICY, "characteristic": [{**POLICY["characteristic"][0], "bins": [{"hihg": 3, "points": 1}]}]}
    assert "hihg" in card_from_policy(typo).en


def test_odds_double_every_pdo_points_between_floor_and_cap():
    steps = dict(scale_curve(600, 20_000, 40, 300, 500_000, low=300, high=1000))
    assert steps[600] == 20_000
    assert steps[640] == 10_101  # odds 98 : 1
    assert steps[300] == 500_000 or max(steps.values()) == 500_000
    assert min(steps.values()) == 300


def test_reasons_are_the_points_lost_and_name_the_answer():
    table = pa.table({"company": ["a"], "revenue_growth_ppm": [-300_000], "high_tech_certificate": [None]})
    scored = score(card(), table)
    first, second = reasons(card(), scored, 0, 5)
    assert (first.code, first.lost) == ("RATING_REVENUE_GROWTH_PPM", 65)
    assert (second.code, second.lost) == ("RATING_HIGH_TECH_CERTIFICATE_UNKNOWN", 20)
    assert "<-20.00%" in first.zh and "<-20.00%" in first.en
    assert 500 + sum(each.points for each in contributions(card(), scored, 0)) == scored["points"][0].as_py()


def test_grades_begin_exactly_at_their_bounds():
    text = files("kemiao.bank.default_policy").joinpath("master_scale.toml").read_text("utf-8")
    scale = scale_from_policy(tomllib.loads(text))
    assert grade(np.array([1, 999, 1_000, 299_999, 300_000, 999_999, 1_000_000]), scale).to_pylist() == [
        "AAA", "AAA", "AA", "CC", "C", "C", "D",
    ]  # fmt: skip
    assert (
        scale_from_policy({"grade": [{"name": "A", "pd_ppm_from": 5, "zh": "", "en": ""}]}).code == "BAD_MASTER_SCALE"
    )
