"""JSON Lines: one object a line; keys are the columns. Numbers keep the digits that are written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from kemiao.data.readers import Fault, RawBatch, Sheet, batches

_LINES_FOR_KEYS = 1_000


def sheets(path: Path) -> tuple[Sheet, ...]:
    names: dict[str, None] = {}
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for line in islice(lines, _LINES_FOR_KEYS):
            names |= dict.fromkeys(_object(line) or {})
    head = tuple(names)

    def read(_header: int) -> Iterator[RawBatch]:
        return batches(_rows(path, head), head, pad=False)

    return (Sheet(None, (head,), read),)


def _rows(path: Path, names: tuple[str, ...]) -> Iterator[tuple[int, list[str | None]] | Fault]:
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            found = _object(line)
            if found is None:
                yield Fault(number, "NOT_JSON", (line.rstrip("\n"),))
            else:
                yield number, [_text(found.get(name)) for name in names]


def _object(line: str) -> dict[str, object] | None:
    try:
        found = json.loads(line, parse_float=str, parse_int=str)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case str():
            return value
        case bool():
            return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)
