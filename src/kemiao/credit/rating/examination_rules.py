"""The bank's rules for examining a model and for reject inference, read from policy (rating.toml, pricing.toml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kemiao.base.refusal import Refusal

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class CutoffRules:
    """Per unit lent: what a repaid loan earns over funding, what a lost one costs, what handling any costs."""

    margin_ppm: int
    lgd_ppm: int
    operating_ppm: int
    approval_rate_ppm: int
    bad_rate_max_ppm: int
    neighbours_ppm: tuple[int, ...]

    @property
    def break_even_pd_ppm(self) -> int:
        """A loan of this PD earns what it costs: m (1 - p) - l p - o = 0."""
        return max(0, (self.margin_ppm - self.operating_ppm) * PPM // (self.margin_ppm + self.lgd_ppm))


@dataclass(frozen=True, slots=True)
class ExaminationRules:
    cutoff: CutoffRules
    draws: int
    groups: int
    group_rows_min: int
    group_class_min: int
    group_levels_max: int
    periods_max: int
    psi_bins: int
    psi_notice_ppm: int


@dataclass(frozen=True, slots=True)
class RejectRules:
    bands: int
    factors_ppm: tuple[int, ...]
    rejects_min: int


def examination_rules(rating: Mapping[str, Any], pricing: Mapping[str, Any]) -> ExaminationRules | Refusal:
    """lgd and operating cost are those of pricing. Refuses a lacking key by its name."""
    try:
        cutoff, own = rating["cutoff"], rating["examination"]
        return ExaminationRules(
            CutoffRules(
                int(cutoff["margin_ppm"]), int(pricing["lgd_ppm"]), int(pricing["operating_ppm"]),
                int(cutoff["approval_rate_ppm"]), int(cutoff["bad_rate_max_ppm"]), tuple(int(each) for each in cutoff["neighbours_ppm"]),
            ),
            *(int(own[name]) for name in ("draws", "groups", "group_rows_min", "group_class_min", "group_levels_max", "periods_max", "psi_bins", "psi_notice_ppm")),
        )  # fmt: skip
    except (KeyError, TypeError) as error:
        return _lacking(error)


def reject_rules(rating: Mapping[str, Any]) -> RejectRules | Refusal:
    try:
        own = rating["rejects"]
        return RejectRules(int(own["bands"]), tuple(int(each) for each in own["factors_ppm"]), int(own["rejects_min"]))
    except (KeyError, TypeError) as error:
        return _lacking(error)


def _lacking(error: Exception) -> Refusal:
    return Refusal.at("BAD_RATING_POLICY", f"缺少或有误:{error}", f"lacks or misstates {error}", file="rating.toml")
