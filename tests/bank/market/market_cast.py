"""A market for tests: an operator, a second bank, a company and an auditor, each in a home of its own, all on one node's file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bank.chain_bank import CHEAP, PASSPHRASE, join
from chain.actors import ACME, BOLT, chain
from kemiao.bank.chain_side import ChainSettings, SharedChain, write_settings
from kemiao.bank.commands.market_bid import commit, reveal
from kemiao.bank.commands.market_call import Opening, open_call
from kemiao.bank.commands.market_post import Row, post
from kemiao.bank.commands.sealing_key import make_sealing_key
from kemiao.bank.home import Home
from kemiao.bank.market.calls import Call
from kemiao.bank.market.postings import Posting, Side
from kemiao.bank.world import World, open_world
from kemiao.base.clock import FixedClock
from kemiao.base.refusal import Refusal
from kemiao.chain.keyring import KeyStore
from little_bank import new_home

OPERATOR, FUNDER, COMPANY, AUDITOR = "bank-a", "bank-b", "acme", "auditor"
START = datetime(2026, 3, 2, 1, tzinfo=UTC)
MINUTES = 60  # of commitments, and of reveals


def minute(number: int) -> FixedClock:
    return FixedClock(START + timedelta(minutes=number))


class Cast:
    """homes: by participant. The operator's is the node; the others' chain folders point at its files."""

    def __init__(self, folder: Path, *others: str) -> None:
        self.homes = {name: new_home(folder / name) for name in (OPERATOR, *others)}
        join(self.homes[OPERATOR])
        for name in others:
            home = Home(self.homes[name])
            home.chain.mkdir(mode=0o700)
            store = KeyStore(home.keys)
            for purposes in (("keys",), ("consent", "entries"), ("node",)):
                seed = hashlib.sha256(f"actor {name} {purposes[0]}".encode()).digest()
                store.save(name, purposes[0], "ed25519", seed, purposes, PASSPHRASE, os.urandom, cost=CHEAP)
            self._point(home.chain)
            write_settings(home, ChainSettings(name, chain(), "node"))
        for name in self.homes:
            with self.at(name, -10) as world:
                if name != COMPANY or "no key" not in others:
                    assert not isinstance(make_sealing_key(world, lambda: PASSPHRASE, cost=CHEAP), Refusal)

    def _point(self, folder: Path) -> None:
        node = Home(self.homes[OPERATOR]).chain / "node.db"
        for suffix in ("", "-wal", "-shm"):
            (folder / f"node.db{suffix}").symlink_to(f"{node}{suffix}")
        parcels = node.with_suffix(".parcels.db")
        for suffix in ("", "-wal", "-shm"):
            (folder / f"{parcels.name}{suffix}").symlink_to(f"{parcels}{suffix}")

    @contextmanager
    def at(self, name: str, now: int) -> Iterator[World]:
        with open_world(self.homes[name], minute(now), os.urandom, lambda: PASSPHRASE) as world:
            yield world


def shared(world: World) -> SharedChain:
    assert world.chain is not None
    return world.chain


def assessed(world: World, company: str, **parts: Any) -> None:
    """What an assessment leaves behind, as far as the market reads it."""
    document = {
        "company": company, "decision": "approve", "grade": "A", "pd_ppm": 10_000, "law": {"size_class": "small"},
        "features": {"industry": "software", "region": "310000", "age_months": 40, "own_loans_repaid": 0, "lenders": 0},
    } | parts  # fmt: skip
    with world.log.write() as tx:
        tx.append("decision", company, f"dec-{company[-6:]}-{world.log.end()}", {}, document)


def posted(world: World, side: Side, **cells: object) -> Posting:
    answers = post(world, side, [Row({name: str(cell) for name, cell in cells.items()})])
    assert isinstance(answers, list), answers
    assert isinstance(answers[0], Posting), answers
    return answers[0]


def request(world: World, company: str = ACME, **cells: object) -> Posting:
    return posted(
        world, "requests", **({"company": company, "amount": "100万", "months": 12, "rate_max": "8%"} | cells)
    )


def mandate(world: World, own: str = "M1", **cells: object) -> Posting:
    return posted(world, "mandates", **({"mandate": own, "budget": "300万", "rate": "4%"} | cells))


def opened(world: World, **parts: Any) -> Call:
    call = open_call(
        world, Opening(**({"auditor": AUDITOR, "commit_minutes": MINUTES, "reveal_minutes": MINUTES} | parts))
    )
    assert isinstance(call, Call), call
    return call


def sealed_call(cast: Cast) -> Call:
    """A call with a bid of the operator (bolt's request, a mandate), of the second bank (a mandate) and of acme (its own request), revealed."""
    with cast.at(OPERATOR, 0) as world:
        for company in (ACME, BOLT):
            assessed(world, company)
        request(world, BOLT)
        mandate(world, "M1", budget="100万", rate="5%")
        call = opened(world)
        done = commit(world, (), None, True)
        assert isinstance(done, list), done
    for name in (FUNDER, COMPANY):
        with cast.at(name, 5) as world:
            request(world) if name == COMPANY else mandate(world, "M2", budget="100万", rate="4%")
            done = commit(world, (), None, True)
            assert isinstance(done, list), done
    for name in (OPERATOR, FUNDER, COMPANY):
        with cast.at(name, MINUTES + 5) as world:
            done = reveal(world, None)
            assert isinstance(done, list), done
            assert {bid.state for bid in done} == {"revealed"}
    return call


def public(value: Mapping[str, Any]) -> dict[str, Any]:
    return dict(value)
