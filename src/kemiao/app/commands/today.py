"""kemiao today"""

from __future__ import annotations

from typing import Annotated

import typer

from kemiao.app.door import Door, command


def register(cli: typer.Typer) -> None:
    @command(cli)
    def today(
        door: Door,
        day: Annotated[str | None, typer.Argument(help="移到这一天 / move on to this day", show_default=False)] = None,
    ) -> object:
        """本目录的当日;研究与演示用的目录可把它往后移 / The day of this home; in a home for studies it can be moved on.  例 e.g.: kemiao today 2024-08-01"""
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.move_day import move_day
        from kemiao.base.refusal import Refusal

        wanted = optional_day(day)
        with open_world(door) as world:
            before = world.clock.today()
            if wanted is not None and isinstance(refused := move_day(world, wanted), Refusal):
                return refused
            fixed = world.home.today is not None
        shown = wanted or before
        if door.as_json:
            return door.document({"today": shown, "before": before, "fixed": fixed})
        door.text(f"{shown}" if fixed else door.word(f"{shown}(机器的时钟)", f"{shown} (the machine's clock)"))
        return None
