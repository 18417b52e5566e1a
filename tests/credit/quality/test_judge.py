"""The judgement of a day: triggers → impairment → stage → expected loss → class → capital, and what the next day must know."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.quality.small_book import DAY, LOAN, MILLION, flags, grounds, judged, loans, one, states
from kemiao.base.dates import add_months
from kemiao.base.refusal import BrokenInvariant, Refused
from kemiao.credit.quality.columns import QUALITY
from kemiao.credit.quality.judge import judge

SPECIAL, SUBSTANDARD, DOUBTFUL, LOSS = "special_mention", "substandard", "doubtful", "loss"


def test_a_sound_loan_is_normal_and_bears_a_year_of_expected_loss():
    row = one()
    assert (row["class"], row["stage"], row["impaired"], row["class_reasons"]) == ("normal", 1, False, [])
    # 184 days are left: 1 − 0.98^(184/365) of a default, in three scenarios; discounted at 5 % paid monthly.
    left, eir = 184 / 365, (1 + 0.05 / 12) ** 12 - 1
    hand = (
        sum(w * (1 - (1 - 0.02) ** left) * m for w, m in ((0.5, 1), (0.2, 0.8), (0.3, 1.5)))
        * 0.45
        * MILLION
        / (1 + eir) ** left
    )
    assert row["ecl_fen"] == pytest.approx(hand, abs=1)
    assert (row["risk_row"], row["rwa_fen"]) == ("W1", (3 * (MILLION - row["ecl_fen"]) + 2) // 4)


@pytest.mark.parametrize(
    ("days", "grade", "stage"),
    [(1, SPECIAL, 2), (30, SPECIAL, 2), (90, SPECIAL, 2), (91, SUBSTANDARD, 3), (271, DOUBTFUL, 3), (361, LOSS, 3)],
)
def test_days_past_due_make_class_and_stage(days, grade, stage):
    row = one(past_due_days=days)
    assert (row["class"], row["stage"], row["impaired"]) == (grade, stage, stage == 3)


@pytest.mark.parametrize(
    ("flag", "grade", "stage"),
    [("use_changed", SPECIAL, 2), ("other_bank_npl", SPECIAL, 2), ("rating_down", SUBSTANDARD, 3), ("impaired", SUBSTANDARD, 3),
     ("bankrupt", LOSS, 3), ("risk_increased", "normal", 2), ("difficulty", "normal", 1)],
)  # fmt: skip
def test_flags_of_the_company(flag, grade, stage):
    row = one(("uscc:A", flag))
    assert (row["class"], row["stage"]) == (grade, stage)
    assert one(("uscc:B", flag))["class"] == "normal"


def test_a_share_overdue_at_all_banks_above_a_fifth_makes_it_nonperforming():
    told = {"company": "uscc:A", "flag": "other_bank_npl", "all_banks_fen": 10 * MILLION, "overdue_90_fen": 2 * MILLION}
    assert one(told)["class"] == SPECIAL
    assert one(told | {"overdue_90_fen": 2 * MILLION + 1})["class"] == SUBSTANDARD


def test_a_debtors_other_claims_follow_where_more_than_a_tenth_is_nonperforming():
    late = {"amount_fen": MILLION, "past_due_days": 95}
    rows = judged([late, {"amount_fen": 8 * MILLION}, {"company": "uscc:B"}])
    assert rows["class"].to_pylist() == [SUBSTANDARD, SUBSTANDARD, "normal"]
    assert rows["class_reasons"].to_pylist()[1] == ["C3", "C4", "C7"]
    assert rows["stage"].to_pylist() == [3, 3, 1]
    rows = judged([late, {"amount_fen": 9 * MILLION}])  # exactly a tenth is not more than it
    assert rows["class"].to_pylist() == [SUBSTANDARD, SPECIAL]
    rows = judged([late, {"amount_fen": MILLION}], base=grounds(retail_at_most_fen=10 * MILLION))
    assert rows["class"].to_pylist() == [SUBSTANDARD, "normal"]  # retail: each claim by itself


def test_how_much_of_an_impaired_loan_is_lost_decides_doubtful_and_loss():
    assert one(past_due_days=100, lgd_ppm=400_000)["class"] == SUBSTANDARD
    assert one(past_due_days=100, lgd_ppm=600_000)["class_reasons"] == ["D1", "D90", "C4", "C9"]
    row = one(past_due_days=100, lgd_ppm=950_000)
    assert (row["class"], row["stage"]) == (LOSS, 3)
    assert (
        one(lgd_ppm=1_000_000, pd_ppm=900_000)["class"] == "normal"
    )  # not impaired: no class follows from an expected loss


def test_guarantor_and_pool_lower_the_loss_and_no_more_than_all_of_it():
    bare, backed, whole = (one(**more)["lgd_ppm"] for more in ({}, {"guaranteed_ppm": 500_000, "pool_ppm": 200_000}, {"guaranteed_ppm": 1_000_000, "pool_ppm": 900_000}))  # fmt: skip
    assert (bare, backed, whole) == (450_000, 180_000, 0)  # 0.45 × (1 − 0.8 × 0.5 − 0.2)


def test_the_remaining_schedule_is_what_is_exposed():
    long = {"matures_on": date(2027, 1, 1), "past_due_days": 5}
    ecl = [
        one(**long, repayment=kind)["ecl_fen"] for kind in ("interest_first", "equal_installment", "equal_principal")
    ]
    assert ecl[0] > ecl[1] > ecl[2] > 0


def test_what_was_sold_is_not_ours():
    row = one(sold_ppm=300_000, sold_principal_fen=3 * MILLION // 10, interest_fen=1001)
    assert row["balance_fen"] == 7 * MILLION // 10 + 701


def test_interest_off_balance_is_not_exposed_and_an_undrawn_line_is_in_part():
    assert one(interest_fen=500, penalty_fen=70, off_balance_fen=570)["balance_fen"] == MILLION
    line = one(repayment="revolving", principal_fen=MILLION // 4)
    assert (line["balance_fen"], line["undrawn_fen"], line["ead_fen"]) == (MILLION // 4, 3 * MILLION // 4, 55 * MILLION // 100)  # fmt: skip
    agreed = one(status="agreed", drawn_fen=0, principal_fen=0)
    assert (agreed["balance_fen"], agreed["undrawn_fen"]) == (0, MILLION)
    to_come = {"status": "agreed", "drawn_fen": 0, "principal_fen": 0, "signed_on": DAY + timedelta(1)}
    assert judged([to_come, {}])["loan"].to_pylist() == ["loan-1"]  # signed after the day that is judged
    assert agreed["rwa_fen"] == MILLION * 4 // 10 * 3 // 4


def test_a_group_passes_the_ceiling_together():
    pair = [{"company": "uscc:A", "amount_fen": 6 * MILLION}, {"company": "uscc:B", "amount_fen": 6 * MILLION}]
    turnover = [{"company": name, "group": "g", "turnover_mean_fen": 10**10} for name in ("uscc:A", "uscc:B")]
    alone = [row | {"group": None} for row in turnover]
    assert judged(pair, base=grounds(alone))["risk_row"].to_pylist() == ["W1", "W1"]
    together = judged(pair, base=grounds(turnover))
    assert (together["risk_row"].to_pylist(), together["group"].to_pylist()) == (["W2", "W2"], ["g", "g"])
    unknown = judged(pair, base=grounds([row | {"turnover_mean_fen": None} for row in turnover]))
    assert (unknown["risk_row"].to_pylist(), unknown["risk_weight_ppm"].to_pylist()) == ([None, None], [1_000_000] * 2)
    assert unknown["assumed"].to_pylist() == [["risk_weight_ppm"]] * 2


def test_a_loan_without_probabilities_takes_the_policys_and_says_so():
    row = one(pd_ppm=None, lgd_ppm=None)
    assert (row["pd_ppm"], row["lgd_ppm"], row["assumed"]) == (35_000, 450_000, ["pd_ppm", "lgd_ppm"])


def test_what_was_nonperforming_rises_after_six_months_of_paying_in_time():
    before, day = judged([{"past_due_days": 95}]), DAY
    cured = DAY + timedelta(1)
    seen = {}
    while day < date(2025, 1, 10):
        day += timedelta(1 if day < date(2024, 7, 4) or day > date(2024, 12, 28) else 10)
        paid = {
            "cured_on": cured,
            "timely_periods": (day.year - 2024) * 12 + day.month - 7,
            "matures_on": date(2026, 1, 1),
        }
        before = judged([paid], day=day, before=before)
        seen[day] = before["class"][0].as_py()
    eligible = add_months(cured, 6)
    assert {seen[each] for each in seen if each < eligible} == {SUBSTANDARD}
    assert {seen[each] for each in seen if each >= eligible} == {"normal"}
    assert before["nonperforming_since"].to_pylist() == [None]


def test_it_does_not_rise_while_another_claim_on_the_debtor_is_impaired():
    rows = [{"past_due_days": 95}, {"past_due_days": 95}]
    before = judged(rows)
    rows = [{"cured_on": DAY + timedelta(1), "timely_periods": 8}, {"past_due_days": 95}]
    before = judged(rows, day=DAY + timedelta(1), before=before)
    later = judged(rows, day=date(2025, 3, 1), before=before)
    assert later["class"].to_pylist()[0] == SUBSTANDARD
    assert "U1" in later["class_reasons"].to_pylist()[0]
    both = [rows[0], {"cured_on": date(2025, 3, 2), "timely_periods": 8}]
    before = judged(both, day=date(2025, 3, 2), before=later)
    assert judged(both, day=date(2025, 9, 1), before=before)["class"].to_pylist() == [SUBSTANDARD, SUBSTANDARD]
    assert judged(both, day=date(2025, 9, 2), before=before)["class"].to_pylist() == ["normal", "normal"]


def test_a_due_missed_while_waiting_starts_the_six_months_again():
    before = judged([{"past_due_days": 95}])
    before = judged([{"cured_on": date(2024, 7, 2)}], day=date(2024, 7, 2), before=before)
    before = judged([{"past_due_days": 3, "missed_on": date(2024, 10, 1)}], day=date(2024, 10, 4), before=before)
    assert before["class"].to_pylist() == [SUBSTANDARD]
    again = {"cured_on": date(2024, 10, 6), "missed_on": date(2024, 10, 1), "timely_periods": 9}
    before = judged([again], day=date(2024, 10, 6), before=before)
    assert judged([again], day=date(2025, 4, 5), before=before)["class"].to_pylist() == [SUBSTANDARD]
    assert judged([again], day=date(2025, 4, 6), before=before)["class"].to_pylist() == ["normal"]


CHANGED = {
    "restructured_on": date(2024, 3, 10), "observed_from": date(2024, 4, 10), "in_difficulty": True, "restructurings": 1,
    "matures_on": date(2029, 1, 1),
}  # fmt: skip


def test_a_restructured_loan_is_observed_a_year_from_its_first_payment_date():
    row = one(**CHANGED)
    assert (row["class"], row["class_reasons"], row["observed_until"]) == (SPECIAL, ["RS4"], date(2025, 4, 10))
    assert one(**CHANGED, day=date(2025, 4, 10))["class"] == "normal"
    assert one(("uscc:A", "difficulty"), **CHANGED, day=date(2025, 4, 10))["observed_until"] == date(2026, 4, 10)
    missed = one(**CHANGED, missed_on=date(2024, 9, 10), day=date(2025, 4, 10))
    assert (missed["class"], missed["observed_until"]) == (SPECIAL, date(2025, 9, 10))
    assert (
        one(**CHANGED | {"in_difficulty": False})["class"] == "normal"
    )  # RS1: a change for one who isn't in difficulty


def test_a_due_missed_in_a_prolonged_observation_prolongs_it_and_one_after_it_does_not():
    before = judged([CHANGED | {"missed_on": date(2025, 3, 10)}], day=date(2025, 3, 11))
    assert before["observed_until"].to_pylist() == [date(2026, 3, 10)]
    twice = judged([CHANGED | {"missed_on": date(2026, 2, 10)}], day=date(2026, 2, 11), before=before)
    assert twice["observed_until"].to_pylist() == [date(2027, 2, 10)]  # the first end, April 2025, is long past
    over = judged([CHANGED | {"missed_on": date(2026, 2, 10)}], day=date(2027, 2, 10), before=twice)
    assert (over["class"].to_pylist(), over["observed_from"].to_pylist()) == (["normal"], [None])
    later = judged([CHANGED | {"missed_on": date(2027, 3, 10)}], day=date(2027, 3, 12), before=over)
    assert later["class"].to_pylist() == ["normal"]  # paid two days late, but not in a period


def test_restructured_again_within_the_period_is_at_least_substandard():
    before = judged([CHANGED])
    again = CHANGED | {"restructurings": 2, "restructured_on": date(2024, 8, 1), "observed_from": date(2024, 9, 1)}
    now = judged([again], day=date(2024, 8, 1), before=before)
    assert (now["class"].to_pylist(), "RS6" in now["class_reasons"].to_pylist()[0]) == ([SUBSTANDARD], True)
    after = judged([again], day=date(2024, 8, 2), before=now)
    assert after["class"].to_pylist() == [SUBSTANDARD]  # it rises by U1 only
    later = judged([again | {"timely_periods": 6}], day=date(2025, 2, 2), before=after)
    assert later["class"].to_pylist() == [SPECIAL]


def test_a_loan_written_off_weighs_nothing_and_stays_a_bad_debt_of_its_debtor():
    rows = judged(
        [{"status": "written_off", "principal_fen": 0, "written_off_fen": MILLION}, {}, {"status": "settled"}]
    )
    assert rows["loan"].to_pylist() == ["loan-0", "loan-1"]
    assert rows["class"].to_pylist() == [LOSS, SPECIAL]
    assert (rows["balance_fen"][0].as_py(), rows["ecl_fen"][0].as_py(), rows["rwa_fen"][0].as_py()) == (0, 0, 0)


def test_an_empty_book_and_a_day_before_the_law():
    assert judged([]).schema == QUALITY
    with pytest.raises(Refused, match="LAW_NOT_IN_FORCE"):
        one(day=date(2023, 1, 1))
    with pytest.raises(BrokenInvariant):
        judge(states([{}]), loans([]), flags(), None, grounds(), DAY)


def test_one_loan_of_thirty_years_and_one_that_is_past_its_end():
    row = one(matures_on=date(2054, 7, 1), repayment="equal_installment", past_due_days=31)
    assert 0 < row["ecl_fen"] < row["balance_fen"]
    assert one(matures_on=date(2024, 6, 1), past_due_days=30)["ecl_fen"] > 0
    assert one(rate_ppm=0, repayment="equal_installment", matures_on=date(2027, 1, 1), past_due_days=31)["ecl_fen"] > 0


ROW = st.fixed_dictionaries({
    "company": st.sampled_from(["uscc:A", "uscc:B", "uscc:C"]),
    "amount_fen": st.integers(1, 10**12),
    "past_due_days": st.sampled_from([0, 0, 0, 1, 31, 91, 200, 300, 400]),
    "pd_ppm": st.one_of(st.none(), st.integers(0, 10**6)),
    "lgd_ppm": st.integers(0, 10**6),
    "repayment": st.sampled_from(["bullet", "interest_first", "equal_principal", "equal_installment", "revolving"]),
    "matures_on": st.dates(date(2024, 6, 1), date(2040, 1, 1)),
    "rate_ppm": st.integers(0, 240_000),
    "size_class": st.sampled_from([None, "micro", "medium", "large"]),
    "status": st.sampled_from(["active", "active", "active", "agreed", "written_off"]),
})  # fmt: skip


@settings(max_examples=20)
@given(st.lists(ROW, min_size=1, max_size=12), st.permutations(range(12)))
def test_what_always_holds(rows, order):
    table = judged(rows)
    for row in table.to_pylist():
        assert (row["stage"] == 3) == row["impaired"] == (row["class"] in (SUBSTANDARD, DOUBTFUL, LOSS))
        assert 0 <= row["ecl_fen"] <= row["ead_fen"] or row["status"] == "written_off"
        assert 0 <= row["rwa_fen"] <= 3 * (row["balance_fen"] + row["undrawn_fen"]) // 2 + 1
        assert row["past_due_days"] <= 30 or row["stage"] >= 2
    assert judged(rows).equals(table)
    # The order in which loans come in says nothing; nor do loans that no state speaks of.
    moved = [place for place in order if place < len(rows)]
    again = judge(states(rows).take(pa.array(moved)), loans([*rows, LOAN]).take(pa.array([len(rows), *moved])), flags(), None, grounds(), DAY)  # fmt: skip
    assert again.equals(table)


@settings(max_examples=12)
@given(st.lists(ROW, min_size=1, max_size=8))
def test_a_debtor_is_judged_alike_alone_and_among_others(rows):
    whole = judged(rows)
    for company in {row["company"] for row in rows}:
        mine = [place for place, row in enumerate(rows) if row["company"] == company]
        own = judge(states(rows).take(pa.array(mine)), loans(rows), flags(), None, grounds(), DAY)
        assert own.equals(whole.filter(pc.equal(whole["company"], company)))


def test_the_effective_rate_moves_with_the_lpr_and_not_with_a_restructuring():
    floating = {"rate_kind": "lpr_1y", "rate_ppm": 50_000}
    before = judged([floating, {"rate_kind": "fixed", "rate_ppm": 50_000}])
    (at_start,) = set(before["eir_ppm"].to_pylist())
    assert at_start == round(((1 + 0.05 / 12) ** 12 - 1) * 10**6)
    day = DAY + timedelta(1)
    helped = {"rate_ppm": 20_000, "restructured_on": day, "in_difficulty": True, "restructurings": 1}
    now = judged([floating | {"rate_ppm": 45_000}, {"rate_kind": "fixed"} | helped, floating | helped], day=day, before=before)  # fmt: skip
    eir = now["eir_ppm"].to_pylist()
    assert eir[:2] == [round(((1 + 0.045 / 12) ** 12 - 1) * 10**6), at_start]


def test_the_largest_amounts_stop_no_book():
    rows = [{"amount_fen": 10**13, "past_due_days": 95, "interest_fen": 10**11}, {"amount_fen": 10**13}, {"company": "uscc:B"}]  # fmt: skip
    found = judged(rows).to_pylist()
    assert [row["class"] for row in found] == [SUBSTANDARD, SUBSTANDARD, "normal"]
    lost = 1 - 0.55 * sum(share / (1 + found[0]["eir_ppm"] / 10**6) ** year for year, share in ((1, 0.5), (2, 0.3), (3, 0.2)))  # fmt: skip
    assert found[0]["ecl_fen"] == pytest.approx(lost * found[0]["balance_fen"], rel=1e-9)


def test_fees_stay_ours_and_each_kind_of_interest_is_shared_as_the_ledger_does():
    row = one(sold_ppm=500_000, sold_principal_fen=MILLION // 2, interest_fen=1, penalty_fen=1, compound_fen=1, fee_fen=7)  # fmt: skip
    assert row["balance_fen"] == MILLION // 2 + 7  # a half fen is the funder's, by component
    assert one(fee_fen=7, interest_fen=5, off_balance_fen=5)["balance_fen"] == MILLION + 7


def test_a_loan_is_not_ours_before_it_is_taken_over():
    taken = {"origin": "imported", "status": "agreed", "drawn_fen": 0, "principal_fen": 0}
    assert judged([taken, {}])["loan"].to_pylist() == ["loan-1"]


def test_the_effective_rate_without_fees_is_that_of_the_plan():
    monthly, yearly = (1 + 0.05 * 365 / 360 / 12) ** 12 - 1, (1 + 0.05 / 12) ** 12 - 1
    assert (
        one(day_count="A360")["eir_ppm"] == round(monthly * 10**6) == 51_889
    )  # as credit/contracts has it of such a plan
    assert one(day_count="A365")["eir_ppm"] == round(yearly * 10**6)


def test_a_technical_overdue_of_a_week_says_nothing_of_the_borrower():
    technical = ("uscc:A", "technical")
    assert [one(technical, past_due_days=days)["stage"] for days in (7, 8)] == [1, 2]
    assert (one(technical, past_due_days=7)["pd_ppm"], one(technical, past_due_days=8)["pd_ppm"]) == (20_000, 60_000)
