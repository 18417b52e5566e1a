"""A further draw of a revolving loan: what a first one needs is there still, and above the law's threshold the payee is named.

What begins a loan, its first draw or what it takes over, goes the way of its application.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from kemiao.bank.commands.disburse import may_draw, named_payee, to_payee
from kemiao.bank.commands.loan_change import change, renew
from kemiao.bank.lending.applications import Application, applications
from kemiao.bank.lending.loan_store import loan
from kemiao.bank.lending.record import Recorded
from kemiao.bank.lending.standing import states
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal


def draw(
    world: World,
    account: str | None,
    row: Mapping[str, Any],
    payee: str | None = None,
    payee_account: str | None = None,
) -> Recorded | Refusal:
    """row: loan, value_day, amount_fen, perhaps message. A loan without an application, one that came in as it stood elsewhere,
    has no conditions here. Refuses NOT_REVOLVING, FIRST_DRAW, and as disburse and change do."""
    agreed = loan(world, str(row["loan"]))
    if isinstance(agreed, Refusal):
        return agreed
    if agreed["repayment"] != "revolving":
        return Refusal.at("NOT_REVOLVING", "不是随借随还的贷款:请用 kemiao disburse", "the loan does not revolve: kemiao disburse", loan=row["loan"])  # fmt: skip
    found = _application(world, agreed)
    named = named_payee(str(row["loan"]), payee, payee_account)
    if isinstance(named, Refusal):
        return named
    payee, payee_account = named
    said: dict[str, Any] = {"counterparty": " ".join(each for each in (payee, payee_account) if each) or None}
    if found is not None:
        refused = _first(world, found) or may_draw(world, found)
        if refused is not None:
            return refused
        entrusted = to_payee(world, found, agreed, int(row["amount_fen"]), payee, payee_account)
        if isinstance(entrusted, Refusal):
            return entrusted
        said |= {"word": "entrusted" if entrusted else None, "reason": found.asked["purpose"]}
    return change(world, account, {**row, **said, "kind": "disburse"})


def take_over(world: World, account: str | None, old: str, new: str, on: date) -> list[Recorded] | Refusal:
    """A renewal whose new loan has no application here. Refuses FIRST_DRAW where it has one, and as renew does."""
    agreed = loan(world, new)
    if isinstance(agreed, Refusal):
        return agreed
    found = _application(world, agreed)
    if found is not None and found.step == "signed":
        return _by_disburse(found)
    return renew(world, account, old, new, on)


def _application(world: World, agreed: Mapping[str, Any]) -> Application | None:
    """The one that ended in the loan."""
    return next((each for each in applications(world, str(agreed["company"])) if each.loan == agreed["loan"]), None)


def _first(world: World, found: Application) -> Refusal | None:
    """The first money is counted with its application."""
    if states(world, None, str(found.loan))["drawn_fen"][0].as_py():
        return None
    late = may_draw(world, found)
    if late is not None and late.code == "AVAILABILITY_OVER":
        return late
    return _by_disburse(found)


def _by_disburse(found: Application) -> Refusal:
    return Refusal.at("FIRST_DRAW", f"首次放款或续贷须核对条件:kemiao disburse {found.id}", f"what begins the loan has conditions: kemiao disburse {found.id}", loan=found.loan)  # fmt: skip
