"""Who takes a step of the way to money at the portal: a member of the staff, or the company by its own account."""

from __future__ import annotations

from kemiao.bank.lending.applications import Applicant, Effort
from kemiao.bank.lending.people import account_of
from kemiao.bank.world import World
from kemiao.base.refusal import Refused
from kemiao.portal.door import Asked, done
from kemiao.portal.problems import NOT_ALLOWED


def effort_of(asked: Asked, world: World, minutes: int | None = None) -> Effort:
    """minutes: what a person of the bank says it took. Raises Refused NOT_ALLOWED for accounts of other kinds."""
    who, now_ms = asked.someone, asked.portal.now_ms
    began = now_ms()

    def machine_ms() -> int:
        return int(max(now_ms() - began, 0))

    if who.kind == "staff":
        return Effort(done(account_of(world, who.account)), minutes, machine_ms)
    if who.kind != "company" or who.company is None:
        raise Refused(NOT_ALLOWED)
    return Effort(None, None, machine_ms, Applicant(who.account, who.company, who.session))
