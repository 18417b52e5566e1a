"""market release, market reoffer: what becomes of a match that falls. It is written down, and who waits behind it comes in.

The waiting list is no list: over what the standing matches leave, the rest of the call is cleared again by the same rules, without
anybody who holds a match. So the next in line is the one that the call itself would have taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from kemiao.bank.event_log import Draft
from kemiao.bank.market.book import Book as Kept
from kemiao.bank.market.book import Settled, settle
from kemiao.bank.market.calls import Call, being_cleared, named
from kemiao.bank.market.kept import kept_book
from kemiao.bank.market.matches import FALLEN, MATCH, Match, fell_by, lent_on, matches, standing
from kemiao.bank.market.postings import Side, postings
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.matching.best import best
from kemiao.credit.matching.book import Book
from kemiao.credit.matching.clearing import Cleared
from kemiao.credit.matching.market import BoolColumn, IntColumn
from kemiao.credit.matching.remainder import remainder
from kemiao.credit.matching.result import matches as named_matches
from kemiao.credit.matching.stable import stable

REASON_MAX = 200
_MOVES = (MATCH, FALLEN, "market_gathering", "market_posting", "market_posting_withdrawn")


@dataclass(frozen=True, slots=True)
class Reoffered:
    """fallen: since the last time, with why. made: new matches, for those who waited. left_fen: of the call's budgets, still free."""

    call: Call
    fallen: tuple[tuple[Match, str], ...]
    made: tuple[dict[str, Any], ...]
    left_fen: int


