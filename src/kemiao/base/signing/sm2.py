"""SM2 with SM3 (GM/T 0003.2, GB/T 32918.2) by libcrypto. Keys are x‖y and signatures r‖s: 64 bytes, without DER around them."""

from __future__ import annotations

import ctypes
from functools import lru_cache

from kemiao.base.refusal import BrokenInvariant
from kemiao.base.signing.libcrypto import libcrypto

DISTID = b"1234567812345678"  # the signer's name inside Z where nothing else was agreed (GM/T 0009, section 10)
P = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
N = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
# SubjectPublicKeyInfo {id-ecPublicKey, sm2p256v1} up to the uncompressed point; ECPrivateKey up to the number, and behind it.
_PUBLIC_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
_SECRET_HEAD = bytes.fromhex("30310201010420")
_SECRET_TAIL = bytes.fromhex("a00a06082a811ccf5501822d")
_KEYS_KEPT = 4096  # parsed public keys


def verify(public: bytes, message: bytes, signature: bytes, distid: bytes = DISTID) -> bool:
    if len(signature) != 64 or len(public) != 64:
        return False
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    if not (0 < r < N and 0 < s < N):
        return False
    library = libcrypto()  # before the cache: where it is missing that is said, not "no key"
    key = _public_key(public)
    if key is None:
        return False
    der = _sequence(r, s)
    context = library.EVP_MD_CTX_new()
    try:
        about = ctypes.c_void_p()
        started = (
            library.EVP_DigestVerifyInit(context, ctypes.byref(about), library.EVP_sm3(), None, key.handle) == 1
            and library.EVP_PKEY_CTX_set1_id(about, distid, len(distid)) == 1
        )
        holds = started and library.EVP_DigestVerify(context, der, len(der), message, len(message)) == 1
    finally:
        library.EVP_MD_CTX_free(context)
    if not started:
        raise BrokenInvariant("libcrypto has SM2 keys but can't verify with them")
    if not holds:
        library.ERR_clear_error()
    return bool(holds)


def is_public(public: bytes) -> bool:
    """On the curve y² = x³ - 3x + b, both coordinates below p. The group has prime order: no point of it is small."""
    if len(public) != 64:
        return False
    x, y = int.from_bytes(public[:32]), int.from_bytes(public[32:])
    return x < P and y < P and (y * y - (x * x * x - 3 * x + B)) % P == 0


def is_secret(seed: bytes) -> bool:
    """A number from 1 to n - 2: with n - 1 the equation of signing has no answer."""
    return len(seed) == 32 and 1 <= int.from_bytes(seed) <= N - 2


def sm3(content: bytes) -> bytes:
    """32 bytes (GM/T 0004)."""
    library = libcrypto()
    out = ctypes.create_string_buffer(32)
    if library.EVP_Digest(content, len(content), out, None, library.EVP_sm3(), None) != 1:
        raise BrokenInvariant("libcrypto could not compute SM3")
    return out.raw


class Secret:
    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        if not is_secret(seed):
            raise BrokenInvariant("an SM2 secret is 32 bytes, a number from 1 to n - 2")
        library = libcrypto()
        self._key = _Key(_parsed("d2i_AutoPrivateKey", _SECRET_HEAD + seed + _SECRET_TAIL))
        out = ctypes.create_string_buffer(128)
        place = ctypes.c_void_p(ctypes.addressof(out))
        length = library.i2d_PUBKEY(self._key.handle, ctypes.byref(place))
        self.public = out.raw[length - 64 : length]

    def sign(self, message: bytes, distid: bytes = DISTID) -> bytes:
        library = libcrypto()
        context = library.EVP_MD_CTX_new()
        try:
            about, der, length = ctypes.c_void_p(), ctypes.create_string_buffer(80), ctypes.c_size_t(80)
            done = (
                library.EVP_DigestSignInit(context, ctypes.byref(about), library.EVP_sm3(), None, self._key.handle) == 1
                and library.EVP_PKEY_CTX_set1_id(about, distid, len(distid)) == 1
                and library.EVP_DigestSign(context, der, ctypes.byref(length), message, len(message)) == 1
            )
        finally:
            library.EVP_MD_CTX_free(context)
        if not done:
            raise BrokenInvariant("libcrypto could not sign with SM2")
        return _pair(der.raw[: length.value])


class _Key:
    """Frees libcrypto's key when the last user is gone."""

    __slots__ = ("_free", "handle")

    def __init__(self, handle: int | None) -> None:
        self.handle, self._free = (
            handle,
            libcrypto().EVP_PKEY_free,
        )  # kept: at the interpreter's end modules are gone first
        if handle is None:
            raise BrokenInvariant("libcrypto did not take an SM2 key that is on the curve")

    def __del__(self) -> None:
        self._free(self.handle)


@lru_cache(_KEYS_KEPT)
def _public_key(public: bytes) -> _Key | None:
    return _Key(_parsed("d2i_PUBKEY", _PUBLIC_HEAD + public)) if is_public(public) else None


def _parsed(function: str, der: bytes) -> int | None:
    library = libcrypto()
    content = ctypes.create_string_buffer(der, len(der))
    place = ctypes.c_void_p(ctypes.addressof(content))
    arguments = (None, ctypes.byref(place), len(der))
    handle: int | None = getattr(library, function)(*arguments)
    ctypes.memset(content, 0, len(der))  # it may hold a secret
    return handle


def _sequence(r: int, s: int) -> bytes:
    """DER of SEQUENCE {r, s}, as libcrypto wants it."""
    inner = b"".join(b"\2" + bytes([len(number)]) + number for number in (_signed(r), _signed(s)))
    return b"\x30" + bytes([len(inner)]) + inner


def _signed(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1)  # a zero byte before a high bit


def _pair(der: bytes) -> bytes:
    """r‖s of what libcrypto wrote."""
    r_end = 4 + der[3]
    r, s = der[4:r_end], der[r_end + 2 :]
    return int.from_bytes(r).to_bytes(32) + int.from_bytes(s).to_bytes(32)
