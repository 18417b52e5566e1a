"""kemiao funds and kemiao payments, by the command line."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.commands import staff
from kemiao.bank.commands.staff import Add
from kemiao.bank.lending.loan_store import loan_draft, message_draft
from little_bank import ME, at, clock_on, new_home, put

DAY, TODAY = date(2024, 3, 5), date(2024, 3, 31)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = new_home(tmp_path_factory.mktemp("funds") / "home")
    with at(root, clock_on(TODAY)) as world:
        staff.add(world, None, Add("chen", "陈静", ("administrator",), "head_office"))
        staff.add(world, "chen", Add("sun", "孙丽", ("operations",), "technology_branch"))
        staff.add(world, "chen", Add("wang", "王敏", ("branch_officer",), "technology_branch"))
        sealed = world.vault.seal_many([(ME, "银证转账".encode())])[0]
        rows = [
            {
                "company": ME,
                "account": "main",
                "transaction_no": str(place),
                "booked_on": DAY,
                "amount_fen": fen,
                "summary": why,
            }
            for place, (fen, why) in enumerate([(100_000, None), (-60_000, sealed)])
        ]
        put(world, {"bank_transaction": rows}, companies=[ME])
        said = {"message": "draw-1", "loan": "loan-1", "kind": "disburse", "value_day": DAY, "amount_fen": 100_000}
        with world.log.write() as tx:
            agreed = {"loan": "loan-1", "company": ME, "amount_fen": 100_000, "purpose": "采购"}
            tx.append_many([loan_draft(agreed), message_draft(ME, said)])
    settings = root / "kemiao.toml"
    settings.write_text(settings.read_text("utf-8") + f"today = {TODAY}\n", "utf-8")
    return root


def run(home: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, [*words, "--home", str(home)])
    assert done.exit_code == code, done.output
    return str(done.stdout)


def test_a_loan_s_money_is_traced_shown_and_drawn(home: Path, tmp_path: Path) -> None:
    drawing = tmp_path / "flows.svg"
    answer: dict[str, Any] = json.loads(run(home, "funds", "trace", "loan-1", "--json", "--svg", str(drawing)))
    assert (
        answer["methods"]["fifo"]["outcomes"] | {"securities": 60_000, "cash": 40_000}
        == answer["methods"]["fifo"]["outcomes"]
    )
    assert drawing.read_text("utf-8").startswith("<svg ") and "银证" not in run(home, "funds", "findings")
    for lang, words in (("zh", "流入证券理财"), ("en", "still cash")):
        assert words in run(home, "funds", "trace", "loan-1", "--lang", lang)
    assert json.loads(run(home, "funds", "findings", "--json"))["verdict"] == "use_changed"


def test_what_cannot_be_asked_is_said(home: Path, tmp_path: Path) -> None:
    run(home, "funds", "trace", code=2)
    run(home, "funds", "trace", "--all", "--svg", str(tmp_path / "x.svg"), code=2)
    assert json.loads(run(home, "funds", "trace", "nobody", "--json", code=3))["refused"]["code"] == "NO_SUCH_LOAN"
    assert json.loads(run(home, "payments", "out", "--out", str(tmp_path / "o.xml"), "--json", code=3))["refused"]["code"] == "NO_ACCOUNT_NAMED"  # fmt: skip
    (tmp_path / "s.xml").write_text("<x/>")
    assert json.loads(run(home, "payments", "reconcile", str(tmp_path / "s.xml"), "--json", code=3))["refused"]["code"] == "NOT_CAMT053"  # fmt: skip


def test_an_order_file_names_the_account_on_record(home: Path, tmp_path: Path) -> None:
    out = ("payments", "out", "--out", str(tmp_path / "o.xml"), "--json", "--as")
    assert json.loads(run(home, *out, "chen", code=3))["refused"]["code"] == "NOT_YOUR_ROLE"
    without = json.loads(run(home, *out, "sun", code=3))
    assert without["file"] is None and without["left_out"][0]["code"] == "NO_PAYMENT_ACCOUNT"
    account = ("payments", "account", ME, "--number", "6222020200112233", "--name", "甲公司", "--as", "sun", "--json")
    told = json.loads(run(home, *account, code=3))["refused"]
    run(home, "approval", "give", told["where"]["request"], "--as", "wang")
    run(home, *account)
    made = json.loads(run(home, *out, "sun"))
    assert (made["orders"], made["total_fen"]) == (1, 100_000)
    assert json.loads(run(home, "payments", "out", "--out", str(tmp_path / "p.xml"), "--as", "sun", "--json"))["file"] is None  # fmt: skip
