"""Postings, calls, bids and what came of them, for people and for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kemiao.app.door import Door
from kemiao.base.china_time import when
from kemiao.base.money import short_text
from kemiao.base.rates import percent_text
from kemiao.base.refusal import Refusal

if TYPE_CHECKING:
    from kemiao.bank.commands.market_bid import Bid
    from kemiao.bank.commands.market_check import Checked
    from kemiao.bank.commands.market_replay import Replayed
    from kemiao.bank.market.calls import Call
    from kemiao.bank.market.postings import Posting

_SIDES = {"requests": ("需求", "request"), "mandates": ("资金", "mandate"), "covers": ("担保", "cover")}
_ENDED = {
    "withdrawn": ("已撤回", "withdrawn"),
    "matched": ("已成交", "matched"),
    "erased": ("已删除", "erased"),
    "": ("有效", "stands"),
}
_STAGES = {
    "commit": ("提交承诺", "commitments"), "reveal": ("揭示", "reveals"), "closed": ("待撮合", "to be cleared"), "cleared": ("已撮合", "cleared"),
}  # fmt: skip
_STATES = {
    "committed": ("已提交", "committed"),
    "revealed": ("已揭示", "revealed"),
    "withdrawn": ("已撤回", "withdrawn"),
}
_UNSHOWN = ("company", "request", "mandate", "cover")


def postings(door: Door, found: Sequence[Posting]) -> None:
    from kemiao.bank.commands.market_post import as_json

    if door.as_json:
        return door.lines([as_json(each) for each in found])
    rows = [
        (each.id, door.word(*_SIDES[each.side]), each.subject, "; ".join(_term(name, cell, door.lang) for name, cell in (each.row or {}).items() if name not in _UNSHOWN),
         short_text(each.used_fen, door.lang) if each.used_fen else "", door.word(*_ENDED[each.ended]))
        for each in found
    ]  # fmt: skip
    heads = (
        ("编号", "posting"),
        ("类别", "side"),
        ("企业", "company"),
        ("内容", "terms"),
        ("已成交", "matched"),
        ("状态", "state"),
    )
    return door.table("", [door.word(*pair) for pair in heads], rows, none=("没有挂牌", "nothing is posted"))


def _term(name: str, cell: str, lang: str) -> str:
    """Kept in whole fen and ppm; people read yuan and per cent."""
    if name.endswith("_fen") and cell.isdecimal():
        return f"{name.removesuffix('_fen')}={short_text(int(cell), lang)}"
    if name.endswith("_ppm") and cell.removeprefix("-").isdecimal():
        return f"{name.removesuffix('_ppm')}={percent_text(int(cell), 4)}"
    return f"{name}={cell}"


def call_json(call: Call, now: int) -> dict[str, Any]:
    return {
        "call": call.id, "number": call.number, "operator": call.operator or None, "auditor": call.auditor, "local": call.is_local, "stage": call.stage(now),
        "opened_at": call.opened_at, "commit_until": call.commit_until, "reveal_until": call.reveal_until, "day": call.day.isoformat(), "policy": call.policy,
        "result": dict(call.result) if call.result else None,
    }  # fmt: skip


def calls(door: Door, found: Sequence[Call], now: int) -> None:
    if door.as_json:
        return door.lines([call_json(call, now) for call in found])
    rows = [(call.number, call.id[:12], call.operator, call.auditor, when(call.commit_until), when(call.reveal_until), door.word(*_STAGES[call.stage(now)])) for call in found]  # fmt: skip
    heads = (("序号", "number"), ("编号", "call"), ("运营方", "operator"), ("审计方", "auditor"), ("提交截止", "commit until"), ("揭示截止", "reveal until"), ("阶段", "stage"))  # fmt: skip
    return door.table("", [door.word(*pair) for pair in heads], rows, none=("还没有撮合", "there is no call yet"))


def one_call(door: Door, call: Call, ours: Sequence[Bid], now: int) -> None:
    if door.as_json:
        return door.document({**call_json(call, now), "bids": [asdict(bid) for bid in ours]})
    calls(door, [call], now)
    for name in ("root", "seed", "result", "published", "sheets"):
        if call.result and name in call.result:
            door.text(f"{name:<10} {call.result[name]}")
    return bids(door, ours) if ours else None


def bids(door: Door, found: Sequence[Bid]) -> None:
    if door.as_json:
        return door.lines([asdict(bid) for bid in found])
    rows = [(bid.bid[:12], bid.commitment[:12], " ".join(bid.postings[:8]) + (" …" if len(bid.postings) > 8 else ""), door.word(*_STATES[bid.state])) for bid in found]  # fmt: skip
    heads = (("标书", "bid"), ("承诺", "commitment"), ("挂牌", "postings"), ("状态", "state"))
    return door.table("", [door.word(*pair) for pair in heads], rows, none=("没有标书", "no bids"))


def clear_call(door: Door, text: str, out: Path | None, rows: int) -> object:
    """kemiao market clear CALL [--out DIR]."""
    from kemiao.app.market_files import new_folder, write
    from kemiao.app.market_shown import show
    from kemiao.app.world import open_world
    from kemiao.bank.commands.market_clear_call import clear_call as clear

    folder = None if out is None else new_folder(out)
    with open_world(door) as world:
        done = clear(world, text)
    if isinstance(done, Refusal):
        return done
    if folder is not None:
        write(door, folder, done.settled.document)
    void = [*done.book["void"], *done.settled.void]
    if door.as_json:
        return door.document({
            "call": done.call.id, "document": done.settled.document, "matches": len(done.matches), "void": void, "told": list(done.told), "untold": list(done.untold),
        })  # fmt: skip
    show(door, done.settled.document, rows)
    for each in void[:rows]:
        door.say(f"未参加 {each['bid'][:8]}:{each['zh']}", f"took no part {each['bid'][:8]}: {each['en']}")
    if done.untold:
        door.say(
            f"没有封存密钥,结果单未发出:{'、'.join(done.untold)}",
            f"no sealing key, so no sheet was sent: {', '.join(done.untold)}",
        )
    return None


def result(door: Door, text: str | None, company: str | None, out: Path | None, rows: int) -> object:
    from kemiao.app.world import open_world
    from kemiao.bank.commands.market_check import own_sheets
    from kemiao.bank.market.calls import named
    from kemiao.bank.market.kept import settled_call
    from kemiao.credit.matching.result import published

    with open_world(door) as world:
        if world.chain is not None:
            world.chain.refresh()
        call = named(world, text)
        if isinstance(call, Refusal):
            return call
        if call.result is None:
            return Refusal.at("NO_RESULT_YET", "还没有结果", "there is no result yet", call=call.id)
        ours = call.is_local or (world.chain is not None and call.operator == world.chain.me)
        settled = settled_call(world, call.id) if ours else None
        sheets = [] if ours else own_sheets(world, call)
    if isinstance(settled, Refusal):
        return settled
    whole = settled.document if settled else None
    shown = published(whole) if whole is not None else (sheets[0]["published"] if sheets else None)
    if shown is None:
        return Refusal.at(
            "NO_SHEET",
            "没有收到与链上摘要相符的结果单",
            "no sheet came that is under the digest on the chain",
            call=call.id,
        )
    if out is not None:
        _written(out, shown)
    if whole is None:
        return _sheets(door, sheets, company)
    return _of_company(door, whole, company) if company else _whole(door, whole, rows)


def _whole(door: Door, whole: Mapping[str, Any], rows: int) -> None:
    from kemiao.app.market_shown import show

    door.document(whole) if door.as_json else show(door, whole, rows)


def _of_company(door: Door, whole: Mapping[str, Any], company: str) -> object:
    found = {
        name: [match for match in whole[name]["matches"] if match["company"] == company] for name in ("stable", "best")
    }
    if door.as_json:
        return door.document({"company": company, "cleared": whole["cleared"], **found})
    return _matched(door, found[whole["cleared"]])


def _sheets(door: Door, sheets: Sequence[Mapping[str, Any]], company: str | None) -> object:
    if door.as_json:
        return door.lines([each["sheet"] for each in sheets])
    for each in sheets:
        sheet = each["sheet"]
        kept = sheet["cleared"]
        rows = [match for side in ("requests", "mandates", "covers") for row in sheet[side] for match in row[kept]]
        _matched(door, [match for match in rows if company in (None, match["company"])])
        for row in sheet["requests"]:
            heads = (
                ("资金", "mandate"),
                ("担保", "cover"),
                ("志愿", "choice"),
                ("综合成本", "true cost"),
                ("档", "tier"),
                ("对方价值", "value to it"),
            )
            lines = [(option["mandate"], option["cover"], option["choice"], percent_text(option["cost_ppm"], 2), option["tier"], percent_text(option["value_ppm"], 4)) for option in row["options"]]  # fmt: skip
            door.table(
                door.word(f"{row['request']} 可签的资金", f"{row['request']}: what it could sign"),
                [door.word(*pair) for pair in heads],
                lines,
            )
        for row in sheet["void"]:
            door.say(f"第 {row['row']} 行未参加:{row['zh']}", f"row {row['row']} took no part: {row['en']}")
    return None


def _matched(door: Door, found: Sequence[Mapping[str, Any]]) -> None:
    heads = (
        ("企业", "company"),
        ("资金", "mandate"),
        ("担保", "cover"),
        ("金额", "amount"),
        ("期限", "months"),
        ("利率", "rate"),
        ("综合成本", "true cost"),
    )
    rows = [
        (match["company"], match["mandate"], match["cover"], short_text(match["amount_fen"], door.lang), match["months"], percent_text(match["rate_ppm"], 2), percent_text(match["cost_ppm"], 2))
        for match in found
    ]  # fmt: skip
    door.table("", [door.word(*pair) for pair in heads], rows, none=("没有成交", "nothing was matched"))


def checked(door: Door, done: Checked, out: Path | None) -> None:
    wrong = None if out is None or done.evidence is None else out
    if wrong is not None:
        _written(wrong, done.evidence)
    if door.as_json:
        return door.document({"call": done.call.id, "holds": done.holds, "findings": [asdict(each) for each in done.findings], "evidence": str(wrong) if wrong else None})  # fmt: skip
    marks = {True: ("✓", "✓"), False: ("✗", "✗"), None: ("未定", "open")}
    rows = [(door.word(*marks[each.holds]), each.code, door.word(each.zh, each.en)) for each in done.findings]
    door.table("", ["", door.word("编码", "code"), door.word("检查", "what was checked")], rows)
    if wrong:
        door.say(f"证据已写入 {wrong}", f"the evidence is in {wrong}")
    return None


def replayed(door: Door, done: Replayed) -> None:
    if door.as_json:
        return door.document({
            "call": done.call.id, "identical": done.identical, "differences": [asdict(each) for each in done.differences], "bids": done.bids, "opened": done.opened,
            "decisions": dict(done.decisions), "result": (done.call.result or {}).get("result"),
        })  # fmt: skip
    door.text(door.word(
        f"重放 {done.call.number}:{'一致' if done.identical else '不一致'};标书 {done.bids},审计方已打开 {done.opened}",
        f"call {done.call.number} computed again: {'identical' if done.identical else 'differs'}; {done.bids} bids, {done.opened} opened by us",
    ))  # fmt: skip
    rows = [(each.code, each.bid[:12], door.word(each.zh, each.en)) for each in done.differences]
    return (
        door.table("", [door.word("编码", "code"), door.word("标书", "bid"), door.word("差别", "difference")], rows)
        if rows
        else None
    )


def _written(out: Path, value: Any) -> None:
    from kemiao.app.whole_file import whole_file
    from kemiao.base.canonical import canonical_bytes

    with whole_file(out) as room:
        room.stream.write(canonical_bytes(value) + b"\n")
