"""What a worker has in memory and may still use: everything that follows from the home as it is now, by a mark that changes with it.

The mark is asked for at each request, after it came in: what was ended, closed or taken back before a request is not seen by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
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
    """stamp: of law, policy, settings, and of the vault, whose keys open what is sealed."""

    def __init__(self, log_end: LogEnd, stamp: Callable[[], Hashable]) -> None:
        self._log_end, self._stamp = log_end, stamp
        self._next: asyncio.Future[int] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._kept_at: Mark | None = None
        self._kept: dict[Hashable, Any] = {}

    async def end(self) -> int:
        """The log's newest event. Raises Outage."""
        if self._log_end.quick:
            for _ in range(_PATIENCE):
                end = self._log_end.end()
                if end is not None:
                    return end
                await asyncio.sleep(_ASK_AGAIN)
            raise Outage("EVENT_LOG_BUSY", "事件日志正被写入", "the event log is being written")
        # One question for all who came while the last was on its way: it began before they came.
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._next)

    @property
    def stamp(self) -> Hashable:
        return self._stamp()

    async def mark(self) -> Mark:
        """Raises Outage."""
        return (await self.end(), self._stamp())

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

    async def _ask(self) -> None:
        alone = CapacityLimiter(1)  # not behind forty that read long
        while self._next is not None:
            asked, self._next = self._next, None
            try:
                end = await run_sync(self._log_end.end, limiter=alone)
            except Exception as error:  # noqa: BLE001 - it is theirs who asked
                if not asked.done():
                    asked.set_exception(error)
                    asked.exception()  # told to those who wait, if any still does
            else:
                if not asked.done():
                    asked.set_result(end or 0)
