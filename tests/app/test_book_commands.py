"""kemiao book, by the command line: figures as JSON, the workbook, flags, and what is refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import typer
from typer.testing import CliRunner

from kemiao.app.commands.book import register
from kemiao.bank.lending.loan_store import loan_draft, message_draft
from little_bank import ME, at, clock_on, new_home

LOAN = {
    "loan": "=loan-1", "company": ME, "product": "credit", "repayment": "interest_first", "amount_fen": 100_000_000, "signed_on": date(2024, 1, 2),
    "starts_on": date(2024, 1, 2), "matures_on": date(2025, 1, 2), "first_due_on": date(2024, 2, 2), "every_months": 1, "month_end": False,
    "business_day": "none", "day_count": "A360", "rate_ppm": 50_000, "rate_kind": "fixed", "reset_months": 0, "overdue_markup_ppm": 500_000,
    "compound": True, "grace_days": 0, "allocation": "fee,penalty,compound,interest,principal", "security": "none", "entrusted": False,
    "size_class": "small", "industry": "software", "technology": "tech_sme", "origin": "signed",
}  # fmt: skip
cli = typer.Typer()  # this group alone: to set up all of kemiao's commands takes longer than to run one
register(cli)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = new_home(tmp_path_factory.mktemp("book") / "home")
    with at(root, clock_on(date(2024, 1, 2))) as world, world.log.write() as tx:
        paid = {
            "message": "m1",
            "loan": LOAN["loan"],
            "kind": "disburse",
            "value_day": date(2024, 1, 2),
            "amount_fen": 100_000_000,
        }
        tx.append_many([loan_draft(LOAN), message_draft(ME, paid)])
    settings = root / "kemiao.toml"
    settings.write_text(settings.read_text("utf-8") + "today = 2024-08-01\n", "utf-8")
    return root


def run(home: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, [*words, "--home", str(home)])
    assert done.exit_code == code, (done.exit_code, done.output, done.exception)
    return str(done.output)


def answer(home: Path, *words: str, code: int = 0) -> Any:
    return json.loads(run(home, *words, "--json", code=code).splitlines()[0])


@pytest.mark.slow
def test_the_book_is_shown_to_people_and_to_machines(home):
    shown = answer(home, "book", "show")
    assert (shown["loans"], shown["npl_ratio_ppm"], shown["assumed"]) == (1, 1_000_000, {"lgd_ppm": 1, "pd_ppm": 1})
    (row,) = shown["by_class"][2:3] if shown["by_class"][2]["loans"] else shown["by_class"][3:4]
    assert row["balance_fen"] == shown["balance_fen"]
    assert answer(home, "book", "classify")["class_reasons"][:2] == ["D1", "D90"]
    assert answer(home, "book", "show", "--as-of", "2024-02-02")["npl_ratio_ppm"] == 0
    for words in (
        ("show",),
        ("classify",),
        ("provision",),
        ("capital",),
        ("concentration",),
        ("movement",),
        ("vintage",),
        ("roll",),
        ("flags",),
    ):
        run(home, "book", *words, "--lang", "zh" if words[0] < "m" else "en")
    assert "substandard" in run(home, "book", "show", "--lang", "en")


def test_the_workbook_holds_yuan_and_control_totals_that_agree(home, tmp_path):
    out = tmp_path / "book.xlsx"
    said = answer(home, "book", "report", "--out", str(out), "--lang", "en")
    assert [row for row in said["control"] if row["difference"]] == []
    book = openpyxl.load_workbook(out)
    assert {"summary", "classes", "industries", "sizes", "technology categories", "movement of allowances", "inclusive loans", "control totals"} <= set(book.sheetnames)  # fmt: skip
    figures = {row[0].value: row[1].value for row in book["summary"].iter_rows()}
    assert figures["balance, yuan"] == said["totals"]["balance_fen"] / 100
    sums = {row[0].value: [cell.value for cell in row[1:]] for row in book["control totals"].iter_rows()}
    assert sums["the movement of balances adds up (1: it does)"] == [None, 1, 1, 0]
    assert [row[0].value for row in book["technology categories"].iter_rows()][1] == "technology SME"
    assert book["loans"]["A2"].value == "=loan-1"
    assert book["loans"]["A2"].data_type == "s"  # a name, not a formula
    assert [path.name for path in tmp_path.iterdir()] == ["book.xlsx"]


def test_what_cannot_be_is_refused_with_a_code(home, tmp_path):
    refused = [
        answer(home, "book", "report", "--out", "book.csv", code=3), answer(home, "book", "show", "--as-of", "2030-01-01", code=3),
        answer(home, "book", "movement", "--since", "2024-08-01", code=3), answer(home, "book", "flag", ME, "evades", "--reason", "x", code=3),
        answer(home, "book", "flag", ME, "good", "--reason", "x", code=3),
    ]  # fmt: skip
    assert [one["refused"]["code"] for one in refused] == ["UNKNOWN_KIND_OF_FILE", "DAY_TO_COME", "PERIOD_REVERSED", "NO_ACCOUNT_NAMED", "NO_SUCH_FLAG"]  # fmt: skip
    assert (
        answer(home, "book", "report", "--out", str(tmp_path / "no" / "book.xlsx"), code=4)["refused"]["code"]
        == "FILE_UNWRITABLE"
    )
    run(home, "book", "show", "--as-of", "yesterday", code=2)


def test_a_home_without_the_policy_says_what_to_do(home):
    policy = home / "policy" / "provisioning.toml"
    text = policy.read_text("utf-8")
    try:
        policy.unlink()
        assert "kemiao upgrade" in run(home, "book", "show", code=3)
        policy.write_text(text.replace("weight_ppm = 500_000", "weight_ppm = 400_000"), "utf-8")
        assert answer(home, "book", "show", code=3)["refused"]["code"] == "POLICY_NUMBER"
        policy.write_text(text.replace("lgd_assumed_ppm", "lgd_asumed_ppm"), "utf-8")
        assert answer(home, "book", "show", code=3)["refused"]["where"]["key"] == "lgd_assumed_ppm"
    finally:
        policy.write_text(text, "utf-8")
