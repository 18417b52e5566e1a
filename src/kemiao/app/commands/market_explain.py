"""kemiao market explain | one-more | decline"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.app.groups import group

Requests = Annotated[
    Path | None, typer.Option(help="融资需求表 / requests of companies: CSV, XLSX, Parquet", show_default=False)
]
Mandates = Annotated[Path | None, typer.Option(help="资金表 / mandates of funders", show_default=False)]
Covers = Annotated[Path | None, typer.Option(help="担保与风险补偿表 / guarantees and risk pools", show_default=False)]
Call = Annotated[
    str | None,
    typer.Option(help="本机构的一次撮合,代替文件 / a call of this home, in place of files", show_default=False),
]
Seed = Annotated[
    str | None, typer.Option(help="抽签种子(64 位十六进制) / seed of the lottery, 64 hex digits", show_default=False)
]
Day = Annotated[str | None, typer.Option("--on", help="撮合日期 / the day of clearing", show_default=False)]
Clears = Annotated[
    str | None, typer.Option(help="以哪个结果成交 / which result counts: stable | best", show_default=False)
]
Policy = Annotated[
    Path | None, typer.Option(help="市场规则 / a market.toml in place of the home's", show_default=False)
]
Churn = Annotated[Path | None, typer.Option(help="利率—流失率表 / churn by rate: rate,churn_A,churn_B,…", show_default=False)]  # fmt: skip


def register(cli: typer.Typer) -> None:
    market = group(cli, "market")

    @command(market)
    def explain(
        door: Door,
        company: Annotated[str, typer.Argument(help="企业或需求编号 / the company, or the id of its request")],
        requests: Requests = None, mandates: Mandates = None, covers: Covers = None, call: Call = None, seed: Seed = None,
        on: Day = None, clears: Clears = None, policy: Policy = None, churn: Churn = None,
    ) -> object:  # fmt: skip
        """为何成交或未成交,以及最小的改变 / Why it was or was not matched, and the smallest change that would have matched it.

        例 e.g.: kemiao market explain C000007 --requests requests.csv --mandates mandates.csv
        """
        from kemiao.app.market_why_shown import asked, show_why
        from kemiao.base.refusal import Refusal
        from kemiao.credit.matching.explain import explain as why

        cleared = asked(door, requests, mandates, covers, call, seed, on, clears, policy, churn)
        answer = cleared if isinstance(cleared, Refusal) else why(cleared, company)
        if isinstance(answer, Refusal):
            return answer
        return door.document(answer) if door.as_json else show_why(door, answer)

    @command(market, name="one-more")
    def one_more(
        door: Door,
        name: Annotated[str, typer.Argument(help="资金编号;加 --cover 则为担保编号 / id of a mandate, with --cover of a cover")],
        step: Annotated[str, typer.Option(help="增加多少 / how much more")] = "100万",
        cover: Annotated[bool, typer.Option("--cover", help="增加的是担保余量 / the step is of a cover's capacity")] = False,
        requests: Requests = None, mandates: Mandates = None, covers: Covers = None, call: Call = None, seed: Seed = None,
        on: Day = None, clears: Clears = None, policy: Policy = None, churn: Churn = None,
    ) -> object:  # fmt: skip
        """某笔资金或担保再多一些会怎样(重新撮合得出) / What more of a budget, or of a guarantee, would do: by clearing again.

        例 e.g.: kemiao market one-more M0003 --step 100万 --requests requests.csv --mandates mandates.csv
        """
        from kemiao.app.market_why_shown import asked, show_one_more
        from kemiao.app.options import amount_fen
        from kemiao.base.refusal import Refusal
        from kemiao.credit.matching.one_more import one_more as again

        more = amount_fen(step) or 0
        cleared = asked(door, requests, mandates, covers, call, seed, on, clears, policy, churn)
        answer = (
            cleared if isinstance(cleared, Refusal) else again(cleared, "cover" if cover else "mandate", name, more)
        )
        if isinstance(answer, Refusal):
            return answer
        return door.document(answer) if door.as_json else show_one_more(door, answer)

    @command(market)
    def decline(
        door: Door,
        company: Annotated[str, typer.Argument(help="企业或需求编号 / the company, or the id of its request")],
        requests: Requests = None, mandates: Mandates = None, covers: Covers = None, call: Call = None, seed: Seed = None,
        on: Day = None, clears: Clears = None, policy: Policy = None, churn: Churn = None,
    ) -> object:  # fmt: skip
        """放弃要约的代价:重新撮合后还能得到什么,谁补上 / What declining its offer costs: what it would get instead, who takes its place.

        例 e.g.: kemiao market decline C000002 --requests requests.csv --mandates mandates.csv
        """
        from kemiao.app.market_why_shown import asked, show_declining
        from kemiao.base.refusal import Refusal
        from kemiao.credit.matching.declining import declining

        cleared = asked(door, requests, mandates, covers, call, seed, on, clears, policy, churn)
        answer = cleared if isinstance(cleared, Refusal) else declining(cleared, company)
        if isinstance(answer, Refusal):
            return answer
        return door.document(answer) if door.as_json else show_declining(door, answer)
