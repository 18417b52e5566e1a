"""show_chain: how this home stands on the chain, and what has been said there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from kemiao.bank import outbox
from kemiao.bank.chain_side import chain_of
from kemiao.bank.world import World
from kemiao.base.refusal import Outage
from kemiao.chain import checkpoint
from kemiao.chain.checkpoint import Checkpoint
from kemiao.chain.node import Record
from kemiao.chain.sqlite_node import SqliteNode

_PAGE = 1000


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
    behind = _refreshed_or_behind(world)
    node = chain.node
    head = checkpoint.read(node.checkpoint())
    size = head.size if isinstance(head, Checkpoint) else node.size()
    (last,) = node.records(size - 1, 1)
    return ChainStatus(
        chain.me, chain.chain, chain.settings.mode, chain.settings.node, size,
        head.root.hex() if isinstance(head, Checkpoint) else "", last.at, _node_keys(world), outbox.waiting(world), behind,
    )  # fmt: skip


def chain_log(
    world: World, *, start: int, kind: str | None, author: str | None, subject: str | None, last: int | None
) -> Iterator[dict[str, Any]]:
    """Entries in their order, the last `last` of those that fit where it is given: index, at, id, and the entry."""
    _refreshed_or_behind(world)
    node = chain_of(world).node
    if isinstance(node, SqliteNode):
        found = node.chosen(kind=kind, author=author, subject=subject, start=start, last=last)
        return map(_shown, found)
    wanted = {name: value for name, value in (("kind", kind), ("author", author), ("subject", subject)) if value}
    fit = [line for line in map(_shown, _all(world, start)) if all(line.get(name) == value for name, value in wanted.items())]  # fmt: skip
    return iter(fit if last is None else fit[-last:] if last else [])


def _all(world: World, start: int) -> Iterator[Record]:
    node = chain_of(world).node
    while page := node.records(start, _PAGE):
        yield from page
        start = page[-1].index + 1


def _shown(record: Record) -> dict[str, Any]:
    content = json.loads(record.envelope)
    place = {"index": record.index, "at": record.at, "id": record.id}
    if record.index == 0:
        return {**place, "kind": "genesis", "author": None, "subject": None, "name": content["name"], "participants": [card["id"] for card in content["cards"]]}  # fmt: skip
    return {**place, **content["entry"]}


def _node_keys(world: World) -> tuple[str, ...]:
    node, keys, after = chain_of(world).node, list[str](), ""
    while page := node.scan("participant/", after):
        for _, each in page:
            keys += [
                key for key, about in each["keys"].items() if "node" in about["purposes"] and about["until"] is None
            ]
        after = page[-1][0]
    return tuple(keys)


def _refreshed_or_behind(world: World) -> bool:
    try:
        chain_of(world).refresh()
    except Outage:
        return True
    return False
