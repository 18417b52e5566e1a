"""What waits for an account today: one list over applications, approvals, payments, complaints, what was imported and could not be read.

Each kind is a function of world and account that yields items; KINDS names them. `todo`: the account may act, and it is its turn. What
only waits for another (the company, a second person) stands there too, as `todo` False, where the account's own roles touch it. What an
account may not do by four eyes does not stand there as its to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from kemiao.bank.event_log import Event
from kemiao.bank.lending.applications import Application, applications, lending_policy
from kemiao.bank.lending.clearance import REQUESTED, approving_hat, last_day, states_of
from kemiao.bank.lending.complaints import complaints
from kemiao.bank.lending.organisation import Organisation, organisation
from kemiao.bank.lending.people import Account, Hat, same_person
from kemiao.bank.lending.referrals import Referral, referred_hat, standing_referrals
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Item:
    """kind: application | approval | own_request | order_out | bank_entry | repayment_order | complaint | quarantine | review. ref: what it
    is about. next: what is to be done, a word of NEXT. due_on: by when. urgent: late, or within the days of lending.toml [worklist].
    stands_in: the account whose roles serve, where the account stands in for it. about: what a list shows beside it."""

    kind: str
    ref: str
    next: str
    todo: bool
    since: str
    due_on: date | None = None
    company: str | None = None
    amount_fen: int | None = None
    stands_in: str | None = None
    about: Mapping[str, Any] | None = None
    urgent: bool = False


NEXT: Mapping[str, tuple[str, str]] = {
    "offer": ("要约、上报或拒绝", "offer, refer or decline"), "applicant_accepts": ("等申请人接受", "the applicant accepts"),
    "due_diligence": ("做尽职调查", "do the due diligence"), "conditions": ("落实条件", "meet the conditions"), "sign": ("签约", "sign"),
    "company_signs": ("等企业签署", "the company signs"), "take_note": ("企业已签:记下", "the company has signed: take note"),
    "disburse": ("放款", "disburse"), "elsewhere": ("已上报他人", "referred to another"), "approve": ("批准或拒绝", "approve or refuse"),
    "second_person": ("等另一人批准", "a second person approves"), "send_again": ("已批准:办理", "approved: carry it out"),
    "order": ("下达付款", "order the payment"), "set_account": ("登记收款账户", "set the account"), "match": ("认领流水", "say what it is"),
    "answer": ("答复", "answer"), "review": ("核查", "review"), "correct": ("更正后重新导入", "correct and bring in again"),
    "money_seen": ("等款项到账", "the money comes in"), "take_up": ("受理复核", "take the review up"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asked:
    """What every kind asks for, read once. handed: by application. diligent: companies whose due diligence holds."""

    world: World
    account: Account
    rules: Organisation
    today: date
    applications: Sequence[Application]
    requests: Sequence[tuple[Event, str]]  # for approval, with their states
    handed: Mapping[str, Referral]
    diligent: frozenset[str]

    def hat(self, action: str, unit: str | None = None) -> Hat | None:
        """The roles by which the account makes the action; its own first. unit: whose thing it is; None where nobody's yet."""
        asked = self.rules.actions.get(action)
        if asked is None:
            return None
        fitting = (
            hat for hat in self.account.hats if asked.makers.intersection(hat.roles) and hat.unit in self.rules.units
        )
        return next((hat for hat in fitting if unit is None or self.rules.covers(hat.unit, unit)), None)

    def for_whom(self, hat: Hat | None) -> str | None:
        return None if hat is None or hat.account == self.account.account else hat.account


def worklist(world: World, account: Account, known: Iterable[Application] | None = None) -> list[Item] | Refusal:
    """What is to do first, the most urgent of it first; then what waits for others. known: all applications, from who has them at hand
    (bank.application_index); folded anew without."""
    rules, policy = organisation(world, world.clock.today()), lending_policy(world)
    if isinstance(rules, Refusal):
        return rules
    if isinstance(policy, Refusal):
        return policy
    every = list(applications(world) if known is None else known)
    asked = _asked(world, account, rules, every, tuple(states_of(world, rules, world.log.events(REQUESTED))))
    soon = asked.today + timedelta(days=int(policy.get("worklist", {}).get("soon_days", 0)))
    found = [_urgent(item, soon) for kind in KINDS for item in kind(asked)]
    return sorted(found, key=lambda item: (not item.todo, item.due_on or date.max, item.since, item.kind, item.ref))


