"""kemiao quarantine list | export | retry"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Refusal

_SHOWN = 200
Batch = Annotated[int | None, typer.Option("--batch", help="只看这个批次 / only this batch", metavar="N")]


def register(cli: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(
        group, name="quarantine", help="未能导入的行 / Rows that could not be taken.  例 e.g.: kemiao quarantine list"
    )

    @command(group, name="list")
    def list_(door: Door, batch: Batch = None):
        """列出等待更正的行:文件、行、列、值、期望 / The rows that wait: file, row, column, value, expectation.

        例 e.g.: kemiao quarantine list --batch 3 --json
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.quarantine import waiting_list

        with open_world(door) as world:
            rows = waiting_list(world, batch)
        if door.as_json:
            return door.lines(
                {"batch": row.batch, "file": row.name, "sheet": row.sheet, "row": row.row, "errors": [error.as_json() for error in row.errors], "cells": dict(zip(row.header, row.cells, strict=False))}
                for row in rows
            )  # fmt: skip
        titles = [
            door.word(*pair)
            for pair in (
                ("批次", "batch"),
                ("文件", "file"),
                ("行", "row"),
                ("列", "column"),
                ("值", "value"),
                ("问题", "problem"),
                ("期望", "expected"),
            )
        ]
        shown = [
            [row.batch, f"{row.name}[{row.sheet}]" if row.sheet else row.name, row.row, error.column, error.value, door.word(error.zh, error.en), door.word(error.expect_zh, error.expect_en)]
            for row in rows[:_SHOWN] for error in row.errors
        ]  # fmt: skip
        door.table("", titles, shown)
        more = f"; {len(rows) - _SHOWN} …" if len(rows) > _SHOWN else ""
        door.say(f"{len(rows)} 行等待更正{more}", f"{len(rows)} rows wait{more}")
        return None

    @command(group)
    def export(
        door: Door,
        out: Annotated[Path, typer.Option("--out", help="写到 / to FILE.csv or FILE.xlsx", metavar="FILE")],
        batch: Batch = None,
    ):
        """导出等待的行,更正单元格后用 retry 收回 / The waiting rows as a file to correct; retry takes it back.

        例 e.g.: kemiao quarantine export --out 待更正.xlsx
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.quarantine import export as run

        with open_world(door) as world:
            answer = run(world, out, batch, door.lang)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({"rows": answer, "file": str(out)})
        return door.text(
            door.word(
                f"{answer} 行写到 {out};更正后:kemiao quarantine retry {out}",
                f"{answer} rows written to {out}; once corrected: kemiao quarantine retry {out}",
            )
        )

    @command(group)
    def retry(
        door: Door,
        file: Annotated[Path | None, typer.Argument(help="更正后的导出文件;不给则重读原文件 / the corrected export; without it the originals are read again")] = None,
        batch: Batch = None,
    ):  # fmt: skip
        """收回更正后的行 / Takes the corrected rows.  例 e.g.: kemiao quarantine retry 待更正.xlsx"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.quarantine import retry as run

        with open_world(door) as world:
            answer = run(world, file, batch, lambda _: None)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document(answer.as_json())
        return door.text(door.word(
            f"重试 {answer.retried} 行:新增 {answer.taken},重复 {answer.duplicates},仍有错 {answer.still_bad}",
            f"{answer.retried} rows tried: {answer.taken} taken, {answer.duplicates} duplicates, {answer.still_bad} still bad",
        ))  # fmt: skip
