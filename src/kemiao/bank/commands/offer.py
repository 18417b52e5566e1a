"""offer: assess the applicant, make the product's terms of it, and hold them open for some days; or decline, with the reasons.

Where the product lets it, no person is needed. Else the offer is cleared by four eyes, and whoever approves has the authority
that the decision names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from kemiao.bank.commands.apply import Stepped, step
from kemiao.bank.commands.assess import Inputs, Request, append, assess
from kemiao.bank.commands.product_facts import known
from kemiao.bank.event_log import Transaction
from kemiao.bank.lending.applications import Application, Effort, at_step, lending_policy
from kemiao.bank.lending.clearance import REQUESTED, Clearance, clear, state_of
from kemiao.bank.lending.exposure import Exposure, exposure
from kemiao.bank.lending.organisation import organisation
from kemiao.bank.lending.products import keep, kept_product, product
from kemiao.bank.lending.referrals import not_referred_to, standing_referral
from kemiao.bank.lending.standing import lpr_series
from kemiao.bank.rulebook import grounds
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import BrokenInvariant, Refusal, Refused
from kemiao.credit.decision.authority import levels_of
from kemiao.credit.document import Document, decision_id, explain
from kemiao.credit.products.cost import cost
from kemiao.credit.products.product import Product
from kemiao.credit.products.terms import Facts, automatic, qualified, terms
from kemiao.law.lpr import Lpr, lpr_on

OUTCOMES = frozenset({"DECISION_DECLINES", "NOT_QUALIFIED", "PRICE_ABOVE_CAP", "PURPOSE_PROHIBITED", "NO_PRICE"})
"""Refusals of the terms that are an answer to the applicant; others say what is still missing or typed wrongly."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the bank found out beside the application; null is unknown."""

    application: str
    security_value_fen: int | None = None
    longer: bool = False
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """declined: the application was declined, which is an answer and no refusal. schedule: due by due, if all is drawn at once."""

    application: Application
    declined: bool
    schedule: tuple[Mapping[str, Any], ...] = ()


Judged = tuple[Inputs, Document] | Refusal


def offer(world: World, asked: Offer, effort: Effort, judged: Judged | None = None) -> Offered | Refusal:
    """judged: of the applicant, read and decided just now with others (assess.decide_each), and not appended yet."""
    found = at_step(world, asked.application, "applied")
    if isinstance(found, Refusal):
        return found
    day = world.clock.today()
    own = product(world, str(found.asked["product"]), day)
    if isinstance(own, Refusal):
        return own
    rates = lpr_on(world.law, day)
    if isinstance(rates, Refusal):
        return rates
    document = _decision(world, found, own, asked, judged)
    if isinstance(document, Refusal):
        return document
    document = _asked_for(world, found, document)
    facts = facts_of(world, found, own, asked, overridden(world, decision_id(document)) == "approve")
    if isinstance(facts, Refusal):
        return facts
    why = against(world, document, facts)
    if why:
        return _declined(world, found, effort, decision_id(document), why)
    amount_fen, months = int(found.asked["amount_fen"]), int(found.asked["months"])
    row = terms(own, facts, document, amount_fen, months, day, rates)
    if isinstance(row, Refusal):
        if row.code in OUTCOMES:
            return _declined(world, found, effort, decision_id(document), [_as_why(row)])
        return row
    clearance = _cleared(world, found, own, facts, document, effort, row)
    if isinstance(clearance, Refusal):
        return clearance
    return _offered(world, found, own, facts, document, row, clearance, effort)


