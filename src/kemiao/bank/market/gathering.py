"""The book of a call, gathered: who bid what, from the parcels and the chain, with what this home knows of the companies.

Nothing here depends on when it is done after the deadline, but for the assessments: they are taken as of an event of the log,
which is written down before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from kemiao.bank.chain_side import SharedChain
from kemiao.bank.market.bids import document, left_of
from kemiao.bank.market.book import FORM, Book, qualified
from kemiao.bank.market.calls import Call, calls
from kemiao.bank.market.chain_calls import bids
from kemiao.bank.market.documents import read_bid
from kemiao.bank.market.facts import facts_of
from kemiao.bank.market.kept import kept_book
from kemiao.bank.market.matches import standing as standing_matches
from kemiao.bank.market.parcels import opened
from kemiao.bank.market.postings import KEY, SIDES, postings
from kemiao.bank.market.terms import Terms, terms_of
from kemiao.bank.world import World
from kemiao.base.clock import epoch_ms
from kemiao.base.refusal import BrokenInvariant, Refusal

Bid = Mapping[str, Any]


def gather(world: World, call: Call, until: int) -> Book | Refusal:
    """until: event up to which this home's assessments and postings count. Refuses CALL_ERASED of an earlier call."""
    policy = world.log.last("market_policy", ref=call.policy)
    if policy is None:
        return Refusal.at("POLICY_NOT_KEPT", "没有开启这场撮合时的规则:它不是本机构开启的", "the policy that the call was opened with is not here: this home did not open it", call=call.id)  # fmt: skip
    terms = terms_of(policy.public["content"])
    if isinstance(terms, Refusal):
        return terms
    void: list[dict[str, Any]] = []
    if call.is_local:
        found = _local(world, call, until, terms)
    else:
        found = [*_fresh(world, call, void), *_carried(world, call, void)]
    refused = next((each for each in found if isinstance(each, Refusal)), None)
    if refused is not None:
        return refused
    taken: list[Bid] = [each for each in found if not isinstance(each, Refusal)]
    companies = {row["company"] for each in taken for row in each["document"]["rows"]["requests"] if "company" in row}
    facts = facts_of(world, companies, until, call.commit_until)
    # Of a local one the postings as they stand now say what is left.
    used, done = ({}, []) if call.is_local else _earlier(world, call, taken, until)
    return {
        "form": FORM, "call": call.id, "operator": call.operator, "day": call.day.isoformat(), "policy": policy.public["content"], "bids": taken,
        "used_fen": used, "done": done, "void": void,
        "facts": {company: {"refused": known.code} if isinstance(known, Refusal) else known for company, known in sorted(facts.items())},
    }  # fmt: skip


def _local(world: World, call: Call, until: int, terms: Terms) -> list[Bid | Refusal]:
    """What stood posted by the end of the time for it, as one bid."""
    event = world.log.last("market_call", ref=call.id)
    private = None if event is None else world.log.private(event)
    if private is None:
        raise BrokenInvariant(f"the call {call.id} has no nonce")
    in_time = [
        each for each in postings(world, until=until) if epoch_ms(datetime.fromisoformat(each.at)) <= call.commit_until
    ]
    left = left_of(in_time, terms)
    made = left if isinstance(left, Refusal) else document(call.id, "", in_time, left, True, private["nonce"])
    return [made if isinstance(made, Refusal) else {"bid": call.id, "call": call.id, "bidder": "", "company": None, "at": call.commit_until, "document": made}]  # fmt: skip


def _fresh(world: World, call: Call, void: list[dict[str, Any]]) -> Iterator[Bid | Refusal]:
    chain = _chain(world)
    for each in bids(chain, call.id):
        if not stands(call, each):
            code, zh, en = _LEFT_OUT["revealed" if each["revealed"] is None else "withdrawn"]
            void.append({"bid": each["bid"], "bidder": each["by"], "code": code, "zh": zh, "en": en})
            continue
        sent = revealed(chain, chain.me, call.id, each)
        if isinstance(sent, Refusal):
            void.append({"bid": each["bid"], "bidder": each["by"], "code": sent.code, "zh": sent.zh, "en": sent.en})
            continue
        yield _bid(chain, call.id, each, sent)


