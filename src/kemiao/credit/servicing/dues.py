"""When a loan falls due, and how much: the running plan of one loan inside the kernel."""

from __future__ import annotations

from typing import Any

from kemiao.credit.contracts.compiled import compiled
from kemiao.credit.contracts.dates import due_count, next_due
from kemiao.credit.servicing.carry import (
    ANCHOR,
    DEFERRED,
    EVERY,
    INSTALMENT,
    INTEREST,
    MATURES,
    NEVER,
    NEXT_DUE,
    PERIOD_FROM,
    PRINCIPAL,
    PRINCIPAL_DUE,
    RATE,
    REPAYMENT,
    STALE,
)
from kemiao.credit.servicing.terms import EQUAL_INSTALMENT, EQUAL_PRINCIPAL, T_MONTH_END


@compiled
def set_next_due(s: Any, t: Any, after: int) -> None:
    """The next due after a day, NEVER from maturity on."""
    if after >= s[MATURES]:
        s[NEXT_DUE] = NEVER
    else:
        s[NEXT_DUE] = next_due(s[ANCHOR], s[EVERY], bool(t[T_MONTH_END]), s[MATURES], after)


@compiled
def reckon_instalment(s: Any, t: Any) -> None:
    """Of equal instalments and equal principal: on what is not due yet, over the dues that are left (less those put off)."""
    s[STALE] = 0
    s[INSTALMENT] = 0
    left = s[PRINCIPAL] - s[PRINCIPAL_DUE]
    if left <= 0 or s[NEXT_DUE] == NEVER:
        return
    n = due_count(s[ANCHOR], s[EVERY], bool(t[T_MONTH_END]), s[MATURES], s[NEXT_DUE]) + 1
    n = max(n - s[DEFERRED], 1)
    if s[REPAYMENT] == EQUAL_PRINCIPAL:
        s[INSTALMENT] = left // n
    elif s[REPAYMENT] == EQUAL_INSTALMENT:
        r = s[RATE] / 1_000_000 / 12 * max(s[EVERY], 1)
        level = left / n if r == 0 else left * r / (1 - (1 + r) ** -n)
        s[INSTALMENT] = int(level + 0.5)


@compiled
def principal_to_fall_due(s: Any) -> int:
    """Of the next due."""
    left = s[PRINCIPAL] - s[PRINCIPAL_DUE]
    if s[NEXT_DUE] >= s[MATURES]:
        return int(left)
    if s[DEFERRED] > 0:
        return 0
    if s[REPAYMENT] == EQUAL_PRINCIPAL:
        return int(min(s[INSTALMENT], left))
    if s[REPAYMENT] == EQUAL_INSTALMENT:
        return int(min(max(s[INSTALMENT] - s[INTEREST], 0), left))
    return 0


@compiled
def start_period(s: Any, t: Any, day: int) -> None:
    """After a due: the next period."""
    s[PERIOD_FROM] = day
    if s[DEFERRED] > 0:
        s[DEFERRED] -= 1
        s[STALE] = 1
    set_next_due(s, t, day)
