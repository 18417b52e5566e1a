"""kemiao market clear from files: what was typed, what is written, what is shown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kemiao.app.door import Door
from kemiao.base.refusal import Refusal, Refused

if TYPE_CHECKING:
    from kemiao.bank.commands.market_clear_files import FilesCleared

_FORMULA = tuple("=+-@\t\r")  # a spreadsheet would run a cell that begins so
_NUMBER = re.compile(r"[-+][\d,.]+%?", re.ASCII)  # and runs nothing of these


def clear_from_files(
    door: Door, requests: Path, mandates: Path, covers: Path | None, seed: str | None, on: str | None, clears: str | None, policy: Path | None,
    churn: Path | None, out: Path | None, rows: int,
) -> object:  # fmt: skip
    """As typed. A bad option is a usage error, said before anything is read."""
    from kemiao.app.market_asked import checked
    from kemiao.app.market_shown import show
    from kemiao.app.options import optional_day
    from kemiao.app.world import day_of, world_if_any
    from kemiao.bank.commands.market_clear_files import Files, clear_files

    seed, day = checked(seed, clears), optional_day(on)
    folder = None if out is None else new_folder(out)
    with world_if_any(door, needed=False) as world:
        files = Files(requests, mandates, covers, day or day_of(world), seed, clears, policy, churn)
        cleared = clear_files(world, files)
    if isinstance(cleared, Refusal):
        return cleared
    if folder is not None:
        write(door, folder, cleared.document, _quarantined(cleared))
    return door.document(cleared.document) if door.as_json else show(door, cleared.document, rows)


def new_folder(out: Path) -> Path:
    """Made before anything is computed. Nothing is overwritten."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        there = next(out.iterdir(), None)
    except OSError as error:
        raise Refused(Refusal.at("OUT_UNWRITABLE", f"无法写入:{error.strerror}", f"can't be written: {error.strerror}", file=out)) from error  # fmt: skip
    if there is not None:
        raise Refused(Refusal.at("OUT_NOT_EMPTY", "目录里已有文件,不覆盖", "the folder is not empty; nothing is overwritten", file=out))  # fmt: skip
    return out


def write(door: Door, folder: Path, whole: Mapping[str, Any], more: Mapping[str, bytes] | None = None) -> None:
    """The document, what everybody may see of it, its contracts as a table, and the page. more: other files by name."""
    from kemiao.app.market_page import page
    from kemiao.app.whole_file import whole_file
    from kemiao.base.canonical import canonical_bytes
    from kemiao.credit.matching.result import published

    files = {
        "result.json": canonical_bytes(whole),
        "published.json": canonical_bytes(published(whole)),
        "matches.csv": matches_csv(whole),
        "page.html": page(whole, door.lang).encode(),
        **(more or {}),
    }
    for name, content in files.items():
        with whole_file(folder / name) as room:
            room.stream.write(content)
    door.say(f"已写入 {folder}:{'、'.join(files)}", f"written to {folder}: {', '.join(files)}")


def _quarantined(cleared: FilesCleared) -> dict[str, bytes]:
    reads = cleared.posted.reads.items()
    return {f"quarantine-{side}.csv": quarantine_csv(cleared.posted.header[side], read) for side, read in reads if read.faults}  # fmt: skip


MATCHED = ("request", "company", "mandate", "funder", "cover", "guarantor", "amount_fen", "covered_fen", "months", "rate_ppm", "cost_ppm", "choice")  # fmt: skip


def matches_csv(whole: Mapping[str, Any]) -> bytes:
    """The contracts of the result that clears."""
    return _csv(MATCHED, ([match[name] for name in MATCHED] for match in whole[whole["cleared"]]["matches"]))


def quarantine_csv(header: Any, read: Any) -> bytes:
    """The bad rows as they stood, with their row in the file and what is wrong with them; corrected, they can be read again."""
    wrong: dict[str, list[Refusal]] = {}
    for fault in read.faults:
        wrong.setdefault(dict(fault.where).get("row", ""), []).append(fault)

    def lines() -> Iterator[list[object]]:
        for row, cells in read.bad_rows:
            faults = wrong.get(str(row), [])
            columns = " ".join(dict(fault.where).get("column", "") for fault in faults)
            said = "; ".join(f"{fault.code}: {fault.zh} / {fault.en}" for fault in faults)
            yield [*(cells[place] if place < len(cells) else "" for place in range(len(header))), row, columns, said]

    return _csv([*header, "#row", "#column", "#problem"], lines())


def _csv(header: Any, lines: Any) -> bytes:
    """With a mark of UTF-8 at its head, which spreadsheets need; no cell begins like a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    for line in lines:
        writer.writerow(["" if cell is None else _safe(str(cell)) for cell in line])
    return out.getvalue().encode("utf-8-sig")


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell
