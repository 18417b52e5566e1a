"""kemiao rating compare"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command

Model = Annotated[str, typer.Argument(help="模型摘要或名称 / digest or name")]


def register(group: typer.Typer) -> None:
    @command(group)
    def compare(
        door: Door,
        one: Model,
        other: Model,
        table: Annotated[Path | None, typer.Option("--table", help="有标签的表;不给则用本目录有履约结果的企业 / a labelled table; without it the home's companies with an outcome", show_default=False)] = None,
        label: Annotated[str | None, typer.Option("--label", help="标签列(违约=1) / the column that says who defaulted", show_default=False)] = None,
        event: Annotated[str | None, typer.Option("--event", help="标签中表示违约的值 / the label's value that means default", show_default=False)] = None,
        as_of: Annotated[str | None, typer.Option("--as-of", help="特征以哪天为准(只用于本目录的资料) / the day of the features (home's facts only)", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """两个模型在同样的行上:AUC 之差与区间、等级迁移、指标之别 / Two models on the same rows: AUC, grades, what they ask.

        例 e.g.: kemiao rating compare first second --table later.csv --label default
        """
        from dataclasses import asdict

        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.compare_ratings import Request, compare_ratings
        from kemiao.base.refusal import Refusal

        if table is not None and label is None:
            raise typer.BadParameter(door.word("--table 需要 --label", "--table needs --label"))
        with open_world(door) as world:
            found = compare_ratings(world, Request(one, other, table, label or "defaulted", event, optional_day(as_of)))
        if isinstance(found, Refusal):
            return found
        if door.as_json:
            moved = [{"one": a, "other": b, "rows": rows} for a, b, rows in found.migrations]
            door.document(asdict(found) | {"migrations": moved})
        else:
            _show(door, found)
        return None


def _show(door: Door, found) -> None:
    titles = (("模型", "model"), ("名称", "name"), ("种类", "kind"), ("AUC", "AUC"), ("平均违约率", "mean PD"))
    rows = [(side.digest[:12], side.name, side.kind, f"{side.auc.value:.4f} [{side.auc.low:.4f}, {side.auc.high:.4f}]", f"{side.pd_ppm_mean / 1e6:.2%}") for side in (found.one, found.other)]  # fmt: skip
    door.table("", [door.word(*pair) for pair in titles], rows)
    gap = f"{found.difference.value:+.4f} [{found.difference.low:+.4f}, {found.difference.high:+.4f}], p = {found.p:.3g}"  # fmt: skip
    door.text(door.word(f"AUC 之差 {gap};{found.rows} 行,违约 {found.events}", f"difference of AUC {gap}; {found.rows} rows, {found.events} defaults"))  # fmt: skip
    door.text(door.word(f"等级分布的 PSI {found.psi:.3f}(仅凭偶然可达 {found.psi_noise:.3f})", f"PSI of the grades {found.psi:.3f} (chance alone reaches {found.psi_noise:.3f})"))  # fmt: skip
    grades = [name for name in found.grades if any(other == name for _, other, _ in found.migrations)]
    cells = {(a, b): rows for a, b, rows in found.migrations}
    columns = [
        door.word(f"{found.one.name} ↓  {found.other.name} →", f"{found.one.name} ↓  {found.other.name} →"),
        *grades,
    ]
    door.table(door.word("等级迁移(行数)", "grades (rows)"), columns, ([a, *(cells.get((a, b), "") for b in grades)] for a in dict.fromkeys(a for a, _, _ in found.migrations)))  # fmt: skip
    door.table(door.word("指标与分差", "what is asked, and the points between worst and best"), [door.word("指标", "feature"), found.one.name, found.other.name], ((each.feature, each.span_one, each.span_other) for each in found.asked))  # fmt: skip
    for side in (found.one, found.other):
        if side.learnt_here:
            door.say(f"{side.name} 看来正是在这些行上训练的,它的 AUC 偏高", f"{side.name} seems to have learnt from these very rows: its AUC is too high then")  # fmt: skip
