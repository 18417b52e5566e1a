"""kemiao rating score"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command

SHOWN = 20


def register(group: typer.Typer) -> None:
    @command(group)
    def score(
        door: Door,
        table: Annotated[Path, typer.Option("--table", help="每户(笔)一行的表,CSV/XLSX/Parquet / one row a company or loan")],
        model: Annotated[str | None, typer.Argument(help="模型摘要、名称,或导出的目录;不给则为在用的 / digest, name, or an exported directory; without it the one in use")] = None,
        key: Annotated[str | None, typer.Option("--key", help="编号列,写入结果 / the column that identifies a row", show_default=False)] = None,
        output: Annotated[Path | None, typer.Option("--output", help="结果文件 / write to FILE.csv or FILE.parquet", show_default=False)] = None,
        reasons: Annotated[int, typer.Option("--reasons", min=0, max=20, help="每行几条扣分原因 / reasons a row")] = 0,
    ) -> object:  # fmt: skip
        """给一张表打分,多少行都行;单位、范围与训练时不同会提醒 / Score a table of any length; other units and ranges are warned of.

        例 e.g.: kemiao rating score 1a2b3c4d --table loans.csv --key loan_no --reasons 3 --output scored.parquet
        """
        from kemiao.app.scored_file import sink_for
        from kemiao.app.world import world_if_any
        from kemiao.bank.commands.score_table import Request, score_table
        from kemiao.base.refusal import Refusal

        if output is not None and output.suffix.lower() not in (".csv", ".parquet"):
            raise typer.BadParameter("FILE.csv | FILE.parquet", param_hint="--output")
        folder = Path(model) if model is not None and (Path(model) / "manifest.json").is_file() else None
        with world_if_any(door, needed=folder is None) as world:
            read = _model(world, model, folder)
            if isinstance(read, Refusal):
                return read
            card, inputs = read
            with sink_for(door, output, SHOWN) as sink, door.progress("打分", "scoring") as bar:
                found = score_table(world, card, inputs, Request(table, key, reasons), sink.take, bar)
                if isinstance(found, Refusal):
                    return found
                sink.finish()
        _told(door, found)
        if output is None:
            sink.show(door, found.rows)
        elif door.as_json:
            door.document(_summary(card, found, output))
        else:
            door.text(door.word(f"{found.rows} 行,{found.points_min} 至 {found.points_max} 分,平均违约率 {found.pd_sum / found.rows / 1e6:.2%} → {output}",
                                f"{found.rows} rows, {found.points_min} to {found.points_max} points, mean PD {found.pd_sum / found.rows / 1e6:.2%} → {output}"))  # fmt: skip
        return None


def _model(world, model, folder):
    """(model, what its inputs were): of a directory, of a name, or the one in use."""
    from kemiao.bank.model_store import read_directory
    from kemiao.bank.models import in_use, stored_model
    from kemiao.bank.rulebook import grounds
    from kemiao.base.refusal import Refusal

    if folder is not None:
        one = read_directory(folder)
        return one if isinstance(one, Refusal) else (one.model, one.inputs)
    name = model or in_use(world)
    if name is None:
        return grounds(world, world.clock.today()).book.card, None
    read = stored_model(world, name)
    return read if isinstance(read, Refusal) else (read[1].model, read[1].inputs)


def _told(door: Door, found) -> None:
    """What is strange about the table, on stderr."""
    for each in found.warnings:
        door.say(f"提醒 {each.column}: {each.zh}", f"warning {each.column}: {each.en}")
    if found.odd_count:
        first = "; ".join(f"{each.row}:{each.column} {each.text!r}" for each in found.odd[:3])
        door.say(f"{found.odd_count} 个格子不是数值,按未知处理:{first}", f"{found.odd_count} cells are no numbers and were taken for unknown: {first}")  # fmt: skip
    if found.unreadable:
        first = "; ".join(f"{each.row} {each.code}" for each in found.unreadable[:3])
        door.say(f"有读不了的行,没有打分:{first}", f"rows that can't be read were not scored: {first}")
    if not found.checked:
        door.say("这个模型没有保存训练时的范围,单位无法核对", "this model keeps no ranges of its training, so units can't be checked")  # fmt: skip


def _summary(card, found, output) -> dict[str, object]:
    return {
        "model": card.digest, "rows": found.rows, "output": str(output), "points_min": found.points_min, "points_max": found.points_max,
        "pd_ppm_mean": round(found.pd_sum / found.rows), "grades": dict(found.grades), "warnings": [each.as_json() for each in found.warnings],
        "not_numbers": found.odd_count, "not_numbers_first": [{"row": each.row, "column": each.column, "text": each.text} for each in found.odd],
        "unreadable_first": [{"row": each.row, "code": each.code} for each in found.unreadable], "ranges_checked": found.checked,
    }  # fmt: skip
