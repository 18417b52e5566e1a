"""A node's HTTP API (Starlette): participants of the chain read, whoever holds a signed entry submits it.

Nothing that is asked or answered is written to a log. What the node does runs in threads, where group commit gathers it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.chain.entry import is_digest, is_participant_id
from kemiao.chain.mailbox import Mailbox, left
from kemiao.chain.node import Node
from kemiao.chain.requests import Gate
from kemiao.chain.sealing import PARCEL_BYTES, parcel_digest
from kemiao.chain.wire import (
    ANSWER_BYTES,
    BODY_BYTES,
    ENTRIES,
    ROWS,
    encode,
    record_json,
    refused_json,
    submission_json,
)

READERS = 8  # calls of the node at once; the others wait their turn
WRITERS = 16
BODY_SECONDS = 20
_KEY_LENGTH = 512  # of a state key that is asked for
_STATUS = {
    "NOT_SIGNED": 403, "NO_SUCH_PARTICIPANT": 403, "SUSPENDED": 403, "FOREIGN_KEY": 403, "KEY_RETIRED": 403,
    "REQUEST_EXPIRED": 403, "BAD_SIGNATURE": 403, "REQUEST_USED": 403, "TOO_MANY_REQUESTS": 429, "BODY_TOO_LARGE": 413,
    "TOO_MANY_ENTRIES": 413, "TOO_SLOW": 408, "BAD_REQUEST": 400, "NO_SUCH_PAGE": 404, "NO_SUCH_PARCEL": 404,
}  # fmt: skip
_OTHERWISE = 409  # refused by the node itself: a position beyond the tree
_NUMBER = re.compile(r"[0-9]{1,15}")
Answer = Callable[[Node, Request], Any]
MailAnswer = Callable[[Node, Mailbox, str, Request, bytes], Any]  # the text is the participant that asks


def application(node: Node, now_ms: Callable[[], int], mailbox: Mailbox | None = None) -> Starlette:
    """node: any; its methods may be called from several threads. now_ms: the clock that requests are held against. mailbox: where
    the node keeps parcels; without one it has no such pages."""
    gate = Gate(node, node.chain, now_ms)
    readers, writers = CapacityLimiter(READERS), CapacityLimiter(WRITERS)

    async def submit(request: Request) -> Response:
        envelopes = _envelopes(request, await _body(request, BODY_BYTES))
        return _json(submission_json(await run_sync(node.submit, envelopes, limiter=writers)))

    async def health(_: Request) -> Response:
        return _json({"chain": node.chain, "time": now_ms()})

    def reading(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        def admitted(request: Request) -> Any:
            asks = gate.admit(request.headers, request.method, _target(request))
            if isinstance(asks, Refusal):
                raise Refused(asks)
            return answer(node, request)

        async def endpoint(request: Request) -> Response:
            return _json(await run_sync(admitted, request, limiter=readers))

        return endpoint

    def of_parcels(answer: MailAnswer) -> Callable[[Request], Awaitable[Response]]:
        """Signed with the body: nobody puts another's parcel under his own name."""

        def admitted(request: Request, body: bytes) -> Any:
            asks = gate.admit(request.headers, request.method, _target(request), body)
            if isinstance(asks, Refusal):
                raise Refused(asks)
            if mailbox is None:
                raise Refused(_no_such_page())
            return answer(node, mailbox, asks, request, body)

        async def endpoint(request: Request) -> Response:
            body = await _body(request, PARCEL_BYTES)
            made = await run_sync(admitted, request, body, limiter=writers)
            return (
                Response(made.content, media_type="application/octet-stream") if isinstance(made, _Raw) else _json(made)
            )

        return endpoint

    return Starlette(
        routes=[
            Route("/entries", submit, methods=["POST"]),
            Route("/healthz", health, methods=["GET"]),
            *(Route(path, reading(answer), methods=["GET"]) for path, answer in _READINGS.items()),
            Route("/parcels", of_parcels(_parcels), methods=["GET"]),
            *(
                Route("/parcels/{digest}", of_parcels(answer), methods=[method])
                for method, answer in _OF_ONE_PARCEL.items()
            ),
        ],
        exception_handlers={Refused: _refused, Outage: _outage, 404: _no_page, 405: _no_page},
    )


