"""Time is an argument. Only `app` builds the clock that reads the machine's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def epoch_ms(instant: datetime) -> int:
    """Whole milliseconds since 1970, UTC. instant: with its zone."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


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
