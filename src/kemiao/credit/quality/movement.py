"""Movement tables between two days, of balances and of allowances, by stage: opening + changes = closing, to the fen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import IntArray
from kemiao.credit.quality.book import flat

PARTS = ("opening", "new", "to_stage1", "to_stage2", "to_stage3", "settled", "written_off", "remeasured", "closing")
"""settled: loans that were repaid, renewed or sold off. written_off: what write-offs took out of balance and allowance, at what stood
on their day. remeasured: of allowances what changed without a change of stage counted elsewhere; of balances draws, accruals and
repayments of loans that stay."""
STAGES = (1, 2, 3)
Movement = dict[str, dict[str, int]]


def movement(opening: pa.Table, closing: pa.Table, written_off: pa.Table) -> dict[str, Movement]:
    """balance and allowance → part → {stage1, stage2, stage3, total} in fen. opening, closing: QUALITY of two days. written_off:
    schema provisions.USED, what write-offs between them took, less those that were taken back."""
    names = ["loan", "stage", "balance_fen", "ecl_fen"]
    old, new = opening.select(names), closing.select(names)
    loans = pc.unique(pa.concat_arrays([flat(old["loan"]), flat(new["loan"])]))
    was, stands = _at(old, loans), _at(new, loans)
    place = pc.index_in(loans, value_set=flat(written_off["loan"]))
    gone = np.asarray(flat(written_off["used_fen"]).take(place).fill_null(0))
    # The allowance is brought up to what is written off, and used up by it.
    return {name: _table(was, stands, was[column], stands[column], gone) for name, column in (("balance", "balance_fen"), ("allowance", "ecl_fen"))}  # fmt: skip


def _table(was: dict[str, Any], stands: dict[str, Any], before: IntArray, now: IntArray, written: IntArray) -> Movement:
    old, stage = was["stage"], stands["stage"]
    new, left = stands["there"] & ~was["there"], was["there"] & ~stands["there"]
    stays = was["there"] & stands["there"]
    moved = stays & (old != stage)
    table: Movement = {part: {} for part in PARTS}
    for number in STAGES:
        here, came = stage == number, old == number
        column = {
            "opening": before[came].sum(), "new": (now + written)[new & here].sum(), "settled": (written - before)[left & came].sum(),
            "written_off": -written[(stays | new) & here].sum() - written[left & came].sum(),
            "remeasured": (now - before + written)[stays & here].sum(), "closing": now[here].sum(),
        }  # fmt: skip
        for target in STAGES:
            into, out = moved & here & (stage == target), moved & came & (stage == target)
            column[f"to_stage{target}"] = before[into].sum() - before[out].sum()
        for part in PARTS:
            table[part][f"stage{number}"] = int(column[part])
    for part in PARTS:
        table[part]["total"] = sum(table[part].values())
    return table


def _at(table: pa.Table, loans: pa.Array) -> dict[str, Any]:
    """Columns for each loan, 0 where it isn't there."""
    place = pc.index_in(loans, value_set=flat(table["loan"]))
    columns: dict[str, Any] = {
        name: np.asarray(flat(table[name]).cast(pa.int64()).take(place).fill_null(0)) for name in ("stage", "balance_fen", "ecl_fen")
    }  # fmt: skip
    return columns | {"there": np.asarray(place.is_valid())}


def adds_up(table: Movement) -> bool:
    """Whether opening and changes are the closing, in every column."""
    return all(
        sum(table[part][column] for part in PARTS[:-1]) == table["closing"][column] for column in table["closing"]
    )
