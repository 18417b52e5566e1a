"""Tree heads: C2SP tlog-checkpoint in a C2SP signed note, in one spelling."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from hashlib import sha256

from kemiao_verify.canonical import LARGEST
from kemiao_verify.outcome import NotProved
from kemiao_verify.signatures import holds, key_id

_NOTE = re.compile(r"([^\s+\x00-\x1f]{1,200})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n\n((?:[^\n]+\n)*)")
_LINE = re.compile(r"— ([^\s+\x00-\x1f]{1,200}) ([A-Za-z0-9+/]+={0,2})")
_TYPE = {"ed25519": b"\x01", "sm2": b"\xffkemiao.chain/sm2-sm3"}
_BYTES = 16 * 1024


class Head:
    """origin, size, root (32 bytes), and what was signed with which signatures."""

    def __init__(self, text: str) -> None:
        found = _NOTE.fullmatch(text) if len(text) <= _BYTES else None
        if found is None:
            raise _malformed("lines")
        self.origin, size, root, tail = found.groups()
        self.size, self.root = int(size), _decoded(root)
        if self.size > LARGEST:
            raise _malformed("size")
        self._note = text[: found.start(4) - 1].encode()
        lines = tail.split("\n")[:-1]
        if len(lines) > 16:
            raise _malformed("signatures")
        self._signatures = []
        for line in lines:
            signed = _LINE.fullmatch(line)
            content = _decoded(signed[2]) if signed else b""
            if signed is None or len(content) <= 4:
                raise _malformed("signatures")
            self._signatures.append((signed[1], content[:4], content[4:]))

    @property
    def chain(self) -> str | None:
        found = re.fullmatch(r"kemiao\.chain/([0-9a-f]{64})", self.origin)
        return found[1] if found else None

    def signers(self, keys: Iterable[tuple[str, bytes]]) -> list[str]:
        """Ids of those of `keys` that signed. A wrong signature of one of them spoils the head; others' are passed over."""
        found = set()
        for suite, public in keys:
            hint = sha256(self.origin.encode() + b"\n" + _TYPE[suite] + public).digest()[:4]
            for name, given, signature in self._signatures:
                if name == self.origin and given == hint:
                    if not holds(suite, public, self._note, signature):
                        raise NotProved("HEAD_BADLY_SIGNED", "树头上的签名不对", "a signature on the tree head does not hold", key=key_id(suite, public))  # fmt: skip
                    found.add(key_id(suite, public))
        return sorted(found)


def _decoded(text: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        raise _malformed("base64") from None
    if base64.b64encode(content).decode() != text:
        raise _malformed("base64")
    return content


def _malformed(part: str) -> NotProved:
    return NotProved("MALFORMED_HEAD", "树头的格式不对", "the tree head is malformed", part=part)
