"""kemiao bench"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command

NAMES = ("features", "import", "assess", "book", "plan", "rating", "drift", "chain", "lending", "market", "portal")


def register(cli: typer.Typer) -> None:
    @command(cli)
    def bench(
        door: Door,
        names: Annotated[list[str], typer.Argument(help=f"{' | '.join(NAMES)} | all")],
        data: Annotated[
            Path | None,
            typer.Option(help="真实数据目录 / real data [KEMIAO_SHARED_DATA, ../shared/data]", show_default=False),
        ] = None,
        small: Annotated[
            bool, typer.Option("--small", help="十分之一的规模,试跑 / a tenth of the size, to try it")
        ] = False,
        large: Annotated[
            bool,
            typer.Option(
                "--large",
                help="特征另测十倍规模:5000 万张发票,约半小时,15 GB 磁盘 / features at ten times the size as well: 50 M invoices, half an hour, 15 GB of disk",
            ),
        ] = False,
    ) -> object:
        """基准:本软件与同类在一次运行里并排 / Figures, both sides in one run; repeats docs/benchmarks.md.  例 e.g.: kemiao bench features --json"""
        from kemiao.app.benches import run_bench

        wanted = list(NAMES) if "all" in names else names
        unknown = [name for name in wanted if name not in NAMES]
        if unknown:
            raise typer.BadParameter(f"{' | '.join(NAMES)} | all: {unknown[0]}")
        for name in wanted:
            for row in run_bench(name, data, 10 if small else 1, door, large=large):
                if door.as_json:
                    door.document(row)
                else:
                    door.text("  ".join(f"{key}={value}" for key, value in row.items()))
        return None
