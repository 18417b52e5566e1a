"""Every offer that could be made, as columns: what a yuan at a rate is expected to earn, and what it uses up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.allocate.candidates import Candidates
from kemiao.credit.allocate.elasticity import Elasticity
from kemiao.credit.allocate.terms import Costs, PlanPolicy, Terms

IntColumn = npt.NDArray[np.int64]
VALUE_SCALE = 10**12  # values are whole 10^-12 fen of expected profit for each fen offered
MARGIN_LEAST = -8 * VALUE_SCALE  # -800 % a year: nobody lends at less, and times a share in ppm it stays in int64


@dataclass(frozen=True, slots=True)
class Limit:
    """A sum that may not be exceeded. kind: budget | industry | grade."""

    kind: str
    name: str
    share_ppm: int
    limit_fen: int


@dataclass(frozen=True, slots=True)
class Offers:
    """n companies that can take a loan of at least min_fen, k rates each (k = 1 where the best rate is known).

    row: (n,) index into the candidates. rate_ppm, accept_ppm, value, use: (n, k).
    value: expected profit, 10^-12 fen a fen offered, before the cost of the offer. use: ppm of a fen of every limit.
    cap_fen: (n,) at most; cap_by: (n,) 0 own limit, 1 --max, 2 concentration, 3 limit of its industry or grade. limits[0] is the budget;
    member: (n, 3) the limits a company counts against (budget, industry, grade).
    """

    row: IntColumn
    rate_ppm: IntColumn
    accept_ppm: IntColumn
    value: IntColumn
    use: IntColumn
    cap_fen: IntColumn
    cap_by: IntColumn
    min_fen: int
    cost_fen: int
    limits: tuple[Limit, ...]
    member: IntColumn

    def __len__(self) -> int:
        return len(self.row)

    @property
    def pairs(self) -> int:
        return int(self.value.size)


@dataclass(frozen=True, slots=True)
class Screened:
    """The offers, and why others have none: `why` is (candidates,) 0 offered, 1 cap below min, 2 expected
    profit never above zero, 3 its industry or grade is closed."""

    offers: Offers
    why: IntColumn


OFFERED, CAP_BELOW_MIN, NO_PROFIT, CLOSED = range(4)
CAP_LIMIT, CAP_MAX, CAP_CONCENTRATION, CAP_GROUP = range(4)


def margin(candidates: Candidates, costs: Costs, rates_ppm: IntColumn) -> IntColumn:
    """(candidates, rates), 10^-12 a year for each fen that is taken up, exact.

        rate x (1 - PD) - PD x LGD - funding - operating cost - K x target return,   K = risk weight x capital ratio

    A loan stands for one year; who defaults pays no interest and costs LGD of the principal. K is rounded to a ppm.
    """
    pd = candidates.pd_ppm
    capital = (candidates.risk_weight_ppm * costs.capital_ratio_ppm * 2 + PPM) // (2 * PPM)
    carried = (costs.funding_ppm + costs.operating_ppm) * PPM + capital * costs.target_return_ppm
    earned: IntColumn = np.outer(PPM - pd, rates_ppm)
    return np.maximum(earned - (pd * candidates.lgd_ppm + carried)[:, None], MARGIN_LEAST)


def screen(
    candidates: Candidates, terms: Terms, policy: PlanPolicy, costs: Costs, churn: Elasticity, rates_ppm: IntColumn
) -> Screened | Refusal:
    """As every_pair, with one rate a company where it is best at any amount and any price."""
    screened = every_pair(candidates, terms, policy, costs, churn, rates_ppm)
    if isinstance(screened, Refusal) or policy.budget_counts == "expected":
        return screened
    return Screened(_best_rate(screened.offers), screened.why)


def every_pair(
    candidates: Candidates, terms: Terms, policy: PlanPolicy, costs: Costs, churn: Elasticity, rates_ppm: IntColumn
) -> Screened | Refusal:
    """Refuses a grade that policy gives no churn class. Everything else that can't be lent to is in `why`."""
    unmapped = sorted(set(candidates.grade) - set(policy.churn_class))
    if unmapped:
        return Refusal.at(
            "GRADE_WITHOUT_CHURN_CLASS",
            f"等级 {'、'.join(unmapped)} 在策略 plan 的 churn_class 中没有对应",
            f"policy plan: churn_class has no class for the grade {', '.join(unmapped)}",
            file="plan.toml",
            key="churn_class",
        )
    place = {name: number for number, name in enumerate(churn.classes)}
    churn_class = np.array([place[policy.churn_class[grade]] for grade in candidates.grade], dtype=np.int64)
    accept = churn.accept_ppm(rates_ppm)[churn_class]
    value = (accept * margin(candidates, costs, rates_ppm) + PPM // 2) // PPM

    limits, member = _limits(candidates, terms, policy)
    ceilings = np.stack(
        [
            candidates.limit_fen,
            np.full(len(candidates), terms.max_fen, dtype=np.int64),
            np.full(len(candidates), terms.budget_fen * policy.borrower_share_ppm_max // PPM, dtype=np.int64),
        ]
    )
    cap, cap_by = ceilings.min(axis=0), ceilings.argmin(axis=0)
    room = np.array([limit.limit_fen for limit in limits], dtype=np.int64)[member].min(axis=1)
    best = value.max(axis=1)
    # In Python integers: a value of 10^11 times 10^13 fen is beyond int64.
    earns = np.array(
        [v * c > policy.offer_cost_fen * VALUE_SCALE for v, c in zip(best.tolist(), cap.tolist(), strict=True)],
        dtype=np.bool_,
    )
    offered = policy.budget_counts == "offered"
    why = np.select(
        [cap < terms.min_fen, ~earns, (room == 0) | (offered & (room < terms.min_fen))],
        [CAP_BELOW_MIN, NO_PROFIT, CLOSED],
        OFFERED,
    ).astype(np.int64)
    row = np.flatnonzero(why == OFFERED)
    shape = (len(row), len(rates_ppm))
    if offered:  # a loan above the limit of its own industry or grade never fits
        cap_by = np.where(room < cap, CAP_GROUP, cap_by)
        cap = np.minimum(cap, room)
    offers = Offers(
        row=row,
        rate_ppm=np.broadcast_to(rates_ppm, shape),
        accept_ppm=accept[row],
        value=value[row],
        use=np.full(shape, PPM, dtype=np.int64) if offered else accept[row],
        cap_fen=cap[row],
        cap_by=cap_by[row],
        min_fen=terms.min_fen,
        cost_fen=policy.offer_cost_fen,
        limits=limits,
        member=member[row],
    )
    return Screened(offers, why)


def _best_rate(offers: Offers) -> Offers:
    """Where every rate uses the budget alike, the rate that earns most a yuan is best at any amount and any price.

    Of equal ones the lowest rate: the company's gain costs the bank nothing.
    """
    best = offers.value.argmax(axis=1)[:, None]
    columns = {
        name: np.take_along_axis(getattr(offers, name), best, axis=1)
        for name in ("rate_ppm", "accept_ppm", "value", "use")
    }
    return Offers(
        offers.row, columns["rate_ppm"], columns["accept_ppm"], columns["value"], columns["use"], offers.cap_fen,
        offers.cap_by, offers.min_fen, offers.cost_fen, offers.limits, offers.member,
    )  # fmt: skip


def _limits(candidates: Candidates, terms: Terms, policy: PlanPolicy) -> tuple[tuple[Limit, ...], IntColumn]:
    budget = Limit("budget", "", PPM, terms.budget_fen)

    def shares(kind: str, names: Sequence[str], share: dict[str, int]) -> list[Limit]:
        return [Limit(kind, name, share[name], terms.budget_fen * share[name] // PPM) for name in names]

    industries, grades = sorted(set(candidates.industry)), sorted(set(candidates.grade))
    by_industry = shares("industry", industries, {name: policy.industry_share_ppm(name) for name in industries})
    by_grade = shares("grade", grades, {name: policy.grade_share_ppm(name) for name in grades})
    industry_at = {name: 1 + number for number, name in enumerate(industries)}
    grade_at = {name: 1 + len(industries) + number for number, name in enumerate(grades)}
    member = np.zeros((len(candidates), 3), dtype=np.int64)
    member[:, 1] = [industry_at[name] for name in candidates.industry]
    member[:, 2] = [grade_at[name] for name in candidates.grade]
    return (budget, *by_industry, *by_grade), member
