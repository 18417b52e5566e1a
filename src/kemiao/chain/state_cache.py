"""The state as a group of entries sees it: what earlier entries of the group have put, over a cache, over the store."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from kemiao.base.canonical import checked_text

CACHED = 200_000  # values that a writer keeps in memory
_UNKNOWN: Any = object()


class StateCache:
    """Values by key, the oldest forgotten first; as bytes until somebody asks. Good only as long as nobody else writes: the
    writer empties it when the file has moved on."""

    __slots__ = ("_kept", "_read")

    def __init__(self, read: Callable[[str], Any | None]) -> None:
        self._read, self._kept = read, dict[str, Any]()

    def get(self, key: str) -> Any | None:
        found = self._kept.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            found = self._kept[key] = self._read(key)
        elif type(found) is bytes:
            found = self._kept[key] = json.loads(found)
        return found

    def keep(self, values: Mapping[str, bytes | None]) -> None:
        """Takes what a group wrote, after it is durable."""
        self._kept.update(values)
        if len(self._kept) > CACHED:
            # Once in a while by the half: forgetting one by one costs more at each put.
            for key in list(self._kept)[: len(self._kept) - CACHED // 2]:
                del self._kept[key]

    def clear(self) -> None:
        self._kept.clear()


class Overlay:
    """A rules.state.State. Values come out as JSON gives them, also within the group that put them: a list stays a list and
    a tuple becomes one, so that a replica that reads them from its disk can't decide otherwise."""

    __slots__ = ("_below", "_seen", "_written")

    def __init__(self, below: Callable[[str], Any | None]) -> None:
        self._below = below
        self._seen: dict[str, Any] = {}
        self._written: dict[str, Any] = {}

    def get(self, key: str) -> Any | None:
        found = self._seen.get(key, _UNKNOWN)
        if found is not _UNKNOWN:
            return found
        found = self._written.get(key, _UNKNOWN)
        if type(found) is int:
            return found
        found = self._below(key) if found is _UNKNOWN else _as_read(found)
        self._seen[key] = found
        return found

    def put(self, puts: Mapping[str, Any]) -> None:
        self._written.update(puts)
        for key in self._seen.keys() & puts.keys():
            del self._seen[key]

    def written(self) -> dict[str, bytes | None]:
        """JSON by key, None: removed. The values are the rules' own and entries' parts, which were checked on their way in."""
        return {
            key: b"%d" % value if type(value) is int else None if value is None else checked_text(value).encode()
            for key, value in self._written.items()
        }


_PLAIN = frozenset({str, int, bool, type(None)})
_TEXT = frozenset({str})


def _as_read(value: Any) -> Any:
    """json.loads(checked_text(value)). The values that are read again within their group are mostly counts by name."""
    if type(value) is dict and _PLAIN.issuperset(map(type, value.values())) and _TEXT.issuperset(map(type, value)):
        return dict(sorted(value.items()))
    return json.loads(checked_text(value))
