"""Who may approve how much: the first level whose limit covers the proposal; a referral goes one level up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kemiao.base.columns import BoolArray, IntArray


@dataclass(frozen=True, slots=True)
class Level:
    name: str
    zh: str
    en: str
    limit_fen: int


def levels_of(content: Mapping[str, Any]) -> tuple[Level, ...]:
    """policy/authority.toml, by rising limit."""
    levels = (Level(row["name"], row["zh"], row["en"], row["limit_fen"]) for row in content["level"])
    return tuple(sorted(levels, key=lambda level: level.limit_fen))


def authority(levels: Sequence[Level], proposed_fen: IntArray, referred: BoolArray) -> list[str]:
    """The level's name for each row. Beyond the highest limit the highest level decides."""
    limits = np.array([level.limit_fen for level in levels], np.int64)
    first = np.minimum(np.searchsorted(limits, proposed_fen, side="left") + referred, len(levels) - 1)
    return [levels[number].name for number in first]
