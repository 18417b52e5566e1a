"""kemiao override DECISION; list | test"""

from __future__ import annotations

from typing import Annotated

import typer

from kemiao.app.door import Account, Door, command
from kemiao.base.refusal import Refusal

_GROUPS = {
    "as_decided": ("按系统决定", "as decided"), "approved_by_person": ("人工改为批准", "approved by a person"),
    "declined_by_person": ("人工改为拒绝(其他决定下的贷款)", "declined by a person (loans on other decisions)"),
}  # fmt: skip


class _DecisionFirst(typer.core.TyperGroup):
    """`kemiao override DECISION …` is `kemiao override make DECISION …`: what is no verb is a decision."""

    def parse_args(self, ctx, args):
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["make", *args]
        return super().parse_args(ctx, args)


def register(cli: typer.Typer) -> None:
    group = typer.Typer(cls=_DecisionFirst, no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(group, name="override", help="人工推翻决定,留有理由 / A person decides otherwise, with a reason.  例 e.g.: kemiao override dec-… --to approve --reason …")  # fmt: skip

    @command(group)
    def make(
        door: Door,
        decision: Annotated[str, typer.Argument(metavar="DECISION", help="决定编号 / the decision's id")],
        to: Annotated[str, typer.Option("--to", help="approve | decline")],
        reason: Annotated[str, typer.Option("--reason", help="理由 / why")],
        as_: Account = None,
    ) -> object:
        """改为批准或拒绝(默认动作,“make”可省略),须另一人批准 / Approves or declines otherwise; a second person approves.

        例 e.g.: kemiao override dec-0123456789abcdef0123 --to approve --reason 已取得龙头企业三年订单并核实 --as li
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.override import override

        if to not in ("approve", "decline"):
            raise typer.BadParameter("approve | decline", param_hint="--to")
        with open_world(door) as world:
            answer = override(world, as_, decision, "approve" if to == "approve" else "decline", reason)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document(answer)
        return door.text(f"{decision}: {answer['from']} → {to}  ({answer['by']}, {answer['approved_by']})")

    @command(group, name="list")
    def list_(door: Door) -> object:
        """推翻过的决定与占比 / Decisions that persons overrode, and how often.  例 e.g.: kemiao override list --json"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.override import counted, overrides
        from kemiao.base.rates import percent_text

        with open_world(door) as world:
            rows, count = list(overrides(world)), counted(world)
        if door.as_json:
            return door.document(count | {"rows": rows})
        titles = [("决定", "decision"), ("企业", "company"), ("时间", "at"), ("由", "from"), ("改为", "to"), ("经办", "by"), ("复核", "approved by"), ("理由", "reason")]  # fmt: skip
        door.table("", [door.word(*title) for title in titles], [
            [row["decision"], row["company"], row["at"][:16], row["from"], row["to"], row["by"], row["approved_by"], row["reason"]] for row in rows
        ], ("没有推翻过的决定", "no decision was overridden"))  # fmt: skip
        share = "—" if count["share_ppm"] is None else percent_text(count["share_ppm"])
        return door.text(door.word(f"{count['overrides']} 次,占 {count['decisions']} 份决定的 {share}", f"{count['overrides']} overrides, {share} of {count['decisions']} decisions"))  # fmt: skip

    @command(group)
    def test(
        door: Door,
        bad_days: Annotated[int, typer.Option("--bad-days", min=0, help="逾期超过几天算坏 / days past due beyond which it is bad")] = 90,
    ) -> object:  # fmt: skip
        """回测:人工批准的贷款后来如何 / Back test: how the loans that persons approved turned out.  例 e.g.: kemiao override test"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.override import back_test
        from kemiao.base.rates import percent_text

        with open_world(door) as world:
            rows = back_test(world, bad_days)
        if door.as_json:
            return door.lines(rows)
        titles = [
            ("来由", "how it was approved"),
            ("笔数", "loans"),
            ("变坏", "bad"),
            ("坏账率", "bad rate"),
            ("预期", "expected"),
        ]
        door.table("", [door.word(*title) for title in titles], [
            [door.word(*_GROUPS[row["group"]]), row["loans"], row["bad"], *("—" if row[name] is None else percent_text(row[name]) for name in ("bad_ppm", "expected_ppm"))]
            for row in rows
        ], ("还没有可回测的贷款", "there are no loans to test on yet"))  # fmt: skip
        return None
