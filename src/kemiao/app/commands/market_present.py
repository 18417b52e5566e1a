"""kemiao market try | outlook | funded | recheck: what stands posted now, what a funder has, and a call computed again."""

from __future__ import annotations

from typing import Annotated

import typer

from kemiao.app.door import REFUSED, Door, command
from kemiao.app.groups import group

Funder = Annotated[str | None, typer.Option("--funder", help="只看这家机构 / of this funder alone", show_default=False)]


def register(cli: typer.Typer) -> None:
    market = group(cli, "market")

    @command(market, name="try")
    def try_(
        door: Door,
        company: Annotated[str, typer.Argument(help="企业 / the company")],
        amount: Annotated[str, typer.Option("--amount", help="金额 / amount: 200万")],
        months: Annotated[int, typer.Option("--months", help="期限(月)/ months")],
        rate_max: Annotated[str, typer.Option("--rate-max", help="最高综合成本 / highest true annual cost: 6%")],
        more: Annotated[list[str] | None, typer.Option("--set", help="其他列,可多次 / any other column: NAME=VALUE", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """挂牌之前:按现有挂牌,有多少家资金方可以成交 / Before posting: how many funders could sign, as things stand now. Nothing is posted.

        例 e.g.: kemiao market try 91310000MA1FL0L951 --amount 200万 --months 12 --rate-max 6%
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.market_present import try_request
        from kemiao.base.rates import percent_text
        from kemiao.base.refusal import Refusal

        cells = {"company": company, "amount": amount, "months": str(months), "rate_max": rate_max}
        for text in more or ():
            name, equals, value = text.partition("=")
            if not equals or not name.strip():
                raise typer.BadParameter(f"NAME=VALUE: {text}", param_hint="--set")
            cells[name.strip()] = value
        with open_world(door) as world:
            found = try_request(world, cells)
        if isinstance(found, Refusal):
            return found
        if door.as_json:
            return door.document(found.as_json())
        door.text(door.word(f"{found.mandates} 笔资金中,{found.quotes} 家资金方可以成交", f"of {found.mandates} mandates, {found.quotes} funders could sign"))  # fmt: skip
        if found.cost_ppm is not None:
            three = " / ".join(percent_text(found.cost_ppm[name]) for name in ("lower", "median", "upper"))
            door.text(door.word(f"综合成本四分位:{three}", f"quartiles of the true annual cost: {three}"))
        rows = [(code, count) for code, count in sorted(found.unmet.items())]
        return door.table(door.word("未满足的条件", "terms not met"), [door.word("条件", "term"), door.word("资金数", "mandates")], rows, ("没有", "none"))  # fmt: skip

    @command(market)
    def outlook(
        door: Door,
        funder: Funder = None,
        arrivals: Annotated[int | None, typer.Option(min=0, max=100_000, help="预计多少笔需求;不给则与现在相同 / how many requests are expected; as many as now without", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """按现有挂牌,下一次撮合的预计放款 / What the next call may bring the mandates that stand posted now.  例 e.g.: kemiao market outlook"""
        from kemiao.app.market_outlook_shown import show_forecast
        from kemiao.app.world import open_world
        from kemiao.bank.commands.market_present import outlook as run
        from kemiao.bank.market.funders import mandates
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            own = None if funder is None else {each.id for each in mandates(world, funder)}
            found = run(world, own, None, arrivals)
        if isinstance(found, Refusal):
            return found
        return door.document(found) if door.as_json else show_forecast(door, found)

    @command(market)
    def funded(door: Door, funder: Funder = None) -> object:
        """资金方的撮合与由此而来的贷款 / A funder's matches and the loans that came of them.  例 e.g.: kemiao market funded --funder 城东支行"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.funding import funded as run
        from kemiao.bank.commands.funding import portfolio
        from kemiao.base.money import short_text
        from kemiao.base.rates import percent_text

        with open_world(door) as world:
            day = world.clock.today()
            rows = [each.as_json(day) for each in run(world, funder)]
            held = portfolio(world, funder)
        if door.as_json:
            return door.document({"matches": rows, "portfolio": held})
        heads = (("撮合", "match"), ("企业", "company"), ("资金", "mandate"), ("金额", "amount"), ("月", "months"), ("利率", "rate"), ("至", "until"), ("贷款", "loan"))  # fmt: skip
        door.table(
            door.word("撮合", "matches"),
            [door.word(*pair) for pair in heads],
            [(row["match"], row["company"], row["mandate"], short_text(row["amount_fen"], door.lang), row["months"], percent_text(row["rate_ppm"]), row["until"], row["loan"]) for row in rows],
            ("没有撮合", "there are no matches"),
        )  # fmt: skip
        loans = (
            ("贷款", "loan"),
            ("企业", "company"),
            ("本金余额", "principal"),
            ("已收利息", "interest paid"),
            ("逾期天数", "days past due"),
        )
        return door.table(
            door.word("贷款", "loans"),
            [door.word(*pair) for pair in loans],
            [(row["loan"], row["company"], short_text(row["principal_fen"], door.lang), short_text(row["interest_paid_fen"], door.lang), row["past_due_days"]) for row in held["lent"]],
            ("没有贷款", "there are no loans"),
        )  # fmt: skip

    @command(market)
    def recheck(
        door: Door,
        call: Annotated[str | None, typer.Argument(metavar="[CALL]", help="哪一场;不写为最近一场 / which call; the newest without", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """本机构完成的撮合,按保存的底稿重算并与公布的比较 / A call that was cleared here, computed again and held against what was published.

        例 e.g.: kemiao market recheck 1
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.market_recheck import recheck as run
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            done = run(world, call)
        if isinstance(done, Refusal):
            return done
        if door.as_json:
            door.document(done.as_json())
        else:
            rows = [("✓" if each.holds else "✗", each.what, each.then[:16], each.now[:16]) for each in done.findings]
            door.table("", ["", door.word("项目", "what"), door.word("当时", "then"), door.word("重算", "now")], rows)
        if not done.identical:
            raise typer.Exit(REFUSED)
        return None
