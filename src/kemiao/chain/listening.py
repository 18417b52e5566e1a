"""The server under the API (uvicorn): bounded in connections, in those of one address, and in the time that each may take."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kemiao.base.refusal import BrokenInvariant, Outage, Refusal, Refused

CONNECTIONS = 256
CONNECTIONS_OF_ONE = 64  # address
HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 10  # from a connection, or the first idle moment after an answer, to a whole request head
HANDSHAKE_SECONDS = 5  # of TLS
IDLE_SECONDS = 30
REQUEST_SECONDS = 60  # from the head to the answer's last byte handed over


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class Limits:
    """connections: at once. of_one: of these, from one address; those of a node where none are given. fast: uvloop and httptools
    instead of asyncio's loop and h11."""

    connections: int | None = None
    of_one: int | None = None
    fast: bool = False


def listening_socket(host: str, port: int) -> socket.socket:
    """Raises Outage ADDRESS_TAKEN."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise Outage(
            "ADDRESS_TAKEN", f"无法监听 {host}:{port}:{error.strerror}", f"can't listen on {host}:{port}: {error.strerror}"
        ) from error  # fmt: skip


class Listening:
    """An open socket, and a server that answers on it once `run` is called. `address`: where to reach it. opened: a socket that another
    process has opened there for several to answer on.

    Refuses NEEDS_TLS, BAD_CERTIFICATE; raises Outage ADDRESS_TAKEN.
    """

    def __init__(
        self, app: Starlette, host: str, port: int, certificate: Path | None = None, key: Path | None = None,
        limits: Limits = Limits(), opened: socket.socket | None = None,
    ) -> None:  # fmt: skip
        if (certificate is None or key is None) and not is_loopback(host):
            raise Refused(
                Refusal.at("NEEDS_TLS", "对外监听须给出 --tls-cert 和 --tls-key", "another address than this machine's own needs --tls-cert and --tls-key", host=host)
            )  # fmt: skip
        config = uvicorn.Config(
            app, http=_Fast if limits.fast else _Bounded, ws="none", lifespan="off", log_config=None, access_log=False, server_header=False,
            proxy_headers=False, limit_concurrency=limits.connections or CONNECTIONS, timeout_keep_alive=IDLE_SECONDS, timeout_graceful_shutdown=5,
            ssl_certfile=certificate, ssl_keyfile=key,
        )  # fmt: skip
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise Refused(
                Refusal.at("BAD_CERTIFICATE", f"证书或其密钥不可用:{error}", f"the certificate or its key can't be used: {error}", file=certificate)
            ) from error  # fmt: skip
        if config.ssl is not None:
            config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
        self._socket = opened or listening_socket(host, port)
        shown = f"[{host}]" if ":" in host else host
        self.address = f"{'http' if config.ssl is None else 'https'}://{shown}:{self._socket.getsockname()[1]}"
        self._server, self._fast = _Server(config, limits), limits.fast

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serves until `stop` is called (from another thread or a signal's handler); answers under way are finished.

        A broken invariant in an answer ends it too, and rises here.
        """
        self._server.ready = ready
        with asyncio.Runner(loop_factory=_uvloop if self._fast else None) as runner:
            runner.run(self._serve())
        if self._server.broken is not None:
            raise self._server.broken

    async def _serve(self) -> None:
        await self._server.serve([self._socket])
        await asyncio.sleep(0.01)  # connections that were closed last are let go of

    def stop(self) -> None:
        self._server.should_exit = True


if TYPE_CHECKING:
    _Protocol = H11Protocol
else:
    _Protocol = object  # whichever of the two stands beside _Bounds


def _uvloop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()


class _Server(uvicorn.Server):
    ready: Callable[[], None]

    def __init__(self, config: uvicorn.Config, limits: Limits) -> None:
        super().__init__(config)
        self.broken: BrokenInvariant | None = None
        self.addresses: Counter[str] = Counter()
        app = config.loaded_app

        async def watched(scope: Any, receive: Any, send: Any) -> None:
            try:
                await app(scope, receive, send)
            except BrokenInvariant as error:  # the caller gets a 500; then nothing more is answered
                self.broken = error
                self.should_exit = True
                raise

        config.loaded_app = watched
        self._form = _Fast if limits.fast else _Bounded
        self.server_state.addresses, self.server_state.limits = self.addresses, limits  # type: ignore[attr-defined]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, but a handshake of TLS has its time too: until it is over nobody counts the connection."""
        await self.lifespan.startup()
        loop, tls = asyncio.get_running_loop(), self.config.ssl
        timed: dict[str, Any] = (
            {} if tls is None else {"ssl_handshake_timeout": HANDSHAKE_SECONDS, "ssl_shutdown_timeout": 1}
        )

        def connected() -> asyncio.Protocol:
            return self._form(self.config, self.server_state, self.lifespan.state)

        self.servers = [await loop.create_server(connected, sock=each, ssl=tls, **timed) for each in sockets or []]
        self.started = True
        self.ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals belong to the program, not to a library in it


class _Bounds(_Protocol):
    """Over uvicorn's own, which waits forever for a head that comes byte by byte and for a reader who does not read."""

    _deadline: asyncio.TimerHandle | None = None
    _phase: object = None
    _head = 0  # bytes of one that is not whole yet

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        of: Counter[str] = self.server_state.addresses  # type: ignore[attr-defined]
        self._from = self.client[0] if self.client else ""
        of[self._from] += 1
        limits: Limits = self.server_state.limits  # type: ignore[attr-defined]
        if of[self._from] > (limits.of_one or CONNECTIONS_OF_ONE) or of.total() > (limits.connections or CONNECTIONS):
            transport.abort()
            return
        # asyncio does this only for sockets that say that they are TCP; one from create_server doesn't.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._deadline = self.loop.call_later(HEAD_SECONDS, transport.abort)
        self._phase = ("head", None)

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        self._watch()
        # h11 bounds a head itself, httptools does not.
        waiting = self.cycle is before and (before is None or before.response_complete)
        self._head = self._head + len(data) if waiting else 0
        if self._head > HEAD_BYTES:
            self.transport.abort()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        of: Counter[str] = self.server_state.addresses  # type: ignore[attr-defined]
        of[self._from] -= 1
        if not of[self._from]:
            del of[self._from]
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Over TLS a farewell would be waited for that an idle client never gives."""
        super().shutdown()
        if (self.cycle is None or self.cycle.response_complete) and not self.transport.get_write_buffer_size():
            self.transport.abort()

    def _watch(self) -> None:
        """A new phase, a new deadline: bytes that trickle in do not move it."""
        answering = self.cycle is not None and not self.cycle.response_complete
        phase = ("request" if answering else "head", self.cycle)
        if phase == self._phase:
            return
        self._phase = phase
        if self._deadline is not None:
            self._deadline.cancel()
        seconds = REQUEST_SECONDS if answering else IDLE_SECONDS + HEAD_SECONDS
        self._deadline = self.loop.call_later(seconds, self.transport.abort)


class _Bounded(_Bounds, H11Protocol):
    pass


class _Fast(_Bounds, HttpToolsProtocol):  # type: ignore[misc]
    pass
