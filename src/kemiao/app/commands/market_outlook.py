"""kemiao market quotes | forecast"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.app.groups import group

Requests = Annotated[Path | None, typer.Option(help="融资需求表 / requests of companies: CSV, XLSX, Parquet", show_default=False)]  # fmt: skip
Mandates = Annotated[Path | None, typer.Option(help="资金表 / mandates of funders", show_default=False)]
Covers = Annotated[Path | None, typer.Option(help="担保与风险补偿表 / guarantees and risk pools", show_default=False)]
Call = Annotated[str | None, typer.Option(help="本机构的一次撮合,代替文件 / a call of this home, in place of files", show_default=False)]  # fmt: skip
Seed = Annotated[str | None, typer.Option(help="抽签种子(64 位十六进制) / seed of the lottery, 64 hex digits", show_default=False)]  # fmt: skip
Day = Annotated[str | None, typer.Option("--on", help="撮合日期 / the day of clearing", show_default=False)]
Policy = Annotated[
    Path | None, typer.Option(help="市场规则 / a market.toml in place of the home's", show_default=False)
]
Churn = Annotated[Path | None, typer.Option(help="利率—流失率表 / churn by rate: rate,churn_A,churn_B,…", show_default=False)]  # fmt: skip


def register(cli: typer.Typer) -> None:
    market = group(cli, "market")

    @command(market)
    def quotes(
        door: Door,
        company: Annotated[str, typer.Argument(help="企业或需求编号 / the company, or the id of its request")],
        requests: Requests = None, mandates: Mandates = None, covers: Covers = None, call: Call = None, seed: Seed = None,
        on: Day = None, policy: Policy = None, churn: Churn = None,
    ) -> object:  # fmt: skip
        """有多少家资金方可以成交,满五家给出成本分位数 / How many funders could sign, and quartiles of their cost from five on.

        例 e.g.: kemiao market quotes C000007 --requests requests.csv --mandates mandates.csv
        """
        from kemiao.app.market_outlook_shown import market_of, quotes_of, show_quotes
        from kemiao.base.refusal import Refusal

        asked = market_of(door, requests, mandates, covers, call, seed, on, policy, churn)
        found = asked if isinstance(asked, Refusal) else quotes_of(*asked, company)
        if isinstance(asked, Refusal) or isinstance(found, Refusal):
            return found
        return door.document(found) if door.as_json else show_quotes(door, found, asked[1].call["quotes_least"])

    @command(market)
    def forecast(
        door: Door,
        mandate: Annotated[str | None, typer.Argument(help="只看这笔资金 / of this mandate alone", show_default=False)] = None,
        draws: Annotated[int | None, typer.Option(help="抽样次数 / how many draws", show_default=False)] = None,
        arrivals: Annotated[int | None, typer.Option(min=0, max=1_000_000, help="预计多少笔需求;不给则与现在相同 / how many requests are expected; without it, as many as now", show_default=False)] = None,
        requests: Requests = None, mandates: Mandates = None, covers: Covers = None, call: Call = None, seed: Seed = None,
        on: Day = None, policy: Policy = None, churn: Churn = None,
    ) -> object:  # fmt: skip
        """资金方下一次撮合的预计放款与笔数 / What a funder may expect of the next call, with intervals.

        例 e.g.: kemiao market forecast M0003 --requests requests.csv --mandates mandates.csv
        """
        from kemiao.app.market_outlook_shown import market_of, show_forecast
        from kemiao.base.refusal import Refusal
        from kemiao.credit.matching.forecast import forecast as expect

        asked = market_of(door, requests, mandates, covers, call, seed, on, policy, churn)
        if isinstance(asked, Refusal):
            return asked
        if mandate is not None and mandate not in asked[0].mandates.id:
            return Refusal.at("NO_SUCH_MANDATE", "没有这笔资金", "there is no such mandate", mandate=mandate)
        found = expect(*asked, draws=draws, arrivals=arrivals)
        if isinstance(found, Refusal):
            return found
        if mandate is not None:
            found["mandates"] = [row for row in found["mandates"] if row["mandate"] == mandate]
        return door.document(found) if door.as_json else show_forecast(door, found)
