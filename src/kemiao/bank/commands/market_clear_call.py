"""market clear CALL: after the deadline, by whoever opened it. Killed anywhere and run again, it does nothing twice and gives the same bytes.

Four steps, each written down before the next: up to which event this home's knowledge counts; the book, with the digests of its result;
on a chain the result under the root of all bids, then the matches; the sheets for the bidders and the book for the auditor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kemiao.bank.chain_side import SharedChain
from kemiao.bank.event_log import Draft
from kemiao.bank.market.book import Book, Settled, book_digest, settle
from kemiao.bank.market.calls import Call, being_cleared, calls, named, now_ms
from kemiao.bank.market.documents import MATCH_CELLS, sheet_leaf, sheets_root
from kemiao.bank.market.gathering import gather
from kemiao.bank.market.kept import drafts, frame, kept_book, settled_call
from kemiao.bank.market.parcels import sealing_key, send_whole
from kemiao.bank.market.sheets import sheets
from kemiao.bank.rulebook import code_version
from kemiao.bank.world import World
from kemiao.base import tree
from kemiao.base.china_time import when
from kemiao.base.digest import digest
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.chain.rules import calls as rules
from kemiao.chain.rules.market import VOID_LISTED
from kemiao.credit.matching.result import document_digest, matches, published


@dataclass(frozen=True, slots=True)
class ClearedCall:
    """matches: of the result that counts. told: participants whose sheets were sent; untold: those who have no sealing key."""

    call: Call
    settled: Settled
    book: Book
    matches: tuple[dict[str, Any], ...]
    told: tuple[str, ...]
    untold: tuple[str, ...]


def clear_call(world: World, text: str | None) -> ClearedCall | Refusal:
    """Refuses NO_SUCH_CALL, NOT_THE_OPERATOR, CALL_STILL_OPEN, EARLIER_CALL_OPEN, what can't be counted, and what the chain refuses."""
    if world.chain is not None:
        world.chain.refresh()
    call = named(world, text)
    if isinstance(call, Refusal):
        return call
    refused = _not_now(world, call)
    if refused is not None:
        return refused
    made = _made(world, call)
    if isinstance(made, Refusal):
        return made
    book, settled = made
    all_sheets = sheets(book, settled)
    if not call.is_local:
        done = _name_result(world, call, book, settled, all_sheets)
        if done is not None:
            return done
    taken = _match(world, call, settled)
    told = ((), ()) if call.is_local else _tell(world, call, book, settled, all_sheets)
    if isinstance(told, Refusal):
        return told  # what was matched stands; run again, it tells the others
    return ClearedCall(call, settled, book, taken, *told)


def _not_now(world: World, call: Call) -> Refusal | None:
    if world.log.last("market_cleared", ref=call.id) is not None:
        return None  # done before: shown again, and finished where it was not
    if world.chain is not None and not call.is_local and call.operator != world.chain.me:
        return Refusal.at(
            "NOT_THE_OPERATOR",
            "只有开启它的机构可以撮合",
            "only who opened it clears it",
            call=call.id,
            operator=call.operator,
        )
    if now_ms(world) < call.reveal_until:
        return Refusal.at(
            "CALL_STILL_OPEN",
            f"揭示到 {when(call.reveal_until)} 才截止",
            f"bids may be revealed until {when(call.reveal_until)}",
            call=call.id[:12],
        )
    for before in calls(world):
        waits = (
            before.operator == call.operator
            and before.number < call.number
            and before.is_local == call.is_local
            and before.result is None
        )
        # A call without a result lapses on the chain; until then its matches could still take what this one hands out.
        waits = waits and (before.is_local or now_ms(world) < before.reveal_until + rules.CLEARING_MS)
        if waits and world.log.last("market_cleared", ref=before.id) is None:
            return Refusal.at(
                "EARLIER_CALL_OPEN",
                "须先撮合更早的一场",
                "an earlier call is to be cleared first",
                call=before.id,
                number=before.number,
            )
    return None


