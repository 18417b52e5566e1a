"""People: accounts as the event log has them. Every account names one person; four eyes compare persons.

staff_added, staff_changed, staff_closed (ref: the account), staff_delegated (ref: who takes over, from whom stands in it).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from kemiao.bank.event_log import Event
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

ADDED, CHANGED, CLOSED, DELEGATED = "staff_added", "staff_changed", "staff_closed", "staff_delegated"
ADMINISTRATOR = "administrator"
_UNSEEN = ("Cf", "Cc", "Cn", "Co", "Cs", "Mn", "Me", "Zs", "Zl", "Zp")
_BLANK_LETTERS = (
    "\u115f\u1160\u3164\uffa0\u2800"  # fillers of Hangul and the blank of Braille are letters, and not seen
)
_LOOK_ALIKE = ("LATIN", "CYRILLIC", "GREEK")


@dataclass(frozen=True, slots=True)
class Hat:
    """Roles in a unit: an account's own, or those of another account that it stands in for until a day.

    given_by: the persons whose act or authority a delegation is: whose roles they are, and who delegated them."""

    account: str
    roles: tuple[str, ...]
    unit: str
    until: date | None = None
    given_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """roles: its own and those that were delegated to it. hats[0] is its own."""

    account: str
    person: str
    roles: tuple[str, ...]
    unit: str
    hats: tuple[Hat, ...] = ()

    def is_person(self, person: str) -> bool:
        return same_person(self.person, person)


def same_person(one: str, other: str) -> bool:
    return person_key(one) == person_key(other)


def person_key(name: str) -> str:
    """A name however it is typed: full width, blanks, case, and what nobody sees are no other person."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(each for each in folded if each not in _BLANK_LETTERS and unicodedata.category(each) not in _UNSEEN)


def scripts_of(name: str) -> tuple[str, ...]:
    """Which of the alphabets whose letters look alike a name is written in."""
    words = {unicodedata.name(each, "").partition(" ")[0] for each in unicodedata.normalize("NFKC", name)}
    return tuple(script for script in _LOOK_ALIKE if script in words)


def account_of(world: World, name: str | None) -> Account | Refusal:
    """Who acts today, with what was delegated to it. Refuses NO_ACCOUNT_NAMED, NO_SUCH_ACCOUNT, ACCOUNT_CLOSED."""
    if name is None or not name.strip():
        if world.log.last(ADDED) is None:
            return Refusal("NO_ACCOUNT_NAMED", "未指明经办账户,本行也还没有账户:先 kemiao staff add 账户 --person 姓名 --role administrator --unit head_office", "no account is named, and this bank has none yet: kemiao staff add ACCOUNT --person NAME --role administrator --unit head_office")  # fmt: skip
        return Refusal("NO_ACCOUNT_NAMED", "未指明经办账户:用 --as 账户,或设 KEMIAO_ACCOUNT", "no account is named: --as ACCOUNT, or set KEMIAO_ACCOUNT")  # fmt: skip
    own = name.strip()
    hat, person = _own(world, own)
    if hat is None:
        return Refusal.at("NO_SUCH_ACCOUNT", "没有这个账户:kemiao staff list", "there is no such account: kemiao staff list", account=own)  # fmt: skip
    if _closed(world, own):
        return Refusal.at("ACCOUNT_CLOSED", "该账户已停用", "the account is closed", account=own)
    hats = (hat, *_taken_over(world, own))
    roles = tuple(dict.fromkeys(role for each in hats for role in each.roles))
    return Account(own, person, roles, hat.unit, hats)


def accounts(world: World) -> Iterator[dict[str, Any]]:
    """All accounts by name: account, person, roles, unit, closed, bootstrap, stands_in_for."""
    for event in sorted(world.log.events(ADDED), key=lambda event: event.ref or ""):
        own = str(event.ref)
        hat, person = _own(world, own)
        if hat is None:
            continue
        yield {
            "account": own, "person": person, "roles": list(hat.roles), "unit": hat.unit, "closed": _closed(world, own),
            "bootstrap": bool(event.public["bootstrap"]),
            "stands_in_for": [{"account": other.account, "until": other.until} for other in _taken_over(world, own)],
        }  # fmt: skip


def _own(world: World, own: str) -> tuple[Hat | None, str]:
    added = world.log.last(ADDED, ref=own)
    if added is None:
        return None, ""
    now: Event = world.log.last(CHANGED, ref=own) or added
    return Hat(own, tuple(now.public["roles"]), str(now.public["unit"])), str(added.public["person"])


def _closed(world: World, own: str) -> bool:
    return world.log.last(CLOSED, ref=own) is not None


def _taken_over(world: World, own: str) -> Iterator[Hat]:
    """Whom the account stands in for today. Not handed on: a delegate gives away only what is its own."""
    newest = {str(event.public["from"]): event.public for event in world.log.events(DELEGATED, ref=own)}
    for other, said in sorted(newest.items()):
        until = date.fromisoformat(said["until"])
        hat, person = _own(world, other)
        if until >= world.clock.today() and hat is not None and not _closed(world, other):
            _, by = _own(world, str(said.get("by")))
            yield Hat(other, hat.roles, hat.unit, until, (person, by))
