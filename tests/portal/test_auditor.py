"""The auditor decides again, clears again, checks both logs, downloads the workbook; each look is in the access log, and none changes a thing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.access_log import FILE
from little_bank import ME
from portal.market_home import Market, market_home
from portal.served import Served, served

pytestmark = pytest.mark.slow


@pytest.fixture
def market(tmp_path: Path) -> Market:
    return market_home(tmp_path / "home")


@pytest.fixture
def portal(market: Market) -> Iterator[Served]:
    with served(market.home) as found:
        yield found


def test_a_decision_is_replayed_from_the_list_and_the_reading_is_on_record(portal: Served) -> None:
    page = portal.get("audit", f"/audit/decisions?company={ME}").json()
    (decision,) = page["items"]
    assert decision["company"] == ME
    made = portal.post("audit", f"/audit/decisions/{decision['decision']}/replays")
    assert made.status_code == 200, made.text
    assert (made.json()["result"], made.json()["identical"], made.json()["rows"]) == ("identical", True, "identical")
    assert made.json()["command"] == f"kemiao replay {decision['decision']}"
    with portal.portal.worlds.world() as world:
        reading = world.log.last("reading", subject=ME)
        assert reading is not None and reading.public["purpose"] == "trace"
    newest = portal.portal.access_log.entries(most=1)[0]
    assert (newest.account, newest.company, newest.said["why"]) == ("audit", ME, "audit")
    assert portal.post("audit", "/audit/decisions/dec-none/replays").status_code in (404, 409)


def test_decisions_are_paged_without_a_gap(portal: Served) -> None:
    first = portal.get("audit", "/audit/decisions?limit=1").json()
    rest = portal.get("audit", f"/audit/decisions?limit=10&cursor={first['next']}").json()
    assert rest["next"] is None
    seen = [row["decision"] for row in (*first["items"], *rest["items"])]
    assert len(seen) == len(set(seen)) == 2


def test_a_call_is_cleared_again_and_a_kept_figure_that_was_altered_shows(portal: Served, market: Market) -> None:
    made = portal.post("audit", "/audit/calls/1/replays").json()
    assert (made["identical"], made["by"]) == (True, "operator")
    assert {each["what"] for each in made["findings"]} == {"book", "result", "published", "sheets", "seed", "matches"}
    with sqlite3.connect(market.home / "event_log.db") as connection:
        connection.execute("UPDATE event SET public = replace(public, '\"rate_ppm\":42000', '\"rate_ppm\":41000') WHERE kind = 'market_match'")  # fmt: skip
    again = portal.post("audit", "/audit/calls/1/replays").json()
    assert [each["what"] for each in again["findings"] if not each["holds"]] == ["matches"]
    event, access = portal.get("audit", "/audit/logs").json()
    assert (event["holds"], access["holds"]) == (False, True)
    assert event["broken"] is not None


def test_the_access_log_is_filtered_and_an_altered_entry_is_found(portal: Served, market: Market) -> None:
    portal.get("li", f"/companies/{ME}")
    portal.get("mine", f"/companies/{ME}/market")
    portal.get("audit", "/audit/exceptions")
    found = portal.get("audit", f"/audit/access?company={ME}").json()["items"]
    assert {row["account"] for row in found} == {"li", "mine"}
    assert [row["kind"] for row in portal.get("audit", "/audit/access?account=li").json()["items"]] == ["staff"]
    route = portal.get("audit", "/audit/access", params={"route": "GET /companies/{company}"}).json()["items"]
    assert [row["account"] for row in route] == ["li"]
    some = portal.get("audit", "/audit/access?limit=2").json()
    after = portal.get("audit", f"/audit/access?limit=2&cursor={some['next']}").json()["items"]
    assert max(row["seq"] for row in after) < min(row["seq"] for row in some["items"])
    assert portal.get("audit", "/audit/access", params={"route": "' OR 1=1 --"}).json()["items"] == []
    assert CliRunner().invoke(cli, ["audit", "check", "--home", str(market.home)]).exit_code == 0
    with sqlite3.connect(market.home / FILE) as connection:
        connection.execute("UPDATE access SET account = 'nobody' WHERE seq = 2")
    _, access = portal.get("audit", "/audit/logs").json()
    assert access["broken"] == 2
    assert CliRunner().invoke(cli, ["audit", "check", "--home", str(market.home)]).exit_code == 3


def test_the_workbook_is_the_command_lines_to_the_byte(portal: Served, market: Market, tmp_path: Path) -> None:
    shown = portal.get("audit", "/audit/workbook")
    assert shown.status_code == 200, shown.text
    out = tmp_path / "book.xlsx"
    assert CliRunner().invoke(cli, ["book", "report", "--out", str(out), "--home", str(market.home)]).exit_code == 0
    assert shown.content == out.read_bytes()
    assert load_workbook(BytesIO(shown.content)).sheetnames[0] == "总览"


def test_an_auditor_writes_nothing_and_others_see_nothing_of_the_audit(portal: Served, market: Market) -> None:
    for path, body in (("/market/calls", {"local": True}), ("/market/postings", {"side": "mandates", "cells": {"a": "b"}}), ("/market/calls/1/loans", {}), ("/mandates", {"name": "x", "budget_fen": 1})):  # fmt: skip
        assert portal.post("audit", path, body).status_code == 403, path
    for account in ("mine", "fund", "li", "chen"):
        for path in ("/audit/access", "/audit/decisions", "/audit/workbook", "/audit/logs"):
            assert portal.get(account, path).status_code == 403, (account, path)
    assert portal.get("audit", "/market/calls/1/result").status_code == 200
    assert portal.get("audit", "/funding/matches").json()[0]["company"] == market.matched
