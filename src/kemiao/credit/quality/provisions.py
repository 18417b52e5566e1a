"""The movement of loss allowances from one judgement to the next, as lines that the books post."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import IntArray
from kemiao.credit.quality.book import flat
from kemiao.credit.quality.columns import QUALITY, STAGES
from kemiao.credit.servicing.columns import LINES

USED = pa.schema([("loan", pa.string()), ("used_fen", pa.int64())])


def provisions(before: pa.Table | None, now: pa.Table, day: date, used: pa.Table | None = None) -> pa.Table:
    """LINES of kind `provide`, component stage1 | stage2 | stage3, value day `day`: what is added to that allowance (below zero: released).

    before, now: QUALITY. used (schema USED): what write-offs since `before` took out of the allowance in the books, less what
    reversals of write-offs put back: it is provided anew, in stage 3. Without it nothing was taken. Summed over all days the
    allowance in the books is the newest ecl_fen, loan by loan.
    """
    names = ["loan", "stage", "ecl_fen"]
    old, new = (before if before is not None else QUALITY.empty_table()).select(names), now.select(names)
    taken = used if used is not None else USED.empty_table()
    loans = pc.unique(pa.concat_arrays([flat(table["loan"]) for table in (old, new, taken)]))
    was, stands = _at(old, loans, names[1:]), _at(new, loans, names[1:])
    parts = []
    for number, stage in enumerate(STAGES, start=1):
        change = np.where(stands[0] == number, stands[1], 0) - np.where(was[0] == number, was[1], 0)
        if stage == STAGES[-1]:
            change = change + _at(taken, loans, ["used_fen"])[0]
        moved = np.flatnonzero(change)
        parts.append(_lines(loans.take(pa.array(moved)), change[moved], stage, day))
    return pa.concat_tables(parts).sort_by([("loan", "ascending"), ("component", "ascending")]).combine_chunks()


def _at(table: pa.Table, loans: pa.Array, names: list[str]) -> list[IntArray]:
    """The columns for each loan, 0 where it isn't there."""
    place = pc.index_in(loans, value_set=flat(table["loan"]))
    return [np.asarray(flat(table[name]).cast(pa.int64()).take(place).fill_null(0)) for name in names]


def _lines(loans: pa.Array, amounts: IntArray, stage: str, day: date) -> pa.Table:
    rows = len(loans)
    columns = {
        "loan": loans, "value_day": pa.array([day] * rows, pa.date32()), "kind": pa.array(["provide"] * rows, pa.string()),
        "component": pa.array([stage] * rows, pa.string()), "amount_fen": pa.array(amounts, pa.int64()),
        "sold_fen": pa.array(np.zeros(rows, np.int64)), "off_balance": pa.array(np.zeros(rows, bool)), "message": pa.nulls(rows, pa.string()),
    }  # fmt: skip
    return pa.table([columns[name] for name in LINES.names], schema=LINES)
