"""How a model in use is watched: the bank's policy (models.toml, [watch])."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kemiao.base.refusal import Refusal


@dataclass(frozen=True, slots=True)
class WatchRules:
    """false_alarm_ppm: how often all checks of one watch together may speak where nothing changed."""

    false_alarm_ppm: int
    draws: int
    rows_min: int
    class_min: int
    psi_large_ppm: int
    auc_drop_large_ppm: int
    calibration_times_ppm: int
    horizon_days: int
    observed_within_days: int
    awaiting_max_ppm: int
    record_class_min: int


def watch_rules(policy: Mapping[str, Any]) -> WatchRules | Refusal:
    """policy: models.toml. Refuses a lacking part, and what is no whole number above zero."""
    try:
        found = {name: policy["watch"][name] for name in WatchRules.__slots__}
    except KeyError as error:
        return Refusal.at("POLICY_INCOMPLETE", f"缺少 {error}", f"lacks {error}", file="models.toml", key=error.args[0])
    for name, value in found.items():
        if type(value) is not int or value <= 0:
            return Refusal.at("POLICY_NUMBER", f"{name} 须为大于零的整数,却是 {value!r}", f"{name} is a whole number above zero, not {value!r}", file="models.toml", key=name)  # fmt: skip
    return WatchRules(**found)
