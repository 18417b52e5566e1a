"""Worlds on loan: a request has one for itself, and the next finds it open. Opening one reads law, policy and keys."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from kemiao.bank.world import World
from kemiao.base.refusal import Refused

_IDLE = 40  # as many as there are threads for requests: opening one takes longer than most requests


class Worlds:
    """open_: opens the home. stamp: what changes when law, policy, settings or the home's day do: then the next request gets a new one."""

    def __init__(self, open_: Callable[[], AbstractContextManager[World]], stamp: Callable[[], object]) -> None:
        self._open, self._stamp = open_, stamp
        self._lock = threading.Lock()
        self._idle: list[tuple[object, World, AbstractContextManager[World]]] = []
        self._closed = False

    @contextmanager
    def world(self) -> Iterator[World]:
        now = self._stamp()
        kept = self._taken(now)
        if kept is None:
            opening = self._open()
            kept = (now, opening.__enter__(), opening)
        if kept[1].chain is not None:
            kept[1].chain.left_out.clear()
        try:
            yield kept[1]
        except Refused:  # an answer like others: nothing was left half-done
            self._back(kept)
            raise
        except BaseException as error:
            _let_go(error)
            kept[2].__exit__(None, None, None)  # whatever state it was left in, nobody gets it again
            raise
        self._back(kept)

    def close(self) -> None:
        with self._lock:
            self._closed, idle, self._idle = True, self._idle, []
        for _, _, opened in idle:
            opened.__exit__(None, None, None)

    def _taken(self, now: object) -> tuple[object, World, AbstractContextManager[World]] | None:
        old = []
        found = None
        with self._lock:
            while self._idle and found is None:
                kept = self._idle.pop()
                if kept[0] == now:
                    found = kept
                else:
                    old.append(kept)
        for _, _, opened in old:
            opened.__exit__(None, None, None)
        return found

    def _back(self, kept: tuple[object, World, AbstractContextManager[World]]) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < _IDLE:
                self._idle.append(kept)
                return
        kept[2].__exit__(None, None, None)


def _let_go(error: BaseException | None) -> None:
    """Ends readings of the log that the frames of an error still hold half-way: as long as one lasts, SQLite lets nobody commit."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
