"""kemiao attest and kemiao chain export, by the command line, in a home that is a node."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bank.chain_bank import PASSPHRASE, at, chain_home, grant, revoke, shared
from chain.actors import ACME, cast
from kemiao.app.cli import cli
from kemiao.bank.attested import attested_row
from kemiao.base.tree import leaf_hash, node_hash
from kemiao.chain.batch import Fact
from kemiao.chain.credential import Credential, on_chain, read_credential, to_credential
from kemiao.chain.entry import Signed, is_digest, open_envelope
from little_bank import new_home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KEMIAO_PASSPHRASE", PASSPHRASE)
    monkeypatch.delenv("KEMIAO_PASSPHRASE_FILE", raising=False)
    root = chain_home(tmp_path / "home")
    settings = root / "kemiao.toml"
    settings.write_text(settings.read_text("utf-8") + "today = 2026-03-02\n", "utf-8")
    return root


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "--home", str(home)])


def document(home: Path, *words: str) -> Any:
    done = run(home, *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def sheet(folder: Path, text: str = "企业,金额\n甲,100\n乙,200\n") -> str:
    (folder / "a.csv").write_text(text, "utf-8")
    return str(folder / "a.csv")


def test_from_a_sheet_to_a_row_that_stands_alone(home: Path, tmp_path: Path) -> None:
    words = ("--subject", ACME, "--about", "2025-01-01..2025-12-31", "--basis", "office:账册", "--table", "invoice")
    told = document(home, "attest", sheet(tmp_path), *words)
    assert (told["index"], told["count"], told["columns"]) == (1, 2, ["企业", "金额"])
    assert is_digest(told["entry"]) and is_digest(told["root"]) and (Path(told["folder"]) / "leaves.bin").is_file()
    with at(home) as world:
        fact = attested_row(world, told["entry"], 1)
    assert isinstance(fact, Fact) and fact.is_under(told["root"]) and fact.cells == ("乙", "200")
    # By hand, from the salt and the two cells alone:
    leaf = leaf_hash(b"kemiao/fact\0" + fact.salt + "3:乙3:200".encode())
    assert told["root"] == node_hash(fact.path[0], leaf).hex()
    entry = json.loads(run(home, "chain", "export", "--from", "1").stdout)["entry"]
    assert entry["about"] == {"from": "2025-01-01", "until": "2025-12-31"} and entry["basis"] == {"office": "账册"}
    assert (entry["subject"], entry["body"]["table"]) == (ACME, "invoice")


def test_for_people_in_both_languages(home: Path, tmp_path: Path) -> None:
    file = sheet(tmp_path)
    assert "已存证,条目" in run(home, "attest", file).stdout
    assert "2 facts" in run(home, "attest", file, "--lang", "en").stdout
    one = run(home, "attest", sheet(tmp_path, "结论\n无欠税\n"), "--public", "--about", "2025-06-30")
    assert one.exit_code == 0 and "根" not in one.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("--about", "2025-02-01..2025-01-01"), ("--about", "soon"), ("--basis", "office"), ("--basis", "hearsay:x"), ("--basis", "paper: "),
        ("--subject", "91110108MA01KPGK0X"),
    ],
)  # fmt: skip
def test_what_can_not_be_meant_is_a_usage_error(home: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert run(home, "attest", sheet(tmp_path), *words).exit_code == 2


def test_a_refused_file_exits_3_and_names_the_row(home: Path, tmp_path: Path) -> None:
    done = run(home, "attest", sheet(tmp_path, "甲,乙\n1,2\n3\n"), "--lang", "en")
    assert done.exit_code == 3 and "UNREADABLE_ROW  a.csv:3:" in done.stderr
    assert not (home / "chain" / "attested").exists()
    done = run(
        home, "attest", sheet(tmp_path), "--basis", f"consent:{'a' * 64}", "--about", "2025-01-01", "--table", "nothing"
    )
    assert done.exit_code == 3 and "NO_SUCH_TABLE" in done.stderr


def test_without_a_chain_or_a_passphrase_it_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = run(new_home(tmp_path / "alone"), "attest", sheet(tmp_path))
    assert alone.exit_code == 3 and "NO_CHAIN" in alone.stderr
    monkeypatch.setenv("KEMIAO_PASSPHRASE", "a wrong horse")
    wrong = run(home, "attest", sheet(tmp_path))
    assert wrong.exit_code == 3 and "WRONG_PASSPHRASE" in wrong.stderr
    assert not (home / "chain" / "attested").exists()


@pytest.mark.slow
def test_the_chain_and_a_credential_go_into_files_whole(home: Path, tmp_path: Path) -> None:
    entry = document(home, "attest", sheet(tmp_path))["entry"]
    lines, credential = tmp_path / "chain.jsonl", tmp_path / "c.json"
    assert document(home, "chain", "export", "--out", str(lines))["count"] == 2
    assert [json.loads(line)["index"] for line in lines.read_text("utf-8").splitlines()] == [0, 1]
    assert document(home, "chain", "export", entry, "--as", "credential", "--out", str(credential))["count"] == 1
    read = read_credential(credential.read_bytes())
    assert isinstance(read, Credential) and read.signed.id == entry
    with at(home) as world:
        assert world.chain is not None
        assert getattr(on_chain(read, world.chain.node), "index", None) == 1
    assert (
        json.loads(run(home, "chain", "export", entry, "--as", "credential").stdout)["id"]
        == f"urn:kemiao:entry:{entry}"
    )
    assert run(home, "chain", "export", "ab" * 32, "--as", "credential").exit_code == 3
    assert (
        run(home, "chain", "export", entry).exit_code
        == run(home, "chain", "export", "--as", "credential").exit_code
        == 2
    )
    assert run(home, "chain", "export", "--out", str(tmp_path / "no" / "where")).exit_code == 4
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.csv", "c.json", "chain.jsonl", "home"]


def test_a_credential_is_verified_with_and_without_the_chain_at_hand(home: Path, tmp_path: Path) -> None:
    with at(home) as world:
        consent = grant(world)
        opened = open_envelope(shared(world).node.records(1, 1)[0].envelope)
    assert isinstance(opened, Signed)
    made = to_credential(opened, cast()["acme"].signers["consent"], datetime(2026, 3, 2, tzinfo=UTC))
    file = tmp_path / "consent.json"
    file.write_text(json.dumps(made, indent=2), "utf-8")
    told = document(home, "chain", "verify", str(file))
    assert told["proved"] and told["entry"]["id"] == consent and told["on_chain"]["revoked"] is None
    stranger = document(tmp_path / "nowhere", "chain", "verify", str(file))
    assert (stranger["on_chain"], stranger["chain_compared"]) == (None, False)
    assert "not compared" in run(tmp_path / "nowhere", "chain", "verify", str(file), "--lang", "en").stdout
    with at(home) as world:
        revoke(world, consent)
    assert "CAUTION: it was revoked" in run(home, "chain", "verify", str(file), "--lang", "en").stdout
    assert run(home, "chain", "verify", str(file), "--chain", "ab" * 32).exit_code == 3
    file.write_text(file.read_text("utf-8").replace("2026-12-31", "2036-12-31"), "utf-8")
    altered = run(home, "chain", "verify", str(file))
    assert altered.exit_code == 3 and "BAD_CREDENTIAL_SIGNATURE" in altered.stderr
