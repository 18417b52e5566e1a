"""What was kept of a call that was cleared here: its book, row by row under its companies' keys, and the clearing made again from it.

The result itself is not kept but by its digest: it follows from the book. So a company that is erased is erased out of its calls,
which then can't be made again; matches and digests stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kemiao.bank.event_log import Draft
from kemiao.bank.market.book import Book, Settled, book_digest, settle
from kemiao.bank.market.calls import named
from kemiao.bank.market.postings import SIDES
from kemiao.bank.world import World
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.credit.matching.clearing import Cleared
from kemiao.credit.matching.result import document_digest


def cleared_call(world: World, call: str) -> Cleared | Refusal:
    """The clearing of a call of this home (id, its beginning, or number). Refuses what kept_book and settled_call do."""
    found = settled_call(world, call)
    return found if isinstance(found, Refusal) else found.cleared


def settled_call(world: World, call: str) -> Settled | Refusal:
    """Refuses NO_SUCH_CALL, NOT_CLEARED_HERE, CALL_ERASED, RESULT_DIFFERS."""
    found = named(world, call)
    if isinstance(found, Refusal):
        return found
    kept = kept_book(world, found.id)
    if isinstance(kept, Refusal):
        return kept
    settled = settle(kept)
    if isinstance(settled, Refusal):
        return settled
    event = world.log.last("market_clearing", ref=found.id)
    if event is not None and event.public["result"] != document_digest(settled.document):
        return Refusal.at(
            "RESULT_DIFFERS", "本版本程序算出的结果与当时不同;请用当时的版本", "this version computes another result than was published: use the version of that day",
            call=found.id, version=event.public["code"],
        )  # fmt: skip
    return settled


def kept_book(world: World, call: str) -> Book | Refusal:
    """Refuses NOT_CLEARED_HERE, CALL_ERASED."""
    event = world.log.last("market_clearing", ref=call)
    frame = None if event is None else world.log.private(event)
    if event is None or frame is None:
        return Refusal.at(
            "NOT_CLEARED_HERE", "这场撮合不是在本机构完成的", "the call was not cleared in this home", call=call
        )
    book = dict(frame["book"])
    facts = dict(book["facts"])
    rows: dict[str, dict[str, list[Any]]] = {bid["bid"]: {side: [] for side in SIDES} for bid in book["bids"]}
    events = list(world.log.events("market_input", ref=call))
    for private in world.log.privates(events):
        if private is None:
            return Refusal.at("CALL_ERASED", "有企业资料已删除,这场撮合无法重算;成交与摘要仍在", "a company of it was erased: the call can't be made again; its matches and digests stand", call=call)  # fmt: skip
        rows[private["bid"]][private["side"]].append(private["row"])
        if "facts" in private:
            facts[private["row"]["company"]] = private["facts"]
    book["facts"] = facts
    book["bids"] = [{**bid, "document": {**bid["document"], "rows": rows[bid["bid"]]}} for bid in book["bids"]]
    if book_digest(book) != event.public["book"]:
        raise BrokenInvariant(f"the book of the call {call} is not what it was")
    return book


def drafts(book: Book) -> Iterator[Draft]:
    """The rows of a book as events, in their order: a company's under its own key, each with what was known of it."""
    told: set[str] = set()
    for bid in book["bids"]:
        for side in SIDES:
            for row in bid["document"]["rows"][side]:
                company = row.get("company") if side == "requests" else None
                private: dict[str, Any] = {"bid": bid["bid"], "side": side, "row": row}
                if company is not None and company in book["facts"] and company not in told:
                    private["facts"] = book["facts"][company]
                    told.add(company)
                yield Draft("market_input", company, book["call"], {"bid": bid["bid"], "side": side}, private)


def frame(book: Book) -> Mapping[str, Any]:
    """The book without its rows and its facts."""
    bids = [
        {**bid, "document": {key: value for key, value in bid["document"].items() if key != "rows"}}
        for bid in book["bids"]
    ]
    return {**book, "bids": bids, "facts": {}}
