"""verify(content, chain, head): what a proof file proves, as plain JSON, or NotProved."""

from __future__ import annotations

import re
from typing import Any

from kemiao_verify import merkle
from kemiao_verify.canonical import canonical, digest, is_count, parse
from kemiao_verify.entry import KINDS, check_form, is_digest
from kemiao_verify.form import read_form
from kemiao_verify.keys import Keys
from kemiao_verify.note import Head
from kemiao_verify.outcome import NotProved, malformed
from kemiao_verify.signatures import holds

ENTRY_BYTES = 64 * 1024


def verify(content: bytes, chain: str | None = None, head: str | None = None) -> dict[str, Any]:
    """chain: the id that you know from elsewhere. head: a checkpoint that you hold; it must be one of the file's heads.

    Raises NotProved; SuiteMissing where an SM2 signature can't be checked on this machine.
    """
    file = read_form(parse(content))
    if chain is not None and chain != file["chain"]:
        raise NotProved("OTHER_CHAIN", "证明文件属于另一条链", "the proof is about another chain", chain=file["chain"])
    newest = Head(file["checkpoint"])
    genesis = file["genesis"]["content"]
    if digest("genesis", genesis) != file["chain"] or newest.chain != file["chain"]:
        raise NotProved("CHAIN_ID_WRONG", "创世记录或树头与链标识不符", "the genesis or the tree head is not that of this chain id")  # fmt: skip
    keys = Keys(genesis)
    if not is_count(genesis.get("made_at")):
        raise malformed("genesis")
    _included(newest, genesis["made_at"], file["chain"], 0, file["genesis"]["path"], "genesis")
    last = 0
    for opened in file["keys"]:
        entry_id = _opened(opened, file["chain"])
        if opened["index"] <= last:
            raise malformed("keys")
        last = opened["index"]
        _included(newest, opened["at"], entry_id, last, opened["path"], "keys")
        keys.change(opened, entry_id)
    name = genesis.get("name")
    facts: dict[str, Any] = {
        "what": file["what"], "chain": file["chain"], "chain_name": name if isinstance(name, str) else None,
        "chain_compared": chain is not None, "head": _signed(keys, newest), "older": None, "head_compared": False,
        "entry": None, "row": None, "decision": None, "receipt": None,
    }  # fmt: skip
    if not facts["head"]["signed_by"]:
        raise NotProved("HEAD_NOT_SIGNED", "树头没有已知节点的签名", "no known node signed the tree head")
    heads = [newest]
    if file["older"] is not None:
        older = Head(file["older"]["checkpoint"])
        if older.origin != newest.origin or not merkle.extends(older.size, newest.size, older.root, newest.root, file["older"]["path"]):  # fmt: skip
            raise NotProved("NOT_CONSISTENT", "旧树头不是新树头的开头:记录被改过,或链分叉了", "the older head is not the beginning of the newer one: records were changed, or the chain was forked")  # fmt: skip
        facts["older"] = _signed(keys, older)
        heads.append(older)
    if head is not None:
        _compare(Head(head), heads)
        facts["head_compared"] = True
    if file["entry"] is not None:
        facts["entry"] = _entry(keys, newest, file)
    if file["row"] is not None:
        facts["row"] = _row(file["entry"]["entry"], file["row"])
    if file["decision"] is not None:
        facts["decision"] = _decision(file["entry"]["entry"], file["decision"])
    if file["receipt"] is not None:
        facts["receipt"] = _receipt(keys, newest, file)
    return facts


def _entry(keys: Keys, newest: Head, file: dict[str, Any]) -> dict[str, Any]:
    opened = file["entry"]
    entry, entry_id = opened["entry"], _opened(opened, file["chain"])
    if entry["kind"] not in KINDS:
        raise NotProved("NO_SUCH_KIND", "没有这种条目", "there is no such kind of entry", kind=entry["kind"])
    _included(newest, opened["at"], entry_id, opened["index"], opened["path"], "entry")
    keys.check(opened, entry_id, KINDS[entry["kind"]][0])
    shown = {name: entry[name] for name in ("about", "basis", "body", "commitment", "kind", "refs", "sequence", "subject")}  # fmt: skip
    signer = keys.who(entry["author"], entry["key"])
    return {**shown, "id": entry_id, "index": opened["index"], "at": opened["at"], "signed_by": signer}


