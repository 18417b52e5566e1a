"""kemiao rating report"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.commands.rating.fit import (
    AsOf,
    Baseline,
    Drop,
    Event,
    Fold,
    Groups,
    Horizon,
    Key,
    Kind,
    Label,
    Seed,
    Size,
    Table,
    Test,
    Time,
    Weight,
    request_of,
)
from kemiao.app.door import Door, command


def register(group: typer.Typer) -> None:
    @command(group)
    def report(
        door: Door,
        model: Annotated[str | None, typer.Argument(help="已训练的模型;不给则现场验证 / a fitted model; without it the table or home is validated now")] = None,
        output: Annotated[Path, typer.Option("--output", help="输出文件 .pdf | .html | .json / the file to write")] = ...,
        table: Table = None, label: Label = None, drop: Drop = None, key: Key = None, event: Event = None, baseline: Baseline = None,
        seed: Seed = 0, horizon_days: Horizon = None, as_of: AsOf = None, kind: Kind = "best", fold: Fold = None, test: Test = None, weight: Weight = None,
        groups: Groups = None, size: Size = None, time: Time = None,
    ) -> object:  # fmt: skip
        """模型验证报告:区分、校准、公平、稳定、收益 / The validation report of a model.

        例 e.g.: kemiao rating report --table loans.csv --label default --groups region --size sales --time year --output report.pdf
        """
        if model is not None and table is not None:
            raise typer.BadParameter(door.word("给出模型或 --table,不能都给", "name a model or --table, not both"))

        from kemiao.app.validation_file import report_room, show_findings
        from kemiao.app.world import day_of, world_if_any
        from kemiao.bank.commands.examine_rating import examination_of, examine_rating
        from kemiao.base.refusal import Refusal

        request = request_of(door, table, label, drop, key, event, baseline, seed, horizon_days, as_of, kind, fold, test, weight, groups, size, time)  # fmt: skip
        with report_room(output, "--output") as paper, world_if_any(door, needed=table is None) as world:
            if model is not None:
                found = examination_of(world, model)
            else:
                with door.progress("验证", "validating") as bar:
                    found = examine_rating(world, request, world.clock.today() if world else None, bar)
            if isinstance(found, Refusal):
                return found
            told = paper.write(found, door.lang, day_of(world))
        if door.as_json:
            door.document(told)
        else:
            show_findings(door, told)
        return None
