"""market replay: the auditor clears a call again, from what it was sent itself, on its own machine, and says what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kemiao.bank.chain_side import SharedChain, chain_of
from kemiao.bank.commands.market_clear_call import result_body
from kemiao.bank.market.book import Book, settle, well_formed
from kemiao.bank.market.calls import Call, named
from kemiao.bank.market.chain_calls import bids
from kemiao.bank.market.documents import commitment
from kemiao.bank.market.gathering import carries, company_of, earlier, revealed, stands
from kemiao.bank.market.parcels import received
from kemiao.bank.market.sheets import sheets
from kemiao.bank.market.terms import digest_of
from kemiao.bank.world import World
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.chain.rules import calls as rules


@dataclass(frozen=True, slots=True)
class Difference:
    """what: where. bid: of which one, "" where it is about the whole."""

    code: str
    zh: str
    en: str
    bid: str = ""


@dataclass(frozen=True, slots=True)
class Replayed:
    """opened: bids whose own parcel we have opened and compared. facts: companies whose facts the operator vouches for, by decision."""

    call: Call
    differences: tuple[Difference, ...]
    bids: int
    opened: int
    decisions: Mapping[str, str]
    document: Mapping[str, Any] | None

    @property
    def identical(self) -> bool:
        return not self.differences


def replay(world: World, text: str | None) -> Replayed | Refusal:
    """Refuses NO_SUCH_CALL, NOT_THE_AUDITOR, NO_RESULT_YET, NO_BOOK."""
    chain = chain_of(world)
    chain.refresh()
    call = named(world, text)
    if isinstance(call, Refusal):
        return call
    if call.auditor != chain.me:
        return Refusal.at(
            "NOT_THE_AUDITOR",
            "只有指定的审计方可以重放",
            "only the auditor of the call replays it",
            call=call.id,
            auditor=call.auditor,
        )
    if call.result is None:
        return Refusal.at("NO_RESULT_YET", "还没有结果", "there is no result yet", call=call.id)
    books = [
        book for book in received(chain, call.operator, "book", call.id) if well_formed(book) and _is_of(book, call)
    ]
    if not books:
        return Refusal.at(
            "NO_BOOK", "没有收到(完整的)撮合底稿", "the book of the call has not come, or not whole", call=call.id
        )
    book = books[-1]
    differences: list[Difference] = []
    if digest_of(book["policy"]) != call.policy:
        differences.append(
            Difference(
                "OTHER_POLICY", "规则不是开启时公布的", "the policy is not the one that the call was opened with"
            )
        )
    opened = _compare_bids(world, chain, call, book, differences)
    settled = settle(book)
    if isinstance(settled, Refusal):
        differences.append(Difference(settled.code, settled.zh, settled.en))
        return Replayed(call, tuple(differences), len(book["bids"]), opened, {}, None)
    state = rules.call_of(chain.node, call.id)
    if state is None:
        raise BrokenInvariant(f"the call {call.id} is not on the chain")
    body = result_body(call, rules.call_root(chain.node, call.id), state["bids"], book, settled, sheets(book, settled))
    for name in ("root", "seed", "result", "published", "sheets", "void", "cleared"):
        if body[name] != call.result[name]:
            differences.append(
                Difference(
                    f"OTHER_{name.upper()}",
                    f"重算的 {name} 与公布的不同",
                    f"{name} computed again is not what was published",
                )
            )
    decisions = {company: known["decision"] for company, known in book["facts"].items() if "decision" in known}
    return Replayed(call, tuple(differences), len(book["bids"]), opened, decisions, settled.document)


def _compare_bids(world: World, chain: SharedChain, call: Call, book: Book, differences: list[Difference]) -> int:
    """Each bid that should be there is there, as its own author sent it to us; each that is left out was left out for a reason."""
    taken = {bid["bid"]: bid for bid in book["bids"]}
    void = {row["bid"]: row["code"] for row in book["void"]}
    expected: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for bid in bids(chain, call.id):
        if stands(call, bid):
            expected[bid["bid"]] = (call.id, bid)
        elif bid["bid"] in taken:
            differences.append(Difference("SHOULD_BE_VOID", "未揭示或已撤回的标书参加了撮合", "a bid took part that was not revealed, or was taken back", bid["bid"]))  # fmt: skip
        if bid["by"] == call.operator and void.get(bid["bid"]) is not None:
            differences.append(Difference("OPERATOR_BID_VOID", "运营方自己的标书未参加:抽签种子因此可被挑选", "a bid of the operator's own took no part: so it could choose among seeds", bid["bid"]))  # fmt: skip
    for before in reversed(earlier(world, call)):
        expected |= {bid["bid"]: (before.id, bid) for bid in bids(chain, before.id) if carries(before, bid, call)}
    strangers = [own for own in taken if own not in expected]
    differences += [Difference("BID_NOT_ON_CHAIN", "链上没有这份标书", "the chain has no such bid", own) for own in strangers if own not in {row.bid for row in differences}]  # fmt: skip
    order = [own for own in expected if own in taken]
    if [bid["bid"] for bid in book["bids"] if bid["bid"] in expected] != order:
        differences.append(
            Difference("OTHER_ORDER", "标书顺序与链上不同", "the bids are not in the order of the chain")
        )
    opened = 0
    for own, (of_call, bid) in expected.items():
        ours = revealed(chain, chain.me, of_call, bid)
        opened += not isinstance(ours, Refusal)
        if own not in taken:
            if own not in void:
                differences.append(Difference("BID_LEFT_OUT", "标书被遗漏", "a bid was left out", own))
            elif not isinstance(ours, Refusal) and void[own] != "VOID_BEFORE":
                differences.append(Difference("VOID_WITHOUT_CAUSE", f"运营方称 {void[own]},而审计方的一份可读且相符", f"the operator says {void[own]}, and the auditor's copy is good", own))  # fmt: skip
            continue
        said = taken[own]
        good = commitment(said["document"]) == bid["commitment"] and (said["call"], said["bidder"], said["at"]) == (
            of_call,
            bid["by"],
            bid["at"],
        )
        if not good or said["company"] != company_of(chain, bid["by"]):
            differences.append(
                Difference(
                    "BID_ALTERED", "底稿中的标书与承诺不符", "the bid in the book is not what was committed to", own
                )
            )
        elif isinstance(ours, Refusal) and of_call == call.id:
            differences.append(Difference("AUDITOR_COPY_BAD", f"给审计方的一份不可用:{ours.zh}", f"the copy for the auditor is of no use: {ours.en}", own))  # fmt: skip
    return opened


def _is_of(book: Book, call: Call) -> bool:
    return (book["call"], book["operator"], book["day"]) == (call.id, call.operator, call.day.isoformat())