def _row(entry: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    body, columns, cells = entry["body"], row["columns"], row["cells"]
    pieces = [b"kemiao/fact\0", bytes.fromhex(row["salt"])]
    for cell in cells:
        text = b"" if cell is None else cell.encode()
        pieces += [b"-"] if cell is None else [str(len(text)).encode(), b":", text]
    data = b"".join(pieces)
    batch = entry["kind"] == "attestation" and body.get("form") == "batch" and body.get("columns") == columns
    if not batch or len(columns) != len(cells) or not _under(data, body, row):
        raise NotProved("ROW_NOT_IN_THE_BATCH", "这一行不在该批次之中", "the row is not in the batch")
    table = body.get("table")
    pairs = [[column, cell] for column, cell in zip(columns, cells, strict=True)]
    return {"table": table if isinstance(table, str) else None, "number": row["number"], "of": body["count"], "cells": pairs}  # fmt: skip


def _decision(entry: dict[str, Any], decision: dict[str, Any]) -> dict[str, Any]:
    data = b"kemiao/decision\0" + decision["id"].encode() + b"\0" + decision["commitment"].encode()
    if entry["kind"] != "decision" or not _under(data, entry["body"], decision):
        raise NotProved(
            "DECISION_NOT_UNDER_THE_ENTRY", "该决定不在这个条目之下", "the decision is not under this entry"
        )
    return {**{name: decision[name] for name in ("id", "commitment", "number")}, "of": entry["body"]["count"]}


def _under(data: bytes, body: dict[str, Any], part: dict[str, Any]) -> bool:
    """Whether the data is a leaf under the root in the entry's body."""
    count, root = body.get("count"), body.get("root")
    if type(count) is not int or not isinstance(root, str) or not is_digest(root):
        return False
    return merkle.includes(merkle.leaf_hash(data), part["number"], count, part["path"], bytes.fromhex(root))


def _receipt(keys: Keys, newest: Head, file: dict[str, Any]) -> dict[str, Any]:
    promised, place, count, path, signature = _promise(file["receipt"]["receipt"], file["chain"])
    index, at, entry_id = promised
    giver = keys.nodes(min(max(index, 1), newest.size)).get(file["receipt"]["receipt"]["key"])
    if giver is None:
        raise NotProved("RECEIPT_OF_NO_NODE", "回执不是已知节点出具的", "the receipt is from no known node", key=file["receipt"]["receipt"]["key"])  # fmt: skip
    data = b"kemiao/receipt\0" + index.to_bytes(8, "big") + at.to_bytes(8, "big") + bytes.fromhex(entry_id)
    root = merkle.root_of(merkle.leaf_hash(data), place, count, path)
    signed = digest("receipt", {"chain": file["chain"], "count": count, "root": (root or b"").hex()})
    message = b"kemiao/signature/receipt\0" + bytes.fromhex(signed)
    participant, key = giver
    if root is None or not holds(key.suite, key.public, message, signature):
        raise NotProved("RECEIPT_BADLY_SIGNED", "回执的签名不对", "the receipt's signature does not hold")
    standing, outcome = file["receipt"]["standing"], "promised"
    if standing is not None:
        _included(newest, standing["at"], standing["id"], index, standing["path"], "standing")
        outcome = "kept" if standing["id"] == entry_id and standing["at"] == at else "broken"
        standing = {"id": standing["id"], "at": standing["at"]}
    given_by = keys.who(participant, file["receipt"]["receipt"]["key"])
    return {"id": entry_id, "index": index, "at": at, "outcome": outcome, "given_by": given_by, "standing": standing}


def _promise(value: Any, chain: str) -> tuple[tuple[int, int, str], int, int, list[bytes], bytes]:
    """(index, at, id), its place among the count entries of the submission, the path, the signature."""
    wrong = NotProved("MALFORMED_RECEIPT", "回执的格式不对", "the receipt is malformed")
    if not isinstance(value, dict) or value.keys() != {
        "accepted",
        "chain",
        "count",
        "key",
        "path",
        "place",
        "signature",
    }:
        raise wrong
    for name, form in (("chain", r"[0-9a-f]{64}"), ("key", r"[0-9a-f]{32}"), ("signature", r"[0-9a-f]{128}")):
        if not (isinstance(value[name], str) and re.fullmatch(form, value[name])):
            raise wrong
    accepted, count, place, path = value["accepted"], value["count"], value["place"], value["path"]
    if not (isinstance(accepted, list) and len(accepted) == 1 and is_count(count) and count >= 1):
        raise wrong
    one = accepted[0]
    if not (isinstance(one, list) and len(one) == 3 and is_count(one[0]) and is_count(one[1]) and is_digest(one[2])):
        raise wrong
    if place is None and path is None and count == 1:
        place, path = 0, []
    if not (is_count(place) and isinstance(path, list) and len(path) <= 64 and all(map(is_digest, path))):
        raise wrong
    if value["chain"] != chain:
        raise NotProved("OTHER_CHAIN", "回执属于另一条链", "the receipt is about another chain", chain=value["chain"])
    return (one[0], one[1], one[2]), place, count, [bytes.fromhex(step) for step in path], bytes.fromhex(value["signature"])  # fmt: skip


def _opened(opened: dict[str, Any], chain: str) -> str:
    """The entry's id, its form checked."""
    entry = opened["entry"]
    check_form(entry)
    if len(canonical(entry)) > ENTRY_BYTES:
        raise malformed("entry")
    if entry["chain"] != chain:
        raise NotProved("OTHER_CHAIN", "条目属于另一条链", "the entry belongs to another chain", chain=entry["chain"])
    return digest("entry", entry)


def _signed(keys: Keys, head: Head) -> dict[str, Any]:
    nodes = keys.nodes(head.size)
    signers = head.signers((key.suite, key.public) for _, key in nodes.values())
    return {"size": head.size, "root": head.root.hex(), "signed_by": [keys.who(nodes[one][0], one) for one in signers]}


def _compare(held: Head, heads: list[Head]) -> None:
    compared = False
    for head in heads:
        if (head.origin, head.size) == (held.origin, held.size):
            compared = True
            if head.root != held.root:
                raise NotProved("FORK", "与您持有的树头大小相同而内容不同:链分叉了", "the head that you hold has the same size and another root: the chain was forked", size=held.size)  # fmt: skip
    if not compared:
        raise NotProved("HEAD_NOT_COMPARED", "文件中没有与您持有的树头大小相同的树头,请索取带一致性路径的证明", "the file has no head of the size that you hold: ask for a proof with a path of consistency from it", size=held.size)  # fmt: skip


def _included(head: Head, at: int, entry_id: str, index: int, path: list[bytes], part: str) -> None:
    data = b"kemiao/leaf\0" + at.to_bytes(8, "big") + bytes.fromhex(entry_id)
    if not merkle.includes(merkle.leaf_hash(data), index, head.size, path, head.root):
        raise NotProved("NOT_IN_THE_TREE", "路径不通向树头", "the path does not lead to the tree head", part=part)
