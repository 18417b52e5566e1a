"""apply(state, entry, at) → Effects | Refusal: what every entry must satisfy, then the rule of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kemiao.base.refusal import Refusal
from kemiao.chain.entry import Entry, Signed
from kemiao.chain.rules import attestations, collateral, consents, contracts, lineage, market, participants, readings
from kemiao.chain.rules.state import Effects, State

Rule = Callable[[State, Signed, int], Effects | Refusal]


@dataclass(frozen=True, slots=True)
class Kind:
    """purpose: what the signing key must be for (genesis.PURPOSES)."""

    rule: Rule
    purpose: str = "entries"


KINDS: Mapping[str, Kind] = {
    "key.rotate": Kind(participants.rotate, "keys"),
    "participant.suspend": Kind(participants.suspend, "keys"),
    "consent.grant": Kind(consents.grant, "consent"),
    "consent.request": Kind(consents.request),
    "consent.approve": Kind(consents.approve, "consent"),
    "consent.revoke": Kind(consents.revoke, "consent"),
    "consent.pass": Kind(consents.pass_on),
    "reading": Kind(readings.reading),
    "attestation": Kind(attestations.attest),
    "check": Kind(attestations.check),
    "decision": Kind(lineage.decision),
    "lineage": Kind(lineage.lineage),
    "right.register": Kind(collateral.register),
    "right.search": Kind(collateral.search),
    "right.transfer": Kind(collateral.transfer),
    "right.release": Kind(collateral.release),
    "right.renew": Kind(collateral.renew),
    "contract.propose": Kind(contracts.propose),
    "contract.sign": Kind(contracts.sign, "consent"),
    "contract.withdraw": Kind(contracts.withdraw),
    "sealing_key": Kind(market.sealing_key, "keys"),
    "call_open": Kind(market.open_call),
    "bid_commit": Kind(market.commit),
    "bid_reveal": Kind(market.reveal),
    "bid_withdraw": Kind(market.withdraw),
    "call_result": Kind(market.result),
}


def apply(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """signed: its signature holds under the key that it names (checked before, on all cores). at: milliseconds since 1970, UTC."""
    entry = signed.entry
    kind = KINDS.get(entry.kind)
    if kind is None:
        return Refusal.at("NO_SUCH_KIND", "没有这种条目", "there is no such kind of entry", kind=entry.kind)
    turn = f"sequence/{entry.author}"
    refused = participants.may_sign(state, entry, kind.purpose, at) or _out_of_turn(state, entry, turn)
    if refused is not None:
        return refused
    effects = kind.rule(state, signed, at)
    if isinstance(effects, Refusal):
        return effects
    return Effects({**effects.puts, turn: entry.sequence}, effects.notes)


def _out_of_turn(state: State, entry: Entry, turn: str) -> Refusal | None:
    """An author's entries are taken in their order, each once: neither a replay nor a gap gets in."""
    if state.get("chain") != entry.chain:
        return Refusal.at("OTHER_CHAIN", "条目属于另一条链", "the entry belongs to another chain", chain=entry.chain)
    last = state.get(turn) or 0
    if entry.sequence == last + 1:
        return None
    code = "SEQUENCE_USED" if entry.sequence <= last else "SEQUENCE_GAP"
    return Refusal.at(
        code, f"序号应为 {last + 1},而非 {entry.sequence}", f"the sequence should be {last + 1}, not {entry.sequence}", author=entry.author
    )  # fmt: skip
