"""Whose a thing is that a route names: for what others than the bank may see of their own only.

The name of the path parameter says what it is. Each function answers the company (or the funder) whose it is; None where there is no
such thing, which is answered like what is another's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kemiao.bank.world import World

Owner = Callable[[World, str], str | None]


def _company_itself(_: World, own: str) -> str | None:
    return own


def _application(world: World, own: str) -> str | None:
    from kemiao.bank.lending.applications import application
    from kemiao.base.refusal import Refusal

    found = application(world, own)
    return None if isinstance(found, Refusal) else found.company


def _consent(world: World, own: str) -> str | None:
    from kemiao.bank.company_trust import owner_of_consent

    return owner_of_consent(world, own)


def _receipt(world: World, own: str) -> str | None:
    from kemiao.bank.company_trust import owner_of_receipt

    return owner_of_receipt(world, own)


def _loan(world: World, own: str) -> str | None:
    from kemiao.bank.lending.loan_store import loan
    from kemiao.base.refusal import Refusal

    found = loan(world, own)
    return None if isinstance(found, Refusal) else str(found["company"])


def _of_event(kind: str) -> Owner:
    def owner(world: World, own: str) -> str | None:
        event = world.log.last(kind, ref=own)
        return event.subject if event else None

    return owner


def _mandate(world: World, own: str) -> str | None:
    from kemiao.bank.market.funders import owner

    return owner(world, own)


COMPANY: Mapping[str, Owner] = {
    "company": _company_itself,
    "application": _application,
    "decision": _of_event("decision"),
    "review": _of_event("review_asked"),
    "approval_request": _of_event("approval_requested"),
    "complaint": _of_event("complaint_filed"),
    "loan": _loan,
    "repayment": _of_event("repayment_ordered"),
    "consent": _consent,
    "receipt": _receipt,
}
FUNDER: Mapping[str, Owner] = {"mandate": _mandate}
