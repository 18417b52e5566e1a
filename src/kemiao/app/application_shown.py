"""How applications are told: as one JSON document, as a table, as what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kemiao.app.door import Door

if TYPE_CHECKING:
    from datetime import date

    from kemiao.bank.lending.applications import Application


def as_json(found: Application, day: date) -> dict[str, Any]:
    return {
        "application": found.id, "company": found.company, "state": found.word(day), "until": found.until, **dict(found.asked),
        "offer": found.offer, "contract": found.contract, "loan": found.loan, "disbursed_fen": found.disbursed_fen,
        "declined_for": list(found.why), "ticked": dict(found.ticks),
        "steps": [{"at": event.at, **dict(event.public)} for event in found.steps],
    }  # fmt: skip


def brief(found: Application, day: date) -> dict[str, Any]:
    return {
        "application": found.id, "company": found.company, "state": found.word(day), "until": found.until, "product": found.asked["product"],
        "amount_fen": found.asked["amount_fen"], "months": found.asked["months"], "round": found.round, "loan": found.loan,
        "disbursed_fen": found.disbursed_fen,
    }  # fmt: skip


def show_list(door: Door, found: Iterable[Application], day: date) -> None:
    from kemiao.bank.lending.applications import WORDS
    from kemiao.base.money import short_text

    titles = [
        door.word(*pair)
        for pair in (
            ("申请", "application"), ("企业", "company"), ("产品", "product"), ("金额", "amount"), ("月", "months"), ("状态", "state"),
            ("期限", "until"), ("贷款", "loan"),
        )
    ]  # fmt: skip
    door.table("", titles, [
        [each.id, each.company, each.asked["product"], short_text(each.asked["amount_fen"], door.lang), each.asked["months"], door.word(*WORDS[each.word(day)]), each.until, each.loan]
        for each in found
    ], ("没有这样的申请", "there are no such applications"))  # fmt: skip


def show(door: Door, found: Application, day: date) -> None:
    from kemiao.bank.lending.applications import WORDS
    from kemiao.base.money import yuan_text
    from kemiao.base.rates import percent_text

    word = door.word
    door.text(f"{found.id}  {word(*WORDS[found.word(day)])}" + (f"  {word('至', 'until')} {found.until}" if found.until else ""))  # fmt: skip
    door.text(f"{found.company}  {found.asked['product']}  {yuan_text(found.asked['amount_fen'])} {word('元', 'yuan')} × {found.asked['months']} {word('个月', 'months')}  {found.asked['purpose']}")  # fmt: skip
    for why in found.why:
        door.text(f"  {why['code']}  {why[door.lang]}")
    if found.offer is not None:
        apr = found.offer["apr_ppm"]
        door.text(word(
            f"要约:年利率 {percent_text(found.offer['terms']['rate_ppm'])},年化综合成本 {'—' if apr is None else percent_text(apr)},依据 {found.offer['decision']}",
            f"offer: {percent_text(found.offer['terms']['rate_ppm'])} a year, {'—' if apr is None else percent_text(apr)} with all fees; rests on {found.offer['decision']}",
        ))  # fmt: skip
        show_exposure(door, found.offer.get("exposure", {}))
        for each in found.offer["conditions"]:
            mark = "✓" if each["code"] in found.ticks else "·"
            when = word("签署前", "before signing") if each["at"] == "signing" else word("放款前", "before payment")
            door.text(f"  {mark} {each['code']}  {each[door.lang]}  ({when})")
    if found.loan is not None:
        door.text(f"{word('贷款', 'loan')} {found.loan}  {word('已放', 'paid out')} {yuan_text(found.disbursed_fen)}")
    rows = [
        (event.at[:19], word(*WORDS[event.public["step"]]), event.public["by"] or event.public.get("applicant"), event.public["minutes"], event.public["machine_ms"])
        for event in found.steps
    ]  # fmt: skip
    door.table("", [word("时间", "at"), word("步骤", "step"), word("经办", "by"), word("人工(分)", "minutes"), word("机器(毫秒)", "machine, ms")], rows)  # fmt: skip


def show_exposure(door: Door, seen: Mapping[str, Any]) -> None:
    """What the bank had with the company beside the offer; nothing where that was nothing."""
    from kemiao.base.money import yuan_text

    words = (
        ("owed_fen", "已欠本行", "owes this bank"), ("undrawn_fen", "已签未放", "agreed, not paid out"), ("offered_fen", "其他要约", "offered elsewhere"),
        ("group_fen", "同一控制下其他企业欠款", "owed by others under the same control"),
    )  # fmt: skip
    parts = [f"{door.word(zh, en)} {yuan_text(seen[name])}" for name, zh, en in words if name in seen]
    if parts:
        door.text(f"  {door.word('另有授信(元)', 'beside it (yuan)')}: {door.word(';', '; ').join(parts)}")


def next_step(door: Door, found: Application, day: date) -> None:
    """What is to be done now, by whom, as a command."""
    following = {
        "applied": f"kemiao offer {found.id}", "offered": f"kemiao accept {found.id}", "accepted": f"kemiao sign {found.id}",
        "proposed": "kemiao sign CONTRACT.json", "signed": f"kemiao disburse {found.id}", "lapsed": f"kemiao application reopen {found.id}",
        "declined": f"kemiao application reopen {found.id}", "withdrawn": f"kemiao application reopen {found.id}",
    }  # fmt: skip
    command = following.get(found.word(day))
    if command is not None:
        door.say(f"下一步:{command}", f"next: {command}")


def show_schedule(door: Door, schedule: Sequence[Mapping[str, Any]]) -> None:
    from kemiao.base.money import yuan_text

    titles = [door.word(*pair) for pair in (("应还日", "due on"), ("可付至", "payable until"), ("利息", "interest"), ("本金", "principal"), ("费用", "fee"), ("余额", "balance"))]  # fmt: skip
    door.table("", titles, [
        [each["due_on"], each.get("paid_on") or each["due_on"], *(yuan_text(each[name] or 0) for name in ("interest_fen", "principal_fen", "fee_fen", "balance_fen"))]
        for each in schedule
    ])  # fmt: skip
