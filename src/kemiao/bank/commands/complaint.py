"""complaint: a customer's complaint from its acceptance to its answer and review, by the law's clocks (RULES: CM1–CM14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kemiao.bank.event_log import Event
from kemiao.bank.lending.clearance import Clearance, clear
from kemiao.bank.lending.complaints import ANSWERED, EXTENDED, FILED, REVIEW_ASKED, REVIEWED, WITHDRAWN, shown
from kemiao.bank.lending.organisation import organisation
from kemiao.bank.lending.people import Account, account_of, same_person
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal
from kemiao.law.complaint import ComplaintLaw, complaint_law

BY = ("complainant", "legal_representative", "agent", "heir")
CHANNELS = ("branch", "phone", "letter", "web", "regulator")
OUTCOMES = ("upheld", "partly_upheld", "rejected", "settled")
_TEXT_MAX = 4000


@dataclass(frozen=True, slots=True)
class Filing:
    """An acceptance record. person, identity, contact, address, agent, request, facts are sealed.

    company: the complaining or concerned company, if there is one. authorisation: the digest of an agent's power of attorney
    or of an heir's proof. handler: the account that handles it.
    """

    received_on: date
    channel: str
    category: str
    by: str
    person: str
    contact: str
    request: str
    facts: str
    handler: str
    company: str | None = None
    respondent: str | None = None  # an account, or a unit
    product: str | None = None
    amount_fen: int | None = None
    identity: str | None = None
    address: str | None = None
    agent: str | None = None
    authorisation: str | None = None
    representatives: int = 1
    credit_report: bool = False


def file(world: World, acting: str | None, filing: Filing) -> dict[str, Any] | Refusal:
    """Accepted. The same filing again is the same complaint."""
    account, rules = _acting(world, acting), complaint_law(world.law, filing.received_on)
    if isinstance(account, Refusal):
        return account
    if isinstance(rules, Refusal):
        return rules
    unfit = _unfit(world, filing, rules)
    if unfit is not None:
        return unfit
    private = {name: getattr(filing, name) for name in ("person", "identity", "contact", "address", "agent", "authorisation", "request", "facts")}  # fmt: skip
    public = {
        "received_on": filing.received_on, "channel": filing.channel, "category": filing.category, "by_role": filing.by, "respondent": filing.respondent,
        "product": filing.product, "amount_fen": filing.amount_fen, "representatives": filing.representatives, "credit_report": filing.credit_report,
        "handler": filing.handler,
    }  # fmt: skip
    own = f"cmp-{digest('complaint', {**public, 'private': private, 'company': filing.company})[:16]}"
    with world.log.write() as tx:
        if world.log.last(FILED, ref=own) is None:
            tx.append(FILED, filing.company, own, {**public, "accepted_by": account.account}, private)
    return shown(world, own)


def _unfit(world: World, filing: Filing, rules: ComplaintLaw) -> Refusal | None:
    where = {"received_on": filing.received_on}
    if filing.received_on > world.clock.today():
        return Refusal.at("IN_THE_FUTURE", "收到日期在今天之后", "it is received after today", **where)
    for name, known in (("channel", CHANNELS), ("by", BY)):
        if getattr(filing, name) not in known:  # CM12: nobody else complains for another
            return Refusal.at(
                "UNKNOWN_CHOICE", f"应为 {' | '.join(known)}", f"is one of {' | '.join(known)}", option=name
            )
    for name in ("person", "contact", "request", "facts", "category"):
        if not 1 <= len(getattr(filing, name).strip()) <= _TEXT_MAX:
            return Refusal.at(
                "MISSING", f"须填写(至多 {_TEXT_MAX} 字)", f"is needed (at most {_TEXT_MAX} characters)", option=name
            )
    if filing.by in ("agent", "heir") and not filing.authorisation:
        return Refusal.at("AUTHORISATION_NEEDED", "代理人须有授权委托书,继承人须有证明", "an agent needs a power of attorney, an heir a proof", option="authorisation")  # fmt: skip
    if not 1 <= filing.representatives <= rules.representatives_max:
        return Refusal.at("TOO_MANY_REPRESENTATIVES", f"共同投诉的代表不超过 {rules.representatives_max} 名", f"a joint complaint has at most {rules.representatives_max} representatives", option="representatives")  # fmt: skip
    handler = account_of(world, filing.handler)
    if isinstance(handler, Refusal):
        return handler
    respondent = account_of(world, filing.respondent) if filing.respondent else None
    if isinstance(respondent, Account) and same_person(respondent.person, handler.person):
        return Refusal.at("CONFLICT_OF_INTEREST", "被投诉人不能处理该投诉(回避)", "who is complained about does not handle it", handler=filing.handler)  # fmt: skip
    return None


def extend(world: World, acting: str | None, own: str, reason: str, told_on: date) -> dict[str, Any] | Refusal:
    """Puts the answer off: once by the handler, a second time with a second person's approval; the complainant is told."""
    found = _open(world, acting, own, reason, told_on)
    if isinstance(found, Refusal):
        return found
    account, filed, so_far = found
    if filed.public["credit_report"]:
        return Refusal.at("NOT_PUT_OFF", "征信异议不能延期", "a credit-report dispute is not put off", complaint=own)
    if so_far["extensions"] >= 2:
        return Refusal.at("NOT_PUT_OFF", "已延期两次,不能再延", "it was put off twice already", complaint=own)
    if told_on > so_far["due_on"]:
        return Refusal.at("TOO_LATE", f"须在 {so_far['due_on']} 前延期并告知", f"it is put off, and told, by {so_far['due_on']}", complaint=own)  # fmt: skip
    cleared: Clearance | None = None
    if so_far["extensions"] == 1:
        bound = {"complaint": own, "reason": reason.strip(), "told_on": told_on.isoformat(), "company": filed.subject}
        may = clear(world, account, "complaint_extension", 0, bound)
        if isinstance(may, Refusal):
            return may
        cleared = may
    by = cleared.public if cleared else {"by": account.account, "approval": None, "approved_by": None}
    with world.log.write() as tx:
        if len(list(world.log.events(EXTENDED, ref=own))) != so_far["extensions"]:  # another was faster
            return Refusal.at("NOT_PUT_OFF", "刚刚已被延期", "it was just put off by another", complaint=own)
        if cleared is not None:
            cleared.use(tx)
        tx.append(EXTENDED, filed.subject, own, {"told_on": told_on, **by}, {"reason": reason.strip()})
    return shown(world, own)


