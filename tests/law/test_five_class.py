from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.law.five_class import CLASSES
from kemiao.law.registry import RULES
from law.judging import MILLION, judge, judge_one, refuses
from law.test_unknown_inputs import Study, prove

CLEAN = {
    "overdue_days": 0, "impaired": False, "ecl_fen": 0, "balance_fen": MILLION, "use_changed": False, "rolled_over": False,
    "debtor_nonperforming": False, "rating_down": False, "debtor_all_banks_fen": 10 * MILLION, "debtor_overdue_90_fen": 0,
    "debtor_here_fen": 2 * MILLION, "debtor_nonperforming_here_fen": 0, "evades": False, "bankrupt": False,
}  # fmt: skip
SPECIAL, SUBSTANDARD, DOUBTFUL, LOSS = CLASSES[1:]


@pytest.mark.parametrize(
    ("cells", "expected", "reason"),
    [
        ({}, "normal", None),
        ({"overdue_days": 1}, SPECIAL, "D1"),
        ({"overdue_days": 90}, SPECIAL, "D1"),  # FC1
        ({"overdue_days": 91}, SUBSTANDARD, "D90"),  # FC2: security doesn't lift the floor, so it isn't read
        ({"overdue_days": 270}, SUBSTANDARD, "D90"),
        ({"overdue_days": 271}, DOUBTFUL, "D270"),  # FC3
        ({"overdue_days": 360}, DOUBTFUL, "D270"),
        ({"overdue_days": 361}, LOSS, "D360"),  # FC4
        ({"overdue_days": 20, "impaired": True, "ecl_fen": MILLION // 2}, DOUBTFUL, "C9"),  # FC5
        ({"overdue_days": 20, "impaired": True, "ecl_fen": MILLION // 2 - 1}, SUBSTANDARD, "C4"),
        ({"impaired": True, "ecl_fen": MILLION * 9 // 10}, LOSS, "C11"),
        ({"impaired": True, "ecl_fen": MILLION * 9 // 10 - 1}, DOUBTFUL, "C9"),
        ({"ecl_fen": MILLION}, "normal", None),  # not impaired: however much is expected to be lost
        ({"debtor_nonperforming_here_fen": 21 * MILLION // 100}, SUBSTANDARD, "C7"),  # FC6: 0.105
        ({"debtor_nonperforming_here_fen": 20 * MILLION // 100}, SPECIAL, "C3"),  # 0.10 is not over 0.10
        ({"debtor_nonperforming_here_fen": MILLION, "accepted_enhancement": True}, SPECIAL, "C3"),
        (
            {"debtor_nonperforming": True, "debtor_overdue_90_fen": 2 * MILLION},
            SPECIAL,
            "C3",
        ),  # FC7: 0.20 is not over 0.20
        ({"debtor_nonperforming": True, "debtor_overdue_90_fen": 2 * MILLION + 1}, SUBSTANDARD, "C6"),
        ({"debtor_nonperforming": True, "debtor_overdue_90_fen": 5 * MILLION, "retail": True}, "normal", None),
        ({"overdue_days": 7, "technical": True}, "normal", None),
        ({"overdue_days": 8, "technical": True}, SPECIAL, "D1"),
        ({"use_changed": True}, SPECIAL, "C1"),
        ({"rolled_over": True}, SPECIAL, "C2"),
        ({"rolled_over": True, "qualifying_renewal": True}, "normal", None),
        ({"rating_down": True}, SUBSTANDARD, "C5"),
        ({"evades": True}, DOUBTFUL, "C8"),
        ({"bankrupt": True}, LOSS, "C10"),
        ({"observed": True}, SPECIAL, "RS4"),
        ({"restructured_again": True}, SUBSTANDARD, "RS6"),
        ({"upgrade_barred": True}, SUBSTANDARD, "U1"),
    ],
)
def test_each_floor_at_its_line(law, cells, expected, reason):
    answer = judge_one(law, "five_class", **CLEAN | cells)
    assert (answer["class"], answer["missing"]) == (expected, [])
    assert reason is None or reason in answer["reasons"]


def test_what_is_unknown_leaves_a_range_and_is_named(law):
    answer = judge_one(law, "five_class", overdue_days=90)  # FC1 as a file may have it: nothing else is said
    assert (answer["class"], answer["class_at_least"], answer["class_at_most"]) == (None, SPECIAL, LOSS)
    assert {"impaired", "bankrupt"} <= set(answer["missing"])
    assert "use_changed" not in answer["missing"]  # it could not make it worse


def test_a_loss_is_a_loss_whatever_else_is_unknown(law):
    assert judge_one(law, "five_class", overdue_days=361)["class"] == LOSS


def test_a_part_above_its_whole_is_refused(law):
    assert judge_one(law, "five_class", **CLEAN | {"ecl_fen": MILLION + 1})["refused"] == "PART_ABOVE_WHOLE"


def test_before_its_first_day_the_law_is_not_there(law):
    assert refuses(law, "five_class", date(2023, 6, 30), **CLEAN)
    assert not refuses(law, "five_class", date(2023, 7, 1), **CLEAN)


def naive(case):
    """The rows of the law once more, in an order of their own."""
    marks = ["normal"]
    days, due = case["overdue_days"], case["impaired"]
    marks += [name for line, name in ((0, SPECIAL), (90, SUBSTANDARD), (270, DOUBTFUL), (360, LOSS)) if days > line]
    marks += [SUBSTANDARD] if due or case["rating_down"] else []
    if due and 2 * case["ecl_fen"] >= case["balance_fen"]:
        marks.append(DOUBTFUL)
    if due and 10 * case["ecl_fen"] >= 9 * case["balance_fen"]:
        marks.append(LOSS)
    if case["debtor_nonperforming"] or case["debtor_nonperforming_here_fen"]:
        marks.append(SPECIAL)
    if 10 * case["debtor_nonperforming_here_fen"] > case["debtor_here_fen"]:
        marks.append(SUBSTANDARD)
    if 5 * case["debtor_overdue_90_fen"] > case["debtor_all_banks_fen"]:
        marks.append(SUBSTANDARD)
    marks += [SPECIAL] * case["use_changed"] + [DOUBTFUL] * case["evades"] + [LOSS] * case["bankrupt"]
    return max(marks, key=CLASSES.index)


BIG = st.integers(1, 10**13)
CASE = st.fixed_dictionaries(
    {name: st.booleans() for name in ("impaired", "use_changed", "debtor_nonperforming", "rating_down", "evades", "bankrupt")}
    | {"overdue_days": st.one_of(st.integers(0, 400), st.sampled_from([90, 91, 270, 271, 360, 361])), "rolled_over": st.just(False)}
    | {"balance_fen": BIG, "debtor_all_banks_fen": BIG, "debtor_here_fen": BIG}
).flatmap(
    lambda case: st.fixed_dictionaries({
        part: st.one_of(st.integers(0, case[whole]), st.sampled_from([case[whole] * share // 100 for share in (10, 20, 50, 90)]))
        for part, whole in (("ecl_fen", "balance_fen"), ("debtor_overdue_90_fen", "debtor_all_banks_fen"), ("debtor_nonperforming_here_fen", "debtor_here_fen"))
    }).map(lambda parts: case | parts)
)  # fmt: skip


@given(st.lists(CASE, max_size=20))
def test_columns_agree_with_the_naive_loop(law, cases):
    assert [row["class"] for row in judge(law, "five_class", cases)] == [naive(case) for case in cases]


def values(name, case):
    """What an unknown input might have been: the edges of every floor that reads it."""
    wholes = {"ecl_fen": ("balance_fen", (0, 50, 90, 100)), "debtor_overdue_90_fen": ("debtor_all_banks_fen", (0, 20, 21, 100)), "debtor_nonperforming_here_fen": ("debtor_here_fen", (0, 10, 11, 100))}  # fmt: skip
    parts = {whole: part for part, (whole, _) in wholes.items()}
    if name == "overdue_days":
        return [0, 1, 91, 271, 361]
    if name in wholes:
        whole, shares = wholes[name]
        return [(case[whole] if case[whole] is not None else MILLION) * share // 100 for share in shares]
    if name in parts:
        part = case[parts[name]] or 0
        return sorted({part, part * 10 // 9, part * 2, part * 5, part * 10, 100 * part + MILLION})
    return [False, True]


STUDY = Study("five_class", "class", "missing", values)


@settings(max_examples=60)
@given(
    st.fixed_dictionaries({}, optional={name: st.booleans() for name in CLEAN if isinstance(CLEAN[name], bool)} | {"overdue_days": st.sampled_from([0, 91, 361]), "ecl_fen": st.sampled_from([0, MILLION // 2, MILLION])}),
    st.sets(st.sampled_from(sorted(CLEAN)), min_size=1, max_size=4),
)  # fmt: skip
def test_whatever_could_change_the_class_is_named_as_missing(law, told, taken):
    case = {item.name: None for item in RULES["five_class"].inputs} | CLEAN | told | dict.fromkeys(taken)
    prove(law, STUDY, case)
