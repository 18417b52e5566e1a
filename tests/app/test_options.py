"""What people type, read as values or sent back as a usage error."""

from __future__ import annotations

from datetime import date

import pytest
import typer

from kemiao.app.options import changed_inputs, company_keys, optional_day
from kemiao.app.shown import value_text


def test_days_keys_and_inputs_are_read():
    assert optional_day("2024-07-01") == date(2024, 7, 1)
    assert optional_day(None) is None
    assert company_keys(["91110108MA01KPGK0L", "cumcm:E1"]) == ("uscc:91110108MA01KPGK0L", "cumcm:E1")
    assert company_keys([]) is None
    assert changed_inputs(["revenue_fen=1_000", "high_tech_certificate=是", "registered_on=2020-01-01", "industry=software", "cash_fen="]) == {
        "revenue_fen": 1000, "high_tech_certificate": True, "registered_on": "2020-01-01", "industry": "software", "cash_fen": None,
    }  # fmt: skip
    assert changed_inputs(None) == {}


@pytest.mark.parametrize(
    "text",
    [
        "revenue_fen",
        "nope=1",
        "revenue_fen=1.5",
        "revenue_fen=x",
        "registered_on=soon",
        "high_tech_certificate=perhaps",
    ],
)
def test_an_input_that_can_not_be_read_is_a_usage_error(text):
    with pytest.raises(typer.BadParameter):
        changed_inputs([text])


@pytest.mark.parametrize("text", ["soon", "2024-13-01", ""])
def test_a_day_that_is_none_is_a_usage_error(text):
    with pytest.raises(typer.BadParameter):
        optional_day(text)


def test_values_are_shown_with_their_units_and_the_unknown_as_unknown():
    assert [value_text(value, unit, "zh") for value, unit in ((None, "fen"), (500_0000_00, "fen"), (125_000, "ppm"), (True, "flag"), (3, "days"), (0, "count"))] == ["未知", "500万", "12.5%", "是", "3 天", "0"]  # fmt: skip
    assert value_text(None, "flag", "en") == "unknown"
