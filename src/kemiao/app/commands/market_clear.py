"""kemiao market clear: from files, or a call"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.app.groups import group

_SHOWN = 20


def register(cli: typer.Typer) -> None:
    @command(group(cli, "market"))
    def clear(
        door: Door,
        call: Annotated[str | None, typer.Argument(help="本机构的一次撮合;不给则从文件撮合 / a call of this home; without it, from files", metavar="[CALL]", show_default=False)] = None,
        requests: Annotated[Path | None, typer.Option(help="融资需求表 / requests of companies: CSV, XLSX, Parquet", show_default=False)] = None,
        mandates: Annotated[Path | None, typer.Option(help="资金表 / mandates of funders", show_default=False)] = None,
        covers: Annotated[Path | None, typer.Option(help="担保与风险补偿表 / guarantees and risk pools", show_default=False)] = None,
        seed: Annotated[str | None, typer.Option(help="抽签种子(64 位十六进制);不给则由文件与日期算出 / seed of the lottery, 64 hex digits; without it, made of files and day", show_default=False)] = None,
        on: Annotated[str | None, typer.Option("--on", help="撮合日期 / the day of clearing", show_default=False)] = None,
        clears: Annotated[str | None, typer.Option(help="以哪个结果成交 / which result counts: stable | best", show_default=False)] = None,
        policy: Annotated[Path | None, typer.Option(help="市场规则 / a market.toml in place of the home's", show_default=False)] = None,
        churn: Annotated[Path | None, typer.Option(help="利率—流失率表 / churn by rate: rate,churn_A,churn_B,…", show_default=False)] = None,
        out: Annotated[Path | None, typer.Option(help="结果写入此目录 / writes result.json, published.json, matches.csv, page.html there", show_default=False)] = None,
        rows: Annotated[int, typer.Option(min=0, help="显示前几笔 / how many contracts to show")] = _SHOWN,
    ) -> object:  # fmt: skip
        """撮合企业需求与资金:稳定匹配与最优配置 / Matches requests with mandates: the stable matching and the best allocation.

        例 e.g.: kemiao market clear --requests requests.csv --mandates mandates.csv --out result/
        """
        files = (requests, mandates, covers, seed, on, clears, policy, churn)
        if call is not None:
            if any(each is not None for each in files):
                raise typer.BadParameter(door.word("一次撮合的资料和规则在开启时已定,只能加 --out", "what a call clears, and by which rules, is fixed by the call: only --out goes with it"), param_hint="CALL")  # fmt: skip
            from kemiao.app.market_call_shown import clear_call

            return clear_call(door, call, out, rows)
        if requests is None or mandates is None:
            raise typer.BadParameter(door.word("需要 --requests 与 --mandates,或一次撮合 CALL", "needs --requests and --mandates, or a CALL"), param_hint="--requests")  # fmt: skip
        from kemiao.app.market_files import clear_from_files

        return clear_from_files(door, requests, mandates, covers, seed, on, clears, policy, churn, out, rows)
