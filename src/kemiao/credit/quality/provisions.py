"""The movement of loss allowances from one judgement to the next, as lines that the books post."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import IntArray
from kemiao.credit.quality.columns import QUALITY, STAGES
from kemiao.credit.servicing.columns import LINES


def provisions(before: pa.Table | None, now: pa.Table, day: date) -> pa.Table:
    """LINES of kind `provide`, component stage1 | stage2 | stage3, value day `day`: what is added to that allowance (below zero: released).

    A write-off uses the allowance up (its own lines debit stage3), so what was written off since `before` is provided as well.
    Summed over all days, the lines less the write-offs are the newest ecl_fen by stage. before, now: QUALITY.
    """
    old = (before if before is not None else QUALITY.empty_table()).select(
        ["loan", "stage", "ecl_fen", "written_off_fen"]
    )
    new = now.select(["loan", "stage", "ecl_fen", "written_off_fen"])
    loans = pc.unique(pa.concat_arrays([_flat(old["loan"]), _flat(new["loan"])]))
    was, stands = _at(old, loans), _at(new, loans)
    # A loan that is gone was settled: what it had written off stays as it was.
    used = np.where(stands[3], stands[2] - was[2], 0)
    parts = []
    for number, stage in enumerate(STAGES, start=1):
        change = np.where(stands[0] == number, stands[1], 0) - np.where(was[0] == number, was[1], 0)
        if stage == STAGES[-1]:
            change = change + used
        moved = np.flatnonzero(change)
        parts.append(_lines(loans.take(pa.array(moved)), change[moved], stage, day))
    return pa.concat_tables(parts).sort_by([("loan", "ascending"), ("component", "ascending")]).combine_chunks()


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def _at(table: pa.Table, loans: pa.Array) -> tuple[Any, ...]:
    """stage, ecl_fen, written_off_fen of each loan, 0 where it isn't there; and whether it is."""
    place = pc.index_in(loans, value_set=_flat(table["loan"]))
    columns = [
        np.asarray(_flat(table[name]).cast(pa.int64()).take(place).fill_null(0))
        for name in ("stage", "ecl_fen", "written_off_fen")
    ]
    return (*columns, np.asarray(place.is_valid()))


def _lines(loans: pa.Array, amounts: IntArray, stage: str, day: date) -> pa.Table:
    rows = len(loans)
    columns = {
        "loan": loans, "value_day": pa.array([day] * rows, pa.date32()), "kind": pa.array(["provide"] * rows, pa.string()),
        "component": pa.array([stage] * rows, pa.string()), "amount_fen": pa.array(amounts, pa.int64()),
        "sold_fen": pa.array(np.zeros(rows, np.int64)), "off_balance": pa.array(np.zeros(rows, bool)), "message": pa.nulls(rows, pa.string()),
    }  # fmt: skip
    return pa.table([columns[name] for name in LINES.names], schema=LINES)
