"""A sheet held against what we bid ourselves: whether it is of our bid, whole, as we posted it, and nothing in it blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kemiao.bank.market import bids as own
from kemiao.bank.market.book import qualified
from kemiao.bank.market.calls import Call
from kemiao.bank.market.matches import matches
from kemiao.bank.market.own_terms import by_own_id, within
from kemiao.bank.market.postings import SIDES, postings
from kemiao.bank.market.terms import Terms, frozen_on, terms_of
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Finding:
    """holds: None where it can't be told yet, or does not apply."""

    code: str
    holds: bool | None
    zh: str
    en: str


def on_sheet(world: World, call: Call, bid: own.OwnBid, value: Mapping[str, Any]) -> list[Finding]:
    """value: a sheet that is under the root on the chain, and what was published with it."""
    sheet, shown = value["sheet"], value["published"]
    result = call.result or {}
    named_by_chain = digest("market_published", shown) == result["published"]
    found = [
        said("OWN_SHEET", sheet.get("nonce") == bid.nonce, "结果单是这份标书的", "the sheet is of this bid", bid=sheet["bid"]),
        said("PUBLISHED", named_by_chain, "公布的结果与链上摘要相符", "what is published is what the chain has the digest of"),
    ]  # fmt: skip
    try:
        return [*found, *(_told(world, call, bid, sheet, shown) if named_by_chain else ())]
    except (KeyError, TypeError, AttributeError, IndexError):  # the operator's own making: it can't be read as a sheet
        return [*found, said("SHEET_MALFORMED", False, "结果单的格式不对", "the sheet is malformed", bid=sheet["bid"])]


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
        said("SEED", seeds, "抽签种子一致", "the seed of the lottery is the published one"),
        said(
            "ALL_ROWS", rows == len(bid.postings), "每一行都有交代", "every row of the bid is accounted for", bid=mark
        ),
        *_as_posted(world, call, bid, sheet, shown),
    ]
    cuts = {(cut["name"], cut["class"]): cut for cut in shown["stable"]["cut_offs"] if cut["at"] == "mandate"}
    if sheet["requests"]:
        blocks = any(_blocks(row, cuts) for row in sheet["requests"])
        # Where the matching is not exact, blocking pairs may be: they are counted in what is published, and the auditor has the list.
        holds = not blocks if exact else None if blocks else True
        found.append(said("NOTHING_BLOCKS", holds, "没有哪家资金方越过录取线拒绝了我们", "no mandate whose cut-off we stand before, and would rather have, left us out", bid=mark))  # fmt: skip
    if sheet["mandates"]:
        above = [row for mandate in sheet["mandates"] for row in mandate["above"]["first"]]
        worse = any(not 0 < row["took"] <= row["choice"] for row in above)
        holds = not worse if exact else None if worse else True
        found.append(said("NOBODY_PASSED_OVER", holds, "录取线之前而未成交者都得到了更好的", "whoever stands before our cut-off without us took something better", bid=mark))  # fmt: skip
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
            said(
                "MATCHED_BEFORE",
                true,
                "称已成交的确已成交",
                "what is said to have been matched before was",
                bid=sheet["bid"],
            )
        )
    document = own.again(world, bid, me, {each.seq: each for each in postings(world, ended=True)})
    if isinstance(document, Refusal):
        return found
    terms = terms_of(frozen_on(world, world.clock.today()))
    if isinstance(terms, Terms):
        prefix = qualified(call.operator, me, "")
        allowed = all(
            within(side, document["rows"][side], by_own_id(side, sheet[side], prefix), terms, sheet["cleared"])
            for side in SIDES
        )
        found.append(said("TERMS_AS_POSTED", allowed, "成交都在我们提交的条件之内", "every match is within the terms that we posted", bid=sheet["bid"]))  # fmt: skip
    if not sheet["mandates"]:
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
    found.append(said("BUDGET_AS_POSTED", same or (None if not fresh else False), "预算与提交的一致", "our budgets are in it as we posted them", bid=sheet["bid"]))  # fmt: skip
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


def said(code: str, holds: bool | None, zh: str, en: str, bid: str | None = None) -> Finding:
    mark = "" if bid is None else f" ({bid[:8]})"
    return Finding(code, holds, zh + mark, en + mark)
