"""The master scale: grades AAA to D by bounds of PD. Source of the bounds: the bank's policy (master_scale.toml)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.scoring import Ints

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Grade:
    """pd_ppm_from <= PD < the next grade's pd_ppm_from."""

    name: str
    pd_ppm_from: int
    zh: str
    en: str


def scale_from_policy(mapping: Mapping[str, Any]) -> tuple[Grade, ...] | Refusal:
    """`[[grade]]` rows of master_scale.toml, best first, the first from 0."""
    try:
        grades = tuple(Grade(g["name"], g["pd_ppm_from"], g["zh"], g["en"]) for g in mapping["grade"])
    except (KeyError, TypeError) as error:
        return Refusal.at("BAD_MASTER_SCALE", f"缺少 {error}", f"lacks {error}", file="master_scale.toml")
    rising = all(a.pd_ppm_from < b.pd_ppm_from for a, b in pairwise(grades))
    if not grades or grades[0].pd_ppm_from != 0 or not rising or grades[-1].pd_ppm_from > PPM:
        return Refusal.at(
            "BAD_MASTER_SCALE",
            "等级须由好到坏,违约率下限自 0 起递增",
            "grades go from best to worst, their lower bounds of PD rising from 0",
            file="master_scale.toml",
        )
    return grades


def grade(pd_ppm: Ints, scale: Sequence[Grade]) -> pa.Array:
    """The grade of each PD."""
    starts = np.array([each.pd_ppm_from for each in scale], dtype=np.int64)
    names = np.array([each.name for each in scale], dtype=object)
    return pa.array(names[np.searchsorted(starts, pd_ppm, side="right") - 1], pa.string())
