"""load_law: newer rows of a series of the law, into this home. What was loaded before stays; the same day is replaced."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Outage, Refusal
from kemiao.base.tables import Row, read_table
from kemiao.data.readers import Fault, open_file
from kemiao.law.lpr_fixings import Change, Fixing, changes, fixings_from_rows, fixings_from_toml, merged, observed


@dataclass(frozen=True, slots=True)
class Loaded:
    table: str
    fixings: int
    changes: tuple[Change, ...]
    observed_until: date


def load_lpr(world: World, path: Path) -> Loaded | Refusal:
    """path: CSV, workbook, Parquet, JSON Lines or TOML. The file replaces law/lpr.toml of the home in one step, before its
    event is committed: after a crash between the two the same command, given again, records it."""
    fixings = _read(path, world.clock.today())
    if isinstance(fixings, Refusal):
        return fixings
    table, target = world.law["lpr"], world.home.law / "lpr.toml"
    with world.log.write() as tx:  # the home's lock: two loads at once would lose rows of the other
        earlier = read_table(target) if target.is_file() else table
        until = max(observed(table, fixings), observed(earlier, fixings))
        rows = merged(earlier.rows if target.is_file() else (), fixings)
        content = _toml(rows, until)
        _replace(target, content)
        differing = changes(table, fixings)
        tx.append(
            "law_loaded",
            public={
                "table": "lpr",
                "rows": len(rows),
                "observed_until": until.isoformat(),
                "digest": digest("law_table", content),
            },
        )
    return Loaded("lpr", len(fixings), tuple(differing), until)


def _read(path: Path, today: date) -> list[Fixing] | Refusal:
    if path.suffix.lower() == ".toml":
        if not path.is_file():
            return Refusal.at("NO_SUCH_FILE", "没有这个文件", "there is no such file", file=path)
        return fixings_from_toml(path.read_text("utf-8"), path.name, today)
    sheet = open_file(path)[0]
    if not sheet.head:
        return Refusal.at("EMPTY_FILE", "文件是空的", "the file is empty", file=path.name)
    rows: list[tuple[int, Sequence[str | None]]] = []
    for batch in sheet.read(0):
        if batch.faults:
            return _fault(path, batch.faults[0])
        columns = [
            [None if cell is None else str(cell) for cell in column.to_pylist()] for column in batch.cells.columns
        ]
        rows += [(int(cells[-1] or 0), cells[:-1]) for cells in zip(*columns, strict=True)]
    return fixings_from_rows(sheet.head[0], rows, path.name, today)


def _fault(path: Path, fault: Fault) -> Refusal:
    return Refusal.at(fault.code, "这一行读不出来", "this row can't be read", file=path.name, row=fault.row)


def _toml(rows: Sequence[Row], until: date) -> str:
    parts = [f"# 由 kemiao law load lpr 写入 / written by kemiao law load lpr\nobserved_until = {until.isoformat()}\n"]
    parts += [
        f'\n[[row]]\ntenor = "{row.cells["tenor"]}"\nrate_ppm = {row.cells["rate_ppm"]}\n'
        f"source = {json.dumps(row.source, ensure_ascii=False)}\n"
        f'effective_from = {row.effective_from.isoformat()}\nconfidence = "{row.confidence}"\n'
        for row in rows
    ]
    return "".join(parts)


def _replace(target: Path, content: str) -> None:
    new = target.with_suffix(".new")
    try:
        with new.open("w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(target)
    except OSError as error:
        raise Outage("HOME_UNWRITABLE", f"数据目录无法写入:{error.strerror}", f"the home can't be written: {error.strerror}", {"file": target}) from error  # fmt: skip
