"""What was proved, by whom, when, and what was not: in plain Chinese and English, line by line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from kemiao_verify.entry import KINDS

_BEIJING = timezone(timedelta(hours=8))
_LATEST = 253_402_300_799_999  # the last millisecond of the year 9999
_SHOWN = 4000  # letters of a body
_TITLES = {
    "entry": ("这个条目在链上", "this entry stands in the chain"),
    "row": ("这一行在链上一份存证声明的批次之中", "this row is in a batch that was attested on the chain"),
    "decision": ("这项决定已记在链上", "this decision is recorded in the chain"),
    "consistency": ("旧树头是新树头的开头", "the older head is the beginning of the newer one"),
}  # fmt: skip
_OUTCOMES = {
    "promised": ("节点签过回执,承诺收录该条目", "the node gave its word to keep this entry"),
    "kept": ("节点守了信:条目在它承诺的位置上", "the node kept its word: the entry stands where it promised"),
    "broken": ("节点没有守信:它承诺的位置上是别的内容", "the node broke its word: something else stands in the promised place"),
}  # fmt: skip


def told(facts: Mapping[str, Any], lang: str) -> list[str]:
    """Lines for people. Whatever came out of the file is written so that a terminal shows it and does nothing else."""
    say = _Words(lang)
    receipt = facts["receipt"]
    title = _OUTCOMES[receipt["outcome"]] if receipt else _TITLES[facts["what"]]
    lines = [say("证明成立:" + title[0], "PROVED: " + title[1]), ""]
    if facts["entry"]:
        lines += _entry(facts["entry"], say)
    if facts["row"]:
        lines += _row(facts["row"], say)
    if facts["decision"]:
        lines += _decision(facts["decision"], say)
    if receipt:
        lines += _receipt(receipt, say)
    lines += _heads(facts, say)
    lines += ["", say("没有证明的:", "NOT proved:")]
    return lines + ["  - " + line for line in _not_proved(facts, say)]


def plain(text: object) -> str:
    """Text of strangers: no control characters, no marks that turn the direction of writing."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in str(text))


def when(at: int) -> str:
    """Both zones, so that nobody has to guess which."""
    if at > _LATEST:
        return f"{at} ms"
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    local = instant.astimezone(_BEIJING) if at <= _LATEST - 28_800_000 else instant
    return f"{local.isoformat(sep=' ', timespec='milliseconds')} (UTC {instant:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z)"


class _Words:
    def __init__(self, lang: str) -> None:
        self._zh = lang == "zh"

    def __call__(self, zh: str, en: str) -> str:
        return zh if self._zh else en

    def who(self, signer: Mapping[str, Any]) -> str:
        roles = ", ".join(signer["roles"])
        text = f"{signer['name']} [{signer['participant']}; {roles}]"
        return plain(text + self(f"(密钥 {signer['key']},{signer['suite']})", f" (key {signer['key']}, {signer['suite']})"))  # fmt: skip


def _entry(entry: Mapping[str, Any], say: _Words) -> list[str]:
    kind = KINDS[entry["kind"]]
    lines = [
        say(f"内容:  {kind[1]}({entry['kind']}),条目 {entry['id']}", f"what:    {kind[2]} ({entry['kind']}), entry {entry['id']}"),
        say(f"签署:  {say.who(entry['signed_by'])},其第 {entry['sequence']} 个条目", f"signed:  by {say.who(entry['signed_by'])}, its entry no. {entry['sequence']}"),
        say(f"时间:  {when(entry['at'])},以节点的时钟为准", f"when:    {when(entry['at'])}, by the clock of the node that accepted it"),
        say(f"位置:  第 {entry['index']} 号(从 0 起,0 号为创世记录)", f"place:   number {entry['index']} (from 0, which is the genesis)"),
    ]  # fmt: skip
    if entry["subject"] is not None:
        lines.append(plain(say(f"关于:  {entry['subject']}", f"about:   {entry['subject']}")))
    if entry["about"] is not None:
        days = f"{entry['about']['from']} – {entry['about']['until']}"
        lines.append(say(f"期间:  {days}(含首尾两日)", f"period:  {days}, both days included"))
    if entry["basis"] is not None:
        ((name, text),) = entry["basis"].items()
        lines.append(plain(say(f"依据:  {name}:{text}", f"basis:   {name}: {text}")))
    if entry["commitment"] is not None:
        lines.append(say(f"加盐承诺:{entry['commitment']}(内容不公开)", f"salted commitment: {entry['commitment']} (what is behind it is not public)"))  # fmt: skip
    if entry["refs"]:
        lines.append(say(f"引用:  {len(entry['refs'])} 个条目", f"refers:  to {len(entry['refs'])} entries"))
    body = json.dumps(entry["body"], ensure_ascii=False, indent=2, sort_keys=True)
    cut = body if len(body) <= _SHOWN else body[:_SHOWN] + " …"
    return [*lines, say("原文:", "it says:"), *("  " + plain(line) for line in cut.split("\n"))]


