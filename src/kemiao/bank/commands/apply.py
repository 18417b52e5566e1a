"""apply, accept, withdraw, reopen: what an applicant says. Each is one event; what lapsed or was declined may be opened again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kemiao.bank.event_log import Draft, Transaction
from kemiao.bank.lending.applications import (
    KIND,
    REOPENED_FROM,
    Application,
    Effort,
    application,
    application_id,
    at_step,
    step_draft,
)
from kemiao.bank.lending.clearance import Clearance
from kemiao.bank.lending.paper import paper_digest
from kemiao.bank.lending.products import product
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import BrokenInvariant, Refusal

MONTHS_MAX = 360
TEXT_MAX = 200
_AGREED = ("terms", "apr_ppm", "schedule", "conditions", "covenants", "decision", "product_digest")  # of an offer


@dataclass(frozen=True, slots=True)
class Agreed:
    """match: its id in the market. spread_ppm: of its rate over the one-year LPR of the day on which it was matched.
    until: the last day on which it is held open."""

    match: str
    spread_ppm: int
    until: str

    def as_json(self) -> dict[str, Any]:
        return {"match": self.match, "agreed_spread_ppm": self.spread_ppm, "agreed_until": self.until}


@dataclass(frozen=True, slots=True)
class Apply:
    """purpose: what the money is for: a product's word, or the applicant's own. payee: to whom it is to be paid, where that is
    known already. renews: the loan that is to be renewed. green: a heading of the green catalogue. agreed: what a call of the
    market matched it at. contact: whom to call, sealed; the same request with another contact is the same."""

    company: str
    product: str
    amount_fen: int
    months: int
    purpose: str
    payee: str | None = None
    payee_account: str | None = None
    guarantor: str | None = None
    renews: str | None = None
    green: str | None = None
    agreed: Agreed | None = None
    contact: str | None = None

    @property
    def texts(self) -> tuple[str | None, ...]:
        return (self.purpose, self.payee, self.payee_account, self.guarantor, self.renews, self.green)


@dataclass(frozen=True, slots=True)
class Stepped:
    """again: it stood there already, and nothing was appended."""

    application: Application
    again: bool = False


def apply(world: World, asked: Apply, effort: Effort) -> Stepped | Refusal:
    refused = _unfit(asked.amount_fen, asked.months, *asked.texts, asked.contact)
    found = product(world, asked.product, world.clock.today()) if refused is None else refused
    if isinstance(found, Refusal):
        return found
    said = {
        "product": asked.product, "amount_fen": asked.amount_fen, "months": asked.months, "purpose": asked.purpose.strip(),
        "payee": asked.payee, "payee_account": asked.payee_account, "guarantor": asked.guarantor, "renews": asked.renews, "green": asked.green,
        **(asked.agreed.as_json() if asked.agreed else {}),
    }  # fmt: skip
    own = application_id(asked.company, said, world.clock.today())
    with world.log.write() as tx:
        if asked.agreed is not None:
            begun = _of_match(world, asked.company, asked.agreed.match)
            if begun is not None:
                return begun
        if world.log.last(KIND, ref=own) is not None:
            known = application(world, own)
            return known if isinstance(known, Refusal) else Stepped(known, again=True)
        private = {"contact": asked.contact.strip()} if asked.contact and asked.contact.strip() else None
        draft = step_draft(world, own, asked.company, "applied", effort, {"asked": {**said, "round": 1}}, private)
        if isinstance(draft, Refusal):
            return draft
        tx.append_many([draft])
    return _stepped(world, own)


def _of_match(world: World, company: str, match: str) -> Stepped | Refusal | None:
    """A match becomes one application, under whatever product it is lent, and none once it has fallen: looked at under the lock."""
    from kemiao.bank.market.matches import FALLEN, lent_on

    known = lent_on(world, {company}).get(match)
    if known is not None:
        return Stepped(known, again=True)
    if world.log.last(FALLEN, ref=match) is None:
        return None
    return Refusal.at("MATCH_FALLEN", "这笔撮合已失效:kemiao market reoffer", "the match has fallen: kemiao market reoffer", match=match)  # fmt: skip


def offer_digest(offer: Mapping[str, Any]) -> str:
    """Of what is agreed by a yes to an offer."""
    return digest("offer", {name: offer[name] for name in _AGREED})


def accept(
    world: World, own: str, effort: Effort, paper: Path | None = None, seen: str | None = None
) -> Stepped | Refusal:
    """The applicant takes the offer as it stands, within its days. Kept is which offer it was, and what shows the yes: the
    applicant's paper (its digest), its own account at the portal and the session, or the account that took it. seen: digest of the
    offer that was shown. Refuses ACCEPTANCE_NOT_SHOWN where there is nothing of it, OTHER_OFFER where another one stands."""
    found = at_step(world, own, "offered")
    if isinstance(found, Refusal):
        return found
    if found.offer is None:
        raise BrokenInvariant(f"{found.id} stands at an offer and has none")
    mark = offer_digest(found.offer)
    if seen is not None and seen != mark:
        return Refusal.at("OTHER_OFFER", "要约已变动:请重新查看后再接受", "another offer stands now: look at it again", application=found.id)  # fmt: skip
    if paper is None and effort.account is None and effort.applicant is None:
        return Refusal.at("ACCEPTANCE_NOT_SHOWN", "须说明凭何接受:--paper 申请人的回执,或 --as 受理人账户", "say what shows it: --paper with the applicant's letter, or --as the account that took it", application=found.id)  # fmt: skip
    shown = None if paper is None else paper_digest(paper)
    if isinstance(shown, Refusal):
        return shown
    said = {"offer": mark, "paper": shown}
    return step(world, found.id, ("offered",), "accepted", effort, said, {"file": paper.name} if paper else None)


def withdraw(world: World, own: str, reason: str, effort: Effort) -> Stepped | Refusal:
    """Before both have signed. What waits on the chain for the company's key is taken back there first."""
    found = at_step(world, own, "applied", "offered", "accepted", "proposed")
    if isinstance(found, Refusal):
        return found
    if len(reason) > TEXT_MAX:
        return _too_long("reason")
    if found.step == "proposed" and found.contract is not None and found.contract["how"] == "chain":
        from kemiao.bank.commands.sign import take_back

        refused = take_back(world, found)
        if refused is not None:
            return refused
    return step(world, found.id, (found.step,), "withdrawn", effort, {"reason": reason})


