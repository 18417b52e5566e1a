"""The chain side of a decision, for people."""

from __future__ import annotations

from kemiao.app.consent_shown import CONSENT_STATES, tables_text
from kemiao.app.door import Door
from kemiao.bank.consent_notice import purposes_text
from kemiao.base.china_time import when

_WHAT = {
    "model": ("模型", "model"), "policy": ("政策", "policy"), "law": ("法规", "law"), "technology_reference": ("技术参照", "technology reference"),
    "model_watch": ("模型监测", "watch of a model"),
}  # fmt: skip
_EVENTS = {
    "fitted": ("训练", "fitted"), "imported": ("导入", "imported"), "promoted": ("启用", "promoted"), "retired": ("退役", "retired"),
    "kept": ("留存", "kept"), "made": ("建立", "made"), "watched": ("监测", "watched"),
}  # fmt: skip


def add_chain(door: Door, root, chain) -> None:
    """root: a rich Tree. chain: as bank.chain_trace gives it."""
    branch = root.add(door.word(f"共享链 {chain['chain'][:16]}", f"shared chain {chain['chain'][:16]}"))
    decision = chain["decision"]
    if decision is None:
        branch.add(
            door.word("决定等待上链(kemiao chain submit)", "the decision waits for the chain (kemiao chain submit)")
        )
    else:
        branch.add(f"{door.word('决定', 'decision')}  {_at(decision)}")
    for each in chain["attestations"]:
        name = door.word(f"批次 {each['batch']} 的声明", f"attestation of batch {each['batch']}")
        if each["entry"] is None:
            branch.add(f"{name}  {door.word('尚未上链', 'not on the chain yet')}")
            continue
        shown = branch.add(f"{name}  {each['author']}  {_at(each)}{door.word('  已被反驳', '  contradicted') if each['contradicted'] else ''}")  # fmt: skip
        for check in each["checks"]:
            word = door.word("相符", "agrees") if check["verdict"] == "agree" else door.word("反驳", "contradicts")
            shown.add(f"{check['checker']}  {word}  {check['grounds']}")
    for each in chain["consents"]:
        state = door.word(*CONSENT_STATES.get(each["state"], ("不详", "unknown")))
        branch.add(f"{door.word('授权', 'consent')}  {each['id'][:16]}  {state}  {each.get('until', '')}")
    for each in chain["readings"]:
        branch.add(f"{door.word('读取回执', 'reading')}  {each['entry'][:16]}  {purposes_text([each['purpose']], door.lang)}  {tables_text(each['tables'], door.lang)}")  # fmt: skip
    for each in chain["lineage"]:
        events = ", ".join(f"{door.word(*_EVENTS[event['event']])} ({event['author']} {when(event['at'])})" for event in each["events"])  # fmt: skip
        branch.add(f"{door.word(*_WHAT[each['what']])}  {each['digest'][:16]}  {events or door.word('链上没有记录', 'nothing on the chain')}")  # fmt: skip


def _at(placed) -> str:
    return f"{placed['entry'][:16]}  #{placed['index']}  {when(placed['at'])}"
