"""How the tree's hashes lie on disk: tiles of five levels, 62 hashes each, so that a path of twenty hashes reads four of them.

Tile (band, number) holds, for the leaves-of-the-band [32 * number, 32 * number + 32), the levels 5 * band … 5 * band + 4 one behind
the other; its top is a leaf of the band above. What is not complete yet is zero. A hash is computed once and then read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from kemiao.base import tree
from kemiao.base.refusal import BrokenInvariant

HEIGHT = 5
TILE_BYTES = 62 * 32
START = (0, 32, 48, 56, 60)  # where a level begins in its tile, in hashes
_EMPTY = bytes(TILE_BYTES)
_NO_HASH = bytes(32)

Read = Callable[[int], bytes | None]  # by tile id


def place_of(level: int, index: int) -> tuple[int, int]:
    """Id of the tile that holds the hash, and the byte at which it begins there."""
    band, step = divmod(level, HEIGHT)
    width = HEIGHT - step
    return band << 56 | index >> width, (START[step] + (index & ((1 << width) - 1))) * 32


def hash_in(read: Read, level: int, index: int) -> bytes:
    """The stored hash of a complete subtree. Raises BrokenInvariant where there is none."""
    tile, offset = place_of(level, index)
    content = read(tile)
    found = _NO_HASH if content is None else content[offset : offset + 32]
    if found == _NO_HASH or len(found) != 32:
        raise BrokenInvariant(f"the tree has no stored hash ({level}, {index})")
    return found


def is_whole(tile: bytes) -> bool:
    """All its hashes are there: the last of them comes last."""
    return tile[-32:] != _NO_HASH


def grown(size: int, leaves: Sequence[bytes], read: Read) -> tuple[dict[int, bytearray], tree.Edge]:
    """The tiles that change when leaf hashes are added to a tree of `size`, and its new edge. By level, not by leaf: a group
    has thousands, and each hash is made once."""
    tiles: dict[int, bytearray] = {}
    peaks: list[bytes] = []
    start, row, level, end = size, list(leaves), 0, size + len(leaves)
    while end >> level:
        if end >> level & 1:
            peaks.append(row[-1] if row else hash_in(read, level, (end >> level) - 1))
        _put(tiles, read, level, start, row)
        if start & 1 and row:
            row.insert(0, hash_in(read, level, start - 1))
        pairs = iter(row)
        row = [sha256(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
        start, level = start >> 1, level + 1
    return tiles, tree.Edge(reversed(peaks), end)


def _put(tiles: dict[int, bytearray], read: Read, level: int, start: int, row: Sequence[bytes]) -> None:
    """Writes the hashes (level, start …) into their tiles."""
    band, step = divmod(level, HEIGHT)
    width = 1 << (HEIGHT - step)
    done = 0
    while done < len(row):
        number, inside = divmod(start + done, width)
        part = row[done : done + width - inside]
        tile = band << 56 | number
        content = tiles.get(tile)
        if content is None:
            content = tiles[tile] = bytearray(read(tile) or _EMPTY)
        offset = (START[step] + inside) * 32
        content[offset : offset + 32 * len(part)] = b"".join(part)
        done += len(part)
