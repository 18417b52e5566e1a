"""approval: what waits for a second person, is given, or is refused."""

from __future__ import annotations

from typing import Any

from kemiao.bank.lending.asked_about import about
from kemiao.bank.lending.clearance import DECLINED, GIVEN, REQUESTED, USED, decide, last_day, state_of
from kemiao.bank.lending.organisation import organisation
from kemiao.bank.lending.people import account_of
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

_REASON_MAX = 1000


def requests(world: World, *, every: bool = False) -> list[dict[str, Any]] | Refusal:
    """Requests that wait or were given and wait for their command; every: also the closed ones. Oldest first."""
    rules = organisation(world, world.clock.today())
    if isinstance(rules, Refusal):
        return rules
    found = []
    for event in world.log.events(REQUESTED):
        state = state_of(world, rules, event)
        if not every and state not in ("waiting", "given"):
            continue
        answer = world.log.last(GIVEN, ref=event.ref), world.log.last(DECLINED, ref=event.ref)
        by = next((one.public for one in answer[::-1] if one is not None), None)
        used = world.log.last(USED, ref=event.ref)
        private = world.log.private(event)
        action = rules.actions.get(str(event.public["action"]))
        bound = private["bound"] if private else None
        found.append({
            "request": event.ref, "at": event.at, "state": state, **event.public, "company": event.subject,
            "action_zh": action.zh if action else None, "action_en": action.en if action else None,
            "bound": bound, **about(world, event.public, bound), "until": last_day(rules, event),
            "answered_by": by["by"] if by else None, "reason": by["reason"] if by else None, "used_at": used.at if used else None,
        })  # fmt: skip
    return found


def give(world: World, acting: str | None, own: str) -> dict[str, Any] | Refusal:
    """A second person approves; the maker's command then goes through once."""
    return _answer(world, acting, own, GIVEN, None)


def refuse(world: World, acting: str | None, own: str, reason: str) -> dict[str, Any] | Refusal:
    if not reason.strip() or len(reason) > _REASON_MAX:
        return Refusal.at("REASON_NEEDED", f"请写明理由(至多 {_REASON_MAX} 字)", f"a reason is needed (at most {_REASON_MAX} characters)", request=own)  # fmt: skip
    return _answer(world, acting, own, DECLINED, reason.strip())


def _answer(world: World, acting: str | None, own: str, kind: str, reason: str | None) -> dict[str, Any] | Refusal:
    account = account_of(world, acting)
    if isinstance(account, Refusal):
        return account
    request = decide(world, account, own, kind, reason)
    if isinstance(request, Refusal):
        return request
    return {"request": own, "state": "given" if kind == GIVEN else "refused", "action": request.public["action"], "amount_fen": request.public["amount_fen"], "maker": request.public["maker"], "by": account.account, "reason": reason}  # fmt: skip
