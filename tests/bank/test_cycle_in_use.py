"""A long-run rate in the policy moves PD, grade, price and limit of a fitted model; without it every byte is as before."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.commands.assess import Decided, Request, assess
from kemiao.credit.document import decision_id
from little_bank import ME, OTHER, THIN, at, decided_home

CYCLE = """
[cycle]
long_run_pd_ppm = 21_000
weight_ppm = 1_000_000
floor_ppm = 300
cap_ppm = 990_000
source = "2009 to 2023"
"""


def kemiao(*arguments: object, code: int = 0) -> list[dict[str, Any]]:
    done = CliRunner().invoke(cli, [*map(str, arguments), "--json"])
    assert done.exit_code == code, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def state(home, cycle: str) -> None:
    """The table goes to the end of the file: an array of grades stands before it."""
    path = home / "policy" / "master_scale.toml"
    path.write_text(path.read_text("utf-8") + cycle, "utf-8")


@pytest.fixture(params=["card", "challenger"])
def home(request, tmp_path):
    """A fitted model of a sample with many defaults is in use."""
    draw = np.random.default_rng(4)
    growth, staff, age = draw.integers(-500_000, 500_000, 900), draw.integers(1, 200, 900), draw.integers(6, 240, 900)
    bad = draw.uniform(size=900) < 1 / (1 + np.exp(1.0 + growth / 150_000 + (staff - 100) / 60))
    lines = ["sales_growth_ppm,staff_total,age_months,default"]
    lines += [f"{growth[n]},{'' if n % 10 == 0 else staff[n]},{age[n]},{int(bad[n])}" for n in range(900)]
    table = tmp_path / "loans.csv"
    table.write_text("\n".join(lines) + "\n", "utf-8")
    folder = tmp_path / "home"
    ids = decided_home(folder)
    fit = ("rating", "fit", "--table", table, "--label", "default", "--kind", request.param, "--horizon-days", "365", "--by", "李强", "--home", folder)  # fmt: skip
    (fitted,) = kemiao(*fit)
    kemiao("rating", "promote", fitted["model"], "--by", "王敏", "--reason", "折外更好", "--home", folder)
    return folder, fitted["model"], ids


@pytest.mark.slow
def test_the_cycle_moves_what_is_decided_and_both_states_are_replayed_to_the_byte(home):
    folder, model, ids = home
    shown = kemiao("rating", "show", "--home", folder)
    sql = kemiao("rating", "export", "--sql", "duckdb", "--home", folder)
    before = {company: kemiao("assess", company, "--home", folder)[0] for company in (ME, OTHER, THIN)}
    assert not any("cycle" in said for said in before.values())
    state(folder, CYCLE)
    after = {company: kemiao("assess", company, "--home", folder)[0] for company in (ME, OTHER, THIN)}
    for company, said in after.items():
        own = before[company]
        assert said["model"] == own["model"] and said["model"]["digest"] == model
        assert said["rating"] == own["rating"]  # points are the model's
        assert said["cycle"]["pd_from_ppm"] == own["pd_ppm"] > said["pd_ppm"]
        assert abs(said["cycle"]["mean_to_ppm"] - 21_000) <= 1
        assert said["rate_ppm"] is None or said["rate_ppm"] <= own["rate_ppm"]
        assert said["confidence"]["confidence"] == own["confidence"]["confidence"]
    assert any(after[company]["grade"] != before[company]["grade"] for company in after)
    decided = [ids[ME], *(said["decision_id"] for said in (*before.values(), *after.values()))]
    for decision in decided:  # by the expert card, by the model alone, and moved
        (again,) = kemiao("replay", decision, "--home", folder)
        assert (again["result"], again["identical"], again["differing"]) == ("identical", True, {})
    (now,) = kemiao("rating", "show", "--home", folder)
    assert now.pop("cycle")["mean_to_ppm"] == after[ME]["cycle"]["mean_to_ppm"]
    assert [now] == shown  # its own curve, under its own digest
    assert kemiao("rating", "export", "--sql", "duckdb", "--home", folder) == sql
    told = CliRunner().invoke(cli, ["assess", ME, "--lang", "en", "--home", str(folder)])
    assert after[ME]["cycle"]["en"] in told.stdout


@pytest.mark.slow
def test_a_weight_of_nothing_and_the_expert_card_leave_every_pd_where_it_is(home):
    folder, _, _ = home
    (own,) = kemiao("assess", ME, "--home", folder)
    state(folder, CYCLE.replace("1_000_000", "0"))
    (said,) = kemiao("assess", ME, "--home", folder)
    assert "cycle" not in said and said["pd_ppm"] == own["pd_ppm"]
    kemiao("rating", "promote", "--expert", "--by", "王敏", "--reason", "回到专家卡", "--home", folder)
    (expert,) = kemiao("assess", ME, "--home", folder)
    path = folder / "policy" / "master_scale.toml"
    path.write_text(path.read_text("utf-8").replace("weight_ppm = 0", "weight_ppm = 1_000_000"), "utf-8")
    (still,) = kemiao("assess", ME, "--home", folder)
    assert "cycle" not in still and still["pd_ppm"] == expert["pd_ppm"]


@pytest.mark.slow
def test_without_a_cycle_decisions_are_the_same_bytes_and_a_wrong_one_is_refused(tmp_path):
    folder = tmp_path / "home"
    ids = decided_home(folder)
    state(folder, "\n# [cycle]\n# long_run_pd_ppm = 21_000\n")
    with at(folder) as world:
        answer = assess(world, Request(None))
    assert isinstance(answer, Decided) and answer.appended == 0
    assert {document["company"]: decision_id(document) for document in answer.documents} == ids
    state(folder, CYCLE.replace("weight_ppm = 1_000_000", "weight_ppm = 1_000_001"))
    done = CliRunner().invoke(cli, ["assess", ME, "--home", str(folder)])
    assert done.exit_code == 3 and "weight_ppm" in done.output
