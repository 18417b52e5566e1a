"""What one more yuan of a funder, or of a guarantor's capacity, would do: the market is cleared again with a step more of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np

from kemiao.base.money import PPM, div_half_up
from kemiao.base.refusal import Refusal
from kemiao.credit.matching.book import lent, welfare
from kemiao.credit.matching.clearing import Cleared, clear
from kemiao.credit.matching.market import Market
from kemiao.credit.matching.moved import covered_by, lent_by, moved

FORM = "kemiao.market_one_more/1"
Side = Literal["mandate", "cover"]


def one_more(cleared: Cleared, side: Side, name: str, step_fen: int) -> dict[str, Any] | Refusal:
    """Refuses MANDATE_UNKNOWN, COVER_UNKNOWN, STEP_TOO_SMALL (budgets count in whole units), and what the market itself refuses.

    Both results before and after; whom the step reaches (everywhere, and at this mandate or cover). per_yuan_ppm: welfare a year for a
    yuan of the step. best: proven_low_ppm, proven_high_ppm by the proven bounds of both; price_estimate_ppm: the price of the
    relaxation, an estimate. A mandate's shares (of one loan, of an industry) grow with its budget.
    """
    unit, market = cleared.rules.unit_fen, cleared.market
    names = market.mandates.id if side == "mandate" else market.covers.id
    if name not in names:
        code = "MANDATE_UNKNOWN" if side == "mandate" else "COVER_UNKNOWN"
        what = ("资金", "mandate") if side == "mandate" else ("担保", "cover")
        return Refusal.at(code, f"没有编号为“{name}”的{what[0]}", f"no {what[1]} has the id {name!r}", **{side: name})
    if step_fen < unit:
        return Refusal.at("STEP_TOO_SMALL", "增加额至少为一个单位(策略 market 的 unit_fen)", "the step is at least one unit (policy market: unit_fen)", step_fen=step_fen, unit_fen=unit)  # fmt: skip
    place = names.index(name)
    after = clear(_with_more(market, side, place, step_fen), cleared.rules, cleared.churn)
    if isinstance(after, Refusal):
        return after
    best, more = cleared.best, after.best
    prices = best.budget_price_ppm if side == "mandate" else best.capacity_price_ppm
    reach = lent_by if side == "mandate" else covered_by
    answer: dict[str, Any] = {"form": FORM, "side": side, "name": name, "step_fen": step_fen, "clears": cleared.rules.clears}  # fmt: skip
    for result in ("stable", "best"):
        old, new = getattr(cleared, result).amount_fen, getattr(after, result).amount_fen
        gain = welfare(after.book, new) - welfare(cleared.book, old)
        answer[result] = {
            "welfare_fen": {"before": div_half_up(welfare(cleared.book, old), PPM), "after": div_half_up(welfare(after.book, new), PPM)},
            "lent_fen": {"before": int(old.sum()), "after": int(new.sum())},
            "used_here_fen": int(reach(after.book, new, place).sum() - reach(cleared.book, old, place).sum()),
            "per_yuan_ppm": div_half_up(gain, step_fen),
            "reached": moved(market.requests, lent(cleared.book, old), lent(after.book, new)),
            "here": moved(market.requests, reach(cleared.book, old, place), reach(after.book, new, place)),
        }  # fmt: skip
    answer["best"] |= {
        "proven_low_ppm": (more.welfare - best.bound) // step_fen,
        "proven_high_ppm": -(-(more.bound - best.welfare) // step_fen),
        "price_estimate_ppm": int(prices[place]),
    }
    return answer


def _with_more(market: Market, side: Side, place: int, step_fen: int) -> Market:
    if side == "mandate":
        column = market.mandates.budget_fen.copy()
        column[place] += step_fen
        return replace(market, mandates=replace(market.mandates, budget_fen=np.asarray(column, dtype=np.int64)))
    column = market.covers.capacity_fen.copy()
    column[place] += step_fen
    return replace(market, covers=replace(market.covers, capacity_fen=np.asarray(column, dtype=np.int64)))
