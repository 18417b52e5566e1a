"""kemiao market quotes, forecast: the market that is asked about, and the answers for people."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from kemiao.app.door import Door
from kemiao.base.money import short_text
from kemiao.base.rates import percent_text
from kemiao.base.refusal import Refusal

if TYPE_CHECKING:
    from kemiao.credit.allocate.elasticity import Elasticity
    from kemiao.credit.matching.market import Market
    from kemiao.credit.matching.rules import MarketRules

_SEED = re.compile(r"[0-9a-f]{64}")


def market_of(
    door: Door, requests: Path | None, mandates: Path | None, covers: Path | None, call: str | None, seed: str | None, on: str | None,
    policy: Path | None, churn: Path | None,
) -> tuple[Market, MarketRules, Elasticity | None] | Refusal:  # fmt: skip
    """Of files, or of a call of this home. Files are not cleared for it."""
    from kemiao.app.options import optional_day
    from kemiao.app.world import day_of, open_world, world_if_any
    from kemiao.bank.commands.market_clear_files import Files, read
    from kemiao.bank.market.kept import cleared_call

    if call is not None:
        if any(each is not None for each in (requests, mandates, covers, seed, on, policy, churn)):
            raise typer.BadParameter(door.word("--call 与文件选项不能同时用", "--call goes without files and their options"), param_hint="--call")  # fmt: skip
        with open_world(door) as world:
            cleared = cleared_call(world, call)
        return cleared if isinstance(cleared, Refusal) else (cleared.market, cleared.rules, cleared.churn)
    if requests is None or mandates is None:
        raise typer.BadParameter(door.word("需要 --requests 与 --mandates,或 --call", "needs --requests and --mandates, or --call"), param_hint="--requests")  # fmt: skip
    if seed is not None and not _SEED.fullmatch(seed.lower()):
        raise typer.BadParameter("64 × 0-9a-f", param_hint="--seed")
    day = optional_day(on)
    with world_if_any(door, needed=False) as world:
        files = Files(requests, mandates, covers, day or day_of(world), seed and seed.lower(), None, policy, churn)
        posted = read(world, files)
    return posted if isinstance(posted, Refusal) else (posted.market, posted.terms.rules, posted.terms.churn)


def quotes_of(market: Market, rules: MarketRules, churn: Elasticity | None, company: str) -> dict[str, Any] | Refusal:
    from kemiao.credit.matching.options import book
    from kemiao.credit.matching.quotes import quotes

    found = [row for row, names in enumerate(zip(market.requests.id, market.requests.company, strict=True)) if company in names]  # fmt: skip
    if not found:
        return Refusal.at(
            "NO_SUCH_REQUEST", "没有这家企业的需求", "there is no request of this company", company=company
        )
    made = book(market, rules, churn)
    return made if isinstance(made, Refusal) else quotes(market, made, found[0], rules.call["quotes_least"])


def show_quotes(door: Door, found: dict[str, Any], least: int) -> None:
    door.text(door.word(f"{found['company']}:{found['quotes']} 家资金方可以成交", f"{found['company']}: {found['quotes']} funders could sign"))  # fmt: skip
    if found["cost_ppm"] is None:
        return door.text(door.word(f"满 {least} 家才显示分位数", f"quartiles are shown from {least} funders on"))
    heads = {
        "lower": ("下四分位", "lower quartile"),
        "median": ("中位", "median"),
        "upper": ("上四分位", "upper quartile"),
    }
    door.table(
        door.word("真实年化成本", "true annual cost"),
        [door.word(*words) for words in heads.values()],
        [[percent_text(found["cost_ppm"][name]) for name in heads]],
    )
    return None


def show_forecast(door: Door, found: dict[str, Any]) -> None:
    def money(fen: int) -> str:
        return short_text(fen, door.lang)

    sure = percent_text(found["confidence_ppm"], 0)
    door.table(
        door.word(f"下一次撮合的预测({found['draws']} 次抽样,{found['arrivals']} 笔需求,{sure} 区间)", f"what the next call may bring ({found['draws']} draws of {found['arrivals']} requests, {sure} intervals)"),
        [door.word("资金", "mandate"), door.word("预算", "budget"), door.word("预计放款", "lent, expected"), door.word("区间", "from … to"), door.word("预计笔数", "loans"), door.word("区间", "from … to")],
        [
            (row["mandate"], money(row["budget_fen"]), money(row["lent_fen"]["mean"]), f"{money(row['lent_fen']['low'])} … {money(row['lent_fen']['high'])}",
             row["loans"]["mean"], f"{row['loans']['low']} … {row['loans']['high']}")
            for row in found["mandates"]
        ],
    )  # fmt: skip
