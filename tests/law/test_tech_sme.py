from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.judging import YUAN, judge, judge_one, refuses
from law.naive import ROUTES, T4, tech_passes, tech_points

CLEAN = {"is_resident_mainland": True, "in_negative_catalogue": False} | dict.fromkeys(T4, False)
NO_ROUTE = dict.fromkeys(ROUTES, False)
NAMES = ("staff_total", "staff_tech", "revenue_fen", "total_assets_fen", "rd_expense_fen", "total_cost_fen", "ip_class_1", "ip_class_2")  # fmt: skip


def case(*figures, **own):
    money = {"revenue_fen", "total_assets_fen", "rd_expense_fen", "total_cost_fen"}
    cells = {name: figure * (YUAN if name in money else 1) for name, figure in zip(NAMES, figures, strict=True)}
    return CLEAN | NO_ROUTE | cells | own


TS1 = case(80, 22, 30_000_000, 25_000_000, 1_650_000, 28_000_000, 0, 5)
TS2 = case(80, 7, 30_000_000, 25_000_000, 2_100_000, 28_000_000, 1, 0)
TS3 = case(60, 9, 10_000_000, 9_000_000, 250_000, 9_500_000, 1, 0)
TS5 = case(501, 200, 90_000_000, 90_000_000, 9_000_000, 80_000_000, 2, 0)


@pytest.mark.parametrize(
    ("cells", "points", "passes", "route", "failed"),
    [
        (TS1, (16, 40, 24), True, "score", []),
        (TS2, (0, 50, 30), False, None, ["T5"]),
        (TS3, (8, 10, 30), False, None, ["T5"]),
        (TS3 | {"high_tech_certificate": True}, (8, 10, 30), True, "R1", []),
        (TS5, (20, 50, 30), False, None, ["T2a"]),
    ],
    ids=["TS1", "TS2", "TS3", "TS4", "TS5"],
)
def test_vectors_of_the_evaluation(law, cells, points, passes, route, failed):
    answer = judge_one(law, "tech_sme", **cells)
    assert (answer["staff_points"], answer["rd_points"], answer["ip_points"]) == points
    assert (answer["score"], answer["passes"], answer["route"], answer["failed"]) == (
        sum(points),
        passes,
        route,
        failed,
    )
    assert answer["figures_pass"] is passes


@pytest.mark.parametrize(("share", "at", "below"), [(30, 20, 16), (25, 16, 12), (20, 12, 8), (15, 8, 4), (10, 4, 0)])
def test_each_band_of_staff_begins_at_its_exact_share(law, share, at, below):
    rows = judge(law, "tech_sme", [TS1 | {"staff_total": 500, "staff_tech": 5 * share - one} for one in (0, 1)])
    assert [row["staff_points"] for row in rows] == [at, below]