def terms_on(world: World, found: Application, day: date, rates: Lpr) -> dict[str, Any] | Refusal:
    """The offer's terms as of a later day: its product and decision, that day's LPR. Refuses OFFER_CHANGED where more differs
    than days and the rate that follows the LPR."""
    offered = found.offer
    if offered is None:
        raise BrokenInvariant(f"{found.id} has no offer")
    own = kept_product(world, str(offered["product_digest"]), day)
    if isinstance(own, Refusal):
        return own
    event = world.log.last("decision", ref=str(offered["decision"]))
    document = world.log.private(event) if event is not None else None
    if document is None:
        return Refusal.at("DECISION_GONE", "所依据的决定已被删除:kemiao application reopen", "the decision that it rests on was erased: kemiao application reopen", decision=offered["decision"])  # fmt: skip
    facts = Facts(**offered["facts"])
    row = terms(own, facts, document, int(found.asked["amount_fen"]), int(found.asked["months"]), day, rates)
    if isinstance(row, Refusal):
        return row
    row = _with_agreed_spread(row, offered["terms"], rates)
    now = {**frozen(row), "unit": offered["terms"].get("unit"), "manager": offered["terms"].get("manager")}
    moved = {"signed_on", "starts_on", "matures_on", "first_due_on", "first_reset_on", "rate_ppm", "month_end"}
    changed = sorted(name for name in {*now, *offered["terms"]} - moved if now.get(name) != offered["terms"].get(name))
    if changed:
        return Refusal.at("OFFER_CHANGED", f"与要约不符:{'、'.join(changed)}", f"differs from the offer: {', '.join(changed)}", application=found.id)  # fmt: skip
    return row | {"unit": now["unit"], "manager": now["manager"]}


def _with_agreed_spread(row: Mapping[str, Any], agreed: Mapping[str, Any], rates: Lpr) -> dict[str, Any]:
    """The offer's spread stands: terms made anew would move that over the five-year LPR by what the two LPRs moved apart."""
    if row["rate_kind"] != "lpr_5y" or "spread_ppm" not in agreed:
        return dict(row)
    spread = int(agreed["spread_ppm"])
    return {
        **row,
        "spread_ppm": spread,
        "rate_ppm": min(max(rates.five_year_ppm + spread, row["floor_ppm"]), row["cap_ppm"]),
    }


def frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of LOANS as an event can hold it: known values, days as text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items() if value is not None}  # fmt: skip


def _decision(
    world: World, found: Application, own: Product, asked: Offer, judged: Judged | None
) -> Document | Refusal:
    """The company as it is known today, decided anew; but the newest decision where a person has overridden that one."""
    company, renews = found.company, found.asked.get("renews") if own.head.renewal else None
    newest = world.log.last("decision", subject=company)
    if newest is not None and asked.as_of is None and overridden(world, str(newest.ref)) is not None:
        kept = world.log.private(newest)
        if kept is not None:
            return kept
    if judged is not None and renews is None and asked.as_of is None:
        return judged if isinstance(judged, Refusal) else append(world, judged[0], [judged[1]]).documents[0]
    decided = assess(world, Request((company,), asked.as_of, book_on=world.clock.today(), renews=renews))
    return decided if isinstance(decided, Refusal) else decided.documents[0]


_SAYS = ("decision", "grade", "limit_fen", "rate_ppm", "authority")


def _asked_for(world: World, found: Application, document: Document) -> Document:
    """The decision that an open request of this application and round rests on, where that is of the last days (lending.toml)
    and today's says the same: a new day, or another version of the program, then costs no second approval. Else today's."""
    rules, settings = organisation(world, world.clock.today()), lending_policy(world)
    if isinstance(rules, Refusal) or isinstance(settings, Refusal):
        return document
    oldest = world.clock.today() - timedelta(days=settings["days"].get("decision", 0))
    for request in world.log.events(REQUESTED, subject=found.company, newest_first=True):
        if request.public["action"] != "offer" or state_of(world, rules, request) not in ("waiting", "given"):
            continue
        bound = (world.log.private(request) or {}).get("bound", {})
        if (bound.get("application"), bound.get("round")) != (found.id, found.round):
            continue
        event = world.log.last("decision", ref=str(bound["decision"]))
        kept = world.log.private(event) if event is not None else None
        if event is None or kept is None or datetime.fromisoformat(event.at).date() < oldest:
            continue
        if all(kept[name] == document[name] for name in _SAYS):
            return kept
    return document


