"""A sealed call through the command line: operator with the node, a funder, a company and an auditor, four homes over HTTP."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chain.actors import ACME, BOLT
from kemiao.app.cli import cli
from kemiao.bank.home import Home
from kemiao.base.clock import epoch_ms
from kemiao.chain import sealed
from kemiao.chain.keyring import KeyStore
from kemiao.chain.listening import Listening
from kemiao.chain.serving import application
from kemiao.chain.sqlite_node import SqliteNode
from little_bank import new_home

pytestmark = pytest.mark.slow
OPENING, REVEALING, CLEARING, LATER = (date(2026, 3, day) for day in (2, 3, 5, 6))


class Day:
    """The one clock of the node and of all homes: nine o'clock of a day that the test turns."""

    def __init__(self) -> None:
        self.day = OPENING

    def now(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 9, tzinfo=UTC)

    def today(self) -> date:
        return self.day


DAY = Day()


class Party:
    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.root, self.passphrase = name, new_home(folder / name), f"only {name} knows it"

    def say(self, *words: object, code: int = 0) -> list[dict[str, Any]]:
        settings = self.root / "kemiao.toml"
        kept = [line for line in settings.read_text("utf-8").splitlines() if not line.startswith("today")]
        settings.write_text("\n".join([f"today = {DAY.day}", *kept]) + "\n", "utf-8")
        done = CliRunner().invoke(
            cli, [*map(str, words), "--home", str(self.root), "--json"], env={"KEMIAO_PASSPHRASE": self.passphrase}
        )
        assert done.exit_code == code, f"{self.name} {words}: {done.output} {done.exception!r}"
        return [json.loads(line) for line in done.stdout.splitlines()]

    def refused(self, *words: object) -> str:
        return str(self.say(*words, code=3)[-1]["refused"]["code"])


@contextmanager
def served(party: Party) -> Iterator[str]:
    home = Home(party.root)
    keys = KeyStore(home.keys)
    key = next(keys.unlock(file, party.passphrase) for file in keys.files() if "node" in file.purposes)
    node = SqliteNode.open(home.chain / "node.db", DAY, key)
    listening = Listening(application(node, lambda: epoch_ms(DAY.now()), node.mailbox), "127.0.0.1", 0, None, None)
    ready = threading.Event()
    thread = threading.Thread(target=lambda: listening.run(ready.set))
    thread.start()
    assert ready.wait(20)
    try:
        yield listening.address
    finally:
        listening.stop()
        thread.join(20)
        node.close()


def test_a_sealed_call_over_http_in_four_homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sealed, "USUAL", sealed.Cost(1, 8192))  # keys of a test need no strong passphrase
    roles = {"bank-a": "bank", "bank-b": "bank", "acme": "company", "audit-1": "auditor"}
    parties = {name: Party(tmp_path, name) for name in roles}
    for name, party in parties.items():
        party.say("participant", "create", name, "--role", roles[name], "--name", name, *(("--company", ACME) if name == "acme" else ()))  # fmt: skip
    operator, funder, acme, auditor = parties.values()
    cards = [word for party in (funder, acme, auditor) for word in ("--participant", party.root / "keys" / f"{party.name}.card.json")]  # fmt: skip
    (started,) = operator.say("chain", "start", "--name", "market", *cards)
    share, invitation = tmp_path / "share", tmp_path / "invitation.json"
    share.write_text("what we agreed on by telephone\n")
    share.chmod(stat.S_IRUSR | stat.S_IWUSR)
    with served(operator) as address:
        operator.say("chain", "invite", "--out", invitation, "--address", address)
        for party in (funder, acme, auditor):
            party.say("chain", "join", invitation, "--as", party.name, "--chain", started["chain"])
        for party in parties.values():
            party.say("participant", "sealing-key")

        for company in (ACME, BOLT):
            operator.say("company", "add", "--key", company, "--name", "C", "--industry", "software", "--staff", "35", "--revenue", "1200万", "--basis", "own")  # fmt: skip
        # On a chain companies are read under their own consent; the market takes what was assessed.
        from bank.market.market_cast import assessed
        from kemiao.bank.world import open_world

        with open_world(operator.root, DAY, os.urandom) as world:  # type: ignore[arg-type]
            for company in (ACME, BOLT):
                assessed(world, company)
        operator.say("market", "request", BOLT, "--amount", "100万", "--months", "12", "--rate-max", "8%")
        operator.say("market", "offer", "M1", "--budget", "100万", "--rate", "5%")
        (call,) = operator.say("market", "call", "open", "--auditor", "audit-1", "--commit", "8h", "--reveal", "2d")
        operator.say("market", "commit")
        funder.say("market", "offer", "M2", "--budget", "100万", "--rate", "4%")
        acme.say("market", "request", ACME, "--amount", "100万", "--months", "12", "--rate-max", "8%")
        for party in (funder, acme):
            (bid,) = party.say("market", "commit", "--call", call["call"])
            assert bid["state"] == "committed"
        assert acme.refused("market", "clear", "1") == "NOT_THE_OPERATOR"
        assert operator.refused("market", "clear", "1") == "CALL_STILL_OPEN"

        DAY.day = REVEALING
        for party in (operator, funder, acme):
            (bid,) = party.say("market", "reveal")
            assert bid["state"] == "revealed"
        assert funder.refused("market", "commit", "--call", "1") == "NOTHING_TO_COMMIT"

        DAY.day = CLEARING
        (cleared,) = operator.say("market", "clear", "1")
        assert cleared["matches"] == 2
        assert cleared["told"] == ["bank-b", "acme"]
        (again,) = operator.say("market", "clear", "1")
        assert again["document"] == cleared["document"]
        for party in (funder, acme):
            (said,) = party.say("market", "check", "1")
            assert said["holds"], said
            (sheet,) = party.say("market", "result", "1")
            assert len(sheet["requests"] or sheet["mandates"]) == 1
        assert [each["ended"] for each in acme.say("market", "list", "--all")] == ["matched"]
        (replayed,) = auditor.say("market", "replay", "1")
        assert replayed["identical"], replayed
        assert set(replayed["decisions"]) == {ACME, BOLT}
        assert acme.refused("market", "replay", "1") == "NOT_THE_AUDITOR"

        DAY.day = LATER
        (mine,) = acme.say("market", "call", "show", "1")
        acme.say("market", "withdraw", mine["bids"][0]["bid"], "--bid")
        operator.say("market", "call", "open", "--auditor", "audit-1")
        acme.say("market", "request", ACME, "--amount", "100万", "--months", "12", "--rate-max", "8%")
        assert acme.refused("market", "commit") == "BARRED"
