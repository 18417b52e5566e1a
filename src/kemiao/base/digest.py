"""SHA-256 with a domain before every use, so that a digest of one kind never passes for another."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from kemiao.base.canonical import canonical_bytes


def digest(domain: str, value: object) -> str:
    """Hex SHA-256 of `kemiao/DOMAIN\\0` and the canonical bytes of `value`."""
    return digest_bytes(domain, canonical_bytes(value))


def digest_bytes(domain: str, content: bytes) -> str:
    return hashlib.sha256(f"kemiao/{domain}".encode() + b"\0" + content).hexdigest()


def merkle_root(leaves: Sequence[bytes]) -> str:
    """Root of the tree of RFC 9162, section 2.1.1, over the leaves in their order (hex)."""
    return _subtree(leaves).hex()


def _subtree(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + _subtree(leaves[:split]) + _subtree(leaves[split:])).digest()
