"""Messages that change what was agreed; they count before the dues of their day."""

from __future__ import annotations

from typing import Any

from kemiao.credit.contracts.dates import add_months, next_due
from kemiao.credit.kernels import compiled_for
from kemiao.credit.servicing.carry import (
    ANCHOR,
    CLOSED,
    COMPOUND,
    DEFERRED,
    DIVERTED,
    DUE_INTEREST,
    DUE_ON,
    DUE_PRINCIPAL,
    EVERY,
    EXTENDED,
    IN_ARREARS,
    IN_DIFFICULTY,
    INTEREST_DUE,
    MATURES,
    NEXT_DUE,
    OBSERVED_FROM,
    OBSERVED_PERIODS,
    PENALTY,
    PRINCIPAL,
    PRINCIPAL_DUE,
    RATE,
    REPAYMENT,
    RESTRUCTURED_ON,
    RESTRUCTURINGS,
    ROW,
    SPREAD,
    STALE,
    TABLE,
    WHERE,
)
from kemiao.credit.servicing.days import lpr_at
from kemiao.credit.servicing.dues import set_next_due
from kemiao.credit.servicing.lines import moved, owed, sold_part, write_line
from kemiao.credit.servicing.terms import (
    COMPOUNDS,
    DEFER,
    DIVERT,
    EQUAL_INSTALMENT,
    EXTEND,
    FORGIVEN,
    INTERESTS,
    M_AMOUNT,
    M_COUNT,
    M_DAY,
    M_KIND,
    M_PLACE,
    M_RATE,
    M_SHARE,
    M_WORD,
    NOT_GIVEN,
    PENALTIES,
    PRINCIPALS,
    RESTRUCTURE,
    SET_RATE,
    T_MONTH_END,
    T_RATE_KIND,
)

PPM = 1_000_000


@compiled_for("boolean", "int64")
def is_change(kind: int) -> bool:
    return kind in (EXTEND, RESTRUCTURE, SET_RATE, DEFER, DIVERT)


@compiled_for("void", ROW, ROW, "2*int64", ROW, TABLE)
def _rate_from(s: Any, t: Any, rate: int, day: int, lpr_days: Any, lpr_ppm: Any) -> None:
    """By agreement; of a floating loan it is the spread that was agreed anew."""
    s[RATE] = rate
    s[STALE] = max(s[STALE], s[REPAYMENT] == EQUAL_INSTALMENT)
    if t[T_RATE_KIND] != 0:
        lpr = lpr_at(t, day, lpr_days, lpr_ppm)
        if lpr != NOT_GIVEN:
            s[SPREAD] = rate - lpr


@compiled_for("int64", ROW, ROW, "int64", TABLE, "2*int64")
def _mature_on(s: Any, t: Any, matures: int, arrears: Any, count: int, day: int) -> int:
    """Another maturity. Principal that fell due at the old one is owed at the new one."""
    old = s[MATURES]
    s[MATURES] = matures
    s[STALE] = 1
    kept = 0
    for row in range(count):
        if arrears[row, DUE_ON] >= old:
            s[PRINCIPAL_DUE] -= arrears[row, DUE_PRINCIPAL]
            arrears[row, DUE_PRINCIPAL] = 0
        if arrears[row, DUE_PRINCIPAL] != 0 or arrears[row, DUE_INTEREST] != 0:
            arrears[kept] = arrears[row]
            kept += 1
    set_next_due(s, t, day - 1 if s[NEXT_DUE] == day else day)
    return kept


