"""what if, and what would lift: a company's facts of the day, judged with some of them otherwise. No decision is appended:
the log keeps only the receipt of the reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kemiao.bank.commands.assess import Inputs, Request, read
from kemiao.bank.permits import receipt
from kemiao.bank.reasons import reasons_on
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.lift import Lift
from kemiao.credit.lift import lift as lift_of
from kemiao.credit.rating.actionable import ReasonsPolicy
from kemiao.credit.what_if import Judged, judged_with
from kemiao.facts.permit import Purpose


@dataclass(frozen=True, slots=True)
class WhatIf:
    """changed: column → (value as it is, value as supposed)."""

    company: str
    as_of: str
    law_on: str
    model: Mapping[str, str]
    changed: Mapping[str, tuple[Any, Any]]
    before: Judged
    after: Judged

    def as_json(self) -> dict[str, Any]:
        return {
            "company": self.company, "as_of": self.as_of, "law_on": self.law_on, "model": dict(self.model),
            "changed": {name: {"from": was, "to": to} for name, (was, to) in self.changed.items()},
            "before": self.before.as_json(), "after": self.after.as_json(), "appended": False,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lifted:
    company: str
    as_of: str
    law_on: str
    model: Mapping[str, str]
    lift: Lift

    def as_json(self) -> dict[str, Any]:
        return {"company": self.company, "as_of": self.as_of, "law_on": self.law_on, "model": dict(self.model), **self.lift.as_json()}  # fmt: skip


def what_if(
    world: World, request: Request, changed: Mapping[str, Any], purpose: Purpose = "credit_review"
) -> WhatIf | Refusal:
    """request: of one company. changed: column of the profile → value, None for unknown."""
    inputs = looked(world, request, purpose)
    return inputs if isinstance(inputs, Refusal) else supposed(inputs, changed)


def lift(world: World, request: Request, purpose: Purpose = "credit_review") -> Lifted | Refusal:
    """request: of one company."""
    inputs = looked(world, request, purpose)
    if isinstance(inputs, Refusal):
        return inputs
    policy, _ = reasons_on(world, request.law_on or world.clock.today())
    return lifted(inputs, policy)


def looked(world: World, request: Request, purpose: Purpose) -> Inputs | Refusal:
    """A reading for its own sake, with its receipt."""
    inputs = read(world, request, purpose)
    if isinstance(inputs, Inputs):
        with world.log.write() as tx:
            receipt(tx, inputs.permit)
    return inputs


def supposed(inputs: Inputs, changed: Mapping[str, Any]) -> WhatIf | Refusal:
    """Pure. inputs: of one company."""
    judged = judged_with(inputs.features, [{}, changed], inputs.grounds.book, inputs.technology)
    if isinstance(judged, Refusal):
        return judged
    row = inputs.features.to_pylist()[0]
    pairs = {name: (_plain(row[name]), value) for name, value in changed.items()}
    return WhatIf(row["company"], inputs.rested_on["as_of"], inputs.rested_on["law_on"], _model(inputs), pairs, *judged)


def lifted(inputs: Inputs, policy: ReasonsPolicy) -> Lifted | Refusal:
    """Pure. inputs: of one company."""
    company = inputs.features["company"][0].as_py()
    tables = tuple(inputs.rows.get(company, {}))
    found = lift_of(inputs.features, inputs.grounds.book, inputs.technology, policy, tables)
    if isinstance(found, Refusal):
        return found
    return Lifted(company, inputs.rested_on["as_of"], inputs.rested_on["law_on"], _model(inputs), found)


def _model(inputs: Inputs) -> dict[str, str]:
    card = inputs.grounds.book.card
    return {"name": card.name, "kind": card.kind, "digest": inputs.grounds.model}


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
