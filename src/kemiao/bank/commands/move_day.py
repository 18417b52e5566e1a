"""move_day: the day at which a study's home stands still, moved on. A home on the machine's clock has no such day."""

from __future__ import annotations

import os
import re
from datetime import date

from kemiao.bank.world import World
from kemiao.base.refusal import Outage, Refusal

_TODAY = re.compile(r"^today\s*=\s*[0-9-]+", re.MULTILINE)


def move_day(world: World, day: date) -> date | Refusal:
    """The day that stood before. Days run forward only: what was decided and posted has its day.

    The settings change first, then the event is committed; after a crash between the two the day has moved, unrecorded.
    """
    before, settings = world.home.today, world.home.settings
    if before is None:
        return Refusal.at(
            "DAY_NOT_FIXED", "本目录用机器的时钟;只有 kemiao init --today 建立的目录才能移动当日",
            "this home runs on the machine's clock; only a home made by kemiao init --today has a day to move", home=world.home.root,
        )  # fmt: skip
    if day < before:
        return Refusal.at(
            "DAY_RUNS_BACK",
            f"当日已是 {before},不能往回",
            f"the day is {before} already and does not run back",
            day=day,
        )
    with world.log.write() as tx:
        if day != before:
            text, found = _TODAY.subn(f"today = {day.isoformat()}", settings.read_text("utf-8"), count=1)
            if not found:
                return Refusal.at("BAD_SETTINGS", "找不到 today 一行", "there is no line `today = …`", file=settings)
            try:
                building = settings.with_suffix(f".{os.getpid()}.new")
                building.write_text(text, "utf-8")
                building.replace(settings)
            except OSError as error:
                raise Outage(
                    "HOME_UNWRITABLE", f"数据目录无法写入:{error.strerror}", f"the home can't be written: {error.strerror}", {"file": settings}
                ) from error  # fmt: skip
            tx.append("day_moved", public={"before": before.isoformat(), "day": day.isoformat()})
    return before
