"""product try: what products would mean for a company, before anybody signs. Nothing is decided and nothing appended but the
receipt where the company's facts are read: without a kept decision, and for the value of its patents."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from kemiao.bank.commands.assess import Request, decide, read
from kemiao.bank.commands.product_facts import known
from kemiao.bank.lending.exposure import exposure
from kemiao.bank.lending.products import product, product_files
from kemiao.bank.permits import receipt
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.contracts.lpr_series import series_of
from kemiao.credit.document import Document, decision_id
from kemiao.credit.products.cost import Cost, cost
from kemiao.credit.products.offers import Tried, try_product
from kemiao.credit.products.terms import Facts
from kemiao.law.lpr import Lpr, lpr_on


@dataclass(frozen=True, slots=True)
class Trial:
    """name: of a product; amount_fen, months: None for the most and the product's own; on: None for the home's day."""

    company: str
    name: str | None = None
    amount_fen: int | None = None
    months: int | None = None
    on: date | None = None
    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class One:
    """tried: None where the product can't be had at all on the day, with the refusal."""

    name: str
    tried: Tried | None
    cost: Cost | None
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Answer:
    """kept: the decision stands in the log; else it was made for this trial only."""

    company: str
    day: date
    decision: Document
    decision_id: str
    kept: bool
    lpr: Lpr
    products: tuple[One, ...]


def try_products(world: World, trial: Trial) -> Answer | Refusal:
    day = trial.on or world.clock.today()
    wanted = product(world, trial.name, day) if trial.name is not None else None
    if isinstance(wanted, Refusal):
        return wanted
    lpr = lpr_on(world.law, day)
    if isinstance(lpr, Refusal):
        return lpr
    decided = _decision(world, trial.company, day)
    if isinstance(decided, Refusal):
        return decided
    document, kept = decided
    facts = known(world, trial.company, wanted, trial.facts, trial.months, day)
    if isinstance(facts, Refusal):
        return facts
    beside = exposure(world, trial.company, renews=facts.renews)
    trial = replace(trial, facts=replace(facts, owed_fen=beside.owed_fen, committed_fen=beside.committed_fen))
    names = [trial.name] if trial.name else sorted({file.name for file in product_files(world)})
    tried = tuple(_one(world, name, trial, document, day, lpr) for name in names)
    return Answer(trial.company, day, document, decision_id(document), kept, lpr, tried)


def _decision(world: World, company: str, day: date) -> tuple[Document, bool] | Refusal:
    """The newest decision; where there is none that can be read, one is made and not kept."""
    event = world.log.last("decision", subject=company)
    document = world.log.private(event) if event is not None else None
    if document is not None:
        return document, True
    inputs = read(world, Request((company,), law_on=day))
    if isinstance(inputs, Refusal):
        return inputs
    with world.log.write() as tx:
        receipt(tx, inputs.permit)
    made = decide(inputs, lambda done, total: None)
    return made if isinstance(made, Refusal) else (made[0], False)


def _one(world: World, name: str, trial: Trial, decision: Document, day: date, lpr: Lpr) -> One:
    own = product(world, name, day)
    if isinstance(own, Refusal):
        return One(name, None, None, own)
    tried = try_product(own, trial.facts, decision, trial.amount_fen, trial.months, day, lpr)
    if tried.row is None:
        return One(name, tried, None, tried.refusal)
    # As it was to be seen on the day: what the LPR became later was not known yet.
    found = cost(own, tried.row, series_of(world.law).until(day))
    return One(name, tried, None, found) if isinstance(found, Refusal) else One(name, tried, found, None)


def as_json(answer: Answer, one: One) -> dict[str, Any]:
    """One document a product."""
    tried, cost = one.tried, one.cost
    refusal = one.refusal.as_json() if one.refusal else None
    said: dict[str, Any] = {"company": answer.company, "on": answer.day, "decision_id": answer.decision_id, "decision": answer.decision["decision"], "decision_kept": answer.kept, "product": one.name, "refused": refusal}  # fmt: skip
    if tried is None:
        return said
    row = tried.row
    said |= {
        "digest": tried.product.digest, "zh": tried.product.head.zh, "en": tried.product.head.en, "amount_fen": tried.amount_fen,
        "months": tried.months, "most_fen": tried.most_fen, "automatic": tried.automatic, "assumed": list(tried.assumed), "lpr_stale": answer.lpr.stale,
        **{name: [{"code": why.code, "zh": why.zh, "en": why.en} for why in getattr(tried.who, name)] for name in ("declines", "referrals", "conditions")},
        "law_confidence": tried.product.law.confidence if tried.product.law else None,
        "terms": dict(row) if row else None,
    }  # fmt: skip
    if cost is not None:
        said |= {
            "apr_ppm": cost.apr_ppm, "simple_ppm": cost.simple_ppm, "interest_fen": cost.interest_fen,
            "fees": [{"code": due.fee.code, "zh": due.fee.zh, "en": due.fee.en, "on": due.on, "amount_fen": due.amount_fen, "paid_to": due.fee.paid_to} for due in cost.fees],
            "bank_bears_fen": sum(due.amount_fen for due in cost.bank_fees), "schedule": [dict(due) for due in cost.schedule],
        }  # fmt: skip
    return said
