"""Whether this server lives and may be sent requests, its figures, and the API as published. Outside the API: no account is needed.

/metrics is answered to this machine only, or to a token with the scope `metrics`; what a proxy passes on is not of this machine.
"""

from __future__ import annotations

import ipaddress
import shutil
from collections.abc import Callable
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from kemiao.base.refusal import BrokenInvariant, Outage, Refused
from kemiao.portal.door import API, language
from kemiao.portal.problems import NO_SUCH_PAGE, problem
from kemiao.portal.published import PUBLISHED

ROOM_BYTES = 256 * 10**6
SCOPE = "metrics"
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
routes = APIRouter(include_in_schema=False)


@routes.get("/healthz")
async def healthz() -> Response:
    """The process answers."""
    return JSONResponse({"alive": True}, headers={"Cache-Control": "no-store"})


@routes.get("/readyz")
async def readyz(request: Request) -> Response:
    """Whether what requests need is there: 503 and which of it is not."""
    portal = request.app.state.portal
    found = await run_sync(_examined, portal)
    return JSONResponse(found, 200 if all(found.values()) else 503, headers={"Cache-Control": "no-store"})


@routes.get("/metrics")
async def metrics(request: Request) -> Response:
    portal = request.app.state.portal
    if not await _may_measure(portal, request):
        return problem(NO_SUCH_PAGE, language(request), "")
    text = await run_sync(portal.measures.shown, portal.changes.listening)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8", headers={"Cache-Control": "no-store"})


@routes.get(f"{API}/openapi.json")
async def openapi() -> Response:
    """The bytes that are committed beside the code."""
    return Response(PUBLISHED.read_bytes(), media_type="application/json", headers={"Cache-Control": "public, no-cache"})  # fmt: skip


async def _may_measure(portal: Any, request: Request) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        try:
            who = await run_sync(portal.sign_in.by_token, token.strip())
        except Outage:
            return False
        return who is not None and who.scopes is not None and SCOPE in who.scopes
    if any(name in request.headers for name in _PASSED_ON) or request.client is None:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _examined(portal: Any) -> dict[str, bool]:
    def event_log() -> bool:
        with portal.worlds.world() as world:
            world.log.end()
        return True

    def chain() -> bool:
        if portal.submits is not None and not portal.submits():
            return False
        with portal.worlds.world() as world:
            return world.chain is None or world.chain.node.size() >= 0

    def access_log() -> bool:
        portal.access_log.entries(most=1)
        return not portal.access_log.failing

    def disk() -> bool:
        return shutil.disk_usage(portal.root).free >= ROOM_BYTES

    checks: dict[str, Callable[[], bool]] = {
        "event_log": event_log,
        "access_log": access_log,
        "chain": chain,
        "disk": disk,
    }
    if portal.writer_there is not None:
        checks["writer"] = portal.writer_there
    if portal.warm is not None:
        checks["warm"] = portal.warm
    return {name: _good(check) for name, check in checks.items()}


def _good(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (Outage, Refused, OSError, BrokenInvariant):
        return False
