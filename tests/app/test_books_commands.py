"""kemiao eod and kemiao books, through the command line."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from bank.lending.test_day import LOANS, PAID_OUT, START, say
from kemiao.app.cli import cli
from little_bank import ME, at, clock_on, new_home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = new_home(tmp_path_factory.mktemp("books") / "home")
    (root / "kemiao.toml").write_text(f"schema = 1\ntoday = {START.isoformat()}\n", "utf-8")
    with at(root, clock_on(START)) as world:
        say(world, PAID_OUT, LOANS)
    return root


def run(home: Path, *words: str, code: int = 0, lang: str = "en") -> str:
    result = CliRunner().invoke(cli, [*words, "--home", str(home), "--lang", lang])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def test_a_day_is_closed_once_and_the_books_are_shown_and_whole(home: Path):
    assert "nothing to close" not in run(home, "eod")
    assert json.loads(run(home, "eod", "--json"))["again"] is True
    shown = json.loads(run(home, "books", "balance", "--json"))
    assert (shown["total_fen"], shown["memorandum_fen"]) == (0, 0)
    assert {line["account"]: line["balance_fen"] for line in shown["accounts"]}["principal"] == 153_000_000
    assert "贷款——本金" in run(home, "books", "balance", lang="zh")
    assert json.loads(run(home, "books", "check", "--json"))["whole"] is True
    assert "DAY_NOT_COME" in run(home, "eod", "--day", "2030-01-01", code=3)


@pytest.mark.slow
def test_a_statement_is_shown_and_written_as_a_paper_and_a_workbook(home: Path, tmp_path: Path):
    run(home, "eod")
    said = json.loads(run(home, "books", "statement", ME, "--json"))
    assert said["closing_fen"] == sum(said["loans"].values()) == 103_000_000 + 2 * 12_345
    assert "paid out" in run(home, "books", "statement", "loan-a")
    for name in ("a.pdf", "a.xlsx"):
        run(home, "books", "statement", ME, "--out", str(tmp_path / name))
    assert (tmp_path / "a.pdf").read_bytes()[:5] == b"%PDF-" and (tmp_path / "a.xlsx").stat().st_size > 1_000
    sheet = [row[:2] for row in load_workbook(tmp_path / "a.xlsx").active.iter_rows(max_row=3, values_only=True)]
    assert ("lender", "科苗示例银行") in sheet and ("code", ME.partition(":")[2]) in sheet
    assert "FILE_EXISTS" in run(home, "books", "statement", ME, "--out", str(tmp_path / "a.pdf"), code=3)
    assert "NO_SUCH_LOAN" in run(home, "books", "statement", "loan-z", code=3)
    run(home, "books", "statement", ME, "--out", "a.doc", code=2)
    assert "OUT_UNWRITABLE" in run(home, "books", "statement", ME, "--out", str(tmp_path / "none" / "a.pdf"), code=3)


@pytest.mark.slow
def test_an_export_carries_control_totals_that_hold(home: Path, tmp_path: Path):
    run(home, "eod")
    told = json.loads(run(home, "books", "export", "--format", "core", "--out", str(tmp_path / "core.csv"), "--json"))
    content = (tmp_path / "core.csv").read_bytes()
    lines = list(csv.reader(content.decode().splitlines()))
    details = [line for line in lines if line[0] == "D"]
    sides = {side: sum(int(line[6]) for line in details if line[5] == side) for side in "DC"}
    assert lines[-1][:4] == ["T", str(len(details)), str(sides["D"]), str(sides["C"])]
    assert lines[-1][4] == hashlib.sha256(b"".join(line for line in content.splitlines(True) if line[:1] == b"D")).hexdigest()  # fmt: skip
    assert (told["rows"], told["debit_fen"], told["credit_fen"]) == (len(details), sides["D"], sides["C"])
    run(home, "books", "export", "--format", "beancount", "--out", str(tmp_path / "a.beancount"))
    assert transactions_of((tmp_path / "a.beancount").read_text("utf-8")) == len(details)
    assert "FILE_EXISTS" in run(home, "books", "export", "--format", "beancount", "--out", str(tmp_path / "a.beancount"), code=3)  # fmt: skip
    run(home, "books", "export", "--format", "xlsx", "--out", str(tmp_path / "a.xlsx"))
    run(home, "books", "export", "--format", "csv", "--out", str(tmp_path / "a.csv"), code=2)
    assert "NOTHING_POSTED" in run(home, "books", "export", "--format", "core", "--out", str(tmp_path / "b"), "--to", "2020-01-01", code=3)  # fmt: skip
    assert not (tmp_path / "b").exists()


def transactions_of(text: str) -> int:
    """Postings of a beancount file. Its syntax: options, then one `open` an account, then transactions that sum to zero."""
    lines = [line for line in text.splitlines() if not line.startswith((";", "option "))]
    opened = [line.split()[2] for line in lines if " open " in line]
    head = [line for line in lines if line.strip()][: len(opened)]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d open [A-Z][A-Za-z]+(:[A-Z0-9][A-Za-z0-9-]*)+ CNY", line) for line in head)
    assert len(opened) == len(set(opened))
    postings = 0
    for block in "\n".join(lines).split("\n\n")[1:]:
        first, *rest = block.strip().splitlines() or [""]
        assert re.fullmatch(r'\d{4}-\d\d-\d\d \* "[^"]*" "[^"]*"', first) or not block.strip(), block
        legs = [
            re.fullmatch(r"  ([A-Z]\S+)  (-?\d+\.\d\d) CNY", line)
            for line in rest
            if not re.match(r"  [a-z_]+: ", line)
        ]
        assert all(leg is not None and leg[1] in opened for leg in legs), block
        assert sum(round(float(leg[2]) * 100) for leg in legs) == 0
        postings += len(legs)
    return postings


def test_a_bank_without_loans_has_nothing_to_close_and_nothing_to_check(tmp_path: Path):
    root = new_home(tmp_path / "home")
    (root / "kemiao.toml").write_text(f"schema = 1\ntoday = {START.isoformat()}\n", "utf-8")
    assert "nothing to close" in run(root, "eod")
    assert json.loads(run(root, "books", "balance", "--json"))["accounts"] == []
    assert "NOTHING_CLOSED" in run(root, "books", "check", code=3)
