"""kemiao rating watch | record"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command

Model = Annotated[str | None, typer.Argument(help="模型摘要或名称;不给则为在用的 / digest or name; without it the one in use")]  # fmt: skip


def register(group: typer.Typer) -> None:
    @command(group)
    def watch(
        door: Door,
        model: Model = None,
        table: Annotated[Path | None, typer.Option("--table", help="近来的表,CSV/XLSX/Parquet;不给则用本目录的决定与其后的履约结果 / a recent table; without it the home's decisions and what came of them", show_default=False)] = None,
        label: Annotated[str | None, typer.Option("--label", help="表中的标签列;不给则只看客群 / the table's label; without it only the population is looked at", show_default=False)] = None,
        event: Annotated[str | None, typer.Option("--event", help="标签中表示违约的值 / the label's value that means default", show_default=False)] = None,
        as_of: Annotated[str | None, typer.Option("--as-of", help="看到哪一天为止 / what was known on this day", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """在用模型变没变:客群、排序、违约率,只报超出偶然的变化;并与其他模型相比,记入日志 / Has a model in use drifted, beyond chance? And the other models on the same outcomes. Kept in the log.

        例 e.g.: kemiao rating watch --table 2024.csv --label default --json
        """
        from kemiao.app.options import optional_day
        from kemiao.app.watch_shown import show_watch
        from kemiao.app.world import open_world
        from kemiao.bank.commands.watch_rating import Request, watch_rating
        from kemiao.base.refusal import Refusal

        if table is None and (label is not None or event is not None):
            raise typer.BadParameter(door.word("--label、--event 需要 --table", "--label and --event need --table"))
        with open_world(door) as world:
            found = watch_rating(world, Request(model, table, label, event, optional_day(as_of)))
        if isinstance(found, Refusal):
            return found
        if door.as_json:
            door.document(found)
        else:
            show_watch(door, found)
        return None

    @command(group)
    def record(door: Door, model: Model = None) -> object:
        """一个模型历次的监测,与其他模型的战绩 / Past watches of a model, and how other models did on the same outcomes.

        例 e.g.: kemiao rating record --json
        """
        from kemiao.app.watch_shown import show_record
        from kemiao.app.world import open_world
        from kemiao.bank.commands.watch_rating import past_watches
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            found = past_watches(world, model)
        if isinstance(found, Refusal):
            return found
        if door.as_json:
            door.lines({"seq": each.seq, "at": each.at, **each.public} for each in found)
        else:
            show_record(door, found)
        return None