def _carried(world: World, call: Call, void: list[dict[str, Any]]) -> Iterator[Bid | Refusal]:
    """Bids that stand from earlier calls, the newest call first."""
    chain = _chain(world)
    for before in reversed(earlier(world, call)):
        standing = [each for each in bids(chain, before.id) if carries(before, each, call)]
        if not standing:
            continue
        kept = kept_book(world, before.id)
        if isinstance(kept, Refusal):
            yield kept
            return
        documents = {each["bid"]: each["document"] for each in kept["bids"]}
        for each in standing:
            if each["bid"] in documents:
                yield _bid(chain, before.id, each, documents[each["bid"]])
            else:
                void.append({"bid": each["bid"], "bidder": each["by"], "code": "VOID_BEFORE", "zh": "在它自己的那场撮合中已作废", "en": "it was void in its own call"})  # fmt: skip


def earlier(world: World, call: Call) -> list[Call]:
    """The operator's calls before this one that have a result."""
    return [each for each in calls(world) if each.operator == call.operator and not each.is_local and each.number < call.number and each.result is not None]  # fmt: skip


def stands(call: Call, bid: Bid) -> bool:
    """Revealed in time, and not taken back before the last reveal."""
    return bid["revealed"] is not None and not _before(bid["withdrawn"], call.reveal_until)


def carries(before: Call, bid: Bid, call: Call) -> bool:
    """Whether a bid of an earlier call takes part in this one."""
    standing = stands(before, bid) and bool(bid["revealed"]["standing"])
    return (
        standing
        and not _before(bid["withdrawn"], call.commit_until)
        and not _before(bid["stood_down"], call.commit_until)
    )


def revealed(chain: SharedChain, addressee: str, call: str, bid: Bid) -> dict[str, Any] | Refusal:
    """The bid's document from the parcel for us, as far as it is what was committed to."""
    sent = opened(chain, bid["revealed"]["parcels"][addressee])
    return sent if isinstance(sent, Refusal) else read_bid(sent, call, bid["by"], bid["commitment"])


def _bid(chain: SharedChain, call: str, each: Bid, sent: dict[str, Any]) -> Bid:
    return {"bid": each["bid"], "call": call, "bidder": each["by"], "company": company_of(chain, each["by"]), "at": each["at"], "document": sent}  # fmt: skip


def company_of(chain: SharedChain, participant: str) -> str | None:
    """The company that a participant is and nothing else: it asks for itself alone."""
    known = chain.node.get(f"participant/{participant}") or {}
    return known.get("company") if known.get("roles") == ["company"] else None


def _earlier(world: World, call: Call, taken: list[Bid], until: int) -> tuple[dict[str, int], list[str]]:
    """By mandate and cover what matches took since it was committed; requests that were matched since."""
    since: dict[str, int] = {}
    for each in taken:
        for side in SIDES:
            for row in each["document"]["rows"][side]:
                own = qualified(call.operator, each["bidder"], row.get(KEY[side], ""))
                since[own] = max(since.get(own, 0), each["at"])
    used: dict[str, int] = {}
    done: set[str] = set()
    for match in standing_matches(world, until=until):
        at = epoch_ms(datetime.fromisoformat(match.at))
        if at >= since.get(match.request, at + 1):
            done.add(match.request)
        for name, fen in ((match.mandate, match.amount_fen), (match.cover, match.covered_fen)):
            if name is not None and at >= since.get(name, at + 1):
                used[name] = used.get(name, 0) + fen
    return used, sorted(done)


def _before(act: Mapping[str, Any] | None, at: int) -> bool:
    return act is not None and bool(act["at"] < at)


def _chain(world: World) -> SharedChain:
    if world.chain is None:
        raise BrokenInvariant("a call of a chain without a chain")
    return world.chain


_LEFT_OUT = {
    "revealed": ("NOT_REVEALED", "截止前没有揭示", "it was not revealed by the deadline"),
    "withdrawn": ("WITHDRAWN", "揭示截止前已撤回", "it was taken back before the last reveal"),
}
