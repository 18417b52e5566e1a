"""Hashes of the tree by way of tiles that are kept: a whole tile never changes again."""

from __future__ import annotations

from kemiao.base.refusal import BrokenInvariant
from kemiao.chain.tiles import HEIGHT, START, Read, is_whole

_KEPT = 16_384  # tiles: 32 MB
_NO_HASH = bytes(32)


class TileCache:
    __slots__ = ("_kept", "_read")

    def __init__(self, read: Read) -> None:
        self._read, self._kept = read, dict[int, bytes]()

    def hash(self, level: int, index: int) -> bytes:
        """As tree.Stored. Raises BrokenInvariant where there is none."""
        band, step = divmod(level, HEIGHT)
        width = HEIGHT - step
        tile = band << 56 | index >> width
        content = self._kept.get(tile) or self._fetched(tile)
        offset = (START[step] + (index & ((1 << width) - 1))) << 5
        found = content[offset : offset + 32]
        if found == _NO_HASH or len(found) != 32:
            raise BrokenInvariant(f"the tree has no stored hash ({level}, {index})")
        return found

    def _fetched(self, tile: int) -> bytes:
        content = self._read(tile) or b""
        if content and is_whole(content):
            if len(self._kept) >= _KEPT:  # the older half goes
                for old in list(self._kept)[: _KEPT // 2]:
                    self._kept.pop(old, None)
            self._kept[tile] = content
        return content
