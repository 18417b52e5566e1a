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
from kemiao.bank.market.documents import SHEET, sheet_leaf
from kemiao.bank.market.gathering import carries, earlier
from kemiao.bank.market.matches import matches
from kemiao.bank.market.parcels import received
from kemiao.bank.market.postings import KEY, SIDES, postings
from kemiao.bank.world import World
from kemiao.base import tree
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal
from kemiao.chain import receipt
from kemiao.chain.rules import calls as rules

EVIDENCE = "kemiao.market_evidence/1"
_DAYS_MOST = 366


@dataclass(frozen=True, slots=True)
class Finding:
    """holds: None where it can't be told yet, or does not apply."""

    code: str
    holds: bool | None
    zh: str
    en: str


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
    kept = [
        private
        for private in world.log.privates(list(world.log.events("market_sheet", ref=call.id)))
        if private is not None
    ]
    if call.is_local or call.result is None or world.chain is None:
        return kept
    known = {sheet["sheet"]["bid"] for sheet in kept}
    for value in received(world.chain, call.operator, "sheet", call.id):
        if _is_under(call, value) and value["sheet"]["bid"] not in known and value["sheet"]["bidder"] == world.chain.me:
            known.add(value["sheet"]["bid"])
            kept.append(value)
            with world.log.write() as tx:
                tx.append_many([Draft("market_sheet", None, call.id, {"bid": value["sheet"]["bid"]}, value), *_matched(world.chain, call, value["sheet"], offer_days(value["published"]))])  # fmt: skip
    return kept


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
        _said("BID_ON_CHAIN", not lost, "提交过的标书都在链上", "every bid of ours that was accepted is on the chain")
    )
    evidence: dict[str, Any] | None = {"form": EVIDENCE, "call": call.id, "chain": chain.chain, "dropped": [{"commitment": bid.commitment, "receipt": text} for bid, text in lost]} if lost else None  # fmt: skip
    if call.result is None:
        open_ = now_ms(world) < call.reveal_until
        findings.append(_said("RESULT_NAMED", None if open_ else False, "结果已公布", "the result was published"))
        return Checked(call, tuple(findings), evidence)
    findings += _root(chain, call, ours)
    sheets = {sheet["sheet"]["bid"]: sheet for sheet in own_sheets(world, call)}
    for bid in (*ours, *carried):
        where = own_bid(chain, bid.commitment)
        if where is None or where[1]["revealed"] is None:
            continue
        sheet = sheets.get(where[1]["bid"])
        if where[1]["bid"] in call.result["void"]:
            findings.append(_said("BID_VOID", False, "运营方称标书作废:请审计方核对", "the operator says the bid was void: the auditor can tell", bid=where[1]["bid"]))  # fmt: skip
        elif call.operator != chain.me:
            findings += [_said("SHEET_RECEIVED", sheet is not None, "收到结果单,且与链上摘要相符", "our sheet came, and it is under the digest on the chain", bid=where[1]["bid"])]  # fmt: skip
            findings += [] if sheet is None else _sheet(world, call, bid, sheet)
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
            _said(
                "BID_UNDER_ROOT",
                under,
                "标书在结果的承诺根之下",
                "our bid is under the root of the result",
                bid=where[1]["bid"],
            )
        )
    found.append(
        _said(
            "ROOT_OF_CHAIN",
            root == result["root"],
            "承诺根由链上全部标书算出",
            "the root is that of all bids on the chain",
        )
    )
    return found


def _sheet(world: World, call: Call, bid: own.OwnBid, value: Mapping[str, Any]) -> list[Finding]:
    sheet, shown = value["sheet"], value["published"]
    result = call.result or {}
    named_by_chain = digest("market_published", shown) == result["published"]
    found = [
        _said("OWN_SHEET", sheet.get("nonce") == bid.nonce, "结果单是这份标书的", "the sheet is of this bid", bid=sheet["bid"]),
        _said("PUBLISHED", named_by_chain, "公布的结果与链上摘要相符", "what is published is what the chain has the digest of"),
    ]  # fmt: skip
    try:
        return [*found, *(_told(world, call, bid, sheet, shown) if named_by_chain else ())]
    except (KeyError, TypeError, AttributeError, IndexError):  # the operator's own making: it can't be read as a sheet
        return [*found, _said("SHEET_MALFORMED", False, "结果单的格式不对", "the sheet is malformed", bid=sheet["bid"])]


