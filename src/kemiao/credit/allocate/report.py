"""What a plan says for itself: loans, limits, sums, who is left out and why. Whole fen and ppm, no floats, no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.credit.allocate.offers import CAP_BELOW_MIN, CLOSED, NO_PROFIT, VALUE_SCALE, Limit
from kemiao.credit.allocate.plan import OneMore, Plan, Shocked

IntColumn = npt.NDArray[np.int64]

CAP_NAMES = ("limit", "max", "concentration", "group_limit")
REASONS: Mapping[str, tuple[str, str]] = {
    "cap_below_min": (
        "额度或集中度上限低于最小贷款额",
        "its limit or the concentration limit is below the smallest loan",
    ),
    "no_profit": ("任何利率下预期利润都不为正", "no rate leaves an expected profit"),
    "closed": ("所属行业或等级的限额容不下一笔贷款", "the limit of its industry or grade has no room for a loan"),
    "crowded_out_by_budget": ("预算先给了收益更高的企业", "the budget went to companies that earn more"),
    "crowded_out_by_industry": (
        "行业限额先给了收益更高的企业",
        "its industry's limit went to companies that earn more",
    ),
    "crowded_out_by_grade": ("等级限额先给了收益更高的企业", "its grade's limit went to companies that earn more"),
}
METHOD: Mapping[str, tuple[str, str]] = {
    "prices": ("拉格朗日价格给出上界", "a bound by Lagrangian prices"),
    "repair": ("按价格取舍并取整到分", "loans by those prices, in whole fen"),
    "exact": ("边际企业由 HiGHS 混合整数规划精确决定", "the companies at the margin decided by HiGHS as a mixed-integer program"),
    "nothing_to_plan": ("没有可提供的贷款", "no offer can be made"),
}  # fmt: skip


def limit_words(limit: Limit) -> tuple[str, str]:
    match limit.kind:
        case "budget":
            return "总预算", "budget"
        case "industry":
            return f"行业:{limit.name or '未知'}", f"industry: {limit.name or 'unknown'}"
        case _:
            return f"等级:{limit.name}", f"grade: {limit.name}"


def document(made: Plan, more: OneMore | None, shock: Shocked | None) -> dict[str, Any]:
    """The plan as one JSON object. expected_profit_fen is rounded down, bound_fen up, each loan's own profit half up."""
    asked, offers, solution = made.question, made.screened.offers, made.solution
    answer: dict[str, Any] = {
        "expected_profit_fen": solution.profit_fen,
        "bound_fen": solution.bound_fen,
        "gap_ppm": solution.gap_ppm,
        **_spent(made),
        "loans": len(made.funded),
        "candidates": len(asked.candidates),
        "terms": {
            "budget_fen": asked.terms.budget_fen,
            "min_fen": asked.terms.min_fen,
            "max_fen": asked.terms.max_fen,
            "rate_low_ppm": int(asked.rates_ppm[0]),
            "rate_high_ppm": int(asked.rates_ppm[-1]),
            "rates": len(asked.rates_ppm),
            "budget_counts": asked.policy.budget_counts,
            "borrower_share_ppm_max": asked.policy.borrower_share_ppm_max,
        },
        "method": [{"stage": name, "zh": METHOD[name][0], "en": METHOD[name][1]} for name in solution.stages],
        "pairs": {"offered": offers.pairs, "exact": solution.core_pairs},
        "one_more_yuan": None if more is None else _one_more(more),
        "constraints": constraints(made),
        "by_grade": _sums(made, asked.candidates.grade, "grade"),
        "by_industry": _sums(made, asked.candidates.industry, "industry"),
        "left_out": left_out(made),
        "not_considered": dict(asked.candidates.not_considered),
        "allocations": allocations(made),
    }
    if shock is not None:
        answer["shock"] = _shock(made, shock)
    return answer


