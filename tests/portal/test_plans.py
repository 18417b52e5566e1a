"""Plans: what the sliders show is what the command makes; only the command records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from portal.served import Served

TERMS = {"budget_fen": 10_000_000_000, "min_fen": 10_000_000, "max_fen": 50_000_000, "rate_low_ppm": 40_000, "rate_high_ppm": 150_000}  # fmt: skip
TYPED = ("plan", "--budget", "1亿", "--min", "10万", "--max", "50万", "--rate", "4%..15%")


def _plans(portal: Served) -> int:
    with portal.portal.worlds.world() as world:
        return sum(1 for _ in world.log.events("plan"))


def test_a_trial_equals_the_command_and_records_nothing(portal: Served, home: Path) -> None:
    shown = portal.get("wang", "/plans/trial", params=TERMS).json()
    assert (shown["recorded"], _plans(portal)) == (False, 0)
    ran = CliRunner().invoke(cli, [*TYPED, "--try", "--home", str(home), "--json"])
    said = json.loads(ran.stdout)
    assert _plans(portal) == 0
    for name in ("plan_id", "expected_profit_fen", "bound_fen", "gap_ppm", "spent_fen", "loans", "candidates"):
        assert shown[name] == said[name], name
    assert [(one["company"], one["amount_fen"], one["rate_ppm"]) for one in shown["allocations"]] == [(one["company"], one["amount_fen"], one["rate_ppm"]) for one in said["allocations"]]  # fmt: skip


def test_made_it_stands_in_the_log(portal: Served) -> None:
    trial, made = portal.get("wang", "/plans/trial", params=TERMS).json(), portal.post("wang", "/plans", TERMS)
    assert (made.status_code, made.json()["recorded"], made.json()["plan_id"]) == (201, True, trial["plan_id"])
    assert _plans(portal) == 1


def test_value_never_falls_with_the_budget(portal: Served) -> None:
    points = portal.get("li", "/plans/curve", params=TERMS | {"budget_fen": 100_000_000}).json()
    earned = [each["bound_fen"] for each in points]
    assert earned == sorted(earned)
    assert all(each["expected_profit_fen"] <= each["bound_fen"] and each["offered_fen"] <= each["budget_fen"] for each in points)  # fmt: skip


@pytest.mark.parametrize(("account", "status"), [("li", 200), ("zhao", 200), ("sun", 403), ("qian", 403), ("chen", 403), ("mine", 403), ("fund", 403), ("audit", 403)])  # fmt: skip
def test_who_may(portal: Served, account: str, status: int) -> None:
    for path in ("/plans/trial", "/plans/curve"):
        assert portal.get(account, path, params=TERMS).status_code == status


def test_terms_that_make_no_sense_are_refused(portal: Served) -> None:
    assert portal.get("li", "/plans/trial", params=TERMS | {"budget_fen": 0}).status_code == 422
    assert portal.get("li", "/plans/trial", params=TERMS | {"min_fen": 60_000_000}).status_code == 409
    assert portal.post("li", "/plans", TERMS | {"approve_all": True}).status_code == 422