def release(world: World, own: str, reason: str) -> Match | Refusal:
    """A match is let go: the company declined, or the funder can't. Kept with its reason; once.

    Refuses NO_SUCH_MATCH, REASON_NEEDED, TEXT_TOO_LONG, MATCH_ON_OFFER (its application decides then).
    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        code = "TEXT_TOO_LONG" if reason else "REASON_NEEDED"
        return Refusal(code, f"请写明原因(至多 {REASON_MAX} 字)", f"say why, in {REASON_MAX} characters at most")
    found = next((match for match in standing(world) if match.id == own.strip()), None)
    if found is None:
        return Refusal.at("NO_SUCH_MATCH", "没有这笔有效撮合:kemiao market matches", "no match of this id stands: kemiao market matches", match=own)  # fmt: skip
    try:
        _fall(world, [(found, "released")], {"reason": reason}, lambda: _not_on_offer(world, found))
    except Refused as refused:
        return refused.refusal
    return found


def _not_on_offer(world: World, match: Match) -> None:
    """Under the lock: nobody lends it meanwhile."""
    application = lent_on(world, {match.company}).get(match.id)
    if application is not None and application.word(world.clock.today()) not in ("declined", "withdrawn", "lapsed"):
        raise Refused(Refusal.at("MATCH_ON_OFFER", f"已有申请 {application.id}:先 kemiao application withdraw", f"it became the application {application.id}: kemiao application withdraw first", match=match.id))  # fmt: skip


def reoffer(world: World, text: str | None) -> Reoffered | Refusal:
    """By whoever cleared the call, as often as wanted. Refuses NO_SUCH_CALL, NOT_CLEARED_HERE, CALL_ERASED, CALL_NOT_MATCHED, and
    OTHER_OPTIONS where this version of the program has other options than those that were matched."""
    call = named(world, text)
    if isinstance(call, Refusal):
        return call
    book = kept_book(world, call.id)
    if isinstance(book, Refusal):
        return book
    settled = settle(book)  # what was matched stands; only who waits is worked out
    if isinstance(settled, Refusal):
        return settled
    if world.log.last("market_cleared", ref=call.id) is None:
        return Refusal.at("CALL_NOT_MATCHED", "撮合尚未完成:kemiao market clear", "its matches were not made yet: kemiao market clear", call=call.id)  # fmt: skip
    other = being_cleared(world, call.id)
    if other is not None:
        return Refusal.at("CALL_BEING_CLEARED", "另一场撮合正在进行:先完成它", "another call is being cleared: end it first", call=other.id)  # fmt: skip
    left = _taken_back(world, call, book)
    fallen = _fallen_now(world, call, settled, left)
    _fall(world, fallen)
    looked = world.log.end()
    rest, kept = _rest(world, call, settled, left)
    cleared = settled.cleared
    found = stable(rest, cleared.rules).amount_fen
    if cleared.rules.clears == "best":
        found = best(rest, cleared.rules, found).amount_fen
    placed = np.zeros(len(cleared.book.request), dtype=np.int64)
    placed[kept] = found
    made = _append(world, call, cleared, placed, looked)
    return Reoffered(call, tuple(fallen), made, int(rest.budget_fen.sum() - found.sum()))


def _taken_back(world: World, call: Call, book: Kept) -> set[str]:
    """Bids of the call that stood when it was cleared and were taken back on the chain since."""
    if call.is_local or world.chain is None:
        return set()
    from kemiao.bank.market.chain_calls import bids

    world.chain.refresh()
    own = {str(bid["bid"]) for bid in book["bids"]}
    every = (each for other in {bid["call"] for bid in book["bids"]} for each in bids(world.chain, other))
    return {each["bid"] for each in every if each["bid"] in own and each["withdrawn"] is not None}


def _fallen_now(world: World, call: Call, settled: Settled, left: set[str]) -> list[tuple[Match, str]]:
    """Of the matches that stand, those that do no longer. left: bids taken back after the result."""
    live = list(standing(world, call.id))
    begun = lent_on(world, {match.company for match in live})
    ours = {each.id for each in postings(world, ended=True) if each.side == "mandates"}
    owner = settled.owner
    fallen = []
    for match in live:
        bids = {owner.get(("requests", match.request)), owner.get(("mandates", match.mandate))}
        bids |= {owner.get(("covers", match.cover))} if match.cover is not None else set()
        why = fell_by(world, match, begun.get(match.id), match.mandate in ours)
        why = "bid_withdrawn" if bids & left else why
        if why:
            fallen.append((match, why))
    return fallen


def _fall(
    world: World, fallen: list[tuple[Match, str]], also: Mapping[str, str] | None = None, may: Callable[[], None] = lambda: None
) -> None:  # fmt: skip
    with world.log.write() as tx:
        may()
        for match, why in fallen:
            if world.log.last(FALLEN, ref=match.id) is not None:
                raise Refused(Refusal.at("MATCH_FALLEN", "这笔撮合已失效", "the match has fallen", match=match.id))
            tx.append(FALLEN, match.company, match.id, {"why": why, "call": match.call}, dict(also) if also else None)


def _rest(world: World, call: Call, settled: Settled, left: set[str]) -> tuple[Book, IntColumn]:
    """The book of those who wait, over what is not held: neither by this call's standing matches, nor by those of later calls."""
    cleared = settled.cleared
    book, option = cleared.book, _options(cleared)
    held = np.zeros(len(book.request), dtype=np.int64)
    gone = _of_bids(settled, left)
    for match in matches(world, call.id):
        place = option.get((match.request, match.mandate, match.cover))
        if place is None:
            raise Refused(Refusal.at("OTHER_OPTIONS", "本版本程序算出的可签合同与当时不同:请用当时的版本", "this version computes other options than were matched: use the version of that day", match=match.id))  # fmt: skip
        if match.fallen:  # not again between the same two, whatever the cover
            gone |= (book.request == book.request[place]) & (book.mandate == book.mandate[place])
        else:
            held[place] += match.amount_fen
    rest, kept = remainder(book, held, gone | _elsewhere(world, call, cleared) | _off_the_list(world, cleared))
    budget_fen, capacity_fen = _taken_later(world, call, cleared, rest)
    return replace(rest, budget_fen=budget_fen, capacity_fen=capacity_fen), kept


