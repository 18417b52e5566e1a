"""At what rate: the parts of a price, each shown, and the policy's floor and cap.

    rate = funding + operating cost + expected loss + capital charge + margin, all in ppm a year

expected loss = PD × LGD; capital charge = risk weight × capital ratio × target return (standardised approach, 5.1 of the
capital rules as the law table has it). Source of the build-up: policy/pricing.toml; of the weights: law/capital.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.columns import IntArray, Ints

PARTS = ("funding", "operating", "expected_loss", "capital", "margin")
WORDS: Mapping[str, tuple[str, str]] = {
    "funding": ("资金成本", "funding"),
    "operating": ("运营成本", "operating cost"),
    "expected_loss": ("预期损失", "expected loss"),
    "capital": ("资本成本", "capital charge"),
    "margin": ("目标利润", "margin"),
}


@dataclass(frozen=True, slots=True)
class PricingPolicy:
    """policy/pricing.toml, in ppm."""

    funding_to_lpr_ppm: int  # added to the one-year LPR; below zero where the bank funds itself below it
    operating_ppm: int
    lgd_ppm: int
    target_return_ppm: int
    step_ppm: int
    floor_ppm: int
    cap_ppm: int
    bank_exposure_fen: int  # what a loan's share is measured against (granularity of the smallest risk weight)
    margin_ppm: Mapping[str, int]  # by grade

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> PricingPolicy:
        own = {name: content[name] for name in cls.__dataclass_fields__ if name != "margin_ppm"}
        return cls(**own, margin_ppm={row["grade"]: row["margin_ppm"] for row in content["margin"]})


@dataclass(frozen=True, slots=True)
class Price:
    """Columns in ppm. built: the sum of the parts, rounded up to the policy's step. rate: built, within floor and cap."""

    parts: Mapping[str, Ints]
    built: Ints
    rate: Ints


def price(
    pd_ppm: Ints,
    grade: pa.Array | Sequence[str | None],
    risk_weight_ppm: IntArray,
    capital_ratio_ppm: int,
    lpr_ppm: int,
    policy: PricingPolicy,
) -> Price:
    """A row whose PD is unknown has no price. lpr_ppm: the one-year rate on the day of the law."""
    rows = len(pd_ppm)
    weight = Ints(risk_weight_ppm, np.ones(rows, bool))
    parts = {
        "funding": Ints.all(lpr_ppm + policy.funding_to_lpr_ppm, rows),
        "operating": Ints.all(policy.operating_ppm, rows),
        "expected_loss": pd_ppm.share(Ints.all(policy.lgd_ppm, rows)),
        "capital": weight.share(Ints.all(capital_ratio_ppm, rows)).share(Ints.all(policy.target_return_ppm, rows)),
        "margin": Ints.by_name(grade, policy.margin_ppm),
    }
    total = parts["funding"]
    for name in PARTS[1:]:
        total = total + parts[name]
    steps = -(-total.values // policy.step_ppm) * policy.step_ppm
    built = Ints(np.where(total.known, steps, 0), total.known)
    rate = Ints(np.where(built.known, np.clip(built.values, policy.floor_ppm, policy.cap_ppm), 0), built.known)
    return Price(parts, built, rate)
