"""What a worker has in memory and may still use: what follows from the home as it is now.

The end of the event log is asked for at each request, after it came in: what was ended, closed or taken back before a request is not
seen by it. With each thing is kept what it follows from: where none of the events since is about that, it stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from datetime import date
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from kemiao.bank.log_end import LogEnd, Passed
from kemiao.base.refusal import Outage

_ASK_AGAIN = 0.001  # seconds, while a commit is being written
_PATIENCE = 5_000  # times
_MOST, _PASSED_MOST = 50_000, 1000
_OF_ACCOUNTS = ("staff_", "user_", "credential_", "totp_", "recovery_", "token_")  # how kinds of events begin
ACCOUNTS = object()
"""About which a thing may be kept: who has an account, and what it may."""
Mark = tuple[int, Hashable, date]


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
        self._end: int | None = None  # of the last look
        self._rest: tuple[Hashable, date] | None = None
        self._kept: dict[Hashable, tuple[Any, Hashable]] = {}

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
        """None where nothing is kept under it that stands."""
        found = self._kept.get(key) if mark[1:] == self._rest else None
        return None if found is None else found[0]

    def keep(self, mark: Mark, key: Hashable, value: Any, about: Hashable = None) -> None:
        """mark: from before `value` was read. about: the company whose events alone it follows from, or ACCOUNTS; None: from all."""
        if mark[0] != self._end:
            return  # events have passed since: it may be of before them
        if mark[1:] != self._rest or len(self._kept) >= _MOST:
            self._kept, self._rest = {}, mark[1:]
        self._kept[key] = value, about

    def _moved(self, end: int, passed: list[Passed] | None) -> None:
        """What no longer stands is dropped. passed: None: very much has changed."""
        if passed is None:
            self._kept = {}
        elif passed:
            gone: set[Hashable] = {None, *(each.subject for each in passed)}
            if any(each.kind.startswith(_OF_ACCOUNTS) for each in passed):
                gone.add(ACCOUNTS)
            self._kept = {key: kept for key, kept in self._kept.items() if kept[1] not in gone}
        self._end = end

    def _since(self, end: int) -> list[Passed] | None:
        if end == self._end:
            return []
        return None if self._end is None or end < self._end else self._log_end.passed(self._end, end, _PASSED_MOST)

    def _look(self, loop: asyncio.AbstractEventLoop, times: int) -> None:
        try:
            end = self._log_end.end()
            if end is None and times < _PATIENCE:
                loop.call_later(_ASK_AGAIN, self._look, loop, times + 1)
                return
            if end is None:
                self._answer(
                    self._taken(), Outage("EVENT_LOG_BUSY", "事件日志正被写入", "the event log is being written")
                )
                return
            self._moved(end, self._since(end))
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
                end, passed = await run_sync(self._asked, limiter=alone)
                self._moved(end, passed)
                self._looked()
            except Exception as error:  # noqa: BLE001 - it is theirs who asked
                self._answer(asked, error)
            else:
                self._answer(asked, end)

    def _asked(self) -> tuple[int, list[Passed] | None]:
        end = self._log_end.end() or 0
        return end, self._since(end)

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
