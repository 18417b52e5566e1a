"""Public keys by which nodes sign heads and receipts: those that the state knows, and those that are announced further on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.base.signing import verify
from kemiao.chain.checkpoint import NodeKey
from kemiao.chain.entry import open_envelope, signed_bytes
from kemiao.chain.genesis import check_key
from kemiao.chain.node import Node

_CHUNK = 1000


def node_keys(node: Node, since: int | None = None) -> list[NodeKey]:
    """Of every participant. since: only keys that were good then or later (milliseconds since 1970, UTC); without it old ones
    too, for receipts of long ago, but never such as are distrusted."""
    keys: list[NodeKey] = []
    after = ""
    while page := node.scan("participant/", after):
        for _, participant in page:
            keys += [_public(key) for key in participant["keys"].values() if _signs(key, since)]
        after = page[-1][0]
    return keys


def announced_node_keys(own: Node, other: Node, size: int) -> list[NodeKey]:
    """New keys of nodes in the records of `other` up to `size` that `own` has not applied yet, each in an entry that its author signs
    with a key for keys, known to `own` or announced the same way: a node that changed its key signs its head with the new one."""
    cards: dict[str, dict[str, Any]] = {}  # author → key id → key
    start = own.size()
    while start < size and (rows := other.records(start, min(_CHUNK, size - start))):
        for row in rows:
            _announced(own, row.envelope, cards)
        start += len(rows)
    return [_public(key) for keys in cards.values() for key in keys.values() if key["purposes"] == ["node"]]


def _announced(own: Node, content: bytes, cards: dict[str, dict[str, Any]]) -> None:
    if b'"kind":"key.rotate"' not in content:
        return
    signed = open_envelope(content)
    if isinstance(signed, Refusal) or signed.entry.kind != "key.rotate" or signed.entry.chain != own.chain:
        return
    author, added = signed.entry.author, (signed.entry.body or {}).get("add")
    state = own.get(f"participant/{author}")
    if state is None or not isinstance(added, dict):
        return
    card = {field: value for field, value in added.items() if field != "proof"}
    current = {name: key for name, key in state["keys"].items() if key["until"] is None} | cards.get(author, {})
    key = current.get(signed.entry.key)
    if key is None or "keys" not in key["purposes"] or check_key(card) is not None:
        return
    if verify(*_public(key), signed_bytes(signed.id), signed.signature):
        cards.setdefault(author, {})[card["key"]] = card


def _signs(key: Mapping[str, Any], since: int | None) -> bool:
    if "node" not in key["purposes"] or key["distrusted_from"] is not None:
        return False
    return since is None or key["until"] is None or bool(key["until"] >= since)


def _public(key: Mapping[str, Any]) -> NodeKey:
    return key["suite"], bytes.fromhex(key["public"])
