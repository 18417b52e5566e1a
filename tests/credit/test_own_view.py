"""What a company is told of itself: gaps agree with the rule of law, sliders hold what matters, and of few peers nothing is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.tables import read_all_packaged
from kemiao.credit.portrait import Axis, PortraitPolicy, portrait, told
from kemiao.credit.qualification_gaps import TechSme, tech_sme_gaps
from kemiao.credit.rating.actionable import reasons_policy
from kemiao.credit.rating.options import bound_of
from kemiao.credit.rating.sliders import sliders
from kemiao.law import tech_sme
from little_bank import policy_on, rulebook_of, sound_row

LAW = read_all_packaged("kemiao.law.tables")
ON = date(2024, 7, 1)
COUNTS = st.none() | st.integers(0, 600)
AMOUNTS = st.none() | st.integers(0, 3 * 10**10)


def _row(**own: object) -> pa.Table:
    names = (
        "staff_total", "staff_tech", "revenue_fen", "total_assets_fen", "rd_expense_fen", "total_cost_fen", "ip_class_1", "ip_class_2",
        "abnormal_listings", "dishonest_listings",
    )  # fmt: skip
    days = ("national_award_on", "rd_institution_on", "standard_lead_on")
    cells = {name: pa.array([own.get(name)], pa.int64()) for name in names} | {name: pa.array([None], pa.date32()) for name in days}  # fmt: skip
    return pa.table(cells | {"high_tech_certificate": pa.array([own.get("high_tech_certificate")], pa.bool_())})


@settings(max_examples=150, deadline=None)
@given(total=COUNTS, share=st.integers(0, 100), sales=AMOUNTS, cost=AMOUNTS, research=AMOUNTS, one=COUNTS, two=COUNTS)
def test_points_of_the_gaps_are_those_of_the_rule(
    total: int | None, share: int, sales: int | None, cost: int | None, research: int | None, one: int | None, two: int | None
) -> None:  # fmt: skip
    tech = None if total is None else total * share // 100
    row = _row(staff_total=total, staff_tech=tech, revenue_fen=sales, total_cost_fen=cost, rd_expense_fen=research, ip_class_1=one, ip_class_2=two)  # fmt: skip
    found = tech_sme_gaps(row, LAW, ON)
    assert isinstance(found, TechSme)
    points = {each.code: each.points for each in found.scores}
    for rule, parts in (("staff", ("staff",)), ("rd", ("rd_to_sales", "rd_to_cost")), ("ip", ("class_1", "class_2"))):
        said, own = found.said[f"{rule}_points"], [points[part] for part in parts]
        if said is not None and None not in own:
            assert said == max(own)  # type: ignore[type-var]


@settings(max_examples=100, deadline=None)
@given(total=st.integers(1, 500), share=st.integers(0, 29))
def test_so_many_more_reach_the_next_step_and_one_fewer_does_not(total: int, share: int) -> None:
    tech = total * share // 100
    found = tech_sme_gaps(_row(staff_total=total, staff_tech=tech), LAW, ON)
    assert isinstance(found, TechSme)
    staff = found.scores[0]
    if staff.more is None or tech + staff.more > total:
        return

    def earned(people: int) -> int:
        said = tech_sme.RULE.check(_row(staff_total=total, staff_tech=people), LAW, ON, {})
        assert isinstance(said, pa.Table)
        return int(said["staff_points"][0].as_py())

    assert earned(tech + staff.more) >= (staff.earns or 0)  # people are few: one more may skip a step
    assert earned(tech + staff.more - 1) < (staff.earns or 0)


def test_a_slider_holds_the_value_and_the_bound_of_its_lever() -> None:
    policy = reasons_policy(policy_on()["reasons"])
    card = rulebook_of().card
    row = sound_row()
    found = sliders(row, card, frozenset(), policy)  # type: ignore[arg-type]
    levers = {each.feature: each for each in policy.levers}  # type: ignore[union-attr]
    assert len(found) >= 8
    for each in found:
        if each.levels:
            continue
        bound = bound_of(levers[each.feature], each.now)
        assert each.low is not None
        assert each.high is not None
        assert each.low <= min(each.now, each.now if bound is None else bound)
        assert each.high >= max(each.now, each.now if bound is None else bound)


@pytest.mark.parametrize(("peers", "says"), [(9, False), (10, True)])
def test_a_company_is_told_of_ten_peers_and_of_none_alone(peers: int, says: bool) -> None:
    policy = PortraitPolicy(1, 5, 0, ((),), (Axis("a", "甲", "a", (("staff_total", True), ("customers_12m", True))),))
    count = peers + 1
    rows = pa.table({
        "company": [f"c{number:02}" for number in range(count)], "industry_named": ["x"] * count, "size_class": ["small"] * count, "stage": ["growth"] * count,
        "staff_total": list(range(count)), "customers_12m": [1, *([None] * (count - 4)), 1, 2, 3],
    })  # fmt: skip
    whole = portrait(rows, "c00", policy)
    seen = told(whole, policy)
    staff, customers = seen.axes[0].figures
    assert (staff.quartiles is not None, staff.standing_ppm is not None) == (says, says)
    assert (customers.value, customers.quartiles, customers.standing_ppm) == (1, None, None)  # three peers have it
    assert (seen.neighbours, bool(whole.neighbours)) == ((), True)
    assert told(whole, replace(policy, told_peers_min=1)).axes == whole.axes
