"""A little bank on a chain: the home of bank-a is its first node; the others of the cast say there what they want."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from chain.actors import ACME, chain, genesis, seeded, signed
from kemiao.bank.chain_link import NODE_FILE
from kemiao.bank.chain_side import ChainSettings, SharedChain, write_settings
from kemiao.bank.home import Home
from kemiao.bank.world import World
from kemiao.base.clock import FixedClock
from kemiao.base.refusal import Refusal
from kemiao.chain.keyring import KeyStore
from kemiao.chain.node import Accepted
from kemiao.chain.rules.apply import KINDS
from kemiao.chain.sealed import Cost
from kemiao.chain.sqlite_node import SqliteNode
from little_bank import new_home

ME, PASSPHRASE = "bank-a", "correct horse"
DAY = date(2026, 3, 2)
CHEAP = Cost(1, 8192)


def on(day: date) -> FixedClock:
    return FixedClock(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))


NOW = on(DAY)


def chain_home(root: Path) -> Path:
    """A home that is a node of the tests' chain, with bank-a's keys under PASSPHRASE."""
    new_home(root)
    join(root)
    return root


def join(root: Path) -> None:
    """Makes the home of little_bank the first node of the tests' chain."""
    import hashlib
    import os

    home = Home(root)
    home.chain.mkdir(mode=0o700)
    store = KeyStore(home.keys)
    for purposes in (("keys",), ("consent", "entries"), ("node",)):
        seed = hashlib.sha256(f"actor {ME} {purposes[0]}".encode()).digest()
        store.save(ME, purposes[0], "ed25519", seed, purposes, PASSPHRASE, os.urandom, cost=CHEAP)
    SqliteNode.create(home.chain / NODE_FILE, genesis(), NOW, seeded(f"{ME} node")).close()
    write_settings(home, ChainSettings(ME, chain(), "node"))


@contextmanager
def at(root: Path, clock: FixedClock = NOW, passphrase: str | None = PASSPHRASE) -> Iterator[World]:
    import os

    from kemiao.bank.world import open_world

    with open_world(root, clock, os.urandom, None if passphrase is None else lambda: passphrase) as world:
        yield world


def say(world: World, kind: str, author: str = "acme", **parts: Any) -> Accepted | Refusal:
    """Somebody else's entry, straight into the node; its next sequence, its key for the kind."""
    assert world.chain is not None
    parts.setdefault("sequence", (world.chain.node.get(f"sequence/{author}") or 0) + 1)
    content = signed(kind, author, purpose=KINDS[kind].purpose, **parts)
    node = SqliteNode.open(world.home.chain / NODE_FILE, world.clock, seeded(f"{ME} node"))
    try:
        return node.submit([content]).results[0]
    finally:
        node.close()


def grant(world: World, **body: Any) -> str:
    """acme's consent to bank-a; body: what differs from a year's credit review of its tables."""
    given = {
        "reader": ME, "tables": ["bank_transaction", "company", "invoice"], "purposes": ["credit_review"], "from": "2026-01-01",
        "until": "2026-12-31", "may_pass_on": False, "queries": None, "accounts": None, "ask": False, "notice": None,
    }  # fmt: skip
    answer = say(world, "consent.grant", subject=ACME, body=given | body)
    assert isinstance(answer, Accepted), answer
    return answer.id


def revoke(world: World, consent: str | None = None, reader: str | None = None) -> None:
    answer = say(world, "consent.revoke", subject=ACME, body={"consent": consent, "reader": reader})
    assert isinstance(answer, Accepted), answer


def shared(world: World) -> SharedChain:
    assert world.chain is not None
    return world.chain
