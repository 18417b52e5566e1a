"""A participant's signing keys in a folder, one sealed file a key, and its card to hand to others.

`<participant>.<name>.key` is a key in use; `<participant>.<name>.next` one on its way in, beside the one that it replaces. Which of
them is current the chain says: a process that dies between the chain's answer and the renaming loses nothing.
"""

from __future__ import annotations

import fcntl
import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import BrokenInvariant, Refusal, Refused
from kemiao.base.signing import SUITES, Signer, signer_from_seed
from kemiao.chain.genesis import PURPOSES, check_card
from kemiao.chain.sealed import Cost, Sealed, read_sealed, seal_secret, sync_folder, unsealed, write_new

_NAME = re.compile(r"[a-z0-9-]{1,40}")
_WHAT = "signing key"
_CARD = ".card.json"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What a file says of its key; nothing of it is relied on before the key was unlocked."""

    sealed: Sealed
    participant: str
    name: str
    suite: str
    key: str
    purposes: tuple[str, ...]

    @property
    def path(self) -> Path:
        return self.sealed.path

    @property
    def is_next(self) -> bool:
        return self.path.suffix == ".next"


class KeyStore:
    """Files of keys in a folder (HOME/keys). Raises Refused as sealed.open_secret does, and Outage where the disk fails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(
        self, participant: str, name: str, suite: str, seed: bytes, purposes: Iterable[str], passphrase: str,
        random_bytes: Callable[[int], bytes], *, to_come: bool = False, cost: Cost | None = None,
    ) -> Path:  # fmt: skip
        """to_come: beside the key that it is to replace."""
        if not _NAME.fullmatch(name):
            raise BrokenInvariant(f"{name!r} names no key file")
        signer = signer_from_seed(suite, seed)
        about = {
            "what": _WHAT, "participant": participant, "name": name, "suite": suite, "key": signer.key_id,
            "public": signer.public.hex(), "purposes": sorted(set(purposes)),
        }  # fmt: skip
        path = self.folder / f"{participant}.{name}.{'next' if to_come else 'key'}"
        seal_secret(path, seed, passphrase, about, random_bytes, cost)
        return path

    def files(self) -> list[KeyFile]:
        """Of all keys here, in the order of their names. One that can't be read is refused, not passed over."""
        paths = sorted(path for suffix in ("key", "next") for path in self.folder.glob(f"*.{suffix}"))
        return [self.at(path) for path in paths]

    def at(self, path: Path) -> KeyFile:
        return _key_file(read_sealed(path))

    def find(self, keys: Container[str]) -> KeyFile | None:
        """A file of one of these keys (ids)."""
        return next((file for file in self.files() if file.key in keys), None)

    def unlock(self, file: KeyFile, passphrase: str) -> Signer:
        seed, about = unsealed(file.sealed, passphrase)
        if len(seed) != 32:
            raise Refused(_damaged(file.path))
        signer = signer_from_seed(file.suite, seed)
        if signer.key_id != file.key or signer.public.hex() != about["public"]:
            raise Refused(_damaged(file.path))
        return signer

    def settle(self, current: Container[str]) -> list[Path]:
        """Puts keys that came in, as the chain says (current: ids), in the place of those that they replaced."""
        moved = []
        for file in self.files():
            if file.is_next and file.key in current:
                target = file.path.with_suffix(".key")
                file.path.replace(target)
                sync_folder(self.folder)
                moved.append(target)
        return moved

    def drop_next(self, file: Path) -> None:
        """Forgets a key that the chain refused."""
        if file.suffix != ".next":
            raise BrokenInvariant(f"{file} is a key in use")
        file.unlink(missing_ok=True)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """One rotation at a time: no process drops the key that another is just bringing in."""
        with (self.folder / ".lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def write_card(self, card: Mapping[str, Any]) -> Path:
        path = self.folder / f"{card['id']}{_CARD}"
        write_new(path, canonical_bytes(card) + b"\n")
        return path

    def own_cards(self) -> list[Mapping[str, Any]]:
        return [read_card(path) for path in sorted(self.folder.glob(f"*{_CARD}"))]


def read_card(path: Path) -> Mapping[str, Any]:
    """A participant's card from a file. Raises Refused NO_SUCH_FILE, NOT_A_CARD, and what check_card refuses."""
    try:
        with path.open("rb") as file:
            value = json.loads(file.read(1_000_000))
    except FileNotFoundError as error:
        raise Refused(Refusal.at("NO_SUCH_FILE", "没有这个文件", "there is no such file", file=path)) from error
    except (ValueError, RecursionError, OSError) as error:
        raise Refused(Refusal.at("NOT_A_CARD", "不是参与方名片", "is no participant's card", file=path)) from error
    refused = check_card(value)
    if refused is not None:
        raise Refused(Refusal(refused.code, refused.zh, refused.en, (("file", str(path)), *refused.where)))
    return value  # type: ignore[no-any-return]


def _key_file(sealed: Sealed) -> KeyFile:
    about = sealed.about
    texts = ("participant", "name", "suite", "key", "public")
    purposes = about.get("purposes")
    fits = (
        about.get("what") == _WHAT
        and all(isinstance(about.get(field), str) for field in texts)
        and about["suite"] in SUITES
        and isinstance(purposes, list)
        and all(purpose in PURPOSES for purpose in purposes)
    )
    if not fits:
        raise Refused(_damaged(sealed.path))
    return KeyFile(sealed, about["participant"], about["name"], about["suite"], about["key"], tuple(about["purposes"]))


def _damaged(path: Path) -> Refusal:
    return Refusal.at("KEY_FILE_DAMAGED", "密钥文件已损坏或被改动", "the key file is damaged or was changed", file=path)
