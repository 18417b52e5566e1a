"""approval: what waits for a second person, is given, or is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kemiao.bank.event_log import Event
from kemiao.bank.lending.asked_about import about
from kemiao.bank.lending.clearance import (
    DECLINED,
    GIVEN,
    REQUESTED,
    USED,
    approving_hat,
    decide,
    last_day,
    state_of,
    states_of,
)
from kemiao.bank.lending.organisation import Organisation, organisation
from kemiao.bank.lending.people import Account, account_of
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal

_REASON_MAX = 1000


def requests(world: World, *, every: bool = False) -> list[dict[str, Any]] | Refusal:
    """Requests that wait or were given and wait for their command; every: also the closed ones. Oldest first."""
    rules = organisation(world, world.clock.today())
    if isinstance(rules, Refusal):
        return rules
    return [
        _told(world, rules, event, state)
        for event, state in states_of(world, rules, world.log.events(REQUESTED))
        if state in ("waiting", "given") or every
    ]


def request(world: World, own: str) -> dict[str, Any] | Refusal:
    """One of them. Refuses NO_SUCH_REQUEST."""
    rules = organisation(world, world.clock.today())
    if isinstance(rules, Refusal):
        return rules
    event = world.log.last(REQUESTED, ref=own)
    return _no_such(own) if event is None else _told(world, rules, event, state_of(world, rules, event))


def for_account(world: World, acting: str, *, every: bool = False) -> list[dict[str, Any]] | Refusal:
    """Those of actions that the account's roles make or approve, with whether it can answer: may, stands_in, and else why."""
    account, found = account_of(world, acting), requests(world, every=every)
    if isinstance(account, Refusal):
        return account
    if isinstance(found, Refusal):
        return found
    return [_may(world, account, row) for row in found if _touches(world, account, str(row["action"]))]


def for_account_one(world: World, acting: str, own: str) -> dict[str, Any] | Refusal:
    """One of them. Refuses NO_SUCH_REQUEST also where the account's roles have nothing to do with it."""
    account, row = account_of(world, acting), request(world, own)
    if isinstance(account, Refusal):
        return account
    if isinstance(row, Refusal):
        return row
    return _may(world, account, row) if _touches(world, account, str(row["action"])) else _no_such(own)


def _touches(world: World, account: Account, action: str) -> bool:
    rules = organisation(world, world.clock.today())
    asked = None if isinstance(rules, Refusal) else rules.actions.get(action)
    return asked is not None and bool((asked.makers | asked.approvers).intersection(account.roles))


def _may(world: World, account: Account, row: dict[str, Any]) -> dict[str, Any]:
    rules, event = organisation(world, world.clock.today()), world.log.last(REQUESTED, ref=row["request"])
    if isinstance(rules, Refusal) or event is None:
        return row | {"may": False, "stands_in": None, "why_zh": None, "why_en": None}
    hat = approving_hat(world, rules, account, event)
    if isinstance(hat, Refusal):
        return row | {"may": False, "stands_in": None, "why_zh": hat.zh, "why_en": hat.en}
    return row | {"may": row["state"] in ("waiting", "given"), "stands_in": hat.account if hat.account != account.account else None, "why_zh": None, "why_en": None}  # fmt: skip


def _told(world: World, rules: Organisation, event: Event, state: str) -> dict[str, Any]:
    """answered_for: the account whose roles served, where the one who answered stood in for it. opened: what digests in
    bound stand for, where it is kept and does. seen: digest of all that is approved."""
    answer = world.log.last(GIVEN, ref=event.ref), world.log.last(DECLINED, ref=event.ref)
    by = next((one.public for one in answer[::-1] if one is not None), None)
    used = world.log.last(USED, ref=event.ref)
    private = world.log.private(event)
    action = rules.actions.get(str(event.public["action"]))
    bound = private["bound"] if private else None
    return {
        "request": event.ref, "at": event.at, "state": state, **event.public, "company": event.subject,
        "action_zh": action.zh if action else None, "action_en": action.en if action else None,
        "bound": bound, "opened": _opened(private), **about(world, event.public, bound), "until": last_day(rules, event),
        "answered_by": by["by"] if by else None, "answered_for": by.get("for") if by else None,
        "reason": by["reason"] if by else None, "used_at": used.at if used else None, "seen": _seen(event, bound),
    }  # fmt: skip


def _opened(private: Mapping[str, Any] | None) -> dict[str, Any]:
    """What does not give the digest that was bound is not shown: it would not be what is approved."""
    kept = private or {}
    return {
        name: value for name, value in kept.get("opened", {}).items() if digest(name, value) == kept["bound"].get(name)
    }


def _seen(event: Event, bound: Mapping[str, Any] | None) -> str:
    return digest("approval_seen", {"public": dict(event.public), "bound": bound, "company": event.subject})


def _no_such(own: str) -> Refusal:
    return Refusal.at("NO_SUCH_REQUEST", "没有这份申请:kemiao approval list", "there is no such request: kemiao approval list", request=own)  # fmt: skip


def give(world: World, acting: str | None, own: str, seen: str | None = None) -> dict[str, Any] | Refusal:
    """A second person approves; the maker's command then goes through once. seen: the digest of what the approver was shown; refuses
    SEEN_OTHERWISE where that is not what the request is bound to."""
    if seen is not None:
        shown = request(world, own)
        if isinstance(shown, Refusal):
            return shown
        if shown["seen"] != seen:
            return Refusal.at("SEEN_OTHERWISE", "所见内容与申请不一致:请重新打开后再批准", "what was shown is not what is asked for: open it again before approving", request=own)  # fmt: skip
    return _answer(world, acting, own, GIVEN, None)


def refuse(world: World, acting: str | None, own: str, reason: str) -> dict[str, Any] | Refusal:
    if not reason.strip() or len(reason) > _REASON_MAX:
        return Refusal.at("REASON_NEEDED", f"请写明理由(至多 {_REASON_MAX} 字)", f"a reason is needed (at most {_REASON_MAX} characters)", request=own)  # fmt: skip
    return _answer(world, acting, own, DECLINED, reason.strip())


def _answer(world: World, acting: str | None, own: str, kind: str, reason: str | None) -> dict[str, Any] | Refusal:
    account = account_of(world, acting)
    if isinstance(account, Refusal):
        return account
    asked = decide(world, account, own, kind, reason)
    if isinstance(asked, Refusal):
        return asked
    return {"request": own, "state": "given" if kind == GIVEN else "refused", "action": asked.public["action"], "amount_fen": asked.public["amount_fen"], "maker": asked.public["maker"], "by": account.account, "reason": reason}  # fmt: skip
