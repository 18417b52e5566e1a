"""Who acts in a step of the way to money, the minutes they say it took, and the command's own clock."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from kemiao.base.refusal import Refusal

if TYPE_CHECKING:
    from kemiao.bank.lending.applications import Effort
    from kemiao.bank.world import World

Minutes = Annotated[
    int | None,
    typer.Option("--minutes", min=0, max=10_000, help="人工用时(分钟) / minutes a person took", show_default=False),
]


def clocked() -> Callable[[], int]:
    """Milliseconds since now, whenever asked."""
    started = perf_counter()
    return lambda: round((perf_counter() - started) * 1000)


def effort_of(world: World, name: str | None, minutes: int | None, machine_ms: Callable[[], int]) -> Effort | Refusal:
    """name: the account of --as; None where the applicant or the program acts alone."""
    from kemiao.bank.lending.applications import Effort
    from kemiao.bank.lending.people import account_of

    if name is None or not name.strip():
        return Effort(None, minutes, machine_ms)
    account = account_of(world, name)
    return account if isinstance(account, Refusal) else Effort(account, minutes, machine_ms)
