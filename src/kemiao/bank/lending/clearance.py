"""Four eyes: whether an action may happen now. From an amount on, a second person approves it first, and that approval serves once.

approval_requested, approval_given, approval_refused, approval_used: ref is the request's id, which follows from action, amount,
maker and what it is bound to, so that the same command again asks for the same approval. action_counted (ref: the action): what a
person did, so that an amount in pieces counts as the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from kemiao.bank.event_log import Draft, Event, EventLog, Transaction
from kemiao.bank.lending.counted import counted_draft, counted_fen
from kemiao.bank.lending.organisation import Action, Organisation, organisation, unknown_action
from kemiao.bank.lending.people import Account, Hat, account_of, same_person
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import BrokenInvariant, Refusal, Refused

REQUESTED, GIVEN, DECLINED, USED = "approval_requested", "approval_given", "approval_refused", "approval_used"


@dataclass(frozen=True, slots=True)
class Clearance:
    """The maker may act. request: the approval that this uses up, or None where none was needed."""

    maker: Account
    action: str
    amount_fen: int
    request: str | None
    approver: str | None  # the approving account
    _log: EventLog
    _counted: Draft | None  # what this adds to what the person did
    _still: Callable[[], Refusal | None]  # whether what was found when it was asked for holds

    @property
    def public(self) -> dict[str, Any]:
        """Who did it and who approved it, for the event of what was done."""
        return {"by": self.maker.account, "approval": self.request, "approved_by": self.approver}

    def use(self, tx: Transaction) -> None:
        """Inside the transaction of what is done. Raises Refused APPROVAL_USED, APPROVAL_TAKEN_BACK, COUNTED_MEANWHILE or
        APPROVER_NO_LONGER_FIT where another was faster: nothing is appended."""
        moved = self._still()
        if moved is not None:
            raise Refused(moved)
        if self._counted is not None:
            tx.append_many([self._counted])
        if self.request is None:
            return
        if self._log.last(USED, ref=self.request) is not None:
            raise Refused(
                Refusal.at("APPROVAL_USED", "该批准已经用过", "this approval has been used", request=self.request)
            )
        if self._log.last(DECLINED, ref=self.request) is not None:
            raise Refused(Refusal.at("APPROVAL_TAKEN_BACK", "该批准已被收回", "this approval was taken back", request=self.request))  # fmt: skip
        tx.append(USED, ref=self.request, public={"by": self.maker.account})


def clear(
    world: World, maker: Account, action: str, amount_fen: int, bound: Mapping[str, Any], *, unit: str | None = None,
    opened: Mapping[str, Any] | None = None,
) -> Clearance | Refusal:  # fmt: skip
    """Whether `maker` may do `action` over an amount now. Call it outside of a transaction; use() the answer inside.

    bound: what exactly is done (loan, day, payee …), canonical JSON; it is sealed, under the key of bound["company"] if there
    is one. Put digests there, not names of people. opened: by name what a digest of it stands for (base.digest of name and value), for the eyes of
    who approves; sealed with it. unit: of the loan; the maker sits in it or above it. What the maker's person
    did of it for that company within the action's counted_days counts with it, for the threshold and for the approver's limit.
    Refuses NOT_YOUR_ROLE, NOT_YOUR_UNIT, FOUR_EYES_NEEDED (a request now waits: kemiao approval list).
    """
    today = world.clock.today()
    rules = organisation(world, today)
    if isinstance(rules, Refusal):
        return rules
    asked = rules.actions.get(action)
    if asked is None:
        return unknown_action(action)
    if not 0 <= amount_fen <= FEN_MAX:
        raise BrokenInvariant(f"clear {action} over {amount_fen} fen")
    hat = _hat_of_maker(rules, asked, maker, unit)
    if isinstance(hat, Refusal):
        return hat
    company = bound.get("company")
    if not _needs_two(asked, amount_fen + counted_fen(world, asked, maker.person, company)):
        still = partial(_still_below, world, asked, maker.person, company, amount_fen)
        return Clearance(
            maker, action, amount_fen, None, None, world.log, counted_draft(asked, maker, company, amount_fen), still
        )
    return _approved(world, rules, asked, maker, amount_fen, bound, unit or hat.unit, opened)


def unfit_maker(world: World, maker: Account, action: str, unit: str | None = None) -> Refusal | None:
    """Of what does nothing that needs approving: whether the maker has the action's role, and the unit lies under the maker's."""
    rules = organisation(world, world.clock.today())
    if isinstance(rules, Refusal):
        return rules
    asked = rules.actions.get(action)
    if asked is None:
        return unknown_action(action)
    hat = _hat_of_maker(rules, asked, maker, unit)
    return hat if isinstance(hat, Refusal) else None


def _needs_two(action: Action, amount_fen: int) -> bool:
    return action.four_eyes_from_fen is not None and amount_fen >= action.four_eyes_from_fen


def _still_below(world: World, action: Action, person: str, company: str | None, amount_fen: int) -> Refusal | None:
    if not _needs_two(action, amount_fen + counted_fen(world, action, person, company)):
        return None
    return Refusal.at("COUNTED_MEANWHILE", "同一人的另一笔同类业务刚刚办理,合计须由另一人批准:请重发本命令", "another of the same kind by the same person was done this moment; together they need a second person: the same command again", action=action.name)  # fmt: skip


def _hat_of_maker(rules: Organisation, action: Action, maker: Account, unit: str | None) -> Hat | Refusal:
    fitting = [hat for hat in maker.hats if action.makers.intersection(hat.roles)]
    if not fitting:
        roles = ", ".join(sorted(action.makers))
        return Refusal.at("NOT_YOUR_ROLE", f"{action.zh}须由这些角色办理:{roles}", f"{action.en} is done by these roles: {roles}", account=maker.account)  # fmt: skip
    for hat in fitting:
        if unit is None or (hat.unit in rules.units and rules.covers(hat.unit, unit)):
            return hat
    return Refusal.at("NOT_YOUR_UNIT", f"该业务属于 {unit},不归本账户的机构管辖", f"this belongs to {unit}, which is not under the account's unit", account=maker.account)  # fmt: skip


def _approved(
    world: World,
    rules: Organisation,
    action: Action,
    maker: Account,
    amount_fen: int,
    bound: Mapping[str, Any],
    unit: str,
    opened: Mapping[str, Any] | None,
) -> Clearance | Refusal:
    """The open request's approval; a new request where there is none."""
    base = digest(
        "approval", {"action": action.name, "amount_fen": amount_fen, "maker": maker.account, "bound": dict(bound)}
    )
    with world.log.write() as tx:  # two commands at once ask once
        own, event, refusals = _open_request(world, rules, base)
        given = _given(world, rules, event) if event is not None else None
        if event is None:
            company = bound.get("company")
            tx.append(
                REQUESTED, company, own,
                {"action": action.name, "amount_fen": amount_fen, "counted_fen": counted_fen(world, action, maker.person, company), "maker": maker.account, "person": maker.person, "unit": unit, "refused_before": refusals},
                {"bound": dict(bound), **({"opened": dict(opened)} if opened else {})},
            )  # fmt: skip
    if given is not None and event is not None:
        counted = counted_draft(action, maker, bound.get("company"), amount_fen)
        still = partial(_approver_unfit, world, rules, event, given)
        return Clearance(maker, action.name, amount_fen, own, str(given.public["by"]), world.log, counted, still)
    return Refusal.at("FOUR_EYES_NEEDED", f"{action.zh}须由另一人批准:kemiao approval give {own} --as 另一账户,然后重发本命令", f"{action.en} needs a second person: kemiao approval give {own} --as ANOTHER, then the same command again", request=own)  # fmt: skip


