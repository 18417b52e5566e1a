"""Where rows wait between reading and judging: in memory while there is room, beyond it on disk in Arrow's own format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

ROOM_BYTES = 256 << 20


@dataclass(slots=True)
class Room:
    """What all shelves of one import may hold in memory together."""

    left: int = ROOM_BYTES


class Shelf:
    """Batches of one schema in the order in which they were put. path: taken when the room is full."""

    def __init__(self, path: Path, schema: pa.Schema, room: Room) -> None:
        self.rows = 0
        self._path, self._schema, self._room = path, schema, room
        self._kept: list[pa.RecordBatch] = []
        self._file: Any = None
        self._writer: Any = None

    def put(self, table: pa.Table) -> None:
        self.rows += table.num_rows
        batches = table.to_batches()
        if self._writer is None:
            size = sum(batch.nbytes for batch in batches)
            if size <= self._room.left:
                self._room.left -= size
                self._kept += batches
                return
            self._spill()
        for batch in batches:
            self._writer.write_batch(batch)

    def _spill(self) -> None:
        self._file = pa.OSFile(str(self._path), "wb")
        self._writer = pa.ipc.new_file(self._file, self._schema)
        for batch in self._kept:
            self._writer.write_batch(batch)
        self._room.left += sum(batch.nbytes for batch in self._kept)
        self._kept = []

    def close(self) -> None:
        """No more batches; what is on disk becomes readable."""
        if self._writer is not None:
            self._writer.close()
            self._file.close()

    def clear(self) -> None:
        """Gives its room back."""
        self._room.left += sum(batch.nbytes for batch in self._kept)
        self._kept = []
        self._path.unlink(missing_ok=True)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[tuple[int, pa.RecordBatch]]:
        """The batches, or these columns of them, with the position of their first row."""
        position = 0
        for batch in self._kept if self._writer is None else self._from_disk(columns):
            yield position, batch if columns is None else batch.select(columns)
            position += batch.num_rows

    def _from_disk(self, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        fields = sorted(self._schema.get_field_index(name) for name in columns or ())
        with pa.OSFile(str(self._path)) as source:  # not mapped: its pages would stay with the process
            file = pa.ipc.open_file(source, options=pa.ipc.IpcReadOptions(included_fields=fields))
            for number in range(file.num_record_batches):
                yield file.get_batch(number)
