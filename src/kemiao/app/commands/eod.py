"""kemiao eod"""

from __future__ import annotations

from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Refusal


def register(cli: typer.Typer) -> None:
    @command(cli)
    def eod(
        door: Door,
        day: Annotated[str | None, typer.Option("--day", help="结到哪天,默认今天 / up to a day, today by default", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """日终:计息、到期、记账、分类、减值 / End of day: accrual, dues, postings, classes, allowances.

        例 e.g.: kemiao eod --day 2024-07-31
        """
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.end_of_day import end_of_day

        until = optional_day(day)
        with open_world(door) as world, door.progress("日终", "end of day") as bar:
            answer = end_of_day(world, until, bar)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({
                "days": [each.isoformat() for each in answer.days], "closed_until": answer.closed_until, "loans": answer.loans,
                "postings": answer.rows, "again": not answer.days,
            })  # fmt: skip
        if answer.closed_until is None:
            return door.text(door.word("还没有贷款,没有可结的日子", "there are no loans yet: nothing to close"))
        if not answer.days:
            return door.text(door.word(f"已结到 {answer.closed_until}", f"closed already, up to {answer.closed_until}"))
        return door.text(door.word(
            f"结了 {len(answer.days)} 天,至 {answer.closed_until}:{answer.loans:,} 笔贷款,{answer.rows:,} 条分录",
            f"closed {len(answer.days)} days, up to {answer.closed_until}: {answer.loans:,} loans, {answer.rows:,} postings",
        ))  # fmt: skip
