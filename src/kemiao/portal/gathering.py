"""What many ask for at the same time is done together: while one lot is worked on, the next gathers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")
AT_ONCE = 40  # as many as there are threads for requests
_LINGER = 0.05  # seconds: who comes alone waits no longer, and of many who come at once the first does not go alone


@dataclass(eq=False, slots=True)
class _Waits(Generic[A, B]):
    asked: A
    answer: B | BaseException | None = None
    over: bool = False


@dataclass(eq=False)
class Gathered(Generic[A, B]):
    """run: many at once, answers in their order. One thread at a time runs it, for itself and for all who wait; others sleep."""

    run: Callable[[Sequence[A]], Sequence[B | Exception]]
    linger: float = _LINGER
    _waiting: list[_Waits[A, B]] = field(default_factory=list)
    _running: bool = False
    _turn: threading.Condition = field(default_factory=threading.Condition)

    def ask(self, asked: A) -> B:
        """Raises what `run` answered or raised for it."""
        mine: _Waits[A, B] = _Waits(asked)
        with self._turn:
            self._waiting.append(mine)
            self._turn.wait_for(lambda: mine.over or not self._running)
            if not mine.over:
                self._running = True
        if not mine.over:
            self._run_until(mine)
        if isinstance(mine.answer, BaseException):
            raise mine.answer
        return mine.answer  # type: ignore[return-value]

    def _run_until(self, mine: _Waits[A, B]) -> None:
        """Lots in the order of their coming, until the one has come that this thread waits for."""
        try:
            threading.Event().wait(self.linger)
            while not mine.over:
                with self._turn:
                    lot, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
                self._run(lot)
        finally:
            with self._turn:
                self._running = False
                self._turn.notify_all()

    def _run(self, lot: Sequence[_Waits[A, B]]) -> None:
        answers: Sequence[B | BaseException]
        try:
            answers = self.run([each.asked for each in lot])
        except BaseException as error:
            answers = [error] * len(lot)
            raise
        finally:
            with self._turn:
                for each, answer in zip(lot, answers, strict=True):
                    each.answer, each.over = answer, True
                self._turn.notify_all()
