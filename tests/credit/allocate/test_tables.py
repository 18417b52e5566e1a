"""Churn, shock and company tables: what is read, and the file, row and column of what is not."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.allocate import elasticity, shock
from kemiao.credit.allocate.candidates import candidates_from_decisions, candidates_from_table
from kemiao.credit.allocate.elasticity import covers, monotone, rate_grid


def numbered(*lines):
    return [(number, line.split(",")) for number, line in enumerate(lines, start=2)]


def churn_of(*lines, header="rate,churn_A,churn_B"):
    return elasticity.from_rows(header.split(","), numbered(*lines), "churn.csv", "AB")


def place(refusal):
    assert isinstance(refusal, Refusal), refusal
    where = dict(refusal.where)
    return refusal.code, where.get("row"), where.get("column")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("0.04,0,0", "0.05,0.1,x"), ("NOT_A_CHURN", "3", "churn_B")),
        (("0.04,0,0", "0.05,1.01,0.2"), ("CHURN_OUT_OF_RANGE", "3", "churn_A")),
        (("0.04,-0.1,0", "0.05,0.1,0.2"), ("NOT_A_CHURN", "2", "churn_A")),
        (("0,0,0", "0.05,0.1,0.2"), ("RATE_OUT_OF_RANGE", "2", "rate")),
        (("abc,0,0", "0.05,0.1,0.2"), ("NOT_A_RATE", "2", "rate")),
        (("0.04,0,0", "4%,0.1,0.2"), ("RATE_TWICE", "3", "rate")),
        (("0.04,0,0", "0.05,0.1"), ("NOT_A_CHURN", "3", "churn_B")),
        (("0.04,0,0",), ("CHURN_TOO_SHORT", None, None)),
    ],
)
def test_a_churn_table_is_refused_at_its_cell(lines, expected):
    assert place(churn_of(*lines)) == expected


def test_a_churn_table_without_a_class_that_policy_needs_is_refused():
    assert place(churn_of("0.04,0", header="rate,churn_A")) == ("CHURN_HEADER", "1", "churn_B")


def test_between_given_rates_churn_goes_straight_and_outside_it_is_refused():
    table = churn_of("4%,0,0", "6%,50%,0.3")
    assert (PPM - table.accept_ppm(np.array([40_000, 45_000, 50_000, 60_000]))).tolist() == [
        [0, 125_000, 250_000, 500_000],
        [0, 75_000, 150_000, 300_000],
    ]
    assert covers(table, 40_000, 60_000) is None
    assert covers(table, 39_999, 60_000).code == covers(table, 40_000, 60_001).code == "RATE_OUTSIDE_CHURN_TABLE"
    assert rate_grid(table, True, 45_000, 60_000, 1).tolist() == [45_000, 60_000]
    assert rate_grid(table, False, 40_000, 46_000, 2_500).tolist() == [40_000, 42_500, 45_000, 46_000]


def test_where_churn_falls_as_the_rate_rises_neighbours_are_pooled():
    table = monotone(["A"], [40_000, 50_000, 60_000], [[100_000, 300_000, 200_000]])
    assert table.churn_ppm.tolist() == [[100_000, 250_000, 250_000]]
    assert (table.dips, table.largest_change_ppm) == (1, 50_000)


@given(st.lists(st.integers(0, PPM), min_size=2, max_size=12))
def test_pooling_never_falls_and_keeps_the_mean(churn):
    smooth = monotone(["A"], range(1, len(churn) + 1), [churn]).churn_ppm[0].tolist()
    assert smooth == sorted(smooth)
    assert abs(sum(smooth) - sum(churn)) <= len(churn)
    assert churn != sorted(churn) or smooth == churn


def test_the_real_churn_table_is_read_and_made_monotone(shared_data):
    lines = list(csv.reader((shared_data / "cumcm2020c" / "rate_churn.csv").read_text("utf-8").splitlines()))
    table = elasticity.from_rows(lines[0], list(enumerate(lines[1:], start=2)), "rate_churn.csv", "ABC")
    assert len(table.rates_ppm) == 29
    assert (np.diff(table.churn_ppm, axis=1) >= 0).all()
    assert table.dips > 0
    assert table.churn_ppm[0, 1] == 94_574  # 0.0945741262057566


def shock_of(*lines, header="industry,pd_factor,revenue_factor,lgd_factor"):
    return shock.from_rows(header.split(","), numbered(*lines), "shock.csv")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("制造业,2,0.8,1", "建筑业,two,1,1"), ("NOT_A_FACTOR", "3", "pd_factor")),
        (("制造业,2,-0.8,1",), ("NOT_A_FACTOR", "2", "revenue_factor")),
        (("制造业,2,0.8,101",), ("NOT_A_FACTOR", "2", "lgd_factor")),
        (("制造业,2,0.8",), ("NOT_A_FACTOR", "2", "lgd_factor")),
        (("制造业,2,0.8,1", "制造业,1,1,1"), ("INDUSTRY_TWICE", "3", "industry")),
        ((",2,0.8,1",), ("CELL_BLANK", "2", "industry")),
        ((), ("SHOCK_EMPTY", None, None)),
    ],
)
def test_a_table_of_shocks_is_refused_at_its_cell(lines, expected):
    assert place(shock_of(*lines)) == expected


def test_a_table_of_shocks_without_a_factor_is_refused():
    assert place(shock_of("制造业,2", header="industry,pd_factor")) == ("SHOCK_HEADER", "1", "revenue_factor")


def companies_of(*lines, header="company,grade,industry,pd,limit"):
    return candidates_from_table(header.split(","), numbered(*lines), "companies.csv")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("a,A,制造业,0.02,50万", "b,A,,2.5,50万"), ("SHARE_OUT_OF_RANGE", "3", "pd")),
        (("a,A,制造业,高,50万",), ("NOT_A_SHARE", "2", "pd")),
        (("a,A,制造业,0.02,五十万",), ("NOT_AN_AMOUNT", "2", "limit")),
        (("a,A,制造业,0.02,-5",), ("LIMIT_NEGATIVE", "2", "limit")),
        (("a,,制造业,0.02,5",), ("CELL_BLANK", "2", "grade")),
        (("a,A,,0.02,5", "a,A,,0.02,5"), ("COMPANY_TWICE", "3", "company")),
    ],
)
def test_a_table_of_companies_is_refused_at_its_cell(lines, expected):
    assert place(companies_of(*lines)) == expected


def test_a_table_of_companies_needs_its_columns():
    assert place(companies_of("a,A,0.02,5", header="company,grade,pd,limit")) == ("TABLE_HEADER", "1", "industry")
    assert place(companies_of("a,A,x,5", header="company,grade,industry,limit")) == ("TABLE_HEADER", "1", "pd")


def test_companies_are_sorted_and_what_is_not_stated_stays_unknown():
    read = companies_of(
        "b,BB,,2%,50万,0.75", "a,A,制造业,0.00123,1000.5,", header="company,grade,industry,pd,limit,risk_weight"
    )
    assert read.company == ("a", "b")
    assert read.industry == ("制造业", "")
    assert read.pd_ppm.tolist() == [1_230, 20_000]
    assert read.limit_fen.tolist() == [100_050, 50_000_000]
    assert read.risk_weight_ppm.tolist() == [-1, 750_000]
    assert read.lgd_ppm.tolist() == [-1, -1]


def test_the_last_decision_of_a_company_counts_and_others_are_counted():
    def decided(company, decision, limit_fen=10**8, **more):
        return {"company": company, "decision": decision, "grade": "A", "pd_ppm": 5_000, "limit_fen": limit_fen, **more}

    log = [
        decided("b", "decline"),
        decided("a", "approve", features={"industry": "制造业"}, rate_ppm=45_000, law={"risk_weight_ppm": 750_000}),
        decided("b", "approve", limit_fen=5 * 10**7),
        decided("c", "refer"),
        decided("d", "decline"),
        decided("e", "approve", limit_fen=None),
    ]
    read = candidates_from_decisions(log)
    assert read.company == ("a", "b")
    assert read.industry == ("制造业", "")
    assert read.limit_fen.tolist() == [10**8, 5 * 10**7]
    assert read.risk_weight_ppm.tolist() == [750_000, -1]
    assert read.decided_rate_ppm.tolist() == [45_000, -1]
    assert dict(read.not_considered) == {"refer": 1, "decline": 1, "incomplete": 1}
    assert candidates_from_decisions(log, include_refer=True).company == ("a", "b", "c")