def next_for(world: World, account: Account, found: Application) -> str | None:
    """The next step of one application, as this account has it to do; None where it has none."""
    rules = organisation(world, world.clock.today())
    made = _APPLICATION.get(found.word(world.clock.today()))
    if isinstance(rules, Refusal) or made is None:
        return None
    asked = _asked(world, account, rules, (found,), ())
    fitting = (next_ for next_, action, _ in made(asked, found) if asked.hat(action, _unit(found)) is not None)
    return next(fitting, None)


def _asked(
    world: World, account: Account, rules: Organisation, known: Sequence[Application], requests: Sequence[tuple[Event, str]]
) -> _Asked:  # fmt: skip
    from kemiao.bank.commands.due_diligence import holding

    today = world.clock.today()
    by_word: dict[str, list[Application]] = {}
    for each in known:
        by_word.setdefault(each.word(today), []).append(each)
    handed = standing_referrals(world, by_word.get("applied", ()))
    diligent = holding(world, {each.company for each in by_word.get("accepted", ())})
    return _Asked(world, account, rules, today, known, requests, handed, diligent)


def counts(items: list[Item]) -> dict[str, int]:
    """By kind, of what is to do; and `urgent` of all kinds together."""
    found: dict[str, int] = {"todo": 0, "urgent": 0, "waiting": 0}
    for item in items:
        found["todo" if item.todo else "waiting"] += 1
        if item.todo:
            found[item.kind] = found.get(item.kind, 0) + 1
            found["urgent"] += item.urgent
    return found


def _urgent(item: Item, soon: date) -> Item:
    return replace(item, urgent=item.due_on is not None and item.due_on <= soon)


# -- applications


def _applications(asked: _Asked) -> Iterator[Item]:
    open_requests = _open_by_application(asked)
    for found in asked.applications:
        step = found.word(asked.today)
        made = _APPLICATION.get(step)
        if made is None:
            continue
        for next_, action, whose in made(asked, found):
            hat = asked.hat(action, _unit(found))
            if hat is None:
                continue
            waits = (step, next_) == ("applied", "offer") and found.id in open_requests
            told = "second_person" if waits else next_
            yield Item(
                "application", found.id, told, whose and not waits, found.steps[-1].at, found.until, found.company, int(found.asked["amount_fen"]),
                asked.for_whom(hat), {"step": step, "product": found.asked["product"], "round": found.round},
            )  # fmt: skip


def _unit(found: Application) -> str | None:
    """Where the application belongs: who offered, else who took it in; nobody's where it came by itself."""
    if found.offer is not None:
        offered: str | None = found.offer["terms"].get("unit")
        return offered
    return next(
        (event.public.get("unit") for event in found.steps[::-1] if event.public["step"] in ("applied", "reopened")),
        None,
    )


def _applied(asked: _Asked, found: Application) -> Iterator[tuple[str, str, bool]]:
    handed = asked.handed.get(found.id)
    if handed is None or referred_hat(asked.world, handed, asked.account) is not None:
        yield "offer", "offer", True
    else:
        yield "elsewhere", "offer", False


def _accepted(asked: _Asked, found: Application) -> Iterator[tuple[str, str, bool]]:
    from kemiao.bank.commands.condition import still_open

    if found.company not in asked.diligent:
        yield "due_diligence", "due_diligence", True
    elif still_open(found, "signing") is not None:
        yield "conditions", "condition", True
    else:
        yield "sign", "sign", True


def _proposed(asked: _Asked, found: Application) -> Iterator[tuple[str, str, bool]]:
    signed = _signed_on_chain(asked.world, found)
    yield ("take_note", "sign", True) if signed else ("company_signs", "sign", False)


