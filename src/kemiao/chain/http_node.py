"""A Node somewhere else, over the API of chain.serving. Its answers are another's word: chain.following checks them."""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic  # measures waiting only; no answer depends on it
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from kemiao.base.clock import Clock, epoch_ms
from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.base.signing import Signer
from kemiao.chain import requests, wire
from kemiao.chain.entry import ENVELOPE_BYTES, open_envelope
from kemiao.chain.listening import is_loopback
from kemiao.chain.mailbox import Parcel, unsendable
from kemiao.chain.node import Record, Submission
from kemiao.chain.sealing import parcel_digest

CONNECT_SECONDS = 5
ANSWER_SECONDS = 30  # from the request's first byte to the answer's last
ANSWER_BYTES = 32 * 1024 * 1024
_KEPT = 4  # idle connections
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,255}(/[A-Za-z0-9._~/-]{0,200})?")


class HttpNode:
    """participant, signer: who asks; any key of theirs but a node's. ca: PEM file of whom to trust beside nobody else, None for
    the machine's own list. Every method raises Outage NODE_UNREACHABLE, NODE_BUSY, NODE_NONSENSE, and Refused with what the
    node refused. Construction refuses BAD_ADDRESS, NEEDS_TLS, BAD_CERTIFICATE; nothing is asked yet."""

    def __init__(
        self, address: str, chain: str, participant: str, signer: Signer, clock: Clock,
        random_bytes: Callable[[int], bytes], ca: Path | None = None,
    ) -> None:  # fmt: skip
        self.address, self.chain = address, chain
        self._participant, self._signer = participant, signer
        self._clock, self._random_bytes = clock, random_bytes
        self._ahead_ms = 0  # of the node's clock before ours, once it has told us that they differ
        self._host, self._port, self._prefix, secure = _parts(address)
        self._tls = _trusting(ca) if secure else None
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def submit(self, envelopes: Sequence[bytes]) -> Submission:
        """At most wire.ENTRIES of together wire.BODY_BYTES. Sent again after an outage, an entry is accepted once."""
        unfit = {place: refused for place, one in enumerate(envelopes) if (refused := _unsendable(one)) is not None}
        sent = [one for place, one in enumerate(envelopes) if place not in unfit]
        if not sent:
            return Submission(tuple(unfit.values()), None)
        made = wire.read(self._answer("POST", "/entries", b"\n".join(sent)), wire.submission_of)
        if len(made.results) != len(sent):
            raise wire.nonsense()
        answers = iter(made.results)
        return Submission(tuple(unfit.get(place) or next(answers) for place in range(len(envelopes))), made.receipt)

    def genesis(self) -> bytes:
        """Canonical JSON; the caller compares its digest with the chain's id."""
        return self._read("/genesis", lambda value: bytes(value["genesis"].encode()))

    def get(self, key: str) -> Any | None:
        return self._read("/state", lambda value: value["value"], key=key)

    def scan(self, prefix: str, after: str = "", limit: int = wire.ROWS) -> list[tuple[str, Any]]:
        pairs: list[tuple[str, Any]] = []
        while len(pairs) < limit:
            behind = pairs[-1][0] if pairs else after
            got = self._read("/scan", _pairs, prefix=prefix, after=behind, limit=limit - len(pairs))
            pairs += got[: limit - len(pairs)]
            if not got:
                break
        return pairs

    def size(self) -> int:
        """As the newest head says it; a follower checks the head itself."""
        return self._read("/checkpoint", lambda value: int(value["checkpoint"].split("\n")[1]))

    def records(self, start: int, limit: int = wire.ROWS) -> list[Record]:
        rows: list[Record] = []
        while len(rows) < limit:
            asked = {"from": start + len(rows), "limit": limit - len(rows)}
            got = self._read("/records", lambda value: wire.rows_of(value, "records", wire.record_of), **asked)
            if [row.index for row in got] != list(range(start + len(rows), start + len(rows) + len(got))):
                raise wire.nonsense()
            rows += got[: limit - len(rows)]
            if not got:
                break
        return rows

    def find(self, entry_id: str) -> Record | None:
        return self._read(f"/find/{quote(entry_id, safe='')}", _record_or_none)

    def by_sequence(self, author: str, sequence: int) -> Record | None:
        return self._read(f"/sequence/{quote(author, safe='')}/{sequence}", _record_or_none)

    def checkpoint(self) -> str:
        return self._read("/checkpoint", lambda value: str(value["checkpoint"]))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        return self._read("/inclusion", wire.path_of, index=index, size=size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        return self._read("/consistency", wire.path_of, old=old, new=new)

    # -- parcels: see mailbox.Mail

    def put_parcel(self, to: str, content: bytes) -> str:
        unfit, own = unsendable(content), parcel_digest(content)
        if unfit is not None:
            raise Refused(unfit)
        if wire.read(self._asked("PUT", f"/parcels/{own}", content, to=to), wire.put_of) != own:
            raise wire.nonsense()
        return own

    def parcel(self, digest: str) -> bytes | Refusal:
        try:
            content = self._asked("GET", f"/parcels/{quote(digest, safe='')}")
        except Refused as refused:
            if refused.refusal.code == "NO_SUCH_PARCEL":
                return refused.refusal
            raise
        if parcel_digest(content) != digest:
            raise wire.nonsense()
        return content

    def parcels(self, after: int = 0) -> list[Parcel]:
        return self._read("/parcels", lambda value: wire.rows_of(value, "parcels", wire.parcel_of), after=after)

    def drop_parcel(self, digest: str) -> bool:
        return wire.read(
            self._asked("DELETE", f"/parcels/{quote(digest, safe='')}"), lambda value: value["dropped"] is True
        )

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    # -- the way there and back

    def _read(self, path: str, form: Callable[[Any], wire.Answer], **asked: str | int) -> wire.Answer:
        return wire.read(self._asked("GET", path, b"", **asked), form)

    def _asked(self, method: str, path: str, body: bytes = b"", **asked: str | int) -> bytes:
        """What the node answers to a signed request."""
        target = path + ("?" + urlencode(asked, quote_via=quote) if asked else "")
        try:
            return self._answer(method, target, body)
        except Refused as refused:
            where = dict(refused.refusal.where)
            if refused.refusal.code != "REQUEST_EXPIRED" or not where.get("time", "").isdecimal():
                raise
            # Our clock stands still, or is wrong: take the node's. It could at most collect requests to read and to leave or drop
            # parcels, which are good with nodes of this chain alone, for five minutes of the time that it named.
            self._ahead_ms = int(where["time"][:15]) - epoch_ms(self._clock.now())
            return self._answer(method, target, body)

    def _answer(self, method: str, path: str, body: bytes = b"") -> bytes:
        """One request, sent once more over a fresh connection where a kept one had died meanwhile."""
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept is not None:
            try:
                return self._exchange(kept, method, path, body)
            except Outage as outage:
                if not isinstance(outage.__cause__, ConnectionError | http.client.RemoteDisconnected):
                    raise
        return self._exchange(self._connection(), method, path, body)

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=CONNECT_SECONDS)
        return http.client.HTTPSConnection(self._host, self._port, timeout=CONNECT_SECONDS, context=self._tls)

    def _exchange(self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes) -> bytes:
        target = self._prefix + path
        said = {"Content-Type": "application/jsonl"} if method == "POST" else self._signed(method, target, body)
        done, answers = False, list[_Reader]()
        try:
            if connection.sock is None:
                connection.connect()
            ends = monotonic() + ANSWER_SECONDS
            connection.sock.settimeout(ANSWER_SECONDS)
            connection.response_class = partial(_response, answers, ends)  # type: ignore[assignment]
            connection.request(method, target, body or None, said)
            response = connection.getresponse()
            content = response.read(ANSWER_BYTES + 1)
            if len(content) > ANSWER_BYTES:
                raise wire.nonsense()
            done = not response.will_close and response.isclosed()
        except ssl.SSLCertVerificationError as error:
            raise Refused(
                Refusal.at("NODE_NOT_TRUSTED", f"节点的证书不可信:{error.verify_message}", f"the node's certificate is not trusted: {error.verify_message}", node=self.address)
            ) from error  # fmt: skip
        except (OSError, http.client.HTTPException) as error:
            raise Outage(
                "NODE_UNREACHABLE", "连不上节点,或它没有按时答复", "the node can't be reached, or did not answer in time", {"node": self.address}
            ) from error  # fmt: skip
        finally:
            self._keep(connection, done)
            for answer in answers:
                answer.close()
        if response.status == 200:
            return content
        raise self._declined(response.status, content)

    def _signed(self, method: str, target: str, body: bytes) -> dict[str, str]:
        """A nonce of its own for each sending: the node takes none twice."""
        at = epoch_ms(self._clock.now()) + self._ahead_ms
        nonce = self._random_bytes(16).hex()
        return requests.headers(self._signer, self.chain, self._participant, method, target, at, nonce, body)

    def _declined(self, status: int, content: bytes) -> Refused | Outage:
        if status in (429, 500, 502, 503, 504):
            return Outage(
                "NODE_BUSY", f"节点暂时不能答复({status})", f"the node can't answer now ({status})", {"node": self.address}
            )  # fmt: skip
        return Refused(wire.read(content, wire.refusal_of))

    def _keep(self, connection: http.client.HTTPConnection, usable: bool) -> None:
        with self._lock:
            if usable and len(self._idle) < _KEPT:
                self._idle.append(connection)
                return
        connection.close()


