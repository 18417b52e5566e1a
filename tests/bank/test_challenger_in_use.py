"""A challenger that is promoted decides as a card does: points, reasons, moves of the limit, and the same again in a replay."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from little_bank import ME, OTHER, THIN, decided_home

FEATURES = ("sales_growth_ppm", "staff_total", "age_months")


def kemiao(*arguments: object, code: int = 0) -> list[dict[str, Any]]:
    done = CliRunner().invoke(cli, [*map(str, arguments), "--json"])
    assert done.exit_code == code, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def home(tmp_path):
    """Decisions by the expert card stand there already; then a challenger of three features is fitted and promoted."""
    draw = np.random.default_rng(4)
    growth, staff, age = draw.integers(-500_000, 500_000, 900), draw.integers(1, 200, 900), draw.integers(6, 240, 900)
    bad = draw.uniform(size=900) < 1 / (
        1 + np.exp(1.0 + growth / 150_000 * np.where(age > 60, 1.5, 0.2) + (staff - 100) / 60)
    )
    lines = ["sales_growth_ppm,staff_total,age_months,default"]
    lines += [f"{growth[n]},{'' if n % 10 == 0 else staff[n]},{age[n]},{int(bad[n])}" for n in range(900)]
    table = tmp_path / "loans.csv"
    table.write_text("\n".join(lines) + "\n", "utf-8")
    folder = tmp_path / "home"
    decided_home(folder)
    fit = ("rating", "fit", "--table", table, "--label", "default", "--kind", "challenger", "--horizon-days", "365", "--by", "李强", "--home", folder)  # fmt: skip
    (fitted,) = kemiao(*fit)
    assert fitted["model_kind"] == "challenger" and fitted["card"] is None
    kemiao("rating", "promote", fitted["model"], "--by", "王敏", "--reason", "折外更好", "--home", folder)
    return folder, fitted["model"]


@pytest.mark.slow
def test_a_promoted_challenger_decides_and_is_replayed_to_the_byte(home):
    folder, model = home
    said = {}
    for company in (ME, OTHER, THIN):
        (said[company],) = kemiao("assess", company, "--home", folder)
        assert said[company]["model"] == {"name": "rating", "kind": "challenger", "digest": model}
        (again,) = kemiao("replay", said[company]["decision_id"], "--home", folder)
        assert (again["result"], again["identical"]) == ("identical", True)
    mine = said[ME]["rating"]
    assert [each["feature"] for each in mine["contributions"]] == list(FEATURES)
    lost = [reason["code"] for reason in said[ME]["reasons"] if reason["code"].startswith("RATING_")]
    below_best = [each["feature"] for each in mine["contributions"] if each["points"] < each["best_points"]]
    assert set(lost) <= {f"RATING_{name.upper()}{end}" for name in below_best for end in ("", "_UNKNOWN")} and lost
    assert 0 <= said[THIN]["rating"]["coverage_ppm"] < mine["coverage_ppm"] <= 1_000_000
    unknown = {each["feature"] for each in said[THIN]["unknown_papers"]}
    assert unknown <= {each["feature"] for each in said[THIN]["rating"]["contributions"] if each["value"] is None}


@pytest.mark.slow
def test_a_company_is_judged_by_a_challenger_alone_as_it_is_among_all(home):
    folder, model = home
    (one,) = kemiao("assess", ME, "--home", folder)
    everybody = kemiao("assess", "--all", "--home", folder)
    assert {row["decision_id"] for row in everybody if row["company"] == ME} == {one["decision_id"]}
    shown = kemiao("rating", "show", "--home", folder)[0]
    assert shown["model"] == model
