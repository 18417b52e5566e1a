"""Hashes and paths of the tree by way of tiles that are kept: a whole tile never changes again."""

from __future__ import annotations

from kemiao.base import tree
from kemiao.base.refusal import BrokenInvariant
from kemiao.chain.tiles import HEIGHT, START, Read, is_whole

_KEPT = 16_384  # tiles: 32 MB
_RIGHT_SIDES = 4096
_NO_HASH = bytes(32)
_MASKS = tuple((1 << (HEIGHT - step)) - 1 for step in range(HEIGHT))


class TileCache:
    __slots__ = ("_kept", "_read", "_right")

    def __init__(self, read: Read) -> None:
        self._read, self._kept = read, dict[int, bytes]()
        self._right: dict[tuple[int, int], bytes] = {}

    def hash(self, level: int, index: int) -> bytes:
        """As tree.Stored. Raises BrokenInvariant where there is none."""
        band, step = divmod(level, HEIGHT)
        content = self._tile(band << 56 | index >> (HEIGHT - step))
        offset = (START[step] + (index & _MASKS[step])) << 5
        found = content[offset : offset + 32]
        if found == _NO_HASH or len(found) != 32:
            raise BrokenInvariant(f"the tree has no stored hash ({level}, {index})")
        return found

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """What tree.inclusion_path gives, at a quarter of the time: each tile is fetched once, and what lies right of a whole
        half of the tree, the same for all leaves in that half, is hashed once."""
        if not 0 <= index < size:
            raise BrokenInvariant(f"no leaf {index} in a tree of {size}")
        inside = (index ^ (size - 1)).bit_length()
        path: list[bytes] = []
        for start in range(0, inside - 1, HEIGHT):
            content = self._tile(start // HEIGHT << 56 | index >> (start + HEIGHT))
            for step in range(min(HEIGHT, inside - 1 - start)):
                offset = (START[step] + (((index >> (start + step)) ^ 1) & _MASKS[step])) << 5
                path.append(content[offset : offset + 32])
        if _NO_HASH in path or b"" in path:
            raise BrokenInvariant(f"the tree lacks hashes on the way from leaf {index}")
        if inside:
            path.append(self._ragged(((index >> (inside - 1)) + 1) << (inside - 1), size))
        above, level = index >> inside, inside
        while above:
            if above & 1:
                path.append(self.hash(level, above - 1))
            above, level = above >> 1, level + 1
        return path

    def _ragged(self, start: int, size: int) -> bytes:
        found = self._right.get((start, size))
        if found is None:
            if len(self._right) >= _RIGHT_SIDES:
                self._right.clear()
            found = self._right[start, size] = tree.stored_range(start, size, self.hash)
        return found

    def _tile(self, tile: int) -> bytes:
        content = self._kept.get(tile)
        if content is not None:
            return content
        content = self._read(tile) or b""
        if content and is_whole(content):
            if len(self._kept) >= _KEPT:  # the older half goes
                for old in list(self._kept)[: _KEPT // 2]:
                    self._kept.pop(old, None)
            self._kept[tile] = content
        return content