def _told(
    world: World, call: Call, bid: own.OwnBid, sheet: Mapping[str, Any], shown: Mapping[str, Any]
) -> list[Finding]:
    rows, exact, mark = (
        sum(len(sheet[side]) for side in SIDES) + len(sheet["void"]),
        shown["stable"]["exact"],
        sheet["bid"],
    )
    seeds = sheet["seed"] == (call.result or {})["seed"] == shown["seed"]
    found = [
        _said("SEED", seeds, "抽签种子一致", "the seed of the lottery is the published one"),
        _said(
            "ALL_ROWS", rows == len(bid.postings), "每一行都有交代", "every row of the bid is accounted for", bid=mark
        ),
        *_as_posted(world, call, bid, sheet, shown),
    ]
    cuts = {(cut["name"], cut["class"]): cut for cut in shown["stable"]["cut_offs"] if cut["at"] == "mandate"}
    if sheet["requests"]:
        blocks = any(_blocks(row, cuts) for row in sheet["requests"])
        # Where the matching is not exact, blocking pairs may be: they are counted in what is published, and the auditor has the list.
        holds = not blocks if exact else None if blocks else True
        found.append(_said("NOTHING_BLOCKS", holds, "没有哪家资金方越过录取线拒绝了我们", "no mandate whose cut-off we stand before, and would rather have, left us out", bid=mark))  # fmt: skip
    if sheet["mandates"]:
        above = [row for mandate in sheet["mandates"] for row in mandate["above"]["first"]]
        worse = any(not 0 < row["took"] <= row["choice"] for row in above)
        holds = not worse if exact else None if worse else True
        found.append(_said("NOBODY_PASSED_OVER", holds, "录取线之前而未成交者都得到了更好的", "whoever stands before our cut-off without us took something better", bid=mark))  # fmt: skip
    return found


def _as_posted(
    world: World, call: Call, bid: own.OwnBid, sheet: Mapping[str, Any], shown: Mapping[str, Any]
) -> list[Finding]:
    """That our budgets are in it as we posted them, and that nothing was said to be matched before that was not. Of a bid that stands from an
    earlier call, what fell or was offered again since is the operator's to know: then it is open, not wrong."""
    me = world.chain.me if world.chain is not None else ""
    fresh = bid.call == call.id
    ours = list(matches(world))
    found = []
    before = [row for row in sheet["void"] if row["code"] == "MATCHED_BEFORE"]
    if before:
        known = {match.request for match in ours if match.call != call.id}
        true = len(before) <= sum(own_id in known for own_id, _ in bid.postings)
        found.append(
            _said(
                "MATCHED_BEFORE",
                true,
                "称已成交的确已成交",
                "what is said to have been matched before was",
                bid=sheet["bid"],
            )
        )
    document = own.again(world, bid, me, {each.seq: each for each in postings(world, ended=True)})
    if isinstance(document, Refusal) or not sheet["mandates"]:
        return found
    budgets = {each["mandate"]: each["budget_fen"] for each in sheet["mandates"]}
    unit, same = shown["rules"]["unit_fen"], True
    void = {row["row"] for row in sheet["void"] if row["side"] == "mandates"}
    for number, row in enumerate(document["rows"]["mandates"], 1):
        taken = sum(
            match.amount_fen
            for match in ours
            if match.mandate == row["mandate"] and match.call != call.id and match.seq > bid.seq
        )
        left = max(0, int(row["budget_fen"]) - taken) // unit * unit
        same &= number in void or budgets.get(qualified(call.operator, me, row["mandate"])) == left
    found.append(_said("BUDGET_AS_POSTED", same or (None if not fresh else False), "预算与提交的一致", "our budgets are in it as we posted them", bid=sheet["bid"]))  # fmt: skip
    return found


def _blocks(row: Mapping[str, Any], cuts: Mapping[tuple[str, str], Mapping[str, Any]]) -> bool:
    """Whether there is a mandate that the request would rather have, without a cover, and that took somebody who stands behind it."""
    worst = max((match["choice"] for match in row["stable"]), default=10**9)
    for option in row["options"]:
        if option["cover"] is not None or option["choice"] >= worst:
            continue
        cut = cuts.get((option["mandate"], "reserved" if row["reserved"] else "others")) or cuts.get(
            (option["mandate"], "all")
        )
        if cut is None or any(match["mandate"] == option["mandate"] for match in row["stable"]):
            continue
        mine = (option["tier"], -option["value_ppm"], option["lot"])
        if cut["open"] or (cut["value_ppm"] is not None and mine < (cut["tier"], -cut["value_ppm"], cut["lot"])):
            return True
    return False


def _is_under(call: Call, value: Mapping[str, Any]) -> bool:
    """Whether it has the form of a sheet with its path, and the root on the chain is above it."""
    sheet, place, count, path = (value.get(name) for name in ("sheet", "place", "count", "path"))
    if not (
        isinstance(sheet, dict)
        and sheet.get("form") == SHEET
        and isinstance(path, list)
        and isinstance(value.get("published"), dict)
    ):
        return False
    if (
        type(place) is not int
        or type(count) is not int
        or not all(isinstance(step, str) and len(step) == 64 for step in path)
    ):
        return False
    try:
        steps = [bytes.fromhex(step) for step in path]
        return tree.check_inclusion(
            sheet_leaf(sheet), place, count, steps, bytes.fromhex((call.result or {})["sheets"])
        )
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


def offer_days(shown: Mapping[str, Any]) -> int:
    """For how many days a match is held open, by the rules of the call."""
    days = shown.get("rules", {}).get("call", {}).get("offer_days", 0)
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


def _said(code: str, holds: bool | None, zh: str, en: str, bid: str | None = None) -> Finding:
    mark = "" if bid is None else f" ({bid[:8]})"
    return Finding(code, holds, zh + mark, en + mark)