def _signed_on_chain(world: World, found: Application) -> bool:
    from kemiao.chain.rules.contracts import seen

    said = found.contract
    if world.chain is None or said is None or said.get("how") != "chain":
        return False
    now = seen(world.chain.node, str(said["contract"]), world.chain.today())
    return now is not None and now.word == "signed"


def _signed(asked: _Asked, found: Application) -> Iterator[tuple[str, str, bool]]:
    from kemiao.bank.commands.condition import still_open

    if found.until is not None and asked.today > found.until:
        return  # the first draw came too late: nothing can be done but to apply anew
    if still_open(found, "drawdown") is not None:
        yield "conditions", "condition", True
    else:
        yield "disburse", "disburse", True


_APPLICATION: Mapping[str, Callable[[_Asked, Application], Iterator[tuple[str, str, bool]]]] = {
    "applied": _applied, "offered": lambda _, __: iter((("applicant_accepts", "offer", False),)), "accepted": _accepted,
    "proposed": _proposed, "signed": _signed,
}  # fmt: skip


# -- four eyes


def _open_by_application(asked: _Asked) -> set[str]:
    """Applications of which an offer or a decline waits for its second person."""
    found = set()
    for event, state in asked.requests:
        if event.public["action"] in ("offer", "decline") and state == "waiting":
            bound = (asked.world.log.private(event) or {}).get("bound", {})
            found.add(str(bound.get("application")))
    return found


def _approvals(asked: _Asked) -> Iterator[Item]:
    for event, state in asked.requests:
        mine = event.public["maker"] == asked.account.account
        if mine and state in ("waiting", "given"):
            yield _request(
                asked, event, "own_request", "send_again" if state == "given" else "second_person", state == "given"
            )
        elif state == "waiting" and not same_person(str(event.public["person"]), asked.account.person):
            hat = approving_hat(asked.world, asked.rules, asked.account, event)
            if not isinstance(hat, Refusal):
                yield _request(asked, event, "approval", "approve", True, asked.for_whom(hat))


def _request(asked: _Asked, event: Event, kind: str, next_: str, todo: bool, stands_in: str | None = None) -> Item:
    bound = (asked.world.log.private(event) or {}).get("bound", {})
    action = asked.rules.actions.get(str(event.public["action"]))
    about = {
        "action": event.public["action"], "zh": action.zh if action else None, "en": action.en if action else None, "maker": event.public["maker"],
        "person": event.public["person"], "application": bound.get("application"), "loan": bound.get("loan"),
    }  # fmt: skip
    amount = bound.get("amount_fen", event.public["amount_fen"])
    return Item(kind, str(event.ref), next_, todo, event.at, last_day(asked.rules, event), event.subject, int(amount), stands_in, about)  # fmt: skip


# -- money


def _orders_out(asked: _Asked) -> Iterator[Item]:
    from kemiao.bank.commands.payments_out import waiting

    hat, setter = asked.hat("payments_out"), asked.hat("payments_account")
    if hat is None and setter is None:
        return
    made, left_out = waiting(asked.world)
    if hat is not None:
        for row, order in made:
            yield Item("order_out", str(row["message"]), "order", True, str(row["value_day"]), row["value_day"], row["company"], order.amount_fen, asked.for_whom(hat), {"loan": row["loan"]})  # fmt: skip
    for message, why in left_out if setter is not None else ():
        said = asked.world.log.last("loan_message", ref=message)
        yield Item(
            "order_out", message, "set_account", True, said.at if said else "", None, said.subject if said else None,
            int(said.public["amount_fen"]) if said else None, asked.for_whom(setter), {"zh": why.zh, "en": why.en},
        )  # fmt: skip


def _bank_entries(asked: _Asked) -> Iterator[Item]:
    from kemiao.bank.commands.payments_in import unmatched

    hat = asked.hat("payments_match")
    for row in unmatched(asked.world) if hat is not None else ():
        yield Item("bank_entry", str(row["entry"]), "match", True, str(row["value_day"]), None, None, abs(int(row["amount_fen"])), asked.for_whom(hat))  # fmt: skip