def answer(
    world: World,
    acting: str | None,
    own: str,
    outcome: str,
    reason: str,
    told_on: date,
    root_cause: str,
    correction: str,
) -> dict[str, Any] | Refusal:
    """Decided and told, with the remedies that the law names. Where it is upheld, root cause and correction are needed."""
    found = _open(world, acting, own, reason, told_on)
    if isinstance(found, Refusal):
        return found
    account, filed, _ = found
    if outcome not in OUTCOMES:
        return Refusal.at(
            "UNKNOWN_CHOICE", f"应为 {' | '.join(OUTCOMES)}", f"is one of {' | '.join(OUTCOMES)}", option="outcome"
        )
    if outcome in ("upheld", "partly_upheld") and not (root_cause.strip() and correction.strip()):
        return Refusal.at("ROOT_CAUSE_NEEDED", "投诉成立的,须写明原因与整改", "where it is upheld, root cause and correction are needed", complaint=own)  # fmt: skip
    rules = complaint_law(world.law, date.fromisoformat(filed.public["received_on"]))
    if isinstance(rules, Refusal):
        return rules
    public = {"told_on": told_on, "outcome": outcome, "remedies_told": list(rules.remedies), "by": account.account}
    private = {
        "reason": reason.strip(),
        "root_cause": root_cause.strip() or None,
        "correction": correction.strip() or None,
    }
    return _append(world, ANSWERED, filed, public, private)


def withdraw(world: World, acting: str | None, own: str, received_on: date) -> dict[str, Any] | Refusal:
    """The procedure ends on the day that the withdrawal comes in."""
    found = _open(world, acting, own, "-", received_on)
    if isinstance(found, Refusal):
        return found
    account, filed, _ = found
    return _append(world, WITHDRAWN, filed, {"received_on": received_on, "by": account.account}, None)


