"""A paper that shows something: a scan or a letter, of which the bank keeps the digest and not the content."""

from __future__ import annotations

import hashlib
from pathlib import Path

from kemiao.base.refusal import Outage, Refusal

BYTES_MAX = 256 * 1024 * 1024


def paper_digest(path: Path) -> str | Refusal:
    """SHA-256 of a file, which may be large but not endless. Refuses NO_SUCH_FILE, FILE_TOO_LARGE. Raises Outage."""
    if not path.is_file():
        return Refusal.at("NO_SUCH_FILE", "没有这个文件", "there is no such file", file=path)
    try:
        if path.stat().st_size > BYTES_MAX:
            return Refusal.at("FILE_TOO_LARGE", "文件过大", "the file is too large", file=path)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Outage("PAPER_UNREADABLE", f"文件无法读取:{error.strerror}", f"the file can't be read: {error.strerror}", {"file": path}) from error  # fmt: skip
