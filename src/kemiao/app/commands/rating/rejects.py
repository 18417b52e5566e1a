"""kemiao rating rejects"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.commands.rating.fit import Drop, Event, Key, Seed
from kemiao.app.door import Door, command


def register(group: typer.Typer) -> None:
    @command(group)
    def rejects(
        door: Door,
        table: Annotated[Path, typer.Option("--table", help="含被拒申请人的表 / a table that holds refused applicants too")],
        label: Annotated[str, typer.Option("--label", help="标签列,被拒者为空 / the label, empty for the refused")],
        rejected: Annotated[str | None, typer.Option("--rejected", help="谁被拒:列=值;不给则无标签者 / who was refused: COLUMN=VALUE; else who has no label", show_default=False)] = None,
        drop: Drop = None, key: Key = None, event: Event = None, seed: Seed = 0,
    ) -> object:  # fmt: skip
        """拒绝推断:从乐观到悲观的一个区间 / Reject inference by parcelling, as a band from optimistic to pessimistic.

        例 e.g.: kemiao rating rejects --table applicants.csv --label default --rejected status=declined
        """
        from dataclasses import asdict

        from kemiao.app.world import world_if_any
        from kemiao.bank.commands.infer_rejects import Request, infer_rejects
        from kemiao.base.refusal import Refusal

        column, sign, value = (rejected or "").partition("=")
        if rejected is not None and not (column and sign and value):
            raise typer.BadParameter("COLUMN=VALUE", param_hint="--rejected")
        dropped = tuple(name.strip() for name in drop.split(",") if name.strip()) if drop else ()
        asked = Request(table, label, dropped, key, event, (column, value) if rejected else None, seed)
        with world_if_any(door, needed=False) as world, door.progress("推断", "inferring") as bar:
            answer = infer_rejects(world, asked, world.clock.today() if world else None, bar)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            found = asdict(answer)
            door.document(found.pop("found") | found)
        else:
            _show(door, answer)
        return None


def _show(door: Door, answer) -> None:
    found = answer.found
    inferred = [each for each in found.arms if each.factor is not None]
    ends = [min(each.bad_rate for each in inferred), max(each.bad_rate for each in inferred)]
    share = [min(each.approval for each in inferred), max(each.approval for each in inferred)]
    door.text(door.word(
        f"全部申请人的违约率在 {ends[0]:.1%} 与 {ends[1]:.1%} 之间;违约不超过 {found.bad_rate_max:.0%} 时可通过 {share[0]:.0%} 至 {share[1]:.0%}。{found.below_all:.0%} 的被拒者低于几乎所有已批准者,对他们只能外推。",
        f"The bad rate of all applicants lies between {ends[0]:.1%} and {ends[1]:.1%}; at a bad rate of {found.bad_rate_max:.0%}, {share[0]:.0%} to {share[1]:.0%} can be approved. {found.below_all:.0%} of the refused lie below nearly all accepted: there it is extrapolation.",
    ))  # fmt: skip
    titles = [door.word(*pair) for pair in (("倍数", "factor"), ("被拒者违约率", "refused: bad rate"), ("全部违约率", "all: bad rate"), ("已批准者折外 AUC", "AUC of the accepted"), ("可通过", "approved"), ("已批准者分数变化 10/50/90%", "points shift 10/50/90 %"))]  # fmt: skip
    rows = [
        (door.word("不推断", "none") if each.factor is None else f"{each.factor:g}", f"{each.rejected_bad_rate:.1%}", f"{each.bad_rate:.1%}",
         f"{each.auc_accepted.value:.3f} [{each.auc_accepted.low:.3f}, {each.auc_accepted.high:.3f}]", f"{each.approval:.0%}", " / ".join(f"{at:+.0f}" for at in each.shift))
        for each in found.arms
    ]  # fmt: skip
    door.table("", titles, rows)
    if answer.labels_ignored:
        door.say(f"{answer.labels_ignored} 户被拒者有标签,已忽略:没有人能观察到", f"{answer.labels_ignored} refused applicants had a label, which was ignored: nobody can have observed it")  # fmt: skip
    if answer.left_out:
        door.say(f"{answer.left_out} 行既未被拒也无标签,已略过", f"{answer.left_out} rows are neither refused nor labelled and were left out")  # fmt: skip
