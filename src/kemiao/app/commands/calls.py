"""kemiao calls list | record | history"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kemiao.app.door import Account, Door, command
from kemiao.base.refusal import Refusal

_OUTCOMES = {"called": ("已联系", "reached"), "interested": ("有意向", "interested"), "not_reached": ("未联系上", "not reached"), "not_now": ("暂不需要", "not now")}  # fmt: skip


def register(cli: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(
        group,
        name="calls",
        help="该联系谁、为什么、结果如何 / Whom to call, why, and what came of it.  例 e.g.: kemiao calls list",
    )

    @command(group, name="list")
    def list_(
        door: Door,
        top: Annotated[int, typer.Option("--top", min=1, max=1000, help="前几家 / how many")] = 20,
    ) -> object:
        """按预期收益排列;机会是政策的假定 / By expected value; the chances are policy's assumptions.  例 e.g.: kemiao calls list --top 50 --json"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.call_list import call_list
        from kemiao.bank.lending.registered_name import registered_names

        with open_world(door) as world:
            answer = call_list(world)
            if isinstance(answer, Refusal):
                return answer
            rows = answer.rows[:top]
            names = registered_names(world, [row["company"] for row in rows]) if not door.as_json else {}
        return door.lines(rows) if door.as_json else _show(door, answer, rows, names)

    @command(group)
    def record(
        door: Door,
        company: Annotated[str, typer.Argument(help="企业 / the company's key")],
        outcome: Annotated[str, typer.Argument(help="called | interested | not_reached | not_now")],
        until: Annotated[str | None, typer.Option("--until", help="哪天之前不再联系,默认按政策 / not again before this day; by policy where none is named", show_default=False)] = None,
        note: Annotated[str | None, typer.Option("--note", help="备注,加密保存 / a note, sealed", show_default=False)] = None,
        as_: Account = None,
    ) -> object:  # fmt: skip
        """记下联系的结果 / Records what came of a call.  例 e.g.: kemiao calls record uscc:91… not_now --until 2024-10-01 --as li"""
        from kemiao.app.options import company_keys, optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.call_list import Made, record_call

        (key,) = company_keys([company]) or ("",)
        made = Made(key, outcome, optional_day(until), note)
        with open_world(door) as world:
            answer = record_call(world, as_, made)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document(answer)
        return door.text(door.word(f"{key}  {_OUTCOMES[outcome][0]};{answer['until']} 之前不再出现", f"{key}  {_OUTCOMES[outcome][1]}; not shown before {answer['until']}"))  # fmt: skip

    @command(group)
    def history(door: Door, company: Annotated[str, typer.Argument(help="企业 / the company's key")]) -> object:
        """一家企业的联系记录 / The calls to a company.  例 e.g.: kemiao calls history uscc:91…"""
        from kemiao.app.options import company_keys
        from kemiao.app.world import open_world
        from kemiao.bank.commands.call_list import calls_made

        (key,) = company_keys([company]) or ("",)
        with open_world(door) as world:
            rows = calls_made(world, key)
        if door.as_json:
            return door.lines(rows)
        titles = [door.word(*pair) for pair in (("时间", "at"), ("经办", "by"), ("结果", "outcome"), ("不早于", "not before"), ("备注", "note"))]  # fmt: skip
        return door.table(key, titles, [[row["at"], row["by"], door.word(*_OUTCOMES[row["outcome"]]), row["until"], row["note"]] for row in rows], ("还没有联系过", "no call was recorded"))  # fmt: skip


def _show(door: Door, answer: Any, rows: Any, names: dict[str, str]) -> None:
    from kemiao.base.money import yuan_text
    from kemiao.base.rates import percent_text

    titles = [door.word(*pair) for pair in (("企业", "company"), ("机会", "chance"), ("预期收益(元)", "expected value, yuan"), ("产品", "product"), ("说什么", "what to say"))]  # fmt: skip
    door.table(
        door.word(f"{answer.day}  有评估的 {answer.considered} 家,暂不联系 {answer.waiting} 家", f"{answer.day}  {answer.considered} companies assessed, {answer.waiting} not to be called yet"),
        titles,
        [
            [names.get(row["company"], row["company"]), percent_text(row["chance_ppm"], 0), "—" if row["value_fen"] is None else yuan_text(row["value_fen"]),
             door.word(row["product"]["zh"], row["product"]["en"]) if row["product"] else "—", "\n".join(reason[door.lang] for reason in row["reasons"])]
            for row in rows
        ],
        ("没有需要联系的企业", "nobody needs a call"),
    )  # fmt: skip
    door.say("成功机会是 calling.toml 的假定,尚未由结果检验", "the chances are assumptions of calling.toml, not yet checked against outcomes")  # fmt: skip
