"""The tree of RFC 9162 over leaf hashes that lie one behind the other in a single piece of memory: one pass, no objects kept.

Level by level, pairs are hashed and an odd last node is carried up as it is; this is the RFC's tree, split by split.
"""

from __future__ import annotations

from hashlib import sha256
from struct import iter_unpack

from kemiao.base.refusal import BrokenInvariant
from kemiao.base.tree import EMPTY_ROOT, inclusion_path, levels
from kemiao.base.tree import root as root_of_list

HASH_BYTES = 32
CHUNK_LEAVES = 1 << 16  # a complete subtree at a time, which stays in the processor's cache
_CHUNK_BYTES = CHUNK_LEAVES * HASH_BYTES


def flat_root(leaves: bytes) -> bytes:
    return root_of_list(chunk_roots(leaves)) if leaves else EMPTY_ROOT


def chunk_roots(leaves: bytes) -> list[bytes]:
    """Roots of the subtrees over CHUNK_LEAVES leaves each; the last may have fewer. They are leaves of the tree above."""
    return [_chunk_root(leaves[start : start + _CHUNK_BYTES]) for start in range(0, len(leaves), _CHUNK_BYTES)]


def flat_path(leaves: bytes, index: int, roots: list[bytes] | None = None) -> list[bytes]:
    """As base.tree.inclusion_path. roots: chunk_roots(leaves), where they are known already."""
    if not 0 <= index < len(leaves) // HASH_BYTES:
        raise BrokenInvariant(f"no leaf {index} in a tree of {len(leaves) // HASH_BYTES}")
    chunk, place = divmod(index, CHUNK_LEAVES)
    row = leaves[chunk * _CHUNK_BYTES : (chunk + 1) * _CHUNK_BYTES]
    path = []
    while len(row) > HASH_BYTES:
        sibling = (place ^ 1) * HASH_BYTES
        if sibling < len(row):
            path.append(row[sibling : sibling + HASH_BYTES])
        row, place = _level_above(row), place >> 1
    above = levels(chunk_roots(leaves) if roots is None else roots)
    return path + inclusion_path(chunk, len(above[0]), lambda level, i: above[level][i])


def _chunk_root(row: bytes) -> bytes:
    while len(row) > HASH_BYTES:
        row = _level_above(row)
    return row


def _level_above(row: bytes) -> bytes:
    odd = len(row) % (2 * HASH_BYTES)
    pairs = row[:-odd] if odd else row
    return b"".join([sha256(b"\1" + pair).digest() for (pair,) in iter_unpack("64s", pairs)]) + row[len(pairs) :]