def _unsendable(content: bytes) -> Refusal | None:
    """What every node refuses, and lines can't carry."""
    if content and b"\n" not in content and len(content) <= ENVELOPE_BYTES:
        return None
    opened = open_envelope(content)
    return opened if isinstance(opened, Refusal) else None


def _pairs(value: Any) -> list[tuple[str, Any]]:
    return wire.rows_of(value, "pairs", wire.pair_of)


def _record_or_none(value: Any) -> Record | None:
    return None if value["record"] is None else wire.record_of(value["record"])


def _parts(address: str) -> tuple[str, int, str, bool]:
    """Host, port, path in front of the API's own, whether over TLS."""
    parts, port = urlsplit(address), None
    with suppress(ValueError):
        port = parts.port or (443 if parts.scheme == "https" else 80)
    if not _ADDRESS.fullmatch(address) or not parts.hostname or port is None:
        raise Refused(Refusal.at("BAD_ADDRESS", "节点地址的格式不对(https://主机:端口)", "the node's address is malformed (https://host:port)", node=address[:200]))  # fmt: skip
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise Refused(Refusal.at("NEEDS_TLS", "节点不在本机,须用 https", "the node is not on this machine: https is needed", node=address[:200]))  # fmt: skip
    return parts.hostname, port, parts.path.rstrip("/"), parts.scheme == "https"


def _trusting(ca: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as error:
        raise Refused(Refusal.at("BAD_CERTIFICATE", f"证书不可用:{error}", f"the certificate can't be used: {error}", file=ca)) from error  # fmt: skip
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _response(
    answers: list[_Reader], ends: float, sock: socket.socket, *given: Any, **named: Any
) -> http.client.HTTPResponse:
    timed = _Timed(sock, ends, answers)
    return http.client.HTTPResponse(timed, *given, **named)  # type: ignore[arg-type]


class _Timed:
    """What http.client reads an answer from: each wait gets what is left of the whole, so that a byte now and then holds nobody."""

    def __init__(self, sock: socket.socket, ends: float, answers: list[_Reader]) -> None:
        self._sock, self._ends, self._answers = sock, ends, answers

    def makefile(self, _: str) -> io.BufferedReader:
        reader = _Reader(self._sock, self._ends)
        self._answers.append(reader)
        return io.BufferedReader(reader)


class _Reader(io.RawIOBase):
    """Holds the socket open as its own file would, also after http.client has closed it."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        super().__init__()
        self._sock, self._ends, self._raw = sock, ends, sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends - monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
