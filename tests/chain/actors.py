"""A small cast with fixed keys, and the state machine over a plain dict: what tests of the chain play with.

`cast("sm2")` is the same cast with keys of the other suite. Entries of a `Stage` are accepted in their order, one second apart.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from kemiao.base.canonical import canonical_bytes
from kemiao.base.keys import uscc_check_digit
from kemiao.base.refusal import Refusal
from kemiao.base.signing import Signer, signer_from_seed, verify
from kemiao.chain.entry import Entry, Signed, envelope, open_envelope, signed_bytes
from kemiao.chain.genesis import chain_id, genesis_state, make_card, make_genesis
from kemiao.chain.node import Record
from kemiao.chain.rules.apply import apply
from kemiao.chain.rules.participants import public_key
from kemiao.chain.rules.state import Effects

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z; 08:00 in China
PURPOSES = (("keys",), ("consent", "entries"), ("node",))  # of an actor's three keys


def company_key(first_17: str) -> str:
    return f"uscc:{first_17}{uscc_check_digit(first_17)}"


ACME = company_key("91310000MA1FL0L95")
BOLT = company_key("91320500MA1MX8Y26")


@dataclass(frozen=True)
class Actor:
    """signers: purpose → signer."""

    id: str
    card: Mapping[str, Any]
    signers: Mapping[str, Signer]
    company: str | None = None


def seeded(name: str, suite: str = "ed25519") -> Signer:
    """The same name gives the same key."""
    return signer_from_seed(suite, hashlib.sha256(f"actor {name}".encode()).digest())


@cache
def cast(suite: str = "ed25519") -> Mapping[str, Actor]:
    roles: dict[str, tuple[tuple[str, ...], str | None]] = {
        "bank-a": (("bank",), None),
        "bank-b": (("bank",), None),
        "acme": (("company",), ACME),
        "bolt": (("company",), BOLT),
        "tax-office": (("government",), None),
        "leasing-c": (("leasing",), None),
        "auditor": (("auditor",), None),
        "regulator": (("regulator",), None),
    }
    return {name: _actor(name, suite, *given) for name, given in roles.items()}


def _actor(name: str, suite: str, roles: tuple[str, ...], company: str | None) -> Actor:
    keys = [(seeded(f"{name} {purposes[0]}", suite), purposes) for purposes in PURPOSES]
    card = make_card(name, name.replace("-", " ").title(), roles, company, keys)
    return Actor(name, card, {purpose: signer for signer, purposes in keys for purpose in purposes}, company)


BLINDING_KEY = hashlib.sha256(b"the consortium's blinding key of the tests").digest()


CHAIN_PARAMETERS: Mapping[str, Any] = {
    "searches_per_day": 20,
    "blinding_check": hmac.digest(BLINDING_KEY, b"kemiao/blinding/check", "sha256").hex(),
}


@cache
def genesis(suite: str = "ed25519") -> Mapping[str, Any]:
    return make_genesis("test chain", [actor.card for actor in cast(suite).values()], CHAIN_PARAMETERS, START)


@cache
def chain(suite: str = "ed25519") -> str:
    return chain_id(genesis(suite))


def entry(
    kind: str,
    author: str,
    *,
    sequence: int,
    purpose: str = "entries",
    suite: str = "ed25519",
    subject: str | None = None,
    about: Mapping[str, str] | None = None,
    basis: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    commitment: str | None = None,
    refs: Sequence[str] = (),
    signer: Signer | None = None,
) -> Entry:
    key = signer or cast(suite)[author].signers[purpose]
    return Entry(
        kind, author, key.key_id, sequence, chain(suite), subject, about, basis, body, commitment, tuple(refs)
    )  # fmt: skip


def signed(
    kind: str,
    author: str,
    *,
    suite: str = "ed25519",
    purpose: str = "entries",
    signer: Signer | None = None,
    **parts: Any,
) -> bytes:
    """An envelope by this author. parts: sequence, and what else `entry` takes."""
    made = entry(kind, author, suite=suite, purpose=purpose, signer=signer, **parts)
    return envelope(made, (signer or cast(suite)[author].signers[purpose]).sign(signed_bytes(made.id())))


@dataclass
class MemoryState:
    """A dict-backed rules.state.State."""

    values: dict[str, Any] = field(default_factory=dict)

    def get(self, key: str) -> Any | None:
        return self.values.get(key)

    def scan(self, prefix: str, after: str = "", limit: int = 1000) -> list[tuple[str, Any]]:
        keys = sorted(key for key in self.values if key.startswith(prefix) and key > after)
        return [(key, self.values[key]) for key in keys[:limit]]

    def put(self, effects: Effects) -> None:
        for key, value in effects.puts.items():
            if value is None:
                self.values.pop(key, None)
            else:
                self.values[key] = value


class Stage:
    """The state machine with its cast: says what each wants to say, in the next sequence, and takes what is accepted."""

    def __init__(self, suite: str = "ed25519") -> None:
        self.suite = suite
        self.state = MemoryState(genesis_state(genesis(suite)))
        self.at = START
        self.records = [Record(0, START, chain(suite), canonical_bytes(genesis(suite)))]
        self.last = Effects()

    def submit(self, content: bytes, at: int | None = None) -> str | Refusal:
        """The entry's id, or why it was refused. at: one second later than the last, unless given."""
        opened = open_envelope(content)
        if isinstance(opened, Refusal):
            return opened
        key = public_key(self.state, opened.entry.author, opened.entry.key)
        if key is not None and not verify(*key, signed_bytes(opened.id), opened.signature):
            return Refusal("BAD_SIGNATURE", "签名不对", "the signature is wrong")
        return self._take(opened, content, at)

    def say(self, kind: str, author: str, *, at: int | None = None, **parts: Any) -> str | Refusal:
        """Signs as the author and submits. parts: what `entry` takes; the purpose is that of the kind unless given."""
        from kemiao.chain.rules.apply import KINDS

        parts.setdefault("purpose", KINDS[kind].purpose if kind in KINDS else "entries")
        parts.setdefault("sequence", self.sequence(author) + 1)
        return self.submit(signed(kind, author, suite=self.suite, **parts), at)

    def accepted(self, kind: str, author: str, **parts: Any) -> str:
        """As `say`, where anything but an acceptance fails the test."""
        said = self.say(kind, author, **parts)
        assert isinstance(said, str), said
        return said

    def refused(self, kind: str, author: str, **parts: Any) -> str:
        """The code of the refusal; an acceptance fails the test."""
        said = self.say(kind, author, **parts)
        assert isinstance(said, Refusal), "was accepted"
        return said.code

    def sequence(self, author: str) -> int:
        return int(self.state.get(f"sequence/{author}") or 0)

    def _take(self, opened: Signed, content: bytes, at: int | None) -> str | Refusal:
        now = self.at + 1000 if at is None else at
        effects = apply(self.state, opened, now)
        if isinstance(effects, Refusal):
            return effects
        self.state.put(effects)
        self.at, self.last = now, effects
        self.records.append(Record(len(self.records), now, opened.id, content))
        return opened.id
