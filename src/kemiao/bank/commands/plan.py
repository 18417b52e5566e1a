"""Plans lending under a budget: from the latest decisions, or from a table; the plan is appended with its inputs' digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.rates import percent_text
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.allocate import elasticity, shock
from kemiao.credit.allocate.candidates import UNKNOWN, Candidates, candidates_from_decisions, candidates_from_table
from kemiao.credit.allocate.elasticity import Elasticity, rate_grid
from kemiao.credit.allocate.plan import Question, one_more, question, under_shock
from kemiao.credit.allocate.plan import plan as make_plan
from kemiao.credit.allocate.report import document
from kemiao.credit.allocate.shock import Shock
from kemiao.credit.allocate.terms import Costs, PlanPolicy, Terms, check_terms, policy_from
from kemiao.credit.pricing import PricingPolicy
from kemiao.data.readers import Fault, open_file
from kemiao.law.in_force import by_id, number, rows_in_force
from kemiao.law.lpr import lpr_on

Part = TypeVar("Part")
NAMED = 12  # how many industries a message names
Rows = tuple[Sequence[str], list[tuple[int, list[str]]]]


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What was typed. churn, shock, table: files, CSV, XLSX or Parquet."""

    terms: Terms
    churn: Path | None = None
    shock: Path | None = None
    table: Path | None = None
    include_refer: bool = False


@dataclass(frozen=True, slots=True)
class Inputs:
    """The question with all its parts, and what the reader of the plan must know about them: (code, zh, en)."""

    asked: Question
    shock: Shock | None
    law_on: date
    policy_digest: str
    source: Mapping[str, Any]
    notes: tuple[tuple[str, str, str], ...]


def plan(world: World, request: PlanRequest) -> dict[str, Any] | Refusal:
    inputs = read(world, request)
    if isinstance(inputs, Refusal):
        return inputs
    made = decide(inputs)
    return made if isinstance(made, Refusal) else append(world, made)


def tried(world: World, request: PlanRequest, candidates: Candidates | None = None) -> dict[str, Any] | Refusal:
    """The plan that the command would make; nothing is appended. candidates: as `candidates_of` read them a moment ago."""
    inputs = read(world, request, candidates)
    return inputs if isinstance(inputs, Refusal) else decide(inputs)


def curve(inputs: Inputs, budgets: Sequence[int]) -> list[dict[str, int]] | Refusal:
    """Pure. What the best plan would earn under each budget, everything else as asked."""
    found = []
    for budget in budgets:
        terms = replace(inputs.asked.terms, budget_fen=budget)
        refusal = check_terms(terms)
        made = refusal or make_plan(replace(inputs.asked, terms=terms))
        if isinstance(made, Refusal):
            return made
        found.append({
            "budget_fen": budget, "expected_profit_fen": made.solution.profit_fen, "bound_fen": made.solution.bound_fen,
            "offered_fen": int(made.solution.amount_fen.sum()), "loans": len(made.funded),
        })  # fmt: skip
    return found


def read(world: World, request: PlanRequest, candidates: Candidates | None = None) -> Inputs | Refusal:
    """Policy and law of the day, the files, and the latest decision of each company unless a table is given.

    candidates: of the request, where they have been read already. Raises Refused from the parts that it reads.
    """
    refusal = check_terms(request.terms)
    if refusal is not None:
        return refusal
    law_on = world.clock.today()
    policies = world.policy.on(law_on)
    missing = [name for name in ("plan", "pricing") if name not in policies]
    if missing:
        return Refusal.at(
            "POLICY_NOT_IN_FORCE",
            f"{law_on} 没有生效的策略 {'、'.join(missing)}",
            f"no policy {', '.join(missing)} is in force on {law_on}",
            folder=world.home.policy,
        )
    policy, pricing = _given(policy_from(policies["plan"])), PricingPolicy.of(policies["pricing"])
    notes: list[tuple[str, str, str]] = []
    costs = _given(_costs(world, law_on, pricing, notes))
    churn = _given(_churn(request.churn, policy, notes))
    low, high = _given(_band(request.terms, pricing, notes))
    shocked = None if request.shock is None else _given(shock.from_rows(*rows_of(request.shock), request.shock.name))
    candidates = candidates or _given(candidates_of(world, request))
    rates = rate_grid(churn, request.churn is not None, low, high, policy.rate_step_ppm)
    asked = _given(question(candidates, request.terms, policy, costs, churn, rates))
    notes += _unknowns(candidates, policy, costs)
    notes += _unused(shocked, candidates) if shocked is not None else []
    source = {"kind": "decisions"} if request.table is None else {"kind": "table", "file": request.table.name}
    return Inputs(asked, shocked, law_on, world.policy.digest_on(law_on), source, tuple(notes))


