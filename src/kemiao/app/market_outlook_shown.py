"""kemiao market quotes, forecast: the market that is asked about, and the answers for people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kemiao.app.door import Door
from kemiao.base.money import short_text
from kemiao.base.rates import percent_text
from kemiao.base.refusal import Refusal

if TYPE_CHECKING:
    from kemiao.credit.allocate.elasticity import Elasticity
    from kemiao.credit.matching.market import Market
    from kemiao.credit.matching.rules import MarketRules


def market_of(
    door: Door, requests: Path | None, mandates: Path | None, covers: Path | None, call: str | None, seed: str | None, on: str | None,
    policy: Path | None, churn: Path | None,
) -> tuple[Market, MarketRules, Elasticity | None] | Refusal:  # fmt: skip
    """Of files, or of a call of this home. Files are not cleared for it."""
    from kemiao.app.market_asked import asked_market
    from kemiao.bank.commands.market_clear_files import Posted

    found = asked_market(door, requests, mandates, covers, call, seed, on, None, policy, churn)
    if isinstance(found, Refusal):
        return found
    if isinstance(found, Posted):
        return found.market, found.terms.rules, found.terms.churn
    return found.market, found.rules, found.churn


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
        door.word("综合成本(年)", "true annual cost"),
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
