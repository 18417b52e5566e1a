"""The demo's market: a sealed call between the bank, a second bank and a company, each from its own home; an auditor replays it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from kemiao.app.demo_chain import Served
from kemiao.app.demo_life import MANAGER, Life, taken_up

_ASKING = 12  # companies that ask beside the one on the chain
_AMOUNT_FEN = (10_000_000, 200_000_000)
_STEP_FEN = 1_000_000
# Budgets and capacity are shares of what is asked for, per cent: together less than all of it, so that somebody waits.
_MANDATES = (
    ("科技支行", 30, "--rate", "3.6%", "--per-grade", "0.3%", "--grade-floor", "BBB", "--set", "product=tech_credit"),
    ("城区支行", 20, "--rate", "4.1%", "--per-grade", "0.25%", "--set", "product=tech_credit", "--set", "industry_share=*=50%"),
)  # fmt: skip
_ELSEWHERE = ("专精特新专项", 25, "--rate", "3.4%", "--per-grade", "0.35%", "--set", "product=tech_credit")
_COVER_SHARE = 15


def market(life: Life, served: Served, reports: Path, decisions: Sequence[dict[str, Any]]) -> None:
    """One call a day long: bids are committed, revealed, cleared; what was matched is offered, and one of it is signed. Nothing of a
    bid is on the chain."""
    homes, type_ = served.homes, life.typist
    bidders = (homes.bank, homes.second, homes.acme)
    for home in (homes.bank, *homes.others):
        type_("participant", "sealing-key", "--home", home)
    asking = list(_asking(decisions, homes.company))
    asked = sum(amount for _, amount in asking)
    for company, amount in asking:
        life.type("market", "request", company, "--amount", _wan(amount), "--months", 12, "--rate-max", "8%", "--purpose", "采购原材料")  # fmt: skip
    for home, (name, share, *terms) in (*((homes.bank, mandate) for mandate in _MANDATES), (homes.second, _ELSEWHERE)):
        type_("market", "offer", name, "--budget", _wan(asked * share // 100), *terms, "--home", home)
    life.type("market", "cover", "园区风险补偿资金池", "--capacity", _wan(asked * _COVER_SHARE // 100), "--share", "50%", "--kind", "pool")  # fmt: skip
    type_("market", "request", homes.company, "--amount", "50万", "--months", 12, "--rate-max", "8%", "--form", "split", "--purpose", "采购原材料", "--home", homes.acme)  # fmt: skip
    life.type("market", "call", "open", "--auditor", "audit-1", "--commit", "1d", "--reveal", "1d")
    for home in bidders:
        type_("market", "commit", "--home", home)
    served.until((life.day + timedelta(days=1)).isoformat())
    for home in bidders:
        type_("market", "reveal", "--home", home)
    served.until((life.day + timedelta(days=2)).isoformat())
    life.type("market", "clear", "1", "--out", reports / "market")
    for home in (homes.second, homes.acme):
        type_("market", "check", "--home", home)
    type_("market", "replay", "--home", homes.auditor)
    unmatched = _unmatched(life)
    if unmatched is not None:
        life.type("market", "explain", unmatched, "--call", "1")
    life.all_by_two("market", "lend", maker=MANAGER)
    offered = next((row for row in life.read("market", "matches", "1") if row["state"] == "offered"), None)
    if offered is not None:
        life.messages.mkdir(exist_ok=True)
        taken_up(life, offered["company"], offered["application"], None)
    life.type("market", "matches", "1")
    life.typist.tries("market", "reoffer", "--home", life.home)


def _asking(decisions: Sequence[dict[str, Any]], on_chain: str) -> Iterator[tuple[str, int]]:
    """Approved ones, those of lower limits: the others were lent to already. Half of the limit each, fen."""
    approved = sorted(
        (row for row in decisions if row["decision"] == "approve" and row["company"] != on_chain),
        key=lambda row: (row["limit_fen"], row["company"]),
    )
    low, high = _AMOUNT_FEN
    for row in approved[:_ASKING]:
        yield row["company"], max(low, min(high, row["limit_fen"] // 2 // _STEP_FEN * _STEP_FEN))


def _wan(fen: int) -> str:
    return f"{max(fen // _STEP_FEN, 1)}万"


def _unmatched(life: Life) -> str | None:
    matched = {row["company"] for row in life.read("market", "matches", "1")}
    waiting = (row["company"] for row in life.read("market", "list") if row["side"] == "requests")
    return next((company for company in waiting if company and company not in matched), None)
