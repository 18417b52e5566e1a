"""kemiao-verify FILE: exit 0 proved, 3 not proved, 2 usage, 4 an SM2 signature that this machine can't check.

kemiao-verify market …: the result of a market, from the posted tables (market_command.py).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from kemiao_verify import market_command
from kemiao_verify.canonical import FILE_BYTES
from kemiao_verify.outcome import NotProved, SuiteMissing
from kemiao_verify.verifying import verify
from kemiao_verify.words import plain, told

PROVED, USAGE, NOT_PROVED, OUTAGE = 0, 2, 3, 4
_HEAD_BYTES = 64 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["market"]:
        return market_command.main(arguments[1:])
    parser = _parser()
    given = parser.parse_args(arguments)
    lang = given.lang or os.environ.get("KEMIAO_LANG", "zh")
    if lang not in ("zh", "en"):
        parser.error("--lang: zh | en")
    if given.chain is not None and not re.fullmatch(r"[0-9a-f]{64}", given.chain):
        parser.error("--chain: 64 位小写十六进制 / 64 lower-case hex digits")
    try:
        content = _read(given.file, FILE_BYTES)
        head = None if given.head is None else _read(given.head, _HEAD_BYTES).decode("utf-8")
    except FileNotFoundError as error:
        parser.error(plain(f"没有这个文件 / there is no such file: {error.filename}"))
    except OSError as error:
        parser.error(plain(f"读不出文件 / the file can't be read: {error.filename}"))
    except UnicodeDecodeError:
        parser.error(plain(f"树头不是 UTF-8 文本 / the tree head is not text in UTF-8: {given.head}"))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        facts = verify(content, given.chain, head)
    except NotProved as wrong:
        if given.json:
            _document({"proved": False, "refused": wrong.as_json()})
        place = ":".join(wrong.where.values())
        words = f"证明不成立:{wrong.zh}" if lang == "zh" else f"NOT PROVED: {wrong.en}"
        sys.stderr.write(plain(f"{wrong.code}  {words}" + (f"  [{place}]" if place else "")) + "\n")
        return NOT_PROVED
    except SuiteMissing as missing:
        if given.json:
            _document({"proved": None, "outage": {"code": "NO_LIBCRYPTO", "zh": missing.zh, "en": missing.en}})
        sys.stderr.write(f"NO_LIBCRYPTO  {missing.zh if lang == 'zh' else missing.en}\n")
        return OUTAGE
    if given.json:
        _document({"proved": True, **facts})
    else:
        sys.stdout.write("\n".join(told(facts, lang)) + "\n")
    return PROVED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "kemiao-verify",
        description="核验科苗链的证明文件 / checks a proof file of a Kemiao chain.  例 e.g.: kemiao-verify proof.json --chain 3f2a…",
        epilog="退出码 exit codes: 0 证明成立 proved, 3 不成立 not proved, 2 用法 usage, 4 缺 libcrypto / libcrypto missing (SM2)",
    )
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument(
        "--chain", metavar="ID", help="您从可靠处得知的链标识 / the chain's id, from where you trust it"
    )
    parser.add_argument("--head", metavar="FILE", type=Path, help="您自己保存的树头 / a tree head (checkpoint) that you hold")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="机器可读 / one JSON document")
    parser.add_argument("--lang", choices=("zh", "en"), help="[KEMIAO_LANG, zh]")
    return parser


def _read(path: Path, most: int) -> bytes:
    """At most one byte more than is allowed: what is longer is refused without being read."""
    with path.open("rb") as file:
        return file.read(most + 1)


def _document(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
