from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.money import FEN_MAX, div_half_up, parse_fen, share_fen, short_text, yuan_text


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("500万", 500_000_000), ("1亿", 10_000_000_000), ("1,234.56", 123_456), ("¥12.30", 1_230), ("￥12.30", 1_230), ("RMB 5", 500),
        ("(1,200.00)", -120_000), ("（1,200.00）", -120_000), ("-12.3", -1_230), ("−12.3", -1_230), ("-¥12", -1_200), ("+7", 700),
        ("1.5千万元", 1_500_000_000), ("2百万", 200_000_000), ("3千", 300_000), ("１２３．４元整", 12_340), (" 0 ", 0), (".5", 50), ("5.", 500),
        ("0.0001亿", 1_000_000), ("100,000,000,000", FEN_MAX), ("1000亿", FEN_MAX), ("0.010000000000000000000000000000", 1),
    ],
)  # fmt: skip
def test_amounts_as_people_type_them(typed, fen):
    assert parse_fen(typed) == fen


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "NOT_AN_AMOUNT"), ("12,3O0.00", "NOT_AN_AMOUNT"), ("1,23", "NOT_AN_AMOUNT"), ("1.2.3", "NOT_AN_AMOUNT"), ("万", "NOT_AN_AMOUNT"), ("(5", "NOT_AN_AMOUNT"),
        ("5)", "NOT_AN_AMOUNT"), ("-(5)", "NOT_AN_AMOUNT"), ("1e3", "NOT_AN_AMOUNT"), ("nan", "NOT_AN_AMOUNT"), ("0.001", "FRACTION_OF_A_FEN"), ("0.0000001万", "FRACTION_OF_A_FEN"),
        ("100,000,000,000.01", "AMOUNT_TOO_LARGE"), ("1001亿", "AMOUNT_TOO_LARGE"), ("10" * 30, "AMOUNT_TOO_LARGE"), ("(1001亿)", "AMOUNT_TOO_LARGE"),
        ("0.01" + "0" * 40 + "1", "FRACTION_OF_A_FEN"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused_with_its_reason(typed, code):
    assert parse_fen(typed).code == code


@pytest.mark.parametrize(("fen", "text"), [(0, "0.00"), (-5, "-0.05"), (123_456, "1,234.56"), (-100_000_000, "-1,000,000.00")])  # fmt: skip
def test_amounts_are_written_to_the_fen(fen, text):
    assert yuan_text(fen) == text


@given(st.integers(-FEN_MAX, FEN_MAX))
def test_text_of_an_amount_reads_back(fen):
    assert parse_fen(yuan_text(fen)) == fen


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**20))
def test_half_up_is_the_nearest_whole_number_and_halves_go_away_from_zero(numerator, denominator):
    exact, rounded = Fraction(numerator, denominator), div_half_up(numerator, denominator)
    assert abs(exact - rounded) <= Fraction(1, 2)
    if abs(exact - rounded) == Fraction(1, 2):
        assert abs(rounded) > abs(exact)


@pytest.mark.parametrize(("amount", "ppm", "share"), [(1, 500_000, 1), (1, 499_999, 0), (-1, 500_000, -1), (FEN_MAX, 999_999, FEN_MAX - 10**7)])  # fmt: skip
def test_a_share_is_rounded_to_a_fen(amount, ppm, share):
    assert share_fen(amount, ppm) == share


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [
        (500_000_000, "500万", "5,000,000"), (12_500_000_000, "1.25亿", "125,000,000"), (123_456_789, "123.46万", "1,234,568"), (-1_000_000, "-1万", "-10,000"),
        (999_999, "1万", "10,000"), (995_000, "9,950元", "9,950"), (150, "2元", "2"), (149, "1元", "1"), (0, "0元", "0"), (-40, "0元", "0"), (9_999_999_950, "1亿", "100,000,000"),
    ],
)  # fmt: skip
def test_short_amounts_are_rounded_half_up(fen, zh, en):
    assert (short_text(fen), short_text(fen, "en")) == (zh, en)
