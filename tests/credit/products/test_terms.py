"""From a product and a decision to a loan's terms: what fits, what does not, and at what rate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.products.conftest import LAW, decided, product_of
from kemiao.base.money import PPM, share_fen
from kemiao.base.refusal import Refusal
from kemiao.credit.document import decision_id
from kemiao.credit.products.terms import Facts, automatic, most_fen, terms
from kemiao.credit.servicing.columns import LOANS
from kemiao.law.lpr import lpr_on

DAY = date(2024, 7, 1)
LPR = lpr_on(LAW, DAY)
WAN = 1_000_000  # 10,000 yuan in fen


def asked(product, decision, facts=None, amount=50 * WAN, months=12, day=DAY, lpr=LPR):
    return terms(product, facts or Facts(), decision, amount, months, day, lpr)


def code(answer):
    assert isinstance(answer, Refusal), answer
    return answer.code


def test_terms_are_a_row_of_loans_that_says_where_it_comes_from(decision):
    row = asked(product_of("tech_credit"), decision)
    assert set(row) == set(LOANS.names) - {"loan", "manager", "unit"}
    assert pa.Table.from_pylist([row], LOANS).num_rows == 1
    assert (row["company"], row["product"], row["decision"]) == (decision["company"], "tech_credit", decision_id(decision))  # fmt: skip
    assert (row["starts_on"], row["matures_on"], row["first_due_on"]) == (DAY, date(2025, 7, 1), date(2024, 8, 20))
    assert (row["size_class"], row["industry"], row["technology"]) == ("small", "software", "high_tech_enterprise")


def test_the_rate_is_the_decisions_price_with_the_products_own_loss(decision):
    row = asked(product_of("tech_credit"), decision)
    assert (row["rate_ppm"], row["spread_ppm"]) == (decision["rate_ppm"], decision["rate_ppm"] - LPR.one_year_ppm)
    shared = product_of("risk_sharing")
    lower = asked(shared, decision, Facts(guarantor="g"))
    own_loss = share_fen(share_fen(decision["pd_ppm"], 450_000), PPM - 800_000)
    built = sum(decision["price"].values()) - decision["price"]["expected_loss"] + own_loss
    assert lower["rate_ppm"] == -(-built // 500) * 500 < row["rate_ppm"]
    assert lower["lgd_ppm"] == 450_000  # before guarantor and pool: who provides takes them off once


def test_the_spread_of_the_decision_is_kept_when_the_lpr_moves_before_signing(decision):
    later = lpr_on(LAW, date(2024, 7, 23))
    row = asked(product_of("tech_credit"), decision, day=date(2024, 7, 23), lpr=later)
    assert row["spread_ppm"] == decision["rate_ppm"] - 34_500
    assert row["rate_ppm"] == decision["rate_ppm"] - 1_000


def test_a_rate_that_the_market_agreed_is_taken_as_it_is_and_moves_with_the_lpr(decision):
    product, later = product_of("tech_credit"), replace(LPR, one_year_ppm=LPR.one_year_ppm - 1_000)
    for spread in (-2_000, 0, 12_345):
        facts = Facts(agreed_spread_ppm=spread)
        assert asked(product, decision, facts)["rate_ppm"] == LPR.one_year_ppm + spread
        assert asked(product, decision, facts, lpr=later)["rate_ppm"] == LPR.one_year_ppm + spread - 1_000
        assert asked(product, decision, facts)["spread_ppm"] == spread
    covering = asked(product, decision)["rate_ppm"] - LPR.one_year_ppm
    enough, less = Facts(agreed_spread_ppm=covering), Facts(agreed_spread_ppm=covering - 1)
    least = product.amount.min_fen
    assert automatic(product, decision, enough, least, 12) == automatic(product, decision, Facts(), least, 12) is True
    assert not automatic(product, decision, less, least, 12)  # below what the risk costs a person looks at it
    for rate in (product.rate.floor_ppm - 1, product.rate.cap_ppm + 1):
        bent = asked(product, decision, Facts(agreed_spread_ppm=rate - LPR.one_year_ppm))
        assert code(bent) == "AGREED_RATE_OUTSIDE_PRODUCT"


def test_a_loan_above_five_years_follows_the_five_year_lpr_at_the_same_rate(decision):
    equipment, facts = product_of("equipment"), Facts(security_value_fen=100 * WAN)
    short, long = (asked(equipment, decision, facts, months=months) for months in (60, 61))
    assert [row["rate_kind"] for row in (short, long)] == ["lpr_1y", "lpr_5y"]
    assert short["rate_ppm"] == long["rate_ppm"] == LPR.five_year_ppm + long["spread_ppm"]


@pytest.mark.parametrize("wrong", [0, -1, 9 * WAN, 50 * WAN + 1, 10**13, 10**19])
def test_an_amount_outside_the_product_is_refused(decision, wrong):
    assert code(asked(product_of("tech_credit"), decision, amount=wrong)) == "AMOUNT_OUTSIDE_PRODUCT"


def test_no_more_than_the_limit_is_lent(decision):
    tech = product_of("tech_credit")
    assert asked(tech, decision, amount=57 * WAN)["amount_fen"] == 57 * WAN
    assert code(asked(tech, decision, amount=58 * WAN)) == "ABOVE_LIMIT"
    assert most_fen(product_of("risk_sharing"), decision, Facts(guarantor="g")) == 85 * WAN  # 1.5 times, whole steps


def test_equipment_is_not_bound_by_the_need_of_working_capital(decision):
    assert decision["binding"] == "need"
    assert (
        most_fen(product_of("equipment"), decision, Facts(security_value_fen=10**12)) == 216 * WAN
    )  # 1.5 × the grade's


@pytest.mark.parametrize("months", [0, -1, 37, 360, 10**6])
def test_months_outside_the_product_are_refused(decision, months):
    assert code(asked(product_of("tech_credit"), decision, months=months)) == "MONTHS_OUTSIDE_PRODUCT"


def test_the_law_bounds_the_months_whatever_the_product_says(decision):
    tech = product_of("tech_credit")
    wide = replace(tech, tenor=replace(tech.tenor, max_months=120))
    decision["features"]["cash_cycle_days"] = 179
    assert code(asked(wide, decision, months=37)) == "TERM_ABOVE_LAW"
    decision["features"]["cash_cycle_days"] = 180
    assert asked(wide, decision, months=60)["matures_on"] == date(2029, 7, 1)
    assert code(asked(wide, decision, months=61)) == "TERM_ABOVE_LAW"
    green = product_of("green", date(2025, 10, 1))
    longer = replace(green, tenor=replace(green.tenor, max_months=180))
    facts = Facts(security_value_fen=10**12, green="G4")
    assert code(asked(longer, decision, facts, months=121)) == "TERM_ABOVE_LAW"
    assert asked(longer, decision, replace(facts, longer=True), months=121)["rate_kind"] == "lpr_5y"


@pytest.mark.parametrize(
    ("purpose", "said"),
    [
        ("wages", None), ("发放工资", None), ("给三月的项目组买服务器", None), (None, None), ("equipment", "PURPOSE_NOT_OF_PRODUCT"),
        ("购置设备", "PURPOSE_NOT_OF_PRODUCT"), ("Fixed assets", "PURPOSE_PROHIBITED"), ("用于股东分红", "PURPOSE_PROHIBITED"),
        ("给股东分红", "PURPOSE_PROHIBITED"), ("炒股", "PURPOSE_REFUSED"), ("年底分红", "PURPOSE_REFUSED"),
    ],
)  # fmt: skip
def test_what_the_money_is_for(decision, purpose, said):
    answer = asked(product_of("tech_credit"), decision, Facts(purpose=purpose))
    assert (code(answer) if said else answer["purpose"]) == (said or purpose)


def test_security_is_there_and_carries_the_amount(decision):
    patents = product_of("patent_pledge")
    assert code(asked(patents, decision)) == "SECURITY_VALUE_NEEDED"
    assert code(asked(patents, decision, Facts(security_value_fen=166 * WAN))) == "ABOVE_SECURITY"  # 0.30 of it is 49.8
    assert asked(patents, decision, Facts(security_value_fen=167 * WAN))["security_value_fen"] == 167 * WAN
    assert asked(patents, decision, Facts(security_lends_fen=50 * WAN))["security"] == "intellectual_property"
    assert code(asked(product_of("risk_sharing"), decision)) == "GUARANTOR_NEEDED"


def test_the_green_loan_asks_for_a_heading(decision):
    green = product_of("green", date(2025, 10, 1))
    assert code(asked(green, decision, Facts(security_value_fen=10**12))) == "GREEN_HEADING_NEEDED"
    assert code(asked(green, decision, Facts(security_value_fen=10**12, green="G10"))) == "GREEN_HEADING_NEEDED"


def test_a_renewal_goes_on_with_no_more_than_is_owed_and_only_in_good_standing(decision):
    renewal = product_of("renewal")
    facts = Facts(renews="loan-1", renews_fen=50 * WAN, renews_past_due_days=0, renews_extended=False)
    assert code(asked(renewal, decision)) == "LOAN_TO_RENEW_NEEDED"
    assert asked(renewal, decision, facts)["renews"] == "loan-1"
    assert code(asked(renewal, decision, facts, amount=51 * WAN)) == "ABOVE_LIMIT"
    assert code(asked(renewal, decision, replace(facts, renews_past_due_days=1))) == "NOT_QUALIFIED"


def test_the_loan_that_is_renewed_does_not_stand_in_its_own_way(decision):
    facts = Facts(renews="loan-1", renews_fen=50 * WAN, renews_past_due_days=0)
    for name in ("need", "repayment", "exposure"):
        decision["ceilings"][name] -= 50 * WAN  # as the assessment does with a loan that it knows
    decision["features"]["own_loan_balance_fen"] = 50 * WAN
    decision["allowed_fen"] = decision["limit_fen"] = 7 * WAN
    assert most_fen(product_of("renewal"), decision, facts) == 50 * WAN
    assert most_fen(product_of("tech_credit"), decision, Facts()) == 7 * WAN


def test_a_loan_repaid_since_the_decision_is_owed_no_more(decision):
    tech, debt = product_of("tech_credit"), decision["ceilings"]["grade"]
    whole = most_fen(tech, decision, Facts())
    decision["features"]["own_loan_balance_fen"] = debt
    assert most_fen(tech, decision, Facts(owed_fen=0)) < whole  # known from papers alone: no book says otherwise
    decision["own_book"] = {"day": "2024-07-01", "loans": [{"loan_no": "loan-1", "balance_fen": debt}]}
    assert most_fen(tech, decision, Facts(owed_fen=debt)) < whole
    assert most_fen(tech, decision, Facts(owed_fen=0)) == whole


def test_who_does_not_qualify_is_told_every_reason(decision):
    decision["features"] |= {"high_tech_certificate": False, "specialized": False, "enforced_open": 1}
    decision["law"]["tech_sme"] = False
    answer = asked(product_of("tech_credit"), decision)
    assert code(answer) == "NOT_QUALIFIED"
    assert answer.zh.count(";") == 1


def test_a_declined_company_gets_terms_only_when_a_person_approved(decision):
    tech = product_of("tech_credit")
    decision |= {"decision": "decline", "limit_fen": 0}
    assert code(asked(tech, decision)) == "DECISION_DECLINES"
    assert most_fen(tech, decision, Facts()) == 0
    assert asked(tech, decision, Facts(approved=True))["amount_fen"] == 50 * WAN


def test_a_price_above_the_cap_is_lent_at_the_cap_by_a_person_only(decision):
    decision["price"]["margin"] = 200_000
    tech = product_of("tech_credit")
    assert code(asked(tech, decision)) == "PRICE_ABOVE_CAP"
    assert asked(tech, decision, Facts(approved=True))["rate_ppm"] == 150_000
    decision["price"]["margin"] = None
    assert code(asked(tech, decision)) == "NO_PRICE"


def test_what_needs_no_person(decision):
    tech = product_of("tech_credit")
    assert automatic(tech, decision, Facts(), 50 * WAN, 12)
    assert not automatic(tech, decision, Facts(), 101 * WAN, 12)
    assert not automatic(tech, decision | {"decision": "refer"}, Facts(), 50 * WAN, 12)
    assert not automatic(tech, decision | {"grade": "B"}, Facts(), 50 * WAN, 12)
    decision["features"]["sales_history_months"] = 11  # the product's own referral
    assert not automatic(tech, decision, Facts(), 50 * WAN, 12)


def test_the_named_payee_is_paid_above_the_threshold_of_the_law(decision):
    tech, plant = product_of("tech_credit"), product_of("equipment")
    large = replace(tech, amount=replace(tech.amount, max_fen=10**10, of_limit_ppm=10_000_000))
    decision["allowed_fen"] = 10**10
    assert [asked(large, decision, amount=amount)["entrusted"] for amount in (1000 * WAN, 1001 * WAN)] == [False, True]
    assert asked(plant, decision, Facts(security_value_fen=10**12))["entrusted"]


@pytest.mark.parametrize(
    ("day", "months", "due_day", "month_end", "first", "matures"),
    [
        (date(2024, 1, 31), 1, 0, False, date(2024, 2, 29), date(2024, 2, 29)), (date(2024, 2, 29), 12, 0, False, date(2024, 3, 29), date(2025, 2, 28)),
        (date(2024, 2, 29), 12, 0, True, date(2024, 3, 31), date(2025, 2, 28)), (date(2024, 2, 28), 12, 0, True, date(2024, 3, 28), date(2025, 2, 28)),
        (date(2024, 8, 31), 6, 0, True, date(2024, 9, 30), date(2025, 2, 28)), (date(2024, 7, 25), 1, 20, False, date(2024, 8, 20), date(2024, 8, 25)),
        (date(2024, 7, 5), 1, 20, False, date(2024, 8, 5), date(2024, 8, 5)),
    ],
)  # fmt: skip
def test_days_of_dues_and_maturity(decision, day, months, due_day, month_end, first, matures):
    tech = product_of("tech_credit")
    own = replace(tech, schedule=replace(tech.schedule, due_day=due_day, month_end=month_end))
    row = asked(own, decision, months=months, day=day)
    assert (row["first_due_on"], row["matures_on"]) == (first, matures)


@settings(max_examples=50, deadline=None)
@given(st.integers(-(10**20), 10**20), st.integers(-(10**9), 10**9))
def test_whatever_is_asked_for_there_is_an_answer(amount, months):
    answer = terms(product_of("tech_credit"), Facts(), decided(), amount, months, DAY, LPR)
    assert isinstance(answer, Refusal) or answer["amount_fen"] == amount
