"""kemiao market explain, one-more, decline: from files, in both languages and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli

# M2 takes one of both, the better grade; the other pays at most 4%, which M1 does not lend for.
REQUESTS = (
    "request,company,amount,months,rate_max,grade\nR1,甲,100万,12,8%,A\nR2,乙,100万,12,4%,BBB\nR3,丙,500万,12,8%,BBB\n"
)
MANDATES = "mandate,budget,rate,rate_per_grade\nM1,200万,5%,0\nM2,100万,3.9%,0\n"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "r.csv").write_text(REQUESTS, "utf-8")
    (tmp_path / "m.csv").write_text(MANDATES, "utf-8")
    named = ["--requests", str(tmp_path / "r.csv"), "--mandates", str(tmp_path / "m.csv")]
    return [*named, "--on", "2024-07-01", "--home", str(tmp_path / "none")]


def run(*words: str):
    return CliRunner().invoke(cli, ["market", *words])


def answered(*words: str):
    answer = run(*words, "--json")
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_a_company_is_told_the_highest_cost_that_would_have_matched_it(files):
    why = answered("explain", "乙", *files)
    assert (why["request"], why["stable"]["amount_fen"]) == ("R2", 0)
    assert [row["unmet"][0]["code"] for row in why["mandates"] if row["mandate"] == "M1"] == ["COST_ABOVE_MOST"]
    changed = {row["dimension"]: row for row in why["changes"]}
    assert (changed["rate_max"]["after"], changed["rate_max"]["amount_fen"]) == (50_000, 100_000_000)
    assert changed["rate_max"]["verified"] == "full clearing"


def test_too_large_a_loan_is_told_what_would_fit(files):
    why = answered("explain", "R3", *files)
    amounts = [row for row in why["changes"] if row["dimension"] == "amount"]
    assert [row["after"] for row in amounts] == [200_000_000]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_people_are_answered_in_their_language(files, lang):
    for words in (("explain", "甲"), ("explain", "乙"), ("decline", "甲"), ("one-more", "M2", "--step", "100万")):
        answer = run(*words, *files, "--lang", lang)
        assert answer.exit_code == 0 and answer.stdout.strip(), answer.output


def test_what_is_asked_of_nobody_is_refused(files):
    assert run("explain", "丁", *files).exit_code == 3
    assert run("decline", "乙", *files).exit_code == 3
    assert run("one-more", "M9", *files).exit_code == 3
    assert run("explain", "甲").exit_code == 2
    assert run("explain", "甲", "--call", "1", *files).exit_code == 2
