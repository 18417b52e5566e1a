"""How the tree's hashes lie on disk: tiles of five levels, 62 hashes each, so that a path of twenty hashes reads four of them.

Tile (band, number) holds, for the leaves-of-the-band [32 * number, 32 * number + 32), the levels 5 * band … 5 * band + 4 one behind
the other; its top is a leaf of the band above. What is not complete yet is zero. A hash is computed once and then read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from kemiao.base.refusal import BrokenInvariant

HEIGHT = 5
TILE_BYTES = 62 * 32
_START = (0, 32, 48, 56, 60)  # where a level begins in its tile, in hashes
_EMPTY = bytes(TILE_BYTES)
_NO_HASH = bytes(32)

Read = Callable[[int], bytes | None]  # by tile id


def tile_id(band: int, number: int) -> int:
    return band << 56 | number


def place_of(level: int, index: int) -> tuple[int, int]:
    """Id of the tile that holds the hash, and the byte at which it begins there."""
    band, row = divmod(level, HEIGHT)
    width = HEIGHT - row
    return band << 56 | index >> width, (_START[row] + (index & ((1 << width) - 1))) * 32


def hash_in(read: Read, level: int, index: int) -> bytes:
    """The stored hash of a complete subtree. Raises BrokenInvariant where there is none."""
    tile, offset = place_of(level, index)
    content = read(tile)
    found = _NO_HASH if content is None else content[offset : offset + 32]
    if found == _NO_HASH or len(found) != 32:
        raise BrokenInvariant(f"the tree has no stored hash ({level}, {index})")
    return found


def changed(made: Iterable[tuple[int, int, bytes]], read: Read) -> Mapping[int, bytearray]:
    """Tiles with the newly completed hashes (as tree.Edge gives them) put in; those that were there are read first."""
    tiles: dict[int, bytearray] = {}
    for level, index, hash_ in made:
        band, row = divmod(level, HEIGHT)
        width = HEIGHT - row
        tile = band << 56 | index >> width
        content = tiles.get(tile)
        if content is None:
            content = tiles[tile] = bytearray(read(tile) or _EMPTY)
        offset = (_START[row] + (index & ((1 << width) - 1))) * 32
        content[offset : offset + 32] = hash_
    return tiles
