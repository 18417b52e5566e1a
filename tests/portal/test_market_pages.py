"""The market at the portal: the numbers are the command line's, a company sees its own, and what is pressed is the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from little_bank import ME, OTHER
from portal.market_home import CANARY, Market, market_home
from portal.served import Served, served

pytestmark = pytest.mark.slow


@pytest.fixture
def market(tmp_path: Path) -> Market:
    return market_home(tmp_path / "home")


@pytest.fixture
def portal(market: Market) -> Iterator[Served]:
    with served(market.home) as found:
        yield found


def typed(market: Market, *words: str) -> dict:
    done = CliRunner().invoke(cli, [*words, "--home", str(market.home), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def account_of(company: str) -> str:
    return "mine" if company == ME else "theirs"


def test_the_result_of_a_call_is_the_command_lines(portal: Served, market: Market) -> None:
    shown = portal.get("li", "/market/calls/1/result").json()
    whole = typed(market, "market", "result", "1")
    for name in ("stable", "best", "greedy"):
        assert shown[name] == {key: whole[name][key] for key in shown[name]}
    assert [row["request"] for row in shown["matches"]] == [row["request"] for row in whole[whole["cleared"]]["matches"]]  # fmt: skip
    assert shown["price"]["lost_fen"] == whole["price_of_stability"]["welfare"]["lost_fen"]
    assert shown["blocking_count"] == whole["stable"]["blocking"]["count"]
    (match,) = portal.get("li", "/market/calls/1/matches").json()
    assert match["company"] == market.matched


def test_why_what_if_and_what_declining_costs_are_the_command_lines(portal: Served, market: Market) -> None:
    base = f"/market/calls/1/companies/{market.waiting}"
    assert portal.get("li", f"{base}/explanation").json() == typed(market, "market", "explain", market.waiting, "--call", "1")  # fmt: skip
    answer = portal.get("li", "/market/calls/1/one-more?name=fund-a-1&step_fen=100000000").json()
    assert answer == typed(market, "market", "one-more", "fund-a-1", "--step", "100万", "--call", "1")
    declined = portal.get("li", f"/market/calls/1/companies/{market.matched}/declining").json()
    assert declined == typed(market, "market", "decline", market.matched, "--call", "1")
    expected = portal.get("li", "/market/calls/1/forecast").json()
    assert expected == typed(market, "market", "forecast", "--call", "1")


def test_a_company_is_told_what_its_sheet_tells_and_nobody_elses_terms(portal: Served, market: Market) -> None:
    me = account_of(market.waiting)
    told = portal.get(me, f"/market/calls/1/companies/{market.waiting}/explanation")
    assert told.status_code == 200
    said = told.json()
    assert [row["mandate"] for row in said["mandates"]] == ["fund-a-1"]
    assert said["unmet"]["GRADE_BELOW_FLOOR"] == 1
    assert {change["dimension"] for change in said["changes"]} >= {"amount"}
    for secret in (CANARY, "canary-9", market.matched, "welfare"):
        assert secret not in told.text
    other = f"/market/calls/1/companies/{market.matched}"
    assert {portal.get(me, f"{other}/{page}").status_code for page in ("explanation", "quotes")} == {404}
    assert portal.get(me, f"{other}/declining").status_code == 403
    for path in ("/market/calls", "/market/calls/1/result", "/market/calls/1/matches", "/market/postings"):
        assert portal.get(me, path).status_code == 403


def test_a_company_asks_sees_its_match_changes_its_mind_and_takes_it_back(portal: Served, market: Market) -> None:
    me, theirs = account_of(market.matched), account_of(market.waiting)
    own = portal.get(me, f"/companies/{market.matched}/market")
    assert [row["amount_fen"] for row in own.json()["matches"]] == [30_000_000]
    assert market.waiting not in own.text and CANARY not in own.text
    asked = {"amount_fen": 20_000_000, "months": 12, "rate_max_ppm": 80_000}
    refused = portal.post(theirs, f"/companies/{market.waiting}/market/requests", asked)
    assert (refused.status_code, refused.json()["code"]) == (409, "ALREADY_POSTED")
    changed = portal.post(theirs, f"/companies/{market.waiting}/market/requests", {**asked, "instead": True})
    assert (changed.status_code, changed.json()["row"]["amount_fen"]) == (201, "20000000")
    rows = portal.get(theirs, f"/companies/{market.waiting}/market").json()["requests"]
    assert [row["ended"] for row in rows] == [None, "withdrawn"]
    assert portal.delete(theirs, f"/companies/{market.waiting}/market/requests").status_code == 200
    assert portal.delete(theirs, f"/companies/{market.waiting}/market/requests").status_code == 404
    assert portal.post(theirs, f"/companies/{market.matched}/market/requests", asked).status_code == 404
    typed_fact = portal.post(theirs, f"/companies/{market.waiting}/market/requests", {**asked, "grade": "AAA"})
    assert typed_fact.status_code == 422


def test_before_posting_a_company_learns_how_many_could_sign_and_nothing_is_posted(
    portal: Served, market: Market
) -> None:
    with portal.portal.worlds.world() as world:
        before = world.log.end()
    me = account_of(market.waiting)
    found = portal.get(me, f"/companies/{market.waiting}/market/trial?amount_fen=5000000&months=12&rate_max_ppm=90000")
    assert (found.json()["quotes"], found.json()["cost_ppm"], found.json()["mandates"]) == (1, None, 2)
    same = typed(market, "market", "try", market.waiting, "--amount", "5万", "--months", "12", "--rate-max", "9%")
    assert {name: same[name] for name in found.json()} == found.json()
    with portal.portal.worlds.world() as world:
        assert world.log.end() == before


def test_a_call_is_opened_cleared_and_lent_on_at_buttons(portal: Served, market: Market) -> None:
    assert portal.post("li", "/market/calls", {"local": True}).status_code == 403
    opened = portal.post("sun", "/market/calls", {"local": True, "commit_minutes": 0, "reveal_minutes": 0})
    assert (opened.status_code, opened.json()["stage"]) == (201, "closed")
    call = opened.json()["number"]
    assert portal.get("sun", f"/market/calls/{call}").json()["may"] == ["clear"]
    cleared = portal.post("sun", f"/market/calls/{call}/clearing")
    assert cleared.status_code == 200, cleared.text
    assert portal.get("sun", f"/market/calls/{call}").json()["may"] == ["lend", "reoffer"]
    lent = portal.post("li", "/market/calls/1/loans", {})
    assert lent.status_code == 200, lent.text
    assert lent.json()[0]["match"]["application"] is not None
    assert portal.post("li", "/market/calls/1/loans", {}).json()[0]["match"]["application"] == lent.json()[0]["match"]["application"]  # fmt: skip


def test_staff_post_and_withdraw_for_the_bank(portal: Served, market: Market) -> None:
    cells = {"授权": "M-7", "预算": "1亿", "利率": "3.9%"}
    made = portal.post("li", "/market/postings", {"side": "mandates", "cells": cells})
    assert (made.status_code, made.json()["row"]["budget_fen"]) == (201, "10000000000")
    unread = portal.post("li", "/market/postings", {"side": "mandates", "cells": {**cells, "预算": "很多"}})
    assert unread.status_code == 409
    assert portal.delete("li", "/market/postings/M-7").json()["ended"] is None
    assert "M-7" not in portal.get("li", "/market/postings").text
    assert portal.get("li", f"/companies/{OTHER}/market").status_code == 200
