"""Workers and their writer: one process has the node, the outbox and the lake's writing; the others answer readings and hand every write
on to it, over loopback, with a secret that was made when the server began.

What is handed on is the request as it came; it is signed in, ruled on and recorded where it is done. So a key that repeats a request
finds what is under way, whichever worker it comes to.
"""

from __future__ import annotations

import asyncio
import hmac
import socket
from collections.abc import Mapping
from typing import Any

import h11

from kemiao.base.refusal import Refusal
from kemiao.portal.problems import problem

_READS = ("GET", "HEAD", "OPTIONS")
_SECRET, _CLIENT, _SCHEME = b"x-kemiao-secret", b"x-kemiao-client", b"x-kemiao-scheme"
_OURS = (_SECRET, _CLIENT, _SCHEME)
_HOP = (
    b"connection",
    b"keep-alive",
    b"transfer-encoding",
    b"upgrade",
    b"te",
    b"trailer",
    b"proxy-connection",
    b"expect",
    b"date",
    b"server",
)
_SECONDS = 55  # below what a request may take (chain.listening)
_PIECE = 64 * 1024
AWAY = Refusal("WRITER_AWAY", "写入进程暂时不在:请稍候重试,同一请求不会重复办理", "the writer is away for a moment: try again; the same request is not done twice")  # fmt: skip


class FromWorkers:
    """Around the writer's application: only workers of the same start are heard."""

    def __init__(self, app: Any, secret: str) -> None:
        self._app, self._secret = app, secret.encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said: Mapping[bytes, bytes] = {name: value for name, value in scope["headers"] if name in _OURS}
        if not hmac.compare_digest(said.get(_SECRET, b""), self._secret):
            await problem(Refusal("NOT_ALLOWED", "仅限本机的工作进程", "for this server's own workers only"), "zh", "")(scope, receive, send)  # fmt: skip
            return
        headers = [(name, value) for name, value in scope["headers"] if name not in _OURS]
        client = (said.get(_CLIENT, b"").decode("latin-1"), 0)
        await self._app({**scope, "headers": headers, "client": client, "scheme": said.get(_SCHEME, b"http").decode()}, receive, send)  # fmt: skip


class ToWriter:
    """Around a worker's application. port: the writer's, on this machine."""

    def __init__(self, app: Any, port: int, secret: str) -> None:
        self._app, self._port, self._secret = app, port, secret

    def there(self) -> bool:
        with socket.create_connection(("127.0.0.1", self._port), timeout=1):
            return True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] in _READS or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        scope["measured"] = "handed to the writer"
        begun = False

        async def sending(message: Any) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            async with asyncio.timeout(_SECONDS):
                await self._hand_on(scope, receive, sending)
        except (OSError, TimeoutError, h11.ProtocolError, EOFError):
            if begun:
                raise  # half an answer: the connection ends, and the caller asks again
            await problem(AWAY, "zh", "", 503, headers={"Retry-After": "1"})(scope, receive, send)

    async def _hand_on(self, scope: Any, receive: Any, send: Any) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        connection = h11.Connection(h11.CLIENT)
        sender = asyncio.create_task(self._send(scope, receive, writer, connection))
        try:
            await _answer(reader, connection, send, sender)
        finally:
            sender.cancel()
            writer.close()

    async def _send(self, scope: Any, receive: Any, writer: asyncio.StreamWriter, connection: h11.Connection) -> None:
        client = scope["client"][0] if scope.get("client") else ""
        headers = [(name, value) for name, value in scope["headers"] if name not in _HOP and name not in _OURS]
        if not any(name == b"content-length" for name, _ in headers):
            headers.append((b"transfer-encoding", b"chunked"))
        headers += [(_SECRET, self._secret.encode()), (_CLIENT, client.encode("latin-1")), (_SCHEME, scope["scheme"].encode()), (b"connection", b"close")]  # fmt: skip
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        writer.write(connection.send(h11.Request(method=scope["method"], target=target, headers=headers)) or b"")
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                writer.close()
                return
            more = message.get("more_body", False)
            if message.get("body"):
                writer.write(connection.send(h11.Data(data=message["body"])) or b"")
                await writer.drain()
        writer.write(connection.send(h11.EndOfMessage()) or b"")
        await writer.drain()


async def _answer(reader: asyncio.StreamReader, connection: h11.Connection, send: Any, sender: asyncio.Task[None]) -> None:  # fmt: skip
    ended = False
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            data = b"" if ended else await reader.read(_PIECE)
            ended = not data
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            headers = [(name, value) for name, value in event.headers if name not in _HOP]
            await send({"type": "http.response.start", "status": event.status_code, "headers": headers})
        elif isinstance(event, h11.Data):
            await send({"type": "http.response.body", "body": bytes(event.data), "more_body": True})
        elif isinstance(event, h11.EndOfMessage):
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
            raise EOFError("the writer went away") from (sender.exception() if sender.done() and not sender.cancelled() else None)  # fmt: skip
