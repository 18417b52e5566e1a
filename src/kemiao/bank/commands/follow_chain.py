"""chain follow: our replica up to the node's newest head, and what is new in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from kemiao.bank.chain_side import chain_of
from kemiao.bank.commands.join_chain import CERTIFICATE_FILE
from kemiao.bank.world import World
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.chain.entry import open_envelope
from kemiao.chain.following import Progress, Replica
from kemiao.chain.http_node import HttpNode
from kemiao.chain.sqlite_node import SqliteNode

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Followed:
    """kinds: how many new entries of each; about_us: how many of them name our company as their subject."""

    before: int
    size: int
    head: str
    kinds: tuple[tuple[str, int], ...]
    about_us: int


def follow(world: World, progress: Progress) -> Followed | Refusal:
    """Raises Outage where the node is away."""
    chain = chain_of(world)
    if chain.settings.node is None:
        return Refusal("NOTHING_TO_FOLLOW", "本目录自己就是节点", "this home is a node itself")
    own, certificate = chain.node, world.home.chain / CERTIFICATE_FILE
    if not isinstance(own, SqliteNode):
        raise BrokenInvariant("a follower reads from a file of its own")
    node = HttpNode(
        chain.settings.node, chain.chain, chain.me, chain.signer("entries"), world.clock, world.random_bytes,
        certificate if certificate.is_file() else None,
    )  # fmt: skip
    try:
        synced = Replica(world.home.chain, own, node).sync(progress)
    finally:
        node.close()
    if isinstance(synced, Refusal):
        return synced
    kinds, about_us = _new(own, synced.before, synced.size, chain.me)
    return Followed(synced.before, synced.size, synced.head, tuple(sorted(kinds.items())), about_us)


def _new(own: SqliteNode, start: int, end: int, me: str) -> tuple[Counter[str], int]:
    company = (own.get(f"participant/{me}") or {}).get("company")
    kinds: Counter[str] = Counter()
    about_us = 0
    while start < end:
        for record in own.records(start, min(_CHUNK, end - start)):
            opened = open_envelope(record.envelope)
            if isinstance(opened, Refusal):
                raise BrokenInvariant(f"record {record.index} was checked and can't be opened")
            kinds[opened.entry.kind] += 1
            about_us += company is not None and opened.entry.subject == company
            start = record.index + 1
    return kinds, about_us