@pytest.mark.parametrize(("share", "at", "below"), [(6, 50, 40), (5, 40, 30), (4, 30, 20), (3, 20, 10), (2, 10, 0)])
def test_each_band_of_research_to_sales_begins_at_its_exact_share(law, share, at, below):
    sales = 100 * 123_456_789  # a fen less than the exact share falls into the band below
    cells = TS1 | {"revenue_fen": sales, "total_cost_fen": 10**13}
    rows = judge(law, "tech_sme", [cells | {"rd_expense_fen": share * sales // 100 - one} for one in (0, 1)])
    assert [row["rd_points"] for row in rows] == [at, below]


@pytest.mark.parametrize(
    ("share", "at", "below"), [(30, 50, 40), (25, 40, 30), (20, 30, 20), (15, 20, 10), (10, 10, 0)]
)
def test_each_band_of_research_to_cost_begins_at_its_exact_share_at_the_largest_amounts(law, share, at, below):
    cost = 10**13
    cells = TS1 | {"revenue_fen": 0, "total_cost_fen": cost}
    rows = judge(law, "tech_sme", [cells | {"rd_expense_fen": share * cost // 100 - one} for one in (0, 1)])
    assert [row["rd_points"] for row in rows] == [at, below]


@pytest.mark.parametrize(("first", "second", "points"), [(1, 0, 30), (0, 5, 24), (0, 4, 24), (0, 3, 18), (0, 2, 12), (0, 1, 6), (0, 0, 0)])  # fmt: skip
def test_points_for_intellectual_property(law, first, second, points):
    assert judge_one(law, "tech_sme", **TS1 | {"ip_class_1": first, "ip_class_2": second})["ip_points"] == points


@pytest.mark.parametrize(("name", "ceiling", "failed"), [("staff_total", 500, "T2a"), ("revenue_fen", 2 * 10**10, "T2b"), ("total_assets_fen", 2 * 10**10, "T2c")])  # fmt: skip
def test_ceilings_are_included(law, name, ceiling, failed):
    ample = TS1 | {"staff_tech": 200, "staff_total": 200, "rd_expense_fen": 2 * 10**9}
    at, above = judge(law, "tech_sme", [ample | {name: ceiling}, ample | {name: ceiling + 1}])
    assert (at["passes"], at["failed"]) == (True, [])
    assert (above["passes"], above["failed"]) == (False, [failed])


def test_exactly_sixty_points_pass(law):
    cells = TS1 | {"staff_total": 100, "staff_tech": 15, "revenue_fen": 10**10, "total_cost_fen": 10**13, "rd_expense_fen": 4 * 10**8, "ip_class_2": 3}  # fmt: skip
    short, enough = judge(law, "tech_sme", [cells, cells | {"staff_tech": 20}])
    assert (short["score"], short["passes"]) == (56, False)
    assert (enough["score"], enough["passes"]) == (60, True)


@pytest.mark.parametrize("flag", [*T4, "in_negative_catalogue", "is_resident_mainland"])
def test_each_flag_of_entry_fails_on_its_own(law, flag):
    wrong = flag != "is_resident_mainland"
    condition = "T1" if flag == "is_resident_mainland" else "T3" if flag == "in_negative_catalogue" else "T4"
    answer = judge_one(law, "tech_sme", **TS1 | {flag: wrong})
    assert (answer["passes"], answer["failed"]) == (False, [condition])


@pytest.mark.parametrize("route", ROUTES)
def test_each_direct_route_stands_in_for_the_score(law, route):
    answer = judge_one(law, "tech_sme", **TS2 | {route: True})
    assert (answer["passes"], answer["route"]) == (True, f"R{ROUTES.index(route) + 1}")


def test_a_company_with_a_route_needs_no_score(law):
    known = ("staff_total", "revenue_fen", "total_assets_fen")
    cells = CLEAN | {name: TS1[name] for name in known} | {"high_tech_certificate": True}
    answer = judge_one(law, "tech_sme", **cells)
    assert (answer["passes"], answer["score"], answer["missing"]) == (True, None, [])


def test_too_many_technologists_settle_an_unknown_staff_total(law):
    answer = judge_one(law, "tech_sme", **TS1 | {"staff_total": None, "staff_tech": 501})
    assert (answer["passes"], answer["failed"]) == (False, ["T2a"])


def test_the_better_ratio_makes_the_other_one_idle(law):
    answer = judge_one(
        law, "tech_sme", **TS1 | {"rd_expense_fen": TS1["revenue_fen"] * 6 // 100, "total_cost_fen": None}
    )
    assert (answer["rd_points"], answer["passes"], answer["missing"]) == (50, True, [])


@pytest.mark.parametrize(
    ("unknown", "points"),
    [
        ("staff_tech", (None, 40, 24)), ("staff_total", (None, 40, 24)), ("rd_expense_fen", (16, None, 24)), ("revenue_fen", (16, None, 24)),
        ("total_cost_fen", (16, None, 24)), ("ip_class_1", (16, 40, None)), ("ip_class_2", (16, 40, None)),
    ],
)  # fmt: skip
def test_points_that_could_be_others_are_not_said_and_make_no_score(law, unknown, points):
    answer = judge_one(law, "tech_sme", **TS1 | {unknown: None})
    assert (answer["staff_points"], answer["rd_points"], answer["ip_points"]) == points
    assert answer["score"] is None


def test_the_most_there_is_by_cost_is_known_without_the_sales(law):
    by_cost = TS1 | {"rd_expense_fen": TS1["total_cost_fen"] * 3 // 10, "revenue_fen": None}
    assert judge_one(law, "tech_sme", **by_cost)["rd_points"] == 50


def test_a_ratio_over_nothing_earns_no_points(law):
    assert judge_one(law, "tech_sme", **TS1 | {"revenue_fen": 0, "total_cost_fen": 0})["rd_points"] == 0
    assert judge_one(law, "tech_sme", **TS1 | {"staff_total": 0, "staff_tech": 0})["staff_points"] == 0


def test_more_technologists_than_staff_are_refused(law):
    assert judge_one(law, "tech_sme", **TS1 | {"staff_tech": 81})["refused"] == "TECH_STAFF_ABOVE_TOTAL"


def test_what_is_stated_is_told_apart_from_what_is_certain(law):
    stated = {name: value for name, value in TS1.items() if name in NAMES}
    answer = judge_one(law, "tech_sme", **stated)
    assert (answer["passes"], answer["figures_pass"]) == (None, True)
    assert answer["missing"] == ["is_resident_mainland", "in_negative_catalogue", *T4]


def test_confidence_is_that_of_the_rows_used(law):
    rows = judge(law, "tech_sme", [TS1, TS5, TS2, TS3 | {"led_standard": True}])
    assert [row["confidence"] for row in rows] == ["corroborated", "corroborated", "single", "single"]


def test_before_its_first_day_there_is_no_answer(law):
    assert refuses(law, "tech_sme", date(2017, 5, 2), **TS1)
    assert judge_one(law, "tech_sme", on=date(2017, 5, 3), **TS1)["passes"] is True


AMOUNT = st.one_of(st.integers(0, 10**13), st.integers(0, 400), st.sampled_from([2 * 10**10, 2 * 10**10 + 1]))
PEOPLE = st.integers(0, 520).flatmap(lambda total: st.tuples(st.just(total), st.integers(0, total)))
FULL = st.builds(
    lambda people, money, items, flags: (
        dict(zip(NAMES[:2], people, strict=True))
        | dict(zip(NAMES[2:6], money, strict=True))
        | dict(zip(NAMES[6:], items, strict=True))
        | dict(zip((*CLEAN, *ROUTES), flags, strict=True))
    ),
    PEOPLE,
    st.tuples(AMOUNT, AMOUNT, AMOUNT, AMOUNT),
    st.tuples(st.integers(0, 2), st.integers(0, 6)),
    st.tuples(
        st.sampled_from([True, True, True, False]),
        *[st.sampled_from([False] * 9 + [True])] * 7,
        *[st.sampled_from([False, False, False, True])] * 4,
    ),
)


@given(st.lists(FULL, max_size=20))
def test_columns_agree_with_the_naive_loop(law, cases):
    rows = judge(law, "tech_sme", cases)
    assert [(row["staff_points"], row["rd_points"], row["ip_points"]) for row in rows] == [tech_points(each) for each in cases]  # fmt: skip
    assert [row["passes"] for row in rows] == [tech_passes(each) for each in cases]
