"""kemiao plan"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kemiao.app.door import Door, command

SHOWN = 20


def register(cli: typer.Typer) -> None:
    @command(cli)
    def plan(
        door: Door,
        budget: Annotated[str, typer.Option(help="总预算 / the budget, e.g. 1亿")],
        least: Annotated[str, typer.Option("--min", help="每笔最少 / the smallest loan, e.g. 10万")],
        most: Annotated[str, typer.Option("--max", help="每笔最多 / the largest loan, e.g. 100万")],
        rate: Annotated[str, typer.Option(help="利率范围 / the rates to choose from, e.g. 4%..15%")],
        churn: Annotated[
            Path | None, typer.Option(help="利率—流失率表 / churn by rate: rate,churn_A,churn_B,…", show_default=False)
        ] = None,
        shock: Annotated[
            Path | None,
            typer.Option(
                help="行业冲击表 / factors by industry: industry,pd_factor,revenue_factor,lgd_factor",
                show_default=False,
            ),
        ] = None,
        table: Annotated[
            Path | None,
            typer.Option(
                help="不用已有决定,改用此表 / plan from a table instead of decisions: company,grade,industry,pd,limit",
                show_default=False,
            ),
        ] = None,
        include_refer: Annotated[
            bool, typer.Option("--include-refer", help="也考虑转人工的企业 / also those that wait for a person")
        ] = False,
        only_try: Annotated[
            bool, typer.Option("--try", help="只算,不记录计划 / compute it and record nothing")
        ] = False,
        rows: Annotated[int, typer.Option(help="显示前几笔 / how many loans to show")] = SHOWN,
    ) -> object:
        """信贷配置:在预算内,给谁、多少、什么利率,使预期利润最大 / Whom to lend to, how much, at which rate, under a budget.

        例 e.g.: kemiao plan --budget 1亿 --min 10万 --max 100万 --rate 4%..15% --churn rate_churn.csv --shock shock.csv
        """  # fmt: skip
        from kemiao.app.world import open_world
        from kemiao.bank.commands.plan import PlanRequest, plan, tried
        from kemiao.base.money import parse_fen
        from kemiao.base.rates import parse_ppm_range
        from kemiao.base.refusal import Refusal
        from kemiao.credit.allocate.terms import Terms

        amounts = []
        for name, typed in (("--budget", budget), ("--min", least), ("--max", most)):
            fen = parse_fen(typed)
            if isinstance(fen, Refusal):
                return Refusal.at(fen.code, fen.zh, fen.en, option=name)
            amounts.append(fen)
        rates = parse_ppm_range(rate)
        if isinstance(rates, Refusal):
            return Refusal.at(rates.code, rates.zh, rates.en, option="--rate")
        request = PlanRequest(Terms(*amounts, *rates), churn, shock, table, include_refer)
        with open_world(door, create=table is not None) as world:
            made = tried(world, request) if only_try else plan(world, request)
        if isinstance(made, Refusal):
            return made
        door.document(made) if door.as_json else _show(door, made, rows)
        return None


def _show(door: Door, made: dict[str, Any], rows: int) -> None:
    from kemiao.base.money import short_text
    from kemiao.base.rates import percent_text

    lang = door.lang

    def money(fen: int) -> str:
        return short_text(fen, lang)

    def word(row: dict[str, Any]) -> str:
        return str(row[lang])

    terms = made["terms"]
    band = f"{percent_text(terms['rate_low_ppm'])}..{percent_text(terms['rate_high_ppm'])}"
    counted = {"offered": ("按发出的额度计", "counted by what is offered"), "expected": ("按预期提款计", "counted by what is likely to be drawn")}  # fmt: skip
    door.text(door.word(f"计划 {made['plan_id']}", f"plan {made['plan_id']}"))
    door.table(
        "",
        [door.word("项目", "what"), door.word("数值", "value")],
        [
            (
                door.word("预算", "budget"),
                f"{money(terms['budget_fen'])} {door.word(*counted[terms['budget_counts']])}",
            ),
            (
                door.word("单户上限", "one borrower at most"),
                money(min(terms["max_fen"], terms["budget_fen"] * terms["borrower_share_ppm_max"] // 10**6)),
            ),
            (door.word("已用", "used"), money(made["spent_fen"])),
            (door.word("预期提款", "likely to be drawn"), money(made["expected_drawn_fen"])),
            (door.word("笔数", "loans"), f"{made['loans']} / {made['candidates']}"),
            (door.word("利率", "rates"), f"{band} ({terms['rates']})"),
            (door.word("预期利润", "expected profit"), money(made["expected_profit_fen"])),
            (door.word("不可能超过", "no plan can pass"), money(made["bound_fen"])),
            (door.word("已证明的差距", "proven gap"), percent_text(made["gap_ppm"], 4)),
            (door.word("方法", "method"), " → ".join(word(stage) for stage in made["method"])),
            *_one_more(door, made["one_more_yuan"], money, percent_text),
        ],
    )
    binding = [row for row in made["constraints"] if row["binds"]]
    door.table(
        door.word("起作用的限制", "limits that bind"),
        [door.word("限制", "limit"), door.word("上限", "at most"), door.word("已用", "used"), door.word("每放宽一元约多赚", "one more yuan of it, about")],
        [(word(row), money(row["limit_fen"]), money(row["used_fen"]), f"{row['price_estimate_ppm'] / 10**6:.4f}") for row in binding],
    )  # fmt: skip
    heads = [door.word("等级", "grade"), door.word("企业", "companies"), door.word("笔数", "loans"), door.word("金额", "amount"), door.word("预期利润", "expected profit")]  # fmt: skip
    for key, title in (("grade", door.word("按等级", "by grade")), ("industry", door.word("按行业", "by industry"))):
        heads[0] = title.removeprefix("按").removeprefix("by ")
        door.table(
            title, heads,
            [(row[key] or door.word("未知", "unknown"), row["candidates"], row["loans"], money(row["amount_fen"]), money(row["expected_profit_fen"])) for row in made[f"by_{key}"]],
        )  # fmt: skip
    if made["left_out"] or made["not_considered"]:
        door.table(
            door.word("没有得到贷款的企业", "companies without a loan"),
            [door.word("原因", "why"), door.word("家数", "companies")],
            [*((word(row), row["companies"]) for row in made["left_out"]), *((_kept_out(door, why), count) for why, count in made["not_considered"].items())],
        )  # fmt: skip
    door.table(
        door.word(f"贷款(前 {min(rows, made['loans'])} 笔,共 {made['loans']} 笔)", f"loans (the first {min(rows, made['loans'])} of {made['loans']})"),
        [door.word("企业", "company"), door.word("等级", "grade"), door.word("金额", "amount"), door.word("利率", "rate"), door.word("审批利率", "decided rate"), door.word("接受概率", "accepts"), door.word("预期利润", "expected profit")],
        [
            (loan["company"], loan["grade"], money(loan["amount_fen"]), percent_text(loan["rate_ppm"]),
             percent_text(loan["decided_rate_ppm"]) if loan["decided_rate_ppm"] is not None else "",
             percent_text(loan["accept_ppm"], 0), money(loan["expected_profit_fen"]))
            for loan in made["allocations"][:rows]
        ],
    )  # fmt: skip
    if "shock" in made:
        _show_shock(door, made["shock"], money, percent_text)
    for note in made["notes"]:
        door.say(f"注意 {note['code']}  {note['zh']}", f"note {note['code']}  {note['en']}")


def _one_more(door: Door, more: dict[str, Any], money: Any, percent_text: Any) -> list[tuple[str, str]]:
    def each(ppm: int) -> str:
        return f"{ppm / 10**6:.4f}"

    step, gain, low, high, guess = money(more["step_fen"]), each(more["per_yuan_ppm"]), each(more["proven_low_ppm"]), each(more["proven_high_ppm"]), each(more["price_estimate_ppm"])  # fmt: skip
    return [
        (
            door.word("预算每多一元", "one more yuan of budget"),
            door.word(
                f"多赚 {gain} 元(预算增加 {step} 后重新求解;已证明在 {low} 与 {high} 之间;影子价格估计 {guess})",
                f"earns {gain} yuan (planned again with {step} more; proven between {low} and {high}; price estimate {guess})",
            ),
        )
    ]


def _kept_out(door: Door, why: str) -> str:
    words = {
        "decline": ("审批拒绝", "declined"),
        "refer": ("等待人工审批(--include-refer 可纳入)", "waits for a person (--include-refer takes it in)"),
        "incomplete": ("决定缺少违约概率、等级或额度", "its decision lacks PD, grade or limit"),
    }
    return door.word(*words.get(why, (why, why)))


def _show_shock(door: Door, shock: dict[str, Any], money: Any, percent_text: Any) -> None:
    moved = shock["companies"]
    door.table(
        door.word(f"冲击 {shock['file']}", f"shock {shock['file']}"),
        [door.word("项目", "what"), door.word("数值", "value")],
        [
            (door.word("冲击前预期利润", "expected profit before"), money(shock["expected_profit_before_fen"])),
            (door.word("冲击后不改计划", "after, the plan unchanged"), money(shock["expected_profit_held_fen"])),
            (door.word("冲击后重新计划", "after, planned anew"), money(shock["expected_profit_after_fen"])),
            (door.word("重新计划的差距", "its proven gap"), percent_text(shock["gap_after_ppm"], 4)),
            (door.word("退出 / 新增 / 改变 / 不变", "dropped / added / changed / unchanged"), f"{moved['dropped']} / {moved['added']} / {moved['changed']} / {moved['unchanged']}"),
        ],
    )  # fmt: skip
    door.table(
        "",
        [door.word("行业", "industry"), door.word("笔数", "loans"), door.word("→", "→"), door.word("金额", "amount"), door.word("→", "→"), door.word("预期利润", "expected profit"), door.word("→", "→")],
        [
            (row["industry"] or door.word("未知", "unknown"), row["loans_before"], row["loans_after"], money(row["amount_before_fen"]), money(row["amount_after_fen"]), money(row["expected_profit_before_fen"]), money(row["expected_profit_after_fen"]))
            for row in shock["by_industry"]
        ],
    )  # fmt: skip
