"""kemiao market strategy"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.app.groups import group
from kemiao.base.refusal import Refusal


def register(cli: typer.Typer) -> None:
    market = group(cli, "market")

    @command(market)
    def strategy(
        door: Door,
        requests: Annotated[Path | None, typer.Option(help="申请表 / table of requests")] = None,
        mandates: Annotated[Path | None, typer.Option(help="授权表 / table of mandates")] = None,
        covers: Annotated[Path | None, typer.Option(help="担保表 / table of covers")] = None,
        drawn: Annotated[tuple[int, int], typer.Option(help="虚构市场:申请数 授权数 / an invented market: requests, mandates")] = (300, 8),
        agents: Annotated[int, typer.Option(min=1, max=1000, help="每方抽多少个 / how many of each side lie")] = 8,
        seed: Annotated[int, typer.Option(min=0, help="随机种子 / same seed, same result")] = 1,
        on: Annotated[str, typer.Option(help="撮合日期 / the day of clearing")] = "2024-07-01",
    ) -> Refusal | None:  # fmt: skip
        """不说真话能得到什么:抽样逐一重新撮合 / What a funder or a company gains by not telling the truth.

        例 e.g.: kemiao market strategy --drawn 300 8 --agents 8
        """
        from dataclasses import asdict
        from datetime import date

        from kemiao.bank.commands.market_clear_files import Files, read, terms_for
        from kemiao.credit.matching.strategy import strategy as simulate
        from kemiao.twin.population.market import drawn as invented

        try:
            day = date.fromisoformat(on)
        except ValueError:
            return Refusal.at("DAY_BAD", f"{on} 不是日期", f"{on} is not a day, such as 2024-07-01")
        files = Files(requests or Path(), mandates or Path(), covers, day)
        if (requests is None) != (mandates is None):
            return Refusal.at("BOTH_SIDES_NEEDED", "申请表和授权表要一起给", "give both --requests and --mandates")
        if requests is not None:
            posted = read(None, files)
            if isinstance(posted, Refusal):
                return posted
            sides, terms = posted.market, posted.terms
        else:
            terms = terms_for(None, files)
            if isinstance(terms, Refusal):
                return terms
            if not (0 <= drawn[0] <= 20_000 and 0 <= drawn[1] <= 500):
                return Refusal.at(
                    "DRAWN_TOO_LARGE", "最多 20000 笔申请、500 笔授权", "at most 20 000 requests and 500 mandates"
                )
            sides = invented(drawn[0], drawn[1], 0, seed)
        found = simulate(sides, terms.rules, terms.churn if terms.rules.churn else None, agents, seed)
        if isinstance(found, Refusal):
            return found
        if door.as_json:
            return door.document({
                "form": "kemiao.market_strategy/1", "requests": len(sides.requests), "mandates": len(sides.mandates), "seed": seed,
                "lies": [asdict(lie) for lie in found],
            })  # fmt: skip
        door.table(
            door.word("不说真话能得到什么", "what a lie gains"),
            [door.word("一方", "side"), door.word("谎", "lie"), door.word("人数", "agents"), door.word("得利", "gained"), door.word("平均得利", "mean gain"),
             door.word("最大", "largest"), door.word("受损", "lost"), door.word("平均变化", "mean change")],
            [(lie.side, lie.lie, str(lie.agents), str(lie.gained), *(f"{fen / 100:,.0f}" for fen in (lie.mean_gain_fen, lie.largest_gain_fen)),
              str(lie.lost), f"{lie.mean_change_fen / 100:,.0f}") for lie in found],
        )  # fmt: skip
        return door.say("元/年,按真实价值", "yuan a year, by the true value")