def _open_request(world: World, rules: Organisation, base: str) -> tuple[str, Event | None, int]:
    """The id of the request that is open or comes next, its event if it is open, and how often it was refused before.

    A request that was used, refused or left to lapse is closed: the same command later asks anew, under the next number.
    """
    number = refusals = 0
    while True:
        own = f"apr-{digest('approval_number', [base, number])[:16]}"
        event = world.log.last(REQUESTED, ref=own)
        if event is None:
            return own, None, refusals
        state = state_of(world, rules, event)
        if state in ("waiting", "given"):
            return own, event, refusals
        refusals += state == "refused"
        number += 1


def state_of(world: World, rules: Organisation, request: Event) -> str:
    """waiting | given | used | refused | lapsed"""
    for state, kind in (("used", USED), ("refused", DECLINED)):
        if world.log.last(kind, ref=request.ref) is not None:
            return state
    if world.clock.today() > last_day(rules, request):
        return "lapsed"
    return "given" if _given(world, rules, request) is not None else "waiting"


def states_of(world: World, rules: Organisation, requests: Iterable[Event]) -> Iterator[tuple[Event, str]]:
    """state_of each, in their order: which were closed is read once for all."""
    closed = {event.ref: state for state, kind in (("refused", DECLINED), ("used", USED)) for event in world.log.events(kind)}  # fmt: skip
    for request in requests:
        yield request, closed[request.ref] if request.ref in closed else state_of(world, rules, request)


def _given(world: World, rules: Organisation, request: Event) -> Event | None:
    """The approval, as long as who gave it could still give it; else another is to."""
    given = world.log.last(GIVEN, ref=request.ref)
    return None if given is None or _approver_unfit(world, rules, request, given) is not None else given


