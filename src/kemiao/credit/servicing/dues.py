"""When a loan falls due, and how much: the running plan of one loan inside the kernel."""

from __future__ import annotations

from typing import Any

from kemiao.credit.contracts.annuity import level_instalment_fen
from kemiao.credit.contracts.dates import due_count, next_due
from kemiao.credit.kernels import compiled_for
from kemiao.credit.servicing.carry import (
    ANCHOR,
    DAY,
    DEFERRED,
    EVERY,
    INSTALMENT,
    INTEREST,
    MATURES,
    NEVER,
    NEXT_DUE,
    PRINCIPAL,
    PRINCIPAL_DUE,
    RATE,
    REPAYMENT,
    ROW,
    STALE,
)
from kemiao.credit.servicing.terms import EQUAL_INSTALMENT, EQUAL_PRINCIPAL, T_DAY_COUNT, T_MONTH_END


@compiled_for("void", ROW, ROW, "int64")
def set_next_due(s: Any, t: Any, after: int) -> None:
    """The next due after a day, NEVER from maturity on."""
    if after >= s[MATURES]:
        s[NEXT_DUE] = NEVER
    else:
        s[NEXT_DUE] = next_due(s[ANCHOR], s[EVERY], bool(t[T_MONTH_END]), s[MATURES], after)


@compiled_for("void", ROW, ROW)
def reckon_instalment(s: Any, t: Any) -> None:
    """Of equal instalments and equal principal: on what is not due yet at the end of a day, over the dues that are left.

    Periods of principal that are put off count as interest alone; the instalments begin after them.
    """
    s[STALE] = 0
    s[INSTALMENT] = 0
    left, month_end = s[PRINCIPAL] - s[PRINCIPAL_DUE], bool(t[T_MONTH_END])
    if left <= 0 or s[NEXT_DUE] == NEVER:
        return
    day, accrued = s[DAY], s[INTEREST]
    for _ in range(s[DEFERRED]):
        day, accrued = next_due(s[ANCHOR], s[EVERY], month_end, s[MATURES], day), 0
    if s[REPAYMENT] == EQUAL_PRINCIPAL:
        n = max(due_count(s[ANCHOR], s[EVERY], month_end, s[MATURES], day), 1)
        s[INSTALMENT] = (2 * left + n) // (2 * n)
    elif s[REPAYMENT] == EQUAL_INSTALMENT:
        s[INSTALMENT] = level_instalment_fen(
            left, s[RATE], accrued, day, s[ANCHOR], s[EVERY], month_end, s[MATURES], t[T_DAY_COUNT]
        )


@compiled_for("int64", ROW)
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


@compiled_for("void", ROW, ROW, "int64")
def start_period(s: Any, t: Any, day: int) -> None:
    """After a due: the next period."""
    if s[DEFERRED] > 0:
        s[DEFERRED] -= 1
        s[STALE] = 1
    set_next_due(s, t, day)
