"""What can be shown of a node that broke its word: two signed histories, a promised entry that is not there, a record that no rule allows.

A piece of evidence is JSON that stands alone beside the node's public key: whoever has both can check it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kemiao.base import tree
from kemiao.base.refusal import Refusal
from kemiao.chain import checkpoint, receipt
from kemiao.chain.checkpoint import Checkpoint, NodeKey
from kemiao.chain.entry import is_digest, leaf
from kemiao.chain.node import Record
from kemiao.chain.receipt import Receipt

FORM = "kemiao.evidence/1"
WHAT = ("fork", "dropped", "bad_record")


def placed(record: Record, path: Iterable[bytes]) -> dict[str, Any]:
    """A leaf with its way to the root of a head."""
    return {"index": record.index, "at": record.at, "id": record.id, "path": [step.hex() for step in path]}


def fork(chain: str, old: str, new: str, leaves: tuple[dict[str, Any], dict[str, Any]] | None) -> dict[str, Any]:
    """old, new: two heads. leaves: what each has at one place, as far as that could be found out."""
    return _evidence("fork", chain, heads=[old, new], leaves=None if leaves is None else list(leaves))


def dropped(chain: str, promised: Receipt, head: str, stands: dict[str, Any]) -> dict[str, Any]:
    """promised: a receipt for one entry. stands: what the head has at the place of it."""
    return _evidence("dropped", chain, heads=[head], receipt=promised.text(), leaves=[stands])


def bad_record(chain: str, head: str, record: Record, path: Iterable[bytes], refusal: Refusal) -> dict[str, Any]:
    """A record under a signed head that breaks the rules: who has the records before it sees the same refusal."""
    shown = {**placed(record, path), "envelope": record.envelope.decode("utf-8", "replace")}
    return _evidence("bad_record", chain, heads=[head], leaves=[shown], refused=refusal.as_json())


def _evidence(what: str, chain: str, **parts: Any) -> dict[str, Any]:
    return {"form": FORM, "what": what, "chain": chain, **parts}


def check(value: Any, keys: Iterable[NodeKey]) -> str | Refusal:
    """What it proves against the holder of one of `keys` (one of WHAT), or NOT_EVIDENCE."""
    known = list(keys)
    nothing = Refusal("NOT_EVIDENCE", "这不构成证据", "this proves nothing")
    try:
        heads = _heads(value, known)
        if isinstance(heads, Refusal):
            return heads
        return str(value["what"]) if _HOLDS[value["what"]](value, heads, known) else nothing
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return nothing


def _heads(value: Mapping[str, Any], keys: list[NodeKey]) -> list[Checkpoint] | Refusal:
    if value["form"] != FORM or not is_digest(value["chain"]):
        raise ValueError
    read = [checkpoint.verified(text, keys) for text in value["heads"]]
    refused = next((one for one in read if isinstance(one, Refusal)), None)
    if refused is not None:
        return refused
    heads = [one for one in read if isinstance(one, Checkpoint)]
    if any(head.chain != value["chain"] for head in heads):
        raise ValueError
    return heads


def _is_fork(value: Mapping[str, Any], heads: list[Checkpoint], _: list[NodeKey]) -> bool:
    old, new = heads
    if old.size == new.size:
        return old.root != new.root
    first, second = value["leaves"]
    same_place = first["index"] == second["index"]
    return same_place and _differ(first, second) and _is_under(first, old) and _is_under(second, new)


def _is_dropped(value: Mapping[str, Any], heads: list[Checkpoint], keys: list[NodeKey]) -> bool:
    (head,), (stands,) = heads, value["leaves"]
    promised = receipt.read(value["receipt"])
    if isinstance(promised, Refusal) or promised.chain != value["chain"] or receipt.check(promised, keys) is not None:
        return False
    return _is_under(stands, head) and any(
        index == stands["index"] and (at, entry) != (stands["at"], stands["id"])
        for index, at, entry in promised.accepted
    )


def _is_bad_record(value: Mapping[str, Any], heads: list[Checkpoint], _: list[NodeKey]) -> bool:
    """That the node stands behind it. Why it is bad, only the state before it can say."""
    (head,), (record,) = heads, value["leaves"]
    return _is_under(record, head)


_HOLDS = {"fork": _is_fork, "dropped": _is_dropped, "bad_record": _is_bad_record}


def _differ(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    return (first["at"], first["id"]) != (second["at"], second["id"])


def _is_under(one: Mapping[str, Any], head: Checkpoint) -> bool:
    if not is_digest(one["id"]) or type(one["index"]) is not int or type(one["at"]) is not int or len(one["path"]) > 64:
        return False
    path = [bytes.fromhex(step) for step in one["path"]]
    return tree.check_inclusion(tree.leaf_hash(leaf(one["at"], one["id"])), one["index"], head.size, path, head.root)
