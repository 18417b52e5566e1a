"""Proof files: what a stranger needs to check one statement of the chain alone, with nothing of ours installed.

A file is JSON of {"format", "what", "chain", "checkpoint", "genesis", "keys", "entry", "row", "decision", "older", "receipt"};
docs/chain-proofs.md has the form. It is checked here (chain.proof_checking) and, by other code, in the distribution kemiao-verify.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Refusal, Refused
from kemiao.chain import checkpoint as heads
from kemiao.chain.entry import open_envelope
from kemiao.chain.node import Node, Record
from kemiao.chain.receipt import Receipt

FORMAT = "kemiao.proof/1"
PROOF_BYTES = 8 * 1024 * 1024
KEY_ENTRIES = 1024
_PAGE = 200  # records asked for at once


@dataclass(frozen=True, slots=True)
class Row:
    """One row out of a batch: number from 0; path: to the batch's root; salt: 16 bytes."""

    columns: Sequence[str]
    cells: Sequence[str | None]
    salt: bytes
    number: int
    path: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision out of those that an entry answers for. commitment: hex, from the bank's event log."""

    id: str
    commitment: str
    number: int
    path: Sequence[bytes]


def of_entry(
    node: Node, record: Record, *, row: Row | None = None, decision: Decision | None = None, older: str | None = None,
    head: str | None = None,
) -> bytes | Refusal:  # fmt: skip
    """The entry alone, or a row or a decision under its root. older: a head that the reader holds, to be shown consistent.
    head: a signed head of before, where the node itself signs none: a replica's. None for the node's newest.

    Refusals: HEAD_NOT_SIGNED, HEAD_TOO_OLD (the node has signed no head over the entry yet), MALFORMED_HEAD, OTHER_CHAIN,
    NEWER_HEAD. An own mistake in `row` or `decision` shows when the file is checked, which whoever writes it does.
    """
    signed = _signed_head(node, head)
    if isinstance(signed, Refusal):
        return signed
    if record.index >= signed.size:
        return Refusal.at("HEAD_TOO_OLD", "已签名的树头尚未包含该条目", "no signed tree head covers the entry yet", size=signed.size, index=record.index)  # fmt: skip
    if record.index == 0:
        return Refusal("NOT_AN_ENTRY", "0 号记录是创世记录,不是条目", "record 0 is the genesis, not an entry")
    opened = json.loads(record.envelope)
    parts: dict[str, Any] = {"entry": _placed(node, record, signed.size)}
    what = "entry"
    if row is not None:
        what, parts["row"] = "row", {
            "columns": list(row.columns), "cells": list(row.cells), "salt": row.salt.hex(), "number": row.number, "path": _hex(row.path)
        }  # fmt: skip
    if decision is not None:
        what, parts["decision"] = "decision", {
            "id": decision.id, "commitment": decision.commitment, "number": decision.number, "path": _hex(decision.path)
        }  # fmt: skip
    return _file(node, what, signed, [opened["entry"]["author"]], parts, older)


def of_consistency(node: Node, older: str, *, head: str | None = None) -> bytes | Refusal:
    """That the tree whose head `older` is (a checkpoint) is the beginning of the newest one."""
    signed = _signed_head(node, head)
    return signed if isinstance(signed, Refusal) else _file(node, "consistency", signed, [], {}, older)


def of_receipt(node: Node, receipt: Receipt, *, older: str | None = None, head: str | None = None) -> bytes | Refusal:
    """receipt: for one entry. What stands at the promised place is shown with it, where a signed head covers that."""
    signed = _signed_head(node, head)
    if isinstance(signed, Refusal):
        return signed
    giver = node.get(f"key/{receipt.key}")
    if giver is None:
        return Refusal.at("RECEIPT_OF_NO_NODE", "回执不是已知节点出具的", "the receipt is from no known node", key=receipt.key)  # fmt: skip
    index = receipt.accepted[0][0]
    standing = None
    if index < signed.size:
        record = node.records(index, 1)[0]
        standing = {"at": record.at, "id": record.id, "path": _hex(node.inclusion(index, signed.size))}
    parts = {"receipt": {"receipt": json.loads(receipt.text()), "standing": standing}}
    return _file(node, "receipt", signed, [giver], parts, older)


