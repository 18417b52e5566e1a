"""What can be read off a node's state, by whoever holds a replica: consents, requests, readings, records, contradictions.

Keys of the state name companies, whose own keys may hold a slash: each function goes by the values, not by the key's prefix alone.
Entries of one millisecond stand by author, and each author's in the order in which it made them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from kemiao.base.refusal import Refusal
from kemiao.chain.rules.attestations import NO_RECORD, moved
from kemiao.chain.rules.participants import distrusted
from kemiao.chain.rules.standing import lapsed_by, with_parents

_AT_ONCE = 1000
_WORDS = {
    "CONSENT_REVOKED": "revoked", "CONSENT_DISTRUSTED": "distrusted", "CONSENT_NOT_YET": "not_yet",
    "CONSENT_EXPIRED": "expired", "CONSENT_USED_UP": "used_up",
}  # fmt: skip


class Scanned(Protocol):
    """The reading half of chain.node.Node."""

    def get(self, key: str) -> Any | None: ...

    def scan(self, prefix: str, after: str = "", limit: int = 1000) -> list[tuple[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class ConsentSeen:
    """value: the state's consent. word: standing, not_yet, expired, revoked, used_up or distrusted; of what it was passed on
    from, where that lapsed. left: queries that remain, over everything that it uses up; None where they are not counted."""

    id: str
    value: dict[str, Any]
    word: str
    why: Refusal | None
    left: int | None

    def as_json(self) -> dict[str, Any]:
        named = ("company", "reader", "by", "at", "tables", "purposes", "from", "until", "may_pass_on", "queries", "used",
                 "accounts", "ask", "notice", "parent", "revoked")  # fmt: skip
        return {"id": self.id, "state": self.word, "left": self.left, **{name: self.value[name] for name in named}}


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """word: waiting, approved, used; answered (it asked for a consent, and one was granted since) or lapsed (its consent did)."""

    id: str
    value: dict[str, Any]
    word: str

    def as_json(self) -> dict[str, Any]:
        named = ("company", "reader", "consent", "purpose", "tables", "at", "approved", "used")
        return {"id": self.id, "state": self.word, **{name: self.value[name] for name in named}}


@dataclass(frozen=True, slots=True)
class Contradicted:
    """checks: all checks of the statement by keys that are trusted, the agreeing ones too. decisions: those that rested on it."""

    attestation: str
    value: dict[str, Any]
    checks: tuple[dict[str, Any], ...]
    decisions: tuple[dict[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        named = ("author", "subject", "at", "form", "tables")
        return {
            "attestation": self.attestation, **{name: self.value[name] for name in named},
            "checks": list(self.checks), "decisions": list(self.decisions),
        }  # fmt: skip


def every(node: Scanned, prefix: str) -> Iterator[tuple[str, Any]]:
    after = ""
    while True:
        some = node.scan(prefix, after, _AT_ONCE)
        yield from some
        if len(some) < _AT_ONCE:
            return
        after = some[-1][0]


def consent_seen(node: Scanned, consent_id: str, day: str) -> ConsentSeen | None:
    value = node.get(f"consent/{consent_id}")
    if value is None:
        return None
    chain = list(with_parents(node, consent_id))
    why = next((each for each in (lapsed_by(node, own, one, day) for own, one in chain) if each is not None), None)
    counted = [one["queries"] - one["used"] for _, one in chain if one["queries"] is not None]
    word = "standing" if why is None else _WORDS[why.code]
    return ConsentSeen(consent_id, value, word, why, max(0, min(counted)) if counted else None)


def consents(node: Scanned, day: str, *, company: str | None = None, reader: str | None = None) -> list[ConsentSeen]:
    """What a company gave (passed on to others too), what a reader holds, or one of the other; oldest first."""
    given = f"consents/{company}/" if reader is None else f"consents/{company}/{reader}/"
    prefix = f"held/{reader}/" if company is None else given
    seen = [consent_seen(node, key.rpartition("/")[2], day) for key, _ in every(node, prefix)]
    return sorted(
        (
            one
            for one in seen
            if one is not None and company in (None, one.value["company"]) and reader in (None, one.value["reader"])
        ),
        key=lambda one: (one.value["at"], one.value["by"], one.value["sequence"]),
    )


def requests(node: Scanned, day: str, *, company: str | None = None, reader: str | None = None) -> list[RequestSeen]:
    prefix = f"asked/{reader}/" if reader is not None else f"requests/{company}/"
    ids = [key.rpartition("/")[2] for key, _ in every(node, prefix)]
    seen = [(own, node.get(f"request/{own}")) for own in ids]
    fitting = [(own, one) for own, one in seen if one is not None and company in (None, one["company"])]
    made = [RequestSeen(own, one, _word_of_request(node, one, day)) for own, one in fitting]
    return sorted(made, key=lambda one: (one.value["at"], one.value["reader"], one.value["sequence"]))


def _word_of_request(node: Scanned, asked: dict[str, Any], day: str) -> str:
    if asked["used"] is not None:
        return "used"
    if asked["consent"] is None:
        held = every(node, f"held/{asked['reader']}/{asked['company']}/")
        return "answered" if any(at >= asked["at"] for _, at in held) else "waiting"
    seen = consent_seen(node, asked["consent"], day)
    if seen is None or seen.word != "standing":
        return "lapsed"
    return "waiting" if asked["approved"] is None else "approved"


def readings(node: Scanned, company: str) -> list[dict[str, Any]]:
    """Every receipt that names the company, in the order in which they were accepted: id, reader, at, purpose, tables, accounts,
    consent, request, basis."""
    prefix = f"readings/{company}/"
    found = [{"id": key[len(prefix) :], **value} for key, value in every(node, prefix) if "/" not in key[len(prefix) :]]
    return sorted(found, key=lambda one: (one["at"], one["reader"], one["sequence"]))


def trusted_checks(node: Scanned, attestation: str) -> list[dict[str, Any]]:
    """Checks of a statement by keys that were trusted when they checked, in time."""
    prefix = f"check/{attestation}/"
    found = [{"id": key[len(prefix) :], **value} for key, value in every(node, prefix)]
    trusted = [one for one in found if not distrusted(node, one["checker"], one["key"], one["at"])]
    return sorted(trusted, key=lambda one: (one["at"], one["checker"], one["sequence"]))


def all_checks(node: Scanned) -> list[dict[str, Any]]:
    """Every check on the chain, in time, distrusted keys' too: id, attestation, checker, verdict, evidence, commitment, grounds."""
    found = [(key.split("/"), value) for key, value in every(node, "check/")]
    made = [{"id": parts[2], "attestation": parts[1], **value} for parts, value in found]
    return sorted(made, key=lambda one: (one["at"], one["checker"], one["sequence"]))