def _options(cleared: Cleared) -> dict[tuple[str, str, str | None], int]:
    market, book = cleared.market, cleared.book
    covers: list[str | None] = [*market.covers.id, None]
    rows = enumerate(zip(book.request.tolist(), book.mandate.tolist(), book.cover.tolist(), strict=True))
    return {
        (market.requests.id[i], market.mandates.id[j], covers[c]): place
        for place, (i, j, c) in rows
    }  # fmt: skip


def _of_bids(settled: Settled, left: set[str]) -> BoolColumn:
    """(m,) options of requests, mandates and covers whose bids were taken back."""
    market, book = settled.cleared.market, settled.cleared.book
    sides: tuple[tuple[Side, tuple[str, ...]], ...] = (("requests", market.requests.id), ("mandates", market.mandates.id), ("covers", market.covers.id))  # fmt: skip
    out = {
        side: np.array([*(settled.owner.get((side, own), "") in left for own in ids), False], dtype=np.bool_)
        for side, ids in sides
    }
    gone: BoolColumn = out["requests"][book.request] | out["mandates"][book.mandate] | out["covers"][book.cover]
    return gone


def _elsewhere(world: World, call: Call, cleared: Cleared) -> BoolColumn:
    """(m,) options of requests that another call has matched."""
    others = {match.request for match in standing(world) if match.call != call.id}
    taken = np.array([own in others for own in cleared.market.requests.id], dtype=np.bool_)
    result: BoolColumn = taken[cleared.book.request]
    return result


def _off_the_list(world: World, cleared: Cleared) -> BoolColumn:
    """(m,) options of this home's own postings that were withdrawn: they hold what they have, and get nothing more."""
    off = {each.id for each in postings(world, ended=True) if each.ended == "withdrawn"}
    market, book = cleared.market, cleared.book
    out = [np.array([own in off for own in ids] + [False], dtype=np.bool_) for ids in (market.requests.id, market.mandates.id, market.covers.id)]  # fmt: skip
    gone: BoolColumn = out[0][book.request] | out[1][book.mandate] | out[2][book.cover]
    return gone


def _taken_later(world: World, call: Call, cleared: Cleared, rest: Book) -> tuple[IntColumn, IntColumn]:
    """Budgets and capacities less what later calls matched: earlier ones were taken off before this call was cleared."""
    cleared_at = next((event.seq for event in world.log.events("market_cleared", ref=call.id)), 0)
    budget, capacity = rest.budget_fen.copy(), rest.capacity_fen.copy()
    mandates = {own: place for place, own in enumerate(cleared.market.mandates.id)}
    covers = {own: place for place, own in enumerate(cleared.market.covers.id)}
    for match in standing(world):
        if match.call == call.id or match.seq < cleared_at:
            continue
        if match.mandate in mandates:
            budget[mandates[match.mandate]] -= match.amount_fen
        if match.cover in covers:
            capacity[covers[match.cover]] -= match.covered_fen
    return np.maximum(budget, 0), np.maximum(capacity, 0)


def _append(world: World, call: Call, cleared: Cleared, placed: IntColumn, looked: int) -> tuple[dict[str, Any], ...]:
    """looked: event after which it was worked out from what stands: nothing of it may have changed since."""
    from kemiao.bank.commands.market_clear_call import match_of

    until = world.clock.today() + timedelta(days=cleared.rules.call["offer_days"])
    made = tuple(match_of(call, each, until.toordinal()) for each in named_matches(cleared, placed))
    if made:
        with world.log.write() as tx:
            if any(next(world.log.events(kind, after=looked, most=1), None) is not None for kind in _MOVES):
                raise Refused(Refusal.at("REOFFERED_MEANWHILE", "其间挂牌或成交有变动:再运行一次", "what stands has changed meanwhile: run it again", call=call.id))  # fmt: skip
            tx.append_many([Draft(MATCH, each["company"], call.id, each) for each in made])
            tx.append("market_reoffered", ref=call.id, public={
                "matches": [each["match"] for each in made], "digest": digest("market_reoffer", list(made)),
            })  # fmt: skip
    return made
