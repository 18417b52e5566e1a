"""market commit, reveal, and taking a bid back: our postings in a sealed call, from our own home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kemiao.bank.chain_side import SharedChain, chain_of
from kemiao.bank.market import bids as own
from kemiao.bank.market.calls import Call, named
from kemiao.bank.market.chain_calls import own_bid
from kemiao.bank.market.documents import commitment
from kemiao.bank.market.parcels import send
from kemiao.bank.market.postings import Posting, postings
from kemiao.bank.market.terms import frozen_on, terms_of
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

_NONCE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Bid:
    """As the chain has it. bid: id of its entry. state: committed, revealed, withdrawn."""

    call: str
    bid: str
    commitment: str
    postings: tuple[str, ...]
    standing: bool
    state: str


def commit(world: World, wanted: Sequence[str], call: str | None, standing: bool) -> list[Bid] | Refusal:
    """The postings that are named, or all that stand and are in no bid of the call. What is committed to is kept first: a
    process that dies in between leaves a bid that the next one commits. Refuses what the chain refuses."""
    chain, found = _call(world, call)
    if isinstance(found, Refusal):
        return found
    made = _unsent(world, chain, found)
    chosen = _chosen(world, wanted, _in_bids(world, chain, found))
    if isinstance(chosen, Refusal):
        return chosen
    terms = terms_of(frozen_on(world, world.clock.today()))
    if isinstance(terms, Refusal):
        return terms
    for some in own.chunks(chosen):
        left = own.left_of(some, terms)
        if isinstance(left, Refusal):
            return left
        nonce = world.random_bytes(_NONCE_BYTES).hex()
        document = own.document(found.id, chain.me, some, left, standing, nonce)
        if isinstance(document, Refusal):
            return document
        public = {
            "commitment": commitment(document), "postings": [list(posting) for posting in _named(some)], "left_fen": left, "standing": standing,
        }  # fmt: skip
        with world.log.write() as tx:
            if not _in_bids(world, chain, found).isdisjoint(_named(some)):
                return Refusal.at("COMMITTED_MEANWHILE", "另一进程刚刚提交了同一挂牌:再运行一次", "somebody else has just committed the same posting: run it again", call=found.id)  # fmt: skip
            seq = tx.append("market_bid", ref=found.id, public=public, private={"nonce": nonce})
        made.append(own.OwnBid(found.id, str(public["commitment"]), _named(some), left, standing, nonce, seq))  # fmt: skip
    if not made:
        return Refusal.at("NOTHING_TO_COMMIT", "没有尚未提交的有效挂牌(kemiao market list)", "no posting stands that is not committed yet (kemiao market list)", call=found.id)  # fmt: skip
    for bid in made:
        done = chain.act("bid_commit", body={"call": found.id}, commitment=bid.commitment)
        if isinstance(done, Refusal):
            return done
    return _shown(chain, made)


def reveal(world: World, call: str | None) -> list[Bid] | Refusal:
    """All our bids of the call that are committed and not revealed: a sealed parcel to operator and auditor each, then the entry.
    One that can't be made again (POSTING_ERASED) stops none of the others; it is refused at the end."""
    chain, found = _call(world, call)
    if isinstance(found, Refusal):
        return found
    known = {each.seq: each for each in postings(world, ended=True)}
    ours = [bid for bid in own.own_bids(world, found.id) if own_bid(chain, bid.commitment) is not None]
    if not ours:
        return Refusal.at(
            "NOTHING_COMMITTED",
            "本机构在这场撮合中没有提交过",
            "this home has committed nothing in this call",
            call=found.id,
        )
    lost: Refusal | None = None
    for bid in ours:
        where = own_bid(chain, bid.commitment)
        if where is None or where[1]["revealed"] is not None or where[1]["withdrawn"] is not None:
            continue
        document = own.again(world, bid, chain.me, known)
        if isinstance(document, Refusal):
            lost = lost or document
            continue
        parcels = {}
        for participant, public in (found.keys or {}).items():
            sent = send(chain, participant, public, document)
            if isinstance(sent, Refusal):
                return sent
            parcels[participant] = sent
        body = {"call": found.id, "bid": where[1]["bid"], "parcels": parcels, "standing": bid.standing}
        done = chain.act("bid_reveal", body=body, commitment=bid.commitment)
        if isinstance(done, Refusal):
            return done
    return lost or _shown(chain, ours)


