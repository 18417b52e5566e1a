"""What a server tells of itself: a line for each request, and counts and times by route. Nothing in them is about a person: no address
with a key in it, no account, nothing that was sent or answered. The access log is what says who asked about whom."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SHARED = (
    "PROMETHEUS_MULTIPROC_DIR"  # where the workers of one server count together: prometheus_client's own name for it
)
_ELSEWHERE = "other"  # pages and addresses that no route has


class Measures:
    """Of one process; those of several are added up where SHARED names their folder."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._requests = Counter(
            "kemiao_requests", "Answers by route and status", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram("kemiao_request_seconds", "From the head of a request to the end of its answer", ("route",), registry=registry, buckets=_SECONDS)  # fmt: skip
        self._listeners = Gauge("kemiao_listeners", "Pages that listen to what changes", registry=registry, multiprocess_mode="livesum")  # fmt: skip
        self._registry = registry
        self._counts: dict[tuple[str, str, int], Any] = {}
        self._times: dict[str, Any] = {}

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        key = (method, route, status)
        if key not in self._counts:
            self._counts[key] = self._requests.labels(method, route, str(status))
            self._times[route] = self._seconds.labels(route)
        self._counts[key].inc()
        self._times[route].observe(seconds)

    def shown(self, listening: int) -> bytes:
        """In Prometheus' text format."""
        self._listeners.set(listening)
        if SHARED not in os.environ:
            return generate_latest(self._registry)
        whole = CollectorRegistry()
        MultiProcessCollector(whole)  # type: ignore[no-untyped-call]
        return generate_latest(whole)


class Measured:
    """Around the whole application. log: takes a line; None writes none."""

    def __init__(self, app: Any, measures: Measures, log: Callable[[str], None] | None, now_ms: Callable[[], int]) -> None:  # fmt: skip
        self._app, self._measures, self._log, self._now_ms = app, measures, log, now_ms

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0  # a duration is no date: the machine's counter is the clock of it

        async def sending(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            seconds = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", None) or scope.get("measured") or _ELSEWHERE
            method = scope["method"] if scope["method"] in ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS") else _ELSEWHERE  # fmt: skip
            self._measures.note(method, route, status, seconds)
            if self._log is not None:
                asked = scope.get("state", {}).get("asked")
                said = {
                    "at_ms": self._now_ms(), "request": asked.request if asked else None, "method": method,
                    "route": route, "status": status, "ms": round(seconds * 1000, 1),
                }  # fmt: skip
                self._log(json.dumps(said))
