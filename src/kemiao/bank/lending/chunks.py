"""Columnar chunks: a table too large for single events lies in a file of its own; one event names it by its digest.

The file comes first, whole and on the disk, then the event: a file without an event is nobody's and harmless.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from pathlib import Path

import pyarrow as pa

from kemiao.bank.home import Home
from kemiao.base.refusal import BrokenInvariant, Outage

_ALONE = pa.ipc.IpcReadOptions(use_threads=False)  # nothing is decoded that threads could share


def write_chunk(home: Home, table: pa.Table) -> str:
    """Writes a table (Arrow IPC, columns uncompressed, so that a reader maps it) and returns the digest of its bytes.

    The same table gives the same bytes. Raises Outage where the disk does not take it; nothing half-written stays.
    """
    sink = pa.BufferOutputStream()
    plain = table.replace_schema_metadata(None).combine_chunks()
    with pa.ipc.new_file(sink, plain.schema) as writer:
        writer.write_table(plain)
    content = sink.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    path = _path(home, digest)
    if path.exists():
        return digest
    building = path.with_name(f".{digest}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with building.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        building.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        building.unlink(missing_ok=True)
        raise Outage(
            "BOOKS_UNWRITABLE", f"账簿无法写入:{error.strerror}", f"the books can't be written: {error.strerror}", {"file": path}
        ) from error  # fmt: skip
    return digest


def read_chunk(home: Home, digest: str, *, check: bool = False) -> pa.Table:
    """The table, mapped from its file. check: its bytes are hashed again. Raises Outage CHUNK_MISSING, BrokenInvariant."""
    path = _path(home, digest)
    try:
        content = _content(path)
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else str(error)
        raise Outage(
            "CHUNK_MISSING", f"账簿的数据块不在或无法读取:{cause}", f"a chunk of the books is gone or unreadable: {cause}", {"file": path}
        ) from error  # fmt: skip
    if check and hashlib.sha256(content).hexdigest() != digest:
        raise BrokenInvariant(f"{path} is not what its event says")
    return _table(content)


def mapped(path: Path) -> pa.Table:
    """A table that lies in a file, mapped. Raises OSError, ValueError where it is empty or not Arrow."""
    return _table(_content(path))


def _content(path: Path) -> mmap.mmap:
    """Raises ValueError for an empty file, which can't be mapped."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _table(content: mmap.mmap) -> pa.Table:
    # As a buffer: Arrow's own mapped file asks for pages ahead at each column, which costs more than a look at a few rows.
    return pa.ipc.open_file(pa.BufferReader(content), options=_ALONE).read_all()


def _path(home: Home, digest: str) -> Path:
    return home.books / digest[:2] / f"{digest}.arrow"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
