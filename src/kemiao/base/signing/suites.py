"""What a suite must do, and the two that do it. A signer of another kind (a card, a module) is one more Signer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from kemiao.base.digest import digest
from kemiao.base.refusal import BrokenInvariant
from kemiao.base.signing import ed25519, sm2

SUITES = ("ed25519", "sm2")
SIGNATURE_BYTES = 64  # of both suites
PUBLIC_BYTES: Mapping[str, int] = {"ed25519": 32, "sm2": 64}
_VERIFY: Mapping[str, Callable[[bytes, bytes, bytes], bool]] = {"ed25519": ed25519.verify, "sm2": sm2.verify}
_IS_PUBLIC: Mapping[str, Callable[[bytes], bool]] = {"ed25519": ed25519.is_public, "sm2": sm2.is_public}


class Signer(Protocol):
    """Holds a secret key, or the way to one: everything else asks for nothing more than this."""

    @property
    def suite(self) -> str: ...

    @property
    def public(self) -> bytes:
        """32 bytes for ed25519; 64 for sm2, the point's x and y."""
        ...

    @property
    def key_id(self) -> str: ...

    def sign(self, message: bytes) -> bytes:
        """64 bytes. message: begins with a domain (in_domain), or is a checkpoint's text."""
        ...


def key_id(suite: str, public: bytes) -> str:
    """32 hex digits that name a public key."""
    return digest("key", [suite, public.hex()])[:32]


def verify(suite: str, public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature holds, strictly: for what is not a key, a signature or a suite the answer is False.

    Releases the interpreter lock while it computes. Raises Outage NO_LIBCRYPTO where sm2 is asked for and can't be had.
    """
    check = _VERIFY.get(suite)
    return check is not None and check(public, message, signature)


def is_public(suite: str, public: bytes) -> bool:
    """Whether these bytes are a public key that a participant may have: right length, on the curve, in the large group."""
    check = _IS_PUBLIC.get(suite)
    return check is not None and check(public)


def in_domain(domain: str, content: bytes) -> bytes:
    """What is signed: one use of a key never passes for another."""
    return f"kemiao/signature/{domain}".encode() + b"\0" + content


def signer_from_seed(suite: str, seed: bytes) -> Signer:
    """seed: 32 bytes, the secret itself. Raises BrokenInvariant for what `new_seed` would not have drawn."""
    secret: ed25519.Secret | sm2.Secret
    match suite:
        case "ed25519":
            secret = ed25519.Secret(seed)
        case "sm2":
            secret = sm2.Secret(seed)
        case _:
            raise BrokenInvariant(f"there is no suite {suite!r}")
    return _Seeded(suite, secret)


def new_seed(suite: str, random_bytes: Callable[[int], bytes]) -> bytes:
    """32 fresh bytes; for sm2 drawn again in the one case of 2^32 where they are no number below the group's order."""
    while True:
        seed = random_bytes(32)
        if suite != "sm2" or sm2.is_secret(seed):
            return seed


class _Seeded:
    """A signer whose seed is in memory."""

    __slots__ = ("_secret", "key_id", "public", "suite")

    def __init__(self, suite: str, secret: ed25519.Secret | sm2.Secret) -> None:
        self.suite, self._secret = suite, secret
        self.public = secret.public
        self.key_id = key_id(suite, secret.public)

    def sign(self, message: bytes) -> bytes:
        return self._secret.sign(message)

    def __repr__(self) -> str:  # a secret is never printed
        return f"<{self.suite} signer {self.key_id}>"
