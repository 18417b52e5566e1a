"""The rules that the market's benches run under: those of the packaged policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kemiao.credit.matching.rules import MarketRules


def packaged_rules() -> MarketRules:
    """Raises Refused where the packaged policy is not as it should be."""
    from kemiao.bank.packaged_policy import policy_of
    from kemiao.base.refusal import Refusal, Refused
    from kemiao.credit.matching.rules import rules_from

    table = policy_of(None, "market")
    rules = table if isinstance(table, Refusal) else rules_from(table)
    if isinstance(rules, Refusal):
        raise Refused(rules)
    return rules