def _made(world: World, call: Call) -> tuple[Book, Settled] | Refusal:
    """Cleared now, or made again from what was kept of a clearing that was begun."""
    if world.log.last("market_clearing", ref=call.id) is None:
        return _begin(world, call)
    book = kept_book(world, call.id)
    settled = book if isinstance(book, Refusal) else settled_call(world, call.id)
    if isinstance(book, Refusal) or isinstance(settled, Refusal):
        return book if isinstance(book, Refusal) else settled  # type: ignore[return-value]
    return book, settled


def _begin(world: World, call: Call) -> tuple[Book, Settled] | Refusal:
    """The book and its digests are kept before anything of it is said to others."""
    event = world.log.last("market_gathering", ref=call.id)
    if event is None:
        with world.log.write() as tx:
            event = world.log.last("market_gathering", ref=call.id)
            other = being_cleared(world, call.id) if event is None else None
            if other is not None:  # a local and a sealed one at once would hand out the same postings
                return Refusal.at("CALL_BEING_CLEARED", "另一场撮合正在进行:先完成它", "another call is being cleared: end it first", call=other.id)  # fmt: skip
            if event is None:
                tx.append("market_gathering", ref=call.id, public={"until": world.log.end()})
        event = world.log.last("market_gathering", ref=call.id)
    if event is None:
        raise BrokenInvariant("an event that was appended is not there")
    book = gather(world, call, event.public["until"])
    if isinstance(book, Refusal):
        return book
    settled = settle(book)
    if isinstance(settled, Refusal):
        return settled
    public = {
        "book": book_digest(book), "result": document_digest(settled.document), "published": published_digest(settled.document), "sheets": sheets_root(sheets(book, settled)),
        "seed": settled.cleared.market.seed, "code": code_version(), "bids": len(book["bids"]), "void": len(book["void"]),
    }  # fmt: skip
    with world.log.write() as tx:
        if world.log.last("market_clearing", ref=call.id) is None:  # two at once keep one
            tx.append_many([*drafts(book), Draft("market_clearing", None, call.id, public, {"book": frame(book)})])
            return book, settled
    return _made(world, call)


def published_digest(document: Mapping[str, Any]) -> str:
    return digest("market_published", published(document))


def result_body(call: Call, root: str, bids: int, book: Book, settled: Settled, all_sheets: list[dict[str, Any]]) -> dict[str, Any]:  # fmt: skip
    """What the chain is told: digests, the seed, and which revealed bids were of no use."""
    return {
        "call": call.id, "root": root, "bids": bids, "seed": settled.cleared.market.seed, "result": document_digest(settled.document),
        "published": published_digest(settled.document), "sheets": sheets_root(all_sheets), "void": _unusable(book),
        "cleared": settled.cleared.rules.clears,
    }  # fmt: skip


_NOT_ITS_FAULT = ("NOT_REVEALED", "WITHDRAWN", "VOID_BEFORE", "NO_SUCH_PARCEL")
"""The chain knows the first two itself; a bid was void in its own call; a node took a reveal and lost its parcel."""


def _unusable(book: Book) -> list[str]:
    """Of the revealed bids that were left out, as many as the entry lists: their authors are barred. The first of each author comes
    before any second, so that nobody hides behind many bids of somebody's; with more authors than that, the last ones go free, and
    are named in the book."""
    left_out = [each for each in book["void"] if each["code"] not in _NOT_ITS_FAULT]
    first = {each["bidder"]: each["bid"] for each in reversed(left_out)}
    firsts = set(first.values())
    return sorted((each["bid"] for each in left_out), key=lambda bid: bid not in firsts)[:VOID_LISTED]


def _name_result(
    world: World, call: Call, book: Book, settled: Settled, all_sheets: list[dict[str, Any]]
) -> Refusal | None:
    chain = _chain(world)
    state = rules.call_of(chain.node, call.id)
    if state is None:
        raise BrokenInvariant(f"the call {call.id} is not on the chain")
    body = result_body(call, rules.call_root(chain.node, call.id), state["bids"], book, settled, all_sheets)
    if state["result"] is not None:
        if any(state["result"][name] != body[name] for name in ("result", "published", "sheets", "seed")):
            raise BrokenInvariant(f"the chain has another result of the call {call.id}")
        return None
    done = chain.act("call_result", body=body)
    return done if isinstance(done, Refusal) else None