def _spent(made: Plan) -> dict[str, int]:
    """spent_fen is what counts against the budget, rounded up to a fen; it never exceeds the budget."""
    room = made.solution.room_ppm_fen[0]
    amounts, accept = made.solution.amount_fen.tolist(), made.chosen("accept_ppm").tolist()
    drawn = sum(amount * share for amount, share in zip(amounts, accept, strict=True))
    return {
        "spent_fen": made.question.terms.budget_fen - room // PPM,
        "offered_fen": sum(amounts),
        "expected_drawn_fen": -(-drawn // PPM),
    }


def _one_more(more: OneMore) -> dict[str, int]:
    return {
        "step_fen": more.step_fen,
        "gain_fen": more.gain_fen,
        "per_yuan_ppm": more.gain_fen * PPM // more.step_fen,
        "proven_low_ppm": more.gain_low_fen * PPM // more.step_fen,
        "proven_high_ppm": -(-more.gain_high_fen * PPM // more.step_fen),
        "price_estimate_ppm": more.estimate_ppm,
    }


def constraints(made: Plan) -> list[dict[str, Any]]:
    """Every limit with what it holds. It binds where a little more room would earn something, or where none is left."""
    offers, solution = made.screened.offers, made.solution
    rows = []
    for limit, price, room in zip(offers.limits, solution.price_ppm.tolist(), solution.room_ppm_fen, strict=True):
        zh, en = limit_words(limit)
        used = limit.limit_fen - room // PPM
        rows.append(
            {
                "kind": limit.kind,
                "name": limit.name,
                "zh": zh,
                "en": en,
                "limit_fen": limit.limit_fen,
                "share_ppm": limit.share_ppm,
                "used_fen": used,
                "price_estimate_ppm": round(price),
                "binds": used > 0 and (round(price) > 0 or room < PPM),
            }
        )
    return rows


def _loan_profits(made: Plan) -> list[int]:
    """10^-12 fen by offer, zero where there is no loan."""
    offers = made.screened.offers
    return [
        value * amount - offers.cost_fen * VALUE_SCALE if amount else 0
        for value, amount in zip(made.chosen("value").tolist(), made.solution.amount_fen.tolist(), strict=True)
    ]


def allocations(made: Plan) -> list[dict[str, Any]]:
    """Largest expected profit first; equal ones by company."""
    asked, offers, solution = made.question, made.screened.offers, made.solution
    candidates = asked.candidates
    rates, accept, profits = made.chosen("rate_ppm").tolist(), made.chosen("accept_ppm").tolist(), _loan_profits(made)
    rows = []
    for place in sorted(made.funded.tolist(), key=lambda place: (-profits[place], place)):
        row = int(offers.row[place])
        amount, cap = int(solution.amount_fen[place]), int(offers.cap_fen[place])
        decided = int(candidates.decided_rate_ppm[row])
        rows.append(
            {
                "company": candidates.company[row],
                "amount_fen": amount,
                "rate_ppm": rates[place],
                "accept_ppm": accept[place],
                "expected_profit_fen": (2 * profits[place] + VALUE_SCALE) // (2 * VALUE_SCALE),
                "grade": candidates.grade[row],
                "industry": candidates.industry[row] or None,
                "pd_ppm": int(candidates.pd_ppm[row]),
                "limit_fen": int(candidates.limit_fen[row]),
                "decided_rate_ppm": decided if decided >= 0 else None,
                "amount_by": CAP_NAMES[int(offers.cap_by[place])] if amount == cap else "remainder",
            }
        )
    return rows


def _sums(made: Plan, names: tuple[str, ...], key: str) -> list[dict[str, Any]]:
    offers, solution, profits = made.screened.offers, made.solution, _loan_profits(made)
    loans, amounts, earned = Counter[str](), Counter[str](), Counter[str]()
    for place in made.funded.tolist():
        name = names[int(offers.row[place])]
        loans[name] += 1
        amounts[name] += int(solution.amount_fen[place])
        earned[name] += profits[place]
    return [
        {
            key: name or None,
            "candidates": count,
            "loans": loans[name],
            "amount_fen": amounts[name],
            "expected_profit_fen": earned[name] // VALUE_SCALE,
        }
        for name, count in sorted(Counter(names).items())
    ]


def left_out(made: Plan) -> list[dict[str, Any]]:
    """Why a company got nothing, and how many of each."""
    counts = Counter(reason for reason in reasons(made) if reason)
    return [
        {"code": code, "zh": zh, "en": en, "companies": counts[code]}
        for code, (zh, en) in REASONS.items()
        if counts[code]
    ]


def reasons(made: Plan) -> list[str]:
    """One a candidate, "" where it gets a loan."""
    by_screen = {CAP_BELOW_MIN: "cap_below_min", NO_PROFIT: "no_profit", CLOSED: "closed"}
    answer = [by_screen.get(why, "") for why in made.screened.why.tolist()]
    offers, solution = made.screened.offers, made.solution
    if len(offers):
        worth = (offers.value - solution.price_ppm[0] * offers.use).max(axis=1) * offers.cap_fen - float(
            offers.cost_fen
        ) * VALUE_SCALE
        groups = solution.price_ppm[offers.member[:, 1:]]
        held = np.where(groups[:, 0] >= groups[:, 1], "crowded_out_by_industry", "crowded_out_by_grade")
        crowd = np.where((worth > 0) & (groups.max(axis=1) > 0), held, "crowded_out_by_budget")
        for place in np.flatnonzero(solution.amount_fen == 0).tolist():
            answer[int(offers.row[place])] = str(crowd[place])
    return answer


def _shock(made: Plan, shock: Shocked) -> dict[str, Any]:
    """Before, held, after: in money, by industry, and by company where something changes."""
    before = {row["company"]: row for row in allocations(made)}
    after = {row["company"]: row for row in allocations(shock.after)}
    kept = before.keys() & after.keys()
    return {
        "file": shock.shock.file,
        "factors": [
            {"industry": name, "pd_factor_ppm": pd, "revenue_factor_ppm": revenue, "lgd_factor_ppm": lgd}
            for name, (pd, revenue, lgd) in shock.shock.factors_ppm.items()
        ],
        "expected_profit_before_fen": made.solution.profit_fen,
        "expected_profit_held_fen": shock.held_fen,
        "expected_profit_after_fen": shock.after.solution.profit_fen,
        "bound_after_fen": shock.after.solution.bound_fen,
        "gap_after_ppm": shock.after.solution.gap_ppm,
        "spent_after_fen": _spent(shock.after)["spent_fen"],
        "by_industry": _moved(made, shock.after),
        "companies": {
            "dropped": len(before.keys() - after.keys()),
            "added": len(after.keys() - before.keys()),
            "changed": sum(
                any(before[name][key] != after[name][key] for key in ("amount_fen", "rate_ppm")) for name in kept
            ),
            "unchanged": sum(
                all(before[name][key] == after[name][key] for key in ("amount_fen", "rate_ppm")) for name in kept
            ),
        },
        "left_out_after": left_out(shock.after),
        "allocations_after": list(after.values()),
    }


def _moved(before: Plan, after: Plan) -> list[dict[str, Any]]:
    industry = before.question.candidates.industry
    return [
        {
            "industry": was["industry"],
            "loans_before": was["loans"],
            "loans_after": now["loans"],
            "amount_before_fen": was["amount_fen"],
            "amount_after_fen": now["amount_fen"],
            "expected_profit_before_fen": was["expected_profit_fen"],
            "expected_profit_after_fen": now["expected_profit_fen"],
        }
        for was, now in zip(_sums(before, industry, "industry"), _sums(after, industry, "industry"), strict=True)
    ]
