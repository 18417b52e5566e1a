"""Assessment: what the law says, the grade, the price, the limit and the decision for each company, all rows at once.

Columns in, columns out. One company is a one-row table and is judged as it would be among a million.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.columns import IntArray, Ints
from kemiao.base.refusal import Refusal
from kemiao.base.tables import DatedTable
from kemiao.credit.decision.authority import Level, authority
from kemiao.credit.decision.rules import OUTCOMES, Finding, Rule, find, verdict
from kemiao.credit.legal import Legal, Weight, legal, weigh
from kemiao.credit.limit import CEILINGS, READS, Limit, LimitPolicy, limit
from kemiao.credit.pricing import Price, PricingPolicy, price
from kemiao.credit.rating.cycle import Moved
from kemiao.credit.rating.master_scale import Grade, grade
from kemiao.credit.rating.model import Model, pd_ppm, score
from kemiao.credit.rating.unknowns import Unknown, coverage_ppm, unknowns
from kemiao.credit.technology.matrix import Matrix, Step, Technology, two_dimensions

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything that a judgement rests on beside the facts: the model, the law on its day, the bank's policy."""

    card: Model  # the expert card, a fitted card, or a challenger; its PD moved through the cycle where policy says so
    scale: tuple[Grade, ...]
    law: Mapping[str, DatedTable]
    law_on: date
    law_choices: Mapping[str, Any]
    limits: LimitPolicy
    pricing: PricingPolicy
    rules: tuple[Rule, ...]
    levels: tuple[Level, ...]
    coverage_low_ppm: int
    reasons_max: int
    matrix: Matrix | None = None  # credit × technology; None where the policy has none
    cycle: Moved | None = None  # None where the card's PD was not moved

    @property
    def model(self) -> Model:
        """The model as it is kept, by its own curve: what its digest names."""
        return self.cycle.own if self.cycle else self.card


@dataclass(frozen=True, slots=True)
class Assessment:
    """Columns of one length, in the order of the features' rows. decision: numbers into OUTCOMES."""

    features: pa.Table
    scored: pa.Table
    grades: pa.Array
    coverage_ppm: IntArray
    legal: Legal
    weight: Weight
    limit: Limit
    price: Price
    findings: tuple[Finding, ...]
    decision: IntArray
    limit_fen: IntArray  # what is proposed: zero where declined
    authority: Sequence[str]
    moves: Mapping[str, tuple[Ints, Ints]]  # unknown feature → how far the limit would fall and rise; "*": all together
    technology: Step | None  # what the technology grade did to the limit; None where there is no reference


def assess(features: pa.Table, book: Rulebook, technology: Technology | None = None) -> Assessment | Refusal:
    """features: one row a company (credit/profile); technology: of the same rows, None without a reference. Refuses as a whole where the law has no rows on the day or the model
    needs a column that the features lack; what is unknown of one company is that row's own affair."""
    scored = score(book.card, features)
    if isinstance(scored, Refusal):
        return scored
    says = legal(features, book.law, book.law_on, book.law_choices, book.limits)
    if isinstance(says, Refusal):
        return says
    points = Ints.of(scored["points"])
    coverage = coverage_ppm(book.card, scored)
    open_, together = unknowns(book.card, scored, features)
    grades = grade(np.asarray(scored["pd_ppm"]), book.scale)
    allowed, step = _limit(features, says.need_fen, grades, technology, book)
    weight = weigh(features, says, allowed.limit, book.law, book.law_on, book.pricing.bank_exposure_fen)
    if isinstance(weight, Refusal):
        return weight
    rate = price(
        Ints.of(scored["pd_ppm"]), grades, weight.risk_weight_ppm, weight.ratio_ppm, says.lpr.one_year_ppm, book.pricing
    )
    best = _best_grade(points, open_, book)
    judged = _named(features, scored, grades, best, coverage, says, weight, allowed, rate, book)
    findings = find(book.rules, judged)
    decision = verdict(findings, features.num_rows)
    if step is not None:
        decision = np.maximum(decision, step.outcome)
    declined = decision == OUTCOMES.index("decline")
    return Assessment(
        features, scored, grades, coverage, says, weight, allowed, rate, findings, decision,
        np.where(declined, 0, allowed.limit),
        authority(book.levels, allowed.limit, decision == OUTCOMES.index("refer")),
        _moves(features, points, open_, together, says, allowed, technology, book),
        step,
    )  # fmt: skip


def _limit(
    features: pa.Table, need: Ints, grades: pa.Array, technology: Technology | None, book: Rulebook
) -> tuple[Limit, Step | None]:
    """The smallest ceiling, then the factor of the two dimensions."""
    allowed = limit(features, need, grades, book.limits)
    if technology is None or book.matrix is None:
        return allowed, None
    return two_dimensions(allowed, need, grades, technology, book.matrix, book.limits.step_fen)


