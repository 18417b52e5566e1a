"""The regulator's workbook as a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from kemiao.app.door import Door
from kemiao.bank.book_workbook import book_workbook
from kemiao.base.refusal import Outage, Refusal, Refused


def write_workbook(door: Door, document: dict[str, Any], out: Path) -> None:
    """The file appears whole or not at all. Raises Refused FILE_EXISTS, Outage where it can't be written."""
    if out.exists():
        raise Refused(
            Refusal.at("FILE_EXISTS", "文件已存在,不覆盖", "the file exists; it is not overwritten", file=out)
        )
    _write(out, book_workbook(document, door.word))


def _write(out: Path, content: bytes) -> None:
    building = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        building.write_bytes(content)
        building.rename(out)
    except OSError as error:
        building.unlink(missing_ok=True)
        raise Outage("FILE_UNWRITABLE", f"文件无法写入:{error.strerror}", f"the file can't be written: {error.strerror}", {"file": out}) from error  # fmt: skip
