"""Random histories: what honest and dishonest participants submit, drawn by a seed, told to the rules and to the naive chain."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from chain.actors import ACME, BOLT, START, MemoryState, seeded
from chain.naive_chain import Happened, NaiveChain, day
from kemiao.base.refusal import Refusal
from kemiao.chain import views
from kemiao.chain.entry import Entry, Signed
from kemiao.chain.genesis import chain_id, genesis_state, make_card, make_genesis
from kemiao.chain.rules.apply import apply
from kemiao.chain.rules.attestations import record_of

WORKING_KEYS = 5  # of each: some are retired on the way
CAST: Mapping[str, tuple[tuple[str, ...], str | None]] = {
    "bank-a": (("bank",), None), "bank-b": (("bank",), None), "guarantor": (("guarantor",), None), "acme": (("company",), ACME),
    "bolt": (("company",), BOLT), "tax-office": (("government",), None), "auditor": (("auditor",), None),
}  # fmt: skip
TABLES = ["invoice", "bank_transaction", "payroll"]
PURPOSES = ["credit_review", "post_loan", "report"]
ACCOUNTS = ["6621", "0094"]
NOWHERE = "0" * 64
KINDS = {
    "consent.grant": 8, "consent.request": 8, "consent.approve": 7, "consent.revoke": 2, "consent.pass": 11, "reading": 30,
    "attestation": 8, "check": 10, "decision": 4, "key.rotate": 2, "participant.suspend": 1,
}  # fmt: skip


@cache
def _cards() -> tuple[list[Mapping[str, Any]], dict[str, dict[str, Any]]]:
    """Cards of a genesis, and what the naive chain knows of them."""
    cards, plain = [], {}
    for name, (roles, company) in CAST.items():
        signers = {seeded(f"histories {name} keys"): ("keys",)}
        signers |= {seeded(f"histories {name} {number}"): ("consent", "entries") for number in range(WORKING_KEYS)}
        cards.append(make_card(name, name, roles, company, list(signers.items())))
        keys = {signer.key_id: purposes for signer, purposes in signers.items()}
        plain[name] = {"roles": roles, "company": company, "keys": keys}
    return cards, plain


@cache
def _genesis() -> tuple[str, dict[str, Any]]:
    made = make_genesis("histories", _cards()[0], {"searches_per_day": 20, "blinding_check": None}, START)
    return chain_id(made), genesis_state(made)


@dataclass
class History:
    random: Random
    at: int = START
    state: MemoryState = field(init=False)
    naive: NaiveChain = field(init=False)
    told: Counter[str] = field(default_factory=Counter)  # kind and code → how often

    def __post_init__(self) -> None:
        self.state, self.naive = MemoryState(dict(_genesis()[1])), NaiveChain(_cards()[1])

    def go_on(self, entries: int) -> None:
        """Draws entries and has both judge them; fails where they differ."""
        for _ in range(entries):
            self.at += self.random.choice([0, 1, 1000, 3_600_000, 8 * 3_600_000])
            entry = self.drawn()
            own = entry.id()
            said, naive = apply(self.state, Signed(entry, own, b""), self.at), self.naive.take(entry, own, self.at)
            code = said.code if isinstance(said, Refusal) else None
            assert code == naive, (entry, day(self.at), said)
            if not isinstance(said, Refusal):
                self.state.put(said)
            self.told[f"{entry.kind} {code or 'accepted'}"] += 1

    # -- drawing

    def drawn(self) -> Entry:
        r = self.random
        (kind,) = r.choices(list(KINDS), list(KINDS.values()))
        author, subject, basis, body, commitment, refs = self._parts(kind)
        if r.random() < 0.04:
            author = r.choice([*CAST, "nobody-x"])
        card = _cards()[1].get(author, {"keys": {}})
        about_keys = kind in ("key.rotate", "participant.suspend")
        keys = [key for key, purposes in card["keys"].items() if ("keys" in purposes) is about_keys] or ["0" * 32]
        alive = [key for key in keys if not any(one.body["retire"] == key for one in self.naive.of("key.rotate"))]
        key = r.choice(alive or keys)
        if r.random() < 0.02:
            key = r.choice([key for each in _cards()[1].values() for key in each["keys"]])
        retired = [key for key in keys if key not in alive]
        if retired and r.random() < 0.03:
            key = r.choice(retired)
        sequence = int(self.state.get(f"sequence/{author}") or 0) + 1
        if r.random() < 0.02:
            sequence = max(1, sequence + r.choice([-2, -1, 1, 5]))
        return Entry(kind, author, key, sequence, _genesis()[0], subject, None, basis, body, commitment, refs)

    def _parts(
        self, kind: str
    ) -> tuple[str, str | None, dict[str, str] | None, dict[str, Any], str | None, tuple[str, ...]]:
        r, commitment, refs = self.random, None, ()
        basis: dict[str, str] | None = None
        author, subject = r.choice(list(CAST)), r.choice([ACME, BOLT])
        match kind:
            case "consent.grant":
                author, subject = self._speaker()
                body = self._granted()
            case "consent.request":
                consent = self._consent()
                author, subject, body = self._about_consent(consent, author, subject)
                body = {"consent": body, "purpose": self._purpose(consent), "tables": self._tables(consent)}
            case "consent.approve":
                request = self._one_of("consent.request")
                author, subject = self._speaker(request.entry.subject if request else None)
                body = {"request": request.id if request else NOWHERE}
            case "consent.revoke":
                consent = self._consent()
                author, subject = self._speaker(consent.entry.subject if consent else None)
                body = {"consent": consent.id if consent else NOWHERE, "reader": None}
                if r.random() < 0.3:
                    body = {"consent": None, "reader": r.choice([*CAST, "nobody-x"])}
                elif r.random() < 0.05:
                    body["reader"] = "bank-a"
            case "consent.pass":
                drawn = [self._consent() for _ in range(4)]
                consent = next((one for one in drawn if one and one.body.get("may_pass_on")), drawn[0])
                author, subject, own = self._about_consent(consent, author, subject)
                body = {
                    "consent": own or NOWHERE, "reader": r.choice([*CAST, "nobody-x"]), "tables": self._tables(consent),
                    "purposes": r.sample(consent.body["purposes"], 1) if consent and r.random() < 0.9 else ["report"],
                    "until": self._day(0, 12) if consent is None or r.random() < 0.2 else consent.body["until"],
                }  # fmt: skip
                if r.random() < 0.5:
                    body |= {"queries": r.choice([None, 1, 2, 5]), "may_pass_on": r.random() < 0.7}
            case "reading":
                return self._reading(author, subject)
            case "attestation":
                subject = r.choice([ACME, BOLT, None])
                body = {
                    "form": "batch",
                    "table": r.choice(TABLES),
                    "count": 1,
                    "root": hashlib.sha256(r.randbytes(8)).hexdigest(),
                }
                body |= {"strange": 1} if r.random() < 0.02 else {}
            case "check":
                return self._check(author, subject)
            case "decision":
                subject = None
                body = {"count": 1, "root": NOWHERE, "model": None, "policy": "p", "law": [], "code": "c", "as_of": day(self.at), "law_on": day(self.at)}  # fmt: skip
                picked = [self._one_of("attestation") for _ in range(3)]
                refs = tuple({one.id: 1 for one in picked if one})
                refs = (*refs, NOWHERE) if r.random() < 0.05 else refs
            case "key.rotate":
                working = [key for key, purposes in _cards()[1][author]["keys"].items() if "entries" in purposes]
                gone = [one.body["retire"] for one in self.naive.of("key.rotate")]
                left = [key for key in working if key not in gone]
                # The last one stays, or the history would fall silent.
                since = r.choice([None, self.at, *(self.at - days * 86_400_000 for days in (2, 4, 6, 8)), self.at + 1])
                subject, body = (
                    None,
                    {"retire": left[0] if len(left) > 1 else None, "add": None, "distrusted_from": since},
                )
            case "participant.suspend":
                subject, body = None, {"suspended": r.random() < 0.4}
            case _:
                raise AssertionError(kind)
        return author, subject, basis, body, commitment, refs

    def _speaker(self, company: str | None = None) -> tuple[str, str]:
        """A company's participant with its company; now and then with the other's."""
        author = {ACME: "acme", BOLT: "bolt"}.get(company or "", self.random.choice(["acme", "bolt"]))
        own = str(CAST[author][1])
        return author, own if self.random.random() < 0.95 else self.random.choice([ACME, BOLT])

    def _day(self, low: int, high: int) -> str:
        return day(self.at + self.random.randint(low, high) * 86_400_000)

    def _granted(self) -> dict[str, Any]:
        r = self.random
        body = {
            "reader": r.choice([*CAST, "bank-a", "bank-b", "nobody-x"]), "tables": r.sample(TABLES, r.randint(1, 3)),
            "purposes": r.sample(PURPOSES, r.randint(1, 2)), "from": self._day(-3, 3), "until": self._day(-1, 15),
            "may_pass_on": r.random() < 0.6, "queries": r.choice([None, 1, 2, 4]), "ask": r.random() < 0.35, "notice": None,
            "accounts": None if r.random() < 0.7 else r.sample(ACCOUNTS, r.randint(1, 2)),
        }  # fmt: skip
        match r.random():
            case x if x < 0.01:
                body["strange"] = 1
            case x if x < 0.02:
                body["tables"] = []
        return body

    def _one_of(self, *kinds: str) -> Happened | None:
        """One of what was accepted, the later the likelier."""
        found = [one for one in self.naive.past if one.entry.kind in kinds]
        return self.random.choice(found[-25:]) if found and self.random.random() < 0.96 else None

    def _consent(self) -> Happened | None:
        """Mostly one that stands: or hardly a reading would be let through."""
        drawn = self._one_of("consent.grant", "consent.pass")
        for _ in range(self.random.randint(0, 6)):
            if drawn is not None and self.naive.word(drawn, day(self.at)) == "standing":
                break
            drawn = self._one_of("consent.grant", "consent.pass")
        return drawn

    def _about_consent(self, consent: Happened | None, author: str, subject: str) -> tuple[str, str, str | None]:
        if consent is None:
            return author, subject, self.random.choice([None, NOWHERE, NOWHERE])
        holder = consent.body["reader"] if self.random.random() < 0.93 else author
        return holder, str(consent.entry.subject) if self.random.random() < 0.95 else subject, consent.id

    def _tables(self, consent: Happened | None) -> list[str]:
        if consent is None or self.random.random() < 0.1:
            return self.random.sample(TABLES, self.random.randint(1, 2))
        return self.random.sample(consent.body["tables"], self.random.randint(1, len(consent.body["tables"])))

    def _purpose(self, consent: Happened | None) -> str:
        if consent is None or self.random.random() < 0.1:
            return self.random.choice([*PURPOSES, "trace"])
        return self.random.choice(consent.body["purposes"])

    def _reading(self, author: str, subject: str) -> Any:
        r = self.random
        kind = r.random()
        if kind < 0.15:
            basis = r.choice([{"paper": "x"}, {"paper": "x"}, {"office": "x"}, {"own": "x"}, None])
            body = {
                "consent": None,
                "request": None,
                "purpose": r.choice(PURPOSES),
                "tables": [r.choice(TABLES)],
                "accounts": None,
            }
            body |= {"request": NOWHERE} if r.random() < 0.05 else {}
            return author, subject, basis, body, None, ()
        if kind < 0.2:
            body = {"count": 2, "root": NOWHERE, "purpose": "model_fitting", "tables": ["invoice"]}
            return author, None, r.choice([{"paper": "x"}, {"consent": NOWHERE}, None]), body, None, ()
        request = self._one_of("consent.request") if r.random() < 0.55 else None
        consent = self.naive.consent(request.body["consent"]) if request else self._consent()
        author, subject, own = self._about_consent(consent, author, subject)
        own = own or NOWHERE
        body = {
            "consent": own, "request": request.id if request else None, "purpose": self._purpose((request and _as_consent(request)) or consent),
            "tables": self._tables((request and _as_consent(request)) or consent), "accounts": None,
        }  # fmt: skip
        if "bank_transaction" in body["tables"] or r.random() < 0.05:
            body["accounts"] = r.choice([None, ACCOUNTS[:1], ACCOUNTS[:1], ACCOUNTS, ["7777"]])
        basis = {"consent": own} if r.random() < 0.97 else r.choice([{"paper": "x"}, {"consent": NOWHERE}, None])
        return author, subject, basis, body, None, ()

    def _check(self, author: str, subject: str | None) -> Any:
        r = self.random
        said, evidence = self._one_of("attestation"), self._one_of("attestation")
        company = said.entry.subject if said else subject
        author = r.choice([author, "auditor", "acme" if company == ACME else "bolt"])
        consents = [one for one in self.naive.of("consent.grant") if one.entry.subject == company]
        basis = None
        if consents and r.random() < 0.6:
            consent = r.choice(consents[-10:])
            author, basis = consent.body["reader"], {"consent": consent.id}
        if company is None and evidence is not None and r.random() < 0.7:
            author = evidence.entry.author
        body = {
            "attestation": said.id if said else NOWHERE, "verdict": r.choice(["agree", "contradict"]),
            "evidence": evidence.id if evidence and r.random() < 0.6 else r.choice([None, None, None, NOWHERE]), "grounds": "g",
        }  # fmt: skip
        return author, company if r.random() < 0.96 else subject, basis, body, NOWHERE if r.random() < 0.5 else None, ()

    # -- questions

    def compare(self) -> None:
        """What both answer when asked about everything at the end."""
        today = day(self.at)
        for one in [*self.naive.of("consent.grant"), *self.naive.of("consent.pass")]:
            seen = views.consent_seen(self.state, one.id, today)
            assert seen is not None
            assert (seen.why.code if seen.why else "standing") == self.naive.word(one, today)
            assert seen.value["used"] == len(self.naive.readings_under(one))
        for company in (ACME, BOLT):
            given = [
                one.id
                for one in [*self.naive.of("consent.grant"), *self.naive.of("consent.pass")]
                if one.entry.subject == company
            ]
            assert {seen.id for seen in views.consents(self.state, today, company=company)} == set(given)
            assert {one["id"] for one in views.readings(self.state, company)} == set(self.naive.readings_of(company))
        for name in CAST:
            assert views.record(self.state, name) == self.naive.record(name)
            if not any(one.body["distrusted_from"] is not None for one in self.naive.of("key.rotate")):
                assert record_of(self.state, name) == self.naive.record(name)
        found = {one.attestation: [each["id"] for each in one.decisions] for one in views.contradicted(self.state)}
        assert {own: sorted(ids) for own, ids in found.items()} == {
            own: sorted(ids) for own, ids in self.naive.contradicted().items()
        }


def _as_consent(request: Happened) -> Happened:
    """A request read as what its reading may ask for."""
    body = {"tables": request.body["tables"], "purposes": [request.body["purpose"]]}
    return Happened(request.id, Entry("", "", "", 1, "", body=body), request.at)
