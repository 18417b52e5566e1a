"""What a day brings by itself: interest of the night before, dues, resets, being late, being non-accrual."""

from __future__ import annotations

from typing import Any

from kemiao.credit.contracts.dates import grid_day, grid_index_after, shift
from kemiao.credit.contracts.day_counts import year_fraction
from kemiao.credit.contracts.interest import accrue_fen
from kemiao.credit.kernels import compiled_for
from kemiao.credit.servicing.carry import (
    CLOSED,
    COMPOUND,
    COMPOUND_REST,
    CURED_ON,
    DIVERTED,
    DUE_INTEREST,
    DUE_ON,
    DUE_PRINCIPAL,
    IN_ARREARS,
    IN_DIFFICULTY,
    INTEREST,
    INTEREST_DUE,
    INTEREST_REST,
    LATE,
    MISSED_ON,
    NEVER,
    NEXT_RESET,
    OBSERVED_FROM,
    OBSERVED_PERIODS,
    PAY_BY,
    PENALTY,
    PENALTY_REST,
    PRINCIPAL,
    PRINCIPAL_DUE,
    RATE,
    REPAYMENT,
    ROW,
    SPREAD,
    STALE,
    SUSPENDED,
    TABLE,
    TIMELY,
    WHERE,
    WORST,
)
from kemiao.credit.servicing.dues import principal_to_fall_due, start_period
from kemiao.credit.servicing.lines import moved, owed, part, sold_part, write_line
from kemiao.credit.servicing.terms import (
    ACCRUE,
    COMPOUNDS,
    EQUAL_INSTALMENT,
    FALL_DUE,
    INTERESTS,
    NOT_GIVEN,
    PENALTIES,
    PRINCIPALS,
    RESET,
    RESUME,
    SUSPEND,
    T_BUSINESS_DAY,
    T_CAP,
    T_COMPOUND,
    T_DAY_COUNT,
    T_DIVERTED,
    T_FIRST_RESET,
    T_FLOOR,
    T_GRACE,
    T_MONTH_END,
    T_OVERDUE,
    T_RATE_KIND,
    T_RESET_MONTHS,
)


@compiled_for("void", ROW, ROW)
def _becomes_late(s: Any, due: Any) -> None:
    due[LATE] = 1
    s[IN_ARREARS] = 1
    s[MISSED_ON] = due[DUE_ON]
    s[TIMELY] = 0
    if s[IN_DIFFICULTY]:  # observation begins again from the day that was missed
        s[OBSERVED_FROM] = max(s[OBSERVED_FROM], due[DUE_ON])
        s[OBSERVED_PERIODS] = 0


@compiled_for("int64", ROW, ROW, TABLE, "int64", TABLE, "int64", WHERE)
def accrue(s: Any, t: Any, arrears: Any, count: int, room: Any, n: int, where: Any) -> int:
    """Interest of the night before this day, on the balances and at the rates of the day before. Returns the number of lines.

    Of what is due, nothing until the day to pay by and the grace are over; then the overdue rate from the due day on.
    """
    day = where[1]
    nights, basis = year_fraction(t[T_DAY_COUNT], day - 1, day)
    rate = s[RATE]
    left = s[PRINCIPAL] - s[PRINCIPAL_DUE]
    diverted = part(part(rate, t[T_DIVERTED]), s[DIVERTED])  # the share of the principal takes a share of the markup
    interest = penalty = compound = 0
    if left != 0 and nights != 0:
        interest, s[INTEREST_REST] = accrue_fen(left, rate, nights, basis, s[INTEREST_REST])
        if diverted:
            penalty, s[PENALTY_REST] = accrue_fen(left, diverted, nights, basis, s[PENALTY_REST])
    if count:
        overdue = rate + max(part(rate, t[T_OVERDUE]), diverted)  # of two markups the higher, never both
        for row in range(count):
            since = day - 1
            if not arrears[row, LATE]:
                if day <= arrears[row, PAY_BY] + t[T_GRACE]:
                    continue
                _becomes_late(s, arrears[row])
                since = arrears[row, DUE_ON]
            late, basis = year_fraction(t[T_DAY_COUNT], since, day)
            more, s[PENALTY_REST] = accrue_fen(arrears[row, DUE_PRINCIPAL], overdue, late, basis, s[PENALTY_REST])
            penalty += more
            if t[T_COMPOUND]:
                more, s[COMPOUND_REST] = accrue_fen(arrears[row, DUE_INTEREST], overdue, late, basis, s[COMPOUND_REST])
                compound += more
    if interest != 0:
        before = owed(s, INTERESTS)
        s[INTEREST] += interest
        n = moved(s, room, n, where, ACCRUE, INTERESTS, interest, before, -1)
    if penalty != 0:
        before = owed(s, PENALTIES)
        s[PENALTY] += penalty
        n = moved(s, room, n, where, ACCRUE, PENALTIES, penalty, before, -1)
    if compound != 0:
        before = owed(s, COMPOUNDS)
        s[COMPOUND] += compound
        n = moved(s, room, n, where, ACCRUE, COMPOUNDS, compound, before, -1)
    return n


@compiled_for("int64", ROW, "int64", ROW, TABLE)
def lpr_at(t: Any, day: int, lpr_days: Any, lpr_ppm: Any) -> int:
    """Of the loan's tenor on a day; NOT_GIVEN before the series. lpr_ppm: a row a tenor."""
    low, high = 0, len(lpr_days)
    while low < high:
        middle = (low + high) // 2
        if lpr_days[middle] <= day:
            low = middle + 1
        else:
            high = middle
    return NOT_GIVEN if low == 0 else int(lpr_ppm[t[T_RATE_KIND] - 1, low - 1])


