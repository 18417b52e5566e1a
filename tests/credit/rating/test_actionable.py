"""Reasons by theme: every column in one, nothing of the loss dropped, words without codes of ours."""

from __future__ import annotations

import copy
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.refusal import Refusal
from kemiao.credit.profile import COLUMNS, PAPERS
from kemiao.credit.rating.actionable import UNKNOWN, ReasonsPolicy, actionable, reasons_policy
from little_bank import policy_on

_CODE = re.compile(r"[a-z]+_[a-z_]+|RATING|[A-Z]{3,}_|[分ft]数?\s*得|\bpoints\b|ppm")


@pytest.fixture(scope="module")
def policy() -> ReasonsPolicy:
    read = reasons_policy(policy_on()["reasons"])
    assert isinstance(read, ReasonsPolicy)
    return read


def contribution(name: str, value: object, points: int, best: int) -> dict[str, object]:
    return {"feature": name, "zh": "", "en": "", "value": value, "unit": COLUMNS[name].unit, "points": points, "best_points": best}  # fmt: skip


def test_every_column_of_the_profile_belongs_to_exactly_one_theme(policy):
    content = policy_on()["reasons"]
    for feature in COLUMNS.values():
        named = [each["name"] for each in content["theme"] if feature.name in each["features"]]
        grouped = [each["name"] for each in content["theme"] if feature.group in each["groups"]]
        assert len(named) + (0 if named else len(grouped)) == 1
        assert policy.theme(feature.name).name == (named or grouped)[0]


@given(st.data())
def test_no_point_that_was_lost_is_dropped_and_the_greatest_loss_stands_first(policy, data):
    names = data.draw(st.lists(st.sampled_from(sorted(COLUMNS)), unique=True, max_size=12))
    value = {"fen": 123_456_700, "flag": True, "text": "B", "day": "2020-01-01"}
    rows = [
        contribution(name, data.draw(st.sampled_from([None, value.get(COLUMNS[name].unit, 3)])), data.draw(st.integers(-50, 20)), 20)
        for name in names
    ]  # fmt: skip
    found = actionable(rows, ("invoice",), policy)
    assert sum(each.lost for each in found) == sum(row["best_points"] - row["points"] for row in rows)
    assert [each.lost for each in found] == sorted((each.lost for each in found), reverse=True)
    told = [figure.feature for each in found for figure in each.figures]
    assert len(told) == len(set(told))
    for each in found:
        unknown = {row["feature"] for row in rows if row["value"] is None}
        assert {figure.feature in unknown for figure in each.figures} == {each.theme == UNKNOWN}
        assert not _CODE.search(each.text.zh + each.text.en + each.help.zh + each.help.en)


def test_a_theme_speaks_with_the_companys_own_figures(policy):
    rows = [contribution("largest_customer_ppm", 610_169, -4, 12), contribution("repeat_customers_ppm", 610_169, 6, 14), contribution("age_months", 63, 6, 10)]  # fmt: skip
    customers, age = actionable(rows, ("invoice",), policy)
    assert customers.text.zh == "客户集中或不稳固:最大客户占比 61.02%;老客户占比 61.02%"
    assert (customers.lost, customers.change, age.lost, age.change) == (24, "company", 4, "time")
    assert age.text.en.endswith("age 63 months")


def test_what_is_unknown_is_told_by_the_papers_that_are_not_there(policy):
    rows = [contribution("cash_days", None, -2, 14), contribution("net_margin_ppm", None, 0, 12)]
    (missing,) = actionable(rows, ("invoice",), policy)
    assert (missing.theme, missing.lost, missing.papers) == (UNKNOWN, 28, ("bank_transaction", "financial_statement"))
    assert PAPERS["bank_transaction"][0] in missing.text.zh


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda c: c["theme"][0]["features"].append("sales_cv_ppm") or c["theme"][2]["features"].append("sales_cv_ppm"), None),
        (lambda c: c["theme"][3]["groups"].clear(), "customers_12m"),
        (lambda c: c["theme"][0]["features"].append("no_such"), "no_such"),
        (lambda c: c["lever"].append({"feature": "age_months", "toward": "more"}), "age_months"),
        (lambda c: c["lever"].append({"feature": "cash_days", "toward": "up"}), "cash_days"),
        (lambda c: c.pop("changes_max"), "changes_max"),
    ],
)  # fmt: skip
def test_a_policy_that_contradicts_itself_is_refused(change, key):
    content = copy.deepcopy({name: value for name, value in policy_on()["reasons"].items() if not name.startswith("_")})
    change(content)
    refused = reasons_policy(content)
    assert isinstance(refused, Refusal)
    assert key is None or dict(refused.where).get("key") == key
