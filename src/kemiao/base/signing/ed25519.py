"""Ed25519 (RFC 8032) by libsodium: refuses a scalar beyond the group's order, and keys and points of small order."""

from __future__ import annotations

from nacl._sodium import ffi, lib  # PyNaCl's own door to libsodium: its Python layer copies and holds more than we need
from nacl.exceptions import RuntimeError as SodiumError

from kemiao.base.refusal import BrokenInvariant

if lib.sodium_init() < 0:
    raise SodiumError("libsodium could not be started")
_NULL = ffi.NULL
_open = lib.crypto_sign_open


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    # crypto_sign_open without a place for the message only checks: nothing is copied out. The call leaves the interpreter lock.
    if len(signature) != 64 or len(public) != 32:
        return False
    signed = signature + message
    result: int = _open(_NULL, _NULL, signed, len(signed), public)
    return result == 0


def is_public(public: bytes) -> bool:
    """In canonical form, on the curve, in the group of prime order and not its zero."""
    return len(public) == 32 and bool(lib.crypto_core_ed25519_is_valid_point(public) == 1)


class Secret:
    __slots__ = ("_expanded", "public")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != 32:
            raise BrokenInvariant("an Ed25519 seed has 32 bytes")
        public, expanded = ffi.new("unsigned char[32]"), ffi.new("unsigned char[64]")
        lib.crypto_sign_seed_keypair(public, expanded, seed)
        self.public = bytes(ffi.buffer(public, 32))
        self._expanded = bytes(ffi.buffer(expanded, 64))

    def sign(self, message: bytes) -> bytes:
        signed = ffi.new("unsigned char[]", 64 + len(message))
        lib.crypto_sign(signed, _NULL, message, len(message), self._expanded)
        return bytes(ffi.buffer(signed, 64))
