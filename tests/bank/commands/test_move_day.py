"""The day of a study's home moves forward only, and the log knows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from typer.testing import CliRunner

from kemiao.app.cli import cli


def _run(*words: object) -> tuple[int, str]:
    answer = CliRunner().invoke(cli, [str(word) for word in words], env={"KEMIAO_LANG": "en"})
    return answer.exit_code, answer.output


def test_the_day_of_a_study_moves_on_and_not_back(tmp_path: Path) -> None:
    home = ("--home", tmp_path / "home")
    _run("init", "--today", "2024-07-01", *home)
    assert _run("today", "2024-08-01", *home) == (0, "2024-08-01\n")
    assert _run("today", *home) == (0, "2024-08-01\n")
    code, said = _run("today", "2024-07-31", *home)
    assert code == 3 and "DAY_RUNS_BACK" in said
    from kemiao.bank.home import open_home

    assert open_home(tmp_path / "home").today == date(2024, 8, 1)


def test_a_home_on_the_machines_clock_has_no_day_to_move(tmp_path: Path) -> None:
    _run("init", "--home", tmp_path / "home")
    code, said = _run("today", "2099-01-01", "--home", tmp_path / "home")
    assert code == 3 and "DAY_NOT_FIXED" in said
