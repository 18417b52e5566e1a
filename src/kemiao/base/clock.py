"""Time is an argument. Only `app` builds the clock that reads the machine's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """An instant with its zone."""
        ...

    def today(self) -> date: ...


@dataclass(frozen=True, slots=True)
class FixedClock:
    """Stands still: for demos, tests and studies."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant

    def today(self) -> date:
        return self.instant.date()
