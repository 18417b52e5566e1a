"""Who takes a step of the way to money at the portal: a member of the staff, or the company by its own account."""

from __future__ import annotations

from kemiao.bank.lending.applications import Applicant, Effort
from kemiao.bank.world import World
from kemiao.base.refusal import Refused
from kemiao.portal import efforts
from kemiao.portal.door import Asked
from kemiao.portal.problems import NOT_ALLOWED


def effort_of(asked: Asked, world: World, minutes: int | None = None) -> Effort:
    """minutes: what a person of the bank says it took. Raises Refused NOT_ALLOWED for accounts of other kinds."""
    who = asked.someone
    if who.kind == "staff":
        return efforts.effort_of(asked, world, minutes)
    if who.kind != "company" or who.company is None:
        raise Refused(NOT_ALLOWED)
    return Effort(None, None, efforts.since_now(asked), Applicant(who.account, who.company, who.session))
