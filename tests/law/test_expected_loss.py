from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from kemiao.law.expected_loss import losses
from law.judging import MILLION, judge_one, refuses

CURVE = {
    "overdue_days": 0, "impaired": False, "significant_increase": False, "eir_ppm": 50_000, "lgd_ppm": 450_000, "balance_fen": MILLION,
    "ead_1_fen": MILLION, "ead_2_fen": 70 * MILLION // 100, "ead_3_fen": 35 * MILLION // 100,
    "hazard_1_ppm": 20_000, "hazard_2_ppm": 30_000, "hazard_3_ppm": 35_000,
}  # fmt: skip
TILTED = {
    "weight_up_ppm": 200_000,
    "multiplier_up_ppm": 800_000,
    "weight_down_ppm": 300_000,
    "multiplier_down_ppm": 1_500_000,
}


@pytest.mark.parametrize(
    ("cells", "twelve", "life"), [({}, 857_143, 2_149_810), (TILTED, 951_429, 2_378_529)]
)  # EC1, EC2
def test_vectors_of_the_curve(law, cells, twelve, life):
    answer = judge_one(law, "expected_loss", **CURVE | cells)
    assert (answer["twelve_month_fen"], answer["lifetime_fen"], answer["missing"]) == (twelve, life, [])
    assert (answer["stage"], answer["allowance_fen"]) == (1, twelve)
    assert judge_one(law, "expected_loss", **CURVE | cells | {"significant_increase": True})["allowance_fen"] == life


def test_parts_of_the_curve_to_four_places():
    ead, hazard = np.array([[1e6, 7e5, 3.5e5]]), np.array([[0.02, 0.03, 0.035]])
    ends = np.array([[1.0, 2.0, 3.0]])
    for multiplier, twelve, life in (
        (1.0, 8571.4286, 21498.0952),
        (0.8, 6857.1429, 17263.1771),
        (1.5, 12857.1429, 31945.3571),
    ):
        first, whole = losses(hazard, np.array([0.45]), ead, np.array([0.05]), ends, ((1.0, multiplier),))
        assert (round(first[0], 4), round(whole[0], 4)) == (twelve, life)


def test_stage_three_is_the_balance_less_what_is_expected_back(law):
    cells = {"overdue_days": 0, "impaired": True, "eir_ppm": 50_000, "balance_fen": MILLION, "recovery_1_fen": MILLION // 5, "recovery_2_fen": MILLION // 4}  # fmt: skip
    answer = judge_one(law, "expected_loss", **cells)  # EC3
    assert (answer["stage"], answer["allowance_fen"], answer["missing"]) == (3, 58_276_644, [])


@pytest.mark.parametrize(("days", "stage"), [(30, 1), (31, 2), (90, 2), (91, 3)])
def test_days_past_due_are_the_backstops(law, days, stage):
    assert judge_one(law, "expected_loss", **CURVE | {"overdue_days": days})["stage"] == stage


def test_an_unknown_probability_leaves_the_amount_open(law):
    answer = judge_one(law, "expected_loss", **CURVE | {"significant_increase": True, "hazard_2_ppm": None})
    assert (answer["twelve_month_fen"], answer["lifetime_fen"], answer["missing"]) == (857_143, None, ["hazard_2_ppm"])
    assert judge_one(law, "expected_loss", **CURVE | {"impaired": None})["missing"] == ["impaired"]


def test_weights_above_one_are_refused(law):
    assert (
        judge_one(law, "expected_loss", **CURVE | TILTED | {"weight_up_ppm": 800_000})["refused"] == "WEIGHTS_ABOVE_ONE"
    )
    assert refuses(law, "expected_loss", date(2017, 12, 31), **CURVE)
