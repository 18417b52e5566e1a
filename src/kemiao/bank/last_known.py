"""What is read while the node is away: the replica, as far as it came."""

from __future__ import annotations

from kemiao.bank.chain_side import SharedChain
from kemiao.base.refusal import Outage

_AWAY = ("NODE_UNREACHABLE", "NODE_BUSY")


def node_is_away(chain: SharedChain) -> bool:
    """Brings a replica up to date; whether the node that it follows does not answer, so that there may be more than we know.
    Raises Refused where what the node says can't be (a fork, a bad record), and Outage where something else fails, such as our disk."""
    try:
        chain.refresh()
    except Outage as outage:
        if outage.code not in _AWAY:
            raise
        return True
    return False
