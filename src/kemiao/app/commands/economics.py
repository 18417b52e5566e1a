"""kemiao economics"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Refusal

_STEPS = {"due_diligence": ("尽职调查", "due diligence")}  # beside those of an application


def register(cli: typer.Typer) -> None:
    @command(cli)
    def economics(
        door: Door,
        since: Annotated[str | None, typer.Option("--from", help="从哪天的申请起 / applications from this day on", show_default=False)] = None,
        until: Annotated[str | None, typer.Option("--until", help="到哪天的申请(含) / until this day", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """放贷的经济账:获贷率、到账时间、每笔成本、损失、利差,与业内并列 / Approvals, time to money, cost a loan, loss, margin, beside the field.

        例 e.g.: kemiao economics --from 2024-07-01 --json
        """
        from dataclasses import asdict

        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.economics import economics as run

        first, last = optional_day(since), optional_day(until)
        with open_world(door) as world:
            answer = run(world, first, last)
        if isinstance(answer, Refusal):
            return answer
        return door.document(asdict(answer)) if door.as_json else _show(door, answer)


def _show(door: Door, found: Any) -> None:
    from kemiao.bank.lending.applications import WORDS

    word = door.word
    texts = _units(door)
    measured = {
        "loans_of_applications": texts["ppm"](found.loans_of_applications_ppm), "time_to_money": word("未测(时钟停着)", "not measured: the clock stands still") if found.clock_stands_still else texts["seconds"](found.seconds_to_money["p50"]),
        "cost_of_a_loan": texts["fen"](found.cost_of_a_loan_fen), "loss": texts["ppm"](found.loss_expected_ppm), "rate": texts["ppm"](found.rate_ppm),
    }  # fmt: skip
    names = {
        "loans_of_applications": ("获贷率(放款 ÷ 已了结的申请)", "loans of finished applications"),
        "time_to_money": ("申请到放款(中位数)", "application to money, median"), "cost_of_a_loan": ("每笔成本", "cost a loan"),
        "loss": ("预期损失(年)", "expected loss a year"), "rate": ("利率", "rate"),
    }  # fmt: skip
    door.text(word(
        f"申请 {found.applications},已了结 {found.finished},放款 {found.loans},拒绝 {found.declined},撤回或过期 {found.withdrawn_or_lapsed}",
        f"applications {found.applications}, finished {found.finished}, loans {found.loans}, declined {found.declined}, withdrawn or lapsed {found.withdrawn_or_lapsed}",
    ))  # fmt: skip
    door.text(word(
        f"利差 {texts['ppm'](found.margin_ppm)},扣除预期损失 {texts['ppm'](found.margin_after_loss_ppm)};实际损失 {texts['ppm'](found.loss_realised_ppm)}",
        f"margin {texts['ppm'](found.margin_ppm)}, after expected loss {texts['ppm'](found.margin_after_loss_ppm)}; realised loss {texts['ppm'](found.loss_realised_ppm)}",
    ))  # fmt: skip
    rows = [
        [word(*names[each["figure"]]), measured[each["figure"]], texts[each["unit"]](each["value"]), each["period"], each[door.lang], "" if each["same"] else word("口径不同", "defined otherwise")]
        for each in found.practice
    ]  # fmt: skip
    door.table("", [word("指标", "figure"), word("本行", "ours"), word("业内", "the field"), word("时期", "period"), word("说明", "what"), ""], rows)  # fmt: skip
    door.table("", [word("步骤", "step"), word("次数", "count"), word("机器 p50 毫秒", "machine p50, ms"), "p99", word("人工(分)", "minutes"), word("成本", "cost")], [
        [word(*_STEPS.get(each["step"], WORDS.get(each["step"], (each["step"],) * 2))), each["count"], each["machine_ms_p50"], each["machine_ms_p99"], each["minutes"], texts["fen"](each["cost_fen"])] for each in found.by_step
    ], ("还没有任何步骤", "no step was taken yet"))  # fmt: skip
    door.say(
        "人工用时未经声明的,按 lending.toml 的假定", "minutes that nobody stated are those that lending.toml assumes"
    )


def _units(door: Door) -> dict[str, Callable[[Any], str]]:
    from kemiao.base.money import yuan_text
    from kemiao.base.rates import percent_text

    def seconds(value: int) -> str:
        if value < 600:
            return door.word(f"{value} 秒", f"{value} s")
        hours = value / 3600
        return door.word(f"{hours:.1f} 小时", f"{hours:.1f} h") if hours < 72 else door.word(f"{hours / 24:.1f} 天", f"{hours / 24:.1f} days")  # fmt: skip

    known: dict[str, Callable[[Any], str]] = {
        "ppm": percent_text, "seconds": seconds, "fen": lambda fen: door.word(f"{yuan_text(fen)} 元", f"{yuan_text(fen)} yuan"),
    }  # fmt: skip
    return {name: (lambda value, show=show: "—" if value is None else show(value)) for name, show in known.items()}
