"""What one person did of an action for one company lately, added up: a large amount in pieces is a large amount.

action_counted (subject: company, ref: action): public {amount_fen, by, person}. Persons count, not accounts. What was approved counts
too, and what was reversed since: it is about what somebody did.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from kemiao.bank.event_log import Draft
from kemiao.bank.lending.organisation import Action
from kemiao.bank.lending.people import Account, same_person
from kemiao.bank.world import World

COUNTED = "action_counted"


def counted_fen(world: World, action: Action, person: str, company: str | None) -> int:
    """Fen of the last counted_days, today included; 0 where the action counts nothing. company None: what is no company's."""
    if not action.counted_days:
        return 0
    first = world.clock.today() - timedelta(days=action.counted_days - 1)
    return sum(
        int(event.public["amount_fen"])
        for event in world.log.events(COUNTED, subject=company, ref=action.name)
        if event.subject == company
        and datetime.fromisoformat(event.at).date() >= first
        and same_person(str(event.public["person"]), person)
    )


def counted_draft(action: Action, maker: Account, company: str | None, amount_fen: int) -> Draft | None:
    """The event of what is done; None where nothing is to be counted."""
    if not action.counted_days or action.four_eyes_from_fen is None or not amount_fen:
        return None
    public = {"amount_fen": amount_fen, "by": maker.account, "person": maker.person}
    return Draft(COUNTED, company, action.name, public)
