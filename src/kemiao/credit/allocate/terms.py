"""What was asked of the plan, and what the bank's policy says about plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kemiao.base.money import PPM, short_text
from kemiao.base.rates import percent_text
from kemiao.base.refusal import Refusal

BudgetCounts = Literal["offered", "expected"]


@dataclass(frozen=True, slots=True)
class Terms:
    """The question: a budget, the least and the greatest loan (fen), the rates to choose from (ppm, both ends in)."""

    budget_fen: int
    min_fen: int
    max_fen: int
    rate_low_ppm: int
    rate_high_ppm: int


def check_terms(terms: Terms) -> Refusal | None:
    if terms.min_fen <= 0:
        return Refusal("LOAN_MIN_NOT_POSITIVE", "最小贷款额须大于零", "the smallest loan must be above zero")
    if terms.min_fen > terms.max_fen:
        low, high = short_text(terms.min_fen), short_text(terms.max_fen)
        return Refusal(
            "LOAN_RANGE_REVERSED",
            f"最小贷款额 {low} 高于最大贷款额 {high}",
            f"the smallest loan ({terms.min_fen} fen) is above the largest ({terms.max_fen} fen)",
        )
    if terms.budget_fen < terms.min_fen:
        return Refusal(
            "BUDGET_BELOW_ONE_LOAN",
            f"预算 {short_text(terms.budget_fen)} 不足以发放一笔最小贷款 {short_text(terms.min_fen)}",
            f"the budget ({terms.budget_fen} fen) does not reach one smallest loan ({terms.min_fen} fen)",
        )
    if not 0 < terms.rate_low_ppm <= terms.rate_high_ppm < PPM:
        span = f"{percent_text(terms.rate_low_ppm)}..{percent_text(terms.rate_high_ppm)}"
        return Refusal(
            "RATES_OUT_OF_RANGE",
            f"利率范围 {span} 须在 0 与 100% 之间",
            f"the rates {span} must lie between 0 and 100%",
        )
    return None


@dataclass(frozen=True, slots=True)
class Costs:
    """What a yuan lent costs in a year, in ppm, as the price of a single loan counts it.

    funding from the LPR of the day, operating cost, LGD and target return by the price policy, capital ratio by law.
    """

    funding_ppm: int
    operating_ppm: int
    lgd_ppm: int
    target_return_ppm: int
    capital_ratio_ppm: int


@dataclass(frozen=True, slots=True)
class PlanPolicy:
    """The bank's numbers for plans, all from policy/plan.toml. Shares are ppm of the budget.

    *_share_ppm_max: limits by name; "default" where a name has none, "unknown" where the industry is not known.
    churn_class: grade → class of the churn table. elasticity: the bank's own churn table, as rows
    (rate_ppm, {class: churn_ppm}), used when no file is given.
    """

    budget_counts: BudgetCounts
    rate_step_ppm: int
    risk_weight_ppm: int
    offer_cost_fen: int
    borrower_share_ppm_max: int
    industry_share_ppm_max: Mapping[str, int]
    grade_share_ppm_max: Mapping[str, int]
    churn_class: Mapping[str, str]
    elasticity: tuple[tuple[int, Mapping[str, int]], ...]
    gap_goal_ppm: int
    exact_pairs_max: int
    exact_nodes_max: int
    one_more_step_ppm: int

    def industry_share_ppm(self, industry: str) -> int:
        """`industry` is "" where it is not known."""
        return self.industry_share_ppm_max.get(industry or "unknown", self.industry_share_ppm_max["default"])

    def grade_share_ppm(self, grade: str) -> int:
        return self.grade_share_ppm_max.get(grade, self.grade_share_ppm_max["default"])


_PPM_KEYS = ("borrower_share_ppm_max",)
_COUNT_KEYS = ("risk_weight_ppm", "rate_step_ppm", "exact_pairs_max", "exact_nodes_max", "one_more_step_ppm")
_FROM_ZERO = ("offer_cost_fen", "gap_goal_ppm")


def policy_from(table: Mapping[str, object]) -> PlanPolicy | Refusal:
    """Reads the policy table `plan`. Refuses a missing key, a number out of range, a table without its default."""
    numbers: dict[str, int] = {}
    for name in (*_PPM_KEYS, *_COUNT_KEYS, *_FROM_ZERO):
        value = table.get(name)
        least = 1 if name in _COUNT_KEYS else 0
        if (
            not isinstance(value, int)
            or isinstance(value, bool)
            or value < least
            or (name in _PPM_KEYS and value > PPM)
        ):
            return _bad(name)
        numbers[name] = value
    counts = table.get("budget_counts")
    if counts not in ("offered", "expected"):
        return _bad("budget_counts")
    shares = {name: _numbers(table.get(name)) for name in ("industry_share_ppm_max", "grade_share_ppm_max")}
    for name, share in shares.items():
        if share is None or "default" not in share or not all(0 <= value <= PPM for value in share.values()):
            return _bad(name)
    classes = table.get("churn_class")
    if not isinstance(classes, Mapping) or not all(isinstance(value, str) for value in classes.values()):
        return _bad("churn_class")
    elasticity = _elasticity(table.get("elasticity"))
    if elasticity is None:
        return _bad("elasticity")
    return PlanPolicy(
        budget_counts="offered" if counts == "offered" else "expected",
        industry_share_ppm_max=shares["industry_share_ppm_max"] or {},
        grade_share_ppm_max=shares["grade_share_ppm_max"] or {},
        churn_class={str(grade): str(name) for grade, name in classes.items()},
        elasticity=elasticity,
        **numbers,
    )


def _numbers(value: object) -> dict[str, int] | None:
    if not isinstance(value, Mapping):
        return None
    if not all(isinstance(number, int) and not isinstance(number, bool) for number in value.values()):
        return None
    return {str(name): int(number) for name, number in value.items()}


def _elasticity(value: object) -> tuple[tuple[int, Mapping[str, int]], ...] | None:
    if not isinstance(value, list):
        return None
    rows = [_numbers(row) for row in value]
    if not rows or not all(row is not None and "rate_ppm" in row for row in rows):
        return None
    return tuple((row["rate_ppm"], {k: v for k, v in row.items() if k != "rate_ppm"}) for row in rows if row)


def _bad(key: str) -> Refusal:
    return Refusal.at(
        "POLICY_KEY_BAD",
        f"策略 plan 的 {key} 缺失或不合规",
        f"policy plan: {key} is missing or out of range",
        file="plan.toml",
        key=key,
    )
