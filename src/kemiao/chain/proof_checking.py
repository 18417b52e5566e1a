"""Checks a proof file, from whomever it came. The same is done, by other code, in kemiao-verify; a test compares the two."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from kemiao.base import tree
from kemiao.base.canonical import SAFE_INTEGER, canonical_bytes
from kemiao.base.digest import digest
from kemiao.base.loose_json import parse_loose
from kemiao.base.refusal import Refusal, Refused
from kemiao.chain import checkpoint as heads
from kemiao.chain import receipt as receipts
from kemiao.chain.batch import leaf_of
from kemiao.chain.decision_leaf import decision_leaf_data
from kemiao.chain.entry import ENVELOPE_BYTES, Signed, entry_from_json, is_digest, leaf
from kemiao.chain.key_history import KeyHistory
from kemiao.chain.proof import FORMAT, KEY_ENTRIES, PROOF_BYTES
from kemiao.chain.rules.apply import KINDS

T = TypeVar("T")
WHATS = ("entry", "row", "decision", "consistency", "receipt")
DEPTH = 20
_CELLS = 4096
_BRACKETS = 200_000  # a parser makes an object of each: counted before it does
_FIELDS = frozenset({"format", "what", "chain", "checkpoint", "genesis", "keys", "entry", "row", "decision", "older", "receipt"})  # fmt: skip
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_SALT = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Proved:
    """facts: what holds, as JSON (docs/chain-proofs.md); whoever shows it must also say what is not proved."""

    facts: Mapping[str, Any]


def check(content: bytes, chain: str | None = None, head: str | None = None) -> Proved | Refusal:
    """chain: the id that the reader knows from elsewhere. head: a checkpoint that the reader holds; it must be among the
    file's heads, or nothing is proved about the reader's tree."""
    try:
        return Proved(_facts(content, chain, head))
    except Refused as refused:
        return refused.refusal


def _facts(content: bytes, chain: str | None, head: str | None) -> dict[str, Any]:
    file = _form(_parsed(content))
    if chain is not None and chain != file["chain"]:
        raise Refused(Refusal.at("OTHER_CHAIN", "证明文件属于另一条链", "the proof is about another chain", chain=file["chain"]))  # fmt: skip
    newest = _must(heads.read(file["checkpoint"]))
    genesis = file["genesis"]["content"]
    if digest("genesis", genesis) != file["chain"] or newest.chain != file["chain"]:
        raise Refused(Refusal("CHAIN_ID_WRONG", "创世记录或树头与链标识不符", "the genesis or the tree head is not that of this chain id"))  # fmt: skip
    history = _must(KeyHistory.of(genesis))
    made_at = genesis.get("made_at")
    if not _is_count(made_at):
        raise Refused(_malformed("genesis"))
    _included(newest, leaf(made_at, file["chain"]), 0, file["genesis"]["path"], "genesis")
    _rotated(history, newest, file)
    facts: dict[str, Any] = {
        "what": file["what"], "chain": file["chain"], "chain_name": _text(genesis.get("name")), "chain_compared": chain is not None,
        "head": _head(history, newest, True), "older": None, "head_compared": False, "entry": None, "row": None, "decision": None, "receipt": None,
    }  # fmt: skip
    shown = [newest]
    if file["older"] is not None:
        older = _must(heads.read(file["older"]["checkpoint"]))
        path = file["older"]["path"]
        if older.origin != newest.origin or not tree.check_consistency(older.size, newest.size, older.root, newest.root, path):  # fmt: skip
            raise Refused(Refusal("NOT_CONSISTENT", "旧树头不是新树头的开头:记录被改过,或链分叉了", "the older head is not the beginning of the newer one: records were changed, or the chain was forked"))  # fmt: skip
        facts["older"] = _head(history, older, False)
        shown.append(older)
    if head is not None:
        _compare(_must(heads.read(head)), shown)
        facts["head_compared"] = True
    if file["entry"] is not None:
        signed, facts["entry"] = _entry(history, newest, file)
        if file["row"] is not None:
            facts["row"] = _row(signed, file["row"])
        if file["decision"] is not None:
            facts["decision"] = _decision(signed, file["decision"])
    if file["receipt"] is not None:
        facts["receipt"] = _receipt(history, newest, file)
    return facts


def _rotated(history: KeyHistory, newest: heads.Checkpoint, file: Mapping[str, Any]) -> None:
    before = 0
    for placed in file["keys"]:
        signed = _opened(placed, file["chain"])
        if placed["index"] <= before:
            raise Refused(_malformed("keys"))
        before = placed["index"]
        _included(newest, leaf(placed["at"], signed.id), placed["index"], placed["path"], "keys")
        _refuse(history.rotate(signed, placed["index"], placed["at"]))


def _entry(history: KeyHistory, newest: heads.Checkpoint, file: Mapping[str, Any]) -> tuple[Signed, dict[str, Any]]:
    placed = file["entry"]
    signed = _opened(placed, file["chain"])
    entry, index, at = signed.entry, placed["index"], placed["at"]
    kind = KINDS.get(entry.kind)
    if kind is None:
        raise Refused(Refusal.at("NO_SUCH_KIND", "没有这种条目", "there is no such kind of entry", kind=entry.kind))
    _included(newest, leaf(at, signed.id), index, placed["path"], "entry")
    _refuse(history.checked(signed, kind.purpose, index, at))
    shown = {name: value for name, value in entry.as_json().items() if name not in ("author", "chain", "key")}
    return signed, {**shown, "id": signed.id, "index": index, "at": at, "signed_by": history.shown(entry.author, entry.key)}  # fmt: skip


def _row(signed: Signed, row: Mapping[str, Any]) -> dict[str, Any]:
    body = signed.entry.body or {}
    count = body.get("count")
    if (
        (signed.entry.kind, body.get("form")) != ("attestation", "batch")
        or body.get("columns") != row["columns"]
        or len(row["cells"]) != len(row["columns"])
        or not _under(leaf_of(row["salt"], row["cells"]), body, row)
    ):
        raise Refused(Refusal("ROW_NOT_IN_THE_BATCH", "这一行不在该批次之中", "the row is not in the batch"))
    pairs = [list(pair) for pair in zip(row["columns"], row["cells"], strict=True)]
    return {"table": _text(body.get("table")), "number": row["number"], "of": count, "cells": pairs}


def _decision(signed: Signed, decision: Mapping[str, Any]) -> dict[str, Any]:
    body = signed.entry.body or {}
    data = decision_leaf_data(decision["id"], decision["commitment"])
    if signed.entry.kind != "decision" or not _under(tree.leaf_hash(data), body, decision):
        raise Refused(Refusal("DECISION_NOT_UNDER_THE_ENTRY", "该决定不在这个条目之下", "the decision is not under this entry"))  # fmt: skip
    return {"id": decision["id"], "commitment": decision["commitment"], "number": decision["number"], "of": body["count"]}  # fmt: skip


def _under(leaf_hash: bytes, body: Mapping[str, Any], part: Mapping[str, Any]) -> bool:
    count, root = body.get("count"), body.get("root")
    if type(count) is not int or not isinstance(root, str) or not is_digest(root):
        return False
    return tree.check_inclusion(leaf_hash, part["number"], count, part["path"], bytes.fromhex(root))


def _receipt(history: KeyHistory, newest: heads.Checkpoint, file: Mapping[str, Any]) -> dict[str, Any]:
    receipt = _must(receipts.from_json(file["receipt"]["receipt"]))
    if receipt.chain != file["chain"]:
        raise Refused(Refusal.at("OTHER_CHAIN", "回执属于另一条链", "the receipt is about another chain", chain=receipt.chain))  # fmt: skip
    if len(receipt.accepted) != 1:
        raise Refused(_malformed("receipt"))
    index, at, entry_id = receipt.accepted[0]
    nodes = history.nodes(min(max(index, 1), newest.size))
    _refuse(receipts.check(receipt, [key for _, key in nodes.values()]))
    standing, outcome = file["receipt"]["standing"], "promised"
    if standing is not None:
        _included(newest, leaf(standing["at"], standing["id"]), index, standing["path"], "standing")
        outcome = "kept" if (standing["at"], standing["id"]) == (at, entry_id) else "broken"
    return {
        "id": entry_id, "index": index, "at": at, "outcome": outcome, "given_by": history.shown(nodes[receipt.key][0], receipt.key),
        "standing": None if standing is None else {"id": standing["id"], "at": standing["at"]},
    }  # fmt: skip


def _head(history: KeyHistory, head: heads.Checkpoint, needed: bool) -> dict[str, Any]:
    nodes = history.nodes(head.size)
    known = _must(heads.signers(head, [key for _, key in nodes.values()]))
    if needed and not known:
        raise Refused(Refusal("HEAD_NOT_SIGNED", "树头没有已知节点的签名", "no known node signed the tree head"))
    return {"size": head.size, "root": head.root.hex(), "signed_by": [history.shown(nodes[key][0], key) for key in sorted(known)]}  # fmt: skip


def _compare(held: heads.Checkpoint, shown: list[heads.Checkpoint]) -> None:
    same = [head for head in shown if (head.origin, head.size) == (held.origin, held.size)]
    if any(head.root != held.root for head in same):
        raise Refused(Refusal.at("FORK", "与您持有的树头大小相同而内容不同:链分叉了", "the head that you hold has the same size and another root: the chain was forked", size=held.size))  # fmt: skip
    if not same:
        raise Refused(Refusal.at("HEAD_NOT_COMPARED", "文件中没有与您持有的树头大小相同的树头,请索取带一致性路径的证明", "the file has no head of the size that you hold: ask for a proof with a path of consistency from it", size=held.size))  # fmt: skip


def _included(head: heads.Checkpoint, data: bytes, index: int, path: list[bytes], part: str) -> None:
    if not tree.check_inclusion(tree.leaf_hash(data), index, head.size, path, head.root):
        raise Refused(Refusal.at("NOT_IN_THE_TREE", "路径不通向树头", "the path does not lead to the tree head", part=part))  # fmt: skip


def _opened(placed: Mapping[str, Any], chain: str) -> Signed:
    entry = _must(entry_from_json(placed["entry"]))
    content = canonical_bytes(placed["entry"])
    if len(content) > ENVELOPE_BYTES:
        raise Refused(_malformed("entry"))
    if entry.chain != chain:
        raise Refused(Refusal.at("OTHER_CHAIN", "条目属于另一条链", "the entry belongs to another chain", chain=entry.chain))  # fmt: skip
    return Signed(entry, digest("entry", placed["entry"]), placed["signature"])


def _parsed(content: bytes) -> Any:
    if len(content) > PROOF_BYTES or content.count(b"[") + content.count(b"{") > _BRACKETS:
        raise Refused(Refusal.at("PROOF_TOO_LARGE", "证明文件过大", "the proof file is too large", bytes=len(content)))
    value = _must(parse_loose(content))
    if _too_deep(value):
        raise Refused(Refusal("TOO_DEEP", f"JSON 嵌套超过 {DEPTH} 层", f"the JSON is nested deeper than {DEPTH}"))
    return value


def _form(file: Any) -> dict[str, Any]:
    """The file with its hex read; every part has its form, and only the parts that belong to its `what` are there."""
    if not isinstance(file, dict) or file.keys() != _FIELDS or file["format"] != FORMAT or file["what"] not in WHATS:
        raise Refused(_malformed("file"))
    what = file["what"]
    wanted = {"entry": what in ("entry", "row", "decision"), "row": what == "row", "decision": what == "decision", "receipt": what == "receipt"}  # fmt: skip
    faulty = next((name for name, there in wanted.items() if (file[name] is not None) is not there), None)
    if faulty is not None or (what == "consistency" and file["older"] is None):
        raise Refused(_malformed(faulty or "older"))
    if not is_digest(file["chain"]) or not isinstance(file["checkpoint"], str):
        raise Refused(_malformed("chain"))
    if not isinstance(file["keys"], list) or len(file["keys"]) > KEY_ENTRIES:
        raise Refused(_malformed("keys"))
    genesis = _part(file["genesis"], "genesis", {"content": dict, "path": list})
    read: dict[str, Any] = {**file, "genesis": {**genesis, "path": _path(genesis["path"], "genesis")}}
    read["keys"] = [_placed(one, "keys") for one in file["keys"]]
    if wanted["entry"]:
        read["entry"] = _placed(file["entry"], "entry")
    if wanted["row"]:
        row = _part(file["row"], "row", {"columns": list, "cells": list, "salt": str, "number": int, "path": list})
        if not (_SALT.fullmatch(row["salt"]) and max(len(row["cells"]), len(row["columns"])) <= _CELLS
                and all(isinstance(name, str) for name in row["columns"]) and all(cell is None or isinstance(cell, str) for cell in row["cells"])):  # fmt: skip
            raise Refused(_malformed("row"))
        read["row"] = {**row, "salt": bytes.fromhex(row["salt"]), "path": _path(row["path"], "row")}
    if wanted["decision"]:
        decision = _part(file["decision"], "decision", {"id": str, "commitment": str, "number": int, "path": list})
        if not is_digest(decision["commitment"]) or "\0" in decision["id"] or len(decision["id"]) > 200:
            raise Refused(_malformed("decision"))
        read["decision"] = {**decision, "path": _path(decision["path"], "decision")}
    if file["older"] is not None:
        older = _part(file["older"], "older", {"checkpoint": str, "path": list})
        read["older"] = {**older, "path": _path(older["path"], "older")}
    if wanted["receipt"]:
        given = file["receipt"]
        if not isinstance(given, dict) or given.keys() != {"receipt", "standing"}:
            raise Refused(_malformed("receipt"))
        read["receipt"] = {"receipt": given["receipt"], "standing": _standing(given["standing"])}
    return read


def _standing(given: Any) -> dict[str, Any] | None:
    if given is None:
        return None
    standing = _part(given, "standing", {"at": int, "id": str, "path": list})
    if not is_digest(standing["id"]):
        raise Refused(_malformed("standing"))
    return {**standing, "path": _path(standing["path"], "standing")}


def _placed(given: Any, name: str) -> dict[str, Any]:
    placed = _part(given, name, {"entry": dict, "signature": str, "at": int, "index": int, "path": list})
    if not _SIGNATURE.fullmatch(placed["signature"]):
        raise Refused(_malformed(name))
    return {**placed, "signature": bytes.fromhex(placed["signature"]), "path": _path(placed["path"], name)}


def _part(given: Any, name: str, form: Mapping[str, type]) -> dict[str, Any]:
    """Exactly these fields with these types; whole numbers are counts."""
    if not isinstance(given, dict) or given.keys() != form.keys():
        raise Refused(_malformed(name))
    if not all(_is_count(given[field]) if kind is int else isinstance(given[field], kind) for field, kind in form.items()):  # fmt: skip
        raise Refused(_malformed(name))
    return given


def _path(given: list[Any], name: str) -> list[bytes]:
    if len(given) > 64 or not all(is_digest(step) for step in given):
        raise Refused(_malformed(name))
    return [bytes.fromhex(step) for step in given]


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEPTH):
        level = [inner for item in level if isinstance(item, dict | list) for inner in (item.values() if isinstance(item, dict) else item)]  # fmt: skip
    return any(isinstance(item, dict | list) for item in level)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= SAFE_INTEGER


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _must(value: T | Refusal) -> T:
    if isinstance(value, Refusal):
        raise Refused(value)
    return value


def _refuse(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise Refused(refusal)


def _malformed(part: str) -> Refusal:
    return Refusal.at("MALFORMED_PROOF", "证明文件的格式不对", "the proof file is malformed", part=part)
