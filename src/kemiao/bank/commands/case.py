"""case: all that the bank has about an application on one page: what is asked, the decision with its reasons and rules, who did what.

It reads the log and no papers: for those see trace. `may`: which of the next steps this account's roles let it take; each command looks again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from kemiao.bank.commands import decline as declining
from kemiao.bank.commands import due_diligence
from kemiao.bank.commands.approval import requests
from kemiao.bank.commands.condition import listed
from kemiao.bank.commands.override import now as stands_as
from kemiao.bank.lending.applications import WORDS, Application, application
from kemiao.bank.lending.clearance import unfit_maker
from kemiao.bank.lending.exposure import exposure
from kemiao.bank.lending.organisation import Organisation, organisation
from kemiao.bank.lending.people import Account
from kemiao.bank.lending.products import product
from kemiao.bank.lending.referrals import not_referred_to, referrals, standing_referral
from kemiao.bank.lending.waiting import why_waits
from kemiao.bank.lending.worklist import next_for
from kemiao.bank.rulebook import kept_rulebook
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.decision.fired import fired
from kemiao.credit.document import explain
from kemiao.credit.products.product import Product


@dataclass(frozen=True, slots=True)
class Case:
    """decision: in words, with the day and event that it was made by, and `stands`: as persons left it; None where there is none that can
    be read. rests_on_offer: the decision is the offer's own. referral: the one that stands. diligence: the last look, and why it holds no more."""

    application: Application
    state: str
    product_zh: str
    product_en: str
    next: str | None
    decision: dict[str, Any] | None
    fired: list[dict[str, Any]]
    exposure: dict[str, Any]
    conditions: list[dict[str, Any]]
    requests: list[dict[str, Any]]
    referrals: list[dict[str, Any]]
    diligence: dict[str, Any] | None
    waits: dict[str, Any] | None
    steps: list[dict[str, Any]]
    decline_reasons: list[dict[str, Any]]
    refer_to: list[dict[str, Any]]
    may: dict[str, bool]


def case(world: World, own: str, account: Account) -> Case | Refusal:
    found, rules = application(world, own), organisation(world, world.clock.today())
    if isinstance(found, Refusal):
        return found
    if isinstance(rules, Refusal):
        return rules
    asked = requests(world, every=True)
    if isinstance(asked, Refusal):
        return asked
    day = world.clock.today()
    named, decided, reasons = (
        product(world, str(found.asked["product"]), day),
        _decision(world, found),
        declining.reasons(world),
    )
    document = decided[1] if decided else None
    met = listed(world, own)
    elsewhere = not_referred_to(world, standing_referral(world, found), account) is not None
    roles = rules.actions["offer"].makers | rules.actions["offer"].approvers
    seen = exposure(world, found.company, found.id, found.asked.get("renews")).as_json()
    return Case(
        found, found.word(day), named.head.zh if isinstance(named, Product) else str(found.asked["product"]),
        named.head.en if isinstance(named, Product) else str(found.asked["product"]), next_for(world, account, found), decided[0] if decided else None,
        _fired(world, document), seen, [] if isinstance(met, Refusal) else met,
        [each for each in asked if _concerns(each, found)], [each | _role_words(rules, str(each["to"])) for each in referrals(world, own)], _diligence(world, found.company), _plain(why_waits(world, found)),
        [_step(world, event) for event in found.steps], [dict(row) for row in reasons] if not isinstance(reasons, Refusal) else [],
        [{"role": name, "zh": rules.roles[name].zh, "en": rules.roles[name].en} for name in sorted(roles - set(account.hats[0].roles)) if name in rules.roles],
        {action: unfit_maker(world, account, action) is None and not (elsewhere and action in ("offer", "decline")) for action in _ACTIONS if action in rules.actions},
    )  # fmt: skip


_ACTIONS = ("offer", "decline", "condition", "sign", "disburse", "due_diligence", "override", "payments_account")


def _role_words(rules: Organisation, name: str) -> dict[str, str]:
    role = rules.roles.get(name)
    return {"to_zh": role.zh if role else name, "to_en": role.en if role else name}


def _decision(world: World, found: Application) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The one that the offer or the answer rests on; before it, the company's newest. In words, and as kept."""
    ref = (found.offer or {}).get("decision") or next((event.public.get("decision") for event in found.steps[::-1] if event.public["step"] == "declined"), None)  # fmt: skip
    event = world.log.last("decision", ref=str(ref)) if ref else world.log.last("decision", subject=found.company)
    kept = world.log.private(event) if event is not None else None
    if event is None or kept is None:
        return None
    book = kept_rulebook(world, kept["model"], kept["policy"], kept["law_tables"], date.fromisoformat(kept["law_on"]))
    told = explain(kept, book) | {"seq": event.seq, "at": event.at, "stands": stands_as(world, event, kept)}
    level = next((each for each in book.levels if each.name == kept["authority"]), None)
    if level is not None:
        told |= {"authority_zh": level.zh, "authority_en": level.en}
    changed = world.log.last("override", ref=event.ref)
    if changed is not None:
        told |= {
            "override": {
                **changed.public,
                "at": changed.at,
                "seq": changed.seq,
                "reason": (world.log.private(changed) or {}).get("reason"),
            }
        }
    return told, kept


def _fired(world: World, kept: dict[str, Any] | None) -> list[dict[str, Any]]:
    if kept is None:
        return []
    book = kept_rulebook(world, kept["model"], kept["policy"], kept["law_tables"], date.fromisoformat(kept["law_on"]))
    return fired(kept, book.rules)


def _concerns(request: dict[str, Any], found: Application) -> bool:
    """Of this application or its loan, and of its company where it is about due diligence or a decision of it."""
    bound = request["bound"] or {}
    if bound.get("application") == found.id or (found.loan is not None and bound.get("loan") == found.loan):
        return True
    return request["company"] == found.company and request["action"] in ("override", "due_diligence_high", "payments_account")  # fmt: skip


def _diligence(world: World, company: str) -> dict[str, Any] | None:
    event = world.log.last(due_diligence.KIND, subject=company)
    if event is None:
        return None
    stands = due_diligence.standing(world, company)
    why = {"code": stands.code, "zh": stands.zh, "en": stands.en} if isinstance(stands, Refusal) else None
    return {**event.public, "seq": event.seq, "at": event.at, "details": world.log.private(event), "refused": why}


def _step(world: World, event: Any) -> dict[str, Any]:
    zh, en = WORDS[event.public["step"]]
    private = world.log.private(event) or {}
    return {"seq": event.seq, "at": event.at, "zh": zh, "en": en, **event.public, "note": private.get("note") or private.get("reason"), "file": private.get("file")}  # fmt: skip


def _plain(said: Any) -> dict[str, Any] | None:
    return None if said is None else dict(said)
