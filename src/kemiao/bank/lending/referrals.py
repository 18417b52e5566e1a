"""Referrals: a case that was handed to another role, as the event log has it. As long as it stands, only that role goes on with it.

application_referred (subject: company, ref: the application): public {to, unit, round, by, person}; the note is sealed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kemiao.bank.event_log import Event
from kemiao.bank.lending.applications import Application
from kemiao.bank.lending.organisation import organisation
from kemiao.bank.lending.people import Account, Hat
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

KIND = "application_referred"


@dataclass(frozen=True, slots=True)
class Referral:
    """to: the role. unit: where the case comes from; who goes on sits there or above."""

    application: str
    to: str
    unit: str
    by: str
    at: str


def standing_referral(world: World, found: Application) -> Referral | None:
    """The last of this round, where the application still waits for the bank's answer."""
    return _standing(found, world.log.last(KIND, ref=found.id))


def standing_referrals(world: World, among: Iterable[Application]) -> dict[str, Referral]:
    """standing_referral of many, by application; those without one are left out."""
    newest = {event.ref: event for event in world.log.events(KIND)}
    found = ((each.id, _standing(each, newest.get(each.id))) for each in among)
    return {own: referral for own, referral in found if referral is not None}


def _standing(found: Application, event: Event | None) -> Referral | None:
    if event is None or found.step != "applied" or event.public["round"] != found.round:
        return None
    return _of(event)


def referrals(world: World, own: str) -> Iterator[dict[str, Any]]:
    """All of an application, with their notes; the note is null where the company was erased."""
    for event in world.log.events(KIND, ref=own):
        private = world.log.private(event)
        yield {"seq": event.seq, "at": event.at, **event.public, "note": private["note"] if private else None}


def referred_hat(world: World, handed: Referral, account: Account) -> Hat | None:
    """The roles by which the account goes on with it; None where they don't."""
    rules = organisation(world, world.clock.today())
    if isinstance(rules, Refusal):
        return None
    fitting = (hat for hat in account.hats if handed.to in hat.roles and hat.unit in rules.units)
    return next((hat for hat in fitting if rules.covers(hat.unit, handed.unit)), None)


def not_referred_to(world: World, handed: Referral | None, account: Account) -> Refusal | None:
    """Refuses REFERRED: another role has the case."""
    if handed is None or referred_hat(world, handed, account) is not None:
        return None
    return Refusal.at("REFERRED", f"该申请已上报,由 {handed.to} 办理", f"the case was referred: {handed.to} goes on with it", application=handed.application)  # fmt: skip


def _of(event: Event) -> Referral:
    said = event.public
    return Referral(str(event.ref), str(said["to"]), str(said["unit"]), str(said["by"]), event.at)
