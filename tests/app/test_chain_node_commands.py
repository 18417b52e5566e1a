"""kemiao chain status, log, audit, restore, by the command line."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bank.chain_bank import PASSPHRASE, at, chain_home, grant, say
from chain.actors import ACME, chain
from kemiao.app.cli import cli


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("KEMIAO_PASSPHRASE", PASSPHRASE)
    monkeypatch.delenv("KEMIAO_PASSPHRASE_FILE", raising=False)
    made = chain_home(tmp_path / "home")
    with at(made) as world:
        grant(world)
        for name in ("bank-b", "tax-office", "bank-b"):
            say(world, "lineage", name, body={"what": "model", "digest": "0" * 64, "event": "fitted", "before": None})
    return made


def run(home: Path, *words: object) -> Result:
    return CliRunner().invoke(cli, ["chain", *map(str, words), "--home", str(home)])


def lines(home: Path, *words: object) -> list[Any]:
    done = run(home, *words, "--json")
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_status_tells_where_we_stand(home):
    (told,) = lines(home, "status")
    assert (told["participant"], told["chain"], told["mode"], told["size"]) == ("bank-a", chain(), "node", 5)
    assert (told["waiting"], told["behind"], len(told["root"])) == (0, False, 64)
    assert chain() in run(home, "status", "--lang", "en").stdout


@pytest.mark.slow
def test_the_log_is_chosen_by_kind_author_subject_and_place(home):
    assert [line["kind"] for line in lines(home, "log")] == ["genesis", "consent.grant", *["lineage"] * 3]
    assert [line["index"] for line in lines(home, "log", "--author", "bank-b")] == [2, 4]
    assert [line["index"] for line in lines(home, "log", "--kind", "lineage", "--last", 2)] == [3, 4]
    assert [line["index"] for line in lines(home, "log", "--subject", ACME.removeprefix("uscc:"))] == [1]
    assert [line["index"] for line in lines(home, "log", "--from", 3)] == [3, 4]
    assert "consent.grant" in run(home, "log").stdout
    assert [line["index"] for line in lines(home, "log", "--kind", "genesis")] == [0]


def test_what_no_entry_could_be_is_not_answered_with_an_empty_log(home):
    done = run(home, "log", "--kind", "nonsense")
    assert done.exit_code == 2
    assert "right.register" in done.stderr and "genesis" in done.stderr
    assert run(home, "log", "--subject", "nonsense").exit_code == 2  # and does not say that the chain is damaged
    done = run(home, "log", "--author", "nobody", "--json")
    assert (done.exit_code, json.loads(done.stdout)["refused"]["code"]) == (3, "NO_SUCH_PARTICIPANT")
    assert lines(home, "log", "--author", "auditor") == []  # who has said nothing yet is known all the same


def test_an_audit_names_the_first_bad_record_and_a_restore_mends_it(home, tmp_path):
    assert lines(home, "audit")[0]["size"] == 5
    assert run(home, "export", "--out", tmp_path / "chain.jsonl").exit_code == 0
    connection = sqlite3.connect(home / "chain" / "node.db")
    with connection:
        connection.execute("UPDATE records SET envelope = replace(envelope, 'fitted', 'retire') WHERE idx = 3")
        connection.execute("UPDATE records SET envelope = CAST(envelope AS BLOB)")
    connection.close()
    done = run(home, "audit", "--json")
    assert done.exit_code == 3
    refused = json.loads(done.stdout)["refused"]
    assert (refused["code"], refused["where"]["index"]) == ("BAD_SIGNATURE", "3")
    assert lines(home, "restore", tmp_path / "chain.jsonl") == [{"records": 5}]
    assert lines(home, "audit")[0]["size"] == 5


@pytest.mark.slow
def test_what_is_no_export_restores_nothing(home, tmp_path):
    before = lines(home, "status")
    (tmp_path / "chain.jsonl").write_text('{"index": 0}\n')
    done = run(home, "restore", tmp_path / "chain.jsonl", "--json")
    assert done.exit_code == 3
    assert json.loads(done.stdout)["refused"]["code"] == "NOT_AN_EXPORT"
    assert run(home, "restore", tmp_path / "nothing").exit_code == 4
    assert lines(home, "status") == before
