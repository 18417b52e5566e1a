"""The settlement account as the event log has it: statements, what became of their entries, orders, customers' accounts.

bank_statement (ref: statement's digest), bank_entry (ref: entry; a later one of the same ref says what became of it), and
payment_orders (ref: the file's id), payment_account (subject: company).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kemiao.bank.event_log import Event
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal
from kemiao.data.pain001 import Payer

STATEMENT, ENTRY, ORDERS, ACCOUNT = "bank_statement", "bank_entry", "payment_orders", "payment_account"
OPEN, BOOKED, ORDERED, DISMISSED = "unmatched", "recorded", "order", "dismissed"  # what became of an entry
NUMBER_DIGITS, _NUMBER_MAX = 6, 34


@dataclass(frozen=True, slots=True)
class Settlement:
    """Policy payments.toml, as of a day."""

    payer: Payer
    ledger_account: str
    orders_max: int


def settlement(world: World, day: date) -> Settlement | Refusal:
    """Refuses BAD_PAYMENTS_POLICY. Raises Refused POLICY_NOT_IN_FORCE."""
    policy = world.policy.named("payments", day)
    texts = [policy.get(key) for key in ("bank_name", "account", "clearing_number", "ledger_account")]
    orders_max = policy.get("orders_max")
    for key, text in zip(("bank_name", "account", "clearing_number", "ledger_account"), texts, strict=True):
        if not isinstance(text, str) or not text.strip():
            return Refusal.at("BAD_PAYMENTS_POLICY", "须为文字", "is a text", file=policy.get("_file"), key=key)
    if type(orders_max) is not int or not 0 < orders_max <= 100_000:
        return Refusal.at("BAD_PAYMENTS_POLICY", "须为 1 到 100000", "is 1 to 100000", file=policy.get("_file"), key="orders_max")  # fmt: skip
    name, account, number, ledger = map(str, texts)
    return Settlement(Payer(name, account, number), ledger, orders_max)


def entries(world: World) -> dict[str, Event]:
    """Entry → the newest event about it."""
    return {str(event.ref): event for event in world.log.events(ENTRY)}


def statements(world: World, account: str) -> list[Event]:
    """Statements of an account that were taken in, by their last day."""
    mine = [event for event in world.log.events(STATEMENT) if event.public["account"] == account]
    return sorted(mine, key=lambda event: (event.public["closing_on"], event.seq))


def orders(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """(reference, order) of all that was ordered: message, loan, company, amount_fen, file."""
    for event in world.log.events(ORDERS):
        for one in event.public["orders"]:
            yield str(one["reference"]), {**one, "file": event.ref}


def reference_of(message: str) -> str:
    """The EndToEndId of a message's order: a message's id may be longer than 35 characters."""
    return "KM" + digest("payment_order", message)[:30]


def account_number(text: str) -> str | Refusal:
    """As banks write it, without spaces. Refuses NOT_AN_ACCOUNT."""
    typed = "".join(text.split())
    if not typed.isalnum() or not typed.isascii() or not NUMBER_DIGITS <= len(typed) <= _NUMBER_MAX:
        return Refusal.at("NOT_AN_ACCOUNT", f"账号为 {NUMBER_DIGITS} 到 {_NUMBER_MAX} 位数字或字母", f"an account number has {NUMBER_DIGITS} to {_NUMBER_MAX} digits or letters", number=text)  # fmt: skip
    return typed


def payment_account(world: World, company: str) -> Mapping[str, Any] | None:
    """The company's own account that money goes to: name, number, bank. None where none is on record, or it was erased."""
    event = world.log.last(ACCOUNT, subject=company)
    return None if event is None else world.log.private(event)


def companies_by_account(world: World) -> dict[str, str]:
    """Account number → the one company that it belongs to."""
    events = list(world.log.last_of_each(ACCOUNT))
    found: dict[str, str] = {}
    for event, kept in zip(events, world.log.privates(events), strict=True):
        if kept is not None:
            number = str(kept["number"])
            found[number] = "" if number in found else str(event.subject)
    return {number: company for number, company in found.items() if company}
