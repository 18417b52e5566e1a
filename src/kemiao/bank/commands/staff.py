"""staff: accounts are added, changed, closed and stood in for. The first one of a home is recorded as such."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kemiao.bank.event_log import Draft
from kemiao.bank.lending.clearance import Clearance, clear
from kemiao.bank.lending.organisation import organisation
from kemiao.bank.lending.people import (
    ADDED,
    ADMINISTRATOR,
    CHANGED,
    CLOSED,
    DELEGATED,
    Account,
    account_of,
    accounts,
    person_key,
    same_person,
    scripts_of,
)
from kemiao.bank.portal_accounts import USER_ADDED
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused

_FIT = re.compile(r"[\w.@-]{1,64}")
_PERSON_MAX = 100
_DELEGATED_DAYS_MAX = 366


@dataclass(frozen=True, slots=True)
class Add:
    account: str
    person: str
    roles: tuple[str, ...]
    unit: str


def add(world: World, acting: str | None, request: Add) -> dict[str, Any] | Refusal:
    """A new account. Names are never given twice, not even after closing. The first one administers, and nobody is asked."""
    unfit = _unfit_place(world, request.roles, request.unit) or unfit_name(request.account, request.person)
    if unfit is not None:
        return unfit
    said: dict[str, Any] = {"account": request.account, "person": request.person.strip(), "roles": list(request.roles), "unit": request.unit}  # fmt: skip
    if was_given(world, request.account):
        return name_given(request.account)
    if world.log.last(ADDED) is None:
        if ADMINISTRATOR not in request.roles:
            return Refusal.at("FIRST_ADMINISTERS", "第一个账户须有 administrator 角色", "the first account needs the role administrator", account=request.account)  # fmt: skip
        cleared: Clearance | None = None
        public = {**said, "by": None, "bootstrap": True}
    else:
        found = cleared_to_administer(world, acting, {"staff": "add", **said})
        if isinstance(found, Refusal):
            return found
        maker, cleared = found
        public = {**said, **by_whom(maker, cleared), "bootstrap": False}
    with world.log.write() as tx:
        first = world.log.last(ADDED) is None
        if first != public["bootstrap"] or was_given(world, request.account):
            raise Refused(name_given(request.account))  # another was faster
        if cleared is not None:
            cleared.use(tx)
        tx.append(ADDED, None, request.account, public)
    return public


def change(
    world: World, acting: str | None, own: str, roles: tuple[str, ...], unit: str | None
) -> dict[str, Any] | Refusal:
    """Other roles or another unit for an account; the person stays. roles: empty keeps them."""
    other = account_of(world, own)
    if isinstance(other, Refusal):
        return other
    said: dict[str, Any] = {"account": own, "roles": list(roles or other.hats[0].roles), "unit": unit or other.unit}
    unfit = _unfit_place(world, tuple(said["roles"]), said["unit"])
    if ADMINISTRATOR not in said["roles"]:
        unfit = unfit or _last_administrator(world, own)
    return unfit or _do(world, acting, CHANGED, {"staff": "change", **said}, said)


def close(world: World, acting: str | None, own: str) -> dict[str, Any] | Refusal:
    """The account acts no more, and nobody stands in for it."""
    other = account_of(world, own)
    if isinstance(other, Refusal):
        return other
    unfit = _last_administrator(world, own)
    return unfit or _do(world, acting, CLOSED, {"staff": "close", "account": own}, {"account": own})


def delegate(world: World, acting: str | None, source: str, to: str, until: date) -> dict[str, Any] | Refusal:
    """Until that day, included, `to` has the roles of `source` too; a day before today ends it.

    Who is there delegates alone; for somebody absent an administrator does, never to himself.
    """
    maker, giver, taker = account_of(world, acting), account_of(world, source), account_of(world, to)
    if isinstance(maker, Refusal):
        return maker
    if isinstance(giver, Refusal):
        return giver
    if isinstance(taker, Refusal):
        return taker
    today = world.clock.today()
    if same_person(giver.person, taker.person):
        return Refusal.at("SAME_PERSON", "两个账户是同一人", "both accounts are the same person", account=to)
    if until > today + timedelta(days=_DELEGATED_DAYS_MAX):
        return Refusal.at("TOO_LONG", f"授权最长 {_DELEGATED_DAYS_MAX} 天", f"at most {_DELEGATED_DAYS_MAX} days are delegated", until=until)  # fmt: skip
    said = {"from": source, "account": to, "until": until.isoformat()}
    if maker.account == source:
        public = {**said, "by": maker.account, "approval": None, "approved_by": None}
        with world.log.write() as tx:
            tx.append(DELEGATED, None, to, public)
        return public
    if same_person(maker.person, taker.person):
        return Refusal.at(
            "SELF_DELEGATION", "不能把他人的权限授给自己", "nobody takes over another's authority alone", account=to
        )
    return _do(world, acting, DELEGATED, {"staff": "delegate", **said}, said)


def _do(
    world: World, acting: str | None, kind: str, bound: dict[str, Any], said: dict[str, Any]
) -> dict[str, Any] | Refusal:
    found = cleared_to_administer(world, acting, bound)
    if isinstance(found, Refusal):
        return found
    maker, cleared = found
    public = {**said, **by_whom(maker, cleared)}
    with world.log.write() as tx:
        if cleared is not None:
            cleared.use(tx)
        tx.append_many([Draft(kind, None, str(said["account"]), public)])
    return public


def cleared_to_administer(
    world: World, acting: str | None, bound: dict[str, Any]
) -> tuple[Account, Clearance | None] | Refusal:
    """Four eyes, as soon as a second person administers who could give them."""
    maker = account_of(world, acting)
    if isinstance(maker, Refusal):
        return maker
    rules = organisation(world, world.clock.today())
    if isinstance(rules, Refusal):
        return rules
    second = any(
        ADMINISTRATOR in other["roles"]
        and not other["closed"]
        and not same_person(other["person"], maker.person)
        and other["unit"] in rules.units
        and rules.covers(other["unit"], maker.unit)
        for other in accounts(world)
    )
    if ADMINISTRATOR in maker.roles and not second:
        return maker, None
    cleared = clear(world, maker, "staff", 0, bound)
    return cleared if isinstance(cleared, Refusal) else (maker, cleared)


def by_whom(maker: Account, cleared: Clearance | None) -> dict[str, Any]:
    return cleared.public if cleared else {"by": maker.account, "approval": None, "approved_by": None}


def _unfit_place(world: World, roles: tuple[str, ...], unit: str) -> Refusal | None:
    rules = organisation(world, world.clock.today())
    if isinstance(rules, Refusal):
        return rules
    unknown = [role for role in roles if role not in rules.roles]
    if not roles or unknown:
        names = ", ".join(rules.roles)
        return Refusal.at(
            "NO_SUCH_ROLE", f"角色须为其中之一:{names}", f"a role is one of: {names}", role=", ".join(unknown)
        )
    if unit not in rules.units:
        names = ", ".join(rules.units)
        return Refusal.at("NO_SUCH_UNIT", f"机构须为其中之一:{names}", f"a unit is one of: {names}", unit=unit)
    return None


def unfit_name(account: str, person: str) -> Refusal | None:
    if not _FIT.fullmatch(account):
        return Refusal.at("BAD_ACCOUNT_NAME", "账户名为 1 至 64 个字母、数字、汉字或 . _ @ -", "an account's name is 1 to 64 letters, digits or . _ @ -", account=account)  # fmt: skip
    if not person_key(person) or len(person) > _PERSON_MAX:
        return Refusal.at("BAD_PERSON_NAME", f"姓名为 1 至 {_PERSON_MAX} 个字", f"a person's name has 1 to {_PERSON_MAX} characters", account=account)  # fmt: skip
    mixed = scripts_of(person)
    if len(mixed) > 1:  # letters that look alike would make two persons of one
        names = ", ".join(script.capitalize() for script in mixed)
        return Refusal.at("MIXED_SCRIPTS", f"姓名混用了形近的文字({names}):请用一种文字重新输入", f"the name mixes scripts whose letters look alike ({names}): type it in one", account=account)  # fmt: skip
    return None


def _last_administrator(world: World, own: str) -> Refusal | None:
    administer = [one["account"] for one in accounts(world) if not one["closed"] and ADMINISTRATOR in one["roles"]]
    if administer != [own]:
        return None
    return Refusal.at(
        "LAST_ADMINISTRATOR", "这是最后一个管理员账户", "this is the last account that administers", account=own
    )


def was_given(world: World, own: str) -> bool:
    """To staff or to a user of the portal, if only a closed one."""
    return any(world.log.last(kind, ref=own) is not None for kind in (ADDED, USER_ADDED))


def name_given(own: str) -> Refusal:
    return Refusal.at("ACCOUNT_EXISTS", "账户名已用过(停用的也不再给出)", "the name was given before, if only to a closed account", account=own)  # fmt: skip
