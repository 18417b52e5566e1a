"""Runs the server of `kemiao chain serve`: the machine's clock and signals are its, and nobody's below."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kemiao.app.door import Door
from kemiao.base.refusal import Refusal

if TYPE_CHECKING:
    from kemiao.bank.world import World


def serve(door: Door, world: World, host: str, port: int, certificate: Path | None, key: Path | None) -> Refusal | None:
    """Until SIGTERM or SIGINT. Other commands of this home may read and write meanwhile."""
    from kemiao.bank.chain_link import NODE_FILE
    from kemiao.bank.chain_side import chain_of
    from kemiao.chain.listening import Listening
    from kemiao.chain.serving import application
    from kemiao.chain.sqlite_node import SqliteNode

    chain = chain_of(world)
    if chain.settings.node is not None:
        return Refusal("NOT_A_NODE", "本目录跟随别的节点,自己不是节点", "this home follows a node and is none itself")
    node = SqliteNode.open(world.home.chain / NODE_FILE, world.clock, chain.signer("node"))
    try:
        listening = Listening(
            application(node, lambda: time.time_ns() // 1_000_000, node.mailbox), host, port, certificate, key
        )
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: listening.stop())
        listening.run(lambda: _ready(door, listening.address, chain.chain))
    finally:
        node.close()
    door.say("节点已停止", "the node has stopped")
    return None


def _ready(door: Door, address: str, chain: str) -> None:
    if door.as_json:
        door.document({"address": address, "chain": chain})
    else:
        door.text(address)
    import sys

    sys.stdout.flush()
    door.say(f"节点就绪,Ctrl-C 结束:{address}", f"the node is ready, Ctrl-C ends it: {address}")
