"""What an offer's terms rest on beside the application, and what of them stands until the signature."""

from __future__ import annotations

from datetime import date

import pytest

from credit.products.conftest import product_of
from kemiao.bank.commands import product_facts
from kemiao.bank.commands.offer import _with_agreed_spread
from kemiao.base.refusal import Refusal
from kemiao.credit.products.terms import Facts
from kemiao.law.lpr import Lpr

DAY = date(2024, 7, 1)


@pytest.mark.parametrize(("answer", "lends"), [({"pledge_fen": 70}, 70), (Refusal("NO_PATENTS", "", ""), None)])
def test_patents_carry_what_they_are_valued_at(monkeypatch, answer, lends):
    asked = []
    monkeypatch.setattr(product_facts.patents, "patents", lambda world, request: asked.append(request) or answer)
    pledge = product_of("patent_pledge")
    found = product_facts.known(None, "uscc:A", pledge, Facts(), 18, DAY, DAY)
    assert (found.security_lends_fen, asked[0].company, asked[0].loan_months, asked[0].as_of) == (lends, "uscc:A", 18, DAY)  # fmt: skip
    # Neither where somebody appraised them, nor for another kind of security, nor where no product is meant.
    appraised = Facts(security_value_fen=1)
    assert product_facts.known(None, "uscc:A", pledge, appraised, 18, DAY) == appraised
    assert product_facts.known(None, "uscc:A", product_of("equipment"), Facts(), 18, DAY) == Facts()
    assert product_facts.known(None, "uscc:A", None, Facts(), None, DAY) == Facts()
    assert len(asked) == 1


def test_an_outage_of_what_is_known_is_no_silence(monkeypatch):
    monkeypatch.setattr(product_facts.patents, "patents", lambda world, request: Refusal("NO_CONSENT", "", ""))
    assert product_facts.known(None, "uscc:A", product_of("patent_pledge"), Facts(), 18, DAY).code == "NO_CONSENT"


def test_the_spread_over_the_five_year_rate_stands_when_the_two_rates_move_apart():
    agreed = {"rate_kind": "lpr_5y", "spread_ppm": 5_000}
    row = {"rate_kind": "lpr_5y", "spread_ppm": 2_000, "rate_ppm": 41_000, "floor_ppm": 25_000, "cap_ppm": 150_000}
    rates = Lpr(31_000, 39_000, date(2024, 10, 21), date(2024, 10, 21), False, "text")
    now = _with_agreed_spread(row, agreed, rates)
    assert (now["spread_ppm"], now["rate_ppm"]) == (5_000, 44_000)
    assert _with_agreed_spread(row | {"cap_ppm": 42_000}, agreed, rates)["rate_ppm"] == 42_000
    one_year = row | {"rate_kind": "lpr_1y"}
    assert _with_agreed_spread(one_year, agreed, rates) == one_year
