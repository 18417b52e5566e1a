"""Repayments that companies have ordered. An order moves nothing: the money that comes in does, as the bank's statement or a person
records it. Whether an order was met is a fold over the loan's messages, so that it can't be out of date.

repayment_ordered (subject: company, ref: the order): loan, kind, amount_fen, pay_on, by, applicant. repayment_order_withdrawn (ref: it).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from kemiao.bank.event_log import Event
from kemiao.bank.lending.applications import lending_policy
from kemiao.bank.lending.loan_store import messages
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

ORDERED, WITHDRAWN = "repayment_ordered", "repayment_order_withdrawn"
KINDS = ("due", "early", "payoff")
"""What is due; more than that; all of it."""
_RECEIVED = ("repay", "recover")
State = Literal["waiting", "paid", "withdrawn", "lapsed"]


@dataclass(frozen=True, slots=True)
class Order:
    """amount_fen: what the company will pay. message: the repayment that met it. lapses_on: the last day on which it waits."""

    id: str
    loan: str
    company: str
    kind: str
    amount_fen: int
    pay_on: date
    ordered_at: str
    by: str | None
    applicant: str | None
    lapses_on: date | None
    state: State
    message: str | None
    paid_on: date | None
    seq: int


def orders_of(world: World, own: str) -> list[Order] | Refusal:
    """Of a loan, in the order in which they came."""
    company = _company(world, own)
    return company if isinstance(company, Refusal) else _folded(world, [event for event in world.log.events(ORDERED, subject=company) if event.public["loan"] == own])  # fmt: skip


def orders(world: World, company: str | None = None) -> list[Order]:
    """Of a company or of all, by loan and then as they came."""
    by_loan: dict[str, list[Event]] = {}
    for event in world.log.events(ORDERED, subject=company):
        by_loan.setdefault(str(event.public["loan"]), []).append(event)
    return [order for own in sorted(by_loan) for order in _folded(world, by_loan[own])]


def order(world: World, own: str) -> Order | Refusal:
    event = world.log.last(ORDERED, ref=own)
    found = [] if event is None else orders_of(world, str(event.public["loan"]))
    here = [] if isinstance(found, Refusal) else [each for each in found if each.id == own]
    if not here:
        return Refusal.at("NO_SUCH_ORDER", "没有这份还款指令", "there is no such order of repayment", order=own)
    return here[0]


def waiting(world: World) -> list[Order]:
    """For the bank's worklist: what companies have said that they will pay, and no money was seen of yet. By day."""
    made: dict[str, list[Event]] = {}
    for event in world.log.events(ORDERED):
        made.setdefault(str(event.public["loan"]), []).append(event)
    gone = {event.ref for event in world.log.events(WITHDRAWN)}
    rules, today = lending_policy(world), world.clock.today()
    days = None if isinstance(rules, Refusal) else rules["days"].get("repayment_order")
    open_ones = (
        events for events in made.values()  # a loan's messages are read only where one of its orders may still wait
        if any(event.ref not in gone and not _over(date.fromisoformat(event.public["pay_on"]), days, today) for event in events)
    )  # fmt: skip
    found = (each for events in open_ones for each in _folded(world, events) if each.state == "waiting")
    return sorted(found, key=lambda each: (each.pay_on, each.seq))


def _over(pay_on: date, days: int | None, today: date) -> bool:
    """Whether an order has lapsed by its days."""
    return days is not None and today > pay_on + timedelta(days=days)


def _folded(world: World, events: Iterable[Event]) -> list[Order]:
    """Of one loan. A repayment of the very amount, recorded after an order, meets the first such order that still waited."""
    made = list(events)
    if not made:
        return []
    told = messages(world, str(made[0].public["loan"])).to_pylist()
    reversed_ = {row["word"] for row in told if row["kind"] == "reverse"}
    came = sorted((row for row in told if row["kind"] in _RECEIVED and row["message"] not in reversed_), key=lambda row: row["seq"])  # fmt: skip
    rules = lending_policy(world)
    days = None if isinstance(rules, Refusal) else rules["days"].get("repayment_order")
    gone = {str(event.ref): event for event in world.log.among(WITHDRAWN, "ref", {str(event.ref) for event in made})}
    used: set[str] = set()
    found = []
    for event in made:
        said, own = event.public, str(event.ref)
        pay_on = date.fromisoformat(said["pay_on"])
        lapses_on = None if days is None else pay_on + timedelta(days=days)
        taken_back = gone.get(own)
        met = next((row for row in came if row["seq"] > event.seq and row["message"] not in used and row["amount_fen"] == said["amount_fen"] and _in_time(row, taken_back, lapses_on)), None)  # fmt: skip
        if met is not None:
            used.add(met["message"])
        found.append(
            Order(
                own, said["loan"], str(event.subject), said["kind"], said["amount_fen"], pay_on, event.at, said["by"],
                said.get("applicant"), lapses_on, _state(world, met, taken_back, lapses_on),
                met["message"] if met else None, met["value_day"] if met else None, event.seq,
            )
        )  # fmt: skip
    return found


def _in_time(row: dict[str, Any], taken_back: Event | None, lapses_on: date | None) -> bool:
    if taken_back is not None and row["seq"] > taken_back.seq:
        return False
    return lapses_on is None or row["value_day"] <= lapses_on


def _state(world: World, met: object, taken_back: Event | None, lapses_on: date | None) -> State:
    if met is not None:
        return "paid"
    if taken_back is not None:
        return "withdrawn"
    return "lapsed" if lapses_on is not None and world.clock.today() > lapses_on else "waiting"


def _company(world: World, own: str) -> str | Refusal:
    from kemiao.bank.lending.loan_store import loan

    row = loan(world, own)
    return row if isinstance(row, Refusal) else str(row["company"])
