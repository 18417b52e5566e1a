"""A funder sees its own mandates and matches, of companies what its sheet tells, and of nobody else a byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bank.lending.test_day import a_loan
from kemiao.bank.lending.loan_store import loan_draft, message_draft
from kemiao.bank.market.matches import standing
from little_bank import at, clock_on
from portal.market_home import CANARY, NEXT, Market, market_home
from portal.served import Served, served

pytestmark = pytest.mark.slow
_READS = ("/mandates?ended=true", "/funding/matches", "/funding/calls", "/funding/calls/1", "/funding/portfolio", "/funding/outlook", "/mandates/fund-a-1")  # fmt: skip


@pytest.fixture
def market(tmp_path: Path) -> Market:
    return market_home(tmp_path / "home")


@pytest.fixture
def portal(market: Market) -> Iterator[Served]:
    with served(market.home) as found:
        yield found


def test_a_funder_sees_its_matches_with_their_terms_and_why(portal: Served, market: Market) -> None:
    (match,) = portal.get("fund", "/funding/matches").json()
    assert (match["company"], match["mandate"], match["amount_fen"], match["rate_ppm"]) == (market.matched, "fund-a-1", 30_000_000, 42_000)  # fmt: skip
    (row,) = portal.get("fund", "/funding/calls/1").json()["mandates"]
    assert [one["company"] for one in row["stable"]] == [market.matched]
    assert (row["budget_fen"], row["above"], row["lines"][0]["open"]) == (40_000_000, 0, False)


def test_no_byte_of_another_funder_or_of_who_is_not_matched_reaches_a_funder(portal: Served, market: Market) -> None:
    secrets = (CANARY, "canary-9", "77310000", market.waiting, market.waiting.removeprefix("uscc:"))
    for path in _READS:
        answer = portal.get("fund", path)
        assert answer.status_code == 200, (path, answer.text)
        assert not [secret for secret in secrets if secret in answer.text], path
    for path in ("/mandates/canary-9", "/mandates/none-such"):
        assert portal.get("fund", path).status_code == 404
    terms = {"budget_fen": 1_000_000, "rate_ppm": 1}
    assert portal.put("fund", "/mandates/canary-9", terms).status_code == 404
    assert portal.delete("fund", "/mandates/canary-9").status_code == 404
    for path in ("/market/calls", "/market/calls/1/result", "/market/postings", f"/companies/{market.matched}", f"/companies/{market.matched}/market", f"/market/calls/1/companies/{market.matched}/explanation", "/audit/access"):  # fmt: skip
        assert portal.get("fund", path).status_code == 403, path


def test_a_name_that_another_begins_with_opens_nothing_of_it(portal: Served) -> None:
    """fund-b's funder is `fund`: the mandate fund-a-1 begins so, and is not its."""
    assert portal.get("fund-b", "/mandates").json() == []
    assert portal.get("fund-b", "/funding/matches").json() == []
    assert portal.get("fund-b", "/funding/calls/1").json()["mandates"] == []
    assert portal.get("fund-b", "/mandates/fund-a-1").status_code == 404
    made = portal.post("fund-b", "/mandates", {"name": "a-1", "budget_fen": 1_000_000, "rate_ppm": 40_000})
    assert made.json()["code"] == "ALREADY_POSTED", "the id is taken, and tells no more"


def test_a_mandate_is_posted_changed_and_withdrawn(portal: Served) -> None:
    terms = {
        "budget_fen": 10_000_000_000, "rate_ppm": 39_000, "rate_per_grade_ppm": 2_000, "grade_floor": "BBB", "industries": ["软件", "生物医药"],
        "industry_share": {"软件": 300_000, "*": 500_000}, "share_max_ppm": 100_000, "months_low": 6, "months_high": 36, "green_only": False, "covered": "accept",
        "value_least_ppm": -1_000, "product": "tech_credit", "grade_rates": {"AAA": 35_000},
    }  # fmt: skip
    made = portal.post("fund", "/mandates", {"name": "2026", **terms})
    assert made.status_code == 201, made.text
    row = made.json()["row"]
    assert (made.json()["posting"], row["funder"], row["industry_share"], row["industries"]) == ("fund-a-2026", "fund-a", "软件=30%;*=50%", "软件;生物医药")  # fmt: skip
    assert row["rate_AAA"] == "0.035000"
    changed = portal.put("fund", "/mandates/fund-a-2026", {**terms, "budget_fen": 5_000_000_000})
    assert (changed.status_code, changed.json()["row"]["budget_fen"]) == (200, "5000000000")
    assert portal.delete("fund", "/mandates/fund-a-2026").json()["ended"] == "withdrawn"
    assert [row["posting"] for row in portal.get("fund", "/mandates").json()] == ["fund-a-1"]
    assert portal.post("fund", "/mandates", {"name": "x", "budget_fen": 1, "funder": CANARY}).status_code == 422
    assert portal.post("fund", "/mandates", {"name": "x:y", **terms}).status_code == 422
    assert portal.post("li", "/mandates", {"name": "x", **terms}).status_code == 403


def test_few_funders_are_not_told_what_lies_gain(portal: Served) -> None:
    assert portal.get("fund", "/funding/strategy").json()["code"] == "TOO_FEW_FUNDERS"


def test_loans_that_came_of_a_match_stand_in_the_portfolio_of_its_funder_alone(portal: Served, market: Market) -> None:
    with at(market.home, clock_on(NEXT)) as world:
        (match,) = standing(world)
        row = a_loan("loan-7", market.matched, amount_fen=30_000_000, repayment="interest_first")
        paid = {"message": "d-7", "loan": "loan-7", "kind": "disburse", "value_day": row["starts_on"], "amount_fen": 30_000_000}  # fmt: skip
        step = {"step": "applied", "asked": {"match": match.id, "round": 1}, "by": None, "until": None}
        with world.log.write() as tx:
            tx.append_many([loan_draft(row), message_draft(market.matched, paid)])
            tx.append("application", market.matched, "app-7", step)
            tx.append("application", market.matched, "app-7", {"step": "signed", "loan": "loan-7", "by": None, "until": None})  # fmt: skip
    held = portal.get("fund", "/funding/portfolio").json()
    assert [(row["loan"], row["amount_fen"], row["principal_fen"]) for row in held["lent"]] == [("loan-7", 30_000_000, 30_000_000)]  # fmt: skip
    assert held["totals"]["principal_fen"] == 30_000_000
    assert portal.get("fund-b", "/funding/portfolio").json()["lent"] == []