def _envelopes(request: Request, body: bytes) -> list[bytes]:
    """JSON Lines, or (application/json) a list of envelopes as texts. What is inside is the node's to check."""
    if request.headers.get("content-type", "").partition(";")[0].strip() == "application/json":
        try:
            listed = json.loads(body)
            envelopes = [text.encode() for text in listed] if isinstance(listed, list) else []
        except (ValueError, AttributeError, RecursionError):
            envelopes = []
    else:
        envelopes = [line for line in body.split(b"\n") if line]  # canonical JSON has no line break inside
    if not envelopes:
        raise Refused(_bad("body"))
    if len(envelopes) > ENTRIES:
        raise Refused(Refusal("TOO_MANY_ENTRIES", f"一次最多 {ENTRIES} 条", f"at most {ENTRIES} entries at once"))
    return envelopes


async def _body(request: Request, most: int) -> bytes:
    """Whole, bounded in size and in time."""
    said = request.headers.get("content-length", "")
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            if not said.isdecimal() or int(said) <= most:
                async for part in request.stream():
                    content += part
                    if len(content) > most:
                        break
                else:
                    return bytes(content)
    except (TimeoutError, ClientDisconnect):  # who hung up hears nothing of it, and fills no log
        raise Refused(Refusal("TOO_SLOW", "请求没有按时到齐", "the request did not arrive in time")) from None
    raise Refused(Refusal("BODY_TOO_LARGE", f"请求超过 {most} 字节", f"the request has more than {most} bytes"))  # fmt: skip


# -- what is answered


def _genesis(node: Node, _: Request) -> Any:
    return {"genesis": node.records(0, 1)[0].envelope.decode()}


def _checkpoint(node: Node, _: Request) -> Any:
    return {"checkpoint": node.checkpoint()}


def _records(node: Node, request: Request) -> Any:
    rows = node.records(_number(request, "from"), _limit(request))
    return _rows("records", map(record_json, rows))


def _find(node: Node, request: Request) -> Any:
    wanted = request.path_params["id"]
    if not is_digest(wanted):
        raise Refused(_bad("id"))
    found = node.find(wanted)
    return {"record": None if found is None else record_json(found)}


def _sequence(node: Node, request: Request) -> Any:
    author, number = request.path_params["author"], request.path_params["number"]
    if not (is_participant_id(author) and _NUMBER.fullmatch(number)):
        raise Refused(_bad("author/number"))
    found = node.by_sequence(author, int(number))
    return {"record": None if found is None else record_json(found)}


def _state(node: Node, request: Request) -> Any:
    return {"value": node.get(_text(request, "key"))}


def _scan(node: Node, request: Request) -> Any:
    pairs = node.scan(_text(request, "prefix"), _text(request, "after", ""), _limit(request))
    return _rows("pairs", pairs)


def _inclusion(node: Node, request: Request) -> Any:
    index, size = _number(request, "index"), _number(request, "size")
    _within(node, index + 1, size)
    return {"path": [step.hex() for step in node.inclusion(index, size)]}


def _consistency(node: Node, request: Request) -> Any:
    old, new = _number(request, "old"), _number(request, "new")
    _within(node, old, new)
    return {"path": [step.hex() for step in node.consistency(old, new)]}


def _within(node: Node, part: int, whole: int) -> None:
    """A stranger's numbers: what is a broken invariant inside a program is a refusal here."""
    if not part <= whole <= node.size():
        raise Refused(
            Refusal.at("BEYOND_THE_TREE", "超出了树的大小", "is beyond the tree", part=part, whole=whole, size=node.size())
        )  # fmt: skip


