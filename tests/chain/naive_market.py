"""The law of the market's calls told slowly: lists of what was accepted, asked from their beginning for every question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from kemiao.base.canonical import canonical_bytes

WEEK = 7 * 86_400_000


@dataclass
class Said:
    id: str
    kind: str
    by: str
    at: int
    body: Mapping[str, Any]
    commitment: str | None


class NaiveMarket:
    """All keys are trusted and all participants have their roles: who may be what is tested by itself."""

    def __init__(self) -> None:
        self.past: list[Said] = []

    def of(self, kind: str, **named: Any) -> list[Said]:
        return [
            one
            for one in self.past
            if one.kind == kind and all(one.body.get(name) == value for name, value in named.items())
        ]

    def take(self, one: Said) -> str | None:
        refused: str | None = getattr(self, one.kind)(one)
        if refused is None:
            self.past.append(one)
        return refused

    # -- what there is

    def calls(self, operator: str) -> list[Said]:
        return [one for one in self.of("call_open") if one.by == operator]

    def call(self, own: str) -> Said | None:
        return next((one for one in self.of("call_open") if one.id == own), None)

    def bid(self, own: str) -> Said | None:
        return next((one for one in self.of("bid_commit") if one.id == own), None)

    def revealed(self, bid: Said) -> bool:
        return bool(self.of("bid_reveal", bid=bid.id))

    def withdrawals(self, bid: Said) -> list[Said]:
        return [one for one in self.of("bid_withdraw", bid=bid.id) if not one.body.get("standing")]

    def cleared(self, call: Said) -> bool:
        return bool(self.of("call_result", call=call.id))

    def barred(self, who: str, call: Said, at: int) -> bool:
        calls = self.calls(call.by)
        number = calls.index(call) + 1
        for before, other in enumerate(calls[: number - 1], 1):
            for bid in self.of("bid_commit", call=other.id):
                if bid.by != who or at < other.body["reveal_until"] or number > before + other.body["barred_calls"]:
                    continue
                taken_back = [one.at for one in self.withdrawals(bid)]
                if any(each < other.body["commit_until"] for each in taken_back):
                    continue
                if not self.revealed(bid) or any(each < other.body["reveal_until"] for each in taken_back):
                    return True
        for one in self.of("bid_withdraw"):
            bid = self.bid(one.body["bid"])
            other = self.call(bid.body["call"])
            cleared_then = any(
                each in self.past[: self.past.index(one)] for each in self.of("call_result", call=other.id)
            )
            if one.body.get("standing") or one.by != who or other.by != call.by or not cleared_then:
                continue
            opened_then = [each for each in self.calls(call.by) if self.past.index(each) < self.past.index(one)]
            more = other.body["withdrawn_calls"]
            if more and number <= len(opened_then) + more:
                return True
        for one in self.of("call_result"):
            other = self.call(one.body["call"])
            if other.by != call.by or not any(self.bid(void).by == who for void in one.body["void"]):
                continue
            opened_then = [each for each in self.calls(call.by) if self.past.index(each) < self.past.index(one)]
            more = other.body["barred_calls"]
            if more and number <= len(opened_then) + more:
                return True
        return False

    def root(self, call: Said) -> str:
        leaves = []
        for bid in self.of("bid_commit", call=call.id):
            taken_back = any(one.at < call.body["reveal_until"] for one in self.withdrawals(bid))
            told = {
                "bid": bid.id,
                "commitment": bid.commitment,
                "revealed": self.revealed(bid),
                "withdrawn": taken_back,
            }
            leaves.append(b"kemiao/bid_leaf\0" + canonical_bytes(told))
        return merkle(leaves).hex()

    # -- what may be said

    def call_open(self, one: Said) -> str | None:
        if not one.at < one.body["commit_until"] < one.body["reveal_until"]:
            return "TIME_OUT_OF_RANGE"
        return "CALL_STILL_OPEN" if any(one.at < each.body["reveal_until"] for each in self.calls(one.by)) else None

    def bid_commit(self, one: Said) -> str | None:
        call = self.call(one.body["call"])
        if call is None:
            return "NO_SUCH_CALL"
        if one.at >= call.body["commit_until"]:
            return "TOO_LATE"
        if any((each.by, each.commitment) == (one.by, one.commitment) for each in self.of("bid_commit")):
            return "COMMITTED_ALREADY"
        return "BARRED" if self.barred(one.by, call, one.at) else None

    def bid_reveal(self, one: Said) -> str | None:
        bid = self.bid(one.body["bid"])
        if bid is None:
            return "NO_SUCH_BID"
        if bid.by != one.by:
            return "NOT_THE_BIDDER"
        if bid.body["call"] != one.body["call"]:
            return "OTHER_CALL"
        if bid.commitment != one.commitment:
            return "OTHER_BID"
        call = self.call(bid.body["call"])
        if one.at < call.body["commit_until"]:
            return "TOO_EARLY"
        if one.at >= call.body["reveal_until"]:
            return "TOO_LATE"
        if self.withdrawals(bid):
            return "WITHDRAWN_ALREADY"
        return "REVEALED_ALREADY" if self.revealed(bid) else None

    def bid_withdraw(self, one: Said) -> str | None:
        bid = self.bid(one.body["bid"])
        if bid is None:
            return "NO_SUCH_BID"
        if bid.by != one.by:
            return "NOT_THE_BIDDER"
        if self.withdrawals(bid):
            return "WITHDRAWN_ALREADY"
        if one.body.get("standing"):
            stands = any(each.body.get("standing") for each in self.of("bid_reveal", bid=bid.id))
            stood_down = any(each.body.get("standing") for each in self.of("bid_withdraw", bid=bid.id))
            return None if stands and not stood_down else "WITHDRAWN_ALREADY" if stands else "NOT_STANDING"
        call = self.call(bid.body["call"])
        bound = call.body["reveal_until"] <= one.at < call.body["reveal_until"] + WEEK and not self.cleared(call)
        return "BEING_CLEARED" if bound else None

    def call_result(self, one: Said) -> str | None:
        call = self.call(one.body["call"])
        if call is None:
            return "NO_SUCH_CALL"
        if call.by != one.by:
            return "NOT_THE_OPERATOR"
        if self.cleared(call):
            return "CLEARED_ALREADY"
        if one.at < call.body["reveal_until"]:
            return "TOO_EARLY"
        if one.at >= call.body["reveal_until"] + WEEK:
            return "CALL_LAPSED"
        if one.body["bids"] != len(self.of("bid_commit", call=call.id)):
            return "OTHER_COUNT"
        if one.body["root"] != self.root(call):
            return "OTHER_ROOT"
        for void in one.body["void"]:
            bid = self.bid(void)
            if bid is None or bid.body["call"] != call.id:
                return "NO_SUCH_BID"
            taken_back = any(each.at < call.body["reveal_until"] for each in self.withdrawals(bid))
            if taken_back or not self.revealed(bid):
                return "NOT_REVEALED"
        return None


def merkle(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, as it is defined."""
    if len(leaves) < 2:
        return sha256(b"\0" + leaves[0]).digest() if leaves else sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\1" + merkle(leaves[:split]) + merkle(leaves[split:])).digest()
