"""The chain side of a decision: where its run stands, what it rests on there, and what others have said of that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kemiao.bank.consent_gate import consent_of
from kemiao.bank.event_log import Event
from kemiao.bank.outbox import anchors
from kemiao.bank.own_entries import run_of
from kemiao.bank.views import Batch
from kemiao.bank.world import World
from kemiao.credit.document import Document

if TYPE_CHECKING:
    from kemiao.bank.chain_side import SharedChain


def chain_trace(world: World, decision: Event, kept: Document, used: Sequence[Batch]) -> Document | None:
    """From our own node or replica, as it stands. None where this home takes part in no chain.

    decision: the run's entry, null while it waits. attestations: of the batches, with their checks. readings: by which consents
    were used. lineage: of model, policy and law.
    """
    chain = world.chain
    if chain is None:
        return None
    run = run_of(world, decision)
    anchored = anchors(world, run.seq) if run else []
    return {
        "chain": chain.chain, "participant": chain.me,
        "decision": dict(anchored[0]) if anchored else None,
        "attestations": [each for batch in used for each in _attested(world, chain, batch)],
        "consents": [each for batch in used for each in _consents(chain, batch)],
        "readings": _readings(world, chain, run, str(decision.subject)),
        "lineage": [_lineage(chain, what, kept[name]) for what, name in (("model", "model"), ("policy", "policy"), ("law", "law_tables"))],
    }  # fmt: skip


def _attested(world: World, chain: SharedChain, batch: Batch) -> list[Document]:
    from kemiao.chain.views import trusted_checks

    event = world.log.last("batch_attested", ref=str(batch.number))
    if event is None:
        return [{"batch": batch.number, "entry": None, "checks": [], "contradicted": False}]
    found = []
    for anchor in anchors(world, event.seq):
        state: dict[str, Any] = chain.node.get(f"attestation/{anchor['entry']}") or {}
        checks = trusted_checks(chain.node, anchor["entry"])
        found.append({
            "batch": batch.number, "tables": state.get("tables"), "author": state.get("author"), **anchor, "checks": checks,
            "contradicted": any(check["verdict"] == "contradict" for check in checks),
        })  # fmt: skip
    return found or [{"batch": batch.number, "entry": None, "checks": [], "contradicted": False}]


def _consents(chain: SharedChain, batch: Batch) -> list[Document]:
    from kemiao.chain.views import consent_seen

    consent = consent_of(batch.basis)
    if consent is None:
        return []
    seen = consent_seen(chain.node, consent, chain.today())
    return [{"batch": batch.number, **(seen.as_json() if seen else {"id": consent, "state": "unknown"})}]


def _readings(world: World, chain: SharedChain, run: Event | None, company: str) -> list[Document]:
    """The reading of the run, where it is told to this company: under a consent, or by an entry of its own."""
    seq = run.public.get("reading") if run else None
    event = next(iter(world.log.events("reading", after=seq - 1)), None) if seq else None
    if event is None:
        return []
    entries = [*event.public.get("entries", ()), *(anchor["entry"] for anchor in anchors(world, event.seq))]
    found = []
    for entry in entries:
        state = chain.node.get(f"readings/{company}/{entry}")
        if state is not None:
            found.append({"entry": entry, **{name: state[name] for name in ("at", "purpose", "tables", "consent", "basis")}})  # fmt: skip
    return found


def _lineage(chain: SharedChain, what: str, digest: str) -> Document:
    from kemiao.chain.views import every

    prefix = f"lineage/{what}/{digest}/"
    events = [{"entry": key.removeprefix(prefix), **value} for key, value in every(chain.node, prefix)]
    return {"what": what, "digest": digest, "events": sorted(events, key=lambda each: (each["at"], each["sequence"]))}
