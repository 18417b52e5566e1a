"""The demo's shared chain: a bank, a second bank, a company and an auditor with homes and keys of their own, over one served node."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kemiao.app.passphrase import IN_FILE

_READY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Homes:
    """bank: the home of the demo. company: who speaks for itself on the chain, by its key."""

    bank: Path
    second: Path
    acme: Path
    auditor: Path
    company: str

    @property
    def others(self) -> tuple[Path, ...]:
        """Those who follow the bank's node."""
        return (self.second, self.acme, self.auditor)


class NodeNotReady(Exception):
    """The server of the demo's node did not start; its own message stands above."""


@dataclass(slots=True)
class Served:
    """The bank's node, served by a process of its own. A study's clock stands still, so a new day is a new process at the same place."""

    typist: Any
    homes: Homes
    process: subprocess.Popen[str] | None = field(default=None, init=False)
    address: str = field(default="", init=False)

    def start(self) -> None:
        port = self.address.rpartition(":")[2] or "0"
        words = ["chain", "serve", "--port", port, "--home", str(self.homes.bank)]
        sys.stdout.write(f"\n$ kemiao {' '.join(words)} &\n")
        sys.stdout.flush()
        program = "from kemiao.app.cli import main; main()"
        self.process = subprocess.Popen([sys.executable, "-c", program, *words], stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program
        self.address = self.process.stdout.readline().strip() if self.process.stdout else ""
        if not self.address:
            raise NodeNotReady(str(self.process.wait(_READY_SECONDS)))

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(_READY_SECONDS)
            if self.process.stdout:
                self.process.stdout.close()
            self.process = None

    def until(self, day: str) -> None:
        """The next day, everywhere."""
        self.stop()
        for home in (self.homes.bank, *self.homes.others):
            self.typist("today", day, "--home", home)
        self.start()


@contextmanager
def shared_chain(typist: Any, out: Path, homes: Homes, day: str) -> Iterator[Served]:
    """Four participants on one chain, the bank's node served on loopback while the block lasts."""
    _passphrase(out / "passphrase")
    typist("participant", "create", "bank-a", "--role", "bank", "--name", "园区银行", "--home", homes.bank)
    for home in homes.others:
        typist("init", "--today", day, "--home", home)
    typist("participant", "create", "bank-b", "--role", "bank", "--name", "第二家银行", "--home", homes.second)
    typist("participant", "create", "acme", "--role", "company", "--name", "某科技企业", "--company", homes.company, "--home", homes.acme)  # fmt: skip
    typist("participant", "create", "audit-1", "--role", "auditor", "--name", "审计机构", "--home", homes.auditor)
    names = ("bank-b", "acme", "audit-1")
    cards = [home / "keys" / f"{name}.card.json" for home, name in zip(homes.others, names, strict=True)]
    typist("chain", "start", *(word for card in cards for word in ("--participant", card)), "--home", homes.bank)
    served = Served(typist, homes)
    served.start()
    try:
        invitation, shared = out / "invitation.json", ("--share-passphrase-file", out / "passphrase")
        typist("chain", "invite", "--out", invitation, "--address", served.address, "--with-blinding-key", *shared, "--home", homes.bank)  # fmt: skip
        for home, name in zip(homes.others, names, strict=True):
            typist("chain", "join", invitation, "--as", name, *shared, "--home", home)
        yield served
    finally:
        served.stop()


def granted(typist: Any, homes: Homes, day: str) -> str:
    """The company lets the bank read; the id of its consent."""
    until = day.replace(day[:4], str(int(day[:4]) + 1), 1)
    typist(
        "consent", "grant", "--to", "bank-a", "--tables", "all", "--purpose", "credit_review", "--purpose", "planning", "--purpose",
        "peer_comparison", "--from", day, "--until", until, "--yes", "--home", homes.acme,
    )  # fmt: skip
    (mine,) = typist.read("consent", "list", "--home", homes.acme)
    return str(mine["given"][0]["id"])


def shown(typist: Any, out: Path, homes: Homes, consent: str) -> None:
    """Who read; what was decided, proved to a stranger; one invoice for one bank; consent taken back."""
    typist("consent", "reads", "--home", homes.acme)
    decision = typist.read("decisions", homes.company, "--home", homes.bank)[0]["decision_id"]
    proof = out / "reports" / "decision-proof.json"
    typist("chain", "prove", decision, "--out", proof, "--home", homes.bank)
    (status,) = typist.read("chain", "status", "--home", homes.bank)
    typist.other("kemiao-verify", proof, "--chain", status["chain"])
    invoice = _invoice(typist, homes, decision)
    if invoice is not None:
        typist("collateral", "register", *invoice, "--claim", "1万", "--until", "2025-06-30", "--home", homes.bank)
        # The same invoice as another bank writes it: refused, since all of it is pledged.
        typist.tries("collateral", "register", *invoice, "--claim", "1万", "--until", "2025-06-30", "--home", homes.second)  # fmt: skip
    typist("consent", "revoke", consent, "--home", homes.acme)
    typist.tries("assess", homes.company, "--home", homes.bank)
    typist("chain", "follow", "--once", "--home", homes.second)
    typist("chain", "audit", "--home", homes.second)


def _invoice(typist: Any, homes: Homes, decision: str) -> tuple[str, ...] | None:
    """One that the company issued, as a clerk would type it; None where it issued none."""
    (traced,) = typist.read("trace", decision, "--rows", "2000", "--home", homes.bank)
    rows = traced["rows"].get("invoice", [])
    own = (row for row in rows if row["seller"] == homes.company and row["total_fen"] > 0 and not row["red_letter"])
    row = next(own, None)
    if row is None:
        return None
    return (
        "--kind", "invoice", "--number", row["invoice_no"], "--date", row["issued_on"], "--seller", row["seller"], "--buyer",
        row["buyer"], "--total", f"{row['total_fen'] // 100}.{row['total_fen'] % 100:02}", "--right", "pledge", "--debtor", row["seller"],
    )  # fmt: skip


def _passphrase(path: Path) -> None:
    """One for all homes of the demo, in a file that only its owner may read. The commands find it by the environment."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(18) + "\n")
    os.environ[IN_FILE] = str(path.resolve())
