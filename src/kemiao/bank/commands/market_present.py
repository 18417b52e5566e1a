"""market try, market outlook: what a request or a mandate may expect of what stands posted now. Nothing is posted, and nothing is kept.

A company is told how many funders could sign with it and, from the policy's number on, quartiles of their cost; never a single quote, and
of the terms that it does not meet only how many funders have each. A funder is told what its own mandates may lend.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kemiao.bank.market.facts import facts_of, typed
from kemiao.bank.market.present import present
from kemiao.bank.market.reading import plain_of, read_rows
from kemiao.bank.market.terms import Terms, frozen_on, terms_of
from kemiao.bank.world import World
from kemiao.base.keys import parse_company
from kemiao.base.refusal import Refusal
from kemiao.credit.matching.explain import unmet_terms
from kemiao.credit.matching.forecast import forecast
from kemiao.credit.matching.options import book as contractible
from kemiao.credit.matching.quotes import quotes
from kemiao.credit.matching.strategy import Lie, strategy

_TRIED = "tried"  # the id of a request that is only asked about


@dataclass(frozen=True, slots=True)
class Tried:
    """cost_ppm: lower, median and upper quartile, None below the policy's number of funders. unmet: code → at how many mandates."""

    company: str
    quotes: int
    quotes_least: int
    cost_ppm: Mapping[str, int] | None
    mandates: int
    unmet: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        shown = dict(self.cost_ppm) if self.cost_ppm else None
        return {"company": self.company, "quotes": self.quotes, "quotes_least": self.quotes_least, "cost_ppm": shown, "mandates": self.mandates, "unmet": dict(self.unmet)}  # fmt: skip


def try_request(world: World, cells: Mapping[str, str]) -> Tried | Refusal:
    """Refuses what posting it would refuse, and what options.book does."""
    terms = terms_of(frozen_on(world, world.clock.today()))
    if isinstance(terms, Refusal):
        return terms
    row = _row(world, cells, terms)
    if isinstance(row, Refusal):
        return row
    found = present(world, row)
    if isinstance(found, Refusal):
        return found
    market, rules = found.market, terms.rules
    made = contractible(market, rules, terms.churn)
    if isinstance(made, Refusal):
        return made
    i = market.requests.id.index(_TRIED)
    told = quotes(market, made, i, rules.call["quotes_least"])
    unmet: dict[str, int] = {}
    for missing in unmet_terms(market, rules, terms.churn, made, i):
        for code in missing:
            unmet[code] = unmet.get(code, 0) + 1
    return Tried(row["company"], told["quotes"], rules.call["quotes_least"], told["cost_ppm"], len(market.mandates), unmet)  # fmt: skip


def _row(world: World, cells: Mapping[str, str], terms: Terms) -> dict[str, str] | Refusal:
    plain = plain_of("requests", terms)(cells)
    if isinstance(plain, Refusal):
        return plain
    company = parse_company(plain.get("company", ""))
    if isinstance(company, Refusal):
        return company
    said = typed(plain)
    if said:
        return Refusal.at("FACT_TYPED", f"{'、'.join(said)} 取自最近一次评估,不能填写", f"{', '.join(said)} come from the newest assessment and can't be typed")  # fmt: skip
    known = facts_of(world, [company])[company]
    if isinstance(known, Refusal):
        return known
    row: dict[str, str] = {**plain, "company": company, "request": _TRIED, **known["cells"]}
    faults = read_rows("requests", [row], terms).faults
    return faults[0][1] if faults else row


def outlook(world: World, mandates: Collection[str] | None = None, draws: int | None = None, arrivals: int | None = None) -> dict[str, Any] | Refusal:  # fmt: skip
    """What the next call may bring the mandates that stand, of all or of some: see credit.matching.forecast."""
    found = present(world)
    if isinstance(found, Refusal):
        return found
    told = forecast(found.market, found.terms.rules, found.terms.churn, draws, arrivals)
    if isinstance(told, Refusal) or mandates is None:
        return told
    return told | {"mandates": [row for row in told["mandates"] if row["mandate"] in mandates]}


def lies(world: World, agents: int = 8) -> tuple[Lie, ...] | Refusal:
    """What telling other than the truth would gain a funder in this market: of drawn mandates together, nobody's alone.

    Refuses TOO_FEW_FUNDERS: below the policy's number what all gain together says what one does.
    """
    found = present(world)
    if isinstance(found, Refusal):
        return found
    least, funders = found.terms.rules.call["quotes_least"], len(set(found.market.mandates.funder))
    if funders < least:
        return Refusal.at("TOO_FEW_FUNDERS", f"满 {least} 家资金方才给出", f"told from {least} funders on", funders=funders)  # fmt: skip
    told = strategy(found.market, found.terms.rules, found.terms.churn, agents, 1)
    return told if isinstance(told, Refusal) else tuple(lie for lie in told if lie.side == "funder")
