"""The leaf hashes of a batch on disk, so that one row can still be proved after the cells of the others were erased.

"kemiao leaves\\n" and two zero bytes (16 bytes), the count (8 bytes, big endian), the root (32), then the hashes, 32 bytes each.
Hashes of salted rows say nothing about them; the file is no secret.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from kemiao.base.refusal import Outage, Refusal
from kemiao.base.tree import root
from kemiao.chain.flat_tree import HASH_BYTES, chunk_roots, flat_path

_MAGIC = b"kemiao leaves\n\0\0"
_HEAD_BYTES = len(_MAGIC) + 8 + HASH_BYTES


@dataclass(frozen=True, slots=True)
class LeafFile:
    """root: hex; the leaves were hashed up to it when the file was opened. Build it by open()."""

    count: int
    root: str
    leaves: bytes = field(repr=False)
    _chunks: list[bytes] = field(repr=False)

    @staticmethod
    def write(path: Path, leaves: bytes, root: str) -> None:
        """Whole or not at all. Raises Outage."""
        new = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            with new.open("wb") as file:
                file.write(_MAGIC + (len(leaves) // HASH_BYTES).to_bytes(8, "big") + bytes.fromhex(root))
                file.write(leaves)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except OSError as error:
            new.unlink(missing_ok=True)
            raise Outage("LEAVES_UNWRITABLE", f"叶子文件无法写入:{error.strerror}", f"the leaf file can't be written: {error.strerror}", {"file": path}) from error  # fmt: skip

    @classmethod
    def open(cls, path: Path) -> LeafFile | Refusal:
        """Refuses NO_LEAF_FILE, and LEAF_FILE_DAMAGED with what is wrong: not one byte of it is taken for granted."""
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return Refusal.at("NO_LEAF_FILE", "没有叶子文件", "there is no leaf file", file=path)
        except OSError as error:
            raise Outage("LEAVES_UNREADABLE", f"叶子文件无法读取:{error.strerror}", f"the leaf file can't be read: {error.strerror}", {"file": path}) from error  # fmt: skip
        if not content.startswith(_MAGIC):
            return _damaged(path, "它不以叶子文件的开头起始", "it doesn't begin as a leaf file does")
        count = int.from_bytes(content[len(_MAGIC) : len(_MAGIC) + 8], "big")
        stated = content[len(_MAGIC) + 8 : _HEAD_BYTES]
        leaves = content[_HEAD_BYTES:]
        if count == 0 or len(leaves) != count * HASH_BYTES:
            return _damaged(path, f"应有 {count} 个哈希,实有 {len(leaves)} 字节", f"it should hold {count} hashes, and has {len(leaves)} bytes")  # fmt: skip
        chunks = chunk_roots(leaves)
        if root(chunks) != stated:
            return _damaged(path, "哈希与根不符", "the hashes don't give its root")
        return cls(count, stated.hex(), leaves, chunks)

    def leaf(self, index: int) -> bytes:
        return self.leaves[index * HASH_BYTES : (index + 1) * HASH_BYTES]

    def path(self, index: int) -> list[bytes]:
        """Raises BrokenInvariant unless 0 <= index < count."""
        return flat_path(self.leaves, index, self._chunks)


def _damaged(path: Path, zh: str, en: str) -> Refusal:
    return Refusal.at("LEAF_FILE_DAMAGED", f"叶子文件已损坏:{zh}", f"the leaf file is damaged: {en}", file=path)
