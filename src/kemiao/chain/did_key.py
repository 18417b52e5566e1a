"""Ed25519 public keys as did:key, and bytes as base58btc multibase (`z…`). Sources: the did:key method, Multikey."""

from __future__ import annotations

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {letter: digit for digit, letter in enumerate(_ALPHABET)}
_TEXT_MAX = 128  # a signature takes 88 digits; decoding costs the square of the length
_ED25519 = b"\xed\x01"  # multicodec of an Ed25519 public key
_PUBLIC_BYTES = 32


def multibase(raw: bytes) -> str:
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    number, digits = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _ALPHABET[digit] + digits
    return "z" + "1" * zeros + digits


def from_multibase(text: object) -> bytes | None:
    """None for what isn't base58btc: each byte string has one spelling."""
    if (
        not isinstance(text, str)
        or not 1 <= len(text) <= _TEXT_MAX
        or text[0] != "z"
        or not _DIGITS.keys() >= set(text[1:])
    ):
        return None
    number = 0
    for letter in text[1:]:
        number = number * 58 + _DIGITS[letter]
    zeros = len(text[1:]) - len(text[1:].lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def did_of(public: bytes) -> str:
    return f"did:key:{multibase(_ED25519 + public)}"


def method_of(public: bytes) -> str:
    """The verification method of the one key that the identifier stands for."""
    name = multibase(_ED25519 + public)
    return f"did:key:{name}#{name}"


def key_of_method(method: object) -> bytes | None:
    """The public key (32 bytes) of a did:key verification method; None for every other identifier."""
    if not isinstance(method, str):
        return None
    did, _, name = method.partition("#")
    raw = from_multibase(name)
    if did != f"did:key:{name}" or raw is None or not raw.startswith(_ED25519) or len(raw) != 2 + _PUBLIC_BYTES:
        return None
    return raw[2:]
