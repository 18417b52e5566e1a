"""A secret in a file that only its owner may read, under a passphrase: argon2id, then secretbox (libsodium).

What the file says about the secret stands in the clear, so that the right file is found without the passphrase, and its digest
stands inside the box: nobody changes it unseen.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nacl.bindings import crypto_secretbox, crypto_secretbox_open
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

from kemiao.base.canonical import canonical_bytes
from kemiao.base.digest import digest
from kemiao.base.refusal import Outage, Refusal, Refused

FORM = "kemiao.sealed/1"
FILE_BYTES = 64 * 1024
_SALT_BYTES, _NONCE_BYTES, _DIGEST_BYTES = 16, 24, 32


@dataclass(frozen=True, slots=True)
class Cost:
    """Of deriving a key from a passphrase. memory: bytes. A fifth of a second on a desktop of 2025."""

    ops: int = 3
    memory: int = 64 * 1024 * 1024


USUAL = Cost()
DEAREST = Cost(16, 1024 * 1024 * 1024)  # that we take from a file: a forged one must not stall us


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file as it lies there. about: not authenticated before the secret was opened."""

    path: Path
    about: Mapping[str, Any]
    cost: Cost
    salt: bytes
    nonce: bytes
    box: bytes


def seal_secret(
    path: Path,
    secret: bytes,
    passphrase: str,
    about: Mapping[str, Any],
    random_bytes: Callable[[int], bytes],
    cost: Cost | None = None,
) -> None:
    """Writes a new file, whole or not at all. Raises Refused FILE_EXISTS, Outage KEYS_UNWRITABLE."""
    cost = cost or USUAL
    salt, nonce = random_bytes(_SALT_BYTES), random_bytes(_NONCE_BYTES)
    form = {
        "form": FORM, "about": dict(about),
        "kdf": {"name": "argon2id", "ops": cost.ops, "memory": cost.memory, "salt": salt.hex()}, "nonce": nonce.hex(),
    }  # fmt: skip
    box = crypto_secretbox(bytes.fromhex(digest("sealed", form)) + secret, nonce, _derived(passphrase, salt, cost))
    write_new(path, canonical_bytes({**form, "box": box.hex()}) + b"\n")


def open_secret(path: Path, passphrase: str) -> tuple[bytes, Mapping[str, Any]]:
    """The secret and what it is about. Raises Refused NO_KEY_FILE, KEY_FILE_OPEN_TO_OTHERS, KEY_FILE_DAMAGED, WRONG_PASSPHRASE."""
    return unsealed(read_sealed(path), passphrase)


def unsealed(sealed: Sealed, passphrase: str) -> tuple[bytes, Mapping[str, Any]]:
    try:
        inside = crypto_secretbox_open(sealed.box, sealed.nonce, _derived(passphrase, sealed.salt, sealed.cost))
    except CryptoError as error:
        raise Refused(Refusal.at(
            "WRONG_PASSPHRASE", "口令不对(或文件被改动过)", "the passphrase is wrong (or the file was changed)", file=sealed.path
        )) from error  # fmt: skip
    form = {
        "form": FORM, "about": sealed.about,
        "kdf": {"name": "argon2id", "ops": sealed.cost.ops, "memory": sealed.cost.memory, "salt": sealed.salt.hex()},
        "nonce": sealed.nonce.hex(),
    }  # fmt: skip
    if inside[:_DIGEST_BYTES].hex() != digest("sealed", form):
        raise Refused(_damaged(sealed.path, "about"))
    return inside[_DIGEST_BYTES:], sealed.about


def read_sealed(path: Path) -> Sealed:
    content = read_private(path)
    try:
        value = json.loads(content)
        kdf, about = value["kdf"], value["about"]
        cost = Cost(int(kdf["ops"]), int(kdf["memory"]))
        sealed = Sealed(
            path, about, cost, *(bytes.fromhex(text) for text in (kdf["salt"], value["nonce"], value["box"]))
        )
        fits = (
            value["form"] == FORM
            and kdf["name"] == "argon2id"
            and isinstance(about, dict)
            and 1 <= cost.ops <= DEAREST.ops
            and 8192 <= cost.memory <= DEAREST.memory
            and len(sealed.salt) == _SALT_BYTES
            and len(sealed.nonce) == _NONCE_BYTES
            and len(sealed.box) > _DIGEST_BYTES + 16
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused(_damaged(path, "form")) from error
    if not fits:
        raise Refused(_damaged(path, "form"))
    return sealed


def read_private(path: Path) -> bytes:
    """A file that, with its folder, is closed to others; else the refusal says how to close it."""
    try:
        _closed(path.parent, path.parent.stat().st_mode, "700")
        with path.open("rb") as file:
            _closed(path, os.fstat(file.fileno()).st_mode, "600")
            content = file.read(FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise Refused(Refusal.at("NO_KEY_FILE", "没有这个密钥文件", "there is no such key file", file=path)) from error
    except OSError as error:
        raise Outage("KEYS_UNREADABLE", f"密钥文件读不出:{error.strerror}", f"the key file can't be read: {error.strerror}", {"file": path}) from error  # fmt: skip
    if len(content) > FILE_BYTES:
        raise Refused(_damaged(path, "size"))
    return content


def write_new(path: Path, content: bytes) -> None:
    """A file of mode 600 in a folder of mode 700, there whole after this or not at all."""
    building = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with suppress(FileNotFoundError):
            building.unlink()  # of a process of the same number that was killed
        try:
            with open(os.open(building, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 -- Path.open takes no mode bits
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(building, path)  # not a rename: what is there already stays
        finally:
            building.unlink(missing_ok=True)
        sync_folder(path.parent)
    except FileExistsError as error:
        raise Refused(
            Refusal.at("FILE_EXISTS", "文件已存在,不覆盖", "the file exists; it is not overwritten", file=path)
        ) from error
    except OSError as error:
        raise Outage(
            "KEYS_UNWRITABLE", f"密钥文件无法写入:{error.strerror}", f"the key file can't be written: {error.strerror}", {"file": path}
        ) from error  # fmt: skip


def sync_folder(folder: Path) -> None:
    """A new name in a folder is durable after this."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _derived(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    # The same letters can be typed as other code points: NFC, so that another keyboard opens the file too.
    typed = unicodedata.normalize("NFC", passphrase).encode(
        "utf-8", "surrogateescape"
    )  # the environment may hold any bytes
    return bytes(argon2id.kdf(32, typed, salt, opslimit=cost.ops, memlimit=cost.memory))


def _closed(path: Path, mode: int, wanted: str) -> None:
    if mode & 0o077:
        raise Refused(Refusal.at(
            "KEY_FILE_OPEN_TO_OTHERS", f"别的用户也能读写它;请执行 chmod {wanted} {path}",
            f"other users may read or write it; run chmod {wanted} {path}", file=path,
        ))  # fmt: skip


def _damaged(path: Path, part: str) -> Refusal:
    return Refusal.at(
        "KEY_FILE_DAMAGED", "密钥文件已损坏或被改动", "the key file is damaged or was changed", file=path, part=part
    )
