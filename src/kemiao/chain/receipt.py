"""The node's signed word that it accepted entries: which, when, and at which place. Whoever holds it can show a dropped entry.

One signature over an RFC 9162 root of all entries of a submission; each can be shown alone with its path.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kemiao.base import tree
from kemiao.base.canonical import SAFE_INTEGER, checked_text
from kemiao.base.digest import digest
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.base.signing import Signer, in_domain, key_id, verify
from kemiao.base.strict_json import parse_strict
from kemiao.chain.checkpoint import NodeKey

RECEIPT_BYTES = 8 * 1024 * 1024
_FIELDS = frozenset({"accepted", "chain", "count", "key", "path", "place", "signature"})
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[0-9a-f]{32}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
Promise = tuple[int, int, str]  # index, at (milliseconds since 1970, UTC), entry id


@dataclass(frozen=True, slots=True)
class Receipt:
    """accepted: all `count` entries of the submission (place and path None), or the one at `place` with its path to the root."""

    chain: str
    key: str
    accepted: tuple[Promise, ...]
    count: int
    signature: bytes
    place: int | None = None
    path: tuple[bytes, ...] | None = None

    def text(self) -> str:
        return checked_text(
            {
                "accepted": self.accepted,
                "chain": self.chain,
                "count": self.count,
                "key": self.key,
                "path": None if self.path is None else [step.hex() for step in self.path],
                "place": self.place,
                "signature": self.signature.hex(),
            }
        )


def write(signer: Signer, chain: str, accepted: Sequence[Promise]) -> str:
    if not accepted:
        raise BrokenInvariant("a receipt for nothing")
    root = tree.root(_leaves(accepted))
    signature = signer.sign(_signed_bytes(chain, len(accepted), root))
    return Receipt(chain, signer.key_id, tuple(accepted), len(accepted), signature).text()


def read(text: str) -> Receipt | Refusal:
    content = text.encode("utf-8", "surrogatepass")
    if len(content) > RECEIPT_BYTES:
        return _malformed("size")
    value = parse_strict(content, depth=3)
    return value if isinstance(value, Refusal) else from_json(value)


def from_json(value: Any) -> Receipt | Refusal:
    if not isinstance(value, dict) or value.keys() != _FIELDS:
        return _malformed("receipt")
    for name, form in (("chain", _DIGEST), ("key", _KEY), ("signature", _SIGNATURE)):
        if not (isinstance(value[name], str) and form.fullmatch(value[name])):
            return _malformed(name)
    accepted, count, place, path = value["accepted"], value["count"], value["place"], value["path"]
    if not (isinstance(accepted, list) and accepted and all(map(_is_promise, accepted))):
        return _malformed("accepted")
    if not _is_count(count) or count < 1:
        return _malformed("count")
    if place is None and path is None:
        if len(accepted) != count:
            return _malformed("count")
    elif not (_is_count(place) and _is_path(path) and len(accepted) == 1):
        return _malformed("path")
    return Receipt(
        value["chain"], value["key"], tuple((i, at, id_) for i, at, id_ in accepted), count, bytes.fromhex(value["signature"]), place, None if path is None else tuple(map(bytes.fromhex, path))
    )  # fmt: skip


def check(receipt: Receipt, keys: Iterable[NodeKey]) -> Refusal | None:
    """Whether one of `keys` (those of nodes) gave it over exactly these entries."""
    public = next(((suite, public) for suite, public in keys if key_id(suite, public) == receipt.key), None)
    if public is None:
        return Refusal.at("RECEIPT_OF_NO_NODE", "回执不是已知节点出具的", "the receipt is from no known node", key=receipt.key)  # fmt: skip
    root = _root(receipt)
    if root is None or not verify(*public, _signed_bytes(receipt.chain, receipt.count, root), receipt.signature):
        return Refusal.at("RECEIPT_BADLY_SIGNED", "回执的签名不对", "the receipt's signature does not hold", key=receipt.key)  # fmt: skip
    return None


def part(receipt: Receipt, entry_id: str) -> Receipt | Refusal:
    """The receipt for one entry alone: nobody needs to see what else was submitted."""
    place = next((place for place, one in enumerate(receipt.accepted) if one[2] == entry_id), None)
    if place is None:
        return Refusal.at("NOT_ON_THE_RECEIPT", "回执中没有这个条目", "the entry is not on this receipt", entry=entry_id)  # fmt: skip
    if receipt.place is not None:
        return receipt
    rows = tree.levels(_leaves(receipt.accepted))
    path = tree.inclusion_path(place, receipt.count, lambda level, i: rows[level][i])
    return replace(receipt, accepted=(receipt.accepted[place],), place=place, path=tuple(path))


def _root(receipt: Receipt) -> bytes | None:
    if receipt.place is None or receipt.path is None:
        return tree.root(_leaves(receipt.accepted))
    return tree.root_from(_leaves(receipt.accepted)[0], receipt.place, receipt.count, receipt.path)


def _leaves(accepted: Iterable[Promise]) -> list[bytes]:
    """Leaf hashes, of thousands at once."""
    numbers = struct.Struct(">QQ").pack
    return [
        tree.leaf_hash(b"kemiao/receipt\0" + numbers(index, at) + bytes.fromhex(own)) for index, at, own in accepted
    ]


def _signed_bytes(chain: str, count: int, root: bytes) -> bytes:
    own = digest("receipt", {"chain": chain, "count": count, "root": root.hex()})
    return in_domain("receipt", bytes.fromhex(own))


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= SAFE_INTEGER


def _is_promise(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and _is_count(value[0])
        and _is_count(value[1])
        and isinstance(value[2], str)
        and _DIGEST.fullmatch(value[2]) is not None
    )


def _is_path(value: object) -> bool:
    return isinstance(value, list) and len(value) <= 64 and all(isinstance(step, str) and _DIGEST.fullmatch(step) for step in value)  # fmt: skip


def _malformed(part: str) -> Refusal:
    return Refusal.at("MALFORMED_RECEIPT", "回执的格式不对", "the receipt is malformed", part=part)
