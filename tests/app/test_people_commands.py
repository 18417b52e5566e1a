"""staff, approval, own loans, sale and complaints by the command line: exit codes, JSON, both languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from kemiao.app.cli import cli
from little_bank import ME, new_home

CODE = ME.removeprefix("uscc:")
LEDGER = f"借据号,统一社会信用代码,发放日期,到期日,贷款金额,余额,年利率,逾期天数\nJ1,{CODE},2024-01-15,2025-01-15,1000000,1000000,4.35%,0\nJ2,{CODE},2024-01-15,2025-01-15,500000,1;0,4.35%,0\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = new_home(tmp_path / "home")
    settings = root / "kemiao.toml"
    settings.write_text(settings.read_text("utf-8") + "today = 2024-07-01\n", "utf-8")
    assert run(root, "staff", "add", "chen", "--person", "陈静", "--role", "administrator", "--unit", "head_office")[
        "bootstrap"
    ]
    for name, person, role, unit in (
        ("zhou", "周宁", "operations", "technology_branch"),
        ("wu", "吴刚", "head_office_officer", "head_office"),
    ):
        run(root, "staff", "add", name, "--person", person, "--role", role, "--unit", unit, "--as", "chen")
    (tmp_path / "台账.csv").write_text(LEDGER, "utf-8")
    return root


def run(home: Path, *words: str, code: int = 0) -> Any:
    done = CliRunner().invoke(cli, [*words, "--home", str(home), "--json"])
    assert done.exit_code == code, (done.output, done.exception)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[0] if len(lines) == 1 else lines


def said(home: Path, *words: str, lang: str = "zh") -> str:
    done = CliRunner().invoke(cli, [*words, "--home", str(home), "--lang", lang])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


@pytest.mark.slow
def test_a_ledger_comes_in_and_says_what_it_could_not_take(home: Path, tmp_path: Path) -> None:
    ledger = str(tmp_path / "台账.csv")
    assert run(home, "loan", "import", ledger, code=3)["refused"]["code"] == "NO_ACCOUNT_NAMED"
    brought = run(home, "import", "own_loans", ledger, "--as", "zhou")
    (book,) = brought["book"]
    assert (brought["taken"], book["taken"], book["rejected"], book["principal_fen"]) == (1, 1, 1, 100_000_000)
    assert "台账.csv,3,余额" in Path(book["rejects"]).read_text("utf-8-sig")
    assert run(home, "loan", "import", ledger, "--as", "zhou")["again"]
    refused = run(home, "loan", "import", ledger, "--as", "zhou", "--total", "90万", code=3)["refused"]
    assert refused["code"] == "CONTROL_TOTAL_DIFFERS"

    sale = ("loan", "sell", "J1", "--to", "甲银行", "--share", "40%", "--on", "2024-07-01", "--as", "zhou")
    assert run(home, *sale, code=3)["refused"]["code"] == "BEFORE_THE_OPENING"  # its balances are of that day's end
    assert run(home, "approval", "list") == []  # and nobody is asked for what can't be


@pytest.mark.slow
def test_a_part_is_sold_once_a_second_person_agrees(home: Path, tmp_path: Path) -> None:
    run(home, "loan", "import", str(tmp_path / "台账.csv"), "--on", "2024-06-30", "--as", "zhou")
    sale = ("loan", "sell", "J1", "--to", "=甲银行", "--share", "40%", "--message", "s1", "--as", "zhou")
    request = run(home, *sale, code=3)["refused"]["where"]["request"]
    assert request in said(home, "approval", "list", lang="en")
    assert run(home, "approval", "give", request, "--as", "zhou", code=3)["refused"]["code"] == "OWN_REQUEST"
    assert run(home, "approval", "give", request, "--as", "wu")["state"] == "given"
    assert not run(home, *sale)["again"] and run(home, *sale)["again"]
    assert run(home, "approval", "list", "--all")["state"] == "used"
    out = tmp_path / "报告.xlsx"
    report = run(
        home, "loan", "funder-report", "=甲银行", "--from", "2024-07-01", "--to", "2024-07-31", "--out", str(out)
    )
    assert report["totals"]["closing_fen"] == report["totals"]["bought_fen"] == 40_000_000
    cell = load_workbook(out).worksheets[0]["A1"]
    assert (cell.value, cell.data_type) == ("=甲银行", "s")
    assert run(home, "loan", "sell", "J1", "--to", "x", "--share", "many", "--as", "zhou", code=2) == []


def test_what_people_see_is_in_their_language(home: Path) -> None:
    assert "chen" in said(home, "staff", "list") and "stands in for" in said(home, "staff", "list", lang="en")
    filed = said(home, "complaint", "file", "--person", "王某", "--contact", "138", "--request", "退款", "--facts", "多收", "--handler", "wu", "--as", "zhou", lang="en")  # fmt: skip
    assert "open" in filed and "2024-07-16" in filed
    assert "处理中" in said(home, "complaint", "list")
    assert "0 overrides" in said(home, "override", "list", lang="en")