def overridden(world: World, decision: str) -> str | None:
    """approve or decline, as a person with authority had it (kemiao override); None where nobody did."""
    event = world.log.last("override", ref=decision)
    return None if event is None else str(event.public["to"])


def against(world: World, document: Document, facts: Facts) -> list[dict[str, str]]:
    """Why it is declined before any terms are looked at; empty where it is not."""
    if overridden(world, decision_id(document)) == "decline":
        return [_as_why(Refusal("OVERRIDDEN", "经人工复核改为拒绝", "declined by a person who reviewed the decision"))]
    if document["decision"] != "decline" or facts.approved:
        return []
    said = explain(document, grounds(world, world.clock.today()).book)
    why = [{name: one[name] for name in ("code", "zh", "en")} for one in said["reasons"] if "code" in one]
    return why or [_as_why(Refusal("DECISION_DECLINES", "评估未通过", "the assessment declines it"))]


def facts_of(world: World, found: Application, own: Product, asked: Offer, approved: bool) -> Facts | Refusal:
    said = found.asked
    given = Facts(
        purpose=said["purpose"], security_value_fen=asked.security_value_fen, guarantor=said.get("guarantor"), green=said.get("green"),
        renews=said.get("renews"), approved=approved, longer=asked.longer, agreed_spread_ppm=said.get("agreed_spread_ppm"),
    )  # fmt: skip
    complete = known(world, found.company, own, given, int(said["months"]), world.clock.today(), asked.as_of)
    if isinstance(complete, Refusal):
        return complete
    beside = exposed(world, found, own)
    return replace(complete, owed_fen=beside.owed_fen, committed_fen=beside.committed_fen)


def exposed(world: World, found: Application, own: Product) -> Exposure:
    """What the bank has with the company beside this application, and beside the loan that it would take over."""
    return exposure(world, found.company, found.id, found.asked.get("renews") if own.head.renewal else None)


def _unmoved(world: World, found: Application, own: Product, facts: Facts) -> None:
    """Under the lock: of two offers at once the second has to count the first. Raises Refused EXPOSURE_MOVED."""
    now = exposed(world, found, own)
    if (now.owed_fen, now.committed_fen) != (facts.owed_fen, facts.committed_fen):
        raise Refused(Refusal.at("EXPOSURE_MOVED", "本行对该企业的授信余额刚刚有变动:请重新 kemiao offer", "what the bank has with this company has just changed: run kemiao offer again", application=found.id))  # fmt: skip


def _cleared(
    world: World,
    found: Application,
    own: Product,
    facts: Facts,
    document: Document,
    effort: Effort,
    row: Mapping[str, Any],
) -> Clearance | Refusal | None:
    amount_fen, months = int(found.asked["amount_fen"]), int(found.asked["months"])
    handed = standing_referral(world, found)
    if handed is None and automatic(own, document, facts, amount_fen, months):
        return None
    if effort.account is None:
        return Refusal("NO_ACCOUNT_NAMED", "这笔要约须由人办理:用 --as 账户,或设 KEMIAO_ACCOUNT", "this offer needs a person: --as ACCOUNT, or set KEMIAO_ACCOUNT")  # fmt: skip
    elsewhere = not_referred_to(world, handed, effort.account)
    if elsewhere is not None:
        return elsewhere
    bound = {
        "application": found.id, "round": found.round, "company": found.company, "decision": decision_id(document),
        "product": own.digest, "amount_fen": amount_fen, "months": months, "facts": _said(facts),
        "grade": document["grade"], "rate_ppm": row["rate_ppm"], "authority": document["authority"],
    }  # fmt: skip
    reached = max(amount_fen, _least_of(world, str(document["authority"])))
    return clear(world, effort.account, "offer", reached, bound, unit=effort.account.unit)


def _least_of(world: World, authority: str) -> int:
    """An amount that only the level reaches which the decision names: a referral goes one level above its amount."""
    levels = levels_of(world.policy.on(world.clock.today())["authority"])
    place = next((number for number, level in enumerate(levels) if level.name == authority), 0)
    return levels[place - 1].limit_fen + 1 if place else 0


