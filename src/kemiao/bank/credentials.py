"""Credentials of accounts: argon2id of a password, sealed in the event log; the newest counts. What is shown of them is when they were set."""

from __future__ import annotations

from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kemiao.bank.world import World

SET = "credential_set"
_HASHER = PasswordHasher()  # RFC 9106, second recommended option: 64 MiB, 3 passes, 4 lanes
_NONE = _HASHER.hash("kemiao: no such account")


def hashed(password: str) -> str:
    return _HASHER.hash(password)


def credential(world: World, account: str) -> dict[str, Any] | None:
    event = world.log.last(SET, ref=account)
    return world.log.private(event) if event else None


def opens(kept: dict[str, Any] | None, password: str) -> bool:
    """Takes as long where there is no such account."""
    try:
        _HASHER.verify(str(kept["password"]) if kept else _NONE, password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None
