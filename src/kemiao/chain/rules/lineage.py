"""Decisions by their digests, and where models, policies, law tables and references came from.

State: rests/<attestation>/<decision> → {author, at, sequence}; lineage/<what>/<digest>/<entry> → {event, author, at, sequence, before}.
"""

from __future__ import annotations

from kemiao.base.refusal import Refusal
from kemiao.chain.entry import Signed
from kemiao.chain.rules import bodies as form
from kemiao.chain.rules.state import Effects, Note, State, Value

WHAT = ("model", "policy", "law", "technology_reference", "model_watch")
EVENTS = ("fitted", "imported", "promoted", "retired", "kept", "made", "watched")
_DIGEST_OR_NAME = form.text(200)
_DECISION = {
    "count": form.number(1), "root": form.DIGEST, "model": form.nothing_or(_DIGEST_OR_NAME), "policy": _DIGEST_OR_NAME,
    "law": form.many(_DIGEST_OR_NAME, 100, 0), "code": _DIGEST_OR_NAME, "as_of": form.DAY, "law_on": form.DAY,
}  # fmt: skip
_LINEAGE = {
    "what": form.one_of(*WHAT), "digest": form.DIGEST, "event": form.one_of(*EVENTS), "before": form.nothing_or(form.DIGEST),
}  # fmt: skip


def decision(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """refs: the attestations that it rests on; each must be there. A note names those that somebody contradicted."""
    entry = signed.entry
    refused = form.faulty(entry, _DECISION)
    if refused is not None:
        return refused
    puts: dict[str, Value | None] = {}
    notes: list[Note] = []
    for ref in entry.refs:
        attested = state.get(f"attestation/{ref}")
        if attested is None:
            return Refusal.at(
                "NO_SUCH_ATTESTATION", "没有这份存证声明", "there is no such attestation", attestation=ref
            )
        if attested["contradicted"]:
            notes.append(Note("RESTS_ON_CONTRADICTED", "决定依据的声明已被反驳", "the decision rests on a statement that was contradicted", (("attestation", ref),)))  # fmt: skip
        puts[f"rests/{ref}/{signed.id}"] = {"author": entry.author, "at": at, "sequence": entry.sequence}
    return Effects(puts, tuple(notes))


def lineage(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """A key for each event, not a list that everybody could lengthen."""
    entry, body = signed.entry, signed.entry.body or {}
    refused = form.faulty(entry, _LINEAGE)
    if refused is not None:
        return refused
    happened = {
        "event": body["event"],
        "author": entry.author,
        "at": at,
        "sequence": entry.sequence,
        "before": body["before"],
    }
    return Effects({f"lineage/{body['what']}/{body['digest']}/{signed.id}": happened})
