"""Which market a question is about: a call of this home, or files, as typed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kemiao.app.door import Door
from kemiao.base.refusal import Refusal

if TYPE_CHECKING:
    from kemiao.bank.commands.market_clear_files import Posted
    from kemiao.credit.matching.clearing import Cleared

_SEED = re.compile(r"[0-9a-f]{64}")


def checked(seed: str | None, clears: str | None) -> str | None:
    """The seed in lower case. A bad option is a usage error."""
    if seed is not None and not _SEED.fullmatch(seed.lower()):
        raise typer.BadParameter("64 × 0-9a-f", param_hint="--seed")
    if clears not in (None, "stable", "best"):
        raise typer.BadParameter("stable | best", param_hint="--clears")
    return seed and seed.lower()


def asked_market(
    door: Door, requests: Path | None, mandates: Path | None, covers: Path | None, call: str | None, seed: str | None, on: str | None,
    clears: str | None, policy: Path | None, churn: Path | None,
) -> Cleared | Posted | Refusal:  # fmt: skip
    """A call is cleared again, which gives what was published; what files post is not cleared yet."""
    from kemiao.app.options import optional_day
    from kemiao.app.world import day_of, open_world, world_if_any
    from kemiao.bank.commands.market_clear_files import Files, read
    from kemiao.bank.market.kept import cleared_call

    if call is not None:
        if any(each is not None for each in (requests, mandates, covers, seed, on, clears, policy, churn)):
            raise typer.BadParameter(door.word("--call 与文件选项不能同时用", "--call goes without files and their options"), param_hint="--call")  # fmt: skip
        with open_world(door) as world:
            return cleared_call(world, call)
    if requests is None or mandates is None:
        raise typer.BadParameter(door.word("需要 --requests 与 --mandates,或 --call", "needs --requests and --mandates, or --call"), param_hint="--requests")  # fmt: skip
    seed, day = checked(seed, clears), optional_day(on)
    with world_if_any(door, needed=False) as home:
        return read(home, Files(requests, mandates, covers, day or day_of(home), seed, clears, policy, churn))
