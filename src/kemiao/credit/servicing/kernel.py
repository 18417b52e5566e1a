"""One loan from the day it was last served to another day, day by day; then many loans. See serve for the columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.contracts.day_counts import year_fraction
from kemiao.credit.contracts.interest import accrue_fen
from kemiao.credit.kernels import compiled_for
from kemiao.credit.servicing.allocation import pay_due
from kemiao.credit.servicing.carry import (
    ANCHOR,
    BEGUN,
    CLOSED,
    CURED_ON,
    DAY,
    DUE_ON,
    EVERY,
    IN_ARREARS,
    INTEREST,
    INTEREST_REST,
    KEPT,
    MATURES,
    MISSED_ON,
    NEVER,
    NEXT_DUE,
    NEXT_DUE_AMOUNT,
    NEXT_RESET,
    OBSERVED_FROM,
    OLDEST_DUE_ON,
    PAST_DUE,
    PRINCIPAL,
    PRINCIPAL_DUE,
    RATE,
    REPAYMENT,
    RESTRUCTURED_ON,
    ROW,
    SPREAD,
    STALE,
    SUSPENDED,
    TABLE,
    WHERE,
    WRITTEN,
)
from kemiao.credit.servicing.changes import change, is_change
from kemiao.credit.servicing.days import accrue, fall_due, judge_day, past_due_days, reset, set_next_reset
from kemiao.credit.servicing.dues import principal_to_fall_due, reckon_instalment, set_next_due
from kemiao.credit.servicing.money import move_money
from kemiao.credit.servicing.terms import (
    M_KIND,
    M_VALUE_DAY,
    NOT_GIVEN,
    SETTLE,
    T_DAY_COUNT,
    T_EVERY,
    T_FIRST_DUE,
    T_MATURES,
    T_RATE,
    T_REPAYMENT,
    T_SPREAD,
    T_STARTS,
)


@compiled_for("void", ROW, ROW, "int64")
def begin(s: Any, t: Any, first: int) -> None:
    """As it was agreed, on the day before `first`."""
    s[BEGUN], s[DAY] = 1, first - 1
    s[RATE], s[SPREAD], s[MATURES], s[REPAYMENT] = t[T_RATE], max(t[T_SPREAD], -1_000_000), t[T_MATURES], t[T_REPAYMENT]
    on_grid = t[T_FIRST_DUE] != NOT_GIVEN and t[T_EVERY] > 0
    s[ANCHOR] = t[T_FIRST_DUE] if on_grid else t[T_MATURES]
    s[EVERY] = t[T_EVERY] if on_grid else 0
    for column in (CURED_ON, MISSED_ON, RESTRUCTURED_ON, OBSERVED_FROM, OLDEST_DUE_ON):
        s[column] = NEVER
    set_next_due(s, t, first - 1)
    set_next_reset(s, t, first)


@compiled_for("UniTuple(int64,2)", ROW, ROW, TABLE, "int64", TABLE, "int64", WHERE)
def _settle(s: Any, t: Any, arrears: Any, count: int, room: Any, n: int, where: Any) -> tuple[int, int]:
    """What is kept for the borrower pays what is due."""
    if s[CLOSED] != WRITTEN:
        s[KEPT], count, n = pay_due(s, t, arrears, count, s[KEPT], room, n, where, SETTLE, -1)
    return count, n


@compiled_for("void", ROW, ROW, TABLE, "int64")
def _look_ahead(s: Any, t: Any, arrears: Any, count: int) -> None:
    s[OLDEST_DUE_ON] = NEVER
    for row in range(count):
        if s[OLDEST_DUE_ON] == NEVER or arrears[row, DUE_ON] < s[OLDEST_DUE_ON]:
            s[OLDEST_DUE_ON] = arrears[row, DUE_ON]
    s[PAST_DUE] = past_due_days(arrears, count, s[DAY])
    s[NEXT_DUE_AMOUNT] = 0
    if s[NEXT_DUE] != NEVER:
        nights, basis = year_fraction(t[T_DAY_COUNT], s[DAY], s[NEXT_DUE])
        more, _ = accrue_fen(s[PRINCIPAL] - s[PRINCIPAL_DUE], s[RATE], nights, basis, s[INTEREST_REST])
        now = s[INTEREST]
        s[INTEREST] = now + more
        s[NEXT_DUE_AMOUNT] = s[INTEREST] + principal_to_fall_due(s)
        s[INTEREST] = now


@compiled_for(
    "void",
    "int64",
    "boolean",
    TABLE,
    TABLE,
    TABLE,
    ROW,
    TABLE,
    ROW,
    "int64",
    ROW,
    TABLE,
    "uint8[::1]",
    "2*int64",
    TABLE,
    ROW,
    TABLE,
    ROW,
)
def serve_many(
    place: int, counting: bool, states: Any, terms: Any, all_messages: Any, message_from: Any, all_arrears: Any, arrears_from: Any,
    until: int, lpr_days: Any, lpr_ppm: Any, bits: Any, first_day: int, non_accrual_days: int, lines: Any, lines_from: Any,
    arrears_out: Any, out_from: Any,
) -> None:  # fmt: skip
    """Loans of one stretch; `place` is that of its first one. *_from: where each loan's rows begin, one more at the end.

    states are changed. counting: lines_from[k] and out_from[k] are given the counts of loan k; else lines and arrears_out are
    filled. One function with the loop over days inside: as two the compiler would optimise it twice.
    """
    for k in range(len(states)):
        s, t, messages = states[k], terms[k], all_messages[message_from[k] : message_from[k + 1]]
        before = all_arrears[arrears_from[k] : arrears_from[k + 1]]
        room = lines[0:0] if counting else lines[lines_from[k] : lines_from[k + 1]]
        count, n, at = len(before), 0, 0
        arrears = np.zeros((count + 4, 5), np.int64)
        arrears[:count] = before
        if not s[BEGUN]:
            first = t[T_STARTS]
            if len(messages) and messages[0, M_VALUE_DAY] < first:
                first = messages[0, M_VALUE_DAY]
            begin(s, t, min(first, until + 1))
        for day in range(s[DAY] + 1, until + 1):
            where = (place + k, day)
            if s[PRINCIPAL] != 0 or count != 0:
                n = accrue(s, t, arrears, count, room, n, where)
            if day == s[NEXT_RESET]:
                n = reset(s, t, lpr_days, lpr_ppm, room, n, where)
            end = at
            while end < len(messages) and messages[end, M_VALUE_DAY] <= day:
                if is_change(messages[end, M_KIND]):
                    count, n = change(s, t, messages[end], arrears, count, lpr_days, lpr_ppm, room, n, where)
                end += 1
            if len(arrears) < count + 2 + end - at:  # a message makes one due at most
                wider = np.zeros((2 * len(arrears) + 2 + end - at, 5), np.int64)
                wider[:count] = arrears[:count]
                arrears = wider
            if day == s[NEXT_DUE]:
                count, n = fall_due(s, t, arrears, count, bits, first_day, room, n, where)
            if s[KEPT] > 0:
                count, n = _settle(s, t, arrears, count, room, n, where)
            if end > at:
                while at < end:
                    if not is_change(messages[at, M_KIND]):
                        count, n = move_money(s, t, messages[at], arrears, count, bits, first_day, room, n, where)
                    at += 1
                if s[KEPT] > 0:
                    count, n = _settle(s, t, arrears, count, room, n, where)
            if count != 0 or s[IN_ARREARS] or s[SUSPENDED]:
                n = judge_day(s, arrears, count, non_accrual_days, room, n, where)
            s[DAY] = day
            if s[STALE]:
                reckon_instalment(s, t)
        _look_ahead(s, t, arrears, count)
        if counting:
            lines_from[k], out_from[k] = n, count
        else:
            arrears_out[out_from[k] : out_from[k + 1]] = arrears[:count]