def reopen(
    world: World, own: str, effort: Effort, amount_fen: int | None = None, months: int | None = None
) -> Stepped | Refusal:
    """A new round of what was declined, withdrawn or has lapsed: it is assessed, offered and ticked anew. What a call of the
    market agreed has fallen with the round before."""
    found = application(world, own)
    if isinstance(found, Refusal):
        return found
    fallen = ("match", "agreed_spread_ppm", "agreed_until")
    asked = {name: value for name, value in found.asked.items() if name not in fallen} | {"round": found.round + 1}
    asked |= {name: value for name, value in (("amount_fen", amount_fen), ("months", months)) if value is not None}
    refused = _unfit(asked["amount_fen"], asked["months"], asked["purpose"])
    if refused is not None:
        return refused
    chained = found.step == "proposed" and found.contract is not None and found.contract["how"] == "chain"
    if chained and found.word(world.clock.today()) == "lapsed":
        from kemiao.bank.commands.sign import take_back

        refused = take_back(world, found)
        if refused is not None and refused.code != "CONTRACT_EXPIRED":
            return refused
    return step(world, found.id, REOPENED_FROM, "reopened", effort, {"asked": asked})


def step(
    world: World, own: str, after: Sequence[str], name: str, effort: Effort, public: Mapping[str, Any],
    private: Mapping[str, Any] | None = None, *, beside: Sequence[Draft] = (), clearance: Clearance | None = None,
    inside: Callable[[Transaction], None] | None = None,
) -> Stepped | Refusal:  # fmt: skip
    """Appends a step to an application that stands after one of `after`, looked at under the lock: of two at once one wins.
    beside, inside: events of the same transaction."""
    with world.log.write() as tx:
        found = at_step(world, own, *after)
        if isinstance(found, Refusal):
            return found
        draft = step_draft(world, found.id, found.company, name, effort, public, private)
        if isinstance(draft, Refusal):
            return draft
        if clearance is not None:
            clearance.use(tx)
        if inside is not None:
            inside(tx)
        tx.append_many([*beside, draft])
    return _stepped(world, found.id)


def _stepped(world: World, own: str) -> Stepped | Refusal:
    found = application(world, own)
    return found if isinstance(found, Refusal) else Stepped(found)


def _unfit(amount_fen: int, months: int, *texts: str | None) -> Refusal | None:
    if not 0 < amount_fen <= FEN_MAX:
        return Refusal.at("AMOUNT_OUT_OF_RANGE", "申请金额须大于零", "the amount is above zero", amount_fen=amount_fen)
    if not 1 <= months <= MONTHS_MAX:
        return Refusal.at("MONTHS_OUT_OF_RANGE", f"期限须为 1 至 {MONTHS_MAX} 个月", f"the term is 1 to {MONTHS_MAX} months", months=months)  # fmt: skip
    if not (texts[0] or "").strip():
        return Refusal("PURPOSE_NEEDED", "请写明用途", "say what the money is for")
    return next((_too_long(str(place)) for place, text in enumerate(texts) if text and len(text) > TEXT_MAX), None)


def _too_long(what: str) -> Refusal:
    return Refusal.at("TEXT_TOO_LONG", f"文字超过 {TEXT_MAX} 字", f"the text has more than {TEXT_MAX} characters", what=what)  # fmt: skip
