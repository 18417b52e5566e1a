from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.judging import MILLION, judge, judge_one, refuses
from law.naive import irb_k, risk_weight

LOAN = {
    "size_class": "small", "exposure_fen": 5 * MILLION, "bank_exposure_fen": 10**13, "turnover_mean_fen": 300 * MILLION,
    "defaulted": False, "overdue_days": 0, "balance_fen": 5 * MILLION, "provision_fen": 0, "housing_secured": False,
}  # fmt: skip
LATE = LOAN | {"defaulted": True, "balance_fen": MILLION}


@pytest.mark.parametrize(
    ("cells", "row", "weight", "rwa", "held"),
    [
        (LOAN, "W1", 750_000, 375_000_000, 30_000_000),
        (LOAN | {"size_class": "medium"}, "W2", 850_000, 425_000_000, 34_000_000),
        (LOAN | {"size_class": "large"}, "W4", 1_000_000, 500_000_000, 40_000_000),
        (LATE | {"provision_fen": 15_000_000}, "W6", 1_500_000, 127_500_000, 10_200_000),
        (LATE | {"provision_fen": 20_000_000}, "W7", 1_000_000, 80_000_000, 6_400_000),
        (LATE | {"housing_secured": True}, "W8", 1_000_000, 100_000_000, 8_000_000),
    ],
)
def test_vectors_of_the_standardised_approach(law, cells, row, weight, rwa, held):
    answer = judge_one(law, "capital", **cells)
    assert (answer["row"], answer["risk_weight_ppm"], answer["risk_weight_high_ppm"]) == (row, weight, weight)
    assert (answer["rwa_fen"], answer["capital_fen"], answer["missing"]) == (rwa, held, [])


@pytest.mark.parametrize(
    ("moved", "cells", "within", "beyond"),
    [
        ("exposure_fen", {"exposure_fen": 10 * MILLION}, "W1", "W2"),  # the trap: a fen more costs ten points of weight
        ("exposure_fen", {"exposure_fen": 5 * MILLION, "bank_exposure_fen": 1_000 * MILLION}, "W1", "W2"),
        ("turnover_mean_fen", {"size_class": "medium", "turnover_mean_fen": 300 * MILLION}, "W2", "W4"),
    ],
)
def test_each_ceiling_is_included(law, moved, cells, within, beyond):
    at, above = judge(law, "capital", [LOAN | cells, LOAN | cells | {moved: cells[moved] + 1}])
    assert (at["row"], above["row"]) == (within, beyond)


def test_the_share_of_the_banks_exposure_is_exact_to_a_fen(law):
    share = 5 * MILLION + 1  # 200 times as much is no whole million of fen
    rows = judge(
        law, "capital", [LOAN | {"exposure_fen": share, "bank_exposure_fen": 200 * share - less} for less in (0, 1)]
    )
    assert [row["row"] for row in rows] == ["W1", "W2"]


def test_ninety_one_days_are_default_and_ninety_leave_it_open(law):
    rows = judge(law, "capital", [LOAN | {"defaulted": None, "overdue_days": days} for days in (90, 91)])
    assert [(row["row"], row["missing"]) for row in rows] == [(None, ["defaulted"]), ("W6", [])]


@pytest.mark.parametrize("cells", [{"overdue_days": 91}, {"pd_ppm": 10**6}, {"defaulted": True, "pd_ppm": 20_000}])
def test_who_says_both_default_and_none_is_refused(law, cells):
    assert judge_one(law, "capital", **LOAN | cells)["refused"] == "DEFAULT_CONTRADICTED"


