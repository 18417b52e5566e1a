from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.rates import parse_ppm, parse_ppm_range, percent_text


@pytest.mark.parametrize(("typed", "ppm"), [("4%", 40_000), ("4.25%", 42_500), ("４．２５％", 42_500), ("35bp", 3_500), ("0.04", 40_000), ("5‰", 5_000), ("-1.5%", -15_000), ("0.0001%", 1), ("1", 10**6)])  # fmt: skip
def test_rates_as_people_type_them(typed, ppm):
    assert parse_ppm(typed) == ppm


@pytest.mark.parametrize(("typed", "code"), [("", "NOT_A_RATE"), ("four", "NOT_A_RATE"), ("4%%", "NOT_A_RATE"), ("0.00005%", "FRACTION_OF_A_PPM"), ("0.0000001", "FRACTION_OF_A_PPM"), ("0.01" + "0" * 40 + "1", "FRACTION_OF_A_PPM")])  # fmt: skip
def test_what_is_no_rate_is_refused_with_its_reason(typed, code):
    assert parse_ppm(typed).code == code


def test_a_range_has_two_ends_in_order():
    assert parse_ppm_range("4%..15%") == (40_000, 150_000)
    assert parse_ppm_range("4%") == (40_000, 40_000)
    assert parse_ppm_range("15%..4%").code == "RANGE_REVERSED"
    assert parse_ppm_range("4%..").code == "NOT_A_RATE"


@given(st.integers(-(10**7), 10**7))
def test_text_of_a_rate_reads_back(ppm):
    assert parse_ppm(percent_text(ppm, places=4)) == ppm


@pytest.mark.parametrize(("ppm", "places", "text"), [(43_500, 2, "4.35%"), (43_550, 2, "4.36%"), (43_549, 2, "4.35%"), (43_500, 0, "4%"), (45_000, 0, "5%"), (-43_550, 2, "-4.36%"), (-1, 2, "0.00%")])  # fmt: skip
def test_percentages_are_rounded_half_up(ppm, places, text):
    assert percent_text(ppm, places) == text
