"""Tree heads as signed notes: C2SP tlog-checkpoint over C2SP signed-note, so that other logs' tools can read ours.

Three lines (origin, size, root), an empty one, and a line for each signature. An Ed25519 key signs as the standard says
(type 0x01); SM2 has no number there and uses the type 0xff with a name of its own. Only keys with the purpose `node` sign heads.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from kemiao.base.canonical import SAFE_INTEGER
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.base.signing import Signer, key_id, verify

CHECKPOINT_BYTES = 16 * 1024
SIGNATURES = 16  # the standard wants at least that many to be read
_ORIGIN = "kemiao.chain/"
_TYPES = {"ed25519": b"\x01", "sm2": b"\xffkemiao.chain/sm2-sm3"}
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_NAME = re.compile(r"[^\s+\x00-\x1f]{1,200}")
_DASH = "— "
NodeKey = tuple[str, bytes]  # suite, public


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """key_hash: 4 bytes, a hint and no more; signature: what follows them."""

    name: str
    key_hash: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Its form was checked, its signatures were not: see `verified`. root: 32 bytes."""

    origin: str
    size: int
    root: bytes
    signatures: tuple[NoteSignature, ...]

    @property
    def chain(self) -> str | None:
        """The id of the chain, where the origin is one of ours."""
        return chain_of(self.origin)

    def note(self) -> bytes:
        """What is signed."""
        return _note(self.origin, self.size, self.root)

    def text(self) -> str:
        lines = [f"{_DASH}{one.name} {_base64(one.key_hash + one.signature)}\n" for one in self.signatures]
        return self.note().decode() + "\n" + "".join(lines)


def origin_of(chain: str) -> str:
    return _ORIGIN + chain


def chain_of(origin: str) -> str | None:
    chain = origin.removeprefix(_ORIGIN)
    return chain if chain != origin and re.fullmatch(r"[0-9a-f]{64}", chain) else None


def write(origin: str, size: int, root: bytes, *signers: Signer) -> str:
    """A head with a signature of each of `signers` (none: a head that a reader computed itself)."""
    if len(root) != 32 or not 0 <= size <= SAFE_INTEGER or not _NAME.fullmatch(origin):
        raise BrokenInvariant(f"no checkpoint of {origin} at {size}")
    note = _note(origin, size, root)
    return Checkpoint(origin, size, root, tuple(_signed(origin, note, signer) for signer in signers)).text()


def read(text: str) -> Checkpoint | Refusal:
    """One spelling only; text that is longer, or has extension lines (we write none), is refused."""
    if len(text) > CHECKPOINT_BYTES:
        return _malformed("size")
    body, empty, tail = text.partition("\n\n")
    lines = body.split("\n")
    if not empty or len(lines) != 3:
        return _malformed("lines")
    origin, size, root = lines[0], lines[1], _unbase64(lines[2])
    if not _NAME.fullmatch(origin):
        return _malformed("origin")
    if not _SIZE.fullmatch(size) or int(size) > SAFE_INTEGER:
        return _malformed("size")
    if root is None or len(root) != 32:
        return _malformed("root")
    signatures = _signatures(tail)
    return signatures if isinstance(signatures, Refusal) else Checkpoint(origin, int(size), root, signatures)


def signers(checkpoint: Checkpoint, keys: Iterable[NodeKey]) -> tuple[str, ...] | Refusal:
    """Ids of those of `keys` that signed. Signatures of others are passed over; a wrong one of a known key spoils the note."""
    found: dict[str, None] = {}
    for suite, public in keys:
        wanted = key_hash(checkpoint.origin, suite, public)
        for one in checkpoint.signatures:
            if (one.name, one.key_hash) != (checkpoint.origin, wanted):
                continue
            if not verify(suite, public, checkpoint.note(), one.signature):
                return Refusal.at("HEAD_BADLY_SIGNED", "树头上的签名不对", "a signature on the tree head does not hold", key=key_id(suite, public))  # fmt: skip
            found[key_id(suite, public)] = None
    return tuple(found)


def verified(text: str, keys: Iterable[NodeKey]) -> Checkpoint | Refusal:
    """The head, signed by at least one of `keys`."""
    checkpoint = read(text)
    if isinstance(checkpoint, Refusal):
        return checkpoint
    known = signers(checkpoint, keys)
    if isinstance(known, Refusal):
        return known
    if not known:
        return Refusal("HEAD_NOT_SIGNED", "树头没有已知节点的签名", "no known node signed the tree head")
    return checkpoint


def key_hash(name: str, suite: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _TYPES[suite] + public).digest()[:4]


def _signed(name: str, note: bytes, signer: Signer) -> NoteSignature:
    return NoteSignature(name, key_hash(name, signer.suite, signer.public), signer.sign(note))


def _note(origin: str, size: int, root: bytes) -> bytes:
    return f"{origin}\n{size}\n{_base64(root)}\n".encode()


def _signatures(tail: str) -> tuple[NoteSignature, ...] | Refusal:
    if tail and not tail.endswith("\n"):
        return _malformed("signatures")
    lines = tail.split("\n")[:-1]
    if len(lines) > SIGNATURES:
        return _malformed("signatures")
    read = []
    for line in lines:
        name, _, coded = line.removeprefix(_DASH).partition(" ")
        content = _unbase64(coded)
        if not line.startswith(_DASH) or not _NAME.fullmatch(name) or content is None or len(content) <= 4:
            return _malformed("signatures")
        read.append(NoteSignature(name, content[:4], content[4:]))
    return tuple(read)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _unbase64(text: str) -> bytes | None:
    """None unless it is the one spelling of its content."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if _base64(content) == text else None


def _malformed(part: str) -> Refusal:
    return Refusal.at("MALFORMED_HEAD", "树头的格式不对", "the tree head is malformed", part=part)
