"""Calls and bids of the market as they stand on the chain, and our own entries about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kemiao.bank.chain_side import SharedChain
from kemiao.bank.market.calls import Call
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.chain.rules import calls as rules

AT_ONCE = 1000


def chain_calls(chain: SharedChain) -> list[Call]:
    """All of them, whoever operates them."""
    found, after = [], "call/"
    while True:
        pairs = chain.node.scan("call/", after, AT_ONCE)
        found += [_call(key.removeprefix("call/"), value) for key, value in pairs if "commit_until" in value]
        if len(pairs) < AT_ONCE:
            return found
        after = pairs[-1][0]


def open_on_chain(
    chain: SharedChain, auditor: str, commit_until: int, reveal_until: int, numbers: Mapping[str, int], policy: str
) -> Call | Refusal:
    done = chain.act("call_open", body={
        "auditor": auditor, "commit_until": commit_until, "reveal_until": reveal_until, "barred_calls": numbers["barred_calls"],
        "withdrawn_calls": numbers["withdrawn_calls"], "policy": policy,
    })  # fmt: skip
    if isinstance(done, Refusal):
        return done
    value = rules.call_of(chain.node, done.id)
    if value is None:
        raise BrokenInvariant(f"the call {done.id} was taken and is not there")
    return _call(done.id, value)


def bids(chain: SharedChain, call: str) -> list[Mapping[str, Any]]:
    """As rules.calls has them, in the order of the chain."""
    return list(rules.bids_of(chain.node, call))


def own_bid(chain: SharedChain, commitment: str) -> tuple[str, Mapping[str, Any]] | None:
    """Its call, and how it stands; None where the chain has no such commitment of ours."""
    entry = rules.commitment_of(chain.node, chain.me, commitment)
    found = None if entry is None else rules.found_bid(chain.node, entry)
    return None if found is None else (found[0], found[2])


def _call(own: str, value: Mapping[str, Any]) -> Call:
    return Call(
        own, value["number"], value["by"], value["auditor"], value["at"], value["commit_until"], value["reveal_until"], value["policy"],
        value["result"], value["sealing"],
    )  # fmt: skip
