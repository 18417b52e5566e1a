"""What lifts a grade: what is promised comes true when it is judged, and nothing is promised that nobody can do."""

from __future__ import annotations

import random
from itertools import combinations, product
from typing import Any

import pytest

from kemiao.credit.assessment import assess
from kemiao.credit.document import documents
from kemiao.credit.lift import lift
from kemiao.credit.profile import COLUMNS
from kemiao.credit.rating.actionable import ReasonsPolicy, reasons_policy
from kemiao.credit.rating.options import bound_of, options
from kemiao.credit.what_if import judged_with
from little_bank import policy_on, profile_table, rulebook_of, sound_row

RESTED = {"as_of": "2024-07-01", "law_on": "2024-07-01", "model": "", "policy": "", "law_tables": "", "code": "", "assumed": [], "bases": []}  # fmt: skip
NEVER = {"age_months", "registered_on", "region", "industry", "register_status", "sales_history_months"}


@pytest.fixture(scope="module")
def book():
    return rulebook_of()


@pytest.fixture(scope="module")
def policy() -> ReasonsPolicy:
    return reasons_policy(policy_on()["reasons"])  # type: ignore[return-value]


def strangers(count: int) -> list[dict[str, Any]]:
    """Some inputs unknown, shares and amounts moved: companies of many grades."""
    drawn = random.Random(11)  # noqa: S311 - the same strangers every time
    rows = []
    for number in range(count):
        row = dict(sound_row(), company=f"cumcm:{number}")
        for name, value in row.items():
            if type(value) is int and name in COLUMNS and drawn.random() < 0.4:
                row[name] = int(value * drawn.choice([0, 0.2, 0.6, 1.5, 3]))
            elif name != "company" and drawn.random() < 0.1:
                row[name] = None
        row["tax_credit_grade"] = drawn.choice(["A", "B", "M", "C", None])
        rows.append(row)
    return rows


def decided(row: dict[str, Any], book) -> dict[str, Any]:
    """The kept document of a company that has this row: the way of `kemiao assess`."""
    assessed = assess(profile_table([row]), book, None)
    return documents(assessed, book, RESTED)[0]  # type: ignore[arg-type]


def same(judged, document: dict[str, Any]) -> bool:
    return judged.as_json() == {name: document[name] for name in judged.as_json()}


def test_what_if_is_what_assess_says_of_a_company_with_that_fact(book):
    changes = [{}, {"largest_customer_ppm": 100_000}, {"revenue_fen": None}, {"tax_credit_grade": "D", "cash_days": 400}, {"dishonest_listings": 1}]  # fmt: skip
    for row in [sound_row(), *strangers(6)]:
        judged = judged_with(profile_table([row]), changes, book, None)
        for each, change in zip(judged, changes, strict=True):
            assert same(each, decided(row | change, book))


def test_a_lift_never_lowers_and_comes_true_when_judged(book, policy):
    seen = 0
    for row in [sound_row(), *strangers(8)]:
        found = lift(profile_table([row]), book, None, policy, ())
        assert same(found.now, decided(row, book))
        place = [each.name for each in book.scale].index
        for path in (*found.changes, *found.paths):
            seen += 1
            after = decided(row | {each.feature: each.then for each in path.changes}, book)
            assert same(path.after, after)
            assert after["points"] >= found.now.points and after["limit_fen"] >= found.now.limit_fen
            for each in path.changes:
                lever = next(one for one in policy.levers if one.feature == each.feature)
                assert each.feature not in NEVER and row[each.feature] is not None and each.now == row[each.feature]
                if lever.toward != "level":
                    bound = bound_of(lever, each.now)
                    assert (
                        (bound <= each.then < each.now) if lever.toward == "less" else (each.now < each.then <= bound)
                    )
        for path in found.paths:
            assert place(path.after.grade) < place(found.now.grade)
        for paper in found.papers:
            assert paper.points[0] <= paper.points[1] and row[paper.feature] is None
    assert seen > 20


def test_no_smaller_set_of_changes_reaches_a_better_grade(book, policy):
    """Against trying every option of every lever, one company after another."""
    place = [each.name for each in book.scale].index
    reached = 0
    for row in strangers(5):
        table = profile_table([row])
        found = lift(table, book, None, policy, ())
        tried = [options(book.card, lever, row[lever.feature]) for lever in policy.levers]
        fewest = None
        for size in (1, 2):
            ways = [way for some in combinations(filter(None, tried), size) for way in product(*some)]
            judged = judged_with(table, [{each.feature: each.value for each in way} for way in ways], book, None)
            if any(place(each.grade) < place(found.now.grade) and each.limit_fen >= found.now.limit_fen for each in judged):  # fmt: skip
                fewest = size
                break
        sizes = {len(path.changes) for path in found.paths}
        assert len(sizes) <= 1
        if fewest is not None:
            reached += 1
            assert sizes == {fewest}
        else:
            assert not sizes & {1, 2}
    assert reached


def test_the_nearest_better_bin_is_named_just_inside_it(book, policy):
    lever = next(each for each in policy.levers if each.feature == "largest_customer_ppm")
    (only,) = options(book.card, lever, 610_169)  # to below 30 % is further than it can go in a year
    assert only.value == 499_999
    assert [each.value for each in options(book.card, lever, 550_000)] == [499_999, 299_999]
    assert options(book.card, lever, None) == []
