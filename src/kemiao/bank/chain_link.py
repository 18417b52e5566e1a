"""How this home reaches the chain: as a node of its own, or through a replica that follows one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from kemiao.bank.chain_side import ChainSettings
    from kemiao.bank.home import Home
    from kemiao.base.clock import Clock
    from kemiao.base.signing import Signer
    from kemiao.chain.node import Node

Signers = Callable[[str], "Signer"]  # purpose → our key, unlocked


class Link(Protocol):
    @property
    def reading(self) -> Node: ...

    def writing(self, signer: Signers) -> Node:
        """What takes entries; unlocks what it needs for that."""
        ...

    def refresh(self) -> None: ...

    def close(self) -> None: ...


class OwnNode:
    """The node in this home. Opened to read; once something is to be written, opened again with the node's key."""

    def __init__(self, home: Home, clock: Clock) -> None:
        from kemiao.chain.sqlite_node import SqliteNode

        self._path, self._clock = home.chain / "node.db", clock
        self._node = SqliteNode.open(self._path, clock, None)
        self._writes = False

    @property
    def reading(self) -> Node:
        return self._node

    def writing(self, signer: Signers) -> Node:
        from kemiao.chain.sqlite_node import SqliteNode

        if not self._writes:
            key = signer("node")  # first: without it the open one stays as it is
            self._node.close()
            self._node = SqliteNode.open(self._path, self._clock, key)
            self._writes = True
        return self._node

    def refresh(self) -> None:
        """Our own node is never behind."""

    def close(self) -> None:
        self._node.close()


def open_link(home: Home, settings: ChainSettings, clock: Clock) -> Link:
    if settings.node is None:
        return OwnNode(home, clock)
    from kemiao.bank.following_link import FollowedNode

    return FollowedNode(home, settings.node, clock)
