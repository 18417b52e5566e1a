"""show_chain: how this home stands on the chain, and what has been said there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from kemiao.bank import outbox
from kemiao.bank.chain_side import chain_of
from kemiao.bank.last_known import node_is_away
from kemiao.bank.world import World
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.chain import checkpoint
from kemiao.chain.node import Record
from kemiao.chain.sqlite_node import SqliteNode
from kemiao.chain.views import every


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """size, root, last_at: of what this home holds. node: whom it follows, None where it is a node. behind: the node did not
    answer, so that there may be more. node_keys: of the participants that may sign heads. waiting: entries of ours that are
    still to be submitted."""

    participant: str
    chain: str
    mode: str
    node: str | None
    size: int
    root: str
    last_at: int
    node_keys: tuple[str, ...]
    waiting: int
    behind: bool

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "node_keys": list(self.node_keys)}


def chain_status(world: World) -> ChainStatus:
    chain = chain_of(world)
    behind = node_is_away(chain)
    node = chain.node
    head = checkpoint.read(node.checkpoint())
    if isinstance(head, Refusal):
        raise BrokenInvariant(f"our own head can't be read: {head.code} {head.where}")
    (last,) = node.records(head.size - 1, 1)
    return ChainStatus(
        chain.me, chain.chain, chain.settings.mode, chain.settings.node, head.size,
        head.root.hex(), last.at, _node_keys(world), outbox.waiting(world), behind,
    )  # fmt: skip


def chain_log(
    world: World, *, start: int, kind: str | None, author: str | None, subject: str | None, last: int | None, before: int | None = None
) -> Iterator[dict[str, Any]] | Refusal:  # fmt: skip
    """Entries in their order, the last `last` of those that fit where it is given, before an index: index, at, id, and the entry. As far as this
    home knows. Refuses NO_SUCH_PARTICIPANT."""
    node = chain_of(world).node
    if author is not None and node.get(f"participant/{author}") is None:
        return Refusal.at("NO_SUCH_PARTICIPANT", "没有这个参与方:kemiao participant list", "there is no such participant: kemiao participant list", participant=author[:40])  # fmt: skip
    if not isinstance(node, SqliteNode):
        raise BrokenInvariant("a home reads from a file of its own")
    return map(shown, node.chosen(kind=kind, author=author, subject=subject, start=start, last=last, before=before))


def shown(record: Record) -> dict[str, Any]:
    """Place and content of a record; of the genesis its name and who takes part."""
    content = json.loads(record.envelope)
    place = {"index": record.index, "at": record.at, "id": record.id}
    if record.index == 0:
        return {**place, "kind": "genesis", "author": None, "subject": None, "name": content["name"], "participants": [card["id"] for card in content["cards"]]}  # fmt: skip
    return {**place, **content["entry"]}


def _node_keys(world: World) -> tuple[str, ...]:
    return tuple(
        key
        for _, each in every(chain_of(world).node, "participant/")
        for key, about in each["keys"].items()
        if "node" in about["purposes"] and about["until"] is None
    )
