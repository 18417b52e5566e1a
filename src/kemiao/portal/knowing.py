"""What a worker has in memory and may still use: everything that follows from the home as it is now, by a mark that changes with it.

The mark is asked for at each request, after it came in: what was ended, closed or taken back before a request is not seen by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from datetime import date
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from kemiao.bank.log_end import LogEnd
from kemiao.base.refusal import Outage

_ASK_AGAIN = 0.001  # seconds, while a commit is being written
_PATIENCE = 5_000  # times
_MOST = 50_000
Mark = tuple[Hashable, ...]


class Knowing:
    """stamp: of law, policy, settings, and of the vault, whose keys open what is sealed. today: the home's day. looked: called at each
    question too, for what else is in memory as long as nobody has written it.

    Who asks while others ask is answered with them: a look at two files takes as long as all else that a reading needs."""

    def __init__(
        self, log_end: LogEnd, stamp: Callable[[], Hashable], today: Callable[[], date], looked: Callable[[], None]
    ) -> None:
        self._log_end, self._stamp, self._today, self._looked = log_end, stamp, today, looked
        self._waiting: list[asyncio.Future[int]] = []
        self._asking: asyncio.Task[None] | None = None
        self._kept_at: Mark | None = None
        self._kept: dict[Hashable, Any] = {}

    async def end(self) -> int:
        """The log's newest event: of a look that began after this call. Raises Outage."""
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[int] = loop.create_future()
        self._waiting.append(mine)
        if not self._log_end.quick:
            if self._asking is None or self._asking.done():
                self._asking = loop.create_task(self._ask())
        elif len(self._waiting) == 1:
            loop.call_soon(self._look, loop, 0)
        return await mine

    @property
    def stamp(self) -> Hashable:
        return self._stamp()

    async def mark(self) -> Mark:
        """Raises Outage."""
        return (await self.end(), self._stamp(), self._today())

    def kept(self, mark: Mark, key: Hashable) -> Any:
        """None where nothing is kept under it since the mark."""
        return self._kept.get(key) if mark == self._kept_at else None

    def keep(self, mark: Mark, key: Hashable, value: Any) -> None:
        """mark: from before `value` was read."""
        if mark != self._kept_at or len(self._kept) >= _MOST:
            if self._kept_at is not None and mark[0] < self._kept_at[0]:  # type: ignore[operator]
                return  # read before what is kept now
            self._kept, self._kept_at = {}, mark
        self._kept[key] = value

    def _look(self, loop: asyncio.AbstractEventLoop, times: int) -> None:
        try:
            end = self._log_end.end()
            if end is None and times < _PATIENCE:
                loop.call_later(_ASK_AGAIN, self._look, loop, times + 1)
                return
            if end is None:
                raise Outage("EVENT_LOG_BUSY", "事件日志正被写入", "the event log is being written")
            self._looked()
        except Exception as error:  # noqa: BLE001 - it is theirs who asked
            self._answer(self._taken(), error)
        else:
            self._answer(self._taken(), end)

    async def _ask(self) -> None:
        alone = CapacityLimiter(1)  # not behind forty that read long
        while self._waiting:
            asked = self._taken()
            try:
                end = await run_sync(self._log_end.end, limiter=alone)
                self._looked()
            except Exception as error:  # noqa: BLE001 - it is theirs who asked
                self._answer(asked, error)
            else:
                self._answer(asked, end or 0)

    def _taken(self) -> list[asyncio.Future[int]]:
        taken, self._waiting = self._waiting, []
        return taken

    @staticmethod
    def _answer(asked: list[asyncio.Future[int]], what: int | Exception) -> None:
        for each in asked:
            if each.done():  # who asked has gone
                continue
            if isinstance(what, Exception):
                each.set_exception(what)
            else:
                each.set_result(what)
