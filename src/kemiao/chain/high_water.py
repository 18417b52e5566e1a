"""The largest head that was ever acknowledged, beside the file: a journal that was cut off looks to SQLite like a crash, and it would
quietly go back to an older state. Written after each group without a flush: it may be behind the file, never ahead of it.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

_BYTES = 20 + 1 + 64 + 1 + 8 + 1


class HighWater:
    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + "-seen")
        self._file: int | None = None

    def read(self) -> tuple[int, bytes] | None:
        """Size and root; None where nothing readable is there."""
        try:
            text = self._path.read_bytes()[:_BYTES]
        except OSError:
            return None
        if len(text) != _BYTES or zlib.crc32(text[:85]) != _number(text[86:94]):
            return None
        return int(text[:20]), bytes.fromhex(text[21:85].decode())

    def write(self, size: int, root: bytes) -> None:
        text = f"{size:020} {root.hex()}".encode()
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.pwrite(self._file, text + f" {zlib.crc32(text):08x}\n".encode(), 0)
        except OSError:  # a full disk: what was acknowledged is in the journal, this is a check on top
            return

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _number(text: bytes) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return -1
