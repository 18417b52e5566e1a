"""Where scored rows go: a CSV or Parquet file that appears whole or not at all, JSON Lines, or the first rows on a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from kemiao.app.door import Door
from kemiao.base.refusal import Outage


class Shown:
    """Rows for people, or all of them as JSON Lines."""

    def __init__(self, door: Door, most: int) -> None:
        self._door, self._most, self._kept = door, most, []

    def take(self, piece: pa.Table) -> None:
        if self._door.as_json:
            self._door.lines(piece.to_pylist())
        elif (missing := self._most - sum(each.num_rows for each in self._kept)) > 0:
            self._kept.append(piece.slice(0, missing))

    def finish(self) -> None:
        pass

    def show(self, door: Door, rows: int) -> None:
        if door.as_json:
            return
        first = pa.concat_tables(self._kept)
        door.table("", first.column_names, zip(*(column.to_pylist() for column in first.columns), strict=True))
        if rows > first.num_rows:
            door.say(f"共 {rows} 行,这里是前 {first.num_rows} 行;--output 写入文件", f"the first {first.num_rows} of {rows} rows; --output writes them all")  # fmt: skip


class Written:
    def __init__(self, path: Path) -> None:
        self._path, self._building, self._writer = path, path.with_name(f".{path.name}.{os.getpid()}.part"), None

    def take(self, piece: pa.Table) -> None:
        if self._writer is None:
            from pyarrow import csv, parquet

            make = csv.CSVWriter if self._path.suffix.lower() == ".csv" else parquet.ParquetWriter
            self._writer = make(str(self._building), piece.schema)
        self._writer.write_table(piece)

    def finish(self) -> None:
        self._writer.close()
        self._building.rename(self._path)

    def drop(self) -> None:
        self._building.unlink(missing_ok=True)


@contextmanager
def sink_for(door: Door, output: Path | None, most: int) -> Iterator[Shown | Written]:
    if output is None:
        yield Shown(door, most)
        return
    writer = Written(output)
    try:
        yield writer
    except OSError as error:
        raise Outage("FILE_UNWRITABLE", f"结果无法写入:{error.strerror}", f"the answer can't be written: {error.strerror}", {"file": output}) from error  # fmt: skip
    finally:
        writer.drop()