def _offered(
    world: World, found: Application, own: Product, facts: Facts, document: Document, row: Mapping[str, Any],
    clearance: Clearance | None, effort: Effort,
) -> Offered | Refusal:  # fmt: skip
    account = effort.account
    placed = {**row, "unit": account.unit if account else None, "manager": account.account if account else None}
    costs = cost(own, placed, lpr_series(world).until(row["starts_on"]))
    if isinstance(costs, Refusal):
        return costs
    public = {
        "decision": decision_id(document), "product_digest": own.digest, "terms": frozen(placed), "facts": _said(facts),
        "apr_ppm": costs.apr_ppm, "schedule": {"dues": len(costs.schedule), "digest": digest("schedule", [frozen(each) for each in costs.schedule])},
        "conditions": _conditions(world, own, facts, document, found), "automatic": clearance is None,
        "covenants": [{"code": each.code, "zh": each.zh, "en": each.en} for each in own.covenants],
        "approval": clearance.request if clearance else None, "approved_by": clearance.approver if clearance else None,
    }  # fmt: skip
    stated = exposed(world, found, own).as_json()
    public |= {"exposure": stated} if stated else {}
    if "agreed_until" in found.asked:
        public["until"] = _until(world, str(found.asked["agreed_until"]))

    def inside(tx: Transaction) -> None:
        _unmoved(world, found, own, facts)
        keep(world, tx, own)

    done = step(world, found.id, ("applied",), "offered", effort, public, clearance=clearance, inside=inside)
    return done if isinstance(done, Refusal) else Offered(done.application, False, costs.schedule)


def _until(world: World, agreed: str) -> str:
    """The bank's own days, and no longer than the match is held open. Raises Refused MATCH_EXPIRED."""
    today, rules = world.clock.today(), lending_policy(world)
    if agreed < today.isoformat():
        raise Refused(Refusal.at("MATCH_EXPIRED", f"撮合结果只保留到 {agreed}", f"the match was held open until {agreed}", until=agreed))  # fmt: skip
    days = None if isinstance(rules, Refusal) else rules["days"]["offered"]
    return agreed if days is None else min(agreed, (today + timedelta(days=days)).isoformat())


def _declined(
    world: World, found: Application, effort: Effort, decision: str, why: list[dict[str, str]]
) -> Offered | Refusal:
    done: Stepped | Refusal = step(world, found.id, ("applied",), "declined", effort, {"decision": decision, "why": why})  # fmt: skip
    return done if isinstance(done, Refusal) else Offered(done.application, True)


def _as_why(refusal: Refusal) -> dict[str, str]:
    return {"code": refusal.code, "zh": refusal.zh, "en": refusal.en}


def _conditions(
    world: World, own: Product, facts: Facts, document: Document, found: Application
) -> list[dict[str, str]]:
    """What is to be there before signing (papers) and before money is paid: papers, security, what assessment and product ask."""
    listed = [
        {"code": each.code, "zh": each.zh, "en": each.en, "at": "drawdown" if each.at == "drawdown" else "signing"}
        for each in own.documents
    ]
    if own.security.kind != "none":
        listed.append({"code": "SECURITY", "zh": own.security.register_zh, "en": own.security.register_en, "at": "drawdown"})  # fmt: skip
    said = explain(document, grounds(world, world.clock.today()).book)["conditions"]
    asked = qualified(own, facts, document, int(found.asked["amount_fen"]), int(found.asked["months"])).conditions
    also = [*said, *({"code": each.code, "zh": each.zh, "en": each.en} for each in asked)]
    listed += [{name: each[name] for name in ("code", "zh", "en")} | {"at": "drawdown"} for each in also if each["code"] != "LPR_STALE"]  # fmt: skip
    return list({each["code"]: each for each in listed}.values())


def _said(facts: Facts) -> dict[str, Any]:
    return {
        each.name: value
        for each in fields(facts)
        if (value := getattr(facts, each.name)) is not None and value is not False
    }
