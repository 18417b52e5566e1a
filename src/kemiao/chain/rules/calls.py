"""What a call of the market and a bid in it are, as the state has them: whether it is open, under which root, who is barred.

Nothing of a bid stands on the chain but its commitment, the digests of its sealed parcels, and when it was committed, revealed
and withdrawn.

State: call/<id> → {by, key, at, number, auditor, sealing: {participant: X25519 key}, commit_until, reveal_until, barred_calls,
withdrawn_calls, policy, bids: how many were committed, result: null or {by, key, at, entry, root, …}}; calls/<operator> → how
many it opened; calls/<operator>/<number> → id. bids/<call>/<place> → {bid, by, key, at, commitment, revealed: null or {key, at,
entry, parcels, standing}, withdrawn: null or {key, at, entry}, stood_down: the same}; bid/<id> → {call, place};
bidder/<call>/<participant> → places; commitment/<participant>/<commitment> → bid; barred/<operator>/<participant> → {until: the first number
that is open to it again, last: the last call in which it committed}. Places and numbers in keys have ten digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from kemiao.base import tree
from kemiao.base.canonical import canonical_bytes
from kemiao.chain.rules.participants import distrusted
from kemiao.chain.rules.state import State

Call = Mapping[str, Any]
Bid = Mapping[str, Any]
DAY_MS = 86_400_000
CLEARING_MS = 7 * DAY_MS  # after the last reveal: bids are bound that long, then a call without a result has lapsed
_LEAF = b"kemiao/bid_leaf\0"
Phase = Literal["commit", "reveal", "clearing", "lapsed", "cleared"]


def call_of(state: State, call: str) -> Call | None:
    found: Call | None = state.get(f"call/{call}")
    return found


def newest_call(state: State, operator: str) -> str | None:
    """Id of the last call that the operator opened."""
    count = state.get(f"calls/{operator}")
    return None if count is None else state.get(call_place(operator, count))


def phase(call: Call, at: int) -> Phase:
    """Of a call at an instant: bids are committed before commit_until, revealed from then on and before reveal_until."""
    if call["result"] is not None:
        return "cleared"
    if at < call["reveal_until"]:
        return "commit" if at < call["commit_until"] else "reveal"
    return "clearing" if at < call["reveal_until"] + CLEARING_MS else "lapsed"


def found_bid(state: State, bid: str) -> tuple[str, int, Bid] | None:
    """Its call, its place there, and what is known of it."""
    where = state.get(f"bid/{bid}")
    return None if where is None else (where["call"], where["place"], _bid_at(state, where["call"], where["place"]))


def commitment_of(state: State, participant: str, commitment: str) -> str | None:
    """The bid that a participant committed to with it."""
    found: str | None = state.get(commitment_place(participant, commitment))
    return found


def bids_of(state: State, call: str) -> Iterator[Bid]:
    """All that were committed, in the order of the chain."""
    known = call_of(state, call)
    for place in range(0 if known is None else known["bids"]):
        yield _bid_at(state, call, place)


def takes_part(call: Call, bid: Bid) -> bool:
    """Whether it was revealed in time and not taken back before the last reveal. What was withdrawn later was in the call."""
    return bid["revealed"] is not None and not _taken_back(call, bid)


def bid_leaf(bid: str, commitment: str, *, revealed: bool, withdrawn: bool) -> bytes:
    """Leaf data of a bid under the root of its call. withdrawn: before the last reveal."""
    said = {"bid": bid, "commitment": commitment, "revealed": revealed, "withdrawn": withdrawn}
    return _LEAF + canonical_bytes(said)


def call_leaves(state: State, call: str) -> list[bytes]:
    """Leaf hashes (RFC 9162) of all bids of a call in their order. They don't change any more from reveal_until on."""
    known = call_of(state, call)
    if known is None:
        return []
    return [
        tree.leaf_hash(bid_leaf(
            bid["bid"], bid["commitment"], revealed=bid["revealed"] is not None, withdrawn=_taken_back(known, bid),
        ))
        for bid in bids_of(state, call)
    ]  # fmt: skip


def call_root(state: State, call: str) -> str:
    """The root (hex) that the result of a call must name: the operator can leave no bid out."""
    return tree.root(call_leaves(state, call)).hex()


def call_path(state: State, call: str, place: int) -> list[str]:
    """Hashes (hex) from the bid at a place to the root of its call: base.tree.check_inclusion."""
    rows = tree.levels(call_leaves(state, call))
    return [step.hex() for step in tree.inclusion_path(place, len(rows[0]), lambda level, i: rows[level][i])]


def barred_until(state: State, operator: str, participant: str, at: int) -> int:
    """The first number of a call of the operator that the participant may bid in (0: any). Who committed in a call that is over
    and did not reveal, or took back while others revealed, is barred without anybody's doing."""
    known = state.get(f"barred/{operator}/{participant}")
    if known is None:
        return 0
    last = None if known["last"] is None else call_of(state, known["last"])
    if last is None or at < last["reveal_until"] or not is_trusted(state, operator, last):
        return int(known["until"])
    if not any(_failed(state, last, bid) for bid in _own_bids(state, known["last"], participant)):
        return int(known["until"])
    return int(max(known["until"], last["number"] + 1 + last["barred_calls"]))


def is_trusted(state: State, by: str, act: Mapping[str, Any] | None) -> bool:
    """Whether an act (its key and time) counts: it happened, and not by a key that was in wrong hands by then."""
    return act is not None and not distrusted(state, by, act["key"], act["at"])


def call_place(operator: str, number: int) -> str:
    return f"calls/{operator}/{number:010d}"


def bid_place(call: str, place: int) -> str:
    return f"bids/{call}/{place:010d}"


def commitment_place(participant: str, commitment: str) -> str:
    return f"commitment/{participant}/{commitment}"


def _bid_at(state: State, call: str, place: int) -> Bid:
    bid: Bid = state.get(bid_place(call, place))  # type: ignore[assignment]  # counted in the call
    return bid


def _own_bids(state: State, call: str, participant: str) -> Iterator[Bid]:
    for place in state.get(f"bidder/{call}/{participant}") or ():
        yield _bid_at(state, call, place)


def _failed(state: State, call: Call, bid: Bid) -> bool:
    """Committed for good by its own author, but not in the call: otherwise somebody would commit many bids, and choose among them
    once the commitments of others are known. Where a stolen key committed, nobody owes a reveal."""
    withdrawn = bid["withdrawn"]
    if withdrawn is not None and withdrawn["at"] < call["commit_until"]:
        return False
    return not takes_part(call, bid) and is_trusted(state, bid["by"], bid)


def _taken_back(call: Call, bid: Bid) -> bool:
    return bid["withdrawn"] is not None and bool(bid["withdrawn"]["at"] < call["reveal_until"])
