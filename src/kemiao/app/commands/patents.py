"""kemiao patents COMPANY; kemiao patent-value --method …"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Refusal

Years = Annotated[
    str | None, typer.Option(help="逐年金额,逗号分隔 / amounts of the years: 200万,300万", show_default=False)
]
Rate = Annotated[str | None, typer.Option(help="比例 / a rate: 3%", show_default=False)]
Amount = Annotated[str | None, typer.Option(help="金额 / an amount: 120万", show_default=False)]


def register(cli: typer.Typer) -> None:
    @command(cli)
    def patents(
        door: Door,
        company: Annotated[str, typer.Argument(help="企业 / the company's key")],
        as_of: Annotated[str | None, typer.Option("--as-of", help="以哪天为准 / as of a day", show_default=False)] = None,
        loan_months: Annotated[int | None, typer.Option("--loan-months", min=1, help="贷款月数 / months of the loan", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """逐件专利的价值指数、可信度、各法评估值与可质押额 / Each patent: value index, confidence, values by method, pledge.

        例 e.g.: kemiao patents uscc:91110108MA01KPGK0L --loan-months 24 --json
        """
        from kemiao.app.options import company_keys, optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.patents import Request
        from kemiao.bank.commands.patents import patents as list_patents

        (key,) = company_keys([company]) or ("",)
        asked = Request(key, optional_day(as_of), loan_months)
        with open_world(door) as world:
            answer = list_patents(world, asked)
        if isinstance(answer, Refusal):
            return answer
        return door.document(answer) if door.as_json else _show(door, answer)

    @command(cli, name="patent-value")
    def value(
        door: Door,
        method: Annotated[str, typer.Option("--method", help="cost | royalty | profit | market")],
        direct: Amount = None, indirect: Amount = None, profit: Rate = None, obsolescence: Rate = None,
        revenue: Years = None, royalty: Rate = None, profits: Years = None, share: Rate = None, discount: Rate = None,
        comparable: Amount = None,
        adjust: Annotated[str | None, typer.Option(help="调整系数,逗号分隔 / adjustments: 1.05,0.9", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """评估计算器:成本法、收益法(许可费节省、利润分成)、市场法,精确到分 / The three methods of valuation, to the fen.

        例 e.g.: kemiao patent-value --method royalty --revenue 200万,300万,350万,300万,200万 --royalty 3% --discount 20%
        """
        from kemiao.credit.technology.valuation import METHODS

        if method not in METHODS:
            raise typer.BadParameter(" | ".join(METHODS), param_hint="--method")
        given = {
            "cost": {"--direct": direct, "--indirect": indirect, "--profit": profit, "--obsolescence": obsolescence},
            "royalty": {"--revenue": revenue, "--royalty": royalty, "--discount": discount},
            "profit": {"--profits": profits, "--share": share, "--discount": discount},
            "market": {"--comparable": comparable, "--adjust": adjust},
        }[method]
        lacking = [name for name, text in given.items() if text is None]
        if lacking:
            raise typer.BadParameter(door.word("请给出 ", "please give ") + " ".join(lacking))
        answer = _calculated(method, {name: str(text) for name, text in given.items()})
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document(answer)
        from kemiao.base.money import yuan_text

        if answer["parts_fen"]:
            years = [[f"{place}", yuan_text(part)] for place, part in enumerate(answer["parts_fen"], start=1)]
            door.table("", [door.word("年", "year"), door.word("现值(元)", "present value, yuan")], years)
        return door.text(f"{door.word(*METHODS[method])}: {yuan_text(answer['value_fen'])}")


def _calculated(method: str, given: dict[str, str]) -> dict[str, Any] | Refusal:
    from kemiao.base.money import parse_fen
    from kemiao.base.rates import parse_ppm
    from kemiao.credit.technology.valuation import cost_value_fen, income_value, market_value_fen

    money = {"--direct", "--indirect", "--comparable", "--revenue", "--profits"}
    read: dict[str, list[int]] = {}
    for name, text in given.items():
        for one in text.split(","):
            number = (parse_fen if name in money else parse_ppm)(one)
            if isinstance(number, Refusal):
                return Refusal(number.code, number.zh, number.en, (("option", name),))
            if number < 0 and name != "--profits":
                return Refusal.at("BELOW_ZERO", f"“{one}”小于零", f"{one!r} is below zero", option=name)
            read.setdefault(name, []).append(number)
    single = {name for name in read if name not in ("--revenue", "--profits", "--adjust")}
    several = [name for name in sorted(single) if len(read[name]) > 1]
    if several:
        return Refusal.at("ONE_NUMBER", "只要一个数", "one number is expected", option=several[0])
    one = {name: read[name][0] for name in single}
    if one.get("--obsolescence", 0) > 1_000_000:
        return Refusal.at("OUT_OF_RANGE", "贬值率不超过 100%", "obsolescence is at most 100%", option="--obsolescence")
    parts: tuple[int, ...] = ()
    match method:
        case "cost":
            value = cost_value_fen(one["--direct"], one["--indirect"], one["--profit"], one["--obsolescence"])
        case "market":
            value = market_value_fen(one["--comparable"], read["--adjust"])
        case _:
            amounts, share = ("--revenue", "--royalty") if method == "royalty" else ("--profits", "--share")
            found = income_value(read[amounts], one[share], one["--discount"])
            value, parts = found.value_fen, found.parts_fen
    return {"method": method, "value_fen": value, "parts_fen": list(parts), "inputs": read}


def _show(door: Door, answer: dict[str, Any]) -> None:
    from kemiao.base.money import short_text
    from kemiao.base.rates import percent_text
    from kemiao.credit.technology.patent_value import GROUP_WORDS
    from kemiao.credit.technology.valuation import BLOCKS, METHODS

    def money(fen: int | None) -> str:
        return "—" if fen is None else short_text(fen, door.lang)

    def points(milli: int | None) -> str:
        return "—" if milli is None else f"{milli / 1000:.1f}"

    rows = []
    for each in answer["patents"]:
        values = {one["method"]: one["value_fen"] for one in each["values"]}
        rows.append([
            each["number"], each["kind"], points(each["index_milli"]), percent_text(each["confidence_ppm"], 0),
            *(points(each["groups"][name]) for name in GROUP_WORDS), *(money(values[name]) for name in ("cost", "royalty", "profit")),
            money(each["lending_fen"]), money(each["pledge_fen"]),
            "; ".join(door.word(*BLOCKS[name]) for name in each["blocks"]),
        ])  # fmt: skip
    titles = [
        door.word("号码", "number"), door.word("类型", "kind"), door.word("指数", "index"), door.word("可信度", "confidence"),
        *(door.word(*GROUP_WORDS[name]) for name in GROUP_WORDS), *(door.word(*METHODS[name]) for name in ("cost", "royalty", "profit")),
        door.word("放款用", "for lending"), door.word("可质押", "pledge"), door.word("不可质押的原因", "what blocks a pledge"),
    ]  # fmt: skip
    door.table(f"{answer['company']}  {answer['as_of']}", titles, rows)
    lacking = sorted({name for each in answer["patents"] for name in each["unknown"]})
    door.text(
        door.word(
            f"组合可质押:{money(answer['pledge_fen'])}", f"pledge of the portfolio: {money(answer['pledge_fen'])}"
        )
    )
    if lacking:
        words = {part["name"]: door.word(part["zh"], part["en"]) for part in answer["patents"][0]["parts"]}
        door.text(door.word("未知,不降低指数,只降低可信度:", "unknown; lowers the confidence, not the index: ") + "、".join(words[name] for name in lacking))  # fmt: skip
