"""What the park is made of: sectors, words and magnitudes, read from the package's own tables."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kemiao.base.dates import add_months

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
FEN = 100
PPM = 1_000_000
STAGES = ("startup", "growth", "steady")
KINDS = ("sale", "material", "service", "research", "capex", "rent", "power")  # what a relation is bought as


@dataclass(frozen=True, slots=True)
class Setting:
    sectors: Sequence[Mapping[str, Any]]
    words: Mapping[str, Any]
    economy: Mapping[str, Any]

    def per_sector(self, column: str) -> Floats:
        """One float a sector; `_ppm` columns come as shares."""
        scale = PPM if column.endswith("_ppm") else 1
        return np.array([sector[column] / scale for sector in self.sectors])

    def per_stage(self, column: str) -> Floats:
        scale = PPM if column.endswith("_ppm") else 1
        return np.array([self.economy["stage"][stage][column] / scale for stage in STAGES])


def read_setting() -> Setting:
    sectors, words, economy = (
        tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))
        for name in ("sectors", "words", "economy")
    )
    return Setting(sectors["sector"], words, economy)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Months by number. History is the 36 months before `day`; the run starts with the calendar year in which history
    starts, so that annual statements are whole, and goes on for 12 months after `day`."""

    day: date
    first: date  # the first day of month 0
    shown: int  # number of the first month of history
    now: int  # number of the month that starts with `day`
    months: int

    def start(self, month: int) -> date:
        return add_months(self.first, month)

    def starts(self) -> NDArray[np.datetime64]:
        """First days of all months and of the one after them, as days."""
        return np.array([self.start(month) for month in range(self.months + 1)], dtype="datetime64[D]")

    def month_of_year(self) -> Ints:
        return np.arange(self.months) % 12


HISTORY_MONTHS = 36
FUTURE_MONTHS = 12


def calendar_of(day: date) -> Calendar:
    """day: the first of a month."""
    history = add_months(day, -HISTORY_MONTHS)
    first = history.replace(month=1, day=1)
    shown = (history.year - first.year) * 12 + history.month - first.month
    now = shown + HISTORY_MONTHS
    return Calendar(day, first, shown, now, now + FUTURE_MONTHS)
