"""A bare FastAPI route under the portal's own server, for comparison: `python -m kemiao.app.bench_portal_bare` answers the bytes that come
on its standard input, with no session, no row and no entry."""

from __future__ import annotations

import base64
import signal
import sys

from fastapi import FastAPI
from starlette.responses import Response

from kemiao.chain.listening import Limits, Listening


def main() -> None:
    body = base64.b64decode(sys.stdin.readline())
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/companies/{company}")
    async def company(company: str) -> Response:
        return Response(body, media_type="application/json")

    listening = Listening(app, "127.0.0.1", 0, limits=Limits(fast=True))
    signal.signal(signal.SIGTERM, lambda *_: listening.stop())
    listening.run(lambda: print(listening.address, flush=True))  # noqa: T201 - to who started us


if __name__ == "__main__":
    main()
