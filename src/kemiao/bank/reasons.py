"""The policy of reasons of a day, and what it makes of kept decisions: themes and confidence beside the explanation."""

from __future__ import annotations

from datetime import date

from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.rating.actionable import ReasonsPolicy, reasons_policy

NAME = "reasons"


def reasons_on(world: World, day: date) -> ReasonsPolicy:
    """Raises Refused where none is in force, or it can't be read."""
    content = world.policy.on(day).get(NAME)
    if content is None:
        raise Refused(Refusal.at("POLICY_NOT_IN_FORCE", f"{day} 没有生效的政策:{NAME}", f"no policy is in force on {day}: {NAME}", home=world.home.policy))  # fmt: skip
    read = reasons_policy(content)
    if isinstance(read, Refusal):
        raise Refused(read)
    return read
