"""kemiao market clear from files, by the command line; what it writes can be opened by anybody."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli

HOSTILE = "<svg onload &quot"  # all that a name may hold of a tag
REQUESTS = f"request,company,amount,months,rate_max,grade,first_time\nR1,{HOSTILE},100万,12,8%,A,yes\nR2,乙,100万,12,8%,BBB,no\nR3,丙,abc,12,8%,BB,no\n"
MANDATES = "mandate,budget,rate\nM1,200万,5%\nM2,100万,4.5%\n"


@pytest.fixture
def typed(tmp_path: Path) -> list[str]:
    (tmp_path / "r.csv").write_text(REQUESTS, "utf-8")
    (tmp_path / "m.csv").write_text(MANDATES, "utf-8")
    files = ["--requests", str(tmp_path / "r.csv"), "--mandates", str(tmp_path / "m.csv")]
    return ["market", "clear", *files, "--on", "2024-07-01", "--home", str(tmp_path / "none")]


def run(*words: str):
    return CliRunner().invoke(cli, list(words))


def test_it_needs_no_home_and_answers_with_the_document(typed):
    answer = run(*typed, "--json")
    assert answer.exit_code == 0, answer.output
    whole = json.loads(answer.stdout)
    assert (whole["form"], whole["day"], whole["cleared"]) == ("kemiao.market/1", "2024-07-01", "stable")
    assert whole["counts"]["bad_rows"] == 1
    assert {match["request"] for match in whole["stable"]["matches"]} == {"R1", "R2"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_it_writes_is_whole_runs_nothing_and_fetches_nothing(typed, tmp_path, lang):
    out = tmp_path / lang
    answer = run(*typed, "--out", str(out), "--lang", lang)
    assert answer.exit_code == 0, answer.output
    assert {path.name for path in out.iterdir()} == {"result.json", "published.json", "matches.csv", "page.html", "quarantine-requests.csv"}  # fmt: skip
    page = (out / "page.html").read_text("utf-8")
    assert "<script" not in page
    assert HOSTILE not in page and "&lt;svg onload &amp;quot" in page
    assert not re.search(r"""(?:src|href)\s*=|@import|url\(""", page.replace("xmlns=", ""))
    assert "default-src 'none'" in page
    assert json.loads((out / "published.json").read_bytes())["cleared"] == "stable"
    again = run(*typed, "--out", str(out))
    assert again.exit_code == 3
    assert "OUT_NOT_EMPTY" in again.output


@pytest.mark.parametrize(
    "more",
    [["--seed", "xyz"], ["--clears", "both"], ["--on", "2024-13-01"]],
)
def test_a_bad_option_is_said_before_anything_is_read(typed, more):
    assert run(*typed, *more).exit_code == 2


def test_it_wants_both_sides_or_a_call(tmp_path):
    assert run("market", "clear", "--requests", "r.csv").exit_code == 2
    assert run("market", "clear", "C1", "--requests", "r.csv").exit_code == 2


def test_a_broken_header_is_refused_with_the_known_columns(typed, tmp_path):
    (tmp_path / "r.csv").write_text(REQUESTS.replace("months", "moths"), "utf-8")
    answer = run(*typed, "--json")
    assert answer.exit_code == 3
    refused = json.loads(answer.stdout)["refused"]
    assert refused["code"] == "UNKNOWN_COLUMN"
    assert "months" in refused["en"]
