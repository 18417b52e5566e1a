"""check: what others stated is agreed with, or contradicted with evidence; and which decisions rested on what was contradicted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from kemiao.bank.chain_ids import named
from kemiao.bank.chain_side import SharedChain, chain_of
from kemiao.bank.event_log import Event
from kemiao.bank.world import World
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import Refusal
from kemiao.chain import views
from kemiao.chain.node import Accepted
from kemiao.chain.rules.standing import standing

EVIDENCE_BYTES = 64 * 1024 * 1024
_SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Check:
    """evidence: an attestation on the chain (its id or the beginning), or a file of which the chain gets a commitment only."""

    attestation: str
    verdict: str
    evidence: str | None = None
    grounds: str = ""


@dataclass(frozen=True, slots=True)
class Against:
    """A contradicted statement. own: the decisions of this home, by their ids, that rested on it."""

    seen: views.Contradicted
    own: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {**self.seen.as_json(), "own_decisions": list(self.own)}


def check(world: World, asked: Check) -> Accepted | Refusal:
    chain = chain_of(world)
    chain.refresh()
    own = named(chain.node, "attestation", asked.attestation)
    if isinstance(own, Refusal):
        return own
    attested: dict[str, Any] = chain.node.get(f"attestation/{own}") or {}
    evidence, commitment = None, None
    if asked.evidence is not None:
        if Path(asked.evidence).is_file():
            committed = _commitment(world, attested["subject"], Path(asked.evidence))
            if isinstance(committed, Refusal):
                return committed
            commitment = committed
        else:
            found = named(chain.node, "attestation", asked.evidence)
            if isinstance(found, Refusal):
                return found
            evidence = found
    body = {"attestation": own, "verdict": asked.verdict, "evidence": evidence, "grounds": asked.grounds}
    basis = _basis(chain, attested)
    return chain.act("check", subject=attested["subject"], basis=basis, body=body, commitment=commitment)


def _commitment(world: World, subject: str | None, file: Path) -> str | Refusal:
    """A salted digest of the file. Salt and name are kept, sealed: with both the file can later be shown to be the one meant."""
    try:
        with file.open("rb") as opened:
            content = opened.read(EVIDENCE_BYTES + 1)
    except OSError as error:
        return Refusal.at(
            "FILE_UNREADABLE", f"无法读取:{error.strerror}", f"can't be read: {error.strerror}", file=file
        )
    if len(content) > EVIDENCE_BYTES:
        return Refusal.at("FILE_TOO_LARGE", f"证据文件超过 {EVIDENCE_BYTES >> 20} MiB", f"the evidence has more than {EVIDENCE_BYTES >> 20} MiB", file=file)  # fmt: skip
    salt = world.random_bytes(_SALT_BYTES)
    commitment = digest_bytes("evidence", salt + content)
    kept = {"salt": salt.hex(), "file": file.name, "sha256": sha256(content).hexdigest()}
    with world.log.write() as tx:
        tx.append("check_evidence", subject, commitment, private=kept)
    return commitment


def _basis(chain: SharedChain, attested: dict[str, Any]) -> dict[str, str] | None:
    """The consent by which we see the company's side, where we hold one that fits; the chain knows who needs none."""
    company = attested["subject"]
    if company is None:
        return None
    for one in views.consents(chain.node, chain.today(), company=company, reader=chain.me):
        fits = standing(chain.node, one.id, chain.me, None, attested["tables"], (), chain.today())
        if not isinstance(fits, Refusal):
            return {"consent": one.id}
    return None


def all_checks(world: World) -> list[dict[str, Any]]:
    """Every check on the chain that this home knows of, with the statement's author and company, in time."""
    chain = chain_of(world)
    made = []
    for one in views.all_checks(chain.node):
        attested = chain.node.get(f"attestation/{one['attestation']}") or {}
        made.append({**one, "author": attested.get("author"), "subject": attested.get("subject")})
    return made


def contradicted(world: World) -> list[Against]:
    """Contradicted statements that this home knows of, with the decisions that rested on them, ours by their ids in this home."""
    chain = chain_of(world)
    seen = views.contradicted(chain.node)
    ours = any(each["author"] == chain.me for one in seen for each in one.decisions)
    anchored = {event.public["entry"]: event.public["event"] for event in world.log.events("anchored")} if ours else {}
    return [Against(one, tuple(dict.fromkeys(_own(world, one, anchored)))) for one in seen]


def _own(world: World, one: views.Contradicted, anchored: Mapping[str, int]) -> Iterator[str]:
    """Our decisions that read a batch which the statement attests. A run's decisions stand right before the event that closed
    it, in one transaction. anchored: entry on the chain → the event that it was made from."""
    attested = _event(world, anchored.get(one.attestation))
    for each in one.decisions:
        run = _event(world, anchored.get(each["id"]))
        if run is None or "decisions" not in run.public:
            continue
        for decision in world.log.events("decision", after=run.seq - run.public["decisions"] - 1):
            if decision.seq >= run.seq:
                break
            if attested is None or int(str(attested.ref)) in decision.public.get("batches", ()):
                yield str(decision.ref)


def _event(world: World, seq: int | None) -> Event | None:
    return None if seq is None else next(iter(world.log.events(after=seq - 1)), None)