def take_back(world: World, bid: str, *, standing_only: bool) -> Bid | Refusal:
    """A bid of ours, by its entry. standing_only: it stays in its own call, and takes part in no later one."""
    chain = chain_of(world)
    chain.refresh()
    ours = {
        str(where[1]["bid"]): each
        for each in own.own_bids(world)
        if (where := own_bid(chain, each.commitment)) is not None
    }
    fit = [each for each in ours if each.startswith(bid.strip().lower())] if len(bid.strip()) >= 8 else []
    if len(fit) != 1:
        return Refusal.at("NO_SUCH_BID", "没有这份标书(或开头不止一份符合)", "there is no such bid of ours, or more than one begins so", bid=bid)  # fmt: skip
    body = {"bid": fit[0], **({"standing": True} if standing_only else {})}
    done = chain.act("bid_withdraw", body=body)
    return done if isinstance(done, Refusal) else _shown(chain, [ours[fit[0]]])[0]


def our_bids(world: World, call: str) -> list[Bid]:
    """Those of our bids that the chain has."""
    return [] if world.chain is None else _shown(world.chain, own.own_bids(world, call))


def _call(world: World, text: str | None) -> tuple[SharedChain, Call | Refusal]:
    chain = chain_of(world)
    chain.refresh()
    found = named(world, text)
    if isinstance(found, Call) and found.is_local:
        found = Refusal.at("LOCAL_CALL", "本地撮合不需要提交和揭示:挂牌即参加", "a local call takes no sealed bids: what is posted takes part", call=found.id)  # fmt: skip
    return chain, found


def _named(some: Sequence[Posting]) -> tuple[tuple[str, int], ...]:
    """As a bid names them: by id and event."""
    return tuple((each.id, each.seq) for each in some)


def _in_bids(world: World, chain: SharedChain, call: Call) -> set[tuple[str, int]]:
    """Postings of our bids in a call, but of those that were taken back: they may be committed anew."""
    bids = ((bid, own_bid(chain, bid.commitment)) for bid in own.own_bids(world, call.id))
    return {
        posting for bid, where in bids if where is None or where[1]["withdrawn"] is None for posting in bid.postings
    }


def _unsent(world: World, chain: SharedChain, call: Call) -> list[own.OwnBid]:
    return [bid for bid in own.own_bids(world, call.id) if own_bid(chain, bid.commitment) is None]


def _chosen(world: World, wanted: Sequence[str], in_bids: set[tuple[str, int]]) -> list[Posting] | Refusal:
    there = {each.id: each for each in postings(world)}
    if not wanted:
        return [each for each in there.values() if (each.id, each.seq) not in in_bids]
    missing = [name for name in wanted if name not in there]
    if missing:
        return Refusal.at("NO_SUCH_POSTING", "没有这笔有效挂牌(kemiao market list)", "no posting of this id stands (kemiao market list)", posting=missing[0])  # fmt: skip
    return [there[name] for name in dict.fromkeys(wanted) if (name, there[name].seq) not in in_bids]


def _shown(chain: SharedChain, made: Sequence[own.OwnBid]) -> list[Bid]:
    bids = []
    for bid in made:
        found = own_bid(chain, bid.commitment)
        if found is None:
            continue
        stands = found[1]
        state = "withdrawn" if stands["withdrawn"] else "revealed" if stands["revealed"] else "committed"
        bids.append(
            Bid(bid.call, stands["bid"], bid.commitment, tuple(name for name, _ in bid.postings), bid.standing, state)
        )
    return bids