def _match(world: World, call: Call, settled: Settled) -> tuple[dict[str, Any], ...]:
    """One event a match, in one transaction with the end of the clearing. until: the last day on which it is held open."""
    cleared = settled.cleared
    taken = tuple(matches(cleared, cleared.amounts))
    chain = world.chain
    state = None if chain is None or call.is_local else rules.call_of(chain.node, call.id)
    with world.log.write() as tx:
        if world.log.last("market_cleared", ref=call.id) is None:
            until = call.day.toordinal() + cleared.rules.call["offer_days"]
            tx.append_many(
                [Draft("market_match", each["company"], call.id, match_of(call, each, until)) for each in taken]
            )
            tx.append("market_cleared", ref=call.id, public={
                "result": document_digest(settled.document), "published": published_digest(settled.document), "matches": len(taken),
                "lent_fen": sum(each["amount_fen"] for each in taken), "cleared": cleared.rules.clears, "chain": dict(state["result"]) if state and state["result"] else {},
            })  # fmt: skip
    return taken


def match_of(call: Call, match: Mapping[str, Any], until: int) -> dict[str, Any]:
    """What is kept of a match. until: an ordinal day."""
    own = digest("market_match", [call.id, match["request"], match["mandate"], match["cover"]])[:20]
    kept = {name: match[name] for name in MATCH_CELLS}
    return {"match": f"m-{own}", "call": call.id, **kept, "until": date.fromordinal(until).isoformat()}


def _tell(world: World, call: Call, book: Book, settled: Settled, all_sheets: list[dict[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]] | Refusal:  # fmt: skip
    """The auditor the book, each bidder its sheet. Who was told is written down, so that running it again tells the others only; one that can't
    be told (QUOTA_USED, MAILBOX_FULL) keeps it from nobody else."""
    chain = _chain(world)
    told = {str(event.public["bid"]) for event in world.log.events("market_told", ref=call.id)}
    rows = tree.levels([sheet_leaf(each) for each in all_sheets])
    shown = published(settled.document)
    sent, untold, refused = [], [], []
    if call.auditor is not None and "" not in told:
        refused += _send(world, chain, call, call.auditor, (call.keys or {})[call.auditor], "book", "", dict(book))
    for place, sheet in enumerate(all_sheets):
        to = sheet["bidder"]
        public = sealing_key(chain, to)
        if public is None:
            untold.append(to)
            continue
        sent.append(to)
        if sheet["bid"] in told:
            continue
        path = [step.hex() for step in tree.inclusion_path(place, len(all_sheets), lambda level, i: rows[level][i])]
        refused += _send(world, chain, call, to, public, "sheet", sheet["bid"], {"sheet": sheet, "place": place, "count": len(all_sheets), "path": path, "published": shown})  # fmt: skip
    if refused:
        return refused[0]
    return tuple(dict.fromkeys(sent)), tuple(dict.fromkeys(untold))


def tells_on(world: World, call: Call) -> bool:
    """Whether a bidder or the auditor of a call that was cleared here has not been sent its sheet: cut off, refused, or for want of a key."""
    if call.is_local:
        return False
    told = {str(event.public["bid"]) for event in world.log.events("market_told", ref=call.id)}
    book = kept_book(world, call.id)
    if isinstance(book, Refusal):
        return False
    wanted = {str(bid["bid"]) for bid in book["bids"] if bid["bidder"] != book["operator"]}
    return not (wanted | ({""} if call.auditor is not None else set())) <= told


def _send(world: World, chain: SharedChain, call: Call, to: str, public: str, what: Any, bid: str, value: dict[str, Any]) -> list[Refusal]:  # fmt: skip
    done = send_whole(chain, to, public, what, call.id, value)
    if isinstance(done, Refusal):
        return [done]
    with world.log.write() as tx:
        tx.append("market_told", ref=call.id, public={"bid": bid, "to": to, "parcels": done})
    return []


def _chain(world: World) -> SharedChain:
    if world.chain is None:
        raise BrokenInvariant("a call of a chain without a chain")
    return world.chain