_READINGS: dict[str, Answer] = {
    "/genesis": _genesis, "/checkpoint": _checkpoint, "/records": _records, "/find/{id}": _find,
    "/sequence/{author}/{number}": _sequence, "/state": _state, "/scan": _scan, "/inclusion": _inclusion,
    "/consistency": _consistency,
}  # fmt: skip


# -- parcels


def _put_parcel(node: Node, mailbox: Mailbox, asks: str, request: Request, body: bytes) -> Any:
    if request.path_params["digest"] != parcel_digest(body):
        raise Refused(_bad("digest"))
    to = _text(request, "to")
    if not is_participant_id(to):
        raise Refused(_bad("to"))
    put = left(mailbox, lambda name: node.get(f"participant/{name}") is not None, asks, to, body)
    if isinstance(put, Refusal):
        raise Refused(put)
    return {"parcel": put}


class _Raw(NamedTuple):
    content: bytes


def _get_parcel(_: Node, mailbox: Mailbox, asks: str, request: Request, __: bytes) -> _Raw:
    found = mailbox.get(asks, _parcel_named(request))
    if isinstance(found, Refusal):
        raise Refused(found)
    return _Raw(found)


def _drop_parcel(_: Node, mailbox: Mailbox, asks: str, request: Request, __: bytes) -> Any:
    return {"dropped": mailbox.drop(asks, _parcel_named(request))}


def _parcels(_: Node, mailbox: Mailbox, asks: str, request: Request, __: bytes) -> Any:
    after = _number(request, "after") if "after" in request.query_params else 0
    return _rows("parcels", (parcel._asdict() for parcel in mailbox.listed(asks, after, _limit(request))))


def _parcel_named(request: Request) -> str:
    wanted: str = request.path_params["digest"]
    if not is_digest(wanted):
        raise Refused(_bad("digest"))
    return wanted


_OF_ONE_PARCEL: dict[str, MailAnswer] = {"PUT": _put_parcel, "GET": _get_parcel, "DELETE": _drop_parcel}


def _rows(name: str, rows: Iterable[Any]) -> bytes:
    """As many as the answer holds, one at least: who wants the others asks again from behind the last."""
    parts: list[bytes] = []
    held = 0
    for row in rows:
        part = encode(row)
        held += len(part)
        if held > ANSWER_BYTES and parts:
            break
        parts.append(part)
    return b'{"' + name.encode() + b'":[' + b",".join(parts) + b"]}"


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    if not _NUMBER.fullmatch(text):
        raise Refused(_bad(name))
    return int(text)


def _limit(request: Request) -> int:
    asked = _number(request, "limit") if "limit" in request.query_params else ROWS
    return max(1, min(asked, ROWS))


def _text(request: Request, name: str, otherwise: str | None = None) -> str:
    text = request.query_params.get(name, otherwise)
    if text is None or len(text) > _KEY_LENGTH:
        raise Refused(_bad(name))
    return text


def _target(request: Request) -> str:
    """Path and query as they came."""
    query = request.scope["query_string"]
    raw: bytes = request.scope["raw_path"] + (b"?" + query if query else b"")
    return raw.decode("latin-1")


def _json(value: object, status: int = 200) -> Response:
    content = value if isinstance(value, bytes) else encode(value)
    return Response(content, status, media_type="application/json")


def _bad(name: str) -> Refusal:
    return Refusal.at("BAD_REQUEST", "请求的格式不对", "the request is malformed", field=name)


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    status = _STATUS.get(error.refusal.code, _OTHERWISE)
    response = _json(refused_json(error.refusal), status)
    if status in (408, 413):  # the rest of the body is not waited for
        response.headers["connection"] = "close"
    return response


async def _outage(_: Request, error: Exception) -> Response:
    if not isinstance(error, Outage):
        raise error
    return _json(refused_json(error.as_refusal()), 503)


async def _no_page(_: Request, __: Exception) -> Response:
    return _json(refused_json(_no_such_page()), 404)


def _no_such_page() -> Refusal:
    return Refusal("NO_SUCH_PAGE", "节点没有这个接口", "the node has no such page")
