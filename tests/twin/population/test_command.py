"""kemiao population make"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli

pytestmark = pytest.mark.slow


def test_a_park_is_made_once_into_an_empty_folder(tmp_path: Path) -> None:
    asked = ["population", "make", "--companies", "3", "--out", str(tmp_path / "park"), "--json"]
    made = CliRunner().invoke(cli, asked)
    assert made.exit_code == 0
    answer = json.loads(made.stdout)
    assert answer["companies"] == 3 and answer["rows"] == sum(one["rows"] for one in answer["files"])
    assert all((tmp_path / "park" / one["path"]).is_file() for one in answer["files"])
    again = CliRunner().invoke(cli, asked)
    assert again.exit_code == 3
    assert json.loads(again.stdout)["refused"]["code"] == "OUT_NOT_EMPTY"


@pytest.mark.parametrize(("day", "code"), [("2024-07-02", "NOT_THE_FIRST_OF_A_MONTH"), ("July", "NOT_A_DATE")])
def test_a_day_that_is_no_first_of_a_month_is_refused(tmp_path: Path, day: str, code: str) -> None:
    refused = CliRunner().invoke(cli, ["population", "make", "--day", day, "--out", str(tmp_path / "park"), "--json"])
    assert refused.exit_code == 3
    assert json.loads(refused.stdout)["refused"]["code"] == code


def test_a_folder_that_cannot_be_made_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outage = CliRunner().invoke(
        cli, ["population", "make", "--companies", "3", "--out", str(tmp_path / "file" / "park")]
    )
    assert outage.exit_code == 4
