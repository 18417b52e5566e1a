"""A state of millions of keys and a tree of a million leaves, loaded in bulk through the node's own store; and what asks them.

The values are those that the rules put for one real consent and one real right, again and again under other ids and companies.
"""

from __future__ import annotations

import hashlib
import json
import random
import resource
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from kemiao.app.bench_chain_cast import Cast
from kemiao.base import tree
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.chain.entry import leaf, open_envelope
from kemiao.chain.rules.apply import apply
from kemiao.chain.rules.rights import over
from kemiao.chain.rules.standing import standing
from kemiao.chain.sqlite_node import SqliteNode
from kemiao.chain.sqlite_store import SqliteStore
from kemiao.chain.tiles import grown

_AT_ONCE = 50_000
_COMPANIES = 20_000
_DAY = "2026-02-01"
_THING = hashlib.sha256(b"thing").hexdigest()
_CHUNK = 1 << 16


def load_state(path: Path, keys: int) -> dict[str, int]:
    """How many consents and rights there are now; half of the keys are those of consents."""
    cast = Cast("ed25519")
    node = cast.node(path)
    try:
        own, puts = _consent(cast, node)
        consents = keys // 2 // len(puts)
        templates = [(key, value, own, "consent", consents) for key, value in puts.items()]
        own, puts = _right(cast, node)
        rights = keys // 2 // len(puts)
        templates += [(key, value, own, "right", rights) for key, value in puts.items()]
    finally:
        node.close()
    store = SqliteStore(path, durable=False)
    try:
        for template in sorted(templates, key=lambda each: each[0]):
            source = _copies(cast.company, *template)
            while part := dict(islice(source, _AT_ONCE)):
                with store.writing() as writing:
                    writing.put(part)
    finally:
        store.close()
    return {"consent": consents, "encumbered": rights}


def ask(path: Path, what: str, loaded: dict[str, int], queries: int) -> dict[str, Any]:
    """Random ones of those there are. In a process of its own: the memory is all of it."""
    cast, lots = Cast("ed25519"), random.Random(11)  # noqa: S311 - what is asked for
    node = SqliteNode.open(path, _clock(cast), None)
    numbers = [lots.randrange(loaded[what]) for _ in range(queries)]
    took = []
    for number in numbers:
        if what == "consent":
            own = _id("consent", number)
            start = perf_counter()
            found: Any = standing(node, own, cast.authors[0], "credit_review", ["invoice"], None, _DAY)
        else:
            place = {"kind": "machine", "id": _id("right thing", number)}
            start = perf_counter()
            found = over(node, place, None, _DAY)
        took.append(perf_counter() - start)
        if isinstance(found, Refusal) or not found:
            raise BrokenInvariant(f"{what} {number}: {found}")
    node.close()
    took.sort()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "queries": queries, "p50_ms": round(1000 * took[queries // 2], 3), "p99_ms": round(1000 * took[queries * 99 // 100], 3),
        "memory_mb": memory >> 10,
    }  # fmt: skip


def grow_tree(path: Path, leaves: int) -> bytes:
    """A tree alone, without records: its root."""
    store = SqliteStore.create(path, durable=False)
    size, edge = 0, tree.Edge()
    while size < leaves:
        new = [_leaf(index) for index in range(size, min(leaves, size + _CHUNK))]
        with store.writing() as writing:
            tiles, edge = grown(size, new, writing.tile)
            writing.put_tiles(tiles)
        size = edge.size
    store.close()
    return edge.root()


def make_proofs(path: Path, _root: bytes, leaves: int, count: int, seed: int) -> float:
    """Proofs a second in this process, of leaves here and there."""
    tiles, store = _tiles(path)
    numbers = _drawn(leaves, count, seed)
    start = perf_counter()
    for index in numbers:
        tiles.inclusion(index, leaves)
    seconds = perf_counter() - start
    store.close()
    return count / seconds


def check_proofs(path: Path, root: bytes, leaves: int, count: int, seed: int) -> float:
    tiles, store = _tiles(path)
    proofs = [(index, _leaf(index), tiles.inclusion(index, leaves)) for index in _drawn(leaves, count, seed)]
    store.close()
    start = perf_counter()
    good = sum(tree.check_inclusion(own, index, leaves, proof, root) for index, own, proof in proofs)
    seconds = perf_counter() - start
    if good != count:
        raise BrokenInvariant("a good proof did not hold")
    return count / seconds


def _tiles(path: Path) -> tuple[Any, SqliteStore]:
    from kemiao.chain.tile_cache import TileCache

    store = SqliteStore(path)
    return TileCache(store.tile), store


def _drawn(leaves: int, count: int, seed: int) -> list[int]:
    lots = random.Random(seed)  # noqa: S311 - which leaves are asked for
    return [lots.randrange(leaves) for _ in range(count)]


def _leaf(index: int) -> bytes:
    return tree.leaf_hash(leaf(1_770_000_000_000 + index, hashlib.sha256(index.to_bytes(8, "big")).hexdigest()))


def _consent(cast: Cast, node: SqliteNode) -> tuple[str, dict[str, Any]]:
    body = {
        "reader": cast.authors[0], "tables": ["bank_transaction", "invoice"], "purposes": ["credit_review"], "from": "2026-01-01",
        "until": "2026-12-31", "may_pass_on": False, "queries": 12, "accounts": None, "ask": False, "notice": "0" * 64,
    }  # fmt: skip
    return _applied(node, cast.say("consent.grant", "acme", 1, subject=cast.company, body=body))


def _right(cast: Cast, node: SqliteNode) -> tuple[str, dict[str, Any]]:
    from kemiao.chain.blinding import VARIANTS

    variants = {name: hashlib.sha256(f"{name} of {_THING}".encode()).hexdigest() for name in VARIANTS["machine"]}
    body = {
        "asset": {"kind": "machine", "id": _THING, "variants": variants}, "right": "mortgage", "debtor": cast.company,
        "claim_fen": 90_000_000, "total_fen": None, "pledged_fen": None, "contract_on": "2026-01-20", "until": "2029-01-20",
        "purchase_money": None, "behind": [],
    }  # fmt: skip
    return _applied(node, cast.say("right.register", cast.authors[0], 1, subject=cast.company, body=body))


def _applied(node: SqliteNode, content: bytes) -> tuple[str, dict[str, Any]]:
    signed = open_envelope(content)
    if isinstance(signed, Refusal):
        raise BrokenInvariant(signed.code)
    effects = apply(node, signed, 1_769_904_000_000)
    if isinstance(effects, Refusal):
        raise BrokenInvariant(f"{effects.code} {effects.where}")
    return signed.id, {key: value for key, value in effects.puts.items() if signed.id in key or _THING in key}


def _copies(company: str, key: str, value: Any, own: str, name: str, count: int) -> Iterator[tuple[str, bytes]]:
    """In the order of their keys: a tree that grows at its end is filled at once."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)

    def other(template: str, number: int) -> str:
        named = template.replace(own, _id(name, number)).replace(_THING, _id(f"{name} thing", number))
        return named.replace(company, f"uscc:91310000MA{number % _COMPANIES:08}")

    for made, number in sorted((other(key, number), number) for number in range(count)):
        yield made, other(text, number).encode()


def _id(name: str, number: int) -> str:
    return hashlib.sha256(f"{name} {number}".encode()).hexdigest()


def _clock(_cast: Cast) -> Any:
    from datetime import UTC, datetime

    from kemiao.base.clock import FixedClock

    return FixedClock(datetime(2026, 2, 1, tzinfo=UTC))
