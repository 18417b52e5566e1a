"""Where the passphrase of the key files comes from: a closed file, the environment, or a person at a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from kemiao.app.door import Door
from kemiao.base.refusal import Refusal, Refused

IN_FILE = "KEMIAO_PASSPHRASE_FILE"
IN_ENVIRONMENT = "KEMIAO_PASSPHRASE"
SHORTEST = 8  # characters of a new one


def passphrase_of(door: Door) -> Callable[[], str]:
    """Asked for once a command, when a key is first used. Raises Refused PASSPHRASE_NEEDED and what its file is refused for."""
    return cache(lambda: _given() or _typed(door, twice=False))


def new_passphrase_of(door: Door) -> Callable[[], str]:
    """For keys that are made now: typed twice, and not too short."""

    @cache
    def ask() -> str:
        chosen = _given() or _typed(door, twice=True)
        if len(chosen) < SHORTEST:
            raise Refused(Refusal(
                "PASSPHRASE_TOO_SHORT", f"口令至少 {SHORTEST} 个字符", f"a passphrase has at least {SHORTEST} characters"
            ))  # fmt: skip
        return chosen

    return ask


def shared_passphrase_of(file: Path | None) -> Callable[[], str]:
    """Of what two participants share. It is never typed at the terminal nor taken from the environment: it is not our own."""

    def read() -> str:
        if file is None:
            raise Refused(Refusal(
                "PASSPHRASE_NEEDED", "需要双方共用的口令:--share-passphrase-file", "the passphrase that both share is needed: --share-passphrase-file",
            ))  # fmt: skip
        return _first_line(file)

    return read


def _given() -> str | None:
    file = os.environ.get(IN_FILE)
    if file:
        return _first_line(Path(file))
    return os.environ.get(IN_ENVIRONMENT) or None


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise Refused(Refusal.at(
                    "PASSPHRASE_FILE_OPEN_TO_OTHERS", f"别的用户也能读写它;请执行 chmod 600 {path}",
                    f"other users may read or write it; run chmod 600 {path}", file=path,
                ))  # fmt: skip
            line = file.readline(1024).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(
            Refusal.at("NO_PASSPHRASE_FILE", "口令文件读不出", "the passphrase file can't be read", file=path)
        ) from error
    if not line:
        raise Refused(Refusal.at("NO_PASSPHRASE_FILE", "口令文件是空的", "the passphrase file is empty", file=path))
    return line


def _typed(door: Door, *, twice: bool) -> str:
    if not sys.stdin.isatty():
        raise Refused(Refusal(
            "PASSPHRASE_NEEDED", f"需要密钥文件的口令:{IN_FILE}(只有本人可读的文件)、{IN_ENVIRONMENT},或在终端输入",
            f"the passphrase of the key files is needed: {IN_FILE} (a file that only you may read), {IN_ENVIRONMENT}, or typed at a terminal",
        ))  # fmt: skip
    from getpass import getpass

    typed = getpass(door.word("密钥文件的口令:", "Passphrase of the key files: "))
    if twice and getpass(door.word("再输一次:", "Once more: ")) != typed:
        raise Refused(Refusal("PASSPHRASES_DIFFER", "两次输入的口令不同", "the two passphrases differ"))
    return typed
