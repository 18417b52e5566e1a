from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.keys import parse_company, uscc_check_digit

EXAMPLE = "91350100M000100Y43"  # GB 32100-2015, the standard's own example
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def test_the_example_of_the_standard_has_its_check_digit():
    assert uscc_check_digit(EXAMPLE[:17]) == EXAMPLE[17]


@pytest.mark.parametrize("typed", [EXAMPLE, f"uscc:{EXAMPLE}", f" {EXAMPLE.lower()} "])
def test_a_code_is_one_key_however_it_is_written(typed):
    assert parse_company(typed) == f"uscc:{EXAMPLE}"


@pytest.mark.parametrize("typed", ["cumcm:E1", "foreign:DE-123", "person:ab12"])
def test_other_schemes_stay_as_they_are(typed):
    assert parse_company(typed) == typed


@pytest.mark.parametrize(
    ("typed", "code"),
    [(EXAMPLE[:17] + "4", "USCC_CHECK_DIGIT"), (EXAMPLE[:17], "NOT_A_USCC"), ("", "NOT_A_USCC"), ("91350100M000100O43", "NOT_A_USCC"), ("bank:1", "NOT_A_COMPANY_KEY"), ("cumcm:", "NOT_A_COMPANY_KEY"), ("cumcm:a b", "NOT_A_COMPANY_KEY")],
)  # fmt: skip
def test_what_is_no_key_is_refused_with_its_reason(typed, code):
    assert parse_company(typed).code == code


@given(st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_never_passes(place, character):
    wrong = EXAMPLE[:place] + character + EXAMPLE[place + 1 :]
    assert (parse_company(wrong) == f"uscc:{EXAMPLE}") == (wrong == EXAMPLE)
    assert isinstance(parse_company(wrong), str) == (wrong == EXAMPLE)
