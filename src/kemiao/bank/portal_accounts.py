"""Accounts that sign in at the portal: the bank's staff, and those of companies, funders and auditors.

Staff are those of bank.lending.people. The others: user_added (ref: the account), user_closed. Names are given once, to either.
Who a company's account is of, and what it signs in with, is sealed under the company's key: erasing the company erases it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kemiao.bank.event_log import Event
from kemiao.bank.lending.people import ADDED, account_of
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

USER_ADDED, USER_CLOSED = "user_added", "user_closed"
Kind = Literal["staff", "company", "funder", "auditor"]


@dataclass(frozen=True, slots=True)
class PortalAccount:
    """roles: of organisation.toml for staff, with those delegated; else the kind. company: of kind company. funder: of kind funder, the
    name its mandates begin with. unit: of staff."""

    account: str
    kind: Kind
    person: str
    roles: frozenset[str]
    unit: str | None = None
    company: str | None = None
    funder: str | None = None


def portal_account(world: World, name: str) -> PortalAccount | Refusal:
    """Refuses NO_SUCH_ACCOUNT, ACCOUNT_CLOSED."""
    added = world.log.last(USER_ADDED, ref=name)
    if added is None:
        if world.log.last(ADDED, ref=name) is None:
            return Refusal.at("NO_SUCH_ACCOUNT", "没有这个账户", "there is no such account", account=name)
        staff = account_of(world, name)
        if isinstance(staff, Refusal):
            return staff
        return PortalAccount(staff.account, "staff", staff.person, frozenset(staff.roles), staff.unit)
    if world.log.last(USER_CLOSED, ref=name) is not None:
        return Refusal.at("ACCOUNT_CLOSED", "该账户已停用", "the account is closed", account=name)
    said, person = added.public, person_of(world, added)
    if person is None:  # its company's key is gone: closed with it
        return Refusal.at("ACCOUNT_CLOSED", "该账户已停用", "the account is closed", account=name)
    return PortalAccount(
        name, said["kind"], person, frozenset((said["kind"],)), None, said.get("company"), said.get("funder")
    )


def person_of(world: World, added: Event) -> str | None:
    """Whose an account is, by its user_added; None where its company was erased."""
    if "person" in added.public:
        return str(added.public["person"])
    kept = world.log.private(added)
    return None if kept is None else str(kept["person"])


def accounts_of_company(world: World, company: str) -> tuple[str, ...]:
    """Names of all that were ever made for it."""
    return tuple(str(event.ref) for event in world.log.events(USER_ADDED) if event.public.get("company") == company)
