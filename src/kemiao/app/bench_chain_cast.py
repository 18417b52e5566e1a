"""Who speaks in the chain's benches: keys from fixed seeds, entries by number."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kemiao.base.clock import FixedClock
from kemiao.base.keys import uscc_check_digit
from kemiao.base.signing import Signer, signer_from_seed
from kemiao.chain.entry import Entry, envelope, signed_bytes
from kemiao.chain.genesis import chain_id, make_card, make_genesis
from kemiao.chain.sqlite_node import SqliteNode

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class Cast:
    """authors: who say things; beside them "warm-up" and "acme", a company."""

    def __init__(self, suite: str) -> None:
        self.suite = suite
        self.authors = [f"bank-{number}" for number in range(16)]
        first = "91310000MA1FL0L95"
        self.company = f"uscc:{first}{uscc_check_digit(first)}"
        everybody = [(name, ("bank",), None) for name in (*self.authors, "warm-up")]
        cards = [self._card(*each) for each in (*everybody, ("acme", ("company",), self.company))]
        parameters = {"searches_per_day": 1000, "blinding_check": None}
        self.genesis = make_genesis("bench", cards, parameters, int(_BEGAN.timestamp() * 1000))
        self.chain = chain_id(self.genesis)

    def signer(self, name: str) -> Signer:
        return self._key(name, "entries")

    def node(self, path: Path) -> SqliteNode:
        clock = FixedClock(datetime(2026, 2, 1, tzinfo=UTC))
        return SqliteNode.create(path, self.genesis, clock, self._key(self.authors[0], "node"))

    def entries(self, author: str, count: int) -> list[bytes]:
        """Envelopes in their order: by turns an attestation of a batch about a company, and a model's digest."""
        signer = self.signer(author)
        return [self._entry(author, signer, sequence) for sequence in range(1, count + 1)]

    def say(self, kind: str, author: str, sequence: int, **parts: Any) -> bytes:
        signer = self.signer(author)
        made = Entry(kind, author, signer.key_id, sequence, self.chain, **parts)
        return envelope(made, signer.sign(signed_bytes(made.id())))

    def _entry(self, author: str, signer: Signer, sequence: int) -> bytes:
        digest = hashlib.sha256(f"{author} {sequence}".encode()).hexdigest()
        if sequence % 2:
            body: dict[str, Any] = {"form": "batch", "table": "invoice", "count": 1000, "root": digest}
            made = Entry(
                "attestation", author, signer.key_id, sequence, self.chain, self.company,
                {"from": "2026-01-01", "until": "2026-01-31"}, {"office": "tax"}, body,
            )  # fmt: skip
        else:
            body = {"what": "model", "digest": digest, "event": "fitted", "before": None}
            made = Entry("lineage", author, signer.key_id, sequence, self.chain, body=body)
        return envelope(made, signer.sign(signed_bytes(made.id())))

    def _card(self, name: str, roles: tuple[str, ...], company: str | None) -> dict[str, Any]:
        keys = [(self._key(name, each), purposes) for each, purposes in (("keys", ["keys"]), ("entries", ["consent", "entries"]), ("node", ["node"]))]  # fmt: skip
        return make_card(name, name, roles, company, keys)

    def _key(self, name: str, use: str) -> Signer:
        return signer_from_seed(self.suite, hashlib.sha256(f"bench {name} {use}".encode()).digest())