def ask_review(world: World, acting: str | None, own: str, received_on: date, reason: str) -> dict[str, Any] | Refusal:
    """The complainant asks the superior office to look again: in time after the answer."""
    account = _acting(world, acting)
    if isinstance(account, Refusal):
        return account
    state = shown(world, own)
    if isinstance(state, Refusal):
        return state
    filed = world.log.last(FILED, ref=own)
    if filed is None or state["state"] != "answered":
        return _not_now(own, state["state"])
    if not date.fromisoformat(state["told_on"]) <= received_on <= state["review_until"]:
        return Refusal.at("TOO_LATE", f"须在 {state['review_until']} 前申请核查", f"a review is asked for by {state['review_until']}", complaint=own)  # fmt: skip
    return _append(world, REVIEW_ASKED, filed, {"received_on": received_on, "by": account.account}, {"reason": reason})


def review(
    world: World, acting: str | None, own: str, outcome: str, reason: str, told_on: date
) -> dict[str, Any] | Refusal:
    """The superior office's decision: by another person than the handler, from a unit above the handler's."""
    account = _acting(world, acting)
    if isinstance(account, Refusal):
        return account
    state, filed = shown(world, own), world.log.last(FILED, ref=own)
    if isinstance(state, Refusal) or filed is None:
        return state if isinstance(state, Refusal) else _not_now(own, "")
    if state["state"] != "review":
        return _not_now(own, state["state"])
    if outcome not in OUTCOMES:
        return Refusal.at(
            "UNKNOWN_CHOICE", f"应为 {' | '.join(OUTCOMES)}", f"is one of {' | '.join(OUTCOMES)}", option="outcome"
        )
    handler, rules = account_of(world, str(filed.public["handler"])), organisation(world, world.clock.today())
    if isinstance(rules, Refusal):
        return rules
    if isinstance(handler, Account):
        above = account.unit != handler.unit or rules.units[account.unit].kind == "head_office"
        if same_person(account.person, handler.person) or not above or not rules.covers(account.unit, handler.unit):
            return Refusal.at("NOT_ABOVE", "核查须由上级机构的另一人作出", "a review is decided by another person of the office above", account=account.account)  # fmt: skip
    return _append(
        world,
        REVIEWED,
        filed,
        {"told_on": told_on, "outcome": outcome, "by": account.account},
        {"reason": reason.strip()},
    )


def _acting(world: World, acting: str | None) -> Account | Refusal:
    """Who has a role that handles complaints. Refuses NOT_YOUR_ROLE."""
    account = account_of(world, acting)
    if isinstance(account, Refusal):
        return account
    may = clear(world, account, "complaint", 0, {})
    return may if isinstance(may, Refusal) else account


def _open(
    world: World, acting: str | None, own: str, reason: str, day: date
) -> tuple[Account, Event, Mapping[str, Any]] | Refusal:
    account = _acting(world, acting)
    if isinstance(account, Refusal):
        return account
    state, filed = shown(world, own), world.log.last(FILED, ref=own)
    if isinstance(state, Refusal) or filed is None:
        return state if isinstance(state, Refusal) else _not_now(own, "")
    if state["state"] != "open":
        return _not_now(own, state["state"])
    respondent = account_of(world, str(filed.public["respondent"]))
    if isinstance(respondent, Account) and same_person(respondent.person, account.person):
        return Refusal.at("CONFLICT_OF_INTEREST", "被投诉人不能处理该投诉(回避)", "who is complained about does not handle it", account=account.account)  # fmt: skip
    if not reason.strip():
        return Refusal.at("REASON_NEEDED", "请写明理由", "a reason is needed", complaint=own)
    if not date.fromisoformat(filed.public["received_on"]) <= day <= world.clock.today():
        return Refusal.at(
            "DAY_OUT_OF_RANGE", "日期应在收到投诉与今天之间", "the day lies between receipt and today", complaint=own
        )
    return account, filed, state


def _append(
    world: World, kind: str, filed: Event, public: dict[str, Any], private: dict[str, Any] | None
) -> dict[str, Any] | Refusal:
    with world.log.write() as tx:
        if world.log.last(kind, ref=filed.ref) is not None:  # another was faster
            return _not_now(str(filed.ref), kind)
        tx.append(kind, filed.subject, filed.ref, public, private)
    return shown(world, str(filed.ref))


def _not_now(own: str, state: str) -> Refusal:
    return Refusal.at("NOT_NOW", f"投诉的状态是 {state}", f"the complaint is {state}", complaint=own)
