"""A home of the benches that is a chain's first node, its keys under a cheap passphrase: opening a key file is not what is measured."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from kemiao.app.bench_chain_cast import Cast

PASSPHRASE = "bench"  # noqa: S105 - of keys that live as long as the bench


def join(root: Path, cast: Cast, clock: Any) -> None:
    """Makes the home at `root` a node of the cast's chain, as its first author."""
    from kemiao.bank.chain_link import NODE_FILE
    from kemiao.bank.chain_side import ChainSettings, write_settings
    from kemiao.bank.home import Home
    from kemiao.chain.keyring import KeyStore
    from kemiao.chain.sealed import Cost
    from kemiao.chain.sqlite_node import SqliteNode

    home, me = Home(root), cast.authors[0]
    home.chain.mkdir(mode=0o700)
    store = KeyStore(home.keys)
    for purpose in ("keys", "entries", "node"):
        purposes = ("consent", "entries") if purpose == "entries" else (purpose,)
        store.save(me, purpose, cast.suite, _seed(me, purpose), purposes, PASSPHRASE, os.urandom, cost=Cost(1, 8192))
    SqliteNode.create(home.chain / NODE_FILE, cast.genesis, clock, _node_key(cast)).close()
    write_settings(home, ChainSettings(me, cast.chain, "node"))


def consent(root: Path, cast: Cast, clock: Any, tables: list[str]) -> str:
    """The company's consent to the home, for a year's reviews. Its id."""
    from kemiao.bank.chain_link import NODE_FILE
    from kemiao.base.refusal import Refusal
    from kemiao.chain.sqlite_node import SqliteNode

    body = {
        "reader": cast.authors[0], "tables": tables, "purposes": ["credit_review"], "from": "2026-01-01", "until": "2026-12-31",
        "may_pass_on": False, "queries": None, "accounts": None, "ask": False, "notice": None,
    }  # fmt: skip
    node = SqliteNode.open(root / "chain" / NODE_FILE, clock, _node_key(cast))
    said = node.submit([cast.say("consent.grant", "acme", 1, subject=cast.company, body=body)]).results[0]
    node.close()
    if isinstance(said, Refusal):
        raise TypeError(said.en)
    return said.id


def _seed(name: str, use: str) -> bytes:
    """As the cast's keys are made."""
    return hashlib.sha256(f"bench {name} {use}".encode()).digest()


def _node_key(cast: Cast) -> Any:
    from kemiao.base.signing import signer_from_seed

    return signer_from_seed(cast.suite, _seed(cast.authors[0], "node"))
