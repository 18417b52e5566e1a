"""A file that others read is whole or not there: written beside its place, then moved onto it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kemiao.base.refusal import Refusal, Refused


@dataclass(slots=True)
class Room:
    """stream: what is written; keep: whether it takes its place in the end."""

    stream: IO[bytes]
    keep: bool = True


@contextmanager
def whole_file(out: Path) -> Iterator[Room]:
    """Raises Refused FILE_EXISTS (nothing is overwritten), OUT_UNWRITABLE."""
    if out.is_dir():
        raise Refused(Refusal.at("OUT_UNWRITABLE", "无法写入:是一个目录", "can't be written: is a folder", file=out))
    if out.exists():
        raise Refused(
            Refusal.at("FILE_EXISTS", "文件已存在,不覆盖", "the file exists; it is not overwritten", file=out)
        )
    try:
        handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    except OSError as error:
        raise _unwritable(out, error) from error
    building = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            room = Room(stream)
            yield room
            stream.flush()
            os.fsync(stream.fileno())
        if room.keep:
            building.chmod(0o600)  # about customers, for those who may read it
            building.replace(out)
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        building.unlink(missing_ok=True)


def _unwritable(out: Path, error: OSError) -> Refused:
    cause = error.strerror or str(error)
    return Refused(Refusal.at("OUT_UNWRITABLE", f"无法写入:{cause}", f"can't be written: {cause}", file=out))
