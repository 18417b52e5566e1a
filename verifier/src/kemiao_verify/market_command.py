"""kemiao-verify market RESULT.json --requests F --mandates F [--covers F]"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from kemiao_verify.market import verify_market
from kemiao_verify.outcome import NotProved
from kemiao_verify.words import plain

FILE_BYTES = 1 << 30


def main(arguments: Sequence[str]) -> int:
    """0 true, 3 not, 2 usage."""
    parser = argparse.ArgumentParser(
        "kemiao-verify market",
        description="由已发布的表格独立重算并核对撮合结果 / computes a market's result again from the posted tables (CSV)",
    )
    parser.add_argument("result", metavar="RESULT.json", type=Path)
    parser.add_argument("--requests", metavar="FILE", type=Path, required=True)
    parser.add_argument("--mandates", metavar="FILE", type=Path, required=True)
    parser.add_argument("--covers", metavar="FILE", type=Path)
    parser.add_argument("--json", action="store_true", help="机器可读 / one JSON document")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    given = parser.parse_args(arguments)
    try:
        document = json.loads(_read(given.result))
        tables = {
            name: _read(getattr(given, name)) for name in ("requests", "mandates", "covers") if getattr(given, name)
        }
        if not isinstance(document, dict):
            parser.error("不是 JSON 对象 / not a JSON object")
    except OSError as error:
        parser.error(plain(f"读不出文件 / the file can't be read: {error.filename}"))
    except (ValueError, RecursionError):
        parser.error("不是 JSON / not JSON")
    started = time.process_time()
    try:
        facts = verify_market(document, tables)
    except NotProved as wrong:
        if given.json:
            sys.stdout.write(json.dumps({"proved": False, "refused": wrong.as_json()}, ensure_ascii=False) + "\n")
        words = f"结果不成立:{wrong.zh}" if given.lang == "zh" else f"NOT TRUE: {wrong.en}"
        places = " ".join(f"{name}={value}" for name, value in wrong.where.items())
        sys.stderr.write(plain(f"{wrong.code}  {words}  [{places}]") + "\n")
        return 3
    if given.json:
        sys.stdout.write(json.dumps({"proved": True, **facts}, ensure_ascii=False) + "\n")
    else:
        head = "结果成立" if given.lang == "zh" else "TRUE"
        sys.stdout.write(plain(f"{head}  " + "  ".join(f"{name}={value}" for name, value in facts.items())) + "\n")
        sys.stderr.write(f"{time.process_time() - started:.1f} s\n")
    return 0


def _read(path: Path) -> bytes:
    if path.stat().st_size > FILE_BYTES:
        raise OSError(27, "too large", str(path))
    return path.read_bytes()