def _row(row: Mapping[str, Any], say: _Words) -> list[str]:
    table = plain(row["table"]) if row["table"] else None
    zh, en = (f"{table} 表,", f", table {table}") if table else ("", "")
    lines = ["", say(f"行:    {zh}第 {row['number'] + 1} 行,共 {row['of']} 行", f"row:     {row['number'] + 1} of {row['of']}{en}")]  # fmt: skip
    return lines + [f"  {plain(column)} = {say('(空)', '(null)') if cell is None else plain(cell)}" for column, cell in row["cells"]]  # fmt: skip


def _decision(decision: Mapping[str, Any], say: _Words) -> list[str]:
    return [
        "",
        plain(say(f"决定:  {decision['id']}", f"decision: {decision['id']}")) + say(f"(第 {decision['number'] + 1} 项,共 {decision['of']} 项)", f" ({decision['number'] + 1} of {decision['of']} under this entry)"),
        say(f"银行日志中的承诺:{decision['commitment']}", f"commitment in the bank's log: {decision['commitment']}"),
    ]  # fmt: skip


def _receipt(receipt: Mapping[str, Any], say: _Words) -> list[str]:
    lines = [
        say(f"回执:  {say.who(receipt['given_by'])} 签署", f"receipt: signed by {say.who(receipt['given_by'])}"),
        say(f"承诺:  条目 {receipt['id']} 位于第 {receipt['index']} 号,{when(receipt['at'])}", f"promise: entry {receipt['id']} at number {receipt['index']}, {when(receipt['at'])}"),
    ]  # fmt: skip
    if receipt["outcome"] == "broken":
        standing = receipt["standing"]
        lines.append(say(f"实际:  该位置是条目 {standing['id']},{when(standing['at'])}", f"in fact: entry {standing['id']} stands there, {when(standing['at'])}"))  # fmt: skip
    return lines


def _heads(facts: Mapping[str, Any], say: _Words) -> list[str]:
    head, older = facts["head"], facts["older"]
    lines = [] if facts["what"] == "consistency" else [""]
    if older is not None:
        by = say("、", ", ").join(map(say.who, older["signed_by"])) or say("没有已知节点签名", "no known node")
        lines += [
            say(f"旧树头:{older['size']} 个条目,根 {older['root']}", f"older head: {older['size']} entries, root {older['root']}"),
            say(f"  签名:{by}", f"  signed by {by}"),
        ]  # fmt: skip
    by = say("、", ", ").join(map(say.who, head["signed_by"]))
    lines += [
        say(f"树头:  {head['size']} 个条目,根 {head['root']}", f"head:    {head['size']} entries stood there, root {head['root']}"),
        say(f"  签名:{by}", f"  signed by {by}"),
    ]  # fmt: skip
    if facts["head_compared"]:
        lines.append(say("  与您给出的树头一致", "  it agrees with the head that you gave"))
    name = plain(facts["chain_name"] or "?")
    lines.append(say(f"链:    {name},{facts['chain']}", f"chain:   {name}, {facts['chain']}"))
    if facts["chain_compared"]:
        lines.append(say("  与您给出的链标识相同", "  the id is the one that you gave"))
    else:
        lines.append(say("  注意:链标识只是从文件里读来的。任何人都能自造一条链,所以这不说明它是哪条链;请从可靠处取得链标识,用 --chain 核对", "  CAUTION: the id was only read from the file. Anybody can make a chain of their own, so this says nothing about which chain it is: get the id from where you trust it, and give it with --chain"))  # fmt: skip
    return lines


def _not_proved(facts: Mapping[str, Any], say: _Words) -> list[str]:
    lines = []
    if facts["entry"]:
        lines += [
            say("所说的内容属实(只证明谁在何时说过)", "that what was said is true (only who said it, and when)"),
            say("清单完整:可能还有别的条目、撤回、反驳或解除没有放进这个文件", "that this is all: other entries, a withdrawal, a contradiction or a release may be missing from this file"),
            say("密钥从未失窃:文件只带有出具者放入的更换记录", "that no key was stolen: the file has those changes of keys that its maker put in"),
        ]  # fmt: skip
    if facts["receipt"] and facts["receipt"]["outcome"] == "promised":
        lines.append(say("条目已被收录,或被丢弃:树头尚未到达该位置,或文件没有带上", "that the entry was kept, or dropped: the head does not reach its place yet, or the file leaves it out"))  # fmt: skip
    if facts["receipt"] and facts["receipt"]["outcome"] == "kept":
        lines.append(say("所说的内容属实", "that what the entry says is true"))
    if facts["older"] and not facts["older"]["signed_by"]:
        lines.append(say("旧树头由节点出具:它没有已知节点的签名", "that a node gave out the older head: no known node signed it"))  # fmt: skip
    lines.append(say("此后没有分叉:节点可能给别人看了另一条链;请与他人比对树头", "that no fork exists or follows: the node may show others another chain; compare heads with them"))  # fmt: skip
    if not facts["chain_compared"]:
        lines.append(say("这是哪条链(见上)", "which chain this is (see above)"))
    return lines
