"""Inviting, joining and following between two homes, over a real server."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bank.chain_bank import CHEAP, PASSPHRASE, at, chain_home, say, shared
from chain.actors import BLINDING_KEY, cast, chain, seeded
from chain.plain_node import PlainNode
from chain.served import Machine, served
from kemiao.bank.commands.follow_chain import Followed, follow
from kemiao.bank.commands.join_chain import Invite, Join, Joined, invite, join
from kemiao.bank.home import Home
from kemiao.bank.own_keys import BLINDING_FILE
from kemiao.bank.world import World, open_world
from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.chain.keyring import KeyStore
from kemiao.chain.node import Accepted
from kemiao.chain.sealed import seal_secret
from kemiao.chain.sqlite_node import SqliteNode
from little_bank import new_home

OURS, SHARED = "acme's own", "agreed by telephone"


def quiet(_done: int, _all: int) -> None:
    pass


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    root = chain_home(tmp_path / "bank")
    about = {"what": "blinding key", "chain": chain()}
    seal_secret(Home(root).chain / BLINDING_FILE, BLINDING_KEY, PASSPHRASE, about, os.urandom, CHEAP)
    return root


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    root = new_home(tmp_path / "acme")
    store = KeyStore(Home(root).keys)
    for purposes in (("keys",), ("consent", "entries"), ("node",)):
        seed = hashlib.sha256(f"actor acme {purposes[0]}".encode()).digest()
        store.save("acme", purposes[0], "ed25519", seed, purposes, OURS, os.urandom, cost=CHEAP)
    store.write_card(cast()["acme"].card)
    return root


@contextmanager
def served_home(root: Path) -> Iterator[str]:
    node = SqliteNode.open(Home(root).chain / "node.db", Machine(), seeded("bank-a node"))
    try:
        with served(node) as server:
            yield server.address
    finally:
        node.close()


@contextmanager
def acme_at(root: Path) -> Iterator[World]:
    with open_world(root, Machine(), os.urandom, lambda: OURS) as world:
        yield world


def invitation(bank: Path, address: str, *, blinding: bool = True) -> Path:
    out = bank.parent / "invitation.json"
    with at(bank) as world:
        made = invite(world, Invite(out, address, None, blinding), lambda: SHARED, CHEAP)
        assert not isinstance(made, Refusal), made
    return out


def joined(acme: Path, file: Path, share: str = SHARED, **parts: str) -> Joined | Refusal:
    with acme_at(acme) as world:
        asked = Join(file, parts.get("participant", "acme"), parts.get("chain"))
        return join(world, asked, lambda: OURS, lambda: share, quiet, CHEAP)


def test_a_home_joins_follows_acts_and_finds_its_promises_kept(bank, acme):
    with at(bank) as world:
        assert isinstance(say(world, "lineage", "bank-b", body={"what": "model", "digest": "0" * 64, "event": "fitted", "before": None}), Accepted)  # fmt: skip
    with served_home(bank) as address:
        answer = joined(acme, invitation(bank, address), chain=chain())
        assert isinstance(answer, Joined), answer
        assert (answer.chain, answer.me, answer.by, answer.size, answer.blinding_key) == (
            chain(),
            "acme",
            "bank-a",
            2,
            True,
        )
        with acme_at(acme) as world:
            ours = shared(world)
            assert ours.blinding_key() == BLINDING_KEY
            made = ours.act("lineage", body={"what": "policy", "digest": "1" * 64, "event": "made", "before": None})
            assert isinstance(made, Accepted), made
            found = follow(world, quiet)
            assert isinstance(found, Followed)
            assert (found.size, found.promises) == (3, 1)
            assert follow(world, quiet).promises == 0  # each receipt is held against the chain once
    with acme_at(acme) as world:  # the node is away: we still read, and say so when we can't follow
        assert shared(world).node.get("sequence/acme") == 1
        with pytest.raises(Outage):
            follow(world, quiet)


def test_an_entry_that_was_dropped_is_found_with_evidence(bank, acme):
    """The node forgets our entry and goes on without it, before our replica has seen it."""
    with served_home(bank) as address:
        assert isinstance(joined(acme, invitation(bank, address)), Joined)
    promised = PlainNode().submit([_ours()]).receipt
    with acme_at(acme) as world, world.log.write() as tx:
        tx.append("chain_receipt", ref="kept", public={"text": promised})
    with at(bank) as world:
        say(world, "lineage", "bank-b", body={"what": "model", "digest": "0" * 64, "event": "fitted", "before": None})
    port = int(address.rsplit(":", 1)[1])
    node = SqliteNode.open(Home(bank).chain / "node.db", Machine(), seeded("bank-a node"))
    with served(node, port=port), acme_at(acme) as world:
        answer = follow(world, quiet)
    node.close()
    assert isinstance(answer, Refusal)
    assert answer.code == "PROMISE_BROKEN"
    found = json.loads(Path(dict(answer.where)["evidence"]).read_text())
    assert found["what"] == "dropped"


def _ours() -> bytes:
    from chain.node_suite import model

    return model("acme", 1)


def test_a_failed_try_leaves_no_membership_and_the_next_one_succeeds(bank, acme):
    with served_home(bank) as address:
        file = invitation(bank, address)
        with pytest.raises(Refused) as wrong:
            joined(acme, file, "a wrong guess")
        assert wrong.value.refusal.code == "WRONG_PASSPHRASE"
    with pytest.raises(Outage):  # nobody serves any more
        joined(acme, file)
    assert not (Home(acme).chain / "chain.toml").exists()
    with served_home(bank) as address:
        file.unlink()
        changed = invitation(bank, address)
        changed.write_text(json.dumps(json.loads(changed.read_text()) | {"by": "bank-b"}))
        refused = joined(acme, changed)
        assert isinstance(refused, Refusal)
        assert refused.code == "INVITATION_NOT_SIGNED"
        assert not (Home(acme).chain / "chain.toml").exists()
        changed.unlink()
        assert isinstance(joined(acme, invitation(bank, address, blinding=False)), Joined)


def test_who_is_not_named_with_these_keys_is_refused(bank, acme):
    file = invitation(bank, "http://127.0.0.1:9")
    for participant, code in (("bank-b", "NOT_OUR_KEYS"), ("mallory", "NOT_IN_THE_GENESIS")):
        answer = joined(acme, file, participant=participant)
        assert isinstance(answer, Refusal)
        assert answer.code == code
    answer = joined(acme, file, chain="0" * 64)
    assert isinstance(answer, Refusal)
    assert answer.code == "OTHER_CHAIN"


def test_an_address_is_given_and_is_one(bank, tmp_path):
    with at(bank) as world:
        lacking = invite(world, Invite(tmp_path / "a", None), lambda: SHARED)
        assert isinstance(lacking, Refusal)
        assert lacking.code == "ADDRESS_MISSING"
        for address, code in (("http://192.0.2.1:8421", "NEEDS_TLS"), ("nowhere", "BAD_ADDRESS")):
            with pytest.raises(Refused) as refused:
                invite(world, Invite(tmp_path / "a", address), lambda: SHARED)
            assert refused.value.refusal.code == code
        short = invite(world, Invite(tmp_path / "a", "http://127.0.0.1:9", None, True), lambda: "too short")
        assert isinstance(short, Refusal)
        assert short.code == "PASSPHRASE_TOO_SHORT"
        both = tmp_path / "node.pem"
        both.write_text("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")
        with pytest.raises(Refused) as refused:
            invite(world, Invite(tmp_path / "a", "https://127.0.0.1:9", both), lambda: SHARED)
        assert refused.value.refusal.code == "CERTIFICATE_WITH_KEY"
        assert not (tmp_path / "a").exists()
        answer = follow(world, quiet)
        assert isinstance(answer, Refusal)
        assert answer.code == "NOTHING_TO_FOLLOW"
