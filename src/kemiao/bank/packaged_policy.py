"""A policy for what can be done without a home too: the home's own, or the one that the package brings."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from kemiao.bank.world import World
from kemiao.base.refusal import Refusal


def policy_of(world: World | None, name: str) -> Mapping[str, Any] | Refusal:
    """The bank's policy of the day; without a home, that which the package brings."""
    if world is None:
        return tomllib.loads(files("kemiao.bank.default_policy").joinpath(f"{name}.toml").read_text("utf-8"))
    day = world.clock.today()
    policy = world.policy.on(day)
    if name in policy:
        return policy[name]
    return Refusal.at("POLICY_NOT_IN_FORCE", f"{day} 没有生效的政策;kemiao upgrade 会补上缺少的", f"no such policy is in force on {day}; kemiao upgrade brings what lacks", file=f"{name}.toml")  # fmt: skip