@compiled_for("void", ROW, ROW, "int64")
def set_next_reset(s: Any, t: Any, after: int) -> None:
    """The first after a day; without months between them the first is the only one."""
    s[NEXT_RESET] = NEVER
    if t[T_RATE_KIND] == 0 or t[T_FIRST_RESET] == NOT_GIVEN:
        return
    if t[T_RESET_MONTHS] <= 0:
        s[NEXT_RESET] = t[T_FIRST_RESET] if t[T_FIRST_RESET] > after else NEVER
        return
    index = grid_index_after(t[T_FIRST_RESET], t[T_RESET_MONTHS], bool(t[T_MONTH_END]), after)
    s[NEXT_RESET] = grid_day(t[T_FIRST_RESET], t[T_RESET_MONTHS], index, bool(t[T_MONTH_END]))


@compiled_for("int64", ROW, ROW, ROW, TABLE, TABLE, "int64", WHERE)
def reset(s: Any, t: Any, lpr_days: Any, lpr_ppm: Any, room: Any, n: int, where: Any) -> int:
    """The rate from this day on: LPR of the day and the spread, within floor and cap. Before the series it stays."""
    lpr = lpr_at(t, where[1], lpr_days, lpr_ppm)
    set_next_reset(s, t, where[1])
    if lpr == NOT_GIVEN:
        return n
    rate = max(lpr + s[SPREAD], 0)
    if t[T_FLOOR] != NOT_GIVEN:
        rate = max(rate, t[T_FLOOR])
    if t[T_CAP] != NOT_GIVEN:
        rate = min(rate, t[T_CAP])
    if rate != s[RATE]:
        s[RATE] = rate
        s[STALE] = max(s[STALE], s[REPAYMENT] == EQUAL_INSTALMENT)
        n = write_line(s, room, n, where, RESET, INTERESTS, 0, 0, -1)
    return n


@compiled_for("void", ROW, TABLE, "5*int64")
def add_due(s: Any, arrears: Any, count: int, due_on: int, pay_by: int, principal: int, interest: int) -> None:
    row = arrears[count]
    row[DUE_ON], row[PAY_BY], row[DUE_PRINCIPAL], row[DUE_INTEREST], row[LATE] = due_on, pay_by, principal, interest, 0
    s[PRINCIPAL_DUE] += principal
    s[INTEREST_DUE] += interest
    s[INTEREST] -= interest


@compiled_for("UniTuple(int64,2)", ROW, ROW, TABLE, "int64", "uint8[::1]", "int64", TABLE, "int64", WHERE)
def fall_due(
    s: Any, t: Any, arrears: Any, count: int, bits: Any, first_day: int, room: Any, n: int, where: Any
) -> tuple[int, int]:
    """Interest since the last due and the instalment of principal, as reckoned before this day. Returns arrears, lines."""
    day = where[1]
    interest, principal = s[INTEREST], principal_to_fall_due(s)
    if interest > 0 or principal > 0:
        add_due(s, arrears, count, day, shift(day, t[T_BUSINESS_DAY], bits, first_day), principal, interest)
        count += 1
        if interest > 0:
            sold = sold_part(s, INTERESTS, owed(s, INTERESTS)) - sold_part(s, INTERESTS, owed(s, INTERESTS) - interest)
            n = write_line(s, room, n, where, FALL_DUE, INTERESTS, interest, sold, -1)
        if principal > 0:
            sold = sold_part(s, PRINCIPALS, s[PRINCIPAL]) - sold_part(s, PRINCIPALS, s[PRINCIPAL] - principal)
            n = write_line(s, room, n, where, FALL_DUE, PRINCIPALS, principal, sold, -1)
    start_period(s, t, day)
    return count, n


@compiled_for("int64", TABLE, "2*int64")
def past_due_days(arrears: Any, count: int, day: int) -> int:
    """Of the oldest late due, since the day it was to be paid by."""
    worst = 0
    for row in range(count):
        if arrears[row, LATE]:
            worst = max(worst, day - arrears[row, PAY_BY])
    return worst


@compiled_for("int64", ROW, TABLE, "int64", WHERE, "int64")
def _all_interest(s: Any, room: Any, n: int, where: Any, kind: int) -> int:
    for component in (PENALTIES, COMPOUNDS, INTERESTS):
        amount = owed(s, component)
        if amount > 0:
            n = write_line(s, room, n, where, kind, component, amount, sold_part(s, component, amount), -1)
    return n


@compiled_for("int64", ROW, TABLE, "2*int64", TABLE, "int64", WHERE)
def judge_day(s: Any, arrears: Any, count: int, non_accrual_days: int, room: Any, n: int, where: Any) -> int:
    """At the day's end: how long past due, cured or not, non-accrual or not. Returns the number of lines."""
    late = past_due_days(arrears, count, where[1])
    if late:
        s[WORST] = max(s[WORST], late)
    elif s[IN_ARREARS] and s[PENALTY] == 0 and s[COMPOUND] == 0:
        s[IN_ARREARS] = 0
        s[CURED_ON] = where[1]
        s[TIMELY] = 0
        s[WORST] = 0
    if s[CLOSED]:
        return n
    if not s[SUSPENDED] and late > non_accrual_days:
        s[SUSPENDED] = 1
        return _all_interest(s, room, n, where, SUSPEND)
    if s[SUSPENDED] and late == 0:
        n = _all_interest(s, room, n, where, RESUME)
        s[SUSPENDED] = 0
    return n
