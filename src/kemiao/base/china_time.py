"""Instants of the chain as people read them: China's time, with its zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
_START = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 253_402_200_000_000  # where the calendar ends; a stranger's file may say more


def when(at: int, timespec: str = "seconds") -> str:
    """at: milliseconds since 1970, UTC."""
    if not 0 <= at <= _LAST:
        return f"{at} ms"
    return (_START + timedelta(milliseconds=at)).astimezone(CHINA).isoformat(" ", timespec)
