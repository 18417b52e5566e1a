"""The bank's rules for fitting and validating, read from policy (rating.toml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.binning import BinRules


@dataclass(frozen=True, slots=True)
class ScaleRules:
    points_at: int
    odds_at: int
    pdo: int
    pd_floor_ppm: int
    pd_cap_ppm: int


@dataclass(frozen=True, slots=True)
class SelectionRules:
    cross_folds: int
    rows_small: int
    cross_folds_small: int
    gain_min: float
    correlation_max_ppm: int
    events_a_characteristic: int
    characteristics_min: int
    characteristics_max: int
    columns_looked_at: int
    spread_penalty: float
    size_penalty: float


@dataclass(frozen=True, slots=True)
class CalibrationRules:
    inner_folds: int
    slope_penalty: float
    isotonic_events_min: int
    groups: int


@dataclass(frozen=True, slots=True)
class ValidationRules:
    folds: int
    events_one_repeat: int
    events_min: int
    events_few: int
    bootstrap_draws: int
    repeats: tuple[tuple[int, int], ...]  # (rows up to, repeats)


@dataclass(frozen=True, slots=True)
class ScreenRules:
    known_share_min_ppm: int
    levels_max: int
    level_rows_mean_min: int
    identifier_share_ppm: int
    leak_auc_ppm: int
    leak_rows_min: int
    leak_events_share_ppm: int
    leak_uncertainty_ppm: int
    follow_rows_mean_min: int
    order_auc_ppm: int
    flip_stretches: int
    flip_columns: int
    flip_errors: float
    suspect_auc_ppm: int
    suspect_over_median_ppm: int
    suspect_jump_ppm: int


@dataclass(frozen=True, slots=True)
class ChallengerRules:
    depth_max: int
    leaves_max: int
    ranges: int
    learning_rate: float
    rows_large: int
    learning_rate_large: float
    rounds_max: int
    patience: int
    leaf_rows: int
    leaf_rows_share: int
    leaf_rows_min: int
    leaf_penalty: float
    columns_a_split_ppm: int
    direction_z: float


@dataclass(frozen=True, slots=True)
class RatingRules:
    scale: ScaleRules
    binning: BinRules
    turn_gain: float
    prior_rows: float
    prior_penalty: float
    prior_gain_min: float
    selection: SelectionRules
    calibration: CalibrationRules
    validation: ValidationRules
    screen: ScreenRules
    challenger: ChallengerRules


def rules_from_policy(mapping: Mapping[str, Any]) -> RatingRules | Refusal:
    """Refuses a lacking key by its name: there are no defaults behind the policy."""
    try:
        validation = dict(mapping["validation"])
        validation["repeats"] = tuple((row["rows_to"], row["repeats"]) for row in validation["repeats"])
        return RatingRules(
            ScaleRules(**_own(ScaleRules, mapping["scale"])),
            BinRules(**_own(BinRules, mapping["binning"])),
            float(mapping["binning"]["turn_gain"]),
            float(mapping["prior"]["rows"]),
            float(mapping["prior"]["penalty"]),
            float(mapping["prior"]["gain_min"]),
            SelectionRules(**_own(SelectionRules, mapping["selection"])),
            CalibrationRules(**_own(CalibrationRules, mapping["calibration"])),
            ValidationRules(**_own(ValidationRules, validation)),
            ScreenRules(**_own(ScreenRules, mapping["screen"])),
            ChallengerRules(**_own(ChallengerRules, mapping["challenger"])),
        )
    except (KeyError, TypeError) as error:
        return Refusal.at("BAD_RATING_POLICY", f"缺少或有误:{error}", f"lacks or misstates {error}", file="rating.toml")


def _own(kind: Any, cells: Mapping[str, Any]) -> dict[str, Any]:
    return {each.name: cells[each.name] for each in fields(kind)}
