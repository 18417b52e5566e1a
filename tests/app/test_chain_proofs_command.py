"""kemiao chain prove and verify, by the command line; what they write convinces the stranger's verifier too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bank.chain_bank import PASSPHRASE, at, chain_home, join, say, shared
from chain.actors import ACME, chain
from kemiao.app.cli import cli
from kemiao.bank.outbox import flush
from kemiao_verify import verify
from kemiao_verify.command import main
from little_bank import decided_home

_SHEET = "企业,金额\n甲,100\n乙,200\n丙,300\n"


@pytest.fixture(autouse=True)
def _passphrase(monkeypatch):
    monkeypatch.setenv("KEMIAO_PASSPHRASE", PASSPHRASE)
    monkeypatch.delenv("KEMIAO_PASSPHRASE_FILE", raising=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return _dated(chain_home(tmp_path / "home"))


def _dated(root: Path) -> Path:
    settings = root / "kemiao.toml"
    settings.write_text(settings.read_text("utf-8") + "today = 2026-03-02\n", "utf-8")
    return root


def run(home: Path, *words: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, words), "--home", str(home)])


def document(home: Path, *words: object) -> Any:
    done = run(home, *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def refused(home: Path, *words: object) -> str:
    done = run(home, *words, "--json")
    assert done.exit_code == 3, done.output
    return json.loads(done.stdout)["refused"]["code"]


def attested(home: Path, tmp_path: Path) -> str:
    (tmp_path / "a.csv").write_text(_SHEET, "utf-8")
    return document(home, "attest", tmp_path / "a.csv", "--subject", ACME, "--table", "invoice")["entry"]


@pytest.mark.slow
def test_an_entry_is_proved_by_its_id_its_beginning_or_its_index(home, tmp_path):
    entry, out = attested(home, tmp_path), tmp_path / "proof.json"
    for name in (entry, entry[:8], "1"):
        said = document(home, "chain", "prove", name, "--out", out)
        assert (said["entry"]["id"], said["entry"]["signed_by"]["participant"], said["chain_compared"]) == (entry, "bank-a", True)  # fmt: skip
        assert verify(out.read_bytes(), chain())["entry"] == said["entry"]
    for name in ("2", "ff" * 32, entry[:7], "nothing"):
        assert refused(home, "chain", "prove", name, "--out", out) == "NO_SUCH_ENTRY"
    assert refused(home, "chain", "prove", "0", "--out", out) == "NOT_AN_ENTRY"


@pytest.mark.slow
def test_one_row_of_a_batch_is_shown_and_no_other(home, tmp_path):
    entry, out = attested(home, tmp_path), tmp_path / "proof.json"
    said = document(home, "chain", "prove", entry, "--row", 2, "--out", out)
    assert said["row"] == {"table": "invoice", "number": 1, "of": 3, "cells": [["企业", "乙"], ["金额", "200"]]}
    assert "甲" not in out.read_text("utf-8") and "丙" not in out.read_text("utf-8")
    assert verify(out.read_bytes())["row"] == said["row"]
    assert refused(home, "chain", "prove", entry, "--row", 4, "--out", out) == "NO_SUCH_ROW"


@pytest.mark.slow
def test_a_reader_who_holds_an_older_head_gets_a_path_from_it(home, tmp_path):
    head, out = tmp_path / "head.txt", tmp_path / "proof.json"
    with at(home) as world:
        head.write_text(shared(world).node.checkpoint(), "utf-8")
    entry = attested(home, tmp_path)
    assert document(home, "chain", "prove", "--head", head, "--out", out)["what"] == "consistency"
    assert document(home, "chain", "prove", entry, "--head", head, "--out", out)["head_compared"]
    assert main([str(out), "--head", str(head), "--chain", chain(), "--json"]) == 0
    assert document(home, "chain", "verify", out, "--head", head)["head_compared"]
    assert run(home, "chain", "prove", "--out", out).exit_code == 2
    assert run(home, "chain", "prove", "--head", tmp_path / "none", "--out", out).exit_code == 2
    head.write_text("rubbish", "utf-8")
    assert refused(home, "chain", "prove", "--head", head, "--out", out) == "MALFORMED_HEAD"


@pytest.mark.slow
def test_the_nodes_word_on_our_own_entry_is_shown(home, tmp_path):
    entry, out = attested(home, tmp_path), tmp_path / "proof.json"
    for name in (entry, entry[:10], "1"):
        said = document(home, "chain", "prove", name, "--receipt", "--out", out)
        assert (said["receipt"]["id"], said["receipt"]["outcome"]) == (entry, "kept")
    assert refused(home, "chain", "prove", "ff" * 32, "--receipt", "--out", out) == "NO_RECEIPT"
    assert verify(out.read_bytes())["receipt"] == said["receipt"]
    with at(home) as world:
        others = say(world, "attestation", body={"form": "statement", "statement": "x"})
    assert refused(home, "chain", "prove", others.id, "--receipt", "--out", out) == "NO_RECEIPT"
    assert document(home, "chain", "prove", others.id, "--out", out)["entry"]["signed_by"]["participant"] == "acme"


@pytest.mark.slow
def test_verify_needs_no_home_and_says_no_to_what_is_wrong(home, tmp_path):
    entry, out = attested(home, tmp_path), tmp_path / "proof.json"
    shown = run(home, "chain", "prove", entry, "--row", 1, "--out", out, "--lang", "en")
    assert "signed by Bank A (bank-a), accepted 2026-03-02" in shown.stdout and "企业 = 甲" in shown.stdout
    nowhere = tmp_path / "nowhere"
    checked = run(nowhere, "chain", "verify", out, "--lang", "en")
    assert checked.exit_code == 0 and "CAUTION" in checked.stdout
    assert "CAUTION" not in run(nowhere, "chain", "verify", out, "--chain", chain(), "--lang", "en").stdout
    assert refused(nowhere, "chain", "verify", out, "--chain", "ab" * 32) == "OTHER_CHAIN"
    out.write_text(out.read_text("utf-8").replace("甲", "乙"), "utf-8")
    assert refused(nowhere, "chain", "verify", out) == "ROW_NOT_IN_THE_BATCH"
    assert run(nowhere, "chain", "verify", nowhere).exit_code == 2
    assert refused(nowhere, "chain", "verify", home / "kemiao.toml") == "NOT_JSON"


@pytest.mark.slow
def test_a_decision_of_the_bank_is_proved_once_it_is_on_the_chain(tmp_path):
    ids, out = decided_home(tmp_path / "home"), tmp_path / "proof.json"
    join(tmp_path / "home")
    decision = next(iter(ids.values()))
    assert refused(tmp_path / "home", "chain", "prove", decision, "--out", out) == "NOT_ANCHORED"
    with at(tmp_path / "home") as world:
        flush(world)
    said = document(tmp_path / "home", "chain", "prove", decision, "--out", out)
    assert (said["decision"]["id"], said["decision"]["of"]) == (decision, len(ids))
    assert verify(out.read_bytes(), chain())["decision"] == said["decision"]
    assert refused(tmp_path / "home", "chain", "prove", "dec-" + "0" * 20, "--out", out) in ("NO_DECISION", "NO_SUCH_DECISION")  # fmt: skip


def test_a_proof_file_that_is_not_there_is_told_in_both_languages(home, tmp_path):
    done = run(home, "chain", "verify", tmp_path / "nothing.json")
    assert done.exit_code == 2
    assert "没有这个文件 / there is no such file" in done.stderr and "No such file" not in done.stderr
