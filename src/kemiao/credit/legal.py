"""What the law says of each company: size, technology SME, working-capital need, and the weight of a loan to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import IntArray, Ints
from kemiao.base.dates import add_months
from kemiao.base.refusal import Refusal
from kemiao.base.tables import DatedTable
from kemiao.credit.limit import LimitPolicy
from kemiao.law import capital, sme_size, tech_sme, working_capital
from kemiao.law.in_force import by_id, number, rows_in_force
from kemiao.law.lpr import Lpr, lpr_on

Law = Mapping[str, DatedTable]
_ROUTE_DAYS = {
    "national_award": "national_award_on",
    "rd_institution": "rd_institution_on",
    "led_standard": "standard_lead_on",
}


@dataclass(frozen=True, slots=True)
class Legal:
    """The rules' answers, one row a company. need_fen: the formula's need less own funds, before any debts."""

    size: pa.Table
    tech: pa.Table
    need: pa.Table
    need_fen: Ints
    need_review: pa.Array
    lpr: Lpr


@dataclass(frozen=True, slots=True)
class Weight:
    """The weight of the proposed loan (standardised approach) and the capital ratio of the day."""

    answer: pa.Table
    risk_weight_ppm: IntArray
    ratio_ppm: int


def legal(features: pa.Table, law: Law, on: date, choices: Mapping[str, Any], limits: LimitPolicy) -> Legal | Refusal:
    """features: the inputs of the rules by their names (credit/profile). Refuses where the law has no rows on the day."""
    size = sme_size.RULE.check(features, law, on, {})
    tech = tech_sme.RULE.check(tech_inputs(features, law, on), law, on, {})
    need = working_capital.RULE.check(_need_inputs(features, limits), law, on, choices["working_capital"])
    rates = lpr_on(law, on)
    if isinstance(size, Refusal):
        return size
    if isinstance(tech, Refusal):
        return tech
    if isinstance(need, Refusal):
        return need
    if isinstance(rates, Refusal):
        return rates
    return Legal(size, tech, need, Ints.of(need["new_loan_fen"]).at_least(0), need["manual_review"], rates)


def weigh(
    features: pa.Table, says: Legal, proposed_fen: IntArray, law: Law, on: date, bank_exposure_fen: int
) -> Weight | Refusal:
    """The largest weight that the unknown leaves possible: 1.00 where the size is unknown. A new loan is not in default.

    bank_exposure_fen: policy, the bank's total credit exposure. With own loans unknown the exposure is unknown too.
    """
    rows = features.num_rows
    own = Ints.of(features["own_loan_balance_fen"])
    inputs = pa.table({
        "size_class": says.size["size_class"],
        "exposure_fen": (Ints(proposed_fen, np.ones(rows, bool)) + own).arrow(),
        "turnover_mean_fen": features["turnover_mean_fen"],
        "bank_exposure_fen": np.full(rows, bank_exposure_fen),
        "defaulted": np.zeros(rows, bool),
    })  # fmt: skip
    answer = capital.RULE.check(inputs, law, on, {})
    if isinstance(answer, Refusal):
        return answer
    rows_of_law = rows_in_force(law, "capital_standardised", on, ("W4", "ratio"))
    if isinstance(rows_of_law, Refusal):
        return rows_of_law
    # A row that the rule refuses (an impossible turnover, say) is weighed as a company of which nothing is known.
    general = number(by_id(rows_of_law, "W4"), "risk_weight_ppm")
    weights = np.asarray(answer["risk_weight_high_ppm"].combine_chunks().fill_null(general))
    return Weight(answer, weights, number(by_id(rows_of_law, "ratio"), "total_capital_ppm"))


def _need_inputs(features: pa.Table, limits: LimitPolicy) -> pa.Table:
    """Own funds are read as cash at the statement's date; debts come off later, so that unknown ones can be a condition."""
    rows = features.num_rows
    growth = Ints.of(features["revenue_growth_ppm"])
    bounded = Ints(np.clip(growth.values, limits.growth_low_ppm, limits.growth_high_ppm), growth.known)
    # A turnover that is not the statement's own would mix two sources inside one formula.
    stated = np.asarray(pc.equal(features["revenue_source"], "financial_statement").fill_null(False))
    own = {
        "revenue_fen": Ints.of(features["revenue_fen"]).where(stated).arrow(), "revenue_growth_ppm": bounded.arrow(),
        "own_funds_fen": features["cash_fen"], "existing_loans_fen": pa.array(np.zeros(rows, np.int64)),
        "other_sources_fen": pa.array(np.full(rows, limits.other_sources_fen)),
    }  # fmt: skip
    return pa.table({name: features[name] for name in features.column_names if name not in own} | own)


def tech_inputs(features: pa.Table, law: Law, on: date) -> pa.Table:
    """Profiles as the rule of technology SMEs reads them: its flags besides."""
    own: dict[str, Any] = {
        "on_abnormal_operation_list": pc.greater(features["abnormal_listings"], 0),
        "on_serious_dishonesty_list": pc.greater(features["dishonest_listings"], 0),
    }
    for row in law["tech_sme"].on(on):
        day = _ROUTE_DAYS.get(str(row.cells.get("input")))
        if day is not None:
            years = row.cells.get("within_years")
            since = add_months(on, -12 * years) if isinstance(years, int) else date.min
            own[str(row.cells["input"])] = pc.greater_equal(features[day], pa.scalar(since, pa.date32()))
    return pa.table({name: features[name] for name in features.column_names if name not in own} | own)


def lists(says: Legal, weight: Weight, rows: int) -> dict[str, list[Any]]:
    """What the decision keeps of the law's answers, as lists."""
    rate = says.lpr
    return {
        "size_class": says.size["size_class"].to_pylist(), "size_missing": says.size["missing"].to_pylist(), "size_confidence": says.size["confidence"].to_pylist(),
        "tech_sme": says.tech["figures_pass"].to_pylist(), "tech_sme_score": says.tech["score"].to_pylist(), "tech_sme_route": says.tech["route"].to_pylist(),
        "tech_sme_missing": says.tech["missing"].to_pylist(), "tech_sme_confidence": says.tech["confidence"].to_pylist(),
        "working_capital_fen": says.need["need_fen"].to_pylist(), "working_capital_review": says.need_review.to_pylist(),
        "working_capital_missing": says.need["missing"].to_pylist(), "working_capital_confidence": says.need["confidence"].to_pylist(),
        "risk_weight_ppm": weight.risk_weight_ppm.tolist(), "risk_weight_row": weight.answer["row"].to_pylist(), "risk_weight_confidence": weight.answer["confidence"].to_pylist(),
        "lpr_ppm": [rate.one_year_ppm] * rows, "lpr_observed_until": [rate.observed_until.isoformat()] * rows, "lpr_stale": [rate.stale] * rows,
        "lpr_confidence": [rate.confidence] * rows,
    }  # fmt: skip
