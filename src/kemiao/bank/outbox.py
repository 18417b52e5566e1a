"""The outbox: what the log witnesses becomes entries of the shared chain, in its order, each once; then it is anchored.

Decisions wait for the attestations that they rest on, which stand before them. What the chain refuses for good is written down
and waits no longer; what it refuses because of our own standing there (a retired key, a suspension) waits on.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kemiao.bank.chain_side import chain_of
from kemiao.bank.intents import OUR_STANDING, EntryDraft
from kemiao.bank.world import World
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import BrokenInvariant, Refusal

REFS = 256  # attestations that a decision names; the newest ones where there are more
_LINEAGE = {  # kind of the outbox → what, event on the chain
    "model": ("model", "fitted"), "promotion": ("model", "promoted"), "retirement": ("model", "retired"),
    "technology_reference": ("technology_reference", "made"), "model_watch": ("model_watch", "watched"),
}  # fmt: skip
EXPERT_CARD = digest_bytes(
    "model", b"expert_card"
)  # stands for the policy's own card, in whatever state, when it is put in use again
Waiting = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Flushed:
    """anchored: entries that stand on the chain now. refused: what the chain refused for good, with why. waiting: what is left."""

    anchored: int
    refused: tuple[Refusal, ...]
    waiting: int
    finished: int  # entries that an earlier process had begun

    def as_json(self) -> dict[str, Any]:
        return {
            "anchored": self.anchored, "refused": [each.as_json() for each in self.refused], "waiting": self.waiting,
            "finished": self.finished,
        }  # fmt: skip


def waiting(world: World) -> int:
    """How many entries wait for the chain."""
    return sum(1 for _ in world.log.outbox())


def flush(world: World) -> Flushed:
    """Safe to repeat, and to kill. Raises Refused NO_CHAIN, PASSPHRASE_NEEDED, and Outage where the node is away."""
    chain = chain_of(world)
    with _alone(world):  # before the list is read: two at once would submit everything twice
        finished, anchored = chain.finish(), 0
        refused: list[Refusal] = []
        for group in _groups(list(world.log.outbox())):
            for result in chain.act_many([_draft(world, each) for each in group]):
                if not isinstance(result, Refusal):
                    anchored += 1
                    continue
                refused.append(result)
                if result.code in OUR_STANDING:
                    return Flushed(anchored, tuple(refused), waiting(world), finished)
        return Flushed(anchored, tuple(refused), waiting(world), finished)


@contextmanager
def _alone(world: World) -> Iterator[None]:
    with (world.home.chain / ".flushing").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _groups(waiting: Sequence[Waiting]) -> Iterator[list[Waiting]]:
    """A decision names attestations by the ids that they have once they are numbered: those before it go ahead."""
    group: list[Waiting] = []
    for each in waiting:
        if each["kind"] == "decisions" and any(other["kind"] == "import" for other in group):
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def anchors(world: World, event_seq: int) -> list[Mapping[str, Any]]:
    """Where what an event witnessed stands on the chain: {entry, index, at, event} of each of its entries."""
    return [event.public for event in world.log.events("anchored", ref=str(event_seq))]


def _draft(world: World, each: Waiting) -> EntryDraft:
    waited = (each["seq"], each["event_seq"])
    match each["kind"]:
        case "decisions":
            return EntryDraft("decision", body=_decisions(world, each), refs=_rests_on(world, each), waited=waited)
        case "import":
            return EntryDraft("attestation", each["subject"], basis=each["basis"], body=each["body"], waited=waited)
        case "reading":
            body = {"consent": None, "request": None, "purpose": each["purpose"], "tables": each["tables"], "accounts": None}  # fmt: skip
            return EntryDraft("reading", each["subject"], basis=each["basis"], body=body, waited=waited)
        case "readings":
            body = {name: each[name] for name in ("count", "root", "purpose", "tables", "bases", "until")}
            return EntryDraft("reading", basis=each["basis"], body=body, waited=waited)
        case "kept":
            return EntryDraft("lineage", body=_lineage(each["what"], each["digest"], "kept"), waited=waited)
        case kind if kind in _LINEAGE:
            what, event = _LINEAGE[kind]
            own = each["digest"] if "digest" in each else each["model"] or EXPERT_CARD
            return EntryDraft("lineage", body=_lineage(what, own, each.get("event", event), each.get("before")), waited=waited)  # fmt: skip
        case kind:
            raise BrokenInvariant(f"nothing is known of {kind} in the outbox")


def _lineage(what: str, digest: str, event: str, before: str | None = None) -> dict[str, Any]:
    return {"what": what, "digest": digest, "event": event, "before": before}


def _decisions(world: World, each: Waiting) -> dict[str, Any]:
    """Runs of homes before the chain named their root and count alone; what their decisions rested on, the log knows."""
    if "model" in each:
        rested = each
    else:
        first = next(iter(world.log.events("decision", after=each["event_seq"] - each["count"] - 1)))
        rested = {**first.public, "law": [first.public["law_tables"]]}
    return {name: each[name] for name in ("count", "root")} | {
        name: rested[name] for name in ("model", "policy", "law", "code", "as_of", "law_on")
    }


def _rests_on(world: World, each: Waiting) -> tuple[str, ...]:
    entries = [entry for batch in each.get("batches", ()) for entry in attestations(world, batch)]
    return tuple(entries[-REFS:])


def attestations(world: World, batch: int) -> list[str]:
    """Entries that attest a batch, of those that are anchored."""
    event = world.log.last("batch_attested", ref=str(batch))
    return [anchor["entry"] for anchor in anchors(world, event.seq)] if event else []
