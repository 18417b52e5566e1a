"""Innovation points and technology flow: against a naive loop, one row as among many, and what they mean."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.technology.grade import explain, make_reference, technology_grade
from kemiao.credit.technology.reference import digest_of, percentile_ppm, ranked, reference_from
from kemiao.credit.technology.rules import STAGES, read_technology
from technology_population import LINEAGE, companies, policy, reference, rules, table

RULES = rules()
POPULATION = companies(350)
REFERENCE = reference(POPULATION)


def graded(rows, by=REFERENCE):
    return explain(technology_grade(table(rows), RULES, by), RULES)


def test_the_weights_of_each_stage_add_up_to_100_and_a_policy_whose_do_not_is_refused():
    assert [sum(each.weights[stage] for each in RULES.indicators) for stage in range(3)] == [100, 100, 100]
    assert len(RULES.indicators) == 18
    broken = policy()
    broken["indicator"][0]["weights"] = [7, 6, 7]
    with pytest.raises(Refused) as refused:
        read_technology(broken)
    assert "101" in refused.value.refusal.en
    broken = policy()
    broken["cell"] = broken["cell"][:-1]
    with pytest.raises(Refused, match="TECHNOLOGY_POLICY"):
        read_technology(broken)


# --- the same by a naive loop, from the words of the rules -----------------------------------------------------------


def naive_percentile(values, value):
    below, equal = sum(each < value for each in values), sum(each == value for each in values)
    return (2 * below + equal) * 10**6 // (2 * len(values))


def naive_stage(row):
    age, sales, growth = row["age_months"], row["revenue_fen"], row["revenue_growth_2y_ppm"]
    if age is None and sales is None:
        return None
    if (age is not None and age < 36) or (sales is not None and sales < 5_000_000 * 100):
        return "startup"
    return "growth" if None not in (age, growth) and growth >= 200_000 and age < 120 else "steady"


def naive_points(row):
    stage = naive_stage(row)
    if stage is None:
        return None
    classes, known_weight = {}, 0
    for each in RULES.indicators:
        weight = each.weights[STAGES.index(stage)]
        whole, known, total = classes.get(each.of_class, (0, 0, 0))

        def seen(value, each=each):
            value = value if each.cap is None else min(value, each.cap)
            return value if each.floor is None else max(value, each.floor)

        same_stage = [other for other in POPULATION if naive_stage(other) == stage]
        of_industry = [other for other in same_stage if row["industry"] and other["industry"] == row["industry"]]
        percentile = None
        for peers in (of_industry, same_stage, POPULATION):
            values = [seen(other[each.name]) for other in peers if other[each.name] is not None]
            if row[each.name] is not None and len(values) >= 30:
                percentile = naive_percentile(values, seen(row[each.name]))
                break
        if percentile is not None:
            known, total, known_weight = known + weight, total + weight * percentile, known_weight + weight
        classes[each.of_class] = (whole + weight, known, total)
    scored = [(whole, total // known) for whole, known, total in classes.values() if known]
    if known_weight < 60 or not scored:
        return None
    return sum(whole * score for whole, score in scored) // sum(whole for whole, _ in scored) // 10


def test_points_of_a_population_agree_with_a_naive_loop():
    exact = reference(POPULATION, replace(RULES, reference=replace(RULES.reference, knots=10**9)))
    rows = companies(40, seed=99, unknown=0.2)
    assert [each["points"]["points_milli"] for each in graded(rows, exact)] == [naive_points(row) for row in rows]
    assert [each["points"]["stage"] for each in graded(rows, exact)] == [naive_stage(row) for row in rows]


def naive_flow_score(row):
    def rank(name, turn=lambda value: value):
        values = [turn(other[name]) for other in POPULATION if other[name] is not None]
        return None if row[name] is None else naive_percentile(values, turn(row[name]))

    def months(each):  # never behind every number
        if each["months_to_first_invention"] is not None:
            return -each["months_to_first_invention"]
        return -(10**9) if each["invention_applications"] == 0 and each["age_months"] is not None else None

    starts = [months(other) for other in POPULATION if months(other) is not None]
    early = None if months(row) is None else naive_percentile(starts, months(row))
    measures = [
        [(rank("patent_value_index"), 1)],
        [(rank("rights_weighted_milli"), 3), (rank("rights_weighted_growth_ppm"), 1)],
        [(early, 1)],
        [(None if row[name] is None else row[name] * 200_000, 1) for name in ("years_with_invention_5", "years_with_rd_5")],
        [(rank("rd_to_revenue_ppm", lambda value: min(value, 10**6)), 1), (rank("tech_staff_ppm"), 1)],
    ]  # fmt: skip
    known, coverage = [], 0
    for parts in measures:
        told = [(value, weight) for value, weight in parts if value is not None]
        coverage += sum(weight for _, weight in told) * 10**6 // sum(weight for _, weight in parts)
        if told:
            known.append(sum(value * weight for value, weight in told) // sum(weight for _, weight in told))
    if coverage // 5 < 600_000:
        return None
    share = row["high_tech_income_ppm"]
    correction = 10**6 if share is None else 800_000 + share * 400_000 // 10**6
    return sum(known) // len(known) * correction // 10**6


def test_flow_scores_and_grades_agree_with_a_naive_loop():
    rows = companies(60, seed=5, unknown=0.25)
    said = graded(rows)
    assert [each["flow"]["score_ppm"] for each in said] == [naive_flow_score(row) for row in rows]
    scores = sorted(score for score in map(naive_flow_score, POPULATION) if score is not None)
    bounds = dict(zip((f"T{n}" for n in range(1, 11)), (970, 920, 850, 750, 600, 450, 300, 150, 50, 0), strict=True))
    for each in said:
        if each["flow"]["score_ppm"] is not None:
            place = naive_percentile(scores, each["flow"]["score_ppm"])
            assert each["flow"]["before_negative_list"] == next(
                name for name, low in bounds.items() if place >= low * 1000
            )
    assert any(each["flow"]["grade"] is None for each in said)


# --- properties -------------------------------------------------------------------------------------------------------


def test_one_company_gets_what_it_gets_among_all():
    together = graded(POPULATION)
    assert [graded([row])[0] for row in POPULATION[:25]] == together[:25]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, len(POPULATION) - 1),
    st.sampled_from([each.name for each in RULES.indicators]),
    st.integers(1, 10**7),
)
def test_a_better_indicator_never_lowers_the_points(number, name, more):
    row = POPULATION[number]
    if row[name] is None:
        return
    before, after = graded([row, row | {name: row[name] + more}])
    if before["points"]["stage"] == after["points"]["stage"] and before["points"]["points_milli"] is not None:
        assert after["points"]["points_milli"] >= before["points"]["points_milli"]


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=3000), st.integers(-60, 60))
def test_kept_knots_move_a_percentile_by_less_than_one_of_them(values, value):
    import numpy as np

    kept = ranked(np.array(values, np.int64), 100)
    at = np.array([value], np.int64)
    exact = naive_percentile(values, value)
    assert abs(int(percentile_ppm(kept, at)[0]) - exact) <= (0 if len(values) <= 100 else 10**6 // 100)


# --- what it means ----------------------------------------------------------------------------------------------------

STRONG = {
    "company": "c:strong", "industry": "software", "age_months": 30, "revenue_fen": 120_000_000, "rd_expense_fen": 300_000_000,
    "rd_growth_ppm": 850_000, "rd_to_revenue_ppm": 2_500_000, "tech_staff_ppm": 900_000, "invention_applications": 70, "pct_applications": 61,
    "postgraduate_ppm": 700_000, "patent_value_index": 900, "rights_weighted_milli": 20_000, "rights_weighted_growth_ppm": 800_000,
    "months_to_first_invention": 0, "years_with_invention_5": 3, "years_with_rd_5": 3, "high_tech_income_ppm": 950_000,
    "high_tech_income_fen": 110_000_000, "graduates_hired": 12, "rd_platforms": 1, "venture_investment_fen": 2_000_000_000,
    "dishonest_listings": 0, "bought_before_application": 0, "fees_unpaid": 0, "rd_without_staff": False, "return_on_equity_ppm": -900_000,
}  # fmt: skip


def test_few_sales_and_strong_technology_come_out_well():
    said = graded([STRONG])[0]
    assert said["points"]["stage"] == "startup"
    assert said["flow"]["grade"] in ("T1", "T2", "T3")
    assert said["points"]["points_milli"] > 60_000


def test_bought_patents_and_no_engineers_do_not():
    bought = STRONG | {"tech_staff_ppm": 0, "bought_before_application": 40, "rd_without_staff": True}
    said = graded([bought])[0]["flow"]
    assert int(said["grade"][1:]) >= 8
    assert [hit["name"] for hit in said["negative"]] == ["bought_before_application", "rd_without_staff"]
    assert int(said["before_negative_list"][1:]) < 8  # it is the list that caps it, and both are said


def test_too_little_known_cannot_be_told_and_names_the_papers():
    bare = {
        "company": "c:bare",
        "age_months": 60,
        "revenue_fen": 10**9,
        "rd_to_revenue_ppm": 50_000,
        "tech_staff_ppm": 200_000,
    }
    said = graded([bare])[0]
    assert said["points"]["points_milli"] is None
    assert said["flow"]["grade"] is None
    assert said["points"]["coverage_ppm"] < 600_000
    assert {each["name"] for each in said["unknown"]} >= {"rd_expense_fen", "patent_value_index", "years_with_rd_5"}
    assert all(each["paper_zh"] and each["paper_en"] for each in said["unknown"])


def test_a_class_of_which_nothing_is_known_is_uncovered_and_gives_its_weight_to_nobody():
    support = [each.name for each in RULES.indicators if each.of_class == "support"]
    said = graded([STRONG | dict.fromkeys(support)])[0]["points"]
    assert {each["name"]: each["points_milli"] for each in said["classes"]}["support"] is None
    assert said["points_milli"] is not None
    whole = graded([STRONG])[0]["points"]
    lost = sum(
        each["weight"] for each in whole["indicators"] if each["class"] == "support" and each["value"] is not None
    )
    assert whole["coverage_ppm"] - said["coverage_ppm"] == lost * 10_000


def test_a_missing_indicator_gives_its_weight_to_its_class():
    pair = [STRONG, STRONG | {"pct_applications": None}]
    whole, without = (each["points"] for each in graded(pair))
    inside = [
        each for each in without["indicators"] if each["class"] == "technology" and each["percentile_ppm"] is not None
    ]
    mean = (
        sum(each["weight"] * each["percentile_ppm"] for each in inside) // sum(each["weight"] for each in inside) // 10
    )
    assert {each["name"]: each["points_milli"] for each in without["classes"]}["technology"] == mean
    assert whole["classes"][1:] == without["classes"][1:]


# --- the reference ----------------------------------------------------------------------------------------------------


def test_a_population_that_is_too_small_is_no_reference_and_a_small_one_is_provisional():
    refused = make_reference(table(POPULATION[:29]), RULES, LINEAGE)
    assert isinstance(refused, Refusal)
    assert refused.code == "REFERENCE_TOO_SMALL"
    assert graded([STRONG], reference(companies(60)))[0]["provisional"]
    assert not graded([STRONG])[0]["provisional"]


def test_fewer_peers_than_the_policy_asks_widen_the_group_and_say_so():
    said = graded([STRONG | {"industry": "agri"}])[0]["points"]["indicators"]
    assert {each["peer_group"] for each in said if each["value"] is not None} <= {"stage", "all"}
    assert all(each["peers"] >= 30 for each in said if each["percentile_ppm"] is not None)


def test_an_altered_or_newer_or_half_reference_is_refused():
    content = make_reference(table(POPULATION), RULES, LINEAGE)
    own = digest_of(content)
    assert make_reference(table(POPULATION), RULES, LINEAGE) == content  # the same bytes again
    document = json.loads(content)
    assert reference_from(document, content.replace(b"350", b"351"), own).code == "REFERENCE_ALTERED"
    assert reference_from(document | {"form": 99}, content).code == "REFERENCE_IS_NEWER"
    assert reference_from([], b"[]").code == "NOT_A_REFERENCE"
    assert reference_from({"form": 1, "groups": {}}, b"{}").code == "NOT_A_REFERENCE"
    document["flow"]["tech_staff_ppm"][1].reverse()  # not sorted: ranks in it would be nonsense
    assert reference_from(document, content).code == "NOT_A_REFERENCE"
