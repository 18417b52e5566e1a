"""A shock by industry, as a table of factors: what it does to who may be lent to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.allocate.candidates import Candidates

IntColumn = npt.NDArray[np.int64]
FACTORS = ("pd_factor", "revenue_factor", "lgd_factor")
FACTOR_MAX = 100
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
OTHERS = "*"


@dataclass(frozen=True, slots=True)
class Shock:
    """factors_ppm: industry ("*": every other one) → (PD, revenue, LGD) factors in ppm. rows: where each stands."""

    file: str
    factors_ppm: Mapping[str, tuple[int, int, int]]
    rows: Mapping[str, int]


def from_rows(header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]], file: str) -> Shock | Refusal:
    """`industry,pd_factor,revenue_factor,lgd_factor`, factors 0 to 100; 1 leaves as it is. Refuses by row and column."""
    names = [name.strip() for name in header]
    needed = ("industry", *FACTORS)
    missing = [name for name in needed if name not in names]
    if missing:
        return Refusal.at(
            "SHOCK_HEADER",
            f"表头应有 {','.join(needed)};实为 {','.join(names) or '(空)'}",
            f"the header should have {','.join(needed)}; found {','.join(names) or '(nothing)'}",
            file=file,
            row=1,
            column=missing[0],
        )
    factors: dict[str, tuple[int, int, int]] = {}
    places: dict[str, int] = {}
    for number, cells in rows:
        by_name = {name: cells[place].strip() if place < len(cells) else "" for place, name in enumerate(names)}
        industry = by_name["industry"]
        if not industry:
            return Refusal.at("CELL_BLANK", "不能为空", "may not be blank", file=file, row=number, column="industry")
        if industry in factors:
            zh, en = f"行业“{industry}”出现两次", f"the industry {industry!r} stands twice"
            return Refusal.at("INDUSTRY_TWICE", zh, en, file=file, row=number, column="industry")
        read: list[int] = []
        for name in FACTORS:
            factor = _factor(by_name[name])
            if isinstance(factor, Refusal):
                return Refusal.at(factor.code, factor.zh, factor.en, file=file, row=number, column=name)
            read.append(factor)
        factors[industry], places[industry] = (read[0], read[1], read[2]), number
    if not factors:
        return Refusal.at("SHOCK_EMPTY", "冲击表没有一行", "the table of shocks has no row", file=file)
    return Shock(file, factors, places)


def _factor(cell: str) -> int | Refusal:
    if not _NUMBER.fullmatch(cell) or Decimal(cell) > FACTOR_MAX:
        return Refusal(
            "NOT_A_FACTOR",
            f"“{cell}”不是 0 到 {FACTOR_MAX} 的倍数(1 表示不变)",
            f"{cell!r} is not a factor of 0 to {FACTOR_MAX} (1 changes nothing)",
        )
    return int((2 * Decimal(cell) * PPM + 1) // 2)


def shocked(candidates: Candidates, shock: Shock) -> Candidates:
    """PD and LGD times their factors, at most 1. The limit moves with revenue, never above what was decided.

    Grades stay those of the decision: a shock that should also move grades is assessed anew, not planned around.
    candidates: completed (LGD known).
    """
    unmoved = (PPM, PPM, PPM)
    others = shock.factors_ppm.get(OTHERS, unmoved)
    factors = np.array([shock.factors_ppm.get(name, others) for name in candidates.industry], dtype=np.int64)
    factors = factors.reshape(-1, 3)
    return replace(
        candidates,
        pd_ppm=np.minimum(_times(candidates.pd_ppm, factors[:, 0]), PPM),
        lgd_ppm=np.minimum(_times(candidates.lgd_ppm, factors[:, 2]), PPM),
        limit_fen=_floor_times(candidates.limit_fen, np.minimum(factors[:, 1], PPM)),
    )


def _times(share_ppm: IntColumn, factor_ppm: IntColumn) -> IntColumn:
    return (share_ppm * factor_ppm * 2 + PPM) // (2 * PPM)  # at most 10^6 x 10^8 x 2


def _floor_times(fen: IntColumn, factor_ppm: IntColumn) -> IntColumn:
    """In two limbs: 10^13 fen times 10^6 is beyond int64."""
    whole, part = np.divmod(fen, PPM)
    return whole * factor_ppm + part * factor_ppm // PPM


def unused(shock: Shock, candidates: Candidates) -> list[tuple[str, int]]:
    """(industry, row) of the table that no candidate belongs to: a typing error, or simply nobody there."""
    present = set(candidates.industry)
    return [(name, row) for name, row in shock.rows.items() if name != OTHERS and name not in present]