@compiled_for("UniTuple(int64,2)", ROW, ROW, ROW, TABLE, "int64", ROW, TABLE, TABLE, "int64", WHERE)
def _restructure(
    s: Any, t: Any, m: Any, arrears: Any, count: int, lpr_days: Any, lpr_ppm: Any, room: Any, n: int, where: Any
) -> tuple[int, int]:
    """Nothing is past due afterwards: principal is owed by the new plan, unpaid interest and penalties become principal."""
    day, message = where[1], m[M_PLACE]
    s[PRINCIPAL_DUE] = 0
    if m[M_AMOUNT] > 0:
        forgiven, before = min(m[M_AMOUNT], s[PRINCIPAL]), s[PRINCIPAL]
        s[PRINCIPAL] -= forgiven
        sold = sold_part(s, PRINCIPALS, before) - sold_part(s, PRINCIPALS, s[PRINCIPAL])
        n = write_line(s, room, n, where, RESTRUCTURE, FORGIVEN, forgiven, sold, message)
    added = 0
    for component in (PENALTIES, COMPOUNDS, INTERESTS):
        before = owed(s, component)
        if component == PENALTIES:
            amount, s[PENALTY] = s[PENALTY], 0
        elif component == COMPOUNDS:
            amount, s[COMPOUND] = s[COMPOUND], 0
        else:
            amount, s[INTEREST_DUE] = s[INTEREST_DUE], 0
        if amount > 0:
            n = moved(s, room, n, where, RESTRUCTURE, component, amount, before, message)
            added += amount
    if added > 0:
        before = s[PRINCIPAL]
        s[PRINCIPAL] += added
        n = moved(s, room, n, where, RESTRUCTURE, PRINCIPALS, added, before, message)
    if m[M_RATE] >= 0:
        _rate_from(s, t, m[M_RATE], day, lpr_days, lpr_ppm)
    if m[M_WORD] >= 0:
        s[REPAYMENT] = m[M_WORD]
    if m[M_DAY] > day:
        s[MATURES] = m[M_DAY]
    if m[M_COUNT] >= 0:
        s[ANCHOR] = s[NEXT_DUE] if day < s[NEXT_DUE] < s[MATURES] else add_months(day, max(m[M_COUNT], 1))
        s[EVERY] = m[M_COUNT]
    if s[MATURES] <= day:  # it had matured and no new maturity was agreed: all is owed tomorrow
        s[MATURES] = day + 1
    set_next_due(s, t, day)  # what was to fall due today goes by the new plan
    s[STALE] = 1
    s[IN_ARREARS] = 0
    s[RESTRUCTURED_ON] = day
    s[RESTRUCTURINGS] += 1
    if m[M_SHARE] == PPM:
        s[IN_DIFFICULTY] = 1
    if s[IN_DIFFICULTY]:
        s[OBSERVED_FROM] = next_due(s[ANCHOR], s[EVERY], bool(t[T_MONTH_END]), s[MATURES], day)
        s[OBSERVED_PERIODS] = 0
    return 0, n


@compiled_for("UniTuple(int64,2)", ROW, ROW, ROW, TABLE, "int64", ROW, TABLE, TABLE, "int64", WHERE)
def change(
    s: Any, t: Any, m: Any, arrears: Any, count: int, lpr_days: Any, lpr_ppm: Any, room: Any, n: int, where: Any
) -> tuple[int, int]:
    """What can't be changed any more stays as it is. Returns arrears, lines."""
    kind, day = m[M_KIND], where[1]
    if s[CLOSED]:
        return count, n
    if kind == EXTEND and m[M_DAY] > day:
        s[EXTENDED] = 1
        return _mature_on(s, t, m[M_DAY], arrears, count, day), n
    if kind == SET_RATE and m[M_RATE] >= 0:
        _rate_from(s, t, m[M_RATE], day, lpr_days, lpr_ppm)
        n = write_line(s, room, n, where, kind, INTERESTS, 0, 0, m[M_PLACE])
    elif kind == DEFER and m[M_COUNT] > 0:
        s[DEFERRED] += m[M_COUNT]
        s[STALE] = 1
    elif kind == DIVERT:
        s[DIVERTED] = PPM if m[M_SHARE] == NOT_GIVEN else min(max(m[M_SHARE], 0), PPM)
    elif kind == RESTRUCTURE:
        return _restructure(s, t, m, arrears, count, lpr_days, lpr_ppm, room, n, where)
    return count, n