def _file(
    node: Node, what: str, head: heads.Checkpoint, authors: Iterable[str], parts: dict[str, Any], older: str | None
) -> bytes | Refusal:
    between = None if older is None else _older(node, head, older)
    if isinstance(between, Refusal):
        return between
    genesis = node.records(0, 1)[0]
    rotations = sorted(
        {record.index: record for name in {*authors, *_nodes_of(node, head)} for record in _rotations(node, name, head.size)}.items()
    )  # fmt: skip
    if len(rotations) > KEY_ENTRIES:
        return Refusal.at("TOO_MANY_KEYS", "更换密钥的条目过多", "there are too many entries about keys", count=len(rotations))  # fmt: skip
    value = {
        "format": FORMAT, "what": what, "chain": node.chain, "checkpoint": head.text(),
        "genesis": {"content": json.loads(genesis.envelope), "path": _hex(node.inclusion(0, head.size))},
        "keys": [_placed(node, record, head.size) for _, record in rotations],
        "entry": None, "row": None, "decision": None, "receipt": None, "older": between, **parts,
    }  # fmt: skip
    return canonical_bytes(value) + b"\n"


def _signed_head(node: Node, text: str | None) -> heads.Checkpoint | Refusal:
    head = heads.read(node.checkpoint() if text is None else text)
    if isinstance(head, Refusal):
        return head
    if not head.signatures:
        return Refusal("HEAD_NOT_SIGNED", "树头没有已知节点的签名", "no known node signed the tree head")
    if head.size > node.size():
        return Refusal.at("REPLICA_BEHIND", "副本尚未同步到所持的树头:kemiao chain follow", "the replica is behind the head that it keeps: kemiao chain follow", size=node.size())  # fmt: skip
    return head


def _older(node: Node, head: heads.Checkpoint, text: str) -> dict[str, Any] | Refusal:
    older = heads.read(text)
    if isinstance(older, Refusal):
        return older
    if older.origin != head.origin:
        return Refusal.at("OTHER_CHAIN", "树头属于另一条链", "the tree head belongs to another chain", origin=older.origin)  # fmt: skip
    if older.size > head.size:
        return Refusal.at("NEWER_HEAD", "您持有的树头比本节点的更新", "the head that you hold is newer than the node's", size=older.size)  # fmt: skip
    return {"checkpoint": text, "path": _hex(node.consistency(older.size, head.size))}


def _placed(node: Node, record: Record, size: int) -> dict[str, Any]:
    path = _hex(node.inclusion(record.index, size))
    return {**json.loads(record.envelope), "at": record.at, "index": record.index, "path": path}


def _nodes_of(node: Node, head: heads.Checkpoint) -> set[str]:
    """Participants whose keys, of now or of before, signed the head."""
    found = set()
    for participant, held in _participants(node):
        keys = [(key["suite"], bytes.fromhex(key["public"])) for key in held["keys"].values() if "node" in key["purposes"]]  # fmt: skip
        known = heads.signers(head, keys)
        if isinstance(known, Refusal):
            raise Refused(known)
        if known:
            found.add(participant)
    return found


def _participants(node: Node) -> Iterable[tuple[str, Any]]:
    after = ""
    while page := node.scan("participant/", after):
        for key, value in page:
            yield key.removeprefix("participant/"), value
        after = page[-1][0]


def _rotations(node: Node, participant: str, size: int) -> list[Record]:
    """The participant's key.rotate entries. The state says when its keys came and went: only records of those instants are read."""
    held = (node.get(f"participant/{participant}") or {"keys": {}})["keys"].values()
    instants = {at for key in held for at in (key["from"], key["until"]) if at is not None}
    found = [record for at in sorted(instants) for record in _records_at(node, at, size)]
    if any(key["distrusted_from"] is not None for key in held):
        # A key may be distrusted long after it was retired, and the state does not say when that was said.
        for sequence in range(1, (node.get(f"sequence/{participant}") or 0) + 1):
            record = node.by_sequence(participant, sequence)
            if record is not None and record.index < size:
                found.append(record)
    return [record for record in found if _is_rotation(record, participant)]


def _records_at(node: Node, at: int, size: int) -> Iterable[Record]:
    low, high = 0, size  # times never run back
    while low < high:
        middle = (low + high) // 2
        if node.records(middle, 1)[0].at < at:
            low = middle + 1
        else:
            high = middle
    while low < size:
        page = node.records(low, min(_PAGE, size - low))
        if not page:
            return
        for record in page:
            if record.at != at:
                return
            yield record
        low = page[-1].index + 1


def _is_rotation(record: Record, participant: str) -> bool:
    if record.index == 0 or b'"kind":"key.rotate"' not in record.envelope:
        return False
    opened = open_envelope(record.envelope)
    return not isinstance(opened, Refusal) and (opened.entry.kind, opened.entry.author) == ("key.rotate", participant)


def _hex(path: Sequence[bytes]) -> list[str]:
    return [step.hex() for step in path]
