"""Headers that every answer carries: what a browser may load, and from where. No inline script, nobody else's page around ours."""

from __future__ import annotations

from typing import Any

CSP = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data: blob:; font-src 'self'; manifest-src 'self'; "
    "style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"), (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"), (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)  # fmt: skip
_TLS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class Headers:
    def __init__(self, app: Any, tls: bool) -> None:
        self._app, self._added = app, (*_ALWAYS, _TLS) if tls else _ALWAYS

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *self._added]
                if not any(name == b"content-security-policy" for name, _ in headers):
                    headers.append((b"content-security-policy", CSP.encode()))
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, sending)
