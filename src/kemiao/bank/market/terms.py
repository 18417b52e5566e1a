"""The operator's terms of a call: frozen policies, named by one digest, and what is read off them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kemiao.bank.policy import freeze, thaw
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal
from kemiao.credit.allocate import elasticity
from kemiao.credit.allocate.elasticity import Elasticity
from kemiao.credit.allocate.terms import policy_from
from kemiao.credit.matching.options import churn_of_grades
from kemiao.credit.matching.rules import MarketRules, rules_from
from kemiao.credit.rating.master_scale import Grade, scale_from_policy

NAMES = ("market", "master_scale", "plan")  # the policies that a clearing rests on


@dataclass(frozen=True, slots=True)
class Terms:
    """churn: with a class a grade; None where value does not count who walks away."""

    rules: MarketRules
    scale: tuple[Grade, ...]
    churn: Elasticity | None

    @property
    def grades(self) -> tuple[str, ...]:
        return tuple(grade.name for grade in self.scale)

    @property
    def pd_ppm(self) -> Mapping[str, int]:
        """By grade: the upper bound, for who has a grade and no probability of its own."""
        ends = [grade.pd_ppm_from for grade in self.scale[1:]]
        return dict(zip(self.grades, [*ends, 10**6], strict=True))


def frozen_on(world: World, day: date) -> dict[str, Any]:
    """As canonical JSON. Raises Refused POLICY_NOT_IN_FORCE."""
    policies = {name: world.policy.named(name, day) for name in NAMES}
    return {name: freeze(policies[name]) for name in NAMES}


def digest_of(frozen: Mapping[str, Any]) -> str:
    return digest("market_policy", frozen)


def terms_of(frozen: Mapping[str, Any]) -> Terms | Refusal:
    """frozen: also one that somebody sent: whatever is not as it should be is refused."""
    try:
        read = {name: thaw(frozen[name]) for name in NAMES}
        rules = rules_from(read["market"])
        if isinstance(rules, Refusal):
            return rules
        scale = scale_from_policy(read["master_scale"])
        if isinstance(scale, Refusal):
            return scale
        plan = policy_from(read["plan"])
        if isinstance(plan, Refusal):
            return plan
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return Refusal.at(
            "BAD_MARKET_POLICY", f"撮合规则读不出:{error}", f"the terms of the call can't be read: {error}"
        )
    grades = tuple(grade.name for grade in scale)
    table = elasticity.from_policy(plan)
    churn = table if isinstance(table, Refusal) else churn_of_grades(table, plan.churn_class, grades)
    if isinstance(churn, Refusal) and rules.churn:
        return churn
    return Terms(rules, scale, churn if rules.churn and not isinstance(churn, Refusal) else None)
