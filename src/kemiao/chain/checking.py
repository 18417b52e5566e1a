"""Envelopes → entries of good form whose signature holds. Everything here can be done before anybody asks the state what it thinks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kemiao.base.refusal import Refusal
from kemiao.base.signing import verify
from kemiao.chain.entry import Signed, open_envelope, signed_bytes

Key = tuple[str, bytes]  # suite, public
FindKey = Callable[[str], Key | None]  # by its id, among all keys that participants have or had


@dataclass(frozen=True, slots=True)
class Unproved:
    """Well formed, but nobody has a key of that id yet: an entry before it in the same group may bring it."""

    signed: Signed


Checked = Signed | Unproved | Refusal


def check(content: bytes, find_key: FindKey) -> Checked:
    signed = open_envelope(content)
    if isinstance(signed, Refusal):
        return signed
    key = find_key(signed.entry.key)
    return Unproved(signed) if key is None else proved(signed, key)


def proved(signed: Signed, key: Key) -> Signed | Refusal:
    if verify(*key, signed_bytes(signed.id), signed.signature):
        return signed
    return bad_signature(signed.id)


def bad_signature(entry_id: str) -> Refusal:
    return Refusal.at("BAD_SIGNATURE", "条目的签名不对", "the entry's signature does not hold", entry=entry_id)
