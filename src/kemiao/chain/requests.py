"""Who asks: a request to a node is signed by a participant of the chain, is good for minutes, and is taken once."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal
from kemiao.base.signing import Signer, in_domain, verify
from kemiao.chain.entry import is_participant_id
from kemiao.chain.rules.state import State

WINDOW_MS = 5 * 60_000  # how far a request's time may lie from the node's
REQUESTS = 60_000  # of one participant while its nonces are remembered (twice the window): 100 a second
_HEADERS = {
    "participant": "kemiao-participant",
    "key": "kemiao-key",
    "time": "kemiao-time",
    "nonce": "kemiao-nonce",
    "signature": "kemiao-signature",
}
_FORM: Mapping[str, Callable[[str], object]] = {
    "participant": is_participant_id,
    "key": re.compile(r"[0-9a-f]{32}").fullmatch,
    "time": re.compile(r"[0-9]{1,15}").fullmatch,
    "nonce": re.compile(r"[0-9a-f]{32}").fullmatch,
    "signature": re.compile(r"[0-9a-f]{128}").fullmatch,
}


def signed_bytes(chain: str, method: str, target: str, at: int, nonce: str, body: bytes) -> bytes:
    """target: path with query, as it stands in the request. at: milliseconds since 1970, UTC. nonce: 32 hex digits."""
    asked = digest("request", [chain, method, target, at, nonce, hashlib.sha256(body).hexdigest()])
    return in_domain("request", bytes.fromhex(asked))


def headers(
    signer: Signer, chain: str, participant: str, method: str, target: str, at: int, nonce: str, body: bytes = b""
) -> dict[str, str]:
    signature = signer.sign(signed_bytes(chain, method, target, at, nonce, body)).hex()
    said = {"participant": participant, "key": signer.key_id, "time": str(at), "nonce": nonce, "signature": signature}
    return {_HEADERS[name]: value for name, value in said.items()}


@dataclass(slots=True)
class Gate:
    """Lets participants of the chain in. state: what it stands on. now_ms: the node's clock.

    Nonces live here alone, so one gate belongs to one server; a server that starts again forgets them, and for WINDOW_MS a
    request that somebody recorded could be sent once more by whoever holds it: it reads something out, leaves the same parcel
    again, or drops the same one. No entry comes through here.
    """

    state: State
    chain: str
    now_ms: Callable[[], int]
    _seen: dict[str, OrderedDict[str, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, given: Mapping[str, str], method: str, target: str, body: bytes = b"") -> str | Refusal:
        """The participant that asks, or NOT_SIGNED, NO_SUCH_PARTICIPANT, FOREIGN_KEY, KEY_RETIRED,
        REQUEST_EXPIRED (with the node's time), BAD_SIGNATURE, REQUEST_USED, TOO_MANY_REQUESTS."""
        said = {name: given.get(header, "") for name, header in _HEADERS.items()}
        if not all(fits(said[name]) for name, fits in _FORM.items()):
            return Refusal(
                "NOT_SIGNED", "请求须由链上的参与方签名", "the request must be signed by a participant of the chain"
            )
        now, at = self.now_ms(), int(said["time"])
        if abs(now - at) > WINDOW_MS:
            return Refusal.at(
                "REQUEST_EXPIRED", "请求的时间与节点的时间相差超过五分钟", "the request's time is more than five minutes from the node's", time=now
            )  # fmt: skip
        key = _key_of(self.state.get(f"participant/{said['participant']}"), said["key"], now)
        if isinstance(key, Refusal):
            return key
        signed = signed_bytes(self.chain, method, target, at, said["nonce"], body)
        if not verify(key["suite"], bytes.fromhex(key["public"]), signed, bytes.fromhex(said["signature"])):
            return Refusal("BAD_SIGNATURE", "请求的签名不成立", "the signature of the request does not hold")
        # Only behind the signature: a stranger can't fill this memory.
        return self._first_time(said["participant"], said["nonce"], now) or said["participant"]

    def _first_time(self, participant: str, nonce: str, now: int) -> Refusal | None:
        with self._lock:
            seen = self._seen.setdefault(participant, OrderedDict())
            while seen and next(iter(seen.values())) < now - 2 * WINDOW_MS:
                seen.popitem(last=False)
            if nonce in seen:
                return Refusal("REQUEST_USED", "这个请求已经收到过", "this request was taken before")
            if len(seen) >= REQUESTS:
                return Refusal("TOO_MANY_REQUESTS", "请求过于频繁,请稍候", "too many requests: wait a little")
            seen[nonce] = now
            return None


def _key_of(participant: Mapping[str, Any] | None, key_id: str, now: int) -> Mapping[str, Any] | Refusal:
    if participant is None:
        return Refusal("NO_SUCH_PARTICIPANT", "链上没有这个参与方", "there is no such participant on the chain")
    # A suspended one asks on: the rules take nothing from it but changes of keys and its return, which come through here too.
    key: Mapping[str, Any] | None = participant["keys"].get(key_id)
    if key is None:
        return Refusal("FOREIGN_KEY", "密钥不属于该参与方", "the key is not one of the participant's")
    ends = [at for at in (key["until"], key["distrusted_from"]) if at is not None]
    if any(at <= now for at in ends):
        return Refusal("KEY_RETIRED", "密钥已停用", "the key is retired")
    return key