def record(node: Scanned, participant: str) -> dict[str, int]:
    """The author's record, as record/<participant> has it, less what keys in wrong hands have stated or checked since."""
    total = dict(NO_RECORD)
    for key, at in every(node, f"attestations/{participant}/"):
        own = key.rpartition("/")[2]
        attested = node.get(f"attestation/{own}")
        if attested is None or distrusted(node, participant, attested["key"], at):
            continue
        verdicts = [one["verdict"] for one in trusted_checks(node, own)] if _checked(attested) else []
        after = {"agreed": verdicts.count("agree"), "contradicted": verdicts.count("contradict")}
        total = moved({**total, "statements": total["statements"] + 1}, {"agreed": 0, "contradicted": 0}, after)
    return total


def _checked(attested: dict[str, Any]) -> bool:
    return bool(attested["agreed"] or attested["contradicted"])


def contradicted(node: Scanned, author: str | None = None) -> list[Contradicted]:
    """Statements that a trusted key contradicted, the oldest contradiction first, with the decisions that rested on each."""
    found = []
    for key, at in every(node, "contradicted/"):
        own = key.rpartition("/")[2]
        attested = node.get(f"attestation/{own}")
        checks = trusted_checks(node, own)
        if attested is None or author not in (None, attested["author"]):
            continue
        if any(one["verdict"] == "contradict" for one in checks):
            found.append((at, Contradicted(own, attested, tuple(checks), tuple(rested_on(node, own)))))
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].attestation))]


def rested_on(node: Scanned, attestation: str) -> list[dict[str, Any]]:
    """Decisions (their entries: id, author, at) that rested on a statement, in time."""
    prefix = f"rests/{attestation}/"
    found = [{"id": key[len(prefix) :], **value} for key, value in every(node, prefix)]
    return sorted(found, key=lambda one: (one["at"], one["author"], one["sequence"]))


def lineage(node: Scanned, what: str, digest: str) -> list[dict[str, Any]]:
    """What happened to a model, policy, law table or reference (id, event, author, at, before), in time."""
    prefix = f"lineage/{what}/{digest}/"
    found = [{"id": key[len(prefix) :], **value} for key, value in every(node, prefix)]
    return sorted(found, key=lambda one: (one["at"], one["author"], one["sequence"]))
