"""The system's libcrypto (OpenSSL 3 or later), found when SM2 is first asked for."""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from functools import cache
from typing import Any

from kemiao.base.refusal import Outage

OLDEST = 3
# Versioned names first. On a Mac the name without a version must never be loaded: the system kills the process for it.
_NAMES = {
    "linux": ("libcrypto.so.4", "libcrypto.so.3"),
    "darwin": (
        "/opt/homebrew/opt/openssl@3/lib/libcrypto.3.dylib",
        "/usr/local/opt/openssl@3/lib/libcrypto.3.dylib",
        "libcrypto.3.dylib",
    ),
    "win32": ("libcrypto-3-x64.dll", "libcrypto-3-arm64.dll", "libcrypto-3.dll"),
}
_pointer = ctypes.c_void_p
_text = ctypes.c_char_p
_size = ctypes.c_size_t
_int = ctypes.c_int
_long = ctypes.c_long
# name → (what it gives, what it takes)
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "EVP_sm3": (_pointer, ()),
    "EVP_Digest": (_int, (_text, _size, _pointer, _pointer, _pointer, _pointer)),
    "EVP_MD_CTX_new": (_pointer, ()),
    "EVP_MD_CTX_free": (None, (_pointer,)),
    "EVP_DigestSignInit": (_int, (_pointer, _pointer, _pointer, _pointer, _pointer)),
    "EVP_DigestSign": (_int, (_pointer, _pointer, _pointer, _text, _size)),
    "EVP_DigestVerifyInit": (_int, (_pointer, _pointer, _pointer, _pointer, _pointer)),
    "EVP_DigestVerify": (_int, (_pointer, _text, _size, _text, _size)),
    "EVP_PKEY_CTX_set1_id": (_int, (_pointer, _text, _size)),
    "EVP_PKEY_free": (None, (_pointer,)),
    "d2i_AutoPrivateKey": (_pointer, (_pointer, _pointer, _long)),
    "d2i_PUBKEY": (_pointer, (_pointer, _pointer, _long)),
    "i2d_PUBKEY": (_int, (_pointer, _pointer)),
    "ERR_clear_error": (None, ()),
}


@cache
def libcrypto() -> ctypes.CDLL:
    """The library with the types of what we call. Its functions leave the interpreter lock while they run.

    Raises Outage NO_LIBCRYPTO where there is none, it is older than 3, or was built without SM2.
    """
    seen: list[str] = []
    for name in _candidates():
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        version = _version(library)
        seen.append(f"{name} ({version or '?'})")
        if version >= OLDEST and _typed(library):
            return library
    raise _outage(", ".join(seen) or None)


def _candidates() -> list[str]:
    named = list(_NAMES.get(sys.platform, _NAMES["linux"]))
    found = ctypes.util.find_library("crypto")
    if found and not (sys.platform == "darwin" and found.startswith("/usr/lib/")):
        named.append(found)
    return named


def _version(library: ctypes.CDLL) -> int:
    """The major version; 0 where it is too old to say, or says 2 as LibreSSL does."""
    try:
        ask = library.OpenSSL_version_num
    except AttributeError:
        return 0
    ask.restype, ask.argtypes = ctypes.c_ulong, ()
    return int(ask()) >> 28


def _typed(library: ctypes.CDLL) -> bool:
    try:
        for name, (gives, takes) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = gives, takes
    except AttributeError:  # a distribution may leave SM2 and SM3 out
        return False
    return True


def _outage(seen: str | None) -> Outage:
    return Outage(
        "NO_LIBCRYPTO",
        "SM2 签名需要系统的 libcrypto(OpenSSL 3 或更新,含 SM2/SM3):"
        "Debian/Ubuntu 用 apt install libssl3,openEuler/Fedora 用 dnf install openssl-libs,macOS 用 brew install openssl@3",
        "SM2 signatures need the system's libcrypto (OpenSSL 3 or later with SM2 and SM3): "
        "apt install libssl3 on Debian or Ubuntu, dnf install openssl-libs on openEuler or Fedora, brew install openssl@3 on a Mac",
        {"found": seen} if seen else None,
    )
