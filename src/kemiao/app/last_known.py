"""Before something is read off the chain: what is new there, or the word that the node is away."""

from __future__ import annotations

from kemiao.app.door import Door
from kemiao.bank.chain_side import chain_of
from kemiao.bank.last_known import node_is_away
from kemiao.bank.world import World


def catch_up(door: Door, world: World) -> None:
    """Raises Refused NO_CHAIN, and what node_is_away raises."""
    if node_is_away(chain_of(world)):
        door.say("节点没有应答,以下为本地副本所知", "the node does not answer: this is what our replica knows")
