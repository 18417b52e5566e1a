"""What has changed, told to pages that are open: topics and ids, never what stands in an event.

Each worker looks at the end of the event log itself, once for all its listeners, so that what another worker or the command line wrote
is told too. Who may be told what: the bank everything of its work; a company, a funder what is its own; others that something of a
topic has changed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from kemiao.base.refusal import Outage
from kemiao.portal.knowing import Knowing
from kemiao.portal.who import Who

LOOK_SECONDS = 0.025
_AWAY_SECONDS = 1.0
_MOST = 1000  # events that are told one by one; of more it is told that much has changed
_WAITING = 100  # messages for a listener who does not read
# Kinds of events by how they begin, and what pages know them by. Others are the bank's own.
_TOPICS = (
    ("application", "application"), ("approval", "application"), ("offer", "application"), ("decision", "decision"), ("assessment", "decision"),
    ("loan", "loan"), ("repayment", "loan"), ("payment", "loan"), ("bank_", "loan"), ("posting", "loan"), ("end_of_day", "loan"),
    ("consent", "consent"), ("complaint", "complaint"), ("review", "complaint"), ("company_card", "signing"), ("company_signature", "signing"),
    ("market", "market"), ("import", "data"), ("snapshot", "data"), ("chain", "chain"), ("anchored", "chain"), ("batch", "chain"),
    ("staff", "account"), ("user", "account"), ("credential", "account"), ("totp", "account"), ("token", "account"), ("product", "product"),
)  # fmt: skip
TOPICS = frozenset({topic for _, topic in _TOPICS} | {"bank"})
_TO_COMPANIES = frozenset({"application", "decision", "loan", "consent", "complaint", "signing", "market"})
_TO_ALL = frozenset({"market", "chain", "product", "data"})


@dataclass(frozen=True, slots=True)
class Audience:
    """companies: whether it may know of all companies. company, funder: whose own it may know of. topics: what was asked for."""

    companies: bool
    company: str | None
    funder: str | None
    topics: frozenset[str]


def audience_of(who: Who, companies: bool, topics: frozenset[str]) -> Audience:
    return Audience(companies and who.kind == "staff", who.company, who.funder, topics)


def topic_of(kind: str) -> str:
    return next((topic for start, topic in _TOPICS if kind.startswith(start)), "bank")


def told(event: Any, to: Audience) -> dict[str, Any] | None:
    """What an audience hears of an event; None: nothing."""
    topic = topic_of(event.kind)
    if topic not in to.topics:
        return None
    if to.companies:
        return {"seq": event.seq, "topic": topic, "kind": event.kind, "company": event.subject, "ref": event.ref}
    if to.company is not None:
        own = event.subject == to.company and topic in _TO_COMPANIES
        return {"seq": event.seq, "topic": topic, "ref": event.ref} if own else None
    if to.funder is not None:
        own = topic == "market" and to.funder in (event.public.get("funder"), event.public.get("owner"), event.ref)
        return {"seq": event.seq, "topic": topic} if own else None
    return {"seq": event.seq, "topic": topic} if topic in _TO_ALL else None


def message(events: Sequence[Any], to: Audience) -> bytes | None:
    heard = [each for each in (told(event, to) for event in events) if each is not None]
    if not heard:
        return None
    return f"id: {events[-1].seq}\nevent: change\ndata: {json.dumps(heard, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def much(end: int) -> bytes:
    """More than is told one by one: a page asks anew for all that it shows."""
    return f"id: {end}\nevent: much\ndata: {end}\n\n".encode()


@dataclass(eq=False, slots=True)
class Listener:
    """about: accounts are looked at again where what was heard may be about them."""

    audience: Audience
    account: str
    waiting: asyncio.Queue[tuple[bytes, bool] | None] = field(default_factory=lambda: asyncio.Queue(_WAITING))


class Changes:
    """read(after, most): events of the log that follow number `after`."""

    def __init__(self, knowing: Knowing, read: Callable[[int, int], list[Any]]) -> None:
        self._knowing, self._read = knowing, read
        self._listeners: set[Listener] = set()
        self._end = 0
        self._task: asyncio.Task[None] | None = None
        self.stopping = False

    @property
    def listening(self) -> int:
        return len(self._listeners)

    async def listen(self, audience: Audience, account: str) -> tuple[Listener, int]:
        """And the number up to which it is not told anything: what follows comes. Raises Outage."""
        if self._task is None or self._task.done():
            self._end = await self._knowing.end()
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._follow())
        listener = Listener(audience, account)
        self._listeners.add(listener)
        return listener, self._end

    def leave(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    async def missed(self, audience: Audience, since: int, until: int) -> bytes | None:
        """What came after `since`, up to `until`."""
        if since >= until:
            return None
        events = [event for event in await run_sync(self._read, since, _MOST + 1) if event.seq <= until]
        return much(until) if len(events) > _MOST else message(events, audience)

    async def _follow(self) -> None:
        alone = CapacityLimiter(1)  # not behind forty that read long
        while self._listeners and not self.stopping:
            try:
                end = await self._knowing.end()
                events = await run_sync(self._read, self._end, _MOST + 1, limiter=alone) if end > self._end else []
            except Outage:
                await asyncio.sleep(_AWAY_SECONDS)
                continue
            if events:
                self._tell(events, max(end, events[-1].seq))
            await asyncio.sleep(LOOK_SECONDS)
        for listener in self._listeners if self.stopping else ():
            self._put(listener, None)

    def _tell(self, events: Sequence[Any], end: int) -> None:
        many = len(events) > _MOST
        self._end = end if many else events[-1].seq
        messages: dict[Audience, bytes | None] = {}
        names = "" if many else "\n".join(f"{event.ref} {event.subject} {json.dumps(dict(event.public), default=str)}" for event in events)  # fmt: skip
        for listener in list(self._listeners):
            if listener.audience not in messages:
                messages[listener.audience] = much(end) if many else message(events, listener.audience)
            text, about = messages[listener.audience], many or listener.account in names
            if text is not None or about:
                self._put(listener, (text or b"", about))

    def _put(self, listener: Listener, what: tuple[bytes, bool] | None) -> None:
        try:
            listener.waiting.put_nowait(what)
        except asyncio.QueueFull:  # it does not read: it is let go of, and comes again with the last it has read
            self.leave(listener)
            listener.waiting = asyncio.Queue()
            listener.waiting.put_nowait(None)
