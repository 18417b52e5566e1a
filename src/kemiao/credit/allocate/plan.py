"""The question, the plan that answers it, what one more yuan would earn, and what a shock would do to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.allocate.candidates import Candidates, complete
from kemiao.credit.allocate.elasticity import Elasticity, covers
from kemiao.credit.allocate.offers import CAP_CONCENTRATION, CAP_GROUP, VALUE_SCALE, Screened, margin, screen
from kemiao.credit.allocate.shock import Shock, shocked
from kemiao.credit.allocate.solve import Solution, solve
from kemiao.credit.allocate.terms import Costs, PlanPolicy, Terms, check_terms

IntColumn = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Question:
    """Everything a plan rests on. candidates: completed; rates_ppm: the rates to choose from, rising."""

    candidates: Candidates
    terms: Terms
    policy: PlanPolicy
    costs: Costs
    churn: Elasticity
    rates_ppm: IntColumn


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked, who could be offered anything, and the answer over those."""

    question: Question
    screened: Screened
    solution: Solution

    @property
    def funded(self) -> IntColumn:
        """Places in the offers that get a loan, in the order of their companies."""
        return np.flatnonzero(self.solution.amount_fen > 0)

    def chosen(self, column: str) -> IntColumn:
        """A (n, k) column of the offers at the option taken."""
        values: IntColumn = getattr(self.screened.offers, column)
        return np.take_along_axis(values, self.solution.option[:, None], axis=1)[:, 0]


@dataclass(frozen=True, slots=True)
class OneMore:
    """gain_fen: by planning again with a budget larger by step_fen, the limits that are shares of it moving along.

    gain_low_fen, gain_high_fen: between these the gain of the best plans lies, proven by the two bounds.
    estimate_ppm: the same for the very next yuan by the prices of the limits, an estimate, ppm.
    """

    step_fen: int
    gain_fen: int
    gain_low_fen: int
    gain_high_fen: int
    estimate_ppm: int


@dataclass(frozen=True, slots=True)
class Shocked:
    """held_fen: what the plan made before would earn after the shock. after: the plan made anew."""

    shock: Shock
    held_fen: int
    after: Plan


def question(
    candidates: Candidates, terms: Terms, policy: PlanPolicy, costs: Costs, churn: Elasticity, rates_ppm: IntColumn
) -> Question | Refusal:
    """Checks what can be checked before planning: the terms, the rates against the churn table, that anybody is there."""
    refusal = check_terms(terms) or covers(churn, int(rates_ppm[0]), int(rates_ppm[-1]))
    if refusal is not None:
        return refusal
    if not len(candidates):
        left = ", ".join(f"{why} {count}" for why, count in candidates.not_considered) or "0"
        return Refusal(
            "NO_CANDIDATES",
            f"没有可放款的企业({left}):先 kemiao assess,或加 --include-refer,或给 --table",
            f"there is no company to lend to ({left}): kemiao assess first, add --include-refer, or give --table",
        )
    return Question(complete(candidates, policy, costs), terms, policy, costs, churn, rates_ppm)


def plan(asked: Question) -> Plan | Refusal:
    """Refuses only what `screen` refuses. A plan without a single loan is an answer: it says why."""
    screened = screen(asked.candidates, asked.terms, asked.policy, asked.costs, asked.churn, asked.rates_ppm)
    return screened if isinstance(screened, Refusal) else Plan(asked, screened, solve(screened.offers, asked.policy))


def one_more(made: Plan) -> OneMore | Refusal:
    asked = made.question
    step = max(asked.terms.budget_fen * asked.policy.one_more_step_ppm // PPM, 1)
    larger = plan(replace(asked, terms=replace(asked.terms, budget_fen=asked.terms.budget_fen + step)))
    if isinstance(larger, Refusal):
        return larger
    now, then = made.solution, larger.solution
    return OneMore(
        step,
        then.profit_fen - now.profit_fen,
        max(then.profit_fen - now.bound_fen, 0),  # a larger budget never earns less
        max(then.bound_fen - now.profit_fen, 0),
        _estimate_ppm(made),
    )


def _estimate_ppm(made: Plan) -> int:
    """The price of every limit by its share of the budget, and what companies held down by a share would earn."""
    offers, solution = made.screened.offers, made.solution
    shares = np.array([limit.share_ppm for limit in offers.limits], dtype=np.int64)
    total = float((solution.price_ppm * shares / PPM).sum())
    if len(made.funded):
        at = solution.price_ppm[offers.member].sum(axis=1) * made.chosen("use") / PPM
        worth = np.maximum(made.chosen("value") / PPM - at, 0.0)[made.funded]
        by, member = offers.cap_by[made.funded], offers.member[made.funded]
        concentrated = np.where(by == CAP_CONCENTRATION, made.question.policy.borrower_share_ppm_max, 0)
        grouped = np.where(by == CAP_GROUP, shares[member].min(axis=1), 0)
        total += float((worth * (concentrated + grouped) / PPM).sum())
    return round(total)


def under_shock(made: Plan, shock: Shock) -> Shocked | Refusal:
    asked = replace(made.question, candidates=shocked(made.question.candidates, shock))
    after = plan(asked)
    return after if isinstance(after, Refusal) else Shocked(shock, _held_fen(made, asked.candidates), after)


def _held_fen(made: Plan, candidates: Candidates) -> int:
    """The loans of a plan, amounts and rates unchanged, valued for candidates as they are after a shock."""
    asked, offers = made.question, made.screened.offers
    at = {int(rate): place for place, rate in enumerate(asked.rates_ppm.tolist())}
    earned = margin(candidates, asked.costs, asked.rates_ppm)
    rows, rates, accept = offers.row.tolist(), made.chosen("rate_ppm").tolist(), made.chosen("accept_ppm").tolist()
    total = 0
    for place in made.funded.tolist():
        value = (accept[place] * int(earned[rows[place], at[rates[place]]]) + PPM // 2) // PPM
        total += value * int(made.solution.amount_fen[place]) - offers.cost_fen * VALUE_SCALE
    return total // VALUE_SCALE
