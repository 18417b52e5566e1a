"""How this home reaches the chain: as a node of its own, or through a replica that follows one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from kemiao.base.refusal import Refusal, Refused

if TYPE_CHECKING:
    from kemiao.bank.chain_side import ChainSettings
    from kemiao.bank.home import Home
    from kemiao.base.clock import Clock
    from kemiao.base.signing import Signer
    from kemiao.chain.http_node import HttpNode
    from kemiao.chain.mailbox import Mail
    from kemiao.chain.node import Node

NODE_FILE = "node.db"  # of our own node, or of our replica
PARCELS_FILE = "node.parcels.db"  # of our own node: see chain.sqlite_node
CERTIFICATE_FILE = "ca.pem"  # whom to trust for the node that is followed
KEY_IS_OLD = ("KEY_RETIRED", "FOREIGN_KEY")  # what a node answers that knows of a change of our keys before we do
Random = Callable[[int], bytes]
Signers = Callable[[str], "Signer"]  # purpose → our key, unlocked


class Link(Protocol):
    @property
    def reading(self) -> Node: ...

    def writing(self) -> Node:
        """What takes entries; unlocks what it needs for that."""
        ...

    def refresh(self) -> None: ...

    def mail(self) -> Mail:
        """Our side of the node's mailbox."""
        ...

    def close(self) -> None: ...


class OwnNode:
    """The node in this home. Opened to read; once something is to be written, opened again with the node's key."""

    def __init__(self, home: Home, settings: ChainSettings, clock: Clock, signer: Signers) -> None:
        from kemiao.chain.sqlite_node import SqliteNode

        self._path, self._clock, self._signer, self._me = home.chain / NODE_FILE, clock, signer, settings.participant
        self._node = SqliteNode.open(self._path, clock, None)
        self._writes = False

    @property
    def reading(self) -> Node:
        return self._node

    def writing(self) -> Node:
        from kemiao.chain.sqlite_node import SqliteNode

        if not self._writes:
            key = self._signer("node")  # first: without it the open one stays as it is
            self._node.close()
            self._node = SqliteNode.open(self._path, self._clock, key)
            self._writes = True
        return self._node

    def refresh(self) -> None:
        """Our own node is never behind."""

    def mail(self) -> Mail:
        from kemiao.chain.mailbox import OwnMail

        node = self._node
        return OwnMail(node.mailbox, self._me, lambda name: node.get(f"participant/{name}") is not None)

    def close(self) -> None:
        self._node.close()


class FollowedNode:
    """A replica here, a node elsewhere. Asking it needs one of our keys: requests are signed."""

    def __init__(self, home: Home, settings: ChainSettings, address: str, clock: Clock, random_bytes: Random, signer: Signers) -> None:  # fmt: skip
        from kemiao.chain.sqlite_node import SqliteNode

        self._home, self._settings, self._address = home, settings, address
        self._clock, self._random_bytes, self._signer = clock, random_bytes, signer
        self._own = SqliteNode.open(home.chain / NODE_FILE, clock, None)
        self._remote: HttpNode | None = None
        self._purpose = "entries"  # of the key that requests are signed with

    @property
    def reading(self) -> Node:
        return self._own

    def writing(self) -> HttpNode:
        from kemiao.chain.http_node import HttpNode

        if self._remote is None:
            ca = self._home.chain / CERTIFICATE_FILE
            self._remote = HttpNode(
                self._address, self._settings.chain, self._settings.participant, self._signer(self._purpose), self._clock,
                self._random_bytes, ca if ca.is_file() else None,
            )  # fmt: skip
        return self._remote

    def refresh(self) -> None:
        """Raises Outage where the node is away, and Refused where what it says can't be: a fork, a bad record."""
        try:
            self._sync()
        except Refused as refused:
            if refused.refusal.code not in KEY_IS_OLD:
                raise
            # Our key was changed, which our replica does not know yet: ask once with the key that changes keys.
            self._ask_with("keys")
            try:
                self._sync()
            finally:
                self._ask_with("entries")

    def mail(self) -> Mail:
        return self.writing()

    def _sync(self) -> None:
        from kemiao.chain.following import Replica

        answer = Replica(self._home.chain, self._own, self.writing()).sync()
        if isinstance(answer, Refusal):
            raise Refused(answer)

    def _ask_with(self, purpose: str) -> None:
        self._purpose = purpose
        if self._remote is not None:
            self._remote.close()
            self._remote = None

    def close(self) -> None:
        self._own.close()
        if self._remote is not None:
            self._remote.close()


def open_link(home: Home, settings: ChainSettings, clock: Clock, random_bytes: Random, signer: Signers) -> Link:
    if settings.node is None:
        return OwnNode(home, settings, clock, signer)
    return FollowedNode(home, settings, settings.node, clock, random_bytes, signer)
