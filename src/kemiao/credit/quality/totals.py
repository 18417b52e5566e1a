"""Sums over a judged book: by class, stage and any other column, with the ratios that people ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import PPM
from kemiao.base.money import div_half_up
from kemiao.credit.quality.book import flat
from kemiao.credit.quality.columns import CLASSES, NONPERFORMING

_SUMMED = ("balance_fen", "undrawn_fen", "ead_fen", "ecl_fen", "rwa_fen", "capital_fen")


def totals(quality: pa.Table) -> dict[str, Any]:
    """loans (that have a balance or a promise), borrowers, sums, ratios in ppm: null where there is nothing to divide by."""
    alive = quality.filter(pc.not_equal(quality["status"], "written_off"))
    bad = alive.filter(pc.is_in(alive["class"], value_set=pa.array(NONPERFORMING)))
    sums = {name: _sum(alive[name]) for name in _SUMMED}
    return {
        "loans": alive.num_rows, "borrowers": len(pc.unique(flat(alive["company"]))), **sums,
        "nonperforming_fen": _sum(bad["balance_fen"]),
        "npl_ratio_ppm": share_ppm(_sum(bad["balance_fen"]), sums["balance_fen"]),
        "coverage_ppm": share_ppm(sums["ecl_fen"], _sum(bad["balance_fen"])),
        "allowance_ratio_ppm": share_ppm(sums["ecl_fen"], sums["balance_fen"]),
        "written_off_loans": quality.num_rows - alive.num_rows, "raroc_ppm": raroc_ppm(alive),
    }  # fmt: skip


def by(
    quality: pa.Table, column: pa.Array | pa.ChunkedArray, order: Sequence[Any] | None = None
) -> list[dict[str, Any]]:
    """A row for each value of the column, with loans, borrowers, sums, share of the balance, NPL ratio. order: all of them are shown."""
    alive = pc.not_equal(quality["status"], "written_off")
    table, keys = quality.filter(alive), flat(column).filter(flat(alive))
    whole = _sum(table["balance_fen"])
    names = (
        list(order) if order is not None else sorted(pc.unique(keys).to_pylist(), key=lambda name: (name is None, name))
    )
    rows = []
    for name in names:
        mask = pc.equal(keys, pa.scalar(name, keys.type)).fill_null(False) if name is not None else keys.is_null()
        part = table.filter(mask)
        one = totals(part)
        rows.append({"key": name} | {field: one[field] for field in ("loans", "borrowers", *_SUMMED, "nonperforming_fen", "npl_ratio_ppm", "allowance_ratio_ppm")} | {"share_ppm": share_ppm(one["balance_fen"], whole)})  # fmt: skip
    return rows


def by_class(quality: pa.Table) -> list[dict[str, Any]]:
    return by(quality, quality["class"], CLASSES)


def by_stage(quality: pa.Table) -> list[dict[str, Any]]:
    return by(quality, quality["stage"], (1, 2, 3))


def raroc_ppm(quality: pa.Table) -> int | None:
    """Of the loans that have one, weighed by the capital they bind."""
    known = quality.filter(quality["raroc_ppm"].is_valid())
    capital = np.asarray(flat(known["capital_fen"]), float)
    return None if capital.sum() == 0 else round(float((np.asarray(flat(known["raroc_ppm"]), float) * capital).sum() / capital.sum()))  # fmt: skip


def share_ppm(part: int, whole: int) -> int | None:
    return None if whole == 0 else div_half_up(part * PPM, whole)


def _sum(column: pa.ChunkedArray) -> int:
    return int(pc.sum(column).as_py() or 0)
