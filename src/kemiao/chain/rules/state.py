"""What a rule reads and what it answers. The state is a key-value view; it is rebuilt from the entries alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

Value = Any  # what canonical JSON can hold; never changed in place


class State(Protocol):
    def get(self, key: str) -> Value | None: ...


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the submitter is told beside the acceptance: a rank behind others, a suspicion."""

    code: str
    zh: str
    en: str
    where: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, object]:
        return {"code": self.code, "zh": self.zh, "en": self.en, "where": dict(self.where)}


class Effects(NamedTuple):
    """puts: key → new value, None to remove it. notes: told to the submitter, kept nowhere."""

    puts: Mapping[str, Value | None] = MappingProxyType({})
    notes: tuple[Note, ...] = ()


# China has one time, UTC+8, without summer time: days of consents and rights are days there.
_BEIJING_MS = 8 * 3_600_000
_DAY_MS = 86_400_000
_EPOCH_DAY = 719_163  # date(1970, 1, 1).toordinal()


def day_of(at: int) -> str:
    """The day in China of an instant (milliseconds since 1970, UTC), as ISO text."""
    return date.fromordinal(_EPOCH_DAY + (at + _BEIJING_MS) // _DAY_MS).isoformat()
