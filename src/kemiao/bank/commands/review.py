"""review: a company asks that a person looks at a decision again, or says that a fact behind it is wrong (PIPL 24, 征信业管理条例 25).

asked (by the company's account, or by staff who took it in) → taken up by a person who had no part in the decision → upheld, changed
(by an override with its second person), or corrected (a newer decision on corrected facts).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, cast

from kemiao.bank.commands.override import EVENT as OVERRIDE
from kemiao.bank.commands.override import To, override
from kemiao.bank.event_log import Event, Transaction
from kemiao.bank.lending.applications import KIND as APPLICATION
from kemiao.bank.lending.clearance import unfit_maker
from kemiao.bank.lending.people import Account, account_of, same_person
from kemiao.bank.lending.reviews import (
    ABOUT,
    ANSWERED,
    ASKED,
    GIVEN_BACK,
    OUTCOMES,
    TAKEN,
    WITHDRAWN,
    due_on,
    open_review,
    shown,
    taken_by,
)
from kemiao.bank.own_entries import no_decision
from kemiao.bank.portal_accounts import PortalAccount, portal_account
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.profile import COLUMNS
from kemiao.facts.tables import TABLES

_TEXT = 5, 4000
ACTION = "override"  # who may decide otherwise may review: the same roles


def ask(
    world: World, acting: str | None, decision: str, about: str, text: str, fact: str | None = None
) -> dict[str, Any] | Refusal:
    """about: decision | fact. fact: which one, a column of the profile or a table of papers. The same again is the same review.

    Refuses NO_DECISION (also where it is another company's), REVIEW_OPEN, TEXT_NEEDED, UNKNOWN_CHOICE, and accounts that may not.
    """
    event = world.log.last("decision", ref=decision)
    account = _asker(world, acting, event)
    if isinstance(account, Refusal):
        return account
    if event is None:
        return no_decision(decision)
    unfit = _unfit(about, text, fact)
    if unfit is not None:
        return unfit
    today = world.clock.today()
    public = {
        "decision": decision, "about": about, "fact": fact, "on": today.isoformat(), "due_on": due_on(world, today).isoformat(),
        "by": account.account, "channel": "portal" if account.kind == "company" else "staff",
    }  # fmt: skip
    own = f"rev-{digest('review', {**public, 'company': event.subject, 'text': text.strip()})[:16]}"
    with world.log.write() as tx:
        if world.log.last(ASKED, ref=own) is None:
            before = open_review(world, decision)
            if before is not None:
                return Refusal.at("REVIEW_OPEN", f"这份决定的复核正在办理:{before['review']}", f"a review of this decision is under way: {before['review']}", review=before["review"])  # fmt: skip
            tx.append(ASKED, event.subject, own, public, {"text": text.strip()})
    return shown(world, own)


def take(world: World, acting: str | None, own: str) -> dict[str, Any] | Refusal:
    """A person takes it up: one who may override and had no part in the decision. Refuses NOT_NOW, NOT_YOUR_ROLE, HAD_A_PART."""
    found = _for_staff(world, acting, own, "asked")
    if isinstance(found, Refusal):
        return found
    account, asked = found
    with world.log.write() as tx:
        if taken_by(world, own) is not None or _ended(world, own):
            return _not_now(own, "taken")
        tx.append(TAKEN, asked.subject, own, {"by": account.account, "on": world.clock.today().isoformat()})
    return shown(world, own)


def give_back(world: World, acting: str | None, own: str) -> dict[str, Any] | Refusal:
    """Who took it up puts it back: it waits for another person, its clock runs on."""
    found = _in_hand(world, acting, own)
    if isinstance(found, Refusal):
        return found
    account, asked = found
    with world.log.write() as tx:
        tx.append(GIVEN_BACK, asked.subject, own, {"by": account.account, "on": world.clock.today().isoformat()})
    return shown(world, own)


def answer(
    world: World, acting: str | None, own: str, outcome: str, reason: str, to: str | None = None, new_decision: str | None = None
) -> dict[str, Any] | Refusal:  # fmt: skip
    """By the person who took it up; the reason is told to the company.

    changed: `to` approve or decline, by an override: a second person approves it (FOUR_EYES_NEEDED), then the same command again.
    corrected: new_decision, a newer one of the company, made after the review was asked for.
    """
    found = _in_hand(world, acting, own)
    if isinstance(found, Refusal):
        return found
    account, asked = found
    if outcome not in OUTCOMES:
        return Refusal.at("UNKNOWN_CHOICE", f"应为 {' | '.join(OUTCOMES)}", f"is one of {' | '.join(OUTCOMES)}", option="outcome")  # fmt: skip
    low, high = _TEXT
    if not low <= len(reason.strip()) <= high:
        return Refusal.at("REASON_NEEDED", f"理由须有 {low} 至 {high} 字", f"the reason has {low} to {high} characters", review=own)  # fmt: skip
    public = {
        "outcome": outcome, "to": to if outcome == "changed" else None, "new_decision": new_decision if outcome == "corrected" else None,
        "by": account.account, "on": world.clock.today().isoformat(),
    }  # fmt: skip

    def keep(tx: Transaction) -> None:
        if _ended(world, own):
            raise Refused(_not_now(own, "answered"))
        tx.append(ANSWERED, asked.subject, own, public, {"reason": reason.strip()})

    if outcome == "changed":
        done = _changed(world, account, asked, to, reason, keep)
    else:
        done = _corrected(world, asked, new_decision) if outcome == "corrected" else None
        if done is None:
            with world.log.write() as tx:
                keep(tx)
    return shown(world, own) if done is None else done


def withdraw(world: World, acting: str | None, own: str) -> dict[str, Any] | Refusal:
    """By the company, or by staff whom it told."""
    asked = world.log.last(ASKED, ref=own)
    account = _asker(world, acting, asked)
    if isinstance(account, Refusal):
        return account
    state = shown(world, own)
    if isinstance(state, Refusal) or asked is None:
        return state
    if state["state"] not in ("asked", "taken"):
        return _not_now(own, state["state"])
    with world.log.write() as tx:
        if _ended(world, own):
            return _not_now(own, "answered")
        tx.append(WITHDRAWN, asked.subject, own, {"by": account.account, "on": world.clock.today().isoformat()})
    return shown(world, own)


def had_a_part(world: World, decision: str, company: str | None) -> list[str]:
    """Persons who overrode the decision, approved that, or acted for the bank on applications of the company that rest on it."""
    names: list[str] = []
    for event in world.log.events(OVERRIDE, ref=decision):
        names += [str(name) for name in (event.public["by"], event.public["approved_by"]) if name]
    for event in world.log.events(APPLICATION, subject=company):
        offer = event.public.get("offer")  # of the yes to it: its digest
        if decision in (event.public.get("decision"), offer["decision"] if isinstance(offer, dict) else None):
            names += [str(event.public[name]) for name in ("by", "approved_by") if event.public.get(name)]
    persons = []
    for name in dict.fromkeys(names):
        account = account_of(world, name)
        persons.append(account.person if isinstance(account, Account) else name)
    return persons


def _asker(world: World, acting: str | None, event: Event | None) -> PortalAccount | Refusal:
    """The company whose it is, or staff; of another company there is nothing, whatever is asked for."""
    account = portal_account(world, (acting or "").strip()) if acting else account_of(world, acting)
    if isinstance(account, Refusal):
        return account
    if isinstance(account, Account):
        return PortalAccount(account.account, "staff", account.person, frozenset(account.roles), account.unit)
    if account.kind == "staff":
        return account
    if account.kind != "company":
        return Refusal.at("NOT_YOUR_ROLE", "复核由企业本人或银行人员代为提出", "a review is asked for by the company, or by staff for it", account=account.account)  # fmt: skip
    if event is None or account.company != event.subject:
        return Refusal("NO_SUCH_REVIEW", "没有这份决定或复核,或不属于本企业", "there is no such decision or review, or it is not yours")  # fmt: skip
    return account


def _unfit(about: str, text: str, fact: str | None) -> Refusal | None:
    low, high = _TEXT
    if about not in ABOUT:
        return Refusal.at("UNKNOWN_CHOICE", f"应为 {' | '.join(ABOUT)}", f"is one of {' | '.join(ABOUT)}", option="about")  # fmt: skip
    if (about == "fact") != (fact is not None) or (fact is not None and fact not in COLUMNS and fact not in TABLES):
        return Refusal.at("UNKNOWN_CHOICE", "对资料有异议的,须写明是哪一项(kemiao features)", "an objection to a fact names it (kemiao features)", option="fact")  # fmt: skip
    if not low <= len(text.strip()) <= high:
        return Refusal.at("TEXT_NEEDED", f"请说明情况,{low} 至 {high} 字", f"say what is wrong, {low} to {high} characters", option="text")  # fmt: skip
    return None


def _for_staff(
    world: World, acting: str | None, own: str, state: Literal["asked", "taken"]
) -> tuple[Account, Event] | Refusal:
    account, asked = account_of(world, acting), world.log.last(ASKED, ref=own)
    if isinstance(account, Refusal):
        return account
    unfit = unfit_maker(world, account, ACTION)
    if unfit is not None:
        return unfit
    stands = shown(world, own)
    if isinstance(stands, Refusal) or asked is None:
        return stands if isinstance(stands, Refusal) else _not_now(own, "")
    if stands["state"] != state:
        return _not_now(own, stands["state"])
    if state == "asked" and any(same_person(account.person, each) for each in had_a_part(world, str(asked.public["decision"]), asked.subject)):  # fmt: skip
        return Refusal.at("HAD_A_PART", "参与过原决定的人不能复核", "who had a part in the decision does not review it", account=account.account)  # fmt: skip
    return account, asked


def _in_hand(world: World, acting: str | None, own: str) -> tuple[Account, Event] | Refusal:
    found = _for_staff(world, acting, own, "taken")
    if isinstance(found, Refusal):
        return found
    taken = taken_by(world, own)
    holder = account_of(world, str(taken.public["by"])) if taken else None
    if not isinstance(holder, Account) or not same_person(holder.person, found[0].person):
        return Refusal.at("NOT_IN_YOUR_HAND", "该复核由另一人受理", "another person has taken this review up", review=own)  # fmt: skip
    return found


def _changed(
    world: World, account: Account, asked: Event, to: str | None, reason: str, keep: Callable[[Transaction], None]
) -> Refusal | None:
    """By an override since the review was asked for: made now, with the answer; or before it, by this account."""
    if to not in ("approve", "decline"):
        return Refusal.at("UNKNOWN_CHOICE", "改为 approve 或 decline", "it is changed to approve or decline", option="to")  # fmt: skip
    decision = str(asked.public["decision"])
    last = world.log.last(OVERRIDE, ref=decision)
    if last is not None and last.seq > asked.seq and last.public["to"] == to and last.public["by"] == account.account:
        with world.log.write() as tx:
            keep(tx)
        return None
    done = override(world, account.account, decision, cast(To, to), reason, keep)
    return done if isinstance(done, Refusal) else None


def _corrected(world: World, asked: Event, new_decision: str | None) -> Refusal | None:
    event = world.log.last("decision", ref=new_decision or "")
    if event is None or event.subject != asked.subject or event.seq <= asked.seq:
        return Refusal.at("NO_NEWER_DECISION", "请给出复核提出之后该企业的新决定:先更正资料,再 kemiao assess", "name a decision of the company that is newer than the review: correct the facts, then kemiao assess", decision=new_decision)  # fmt: skip
    return None


def _ended(world: World, own: str) -> bool:
    return world.log.last(ANSWERED, ref=own) is not None or world.log.last(WITHDRAWN, ref=own) is not None


def _not_now(own: str, state: str) -> Refusal:
    return Refusal.at("NOT_NOW", f"复核的状态是 {state}", f"the review is {state}", review=own)