def decide(inputs: Inputs) -> dict[str, Any] | Refusal:
    """Pure: the same inputs give the same bytes."""
    made = make_plan(inputs.asked)
    if isinstance(made, Refusal):
        return made
    more = one_more(made)
    if isinstance(more, Refusal):
        return more
    after = under_shock(made, inputs.shock) if inputs.shock is not None else None
    if isinstance(after, Refusal):
        return after
    inputs_digest = digest("plan_inputs", _inputs_json(inputs))
    return {
        "plan_id": f"plan-{inputs_digest[:16]}",
        "inputs_digest": inputs_digest,
        "law_on": inputs.law_on.isoformat(),
        "source": dict(inputs.source),
        **document(made, more, after),
        "notes": [{"code": code, "zh": zh, "en": en} for code, zh, en in inputs.notes],
    }


def append(world: World, made: dict[str, Any]) -> dict[str, Any]:
    """The event carries what was decided: money, limits and each loan's company, amount and rate; not how a company stands."""
    kept = (
        "inputs_digest",
        "law_on",
        "source",
        "terms",
        "expected_profit_fen",
        "bound_fen",
        "gap_ppm",
        "spent_fen",
        "loans",
    )
    loans = [
        {"company": loan["company"], "amount_fen": loan["amount_fen"], "rate_ppm": loan["rate_ppm"]}
        for loan in made["allocations"]
    ]
    with world.log.write() as tx:
        tx.append("plan", ref=made["plan_id"], public={**{name: made[name] for name in kept}, "allocations": loans})
    return made


def _given(part: Part | Refusal) -> Part:
    """Ten parts, each of which may be refused: carried up as one."""
    if isinstance(part, Refusal):
        raise Refused(part)
    return part


# --- reading the parts ---------------------------------------------------------------------------------------------


def rows_of(path: Path, unreadable: list[Fault] | None = None) -> Rows:
    """The first sheet of a file as header and numbered rows of text. Raises Refused where the file can't be read.

    unreadable: takes the lines that are no rows; without it, such a line refuses the file.
    """
    sheet = open_file(path)[0]
    header = sheet.head[0] if sheet.head else ()
    return header, list(_numbered(path, sheet.read(0), unreadable))


def _numbered(path: Path, batches: Iterator[Any], unreadable: list[Fault] | None) -> Iterator[tuple[int, list[str]]]:
    for batch in batches:
        if unreadable is not None:
            unreadable += batch.faults
        for fault in batch.faults if unreadable is None else ():
            raise Refused(
                Refusal.at(
                    fault.code,
                    "这一行读不成一行(单元格数目、引号或编码不对)",
                    "this line can't be read as a row (its number of cells, a quote, or its encoding)",
                    file=path.name,
                    row=fault.row,
                )
            )
        columns = [column.to_pylist() for column in batch.cells.columns]
        for *cells, row in zip(*columns, strict=True):
            yield row, [_text(cell) for cell in cells]