def judged_columns(features: Mapping[str, str]) -> dict[str, str]:
    """Names and kinds that a policy rule may use. features: name → unit, as credit/profile states them."""
    kinds = {"text": "text", "flag": "flag", "day": "day"}
    own = {
        "pd_ppm": "number", "points": "number", "grade": "text", "grade_best": "text", "coverage_ppm": "number", "coverage_low_ppm": "number",
        "limit_fen": "number", "limit_known": "flag", "limit_min_fen": "number", "rate_ppm": "number", "rate_built_ppm": "number",
        "rate_cap_ppm": "number", "size_class": "text", "tech_sme": "flag", "tech_sme_score": "number", "risk_weight_ppm": "number",
        "working_capital_review": "flag", "need_by": "text", "debts_unknown": "flag",
        **{f"ceiling_{name}_fen": "number" for name in CEILINGS},
    }  # fmt: skip
    return {name: kinds.get(unit, "number") for name, unit in features.items()} | own


def _named(
    features: pa.Table,
    scored: pa.Table,
    grades: pa.Array,
    best: pa.Array,
    coverage: IntArray,
    says: Legal,
    weight: Weight,
    allowed: Limit,
    rate: Price,
    book: Rulebook,
) -> pa.Table:
    rows = features.num_rows
    own: dict[str, Any] = {
        "pd_ppm": scored["pd_ppm"], "points": scored["points"], "grade": grades, "grade_best": best, "coverage_ppm": coverage,
        "coverage_low_ppm": np.full(rows, book.coverage_low_ppm), "limit_fen": allowed.limit, "limit_known": allowed.binding >= 0,
        "limit_min_fen": np.full(rows, book.limits.min_fen), "rate_ppm": rate.rate.arrow(), "rate_built_ppm": rate.built.arrow(),
        "rate_cap_ppm": np.full(rows, book.pricing.cap_ppm), "size_class": says.size["size_class"], "tech_sme": says.tech["figures_pass"],
        "tech_sme_score": says.tech["score"], "risk_weight_ppm": weight.risk_weight_ppm, "working_capital_review": says.need_review,
        "need_by": allowed.need_by, "debts_unknown": allowed.debts_unknown,
        **{f"ceiling_{name}_fen": ceiling.arrow() for name, ceiling in allowed.ceilings.items()},
    }  # fmt: skip
    return pa.table({name: features[name] for name in features.column_names if name not in own} | own)


def _best_grade(points: Ints, open_: Sequence[Unknown], book: Rulebook) -> pa.Array:
    """The grade if the one unknown that costs most were answered best: where it is as good as the grade, no single unknown decides."""
    gain = np.zeros(len(points), np.int64)
    for each in open_:
        gain[each.rows] = np.maximum(gain[each.rows], each.shift[1])
    return grade(pd_ppm(book.card, points.values + gain), book.scale)


def _moves(
    features: pa.Table,
    points: Ints,
    open_: Sequence[Unknown],
    together: IntArray,
    says: Legal,
    allowed: Limit,
    technology: Technology | None,
    book: Rulebook,
) -> dict[str, tuple[Ints, Ints]]:
    """For each unknown answer of the model: the limit with the worst and with the best answer, less the limit as it is.

    All of them are asked in one call of `limit`: rows repeated, once for each end of each unknown.
    """
    asked = [(each.feature, each.rows, each.shift) for each in open_]  # shift: of points at each end, (2, rows)
    if not asked:
        return {}
    anything = np.unique(np.concatenate([rows for _, rows, _ in asked]))  # of a company that has none nothing is said
    asked.append(("*", anything, together[:, anything]))
    at = np.concatenate([np.tile(rows, 2) for _, rows, _ in asked])
    shifts = np.concatenate([shift.ravel() for _, _, shift in asked])
    moved = _limit_at(features, points.values[at] + shifts, says.need_fen, at, technology, book) - allowed.limit[at]
    ends = np.split(moved, np.cumsum([2 * len(rows) for _, rows, _ in asked])[:-1])
    return {
        name: (
            _spread(end[: len(rows)], rows, len(points), allowed),
            _spread(end[len(rows) :], rows, len(points), allowed),
        )
        for (name, rows, _), end in zip(asked, ends, strict=True)
        if len(rows)
    }


def _limit_at(
    features: pa.Table, points: IntArray, need: Ints, at: IntArray, technology: Technology | None, book: Rulebook
) -> IntArray:
    rows = features.select(READS).take(pa.array(at))
    grades = grade(pd_ppm(book.card, points), book.scale)
    there = technology.at(at) if technology is not None else None
    return _limit(rows, Ints(need.values[at], need.known[at]), grades, there, book)[0].limit


def _spread(values: IntArray, at: IntArray, rows: int, allowed: Limit) -> Ints:
    """Values at some rows of a longer column; unknown elsewhere, and where no limit could be told at all."""
    whole, known = np.zeros(rows, np.int64), np.zeros(rows, bool)
    whole[at], known[at] = values, allowed.binding[at] >= 0
    return Ints(np.where(known, whole, 0), known)
