"""The demo types what a user would type, from the papers to the reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("kemiao")


def demo(out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(PROGRAM), "demo", "--out", str(out), *words], capture_output=True, text=True, check=False, env={**os.environ, "KEMIAO_DEMO": "once"})  # fmt: skip


def test_a_folder_that_is_not_an_earlier_demo_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", "utf-8")
    (tmp_path / "file").touch()
    for place in ("mine", "file"):
        answer = demo(tmp_path / place, "--json")
        assert (answer.returncode, json.loads(answer.stdout)["refused"]["code"]) == (3, "NOT_A_DEMO"), answer.stderr
    assert (tmp_path / "mine" / "letter.txt").read_text("utf-8") == "dear"


@pytest.mark.slow
def test_the_demo_runs_to_its_end_in_the_place_of_an_earlier_one(tmp_path):
    out = tmp_path / "demo"
    out.mkdir()
    (out / ".kemiao-demo").touch()
    (out / "left over").touch()
    answer = demo(out, "--companies", "20", "--months", "2")
    assert answer.returncode == 0, answer.stderr[-2000:]
    assert not (out / "left over").exists()
    reports = {path.name for path in (out / "reports").iterdir()}
    assert reports >= {
        "all.pdf",
        "all.html",
        "in-english.pdf",
        "report.html",
        "book.xlsx",
        "books.beancount",
        "statement.pdf",
    }
    assert all(path.read_bytes()[:5] == b"%PDF-" for path in (out / "reports").glob("*.pdf"))
    shown = [line.removeprefix("$ kemiao ").split()[0] for line in answer.stdout.splitlines() if line.startswith("$ kemiao ")]  # fmt: skip
    assert list(dict.fromkeys(shown)) == ["population", "init", "participant", "chain", "staff", "consent", "import", "quarantine", "tech", "assess", "plan", "report", "company", "replay", "product", "override", "approval", "apply", "offer", "due-diligence", "accept", "condition", "sign", "payments", "disburse", "market", "today", "collateral", "eod", "loan", "book", "books", "funds", "economics", "user", "serve"]  # fmt: skip
    assert (
        "REFERENCE_TOO_SMALL" in answer.stdout + answer.stderr
    )  # twenty companies are no population; the demo says so and goes on
    assert "完全一致" in answer.stdout  # the replay
    assert "证明成立" in answer.stdout  # by the stranger's verifier
    assert "重放 1:一致" in answer.stdout  # the auditor's replay of the sealed call
    assert (out / "reports" / "market" / "page.html").is_file()
    assert {"ALREADY_ENCUMBERED", "CONSENT_REVOKED"} <= set(answer.stderr.split())  # what the other parties rely on
    assert (
        "账簿完好" in answer.stdout and "账实相符" in answer.stdout
    )  # the books, and the settlement account, after two months
    kept = (out / "accounts.txt").read_text("utf-8").split()
    signed_in = ["qiye", "lianshang", "li", "wang", "sun", "zijin", "shenji", "chen"]
    assert kept[::2] == signed_in  # each at the served portal
    last = [line for line in answer.stdout.splitlines() if line.strip().startswith("kemiao trace ")][-1]
    words = last.split("kemiao ", 1)[1].split("    ")[0].split()
    traced = subprocess.run([str(PROGRAM), *words, "--json"], capture_output=True, text=True, check=False)
    assert traced.returncode == 0, traced.stderr
    assert json.loads(traced.stdout)["rows_kept"]