def _approver_unfit(world: World, rules: Organisation, request: Event, given: Event) -> Refusal | None:
    """Refuses APPROVER_NO_LONGER_FIT: the account was closed, has other roles or another unit, or the amounts together are beyond it."""
    approver = account_of(world, str(given.public["by"]))
    why = approver if isinstance(approver, Refusal) else approving_hat(world, rules, approver, request)
    if not isinstance(why, Refusal):
        return None
    return Refusal.at("APPROVER_NO_LONGER_FIT", f"批准人已不再适格({why.zh}):须另行批准", f"who approved no longer may ({why.en}): another approves", request=request.ref, account=given.public["by"])  # fmt: skip


def last_day(rules: Organisation, request: Event) -> date:
    return datetime.fromisoformat(request.at).date() + timedelta(days=rules.request_days)


def decide(world: World, approver: Account, own: str, kind: str, reason: str | None = None) -> Event | Refusal:
    """Gives or refuses an approval (kind: GIVEN or DECLINED). The request's event, or why it can't be. What is recorded names
    the account whose roles served where the approver stands in for another.

    Refuses NO_SUCH_REQUEST, REQUEST_CLOSED, OWN_REQUEST (same person), NOT_YOUR_ROLE, NOT_YOUR_UNIT, BEYOND_AUTHORITY.
    """
    rules = organisation(world, world.clock.today())
    if isinstance(rules, Refusal):
        return rules
    with world.log.write() as tx:  # two approvers at once: one finds it closed
        request = world.log.last(REQUESTED, ref=own)
        if request is None:
            return Refusal.at("NO_SUCH_REQUEST", "没有这份申请:kemiao approval list", "there is no such request: kemiao approval list", request=own)  # fmt: skip
        state = state_of(world, rules, request)
        if state not in (("waiting",) if kind == GIVEN else ("waiting", "given")):
            return Refusal.at("REQUEST_CLOSED", f"该申请已不再等待({state})", f"the request no longer waits ({state})", request=own)  # fmt: skip
        hat = approving_hat(world, rules, approver, request)
        if isinstance(hat, Refusal):
            return hat
        stands_in = {"for": hat.account} if hat.account != approver.account else {}
        said = {"by": approver.account, "person": approver.person, "reason": reason, **stands_in}
        tx.append(kind, request.subject, own, said)
    return request


def approving_hat(world: World, rules: Organisation, approver: Account, request: Event) -> Hat | Refusal:
    """Whose roles let this account answer the request: its own before those that it stands in for; or why none do."""
    asked, where = request.public, {"request": request.ref, "account": approver.account}
    if same_person(approver.person, str(asked["person"])):
        return Refusal.at("OWN_REQUEST", "经办人不能批准自己的申请(按人,不按账户)", "the maker can't approve it: persons count, not accounts", **where)  # fmt: skip
    action = rules.actions.get(str(asked["action"]))
    if action is None:
        return unknown_action(str(asked["action"]))
    # What the maker handed over is the maker's own authority: it approves nothing of the maker's.
    own = [hat for hat in approver.hats if not any(same_person(giver, str(asked["person"])) for giver in hat.given_by)]
    fitting = [hat for hat in own if action.approvers.intersection(hat.roles)]
    if not fitting:
        roles = ", ".join(sorted(action.approvers))
        return Refusal.at("NOT_YOUR_ROLE", f"{action.zh}须由这些角色批准:{roles}", f"{action.en} is approved by these roles: {roles}", **where)  # fmt: skip
    near = [hat for hat in fitting if hat.unit in rules.units and rules.covers(hat.unit, str(asked["unit"]))]
    if not near:
        return Refusal.at("NOT_YOUR_UNIT", f"经办人在 {asked['unit']},不归本账户的机构管辖", f"the maker sits in {asked['unit']}, which is not under the account's unit", **where)  # fmt: skip
    counted = counted_fen(world, action, str(asked["person"]), request.subject)
    far = [hat for hat in near if _reaches(rules, action, hat.roles, int(asked["amount_fen"]) + counted)]
    if not far:
        return Refusal.at("BEYOND_AUTHORITY", "金额(含近期同类业务合计)超出该账户的审批权限", "the amount, with what was done of it lately, is beyond the account's authority", **where)  # fmt: skip
    return far[0]


def _reaches(rules: Organisation, action: Action, roles: tuple[str, ...], amount_fen: int) -> bool:
    limits = [rules.roles[role].limit_fen for role in action.approvers.intersection(roles)]
    return any(limit is None or amount_fen <= limit for limit in limits)
