"""market result and check: what a bidder was told, held against the chain and against its own bid. Whoever is wronged can show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kemiao.bank.chain_side import SharedChain, chain_of
from kemiao.bank.event_log import Draft, Event
from kemiao.bank.market import bids as own
from kemiao.bank.market.book import qualified
from kemiao.bank.market.calls import Call, named, now_ms
from kemiao.bank.market.chain_calls import own_bid
from kemiao.bank.market.documents import is_sheet, sheet_leaf
from kemiao.bank.market.gathering import carries, earlier
from kemiao.bank.market.parcels import received
from kemiao.bank.market.postings import KEY, SIDES
from kemiao.bank.market.sheet_checks import Finding, on_sheet, said
from kemiao.bank.world import World
from kemiao.base import tree
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal
from kemiao.chain import receipt
from kemiao.chain.rules import calls as rules

EVIDENCE = "kemiao.market_evidence/1"
_DAYS_MOST = 366


@dataclass(frozen=True, slots=True)
class Checked:
    """evidence: what shows a wrong to others, None where none was found."""

    call: Call
    findings: tuple[Finding, ...]
    evidence: dict[str, Any] | None

    @property
    def holds(self) -> bool:
        return all(finding.holds is not False for finding in self.findings)


def own_sheets(world: World, call: Call) -> list[dict[str, Any]]:
    """What we were sent about our bids, as far as it is under the digests on the chain; kept here once it was fetched.

    A match of ours stands in our log after this: a matched request stands down, and a mandate has so much less.
    """
    if call.is_local or call.result is None or world.chain is None:
        return _kept(world, call)
    chain, came = world.chain, {}
    for value in received(chain, call.operator, "sheet", call.id):
        if is_sheet(value.get("sheet")) and _is_ours(chain, call, value["sheet"]) and _is_under(call, value):
            came[value["sheet"]["bid"]] = value
    with world.log.write() as tx:
        kept = _kept(world, call)  # under the lock: of two at once one keeps a sheet and its matches
        known = {sheet["sheet"]["bid"] for sheet in kept}
        fresh = [value for bid, value in came.items() if bid not in known]
        for value in fresh:
            days = offer_days(call, value["published"])
            tx.append_many([Draft("market_sheet", None, call.id, {"bid": value["sheet"]["bid"]}, value), *_matched(chain, call, value["sheet"], days)])  # fmt: skip
    return [*kept, *fresh]


def _kept(world: World, call: Call) -> list[dict[str, Any]]:
    events = list(world.log.events("market_sheet", ref=call.id))
    return [dict(private) for private in world.log.privates(events) if private is not None]


def check(world: World, text: str | None) -> Checked | Refusal:
    """For every bid of ours: the chain has it, the result's root covers it, our sheet is under the result, and nothing in it blocks.
    Needs nobody's word: our receipts, our replica, our own rows."""
    chain = chain_of(world)
    chain.refresh()
    call = named(world, text)
    if isinstance(call, Refusal):
        return call
    ours = own.own_bids(world, call.id)
    carried = _carried(world, chain, call)
    if not ours and not carried:
        return Refusal.at(
            "NOTHING_COMMITTED",
            "本机构在这场撮合中没有提交过",
            "this home has committed nothing in this call",
            call=call.id,
        )
    findings: list[Finding] = []
    dropped = [bid for bid in ours if own_bid(chain, bid.commitment) is None]
    lost = [(bid, promise) for bid in dropped if (promise := _receipt(world, bid)) is not None]
    findings.append(
        said("BID_ON_CHAIN", not lost, "提交过的标书都在链上", "every bid of ours that was accepted is on the chain")
    )
    evidence: dict[str, Any] | None = {"form": EVIDENCE, "call": call.id, "chain": chain.chain, "dropped": [{"commitment": bid.commitment, "receipt": text} for bid, text in lost]} if lost else None  # fmt: skip
    if call.result is None:
        open_ = now_ms(world) < call.reveal_until
        findings.append(said("RESULT_NAMED", None if open_ else False, "结果已公布", "the result was published"))
        return Checked(call, tuple(findings), evidence)
    findings += _root(chain, call, ours)
    sheets = {sheet["sheet"]["bid"]: sheet for sheet in own_sheets(world, call)}
    for bid in (*ours, *carried):
        where = own_bid(chain, bid.commitment)
        if where is None or where[1]["revealed"] is None:
            continue
        sheet = sheets.get(where[1]["bid"])
        if where[1]["bid"] in call.result["void"]:
            findings.append(said("BID_VOID", False, "运营方称标书作废:请审计方核对", "the operator says the bid was void: the auditor can tell", bid=where[1]["bid"]))  # fmt: skip
        elif call.operator != chain.me:
            findings += [said("SHEET_RECEIVED", sheet is not None, "收到结果单,且与链上摘要相符", "our sheet came, and it is under the digest on the chain", bid=where[1]["bid"])]  # fmt: skip
            findings += [] if sheet is None else on_sheet(world, call, bid, sheet)
    wrong = [finding for finding in findings if finding.holds is False]
    if wrong and evidence is None:
        evidence = {"form": EVIDENCE, "call": call.id, "chain": chain.chain, "dropped": []}
    if evidence is not None:
        evidence |= {"findings": [finding.code for finding in wrong], "result": dict(call.result), "sheets": list(sheets.values()), "head": chain.node.checkpoint()}  # fmt: skip
    return Checked(call, tuple(findings), evidence)


