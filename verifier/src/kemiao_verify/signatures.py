"""Ed25519 by PyNaCl; SM2 with SM3 by the system's libcrypto, which is looked for only when an SM2 signature is met."""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from functools import cache
from typing import Any

from nacl.bindings import crypto_core_ed25519_is_valid_point
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from kemiao_verify.canonical import digest
from kemiao_verify.outcome import SuiteMissing

LENGTHS = {"ed25519": 32, "sm2": 64}
# The curve of GB/T 32918.5 and the name of a signer who gave none.
_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_NAME = b"1234567812345678"
_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
_FILES = {
    "darwin": ("/opt/homebrew/opt/openssl@3/lib/libcrypto.3.dylib", "/usr/local/opt/openssl@3/lib/libcrypto.3.dylib"),
    "win32": ("libcrypto-3-x64.dll", "libcrypto-3-arm64.dll", "libcrypto-3.dll"),
}


def key_id(suite: str, public: bytes) -> str:
    return digest("key", [suite, public.hex()])[:32]


def is_public(suite: str, public: bytes) -> bool:
    if suite == "ed25519":
        return len(public) == 32 and bool(crypto_core_ed25519_is_valid_point(public))
    if suite != "sm2" or len(public) != 64:
        return False
    x, y = int.from_bytes(public[:32], "big"), int.from_bytes(public[32:], "big")
    return x < _P and y < _P and (y * y - x * x * x + 3 * x - _B) % _P == 0


def holds(suite: str, public: bytes, message: bytes, signature: bytes) -> bool:
    """Raises SuiteMissing where the suite is sm2 and there is no libcrypto for it."""
    if len(signature) != 64 or not is_public(suite, public):
        return False
    if suite == "sm2":
        return _sm2(public, message, signature)
    try:
        VerifyKey(public).verify(message, signature)
    except BadSignatureError:
        return False
    return True


def _sm2(public: bytes, message: bytes, signature: bytes) -> bool:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < _N and 0 < s < _N):
        return False
    library = _libcrypto()
    held = ctypes.create_string_buffer(_SPKI + public, len(_SPKI) + 64)
    place = ctypes.c_void_p(ctypes.addressof(held))
    key = library.d2i_PUBKEY(None, ctypes.byref(place), len(held))
    if not key:
        raise SuiteMissing
    context = library.EVP_MD_CTX_new()
    try:
        inner = ctypes.c_void_p()
        ready = (
            library.EVP_DigestVerifyInit(context, ctypes.byref(inner), library.EVP_sm3(), None, key) == 1
            and library.EVP_PKEY_CTX_set1_id(inner, _NAME, len(_NAME)) == 1
        )
        if not ready:
            raise SuiteMissing
        der = _der(r) + _der(s)
        der = b"\x30" + bytes([len(der)]) + der
        return bool(library.EVP_DigestVerify(context, der, len(der), message, len(message)) == 1)
    finally:
        library.EVP_MD_CTX_free(context)
        library.EVP_PKEY_free(key)


def _der(number: int) -> bytes:
    content = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes([len(content)]) + content


@cache
def _libcrypto() -> Any:
    names = list(_FILES.get(sys.platform, ("libcrypto.so.4", "libcrypto.so.3")))
    found = ctypes.util.find_library("crypto")
    if found and sys.platform != "darwin":  # a Mac kills the process that loads its own libcrypto
        names.append(found)
    for name in names:
        try:
            library = ctypes.CDLL(name)
            version = library.OpenSSL_version_num
            version.restype = ctypes.c_ulong
            if version() >> 28 < 3:
                continue
            _declare(library)
        except (OSError, AttributeError):
            continue
        return library
    raise SuiteMissing


def _declare(library: Any) -> None:
    pointer, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
    for name, result, arguments in (
        ("EVP_sm3", pointer, ()),
        ("EVP_MD_CTX_new", pointer, ()),
        ("EVP_MD_CTX_free", None, (pointer,)),
        ("EVP_PKEY_free", None, (pointer,)),
        ("d2i_PUBKEY", pointer, (pointer, pointer, ctypes.c_long)),
        ("EVP_PKEY_CTX_set1_id", ctypes.c_int, (pointer, text, size)),
        ("EVP_DigestVerifyInit", ctypes.c_int, (pointer, pointer, pointer, pointer, pointer)),
        ("EVP_DigestVerify", ctypes.c_int, (pointer, text, size, text, size)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