def _text(cell: object) -> str:
    """Typed cells of Parquet and workbooks as people type them; 50000.0 is 50000."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _costs(world: World, on: date, pricing: PricingPolicy, notes: list[tuple[str, str, str]]) -> Costs | Refusal:
    lpr = lpr_on(world.law, on)
    if isinstance(lpr, Refusal):
        return lpr
    ratio = rows_in_force(world.law, "capital_standardised", on, ("ratio",))
    if isinstance(ratio, Refusal):
        return ratio
    if lpr.stale:
        notes.append(
            (
                "LPR_STALE",
                f"LPR 只观察到 {lpr.observed_until},沿用最后一次的 {percent_text(lpr.one_year_ppm)}",
                f"the LPR is observed until {lpr.observed_until}; its last value {percent_text(lpr.one_year_ppm)} stands in",
            )
        )
    return Costs(
        funding_ppm=max(lpr.one_year_ppm + pricing.funding_to_lpr_ppm, 0),
        operating_ppm=pricing.operating_ppm,
        lgd_ppm=pricing.lgd_ppm,
        target_return_ppm=pricing.target_return_ppm,
        capital_ratio_ppm=number(by_id(ratio, "ratio"), "total_capital_ppm"),
    )


def _churn(path: Path | None, policy: PlanPolicy, notes: list[tuple[str, str, str]]) -> Elasticity | Refusal:
    if path is None:
        return elasticity.from_policy(policy)
    table = elasticity.from_rows(*rows_of(path), path.name, policy.churn_class.values())
    if isinstance(table, Elasticity) and table.dips:
        change = percent_text(table.largest_change_ppm)
        notes.append(
            (
                "CHURN_NOT_MONOTONE",
                f"{path.name}:有 {table.dips} 处利率升高而流失率下降,已作保序平滑,最大改动 {change}",
                f"{path.name}: churn falls as the rate rises in {table.dips} places; pooled to be monotone, moving it by {change} at most",
            )
        )
    return table


def _band(terms: Terms, pricing: PricingPolicy, notes: list[tuple[str, str, str]]) -> tuple[int, int] | Refusal:
    """The rates that were asked for, inside the floor and the cap of the price policy: a plan does not lift a cap."""
    low, high = max(terms.rate_low_ppm, pricing.floor_ppm), min(terms.rate_high_ppm, pricing.cap_ppm)
    span = f"{percent_text(pricing.floor_ppm)}..{percent_text(pricing.cap_ppm)}"
    if low > high:
        return Refusal(
            "RATES_OUTSIDE_POLICY",
            f"利率范围全部在定价策略 {span} 之外",
            f"none of these rates lies within the price policy's {span}",
        )
    if (low, high) != (terms.rate_low_ppm, terms.rate_high_ppm):
        used = f"{percent_text(low)}..{percent_text(high)}"
        notes.append(
            (
                "RATES_NARROWED",
                f"定价策略限定 {span},只在 {used} 内选择利率",
                f"the price policy allows {span}: rates are chosen within {used}",
            )
        )
    return low, high


def candidates_of(world: World, request: PlanRequest) -> Candidates | Refusal:
    if request.table is not None:
        return candidates_from_table(*rows_of(request.table), request.table.name)
    events = list(world.log.last_of_each("decision"))
    kept = [decision for decision in world.log.privates(events) if decision is not None]  # None: erased
    # A decision for a renewal counts the renewed loan as repaid: its limit is for that alone, not for new money.
    kept = [decision for decision in kept if "renews" not in decision.get("own_book", {})]
    return candidates_from_decisions(kept, request.include_refer)


def _unknowns(candidates: Candidates, policy: PlanPolicy, costs: Costs) -> list[tuple[str, str, str]]:
    notes = []
    unknown = candidates.industry.count("")
    if unknown:
        share = percent_text(policy.industry_share_ppm(""), 0)
        notes.append(
            (
                "INDUSTRY_UNKNOWN",
                f"{unknown} 家企业行业未知,合计按预算的 {share} 限制",
                f"the industry of {unknown} companies is unknown; together they are limited to {share} of the budget",
            )
        )
    weights = int(np.count_nonzero(candidates.risk_weight_ppm == UNKNOWN))
    if weights:
        weight = percent_text(policy.risk_weight_ppm, 0)
        notes.append(
            (
                "RISK_WEIGHT_UNKNOWN",
                f"{weights} 家企业没有风险权重,按 {weight} 计",
                f"{weights} companies have no risk weight; {weight} is taken",
            )
        )
    return notes


def _unused(factors: Shock, candidates: Candidates) -> list[tuple[str, str, str]]:
    there = sorted(set(candidates.industry) - {""})[:NAMED]
    return [
        (
            "SHOCK_ROW_UNUSED",
            f"{factors.file}:{row}:没有行业为“{name}”的企业;现有 {'、'.join(there)}",
            f"{factors.file}:{row}: no company is of the industry {name!r}; there are {', '.join(there)}",
        )
        for name, row in shock.unused(factors, candidates)
    ]


def _inputs_json(inputs: Inputs) -> dict[str, Any]:
    asked = inputs.asked
    terms, costs = asked.terms, asked.costs
    return {
        "candidates": asked.candidates.as_json(),
        "terms": {name: getattr(terms, name) for name in Terms.__dataclass_fields__},
        "costs": {name: getattr(costs, name) for name in Costs.__dataclass_fields__},
        "policy": inputs.policy_digest,
        "law_on": inputs.law_on,
        "rates_ppm": asked.rates_ppm.tolist(),
        "churn": {
            "classes": list(asked.churn.classes),
            "rates_ppm": asked.churn.rates_ppm.tolist(),
            "churn_ppm": asked.churn.churn_ppm.tolist(),
        },
        "shock": None
        if inputs.shock is None
        else [[name, list(factors)] for name, factors in inputs.shock.factors_ppm.items()],
    }
