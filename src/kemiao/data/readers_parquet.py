"""Parquet: typed columns stay typed; the first row of data is row 2, as if the header were written above it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kemiao.base.refusal import Refusal, Refused
from kemiao.data.readers import BATCH_ROWS, RawBatch, Sheet


def sheets(path: Path) -> tuple[Sheet, ...]:
    try:
        with pq.ParquetFile(path) as file:
            names = tuple(file.schema_arrow.names)
    except pa.ArrowInvalid as error:
        raise Refused(
            Refusal.at("NOT_PARQUET", f"不是可读的 Parquet 文件:{error}", f"is not a Parquet file that can be read: {error}", file=path.name)
        ) from error  # fmt: skip

    def read(_header: int) -> Iterator[RawBatch]:
        first = 2
        columns = [f"c{place}" for place in range(len(names))]
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS * 2):
                rows = pa.array(np.arange(first, first + batch.num_rows, dtype=np.int64))
                yield RawBatch(pa.RecordBatch.from_arrays([*batch.columns, rows], [*columns, "row"]))
                first += batch.num_rows

    return (Sheet(None, (names,), read),)
