"""The little home on a chain of its own: ME's keys in the bank's custody (either suite), OTHER's held by itself, a second bank."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from kemiao.bank.commands.company_key import participant_id, take_into_custody
from kemiao.bank.commands.participant import Create, create
from kemiao.bank.commands.start_chain import Start, Started, start_chain
from kemiao.bank.credentials import SET, hashed
from kemiao.bank.world import World, open_world
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Refusal
from kemiao.base.signing import Signer, signer_from_seed
from kemiao.chain.genesis import make_card
from kemiao.chain.sealed import Cost
from little_bank import ME, NOW, OTHER
from portal.served import little_home

PASSPHRASE = "a passphrase of the tests"  # noqa: S105 - of an invented bank
PASSWORD = "only the company knows this"  # noqa: S105 - of an invented company
CHEAP = Cost(1, 8192)


def signer(name: str, suite: str = "ed25519") -> Signer:
    return signer_from_seed(suite, hashlib.sha256(f"portal {name}".encode()).digest())


@contextmanager
def world_of(root: Path) -> Iterator[World]:
    with open_world(root, NOW, os.urandom, lambda: PASSPHRASE) as world:
        yield world


@cache
def _template(suite: str) -> Path:
    root = little_home(Path(mkdtemp(prefix="kemiao-trust-")) / "home")
    cards = []
    with world_of(root) as world:
        create(world, Create("bank-a", "园区银行", ("bank",)), lambda: PASSPHRASE, CHEAP)
        kept = take_into_custody(world, ME, "企业甲", suite, lambda: PASSPHRASE, cost=CHEAP)
        assert not isinstance(kept, Refusal), kept
        own = [(signer("theirs keys"), ("keys",)), (signer("theirs entries"), ("consent", "entries"))]
        other = [(signer("b keys"), ("keys",)), (signer("b entries"), ("consent", "entries"))]
        made = (
            kept, make_card(participant_id(OTHER), "企业乙", ("company",), OTHER, own), make_card("bank-b", "第二家银行", ("bank",), None, other),
        )  # fmt: skip
        for number, card in enumerate(made):
            cards.append(root / "work" / f"{number}.card.json")
            cards[-1].write_bytes(canonical_bytes(card))
        started = start_chain(world, Start(tuple(cards), "测试链"), lambda: PASSPHRASE, CHEAP)
        assert isinstance(started, Started), started
        with world.log.write() as tx:
            for account in ("mine", "theirs"):
                tx.append(SET, None, account, {"by": None}, {"password": hashed(PASSWORD)})
    return root


def trust_home(root: Path, suite: str = "ed25519") -> Path:
    import shutil

    shutil.copytree(_template(suite), root)
    return root