def _repayment_orders(asked: _Asked) -> Iterator[Item]:
    from kemiao.bank.lending.repayment_orders import waiting

    hat = asked.hat("payments_in")
    for row in waiting(asked.world) if hat is not None else ():
        yield Item("repayment_order", row.id, "money_seen", False, row.ordered_at, row.lapses_on, row.company, row.amount_fen, asked.for_whom(hat), {"loan": row.loan})  # fmt: skip


# -- what compliance and operations watch


def _complaints(asked: _Asked) -> Iterator[Item]:
    hat = asked.hat("complaint")
    for row in complaints(asked.world) if hat is not None else ():
        about = {"category": row["category"], "handler": row["handler"], "extensions": row["extensions"]}
        handles = row["handler"] == asked.account.account
        overseer = "compliance" in asked.account.roles
        if row["state"] == "open" and (handles or overseer):
            yield Item("complaint", row["complaint"], "answer", handles, row["received_on"], row["due_on"], row["company"], row["amount_fen"], asked.for_whom(hat), about)  # fmt: skip
        elif row["state"] == "review" and not handles and _above(asked, row["handler"]):
            yield Item("complaint", row["complaint"], "review", True, row["received_on"], row["review_due_on"], row["company"], row["amount_fen"], asked.for_whom(hat), about)  # fmt: skip


def _above(asked: _Asked, handler: str) -> bool:
    from kemiao.bank.lending.people import account_of

    other = account_of(asked.world, handler)
    if isinstance(other, Refusal):
        return True
    above = asked.account.unit != other.unit or asked.rules.units[asked.account.unit].kind == "head_office"
    return above and asked.rules.covers(asked.account.unit, other.unit) and not same_person(asked.account.person, other.person)  # fmt: skip


def _reviews(asked: _Asked) -> Iterator[Item]:
    """Of decisions that companies object to: to be taken up by a person who had no part in them, then answered by that person."""
    from kemiao.bank.commands.review import ACTION, had_a_part
    from kemiao.bank.lending.reviews import waiting

    hat = asked.hat(ACTION)
    for row in waiting(asked.world) if hat is not None else ():
        mine = row["taken_by"] == asked.account.account
        if any(
            same_person(person, asked.account.person)
            for person in had_a_part(asked.world, row["decision"], row["company"])
        ):
            continue
        todo = mine or row["state"] == "asked"
        yield Item(
            "review", row["review"], "answer" if row["state"] == "taken" else "take_up", todo, str(row["asked_on"]), _day(row["due_on"]), row["company"],
            None, asked.for_whom(hat), {"decision": row["decision"], "about": row["about"], "taken_by": row["taken_by"]},
        )  # fmt: skip


def _day(on: date | str) -> date:
    return on if isinstance(on, date) else date.fromisoformat(on)


_BRING_AGAIN = "POST /quarantine/retry"


def _quarantine(asked: _Asked) -> Iterator[Item]:
    """Rows that wait, one item a batch: for the roles that may bring them again (access.toml)."""
    from kemiao.bank.quarantined import still_waiting

    policy = asked.world.policy.named("access", asked.today)
    named = next((rule.get("anyone", ()) for rule in policy.get("rule", ()) if rule.get("route") == _BRING_AGAIN), ())
    may = {role for name in named for role in policy.get("group", {}).get(name, (name,))}
    hat = next((each for each in asked.account.hats if may.intersection(each.roles)), None)
    waiting: dict[int, int] = {}
    for place in still_waiting(asked.world) if hat is not None else ():
        waiting[place.batch] = waiting.get(place.batch, 0) + 1
    for batch, rows in waiting.items():
        event = asked.world.log.last("import", ref=str(batch))
        yield Item("quarantine", str(batch), "correct", True, event.at if event else "", None, stands_in=asked.for_whom(hat), about={"rows": rows, "map": event.public["map"] if event else None})  # fmt: skip


KINDS: tuple[Callable[[_Asked], Iterator[Item]], ...] = (
    _applications, _approvals, _orders_out, _bank_entries, _repayment_orders, _complaints, _reviews, _quarantine,
)  # fmt: skip
"""One function a kind: another kind is another function here."""
