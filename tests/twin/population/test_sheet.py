"""Money and days as text, exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.dates import parse_date
from kemiao.base.money import FEN_MAX, parse_fen
from kemiao.twin.population.dirt import letter_o, ten_yuan_more, wrong_check_digit
from kemiao.twin.population.sheet import days, wan, yuan


@given(st.lists(st.integers(-FEN_MAX, FEN_MAX), max_size=20))
def test_yuan_read_back_are_the_same_fen(amounts: list[int]) -> None:
    assert [parse_fen(text) for text in yuan(np.array(amounts, dtype=np.int64)).to_pylist()] == amounts


@given(st.lists(st.integers(-FEN_MAX, FEN_MAX), max_size=20))
def test_wan_read_back_are_within_fifty_yuan(amounts: list[int]) -> None:
    for text, fen in zip(wan(np.array(amounts, dtype=np.int64)).to_pylist(), amounts, strict=True):
        read = parse_fen(f"{text}万")
        assert isinstance(read, int) and abs(read - fen) <= 5_000


@pytest.mark.parametrize("style", ["-", "/", "年"])
def test_days_read_back_in_each_style(style: str) -> None:
    day = np.array(["2024-02-29", "NaT", "2021-12-01"], dtype="datetime64[D]")
    first, blank, last = days(day, style).to_pylist()
    assert blank == ""
    assert [parse_date(first), parse_date(last)] == [day[0].astype(object), day[2].astype(object)]


def test_faults_change_what_they_touch() -> None:
    assert letter_o("10203.40") == "10203.4O" and letter_o("11.11") == "11.11O"
    assert ten_yuan_more("-3.50") == "6.50" and ten_yuan_more("5.00") == "15.00"
    assert wrong_check_digit("91350100M000100Y43")[:17] == "91350100M000100Y4"
