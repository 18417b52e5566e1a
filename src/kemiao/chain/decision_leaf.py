"""What stands under the root of an entry that answers for decisions. It is a module of its own since homes without a chain write it too."""

from __future__ import annotations


def decision_leaf_data(decision_id: str, commitment: str) -> bytes:
    """Leaf data of one decision in the root of its run. commitment: to the decision's content, from the event log; 64 hex digits."""
    return b"kemiao/decision\0" + decision_id.encode() + b"\0" + commitment.encode()
