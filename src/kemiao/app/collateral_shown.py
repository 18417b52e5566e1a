"""Rights in words: who ranks where, since when, for how much, until when, and what looks like the same thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kemiao.app.door import Door
from kemiao.base.china_time import when

KINDS = {
    "invoice": ("应收账款(发票)", "receivable (invoice)"), "machine": ("设备", "machine"), "stock": ("存货或仓单", "stock"),
    "patent": ("专利", "patent"), "other": ("其他", "other"), "movables": ("现有及将有的全部动产", "all movables, present and future"),
}  # fmt: skip
STATES = {"standing": ("有效", "stands"), "released": ("已解除", "released"), "lapsed": ("已届满", "lapsed"), "distrusted": ("登记密钥不可信", "by a distrusted key")}  # fmt: skip
ACTS = {"register": ("登记", "registered"), "transfer": ("转让", "transferred"), "release": ("解除", "released"), "renew": ("展期", "renewed")}  # fmt: skip


def weak(suspicion: Mapping[str, Any], word: str) -> str:
    """What consecutive numbers alone are called."""
    return word if suspicion["weight"] == "weak" else ""


def right_words(door: Door, right: Mapping[str, Any]) -> str:
    from kemiao.base.money import yuan_text
    from kemiao.law.priority import KINDS as RIGHTS

    thing, kind = door.word(*KINDS[right["asset"]["kind"]]), door.word(*RIGHTS[right["right"]])
    part = ""
    if right["total_fen"] is not None:
        part = door.word(
            f",出质 {yuan_text(right['pledged_fen'])} / {yuan_text(right['total_fen'])} 元",
            f", pledged {yuan_text(right['pledged_fen'])} of {yuan_text(right['total_fen'])} yuan",
        )
    return door.word(
        f"{thing} · {kind} · 权利人 {right['holder']} · 债务人 {right['debtor']} · 债权 {yuan_text(right['claim_fen'])} 元{part} · 至 {right['until']} · {door.word(*STATES[right['state']])}",
        f"{thing} · {kind} · held by {right['holder']} · debtor {right['debtor']} · claim {yuan_text(right['claim_fen'])} yuan{part} · until {right['until']} · {door.word(*STATES[right['state']])}",
    )


def registered(door: Door, right: Mapping[str, Any], notes: Sequence[Mapping[str, Any]], odd: bool) -> None:
    door.text(door.word("已登记 ", "registered ") + right["id"])
    door.text("  " + right_words(door, right))
    ranks = [note for note in notes if note["code"] == "RANK"]
    for note in ranks:
        behind = note["where"]["behind"]
        after = door.word(f",在 {behind} 之后", f", behind {behind}") if behind else door.word(",在其他权利之前", ", before the others")  # fmt: skip
        door.text("  " + note[door.lang] + after)
    if not ranks:
        door.text("  " + door.word("其上只有这一项权利,顺位第 1", "it is the only right over the thing: rank 1"))
    for note in notes:
        if note["code"] == "SUSPICION":
            door.text("  ! " + note[door.lang] + f"  ({note['where']['right']})")
    if odd:
        door.text("  ! " + door.word("专利号的校验位不对,请核对", "the check digit of the patent's number is wrong: look again"))  # fmt: skip


def rights_table(door: Door, rights: Sequence[Mapping[str, Any]]) -> None:
    from kemiao.base.money import yuan_text
    from kemiao.law.priority import KINDS as RIGHTS

    titles = [door.word(*pair) for pair in (
        ("顺位", "rank"), ("依据", "by"), ("权利人", "holder"), ("权利", "right"), ("物", "thing"), ("登记于", "since"), ("债权(元)", "claim, yuan"),
        ("出质(元)", "pledged, yuan"), ("至", "until"), ("编号", "id"),
    )]  # fmt: skip
    door.table("", titles, [
        (
            each["rank"], each[f"ground_{door.lang}"], each["holder"], door.word(*RIGHTS[each["right"]]), door.word(*KINDS[each["asset"]["kind"]]),
            when(each["registered_at"]), yuan_text(each["claim_fen"]), None if each["pledged_fen"] is None else yuan_text(each["pledged_fen"]), each["until"], each["id"][:16],
        )
        for each in rights
    ])  # fmt: skip
    for each in rights:
        for other in each["suspicions"]:
            door.text(door.word(
                f"! {each['id'][:16]}({each['holder']})与 {other['right'][:16]}({other['holder']}){weak(other, '弱')}疑似重复:{other['zh']}",
                f"! {each['id'][:16]} ({each['holder']}) may be over the same thing as {other['right'][:16]} ({other['holder']}){weak(other, ', weak')}: {other['en']}",
            ))  # fmt: skip


def acts(door: Door, right: Mapping[str, Any]) -> None:
    from kemiao.base.money import yuan_text

    rank = door.word(f" · 顺位第 {right['rank']}", f" · rank {right['rank']}") if right["rank"] else ""
    door.text(f"{right['id']}\n  {right_words(door, right)}{rank}")
    for act in right["acts"]:
        more = act.get("to") or act.get("until") or ""
        if act["act"] == "release":
            more = door.word("全部", "all") if act["amount_fen"] is None else yuan_text(act["amount_fen"])
        void = "" if act["counts"] else door.word("  (不算数:密钥不可信或当时不是权利人)", "  (does not count: a distrusted key, or not the holder)")  # fmt: skip
        door.text(f"  {when(act['at'])}  {act['by']}  {door.word(*ACTS[act['act']])} {more}  {act['entry'][:16]}{void}")
    for each in right["suspicions"]:
        door.text("  ! " + door.word(f"与 {each['right']}({each['holder']}){weak(each, '弱')}疑似重复:{each['zh']}", f"may be over the same thing as {each['right']} ({each['holder']}){weak(each, ', weak')}: {each['en']}"))  # fmt: skip


def searches_table(door: Door, searches: Sequence[Mapping[str, Any]]) -> None:
    titles = [door.word(*pair) for pair in (("时间", "when"), ("查询方", "who"), ("事由", "reason"), ("所查", "what"), ("查到", "found"))]  # fmt: skip
    door.table("", titles, [
        (when(each["at"]), each["by"], each["reason"] or door.word("未说明", "not stated"), door.word(*KINDS[each["asset"]["kind"]]) if each["asset"] else door.word("全部登记", "all that is registered"), each["found"])
        for each in searches
    ])  # fmt: skip
