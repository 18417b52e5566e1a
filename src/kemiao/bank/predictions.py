"""What a validation predicted of rows held out, as a CSV file: one line a row and repeat."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from kemiao.base.refusal import Outage
from kemiao.credit.rating.columns import TrainingTable
from kemiao.credit.rating.validate import Validation


def write_predictions(path: Path, found: Validation, table: TrainingTable) -> None:
    """row: the number of the row in the table as it was read, from 1; key: its identifier where --key names one.

    rank: what AUC and KS are worked out from, greater is riskier: points, or PD where folds mixed cards and trees."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(_lines(found, table))
    except OSError as error:
        raise Outage("FILE_UNWRITABLE", f"文件无法写入:{error.strerror}", f"the file can't be written: {error.strerror}", {"file": path}) from error  # fmt: skip


def _lines(found: Validation, table: TrainingTable) -> Iterator[Sequence[object]]:
    held = found.held
    kinds = [(name, each) for name in ("card", "challenger", "chosen") if (each := getattr(held, name)) is not None]
    yield ["repeat", "fold", "row", "key", "label"] + [f"{name}_{what}" for name, _ in kinds for what in ("points", "pd_ppm", "rank")]  # fmt: skip
    numbers = (table.numbers[held.rows] + 1).tolist()
    keys = [table.keys[row] for row in held.rows.tolist()] if table.keys else [None] * len(numbers)
    for repeat, folds in enumerate(held.folds):
        figures = [
            column.tolist()
            for _, each in kinds
            for column in (each.points[repeat], each.pd_ppm[repeat], each.rank[repeat])
        ]
        rows = zip(folds.tolist(), numbers, keys, held.event.tolist(), *figures, strict=True)
        for row in sorted(rows, key=lambda cells: cells[1]):
            yield [repeat, *row]