def _carried(world: World, chain: SharedChain, call: Call) -> list[own.OwnBid]:
    """Our bids of earlier calls that stand for this one."""
    found = []
    for before in earlier(world, call):
        for bid in own.own_bids(world, before.id):
            where = own_bid(chain, bid.commitment)
            if where is not None and carries(before, where[1], call):
                found.append(bid)
    return found


def _root(chain: SharedChain, call: Call, ours: Sequence[own.OwnBid]) -> list[Finding]:
    """Our own replica says which bids there are, and our path to the root that the result names."""
    leaves = rules.call_leaves(chain.node, call.id)
    root = tree.root(leaves).hex()
    found = []
    result = call.result or {}
    for bid in ours:
        where = own_bid(chain, bid.commitment)
        if where is None:
            continue
        place = rules.found_bid(chain.node, where[1]["bid"])
        path = [bytes.fromhex(step) for step in rules.call_path(chain.node, call.id, place[1])] if place else []
        leaf = tree.leaf_hash(rules.bid_leaf(where[1]["bid"], bid.commitment, revealed=where[1]["revealed"] is not None, withdrawn=_back(call, where[1])))  # fmt: skip
        under = place is not None and tree.check_inclusion(
            leaf, place[1], len(leaves), path, bytes.fromhex(result["root"])
        )
        found.append(
            said(
                "BID_UNDER_ROOT",
                under,
                "标书在结果的承诺根之下",
                "our bid is under the root of the result",
                bid=where[1]["bid"],
            )
        )
    found.append(
        said(
            "ROOT_OF_CHAIN",
            root == result["root"],
            "承诺根由链上全部标书算出",
            "the root is that of all bids on the chain",
        )
    )
    return found


def _is_ours(chain: SharedChain, call: Call, sheet: Mapping[str, Any]) -> bool:
    """Whether it is of this call, and of a bid that is ours on the chain."""
    found = rules.found_bid(chain.node, sheet["bid"])
    return (sheet["call"], sheet["bidder"]) == (call.id, chain.me) and found is not None and found[2]["by"] == chain.me


def _is_under(call: Call, value: Mapping[str, Any]) -> bool:
    """Whether it comes with a path, and the root on the chain is above it."""
    place, count, path = (value.get(name) for name in ("place", "count", "path"))
    if not (type(place) is int and type(count) is int and isinstance(path, list) and isinstance(value.get("published"), dict)):  # fmt: skip
        return False
    if not all(isinstance(step, str) and len(step) == 64 for step in path):
        return False
    try:
        steps = [bytes.fromhex(step) for step in path]
        root = bytes.fromhex((call.result or {})["sheets"])
        return tree.check_inclusion(sheet_leaf(value["sheet"]), place, count, steps, root)
    except ValueError:
        return False


def _matched(chain: SharedChain, call: Call, sheet: Mapping[str, Any], days: int) -> list[Draft]:
    """What we are matched to, under our own ids."""
    from kemiao.bank.commands.market_clear_call import match_of

    rows = {digest("row", match): match for side in SIDES for row in sheet[side] for match in row[sheet["cleared"]]}
    drafts = []
    for match in rows.values():
        public = match_of(call, match, call.day.toordinal() + days)
        for side in SIDES:
            key = KEY[side]
            if public[key] is not None and call.operator != chain.me:
                public[key] = str(public[key]).removeprefix(qualified(call.operator, chain.me, ""))
        drafts.append(Draft("market_match", match["company"], call.id, public))
    return drafts


def offer_days(call: Call, shown: Mapping[str, Any]) -> int:
    """For how many days a match is held open, by the rules of the call; 0 where what is shown is not what was published."""
    if digest("market_published", shown) != (call.result or {})["published"]:
        return 0
    try:
        days = shown["rules"]["call"]["offer_days"]
    except (KeyError, TypeError):  # the operator's own making
        return 0
    return days if type(days) is int and 0 <= days <= _DAYS_MOST else 0


def _receipt(world: World, bid: own.OwnBid) -> str | None:
    """The node's signed word that it took our commitment: with it anybody sees that the bid was dropped."""
    from kemiao.chain.entry import open_envelope

    for event in world.log.events("chain_intent", newest_first=True):
        if event.public["kind"] != "bid_commit":
            continue
        signed = open_envelope(str(event.public["envelope"]).encode())
        if isinstance(signed, Refusal) or signed.entry.commitment != bid.commitment:
            continue
        effect = world.log.last("chain_effect", ref=event.ref)
        return None if effect is None else _part(world, effect)
    return None


def _part(world: World, effect: Event) -> str | None:
    kept = world.log.last("chain_receipt", ref=effect.public["receipt"])
    read = None if kept is None else receipt.read(kept.public["text"])
    part = None if read is None or isinstance(read, Refusal) else receipt.part(read, str(effect.ref))
    return part.text() if isinstance(part, receipt.Receipt) else None


def _back(call: Call, bid: Mapping[str, Any]) -> bool:
    return bid["withdrawn"] is not None and bool(bid["withdrawn"]["at"] < call.reveal_until)
