"""What a worker keeps in memory beside the event log: answers that took long to read, for minutes, and views that follow the log.

It is lost with the process, and nothing rests on it. Nothing is kept across accounts unless its key says so.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")
_MOST = 256


class Kept:
    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._views: dict[type[Any], Any] = {}

    def answer(self, key: Hashable, now_ms: int, for_ms: int, make: Callable[[], T]) -> T:
        """Made once for all who ask at the same time; what `make` raises is nobody's answer."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            try:
                with self._lock:
                    known = self._answers.get(key)
                if known is not None and known[0] > now_ms:
                    found: T = known[1]
                    return found
                made = make()
                with self._lock:
                    self._answers[key] = (now_ms + for_ms, made)
                    self._answers.move_to_end(key)
                    while len(self._answers) > self._most:
                        self._answers.popitem(last=False)
                return made
            finally:
                with self._lock:
                    self._making.pop(key, None)

    def view(self, kind: type[T]) -> T:
        """The one of its kind, made when it is first asked for."""
        with self._lock:
            if kind not in self._views:
                self._views[kind] = kind()
            found: T = self._views[kind]
            return found
