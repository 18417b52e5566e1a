"""Entries of our own on their way to the shared chain: an intent before, an effect or a refusal after, in the event log.

A process that dies between the two leaves an intent alone. The signed envelope stands in it, and the same entry submitted
twice is one: so the next writer submits it again and writes down what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kemiao.bank.event_log import Draft, Event, EventLog, Transaction
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.chain.entry import Signed, open_envelope
from kemiao.chain.node import Accepted
from kemiao.facts.permit import Reading

OUR_STANDING = frozenset({
    "NO_SUCH_PARTICIPANT", "SUSPENDED", "FOREIGN_KEY", "KEY_RETIRED", "KEY_NOT_FOR_THIS", "SEQUENCE_USED", "SEQUENCE_GAP",
    "OTHER_CHAIN", "BAD_SIGNATURE",
})  # fmt: skip
"""Refusals that say nothing of an entry itself: what waits in the outbox waits on."""


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An entry that is still to be numbered and signed. waited: (place in the outbox, event) where it comes from there."""

    kind: str
    subject: str | None = None
    about: Mapping[str, str] | None = None
    basis: Mapping[str, str] | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    commitment: str | None = None
    refs: tuple[str, ...] = ()
    waited: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    signed: Signed
    envelope: bytes
    waited: tuple[int, int] | None


def begin(log: EventLog, intents: Sequence[Intent]) -> None:
    with log.write() as tx:
        tx.append_many([
            Draft("chain_intent", intent.signed.entry.subject, intent.signed.id, {
                "kind": intent.signed.entry.kind, "sequence": intent.signed.entry.sequence, "envelope": intent.envelope.decode(),
                "waited": list(intent.waited) if intent.waited else None,
            })
            for intent in intents
        ])  # fmt: skip


def end(log: EventLog, intents: Sequence[Intent], results: Sequence[Accepted | Refusal], receipt: str | None) -> None:
    """Writes down what became of a group; for what waited in the outbox also where it is anchored."""
    with log.write() as tx:
        mark = _keep_receipt(tx, receipt)
        for intent, result in zip(intents, results, strict=True):
            subject, own = intent.signed.entry.subject, intent.signed.id
            outbox, event = intent.waited or (None, None)
            if isinstance(result, Refusal):
                tx.append(
                    "chain_refusal", subject, own, {"refusal": result.as_json(), "outbox": outbox, "event": event}
                )
                if outbox is not None and result.code not in OUR_STANDING:
                    tx.settle(outbox)
                continue
            at = {"index": result.index, "at": result.at}
            tx.append("chain_effect", subject, own, {**at, "notes": list(result.notes), "receipt": mark})
            if outbox is not None:
                tx.append("anchored", None, str(event), {**at, "event": event, "entry": own})
                tx.settle(outbox)


def keep_readings(tx: Transaction, readings: Sequence[Reading]) -> None:
    """The effects of readings, which had no intent: see SharedChain.read_many."""
    marks = {text: _keep_receipt(tx, text) for text in dict.fromkeys(reading.receipt for reading in readings)}
    tx.append_many([
        Draft("chain_effect", reading.company, reading.entry, {"index": reading.index, "at": reading.at, "notes": [], "receipt": marks[reading.receipt]})
        for reading in readings
    ])  # fmt: skip


def _keep_receipt(tx: Transaction, receipt: str | None) -> str | None:
    """The node's signed word for a group, once: with it we can show that an entry was dropped."""
    if receipt is None:
        return None
    mark = digest_bytes("receipt", receipt.encode())
    tx.append("chain_receipt", ref=mark, public={"text": receipt})
    return mark


def unfinished(log: EventLog) -> list[Intent]:
    """Intents without effect, in their order. A writer finishes all before its own: so they are the newest ones."""
    found: list[Intent] = []
    for event in log.events("chain_intent", newest_first=True):
        if _is_finished(log, event):
            break
        found.append(_intent(event))
    return found[::-1]


def _is_finished(log: EventLog, event: Event) -> bool:
    return any(log.last(kind, ref=event.ref) is not None for kind in ("chain_effect", "chain_refusal"))


def _intent(event: Event) -> Intent:
    envelope = str(event.public["envelope"]).encode()
    signed = open_envelope(envelope)
    if isinstance(signed, Refusal):
        raise BrokenInvariant(f"event {event.seq}: the intent holds no entry")
    waited = event.public["waited"]
    return Intent(signed, envelope, (waited[0], waited[1]) if waited else None)
