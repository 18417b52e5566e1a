"""market sample, quotes and forecast by the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli


def run(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(cli, [*map(str, arguments)])
    assert done.exit_code == code, done.output
    return done.stdout


def kemiao(*arguments: object, code: int = 0) -> dict[str, Any]:
    return json.loads(run(*arguments, "--json", code=code).splitlines()[0])


@pytest.fixture
def sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    monkeypatch.chdir(tmp_path)
    kemiao("market", "sample", "--requests", 60, "--mandates", 12, "--covers", 2, "--out", "sample")
    return [f"--{side}={tmp_path / 'sample' / side}.csv" for side in ("requests", "mandates", "covers")]


def test_a_sample_is_the_same_again_and_overwrites_nothing(sides, tmp_path):
    once = {path.name: path.read_bytes() for path in (tmp_path / "sample").iterdir()}
    kemiao("market", "sample", "--requests", 60, "--mandates", 12, "--covers", 2, "--out", "other")
    assert once == {path.name: path.read_bytes() for path in (tmp_path / "other").iterdir()}
    assert kemiao("market", "sample", "--out", "other", code=3)["refused"]["code"] == "OUT_NOT_EMPTY"


@pytest.mark.slow
def test_a_company_sees_how_many_could_sign_and_never_a_single_quote(sides):
    found = kemiao("market", "quotes", "C000003", *sides)
    assert found["company"] == "C000003" and (found["cost_ppm"] is None) == (found["quotes"] < 5)
    assert str(found["quotes"]) in run("market", "quotes", "R000003", "--lang", "en", *sides)
    assert kemiao("market", "quotes", "nobody", *sides, code=3)["refused"]["code"] == "NO_SUCH_REQUEST"


@pytest.mark.slow
def test_a_funder_sees_what_the_next_call_may_bring(sides):
    found = kemiao("market", "forecast", "M0003", "--draws", 5, *sides)
    (row,) = found["mandates"]
    assert row["lent_fen"]["low"] <= row["lent_fen"]["mean"] <= row["lent_fen"]["high"] <= row["budget_fen"]
    assert found == kemiao("market", "forecast", "M0003", "--draws", 5, *sides)
    assert kemiao("market", "forecast", "M9", *sides, code=3)["refused"]["code"] == "NO_SUCH_MANDATE"
    assert kemiao("market", "forecast", "--draws", 1, *sides, code=3)["refused"]["code"] == "DRAWS_OUT_OF_RANGE"
