"""How the book stood at the end of the last closed day: a view, written beside the books to go on from, thrown away at will.

The event end_of_day names each table by digest; a view that is not what the event says is not read but made again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa

from kemiao.bank.home import Home
from kemiao.base.refusal import Outage


class _Hashing:
    """A file that keeps nothing but the digest of what is written into it."""

    def __init__(self) -> None:
        self._hash, self.closed = hashlib.sha256(), False

    def write(self, content: bytes) -> int:
        self._hash.update(content)
        return len(content)

    def digest(self) -> str:
        return self._hash.hexdigest()

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        self.closed = True


def table_digest(table: pa.Table) -> str:
    """Of a table as an Arrow stream, without building it in memory. The same rows and schema give the same digest: what lies under
    a null is whatever the way there left, so nulls are a column of their own."""
    plain = _without_nulls(table.replace_schema_metadata(None).combine_chunks())
    sink = _Hashing()
    with pa.PythonFile(sink, mode="w") as file, pa.ipc.new_stream(file, plain.schema) as writer:
        writer.write_table(plain)
    return sink.digest()


def _without_nulls(table: pa.Table) -> pa.Table:
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if column.null_count:
            none = pa.scalar("") if field.type == pa.string() else pa.scalar(0, pa.int32()).cast(field.type)
            table = table.set_column(place, field.name, column.fill_null(none)).append_column(
                f"{field.name}?", column.is_null()
            )
    return table


def write_view(home: Home, day: date, tables: Mapping[str, pa.Table]) -> None:
    """Whole or not at all; the last two stay. Raises Outage where the disk is full."""
    folder = home.books / "state" / day.isoformat()
    building = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        for name, table in tables.items():
            plain = table.replace_schema_metadata(None).combine_chunks()
            with (
                pa.OSFile(str(building / f"{name}.arrow"), "wb") as file,
                pa.ipc.new_file(file, plain.schema) as writer,
            ):
                writer.write_table(plain)
        shutil.rmtree(folder, ignore_errors=True)
        building.rename(folder)
    except OSError as error:
        shutil.rmtree(building, ignore_errors=True)
        cause = error.strerror or str(error)
        raise Outage("BOOKS_UNWRITABLE", f"账簿无法写入:{cause}", f"the books can't be written: {cause}", {"file": folder}) from error  # fmt: skip
    days = sorted(each for each in folder.parent.iterdir() if not each.name.startswith("."))
    for older in days[:-2]:  # the one before is still needed where this day's event does not follow
        shutil.rmtree(older, ignore_errors=True)


def read_view(home: Home, day: date, digests: Mapping[str, str]) -> dict[str, pa.Table] | None:
    """The tables by name; None where one is missing or not what its digest says."""
    folder = home.books / "state" / day.isoformat()
    found = {name: _read(folder / f"{name}.arrow", digest) for name, digest in digests.items()}
    whole = {name: table for name, table in found.items() if table is not None}
    return whole if len(whole) == len(found) else None


def _read(path: Path, digest: str) -> pa.Table | None:
    try:
        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
    except (OSError, pa.ArrowInvalid):  # not there, or not Arrow any more: both are made again
        return None
    return table if table_digest(table) == digest else None