def test_a_fen_below_a_fifth_of_provision_is_below_it(law):
    balance = 10**13 - 5
    cells = LATE | {"balance_fen": balance}
    rows = judge(law, "capital", [cells | {"provision_fen": balance // 5 - less} for less in (0, 1)])
    assert [row["row"] for row in rows] == ["W7", "W6"]


def test_where_the_size_is_unknown_the_largest_possible_weight_is_said(law):
    answer = judge_one(law, "capital", **LOAN | {"size_class": None})
    assert (answer["risk_weight_ppm"], answer["risk_weight_high_ppm"], answer["missing"]) == (
        None,
        1_000_000,
        ["size_class"],
    )


def test_a_provision_above_the_balance_is_refused(law):
    assert (
        judge_one(law, "capital", **LOAN | {"provision_fen": 5 * MILLION + 1})["refused"] == "PROVISION_ABOVE_BALANCE"
    )


STANDARD = st.fixed_dictionaries(
    {
        "size_class": st.sampled_from(["micro", "small", "medium", "large"]),
        "exposure_fen": st.one_of(st.integers(0, 2 * 10**9), st.sampled_from([10**9, 10**9 + 1])),
        "bank_exposure_fen": st.one_of(st.integers(0, 10**13), st.sampled_from([2 * 10**11, 2 * 10**11 - 1])),
        "turnover_mean_fen": st.one_of(st.integers(0, 10**11), st.sampled_from([3 * 10**10, 3 * 10**10 + 1])),
        "defaulted": st.booleans(),
        "overdue_days": st.integers(85, 95),
        "balance_fen": st.integers(0, 10**13),
        "housing_secured": st.booleans(),
    }
).flatmap(
    lambda cells: st.integers(0, cells["balance_fen"]).map(lambda provision: cells | {"provision_fen": provision})
)


@given(st.lists(STANDARD, max_size=20))
def test_weights_agree_with_the_naive_loop(law, cases):
    rows = judge(law, "capital", cases)
    for row, each in zip(rows, cases, strict=True):
        if each["overdue_days"] > 90 and not each["defaulted"]:
            assert row["refused"] == "DEFAULT_CONTRADICTED"
        else:
            assert row["risk_weight_ppm"] == risk_weight(each) * 10_000


def irb(pd, lgd, years, tens_of_millions, ead):
    return {
        "pd_ppm": round(pd * 10**6), "lgd_ppm": round(lgd * 10**6), "maturity_years_ppm": round(years * 10**6),
        "turnover_mean_fen": round(tens_of_millions * 10**9), "ead_fen": ead * 100,
    }  # fmt: skip


GENERAL = 30.1  # S of IR4: a general company is one with more turnover than an SME


@pytest.mark.parametrize(
    ("cells", "r", "b", "factor", "k", "weight", "rwa", "loss"),
    [
        (irb(0.02, 0.40, 2.5, 3, 5_000_000), 124_146, 110_770, 1_199_263, 62_966, 787_072, 393_535_867, 4_000_000),
        (irb(0.01, 0.40, 2.5, 1.5, 10_000_000), 152_784, 137_486, 1_259_810, 51_481, 643_509, 643_508_687, 4_000_000),
        (irb(0.05, 0.45, 1.0, 15, 3_000_000), 107_628, 79_878, 1_000_000, 90_927, 1_136_586, 340_975_680, 6_750_000),
        (irb(0.02, 0.40, 2.5, GENERAL, 5_000_000), 164_146, 110_770, 1_199_263, 81_674, 1_020_926, 510_463_239, 4_000_000),
        (irb(0.0003, 0.40, 5, 30, 1_000_000), 237_037, 286_115, 3_004_917, 23_970, 299_621, 29_962_145, 20_000),
        (irb(0.02, 0.304, 2.5, 3, 1_000_000), 124_146, 110_770, 1_199_263, 47_854, 598_175, None, None),
        (irb(0.03, 0.40, 4.0, 9, 1_000_000), 115_665, 96_478, 1_338_408, 85_002, 1_062_524, None, None),
    ],
    ids=["IR1", "IR2", "IR3", "IR4", "IR5", "IR6", "IR7"],
)  # fmt: skip
def test_vectors_of_the_ratings_based_approach(law, cells, r, b, factor, k, weight, rwa, loss):
    answer = judge_one(law, "capital", **cells)
    got = [answer[f"irb_{name}_ppm"] for name in ("r", "b", "maturity_factor", "k", "risk_weight")]
    assert got == [r, b, factor, k, weight]
    assert answer["irb_missing"] == []
    if rwa is not None:
        assert (answer["irb_rwa_fen"], answer["irb_el_fen"]) == (rwa, loss)


@pytest.mark.parametrize(
    ("pd", "lgd", "ead", "r", "k", "weight", "rwa", "loss"),
    [(0.03, 0.50, 800_000, 75_492, 55_815, 697_687, 55_814_988, 1_200_000), (0.01, 0.45, 2_000_000, 121_609, 36_618, 457_727, 91_545_449, 900_000)],
    ids=["RE1", "RE2"],
)  # fmt: skip
def test_vectors_of_other_retail(law, pd, lgd, ead, r, k, weight, rwa, loss):
    answer = judge_one(law, "capital", retail_pool=True, pd_ppm=round(pd * 10**6), lgd_ppm=round(lgd * 10**6), ead_fen=ead * 100)  # fmt: skip
    got = [answer[f"irb_{name}"] for name in ("r_ppm", "k_ppm", "risk_weight_ppm", "rwa_fen", "el_fen", "missing")]
    assert got == [r, k, weight, rwa, loss, []]


@pytest.mark.parametrize(
    ("collateral", "value", "lgd"),
    [("property", 4, 304_000), ("equipment", 3, 346_000), ("cash", 2, 240_000), ("intellectual_property", 4, 400_000), ("none", 0, 400_000), ("cash", 9, 0)],
    ids=["LG1", "LG2", "LG3", "patents secure nothing", "nothing", "more than the exposure"],
)  # fmt: skip
def test_vectors_of_secured_loss_given_default(law, collateral, value, lgd):
    answer = judge_one(law, "capital", ead_fen=5 * MILLION, collateral=collateral, collateral_value_fen=value * MILLION, subordinated=False)  # fmt: skip
    assert answer["irb_lgd_ppm"] == lgd


def test_full_cover_makes_the_rank_idle_and_a_rank_below_others_costs_more(law):
    cells = {"ead_fen": MILLION, "collateral": "property", "collateral_value_fen": 2 * MILLION}
    assert judge_one(law, "capital", **cells)["irb_lgd_ppm"] == 200_000
    bare = {"ead_fen": MILLION, "collateral": "none"}
    assert judge_one(law, "capital", **bare)["irb_missing"].count("subordinated") == 1
    assert judge_one(law, "capital", **bare, subordinated=True)["irb_lgd_ppm"] == 750_000


def test_the_foundation_approach_fixes_the_maturity(law):
    given_years = irb(0.02, 0.40, 4, 3, 1)
    fixed = judge_one(law, "capital", **given_years, approach="foundation")
    assert fixed["irb_k_ppm"] == 62_966
    assert judge_one(law, "capital", **given_years, approach="advanced")["irb_k_ppm"] > 62_966


def test_in_default_the_capital_is_what_the_best_estimate_leaves(law):
    cells = irb(0.02, 0.40, 2.5, 3, 1_000_000) | {"overdue_days": 91, "pd_ppm": None}
    short, full = judge(law, "capital", [cells | {"best_estimate_loss_ppm": loss} for loss in (300_000, 500_000)])
    assert (short["irb_pd_ppm"], short["irb_k_ppm"], short["irb_rwa_fen"], short["irb_el_fen"]) == (1_000_000, 100_000, 125_000_000, 30_000_000)  # fmt: skip
    assert (full["irb_k_ppm"], full["irb_rwa_fen"]) == (0, 0)
    assert judge_one(law, "capital", **cells)["irb_missing"] == ["best_estimate_loss_ppm"]


def test_a_pd_of_one_hundred_per_cent_is_default(law):
    rows = judge(law, "capital", [LOAN | {"pd_ppm": pd, "defaulted": None} for pd in (10**6, 10**6 - 1)])
    assert [row["row"] for row in rows] == ["W6", "W1"]


def test_retail_above_its_ceiling_is_refused(law):
    cells = {"retail_pool": True, "pd_ppm": 10_000, "lgd_ppm": 450_000}
    rows = judge(law, "capital", [cells | {"ead_fen": 10 * MILLION + more} for more in (0, 1)])
    assert [row["refused"] for row in rows] == [None, "RETAIL_ABOVE_CEILING"]


def test_price_vector_pr1_takes_its_capital_from_here(law):
    k = judge_one(law, "capital", **irb(0.02, 0.40, 2.5, 3, 1))["irb_k_ppm"]
    assert 18_000 + 6_000 + 20_000 * 40 // 100 + k / 10 == pytest.approx(38_296.6)


RATED = st.tuples(st.integers(0, 500_000), st.integers(0, 10**6), st.integers(0, 7 * 10**6), st.integers(0, 4 * 10**8))


@given(st.lists(RATED, min_size=1, max_size=10))
def test_k_agrees_with_the_naive_loop(law, cases):
    rows = judge(law, "capital", [{"pd_ppm": pd, "lgd_ppm": lgd, "maturity_years_ppm": years, "turnover_mean_fen": yuan * 100} for pd, lgd, years, yuan in cases])  # fmt: skip
    for row, (pd, lgd, years, yuan) in zip(rows, cases, strict=True):
        assert row["irb_k_ppm"] == pytest.approx(irb_k(pd / 1e6, lgd / 1e6, years / 1e6, yuan) * 1e6, abs=1)


def test_before_2024_the_parameters_are_not_all_there(law):
    assert refuses(law, "capital", date(2023, 12, 31), **LOAN)
    assert judge_one(law, "capital", on=date(2024, 1, 1), **LOAN)["confidence"] == "recalled"
