"""How sure a grade is: judgement is never high, a band needs rows behind it, and a stranger is told as one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from kemiao.credit.rating.confidence import LEVELS, confidence_rules, confidences, features_table
from kemiao.credit.rating.expert_card import card_from_policy
from kemiao.credit.rating.inputs import Input
from kemiao.credit.rating.master_scale import scale_from_policy
from little_bank import policy_on, sound_row

RULES = confidence_rules(policy_on()["reasons"])
SCALE = scale_from_policy(policy_on()["master_scale"])
EXPERT = card_from_policy(policy_on()["expert_card"])
LEARNT = (Input("cash_days", "number", "days", 900, 0, Decimal(0), Decimal(10_000_000)),)


def fitted(rows: int, events: int, pd_ppm: int):
    group = {"rows": rows * 2, "pd_ppm": pd_ppm, "event_ppm": events * 1_000_000 // rows}
    return replace(EXPERT, kind="fitted", facts={"validation": {"repeats": 2, "calibration": [group]}})


def sure(card, learnt=LEARNT, **changed):
    table = features_table([dict(sound_row()) | changed], card)
    return confidences(card, learnt, table, SCALE, RULES)[0]


def test_an_expert_card_has_no_band_and_is_never_high():
    said = sure(EXPERT, None)
    assert (said.level, said.band_ppm) == ("medium", None)
    assert "JUDGEMENT" in [each.code for each in said.reasons]
    assert said.unknown_band_ppm[0] == said.unknown_band_ppm[1]  # nothing is unknown of it


@pytest.mark.parametrize(("rows", "events"), [(40, 4), (400, 40), (4_000, 400), (40_000, 4_000)])
def test_more_rows_behind_a_pd_make_its_band_narrower(rows, events):
    wide, narrow = (sure(fitted(times * rows, times * events, 100_000)).band_ppm for times in (1, 10))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_a_band_moves_with_the_pd_and_holds_it_where_the_model_was_true():
    own = sure(fitted(40_000, 4_000, 100_000))
    low, high = own.band_ppm
    assert "PD_OFF" not in [each.code for each in own.reasons] and low < high
    off = sure(fitted(40_000, 12_000, 100_000))  # three times as many defaulted as it said
    assert "PD_OFF" in [each.code for each in off.reasons] and off.band_ppm[0] > high


def test_less_known_or_outside_of_training_never_makes_it_surer():
    card = fitted(40_000, 4_000, 100_000)
    whole = sure(card)
    assert whole.level == "high" and whole.outside == ()
    stranger = sure(card, (replace(LEARNT[0], high=Decimal(1)),), cash_days=5)
    assert (stranger.level, stranger.outside) == ("medium", ("cash_days",))
    names = [each.feature for each in card.characteristics]
    levels = [LEVELS.index(sure(card, **dict.fromkeys(names[:count])).level) for count in range(len(names) + 1)]
    assert levels == sorted(levels) and levels[-1] == 2
    worse = sure(card, **dict.fromkeys(names[:3])).unknown_band_ppm
    assert worse[0] < worse[1]
