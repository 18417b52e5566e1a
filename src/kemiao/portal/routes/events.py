"""What has changed, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Header, Query, Request
from starlette.responses import StreamingResponse

from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.portal.changes import TOPICS, Audience, audience_of
from kemiao.portal.door import Asking, router, still

routes = router("events")
BEAT_SECONDS = 10
WHOLE_SECONDS = (
    50  # below what a request may take (chain.listening): then the browser asks again, and is asked again who it is
)
_RETRY_MS = 200


@routes.get("/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def events(
    asked: Asking,
    request: Request,
    topics: Annotated[str | None, Query(max_length=200, description="names with commas; all without it")] = None,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
) -> StreamingResponse:
    """`ready`, then `change` with [{seq, topic, ref, …}], or `much`: ask for everything anew. Resumes after Last-Event-ID."""
    wanted = frozenset(topics.split(",")) if topics else TOPICS
    if wanted - TOPICS:
        raise Refused(Refusal.at("UNFIT_INPUT", "没有这样的主题", "there is no such topic", topics=",".join(sorted(wanted - TOPICS))))  # fmt: skip
    since = int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else None
    companies = await asked.portal.rule("GET /companies")
    audience = audience_of(asked.someone, companies is not None and companies.admits(asked.someone), wanted)
    return StreamingResponse(
        _stream(asked, request, audience, since), media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )  # fmt: skip


async def _stream(asked: Asking, request: Request, audience: Audience, since: int | None) -> AsyncIterator[bytes]:
    changes = asked.portal.changes
    loop = asyncio.get_running_loop()
    over = loop.time() + WHOLE_SECONDS
    listener = None
    try:
        listener, end = await changes.listen(audience, asked.account)
        before = await changes.missed(audience, since, end) if since is not None else None
        yield f"retry: {_RETRY_MS}\nid: {end if since is None else since}\nevent: ready\ndata: {end}\n\n".encode()
        if before is not None:
            yield before
        while (left := over - loop.time()) > 0:
            try:
                async with asyncio.timeout(min(left, BEAT_SECONDS)):
                    heard = await listener.waiting.get()
            except TimeoutError:
                heard = (b"event: beat\ndata: 1\n\n", True)
            if heard is None or not await still(asked, request, whole=heard[1]):
                return
            if heard[0]:
                yield heard[0]
    except Outage:
        return  # the browser asks again
    finally:
        if listener is not None:
            changes.leave(listener)
