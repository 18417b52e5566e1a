"""kemiao product by the command line: what a loan officer sees before anybody signs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from little_bank import ME, decided_home, new_home


def run(home: Path, *words: str, code: int = 0, as_json: bool = True) -> Any:
    done = CliRunner().invoke(cli, ["product", *words, "--home", str(home), *(["--json"] if as_json else [])])
    assert done.exit_code == code, (done.output, done.exception)
    return [json.loads(line) for line in done.stdout.splitlines()] if as_json else done.stdout


def still(root: Path) -> Path:
    settings = root / "kemiao.toml"
    settings.write_text(settings.read_text("utf-8") + "today = 2024-07-01\n", "utf-8")
    return root


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return still(new_home(tmp_path_factory.mktemp("product") / "home"))


def test_products_are_listed_and_the_green_one_says_why_it_waits(home):
    rows = {row["product"]: row["refused"] for row in run(home, "list")}
    assert len(rows) == 8
    assert {name for name, refused in rows.items() if refused} == {"green"}
    assert rows["green"]["code"] == "LAW_NOT_IN_FORCE"
    assert not [row for row in run(home, "list", "--on", "2025-10-01") if row["refused"]]
    assert "科技信用贷" in run(home, "list", as_json=False)


def test_a_product_is_shown_in_plain_language_in_both_languages(home):
    (shown,) = run(home, "show", "risk_sharing")
    assert ["losses are shared", "guarantor 60%, pool 20%, bank 20%"] in shown["sheet"]["en"]
    assert (shown["law"]["months_max"], shown["rules"][0]["outcome"], shown["refused"]) == (36, "decline", None)
    assert "equal instalments" in run(home, "show", "tech_credit", "--lang", "en", as_json=False)
    assert "LAW_NOT_IN_FORCE" in run(home, "show", "green", as_json=False)


def test_a_new_product_is_written_checked_and_found_faulty_when_it_is(home):
    (made,) = run(home, "new", "bond_credit", "--from", "tech_credit")
    path = Path(made["file"])
    assert {row["refused"] for row in run(home, "check") if row["product"] == "bond_credit"} == {None}
    path.write_text(path.read_text("utf-8").replace("floor_ppm = 25_000", "flor_ppm = 25_000"), "utf-8")
    faulty = [row["refused"] for row in run(home, "check", code=3) if row["refused"]]
    assert [(each["code"], each["where"]["file"]) for each in faulty] == [("PRODUCT_KEY_UNKNOWN", "bond_credit.toml")]
    (refused,) = run(home, "show", "bond_credit", code=3)
    assert "did you mean rate.floor_ppm" in refused["refused"]["en"]
    run(home, "new", "bond_credit", code=3)
    path.unlink()
    assert "renews_past_due_days" in {row["column"] for row in run(home, "columns")}


def test_an_older_home_without_products_is_told_to_upgrade(tmp_path):
    root = still(new_home(tmp_path / "home"))
    shutil.rmtree(root / "policy" / "products")
    (said,) = run(root, "list", code=3)
    assert (said["refused"]["code"], "kemiao upgrade" in said["refused"]["en"]) == ("POLICY_NOT_IN_FORCE", True)


@pytest.mark.parametrize("words", [["--amount", "0"], ["--amount", "-5万"], ["--security-value", "0"]])
def test_an_amount_of_nothing_is_refused(home, words):
    (said,) = run(home, "try", ME, *words, code=3)
    assert said["refused"]["code"] == "NOT_ABOVE_ZERO"


@pytest.mark.slow
def test_a_company_tries_products_and_sees_schedule_and_yearly_rate(tmp_path):
    decided_home(tmp_path / "home")
    home = still(tmp_path / "home")
    every = {row["product"]: row for row in run(home, "try", ME)}
    assert every["tech_credit"]["automatic"] and not every["risk_sharing"]["automatic"]
    assert every["risk_sharing"]["assumed"] == ["GUARANTOR_NEEDED"]
    (one,) = run(home, "try", ME, "--product", "tech_credit", "--amount", "50万", "--months", "12", "--purpose", "研发")
    assert (one["amount_fen"], one["months"], len(one["schedule"])) == (50_000_000, 12, 12)
    assert sum(due["principal_fen"] for due in one["schedule"]) == 50_000_000
    assert one["terms"]["rate_ppm"] < one["simple_ppm"] < one["apr_ppm"]
    shown = run(home, "try", ME, "--product", "tech_credit", "--amount", "50万", as_json=False)
    assert "500,000.00" in shown and "综合年化" in shown
    (above,) = run(home, "try", ME, "--product", "tech_credit", "--amount", "58万", code=3)
    assert above["refused"]["code"] == "ABOVE_LIMIT"
    run(home, "try", ME, "--product", "tech_credit", "--amount", "58万", code=3, as_json=False)
