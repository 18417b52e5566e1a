"""Parcels: documents sealed so that only whom they are for can read them, and the keys that open them.

A parcel names the public key that it is sealed for, then comes a sealed box (libsodium: an ephemeral X25519 key, XSalsa20,
Poly1305) around the document's canonical bytes, packed (zlib) and padded, so that its size tells little. Who sent it the box does
not say: that is what the digest in a signed entry is for.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

from nacl.bindings import crypto_box, crypto_box_open, crypto_box_seed_keypair, crypto_scalarmult_base
from nacl.exceptions import CryptoError
from nacl.exceptions import RuntimeError as SodiumError

from kemiao.base.canonical import canonical_bytes
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import Refusal, Refused
from kemiao.base.strict_json import parse_strict
from kemiao.chain.entry import is_digest
from kemiao.chain.sealed import Cost, open_secret, seal_secret

PARCEL_BYTES = 4 * 1024 * 1024
DOCUMENT_BYTES = 64 * 1024 * 1024  # unpacked: what is sent by a stranger must not fill our memory
DOCUMENT_DEPTH = 16
KEY_BYTES = 32
_MAGIC = b"kemiao/parcel/1\0"
_PAD = 4096
_LENGTH_BYTES = 4
_BOX_EXTRA = 32 + 16  # ephemeral key, authenticator
_SUFFIX = ".sealing"  # of a file of a key: not that of signing keys
_WHAT = "sealing key"


def seal(document: object, public: str, random_bytes: Callable[[int], bytes]) -> bytes | Refusal:
    """document: what canonical JSON can hold. public: the addressee's sealing key (hex). Refuses PARCEL_TOO_LARGE, NOT_A_SEALING_KEY."""
    content = canonical_bytes(document)
    packed = zlib.compress(content, 6)
    padded = len(packed).to_bytes(_LENGTH_BYTES, "big") + packed
    padded += bytes(-len(padded) % _PAD)
    if len(content) > DOCUMENT_BYTES or len(_MAGIC) + KEY_BYTES + _BOX_EXTRA + len(padded) > PARCEL_BYTES:
        return Refusal.at("PARCEL_TOO_LARGE", "密封内容超过 4 MB", "the parcel would have more than 4 MB", bytes=len(content))  # fmt: skip
    if not is_digest(public):
        return _no_key(public)
    to = bytes.fromhex(public)
    own, secret = crypto_box_seed_keypair(random_bytes(KEY_BYTES))
    try:
        box = crypto_box(padded, _nonce(own, to), to, secret)
    except SodiumError:  # a point of small order: there is no shared secret
        return _no_key(public)
    return _MAGIC + to + bytes(own) + bytes(box)


def open_parcel(parcel: bytes, secret: bytes) -> Any | Refusal:
    """The document. secret: of 32 bytes, of the key that the parcel is for. Refuses PARCEL_UNREADABLE, naming what is wrong."""
    to = parcel_key(parcel)
    if to is None:
        return _unreadable("form")
    if public_of(secret) != to:
        return _unreadable("key")
    start = len(_MAGIC) + KEY_BYTES
    own, box = parcel[start : start + 32], parcel[start + 32 :]
    try:
        padded = crypto_box_open(box, _nonce(own, bytes.fromhex(to)), own, secret)
    except (CryptoError, SodiumError):
        return _unreadable("box")
    length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
    packed, rest = padded[_LENGTH_BYTES : _LENGTH_BYTES + length], padded[_LENGTH_BYTES + length :]
    if len(packed) != length or any(rest):
        return _unreadable("length")
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(packed, DOCUMENT_BYTES + 1)
    except zlib.error:
        return _unreadable("packing")
    if len(content) > DOCUMENT_BYTES or not unpacking.eof or unpacking.unused_data:
        return _unreadable("packing")
    document = parse_strict(content, depth=DOCUMENT_DEPTH)
    return _unreadable("document") if isinstance(document, Refusal) else document


def public_of(secret: bytes) -> str:
    """The public half (hex) of a sealing key."""
    return bytes(crypto_scalarmult_base(secret)).hex()


def parcel_key(parcel: bytes) -> str | None:
    """The public key (hex) that a parcel is sealed for; None where it is no parcel."""
    least = len(_MAGIC) + KEY_BYTES + _BOX_EXTRA + _LENGTH_BYTES
    if not (least <= len(parcel) <= PARCEL_BYTES and parcel.startswith(_MAGIC)):
        return None
    return parcel[len(_MAGIC) : len(_MAGIC) + KEY_BYTES].hex()


def parcel_digest(parcel: bytes) -> str:
    """What an entry names a parcel by."""
    return digest_bytes("parcel", parcel)


class SealingKeys:
    """Files of sealing keys in a folder (HOME/keys), each under the passphrase of the signing keys. Old ones stay: what was sealed
    for them is still to be read. Raises Refused and Outage as chain.sealed does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(
        self, participant: str, passphrase: str, random_bytes: Callable[[int], bytes], cost: Cost | None = None
    ) -> str:
        """A new key; its public half (hex)."""
        secret = random_bytes(KEY_BYTES)
        public = public_of(secret)
        about = {"what": _WHAT, "participant": participant, "public": public}
        seal_secret(self.file(participant, public), secret, passphrase, about, random_bytes, cost)
        return public

    def has(self, participant: str, public: str) -> bool:
        return self.file(participant, public).is_file()

    def unlock(self, participant: str, public: str, passphrase: Callable[[], str]) -> bytes:
        """Raises Refused NO_SEALING_KEY where the file of this key is not here; only else somebody is asked for the passphrase."""
        path = self.file(participant, public)
        if not path.is_file():
            raise Refused(_no_file(public, self.folder))
        secret, _ = open_secret(path, passphrase())
        if len(secret) != KEY_BYTES or public_of(secret) != public:
            raise Refused(Refusal.at("KEY_FILE_DAMAGED", "密钥文件已损坏或被改动", "the key file is damaged or was changed", file=path))  # fmt: skip
        return secret

    def file(self, participant: str, public: str) -> Path:
        return self.folder / f"{participant}.{public[:16]}{_SUFFIX}"


def _nonce(own: bytes, to: bytes) -> bytes:
    """As crypto_box_seal's."""
    return blake2b(own + to, digest_size=24).digest()


def _no_file(public: str, folder: Path) -> Refusal:
    return Refusal.at("NO_SEALING_KEY", "这里没有这把封存密钥的文件", "the file of this sealing key is not here", key=public[:16], folder=folder)  # fmt: skip


def _no_key(public: str) -> Refusal:
    return Refusal.at("NOT_A_SEALING_KEY", "不是有效的封存密钥", "is no valid sealing key", key=str(public)[:16])


def _unreadable(part: str) -> Refusal:
    return Refusal.at("PARCEL_UNREADABLE", "密封内容无法读取", "the parcel can't be read", part=part)
