"""What a bank's commands say of the chain: who was left out, what waits, what was sent."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bank.chain_bank import NOW, PASSPHRASE, at, chain_home, grant, join, revoke, say
from chain.actors import ACME
from kemiao.app.chain_shown import _EVENTS, _WHAT
from kemiao.app.cli import cli
from kemiao.bank.attesting import attest_missing
from kemiao.bank.chain_side import chain_of
from kemiao.bank.commands.assess import Request, assess
from kemiao.bank.outbox import flush
from kemiao.chain.node import Accepted
from kemiao.chain.rules.lineage import EVENTS, WHAT
from kemiao.chain.views import readings
from kemiao.credit.document import decision_id
from little_bank import decided_home, put


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    for name in ("KEMIAO_PASSPHRASE", "KEMIAO_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "home"
    decided_home(root)
    join(root)
    settings = root / "kemiao.toml"
    settings.write_text(settings.read_text("utf-8") + f"today = {NOW.today()}\n", "utf-8")
    return root


def run(home: Path, *words: str, code: int = 0) -> Any:
    done = CliRunner().invoke(cli, [*words, "--home", str(home), "--lang", "en"])
    assert done.exit_code == code, done.output
    return done


@pytest.mark.slow
def test_without_a_passphrase_a_command_succeeds_and_says_what_waits_until_it_is_submitted(home, monkeypatch):
    assert "wait for the chain: kemiao chain submit" in run(home, "assess", "--all").stderr
    assert "PASSPHRASE_NEEDED" in run(home, "chain", "submit", code=3).stderr
    monkeypatch.setenv("KEMIAO_PASSPHRASE", PASSPHRASE)
    sent = json.loads(run(home, "chain", "submit", "--json").stdout)
    assert (sent["waiting"], sent["refused"]) == (0, [])
    assert json.loads(run(home, "chain", "submit", "--json").stdout)["anchored"] == 0
    assert "wait" not in run(home, "assess", "--all").stderr  # sent at the end of the command itself


@pytest.mark.slow
def test_assess_all_names_the_companies_that_it_left_out_and_why(home):
    with at(home) as world:
        consent = grant(world)
        put(world, {"company": [{"company": ACME}]}, companies=(ACME,), basis=f"consent:{consent}")
        revoke(world, consent)
    done = run(home, "assess", "--all", "--json")
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["company"], each["left_out"]["code"]) for each in said if "left_out" in each] == [(ACME, "CONSENT_REVOKED")]  # fmt: skip
    assert f"left out {ACME}: CONSENT_REVOKED" in done.stderr
    assert "CONSENT_REVOKED" in run(home, "assess", ACME, code=3).stderr


@pytest.fixture
def decided(tmp_path) -> tuple[Path, str]:
    """A decision on ACME, on the chain, with a statement behind it that ACME contradicts in words of its own."""
    root = chain_home(tmp_path / "home")
    settings = root / "kemiao.toml"
    settings.write_text(settings.read_text("utf-8") + f"today = {NOW.today()}\n", "utf-8")
    with at(root) as world:
        consent = grant(world)
        put(world, {"company": [{"company": ACME, "registered_on": date(2020, 1, 1)}]}, companies=(ACME,), basis=f"consent:{consent}")  # fmt: skip
        attest_missing(world)
        made = decision_id(assess(world, Request((ACME,))).documents[0])
        flush(world)
        ((key, _),) = chain_of(world).node.scan("attestations/bank-a/")
        body = {"attestation": key.rpartition("/")[2], "verdict": "contradict", "evidence": None, "grounds": "not ours [/b] :x:"}  # fmt: skip
        said = say(world, "check", "acme", subject=ACME, body=body, commitment="0" * 64)
        assert isinstance(said, Accepted), said
    return root, made


@pytest.mark.slow
def test_what_others_wrote_does_not_stop_a_trace(decided):
    home, decision = decided
    assert "not ours [/b] :x:" in run(home, "trace", decision).stdout


@pytest.mark.slow
def test_a_trace_names_tables_and_lineage_in_the_readers_language(decided):
    home, decision = decided
    shown = run(home, "trace", decision).stdout
    assert "kept (bank-a" in shown and "credit review  company register" in shown
    chinese = CliRunner().invoke(cli, ["trace", decision, "--home", str(home), "--lang", "zh"]).stdout
    _, chain_side = chinese.split("共享链")
    assert "模型  " in chain_side and "政策  " in chain_side and "法规  " in chain_side and "留存 (bank-a" in chain_side
    assert "授信审查  企业登记" in chain_side
    assert not [word for word in ("company", "model", "policy", "law", "kept") if word in chinese.split("项已知特征")[0] + chain_side]  # fmt: skip


def test_every_step_of_a_lineage_has_words():
    assert (set(_WHAT), set(_EVENTS)) == (set(WHAT), set(EVENTS))


@pytest.mark.slow
def test_a_consent_to_review_is_enough_for_the_companys_own_portrait(home, tmp_path, monkeypatch):
    monkeypatch.setenv("KEMIAO_PASSPHRASE", PASSPHRASE)
    with at(home) as world:
        consent = grant(world, tables=["company"])
        put(world, {"company": [{"company": ACME, "registered_on": date(2020, 1, 1)}]}, companies=(ACME,), basis=f"consent:{consent}")  # fmt: skip
    run(home, "company", "show", ACME, "--portrait", str(tmp_path / "own.svg"))
    run(home, "assess", ACME)
    with at(home) as world:
        read = [one["purpose"] for one in readings(chain_of(world).node, ACME) if "consent" in one["basis"]]
    assert sorted(read) == ["credit_review", "report"]  # once each, and no peer's eyes
