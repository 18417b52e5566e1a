"""The form of an entry, and what each kind says and which key may sign it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from kemiao_verify.outcome import NotProved

FIELDS = {"about", "author", "basis", "body", "chain", "commitment", "key", "kind", "refs", "sequence", "subject"}
# kind → (purpose of the signing key, zh, en)
KINDS = {
    "key.rotate": ("keys", "更换密钥", "a change of keys"),
    "participant.suspend": ("keys", "暂停或恢复参与方", "a suspension or its end"),
    "consent.grant": ("consent", "授权", "a consent"),
    "consent.request": ("entries", "查询申请", "a request to read"),
    "consent.approve": ("consent", "同意查询", "an approval of a request"),
    "consent.revoke": ("consent", "撤回授权", "a withdrawal of consent"),
    "consent.pass": ("entries", "转授", "a consent passed on"),
    "reading": ("entries", "读取回执", "a reading"),
    "attestation": ("entries", "存证声明", "an attestation"),
    "check": ("entries", "核对", "a cross-check"),
    "decision": ("entries", "决定", "decisions"),
    "lineage": ("entries", "模型、政策或法规的来历", "a step in the life of a model, policy or law table"),
    "right.register": ("entries", "担保登记", "a registration of collateral"),
    "right.search": ("entries", "担保查询", "a search for collateral"),
    "right.transfer": ("entries", "担保转让", "a transfer of collateral"),
    "right.release": ("entries", "担保解除", "a release of collateral"),
    "right.renew": ("entries", "担保展期", "a renewal of collateral"),
    "contract.propose": ("entries", "合同待签", "a contract put before a company"),
    "contract.sign": ("consent", "合同签署", "a company's signature under a contract"),
    "contract.withdraw": ("entries", "合同撤回", "a contract taken back before it was signed"),
    "sealing_key": ("keys", "封存密钥", "a key that parcels are sealed for"),
    "call_open": ("entries", "撮合开市", "a call of the market"),
    "bid_commit": ("entries", "报价承诺", "the commitment of a sealed bid"),
    "bid_reveal": ("entries", "报价揭示", "a sealed bid revealed"),
    "bid_withdraw": ("entries", "报价撤回", "a bid taken back"),
    "call_result": ("entries", "撮合结果", "the result of a call"),
}  # fmt: skip
_BASES = ("consent", "office", "paper", "own", "anonymised")


def is_digest(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def is_participant(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,39}", value) is not None


def check_form(entry: dict[str, Any]) -> None:
    if entry.keys() != FIELDS:
        raise _malformed("entry")
    kind, key, subject, refs = entry["kind"], entry["key"], entry["subject"], entry["refs"]
    for field, fits in (
        ("kind", isinstance(kind, str) and re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", kind)),
        ("author", is_participant(entry["author"])),
        ("key", isinstance(key, str) and re.fullmatch(r"[0-9a-f]{32}", key)),
        ("sequence", type(entry["sequence"]) is int and entry["sequence"] >= 1),
        ("chain", is_digest(entry["chain"])),
        ("subject", subject is None or (isinstance(subject, str) and re.fullmatch(r"(uscc|cumcm|foreign|person):\S{1,64}", subject))),
        ("about", _is_about(entry["about"])),
        ("basis", _is_basis(entry["basis"])),
        ("body", isinstance(entry["body"], dict)),
        ("commitment", entry["commitment"] is None or is_digest(entry["commitment"])),
        ("refs", isinstance(refs, list) and len(refs) <= 256 and all(map(is_digest, refs)) and len(set(refs)) == len(refs)),
    ):  # fmt: skip
        if not fits:
            raise _malformed(field)


def _is_about(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict) or value.keys() != {"from", "until"}:
        return False
    return _is_day(value["from"]) and _is_day(value["until"]) and value["from"] <= value["until"]


def _is_day(value: object) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_basis(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict) or len(value) != 1:
        return False
    [(name, text)] = value.items()
    return is_digest(text) if name == "consent" else name in _BASES and isinstance(text, str) and len(text) <= 200


def _malformed(field: str) -> NotProved:
    return NotProved("MALFORMED_ENTRY", "条目的格式不对", "the entry is malformed", field=field)
