"""Our keys for the chain: which of them is for a purpose now, its file unlocked; and the nodes' public keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kemiao.base.refusal import Refusal, Refused
from kemiao.chain.checkpoint import NodeKey

if TYPE_CHECKING:
    from kemiao.bank.home import Home
    from kemiao.base.signing import Signer
    from kemiao.chain.node import Node


def current_keys(node: Node, participant: str, purpose: str) -> list[str]:
    """Key ids of a participant that are neither retired nor distrusted, for a purpose; the newest first."""
    known: dict[str, Any] = (node.get(f"participant/{participant}") or {}).get("keys", {})
    usable = [
        (key["from"], name)
        for name, key in known.items()
        if purpose in key["purposes"] and key["until"] is None and key["distrusted_from"] is None
    ]
    return [name for _, name in sorted(usable, reverse=True)]


def node_keys(node: Node) -> list[NodeKey]:
    """Public keys by which nodes may have signed, of every participant, old ones too."""
    keys = []
    after = ""
    while page := node.scan("participant/", after):
        for _, participant in page:
            keys += [
                (key["suite"], bytes.fromhex(key["public"]))
                for key in participant["keys"].values()
                if "node" in key["purposes"]
            ]
        after = page[-1][0]
    return keys


def unlock(home: Home, node: Node, participant: str, purpose: str, passphrase: Callable[[], str]) -> Signer:
    """Raises Refused NO_KEY where no file of a current key for the purpose lies here, and what the passphrase is refused for."""
    known = current_keys(node, participant, purpose)
    raise Refused(Refusal.at(
        "NO_KEY", f"没有用途为 {purpose} 的可用密钥", f"there is no key for {purpose} here", home=home.keys, known=", ".join(known),
    ))  # fmt: skip
