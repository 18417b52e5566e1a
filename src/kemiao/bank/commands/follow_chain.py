"""chain follow: our replica up to the node's newest head, and what is new in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from kemiao.bank.chain_link import CERTIFICATE_FILE, KEY_IS_OLD
from kemiao.bank.chain_side import chain_of
from kemiao.bank.world import World
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.chain.entry import open_envelope
from kemiao.chain.following import Progress, Replica
from kemiao.chain.http_node import HttpNode
from kemiao.chain.sqlite_node import SqliteNode

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Followed:
    """kinds: how many new entries of each; about_us: how many of them name our company as their subject. promises: receipts of ours
    that were held against the chain, all kept."""

    before: int
    size: int
    head: str
    kinds: tuple[tuple[str, int], ...]
    about_us: int
    promises: int


def follow(world: World, progress: Progress) -> Followed | Refusal:
    """Raises Outage where the node is away."""
    chain = chain_of(world)
    if chain.settings.node is None:
        return Refusal("NOTHING_TO_FOLLOW", "本目录自己就是节点", "this home is a node itself")
    own, certificate = chain.node, world.home.chain / CERTIFICATE_FILE
    if not isinstance(own, SqliteNode):
        raise BrokenInvariant("a follower reads from a file of its own")
    before = own.size()
    node = HttpNode(
        chain.settings.node, chain.chain, chain.me, chain.signer("entries"), world.clock, world.random_bytes,
        certificate if certificate.is_file() else None,
    )  # fmt: skip
    replica = Replica(world.home.chain, own, node)
    try:
        synced = replica.sync(progress)
    finally:
        node.close()
    if isinstance(synced, Refusal):
        if synced.code not in KEY_IS_OLD:
            return synced
        chain.refresh()  # our key was changed: asks with the key that changes keys, and learns of it
    promises = _promises(world, replica)
    if isinstance(promises, Refusal):
        return promises
    kept = replica.last_head()
    if kept is None:
        raise BrokenInvariant("a head that was followed is not kept")
    kinds, about_us = _new(own, before, own.size(), chain.me)
    return Followed(before, own.size(), kept[1], tuple(sorted(kinds.items())), about_us, promises)


def _promises(world: World, replica: Replica) -> int | Refusal:
    """Every receipt that we were given since the last time: does the entry stand where and when the node said?"""
    marked = world.log.last("chain_promises_kept")
    since = 0 if marked is None else int(marked.public["until"])
    given = [event for event in world.log.events("chain_receipt", newest_first=True) if event.seq > since]
    for event in given:
        broken = replica.dropped(str(event.public["text"]))
        if broken is None:
            continue
        evidence = broken if isinstance(broken, Path) else None
        why = broken if isinstance(broken, Refusal) else None
        return Refusal.at(
            "PROMISE_BROKEN", "节点没有按回执保留我们的条目" if why is None else f"节点的回执没有兑现:{why.zh}",
            "the node has not kept an entry of ours as its receipt says" if why is None else f"the node's receipt is not kept: {why.en}",
            event=event.seq, evidence=evidence,
        )  # fmt: skip
    if given:
        with world.log.write() as tx:
            tx.append("chain_promises_kept", public={"until": given[0].seq, "count": len(given)})
    return len(given)


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
