"""A bank, a second bank and a company: three homes, keys of their own, one server; everything through the command line."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chain.actors import ACME, BOLT

PROGRAM = Path(sys.executable).with_name("kemiao")
DONE, FAULT, USAGE, REFUSED, OUTAGE = range(5)
UNTIL = "2030-12-31"
INVOICE = (
    "--kind", "invoice", "--number", "24312000000012345678", "--date", "2026-03-05", "--seller", ACME,
    "--buyer", BOLT, "--total", "12345.60", "--right", "pledge", "--debtor", ACME, "--claim", "1万", "--until", UNTIL,
)  # fmt: skip
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Party:
    """A home with a passphrase that nobody else has."""

    root: Path
    passphrase: str

    def environment(self) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("KEMIAO_")}
        return plain | {"KEMIAO_HOME": str(self.root), "KEMIAO_PASSPHRASE": self.passphrase, "KEMIAO_LANG": "en"}

    def kemiao(self, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(PROGRAM), *map(str, words)], capture_output=True, text=True, check=False, env=self.environment(),
            timeout=120, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def told(self, *words: object) -> list[dict[str, Any]]:
        answer = self.kemiao(*words, "--json")
        assert answer.returncode == DONE, f"{words}: {answer.stderr}"
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def refused(self, *words: object) -> str:
        answer = self.kemiao(*words, "--json")
        assert answer.returncode == REFUSED, f"{words}: {answer.returncode} {answer.stdout} {answer.stderr}"
        return str(json.loads(answer.stdout.splitlines()[-1])["refused"]["code"])


class Served:
    """The bank's node, in a process of its own."""

    def __init__(self, party: Party, port: int = 0) -> None:
        self._process = subprocess.Popen(
            [str(PROGRAM), "chain", "serve", "--port", str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=party.environment(),
        )  # fmt: skip
        self.address = self._process.stdout.readline().strip()
        assert self.address.startswith("http://127.0.0.1:"), self._process.stderr.read()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self._process.send_signal(how)
        _, self.said = self._process.communicate(timeout=30)
        return self._process.returncode

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])


@pytest.fixture(scope="module")
def parties(tmp_path_factory) -> dict[str, Party]:
    folder = tmp_path_factory.mktemp("three")
    made = {name: Party(folder / name, f"only {name} knows it") for name in ("bank-a", "bank-b", "acme")}
    for party in made.values():
        assert party.kemiao("init").returncode == DONE
    made["bank-a"].told("participant", "create", "bank-a", "--role", "bank", "--name", "Bank A")
    made["bank-b"].told("participant", "create", "bank-b", "--role", "bank", "--name", "Bank B", "--suite", "sm2")
    made["acme"].told("participant", "create", "acme", "--role", "company", "--name", "Acme", "--company", ACME)
    return made


@pytest.fixture(scope="module")
def served(parties) -> Iterator[Served]:
    """The chain is started, served, and the others have joined."""
    bank, second, acme = parties["bank-a"], parties["bank-b"], parties["acme"]
    cards = [word for party, name in ((second, "bank-b"), (acme, "acme")) for word in ("--participant", party.root / "keys" / f"{name}.card.json")]  # fmt: skip
    (started,) = bank.told("chain", "start", "--name", "three", *cards)
    server = Served(bank)
    share, invitation = bank.root.parent / "share", bank.root.parent / "invitation.json"
    share.write_text("what we agreed on by telephone\n")
    share.chmod(stat.S_IRUSR | stat.S_IWUSR)
    bank.told("chain", "invite", "--out", invitation, "--address", server.address, "--with-blinding-key", "--share-passphrase-file", share)  # fmt: skip
    for name in ("bank-b", "acme"):
        joining = ("chain", "join", invitation, "--as", name, "--share-passphrase-file", share)
        (joined,) = parties[name].told(*joining, "--chain", started["chain"])
        assert (joined["chain"], joined["participant"], joined["entries"]) == (started["chain"], name, 1)
    yield server
    server.stop()


def test_who_is_not_in_the_genesis_does_not_get_in(parties, served, tmp_path):
    stranger = Party(tmp_path / "stranger", "a stranger's passphrase")
    stranger.kemiao("init")
    stranger.told("participant", "create", "acme", "--role", "company", "--name", "Acme", "--company", ACME)
    invitation = parties["bank-a"].root.parent / "invitation.json"
    assert stranger.refused("chain", "join", invitation, "--as", "acme") == "NOT_OUR_KEYS"
    assert stranger.refused("chain", "join", invitation, "--as", "mallory") == "NOT_IN_THE_GENESIS"
    assert stranger.refused("chain", "join", invitation, "--as", "acme", "--chain", "0" * 64) == "OTHER_CHAIN"
    assert parties["acme"].refused("chain", "join", invitation, "--as", "acme") == "CHAIN_EXISTS"
    assert not (stranger.root / "chain" / "chain.toml").exists()


def test_a_company_lets_a_bank_read_sees_that_it_read_and_takes_it_back(parties, served):
    bank, acme = parties["bank-a"], parties["acme"]
    (consent,) = acme.told("consent", "grant", "--to", "bank-a", "--table", "all", "--purpose", "credit_review", "--until", UNTIL, "--yes")  # fmt: skip
    typed = (
        "company",
        "add",
        "--key",
        ACME,
        "--name",
        "Acme",
        "--industry",
        "software",
        "--staff",
        "35",
        "--revenue",
        "1200万",
    )
    bank.told(*typed, "--basis", f"consent:{consent['id']}")
    (decided,) = bank.told("assess", ACME)
    assert decided["company"] == ACME
    reads = acme.told("consent", "reads")
    assert {read["reader"] for read in reads} == {"bank-a"}
    assert consent["id"] in json.dumps(reads)
    (followed,) = acme.told("chain", "follow")
    assert followed["entries"] >= 3
    assert followed["promises_kept"] == 1  # our consent stands where the node's receipt says
    acme.told("consent", "revoke", consent["id"])
    assert bank.refused("assess", ACME) == "CONSENT_REVOKED"
    assert {read["reader"] for read in acme.told("consent", "reads")} == {"bank-a"}


def test_what_one_bank_has_registered_the_other_bank_is_refused(parties, served):
    bank, second = parties["bank-a"], parties["bank-b"]
    bank.told("collateral", "register", *INVOICE)
    assert second.kemiao("collateral", "register", *INVOICE, "--json").returncode == REFUSED
    (followed,) = second.told("chain", "follow")
    assert followed["new"] == 0  # the refused attempt has brought the replica up to date


def test_everybody_has_the_same_history(parties, served):
    sizes = {party.told("chain", "follow")[0]["entries"] for name, party in parties.items() if name != "bank-a"}
    assert len(sizes) == 1
    assert parties["bank-a"].refused("chain", "follow") == "NOTHING_TO_FOLLOW"


def test_a_node_that_is_away_is_an_outage_and_its_end_is_clean(parties, served):
    assert served.stop() == DONE
    assert "the node has stopped" in served.said
    acme = parties["acme"]
    answer = acme.kemiao("chain", "follow", "--json")
    assert answer.returncode == OUTAGE
    assert json.loads(answer.stdout)["refused"]["code"] == "NODE_UNREACHABLE"
    assert acme.kemiao("consent", "revoke", "--reader", "bank-a").returncode == OUTAGE
    again = Served(parties["bank-a"], served.port)
    began = time.monotonic()
    assert acme.kemiao("consent", "revoke", "--reader", "bank-a").returncode in (DONE, REFUSED)
    assert time.monotonic() - began < 60
    assert again.stop(signal.SIGINT) == DONE
