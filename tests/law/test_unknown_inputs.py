"""What is unknown: for each rule the inputs are taken away, one by one and by chance, and every value they might have had is
tried. The rule must give the one answer that all of them share; where they differ it must say that it cannot tell, and name
exactly the inputs that could change the answer. So a missing input is never a zero, and never asked for in vain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kemiao.law.registry import RULES
from law.judging import MILLION, WAN, judge
from law.naive import SIZES
from law.test_capital import LOAN
from law.test_tech_sme import FULL, TS1, TS2, TS3
from law.test_working_capital import WC1

MOST_TRIALS = 4_000  # combinations of values for one case


@dataclass(frozen=True)
class Study:
    """A rule, the output that is decided, the column that names what is missing, and values that reach every band."""

    rule: str
    decided: str
    missing: str
    values: Callable[[str, Mapping[str, object]], list[object]]
    idle: frozenset[str] = frozenset()  # inputs that are for another output: left as they are


def around(*edges):
    return sorted({max(0, edge + off) for edge in edges for off in (-1, 0, 1)})


def size_values(name, _case):
    if name == "industry":
        return list(SIZES)
    steps = {step for row in SIZES.values() for step in row.get({"staff_total": "staff", "revenue_fen": "revenue", "total_assets_fen": "assets"}[name], ())}  # fmt: skip
    unit = 1 if name == "staff_total" else WAN
    return [0, *(step * unit for step in sorted(steps))]


def tech_values(name, case):
    """Edges of the ratios follow from the other side where it is known."""
    shares = (60, 50, 40, 30, 20)
    match name:
        case "staff_total":
            tech = case["staff_tech"] or 1
            return sorted({tech, *(tech * 100 // share for share in (30, 25, 20, 15, 10)), 20, 500, 501} - {0})
        case "staff_tech":
            total = case["staff_total"] if case["staff_total"] is not None else 500
            return sorted({0, total, *(min(total, -(-total * share // 100)) for share in (30, 25, 20, 15, 10)), 501})
        case "revenue_fen":
            research = case["rd_expense_fen"] or 1
            return sorted({0, research, *(research * 1000 // share for share in shares), 2 * 10**10, 2 * 10**10 + 1})
        case "total_cost_fen":
            research = case["rd_expense_fen"] or 1
            return sorted({0, research, *(research * 200 // share for share in shares), min(10**13, research * 1000)})
        case "rd_expense_fen":
            sales, cost = case["revenue_fen"] or 100, case["total_cost_fen"] or 100
            return sorted({0, *(-(-sales * share // 1000) for share in shares), *(-(-cost * share // 200) for share in shares)})  # fmt: skip
        case "total_assets_fen":
            return [0, 2 * 10**10, 2 * 10**10 + 1]
        case "ip_class_1":
            return [0, 1]
        case "ip_class_2":
            return [0, 1, 2, 3, 4]
    return [False, True]


def capital_values(name, case):
    choices = {
        "size_class": ["micro", "small", "medium", "large"],
        "collateral": ["none", "cash", "property"],
        "approach": [None],
    }
    edges = {
        "exposure_fen": around(10**9, (case["bank_exposure_fen"] or 0) // 200), "bank_exposure_fen": around(200 * min(case["exposure_fen"] or 10**9, 10**9)),
        "turnover_mean_fen": around(3 * 10**10, 3 * 10**9), "overdue_days": [0, 90, 91], "balance_fen": [0, 10**8, 5 * 10**8, 10**9, 10**13],
        "provision_fen": [0, 10**7, 10**8, 5 * 10**8], "pd_ppm": [0, 10_000, 999_999, 10**6], "lgd_ppm": [None] if case["collateral"] else [0, 400_000, 10**6], "ead_fen": [0, 10**8, 10**9],
        "maturity_years_ppm": [10**6, 4 * 10**6], "best_estimate_loss_ppm": [0, 300_000], "lgd_unsecured_ppm": [None], "collateral_value_fen": [0, 5 * 10**7, 10**10],
    }  # fmt: skip
    return choices.get(name) or edges.get(name) or [False, True]


def working_capital_values(name, case):
    match name:
        case "sales_profit_rate_ppm":
            return [100_000, 0] if case["net_profit_fen"] is None else [None]
        case "net_profit_fen":
            return [None]
        case "revenue_growth_ppm":
            return [-500_000, 0, 300_000]
        case "revenue_fen" | "cost_of_sales_fen":
            return [MILLION // 10, 10 * MILLION, 40 * MILLION, 10**12]
    return [0, MILLION, 10**12]


SIZE = Study("sme_size", "size_class", "missing", size_values)
TECH = Study("tech_sme", "passes", "missing", tech_values)
FOR_IRB = frozenset(  # a PD only restates whether there is default
    (
        "pd_ppm",
        "lgd_ppm",
        "ead_fen",
        "maturity_years_ppm",
        "best_estimate_loss_ppm",
        "subordinated",
        "collateral",
        "collateral_value_fen",
    )
)
FOR_WEIGHTS = frozenset(
    ("size_class", "exposure_fen", "bank_exposure_fen", "balance_fen", "provision_fen", "housing_secured")
)
WEIGHT = Study("capital", "risk_weight_ppm", "missing", capital_values, FOR_IRB)
ASSETS = Study("capital", "rwa_fen", "missing", capital_values, FOR_IRB)
NEED = Study("working_capital", "new_loan_fen", "missing", working_capital_values)
K = Study("capital", "irb_rwa_fen", "irb_missing", capital_values, FOR_WEIGHTS)


def options(study, case):
    """The unknown inputs of a case, each with the values it might have."""
    elected = {item.name for item in RULES[study.rule].inputs if item.elected}
    unknown = [name for name, value in case.items() if value is None and name not in elected | study.idle]
    return {name: study.values(name, case) for name in unknown}


def trials(study, case):
    return prod(len(values) for values in options(study, case).values())


def prove(law, study, case):
    """case: every input of the rule, None where unknown. Returns the inputs that could change the answer."""
    assert trials(study, case) <= MOST_TRIALS
    unknown, values = list(options(study, case)), list(options(study, case).values())
    completions = [dict(zip(unknown, chosen, strict=True)) for chosen in product(*values)]
    said, *answers = judge(law, study.rule, [case, *(case | filled for filled in completions)])
    reached = {tuple(filled.items()): row[study.decided] for filled, row in zip(completions, answers, strict=True) if row["refused"] is None}  # fmt: skip
    if said["refused"] or not reached:
        return
    distinct = set(reached.values())
    note = (case, said, distinct)
    if len(distinct) == 1:
        assert said[study.decided] == next(iter(distinct)), note
        return
    assert said[study.decided] is None, note
    matter = set()
    for filled, answer in reached.items():
        for place, (name, _) in enumerate(filled):
            if name in matter:
                continue
            others = (*filled[:place], *filled[place + 1 :])
            swapped = [(*others[:place], (name, value), *others[place:]) for value in study.values(name, case)]
            if any(reached.get(other, answer) != answer for other in swapped):
                matter.add(name)
    assert set(said[study.missing]) >= matter, (matter - set(said[study.missing]), note)
    assert set(said[study.missing]) <= set(unknown), note
    return matter


def exactly(law, study, case):
    matter = prove(law, study, case)
    if matter is not None:
        assert set(judge(law, study.rule, [case])[0][study.missing]) == matter, (case, matter)


def whole(rule, **cells):
    return {item.name: None for item in RULES[rule].inputs} | cells


RATED = {"pd_ppm": 20_000, "lgd_ppm": 400_000, "ead_fen": 10**9, "maturity_years_ppm": 2_500_000, "turnover_mean_fen": 3 * 10**9, "retail_pool": False, "best_estimate_loss_ppm": 100_000}  # fmt: skip
COMPLETE = [
    (SIZE, whole("sme_size", industry="software", staff_total=120, revenue_fen=900 * WAN, total_assets_fen=10 * WAN)),
    (SIZE, whole("sme_size", industry="construction", staff_total=1, revenue_fen=80000 * WAN, total_assets_fen=80000 * WAN)),
    *((TECH, whole("tech_sme", **cells)) for cells in (TS1, TS2, TS3, TS3 | {"high_tech_certificate": True}, TS1 | {"rd_institution": True})),
    *((study, whole("capital", **cells)) for study in (WEIGHT, ASSETS) for cells in (LOAN, LOAN | {"defaulted": True}, LOAN | {"size_class": "medium"}, LOAN | {"exposure_fen": 2 * 10**9})),
    *((NEED, whole("working_capital", **cells)) for cells in (WC1, WC1 | {"payable_closing_fen": 90 * MILLION})),
    *((K, whole("capital", **LOAN | RATED | cells)) for cells in ({}, {"retail_pool": True}, {"defaulted": True}, {"lgd_ppm": None, "collateral": "property", "collateral_value_fen": 10**8, "subordinated": False})),
]  # fmt: skip


@pytest.mark.parametrize(("study", "case"), COMPLETE, ids=lambda value: value.rule + "-" + value.decided if isinstance(value, Study) else "")  # fmt: skip
def test_each_input_taken_away_in_turn_is_named_or_idle(law, study, case):
    asked = [name for name, value in case.items() if value is not None]
    assert asked
    for name in asked:
        if not (study.decided == "irb_rwa_fen" and name == "defaulted"):
            exactly(law, study, case | {name: None})


def figures(tech, total, research, sales, cost, first, second):
    """TS1 with other figures for the score; None where unknown."""
    return whole("tech_sme", **TS1) | {
        "staff_tech": tech, "staff_total": total, "rd_expense_fen": research, "revenue_fen": sales, "total_cost_fen": cost, "ip_class_1": first, "ip_class_2": second,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("case", "missing"),
    [
        (figures(0, None, 60, 1000, 1000, 1, 0), []),  # no technologists: no staff points, whatever the total
        (figures(None, 0, 60, 1000, 1000, 1, 0), []),
        (figures(20, 100, 0, None, None, 1, 0), []),  # no research: no points, whatever it is divided by
        (figures(20, 100, None, 0, 0, 1, 0), []),
        (
            figures(None, 3, 30, 1000, None, 1, 0),
            ["staff_tech"],
        ),  # of three people none are 15 %: the cost can't matter
        (figures(15, 100, 40, 1000, None, None, 0), ["ip_class_1"]),  # class I gives all or nothing
        (figures(30, 100, 20, 1000, 10**6, None, None), ["ip_class_1"]),  # class II could not lift 30 points to 60
        (figures(30, 100, 30, 1000, 10**6, None, None), ["ip_class_1", "ip_class_2"]),
        (figures(30, 100, 30, 1000, 10**6, 0, None), ["ip_class_2"]),
        (figures(30, 100, 30, 1000, 10**6, 1, None), []),
        (figures(None, 100, 60, 1000, 10**6, None, 4), ["staff_tech"]),  # with staff points it passes by class II alone
        (figures(30, 100, 30, 1000, None, None, 0), ["total_cost_fen", "ip_class_1"]),
        (figures(30, 100, None, 1000, 10**6, 0, 0), ["rd_expense_fen"]),
        (figures(None, None, None, 1000, 10**6, 0, 0), ["staff_total", "staff_tech", "rd_expense_fen"]),
        (figures(None, 1, None, 1000, 10**6, 0, 0), ["staff_tech", "rd_expense_fen"]),
        (figures(15, 100, 40, 1000, None, None, None), ["total_cost_fen", "ip_class_1", "ip_class_2"]),
        (figures(500, None, 60, 1000, 10**6, 1, 0), ["staff_total"]),  # five hundred technologists can be all there are
        (figures(None, 3, 60, 1000, 10**6, 0, None), ["staff_tech"]),  # all three or none: seventy points or a fail
        (figures(None, 100, 30, 1000, 10**6, 1, None), ["staff_tech"]),  # beside class I, class II is idle
        (figures(10, 100, None, 1000, None, 0, 0), []),  # four points and fifty: never sixty
    ],
)
def test_which_part_of_the_score_is_asked_for(law, case, missing):
    assert judge(law, "tech_sme", [case])[0]["missing"] == missing
    exactly(law, TECH, case)


def without(full, names):
    return st.sets(st.sampled_from(names), max_size=4).map(lambda gone: full | dict.fromkeys(gone))


def some_unknown(cases, rule):
    names = [item.name for item in RULES[rule].inputs if not item.elected]
    return cases.flatmap(lambda full: without(whole(rule, **full), names))


QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip


@QUICK
@given(some_unknown(st.fixed_dictionaries({
    "industry": st.sampled_from(list(SIZES)), "staff_total": st.integers(0, 1500), "revenue_fen": st.sampled_from(size_values("revenue_fen", {})),
    "total_assets_fen": st.sampled_from(size_values("total_assets_fen", {})),
}), "sme_size"))  # fmt: skip
def test_size_by_chance(law, case):
    assume(trials(SIZE, case) <= MOST_TRIALS)
    exactly(law, SIZE, case)


CLOSE = FULL.map(lambda full: full | {"staff_total": max(20, full["staff_total"])} | {
    name: full[name] % 10**6 * 10**3 + 10**6 for name in ("revenue_fen", "rd_expense_fen", "total_cost_fen")
})  # fmt: skip


@QUICK
@given(some_unknown(st.one_of(CLOSE, st.sampled_from([TS1, TS2, TS3])), "tech_sme"))
def test_technology_sme_by_chance(law, case):
    assume(trials(TECH, case) <= MOST_TRIALS)
    exactly(law, TECH, case)


@QUICK
@given(
    some_unknown(
        st.fixed_dictionaries({
            "size_class": st.sampled_from(["micro", "small", "medium", "large"]), "exposure_fen": st.sampled_from([0, 10**8, 10**9, 10**9 + 1]),
            "bank_exposure_fen": st.sampled_from([10**9, 2 * 10**11, 10**13]), "turnover_mean_fen": st.sampled_from([10**9, 3 * 10**10, 3 * 10**10 + 1]),
            "defaulted": st.booleans(), "overdue_days": st.sampled_from([0, 90, 91]), "balance_fen": st.just(10**9), "provision_fen": st.sampled_from([0, 2 * 10**8, 10**9]),
            "housing_secured": st.booleans(),
        }), "capital",
    ), st.sampled_from([WEIGHT, ASSETS]),
)  # fmt: skip
def test_weights_by_chance(law, case, study):
    assume(trials(study, case) <= MOST_TRIALS)
    matter = prove(law, study, case)
    if study is WEIGHT and matter is not None:
        silent = {"balance_fen", "provision_fen"}  # the assets need them though the weight does not
        assert set(judge(law, "capital", [case])[0]["missing"]) - silent == matter - silent


@pytest.mark.parametrize("rule", ["sme_size", "tech_sme", "capital", "working_capital"])
def test_many_rows_are_many_calls_of_one_row(law, rule):
    cases = [case for study, case in COMPLETE if study.rule == rule]
    cases += [case | {name: None} for case in cases for name in list(case)[:6]]
    assert judge(law, rule, cases) == [judge(law, rule, [case])[0] for case in cases]
    assert judge(law, rule, []) == []
