"""Consents, requests and readings as people read them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kemiao.app.door import Door
from kemiao.bank.commands.consent import Listing
from kemiao.bank.consent_notice import purposes_text
from kemiao.base.china_time import when
from kemiao.chain.views import ConsentSeen, RequestSeen
from kemiao.facts.tables import TABLES

CONSENT_STATES = {
    "standing": ("有效", "standing"), "not_yet": ("尚未开始", "not yet"), "expired": ("已到期", "expired"), "revoked": ("已撤回", "revoked"),
    "used_up": ("次数用完", "used up"), "distrusted": ("签署密钥已失信", "signed by a distrusted key"),
}  # fmt: skip
_REQUEST = {
    "waiting": ("待企业同意", "waits for the company"), "approved": ("已同意,未使用", "approved, not used"), "used": ("已使用", "used"),
    "answered": ("已另行授权", "answered by a consent"), "lapsed": ("所依授权已失效", "its consent has lapsed"),
}  # fmt: skip
_BASIS = {
    "consent": ("链上授权", "consent on the chain"), "paper": ("纸质授权", "consent on paper"), "office": ("职权", "office"),
    "own": ("自有", "own records"), "anonymised": ("匿名", "anonymised"),
}  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for one


def show_listing(door: Door, answer: Listing) -> None:
    columns = [
        door.word("编号", "id"), door.word("企业", "company"), door.word("机构", "reader"), door.word("表", "tables"), door.word("用途", "for"),
        door.word("期限", "term"), door.word("已用/上限", "used/limit"), door.word("状态", "state"),
    ]  # fmt: skip
    if answer.given:
        door.table(
            door.word("本企业给出的授权", "what we gave"), columns, (_consent(door, one) for one in answer.given)
        )
    if answer.held:
        door.table(door.word("本方持有的授权", "what we hold"), columns, (_consent(door, one) for one in answer.held))
    show_requests(door, answer.requests)
    if not (answer.given or answer.held or answer.requests):
        door.say("没有授权,也没有申请", "there are no consents and no requests")


def show_requests(door: Door, requests: Iterable[RequestSeen]) -> None:
    rows = [
        (one.id[:12], one.value["company"], one.value["reader"], tables_text(one.value["tables"], door.lang),
         purposes_text([one.value["purpose"]], door.lang), when(one.value["at"]),
         (one.value["consent"] or door.word("请求授权", "asks for one"))[:12], door.word(*_REQUEST[one.word]))
        for one in requests
    ]  # fmt: skip
    if rows:
        titles = [
            door.word("编号", "id"), door.word("企业", "company"), door.word("机构", "reader"), door.word("表", "tables"), door.word("用途", "for"),
            door.word("时间", "at"), door.word("授权", "consent"), door.word("状态", "state"),
        ]  # fmt: skip
        door.table(door.word("查询申请", "requests"), titles, rows)


def _consent(door: Door, one: ConsentSeen) -> tuple[str, ...]:
    value = one.value
    used = f"{value['used']}/{door.word('不限', 'no limit') if value['queries'] is None else value['queries']}"
    extra = [
        door.word("逐次同意", "each query asked") if value["ask"] else "",
        door.word("可转授", "may be passed on") if value["may_pass_on"] else "",
        door.word(f"账户 {'、'.join(value['accounts'])}", f"accounts {', '.join(value['accounts'])}") if value["accounts"] else "",
        door.word(f"转自 {value['by']}", f"passed on by {value['by']}") if value["parent"] else "",
    ]  # fmt: skip
    state = door.word(*CONSENT_STATES[one.word])
    words = [f"{state} {used}" if one.word == "used_up" else state, *(each for each in extra if each)]
    return (
        one.id[:12], value["company"], value["reader"], tables_text(value["tables"], door.lang), purposes_text(value["purposes"], door.lang),
        f"{value['from']} … {value['until']}", used, ("," if door.lang == "zh" else ", ").join(words),
    )  # fmt: skip


def show_reads(door: Door, rows: list[dict[str, Any]]) -> None:
    titles = [
        door.word("时间", "at"), door.word("机构", "reader"), door.word("用途", "for"), door.word("表", "tables"),
        door.word("依据", "basis"), door.word("条目", "entry"),
    ]  # fmt: skip
    door.table(
        "",
        titles,
        (
            (when(one["at"]), f"{one['name']}({one['reader']})", purposes_text([one["purpose"]], door.lang),
             _what(one, door.lang), _basis(one["basis"], door), one["id"][:12])
            for one in rows
        ),
    )  # fmt: skip
    door.say(f"共 {len(rows)} 次读取", f"{len(rows)} readings")


def write_csv(file: Path, rows: list[dict[str, Any]], lang: str) -> None:
    """With a mark of UTF-8 at its head, which spreadsheets need; no cell begins like a formula."""
    zh = lang == "zh"
    titles = ["时间", "机构", "名称", "用途", "表", "账户", "依据", "依据说明", "申请", "条目"] if zh else ["at", "reader", "name", "purpose", "tables", "accounts", "basis", "basis_text", "request", "entry"]  # fmt: skip
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(titles)
        for one in rows:
            ((kind, text),) = one["basis"].items()
            cells = [
                when(one["at"]), one["reader"], one["name"], one["purpose"], " ".join(one["tables"]), " ".join(one["accounts"] or []),
                kind, text, one["request"] or "", one["id"],
            ]  # fmt: skip
            writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])


def _what(one: Mapping[str, Any], lang: str) -> str:
    tables = tables_text(one["tables"], lang)
    return f"{tables} ({', '.join(one['accounts'])})" if one["accounts"] else tables


def _basis(basis: Mapping[str, str], door: Door) -> str:
    ((kind, text),) = basis.items()
    if kind == "paper":  # the paper's own name stays with the bank
        return door.word(*_BASIS[kind])
    return f"{door.word(*_BASIS[kind])} {text[:12] if kind == 'consent' else ' '.join(text.split())}"


def tables_text(tables: Iterable[str], lang: str) -> str:
    names = list(tables)
    if len(names) == len(TABLES):
        return "全部" if lang == "zh" else "all"
    return ("、" if lang == "zh" else ", ").join(
        (TABLES[name].zh if lang == "zh" else TABLES[name].en) if name in TABLES else name for name in names
    )
