"""The whole plan on the default policy: margins by hand, limits to the fen, one more yuan, a shock, reasons."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.allocate.candidates import candidates_from_table, complete
from kemiao.credit.allocate.offers import margin
from kemiao.credit.allocate.plan import one_more, plan, under_shock
from kemiao.credit.allocate.report import document, reasons
from kemiao.credit.allocate.shock import Shock, shocked
from kemiao.credit.allocate.terms import Terms, check_terms

from .conftest import COSTS, TERMS, WAN, companies


def one_company(**cells):
    row = {
        "company": "a",
        "grade": "A",
        "industry": "制造业",
        "pd": "0.02",
        "limit": "50万",
        "risk_weight": "0.75",
    } | cells
    return candidates_from_table(tuple(row), [(2, tuple(row.values()))], "companies.csv")


def test_the_margin_is_what_the_build_up_says(policy):
    # 7% x 0.98 - 0.02 x 0.40 - 1.8% - 0.6% - 0.75 x 8% x 10% = 3.06 %
    earned = margin(complete(one_company(), policy, COSTS), COSTS, np.array([70_000]))
    assert earned.tolist() == [[30_600_000_000]]


def test_one_loan_earns_its_margin_times_who_accepts_less_the_offer(ask):
    made = plan(ask(one_company(), rates=(60_000, 80_000)))
    # Policy's elasticity, class A: 35 % leave at 6 %, 57 % at 8 %. 0.65 x 2.08 % < 0.43 x 4.04 %, so 8 %.
    expected = Fraction(43, 100) * Fraction(404, 10_000) * 50 * WAN - 20_000
    answer = document(made, None, None)
    assert answer["allocations"][0]["rate_ppm"] == 80_000
    assert answer["expected_profit_fen"] == int(expected)
    assert answer["expected_drawn_fen"] == int(Fraction(43, 100) * 50 * WAN)
    assert answer["spent_fen"] == answer["offered_fen"] == 50 * WAN


@pytest.mark.parametrize("counts", ["offered", "expected"])
def test_no_limit_is_passed_by_a_fen(ask, policy, counts):
    policy = replace(
        policy,
        budget_counts=counts,
        borrower_share_ppm_max=21_000,
        industry_share_ppm_max={"default": 300_000, "制造业": 123_457, "unknown": 250_001},
    )
    made = plan(ask(companies(400), TERMS, policy))
    answer = document(made, None, None)
    loans = answer["allocations"]
    share = {"offered": lambda loan: PPM, "expected": lambda loan: loan["accept_ppm"]}[counts]

    def used(key, name):
        return sum(loan["amount_fen"] * share(loan) for loan in loans if key is None or loan[key] == name)

    budget = TERMS.budget_fen
    assert used(None, None) <= budget * PPM
    assert answer["spent_fen"] == -(-used(None, None) // PPM) <= budget
    for industry, part in (("制造业", 123_457), ("建筑业", 300_000), ("服务业", 300_000), (None, 250_001)):
        assert used("industry", industry) <= budget * part // PPM * PPM
    for grade, part in policy.grade_share_ppm_max.items():
        if grade != "default":
            assert used("grade", grade) <= budget * part // PPM * PPM
    for loan in loans:
        assert TERMS.min_fen <= loan["amount_fen"] <= min(TERMS.max_fen, loan["limit_fen"], budget * 21_000 // PPM)
    assert answer["gap_ppm"] <= 1_000
    assert len({loan["company"] for loan in loans}) == len(loans) > 0
    assert any(row["binds"] and row["kind"] == "industry" for row in answer["constraints"])


def test_the_same_question_gets_the_same_bytes(ask):
    first, second = (json.dumps(document(plan(ask(companies(200))), None, None)) for _ in range(2))
    assert first == second


def test_one_more_yuan_is_what_planning_again_says_and_lies_in_its_proven_range(ask, policy):
    asked = ask(companies(600))
    made = plan(asked)
    more = one_more(made)
    again = plan(replace(asked, terms=replace(TERMS, budget_fen=TERMS.budget_fen + more.step_fen)))
    assert more.step_fen == TERMS.budget_fen * policy.one_more_step_ppm // PPM
    assert more.gain_fen == again.solution.profit_fen - made.solution.profit_fen
    assert more.gain_low_fen <= more.gain_fen <= more.gain_high_fen
    assert more.estimate_ppm == pytest.approx(more.gain_fen * PPM / more.step_fen, rel=0.05)


def test_where_money_is_left_one_more_yuan_earns_nothing(ask):
    made = plan(ask(one_company()))
    assert (one_more(made).gain_fen, one_more(made).estimate_ppm) == (0, 0)


def test_a_shock_of_ones_changes_nothing(ask):
    made = plan(ask(companies(150)))
    after = under_shock(made, Shock("s.csv", {"*": (PPM, PPM, PPM)}, {"*": 2}))
    assert after.held_fen == after.after.solution.profit_fen == made.solution.profit_fen
    assert document(made, None, after)["shock"]["companies"] == {
        "dropped": 0, "added": 0, "changed": 0, "unchanged": len(made.funded),
    }  # fmt: skip


def test_a_shock_moves_pd_and_loss_up_to_one_and_limits_only_down(policy):
    hit = Shock("s.csv", {"制造业": (3 * PPM, 700_000, 2 * PPM), "*": (PPM, 2 * PPM, PPM)}, {})
    after = shocked(complete(one_company(pd="0.4", lgd="0.6"), policy, COSTS), hit)
    assert (after.pd_ppm.tolist(), after.lgd_ppm.tolist(), after.limit_fen.tolist()) == ([PPM], [PPM], [35 * WAN])
    other = shocked(complete(one_company(industry="建筑业"), policy, COSTS), hit)
    assert (other.pd_ppm.tolist(), other.limit_fen.tolist()) == ([20_000], [50 * WAN])


def test_planning_anew_after_a_shock_is_never_worse_than_holding_what_still_fits(ask):
    made = plan(ask(companies(300)))
    after = under_shock(made, Shock("s.csv", {"制造业": (4 * PPM, PPM, PPM)}, {"制造业": 2}))
    slack = after.after.solution.bound_fen - after.after.solution.profit_fen
    assert after.held_fen <= after.after.solution.profit_fen + slack
    assert after.held_fen < made.solution.profit_fen


def test_every_company_has_a_loan_or_a_reason(ask):
    made = plan(ask(companies(500)))
    said = reasons(made)
    assert sum(not reason for reason in said) == len(made.funded)
    grades, limits = made.question.candidates.grade, made.question.candidates.limit_fen.tolist()
    for reason, grade, limit in zip(said, grades, limits, strict=True):
        assert (reason == "cap_below_min") == (limit < TERMS.min_fen)
        assert grade != "CCC" or reason in ("cap_below_min", "closed", "no_profit")
    assert Counter(said)["crowded_out_by_budget"] > 0
    counted = {row["code"]: row["companies"] for row in document(made, None, None)["left_out"]}
    assert counted == {reason: count for reason, count in Counter(said).items() if reason}


def test_nobody_worth_lending_to_is_an_answer_with_its_reason(ask):
    answer = document(plan(ask(one_company(pd="0.5"))), None, None)
    assert (answer["expected_profit_fen"], answer["bound_fen"], answer["gap_ppm"], answer["allocations"]) == (
        0,
        0,
        0,
        [],
    )
    assert [row["code"] for row in answer["left_out"]] == ["no_profit"]


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (Terms(10**9, 0, 10**8, 40_000, 90_000), "LOAN_MIN_NOT_POSITIVE"),
        (Terms(10**9, 10**8, 10**7, 40_000, 90_000), "LOAN_RANGE_REVERSED"),
        (Terms(10**6, 10**7, 10**8, 40_000, 90_000), "BUDGET_BELOW_ONE_LOAN"),
        (Terms(10**9, 10**7, 10**8, 0, 90_000), "RATES_OUT_OF_RANGE"),
    ],
)
def test_what_cannot_be_planned_is_refused(terms, code):
    assert check_terms(terms).code == code


def test_a_plan_over_nobody_is_refused_and_an_unmapped_grade_too(ask):
    nobody = candidates_from_table(("company", "grade", "industry", "pd", "limit"), [], "companies.csv")
    assert ask(nobody).code == "NO_CANDIDATES"
    unmapped = plan(ask(one_company(grade="Z9")))
    assert isinstance(unmapped, Refusal)
    assert unmapped.code == "GRADE_WITHOUT_CHURN_CLASS"
