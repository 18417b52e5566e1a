"""The portal as an ASGI application."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio.to_thread import run_sync
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from kemiao.bank.access_log import AccessLog
from kemiao.bank.log_end import LogEnd
from kemiao.bank.world import World
from kemiao.base.refusal import BrokenInvariant, Outage, Refusal
from kemiao.portal import health, pages
from kemiao.portal.access import Rule, read_rules
from kemiao.portal.changes import Changes
from kemiao.portal.door import Asked, fault, language, unfit
from kemiao.portal.finding import Index
from kemiao.portal.gathering import Gathered
from kemiao.portal.headers import Headers
from kemiao.portal.kept import Kept
from kemiao.portal.knowing import Knowing
from kemiao.portal.measuring import Measured, Measures
from kemiao.portal.problems import NO_SUCH_PAGE, problem
from kemiao.portal.routes import all_routes
from kemiao.portal.sessions import Sessions
from kemiao.portal.sign_in import SignIn
from kemiao.portal.uploads import Uploads
from kemiao.portal.worlds import Worlds

if TYPE_CHECKING:
    from kemiao.bank.commands.apply import Apply
    from kemiao.bank.commands.ask_for_money import AskedFor
    from kemiao.bank.lending.applications import Effort

_IDS = 500
TITLE, VERSION = "科苗 Kemiao", "1"


@dataclass(slots=True)
class Portal:
    """What stands behind all routes. root: the home. pages: the folder of the built front end. tls: whether it is
    served so. today: the home's day. log: takes a line for each request."""

    worlds: Worlds
    knowing: Knowing
    sign_in: SignIn
    sessions: Sessions
    access_log: AccessLog
    random_bytes: Callable[[int], bytes]
    now_ms: Callable[[], int]
    today: Callable[[], date]
    log_end: LogEnd
    root: Path
    pages: Path
    tls: bool = False
    in_hand: set[str] = field(default_factory=set)
    uploads: Uploads = field(default_factory=Uploads)
    kept: Kept = field(default_factory=Kept)
    log: Callable[[str], None] | None = None
    writer_there: Callable[[], bool] | None = None  # of a worker: whether the writer listens
    submits: Callable[[], bool] | None = None  # whether it still sends to the chain what waits
    warm: Callable[[], bool] | None = None  # whether the first who asks would wait no longer than others
    measures: Measures = field(default_factory=Measures)
    changes: Changes = field(init=False)
    asking: Gathered[tuple[Asked, Apply, Effort], AskedFor | Refusal] = field(init=False)
    _rules: tuple[object, dict[str, Rule]] | None = None
    _over: deque[tuple[asyncio.Future[None], BaseException | None]] = field(default_factory=deque)
    _woken: bool = False
    _ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.changes = Changes(self.knowing, self._events)
        self.asking = Gathered(self._asked)

    def _asked(self, together: Sequence[tuple[Asked, Apply, Effort]]) -> Sequence[AskedFor | Refusal | Exception]:
        from kemiao.bank.commands.ask_for_money import Wish, ask_many

        with self.worlds.world() as world:
            return ask_many([Wish(asked.caused(world), wish, effort) for asked, wish, effort in together])

    def _events(self, after: int, most: int) -> list[Any]:
        with self.worlds.world() as world:
            return list(world.log.events(after=after, most=most))

    async def rule(self, route: str) -> Rule | None:
        """Of the policy in force. It is read again when the home's files change, like everything of policy, and on another day."""
        now = (self.knowing.stamp, self.today())
        if self._rules is None or self._rules[0] != now:
            self._rules = (now, await run_sync(self._read_rules))
        return self._rules[1].get(route)

    def _read_rules(self) -> dict[str, Rule]:
        with self.worlds.world() as world:
            return rules_of(world)

    def new_id(self) -> str:
        """Of a request: many are drawn at once, since asking the system lets other threads take their turn."""
        if not self._ids:
            drawn = self.random_bytes(12 * _IDS)
            self._ids += [drawn[start : start + 12].hex() for start in range(0, len(drawn), 12)]
        return self._ids.pop()

    async def record(self, account: str | None, company: str | None, said: dict[str, Any]) -> None:
        """Returns when the entry of the access log is on disk. Raises Outage. All that was committed together wakes the loop once."""
        loop = asyncio.get_running_loop()
        over: asyncio.Future[None] = loop.create_future()

        def committed(error: BaseException | None) -> None:
            self._over.append((over, error))
            if not self._woken:
                self._woken = True
                loop.call_soon_threadsafe(self._finish)

        self.access_log.record(account, company, said, committed)
        await over

    def _finish(self) -> None:
        self._woken = False  # first: who comes from here on wakes the loop again
        while self._over:
            over, error = self._over.popleft()
            if not over.done():
                over.set_exception(error) if error else over.set_result(None)


def rules_of(world: World) -> dict[str, Rule]:
    """access.toml as in force. Raises portal.access.Unfit."""
    today = world.clock.today()
    named = world.policy.named
    roles = frozenset(row["name"] for row in named("organisation", today)["role"])
    return read_rules(named("access", today), roles)


def application(portal: Portal) -> FastAPI:
    """Routes under /api/v1, the health of the server, and the pages."""
    app = FastAPI(
        title=TITLE, version=VERSION, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )  # fmt: skip
    app.state.portal = portal
    for routes in all_routes():
        app.include_router(routes)
    app.router.routes.insert(0, Index([route for routes in all_routes() for route in routes.routes if isinstance(route, APIRoute)]))  # fmt: skip
    app.include_router(health.routes)
    app.include_router(pages.routes)
    app.add_exception_handler(Outage, _outage)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)
    app.add_middleware(Headers, tls=portal.tls)
    app.add_middleware(Measured, measures=portal.measures, log=portal.log, now_ms=portal.now_ms)
    return app


async def _outage(request: Request, error: Exception) -> Response:
    refusal = error.as_refusal() if isinstance(error, Outage) else NO_SUCH_PAGE
    return problem(refusal, language(request), "", 503, headers={"Retry-After": "2"})


async def _unfit(request: Request, error: Exception) -> Response:
    return unfit(error, language(request), "") if isinstance(error, RequestValidationError) else await _fault(request, error)  # fmt: skip


async def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    refusal = {
        404: NO_SUCH_PAGE, 405: Refusal("METHOD_NOT_ALLOWED", "这个地址不支持该方法", "this address knows no such method"),
    }.get(status, Refusal("BAD_REQUEST", "请求无法理解", "the request can't be understood"))  # fmt: skip
    return problem(refusal, language(request), "", status)


async def _fault(request: Request, error: Exception) -> Response:
    """The place goes to the log of the server, by the request's id; what was sent does not."""
    if isinstance(error, BrokenInvariant):
        raise error
    asked = getattr(request.state, "asked", None)
    number = asked.request if asked is not None else ""
    places = "; ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-6:])  # fmt: skip
    sys.stderr.write(f"fault {type(error).__name__} request={number} at {places}\n")
    return fault(number, language(request))
