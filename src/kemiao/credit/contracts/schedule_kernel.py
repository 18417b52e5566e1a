"""The kernel of the plan: one pass over loans, one loop over each loan's dues."""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.contracts.annuity import level_over_fen
from kemiao.credit.contracts.dates import (
    civil,
    due_count,
    grid_day,
    grid_index_after,
    month_day,
    month_length,
    shift,
)
from kemiao.credit.contracts.day_counts import denominator, year_fraction
from kemiao.credit.contracts.interest import PPM, accrue_fen
from kemiao.credit.kernels import compiled

_EQUAL_PRINCIPAL, _EQUAL_INSTALLMENT = 2, 3  # places in REPAYMENTS
_ONE_YEAR = 1  # place in RATE_KINDS
_FAR = 2**40  # a day that never comes


@compiled
def count(refused: Any, start: Any, matures: Any, first_due: Any, every: Any, month_end: Any, fee: Any) -> Any:
    rows = np.ones(len(start), np.int64)
    for loan in range(len(start)):
        if refused[loan] == 0:
            dues = due_count(first_due[loan], every[loan], month_end[loan] != 0, matures[loan], start[loan])
            rows[loan] = dues + (1 if fee[loan] > 0 else 0)
    return rows


@compiled
def reset_rate(rate: int, kind: int, spread: int, floor: int, cap: int, day: int, lpr_days: Any, one_year: Any, five_year: Any) -> int:  # fmt: skip
    """The rate from a reset's day on: the LPR that stands on that day plus the spread, within floor and cap.

    kind: place in RATE_KINDS. A fixed rate, and one reset before the series begins, stays as it is.
    """
    at = np.searchsorted(lpr_days, day, side="right") - 1
    if kind == 0 or at < 0:
        return rate
    base = one_year[at] if kind == _ONE_YEAR else five_year[at]
    return int(min(max(base + spread, floor), cap))


@compiled
def fill(
    refused: Any, repayment: Any, amount: Any, start: Any, matures: Any, first_due: Any, every: Any, month_end: Any,
    business_day: Any, day_count: Any, rates: Any, rate_kind: Any, spread: Any, floor: Any, cap: Any,
    first_reset: Any, reset_months: Any, fee: Any,
    lpr_days: Any, one_year: Any, five_year: Any, moved: Any, counted: Any, first_day: int, months: Any, first_month: int,
    offsets: Any, first: int, last: int,
    places: Any, due_on: Any, paid_on: Any, interest_fen: Any, principal_fen: Any, fee_fen: Any, balance_fen: Any,
) -> None:  # fmt: skip
    """Writes the rows of loans first..last-1; the last seven arguments are its results; fee_fen comes as zeros, which are not written again."""
    longest = 1
    for loan in range(first, last):
        longest = max(longest, offsets[loan + 1] - offsets[loan])
    years = np.empty(longest, np.int64)
    for loan in range(first, last):
        row = offsets[loan]
        places[row] = loan
        if refused[loan] != 0:
            continue
        rule = business_day[loan]
        balance, begin = amount[loan], start[loan]
        if fee[loan] > 0:
            due_on[row], paid_on[row] = begin, moved[rule, begin - first_day]
            interest_fen[row], principal_fen[row], fee_fen[row], balance_fen[row] = 0, 0, fee[loan], balance
            row += 1
        dues = offsets[loan + 1] - row
        code = day_count[loan]
        unit_years = denominator(code)
        _fill_dues(
            due_on,
            row,
            dues,
            first_due[loan],
            every[loan],
            month_end[loan] != 0,
            matures[loan],
            begin,
            months,
            first_month,
        )
        before = begin
        for index in range(dues):
            due = due_on[row + index]
            years[index] = counted[code, due - first_day] - counted[code, before - first_day]
            before = due

        level = repayment[loan] == _EQUAL_INSTALLMENT
        rate, unit = rates[loan], unit_years * PPM
        part = 0
        if level:
            part = level_over_fen(balance, rate, 0, years, 0, dues - 1, unit)
        elif repayment[loan] == _EQUAL_PRINCIPAL:
            part = (2 * balance + dues) // (2 * dues)
        reset = _FAR
        if rate_kind[loan] != 0:
            reset = next_reset(first_reset[loan], reset_months[loan], month_end[loan] != 0, begin)
        at, rest = begin, 0
        for index in range(dues):
            place = row + index
            due, interest, span = due_on[place], 0, years[index]
            while reset < due:  # one on the due itself counts from the next period on
                before_reset = counted[code, reset - first_day] - counted[code, at - first_day]
                fen, rest = accrue_fen(balance, rate, before_reset, unit_years, rest)
                interest, span, at = interest + fen, span - before_reset, reset
                new = reset_rate(
                    rate, rate_kind[loan], spread[loan], floor[loan], cap[loan], reset, lpr_days, one_year, five_year
                )
                if level and new != rate:
                    kept, years[index] = years[index], span
                    part = level_over_fen(balance, new, interest, years, index, dues - 1, unit)
                    years[index] = kept
                rate = new
                reset = next_reset(first_reset[loan], reset_months[loan], month_end[loan] != 0, reset)
            fen, rest = accrue_fen(balance, rate, span, unit_years, rest)
            interest += fen
            principal = balance
            if index < dues - 1:
                principal = 0
                if level:
                    principal = min(max(part - interest, 0), balance)
                elif repayment[loan] == _EQUAL_PRINCIPAL:
                    principal = min(part, balance)
            balance -= principal
            at = due
            places[place], paid_on[place] = loan, moved[rule, due - first_day]
            interest_fen[place], principal_fen[place], balance_fen[place] = interest, principal, balance


@compiled
def next_reset(first_reset: int, reset_months: int, month_end: bool, day: int) -> int:
    """The first reset after a day, far away where there is none; months 0: the first one alone."""
    if reset_months <= 0:
        return first_reset if first_reset > day else _FAR
    return grid_day(first_reset, reset_months, grid_index_after(first_reset, reset_months, month_end, day), month_end)


@compiled
def _fill_dues(due_on: Any, row: int, dues: int, anchor: int, every: int, month_end: bool, matures: int, begin: int, months: Any, first_month: int) -> None:  # fmt: skip
    """As next_due walks them, with the anchor's date taken apart once."""
    if dues > 1:
        year, month, day = civil(anchor)
        to_end = month_end and day == month_length(year, month)
        at = year * 12 + month - 1 - first_month + every * grid_index_after(anchor, every, month_end, begin)
        for place in range(row, row + dues - 1):
            due = months[at] + day - 1
            if to_end or due >= months[at + 1]:
                due = months[at + 1] - 1
            due_on[place] = due
            at += every
    due_on[row + dues - 1] = matures


@compiled
def shifted_days(first: int, last: int, bits: Any, first_day: int) -> Any:
    """moved[rule, day - first]: looked up is far cheaper than walked, as many loans share their days."""
    moved = np.empty((3, last - first + 1), np.int32)
    for rule in range(3):
        for day in range(first, last + 1):
            moved[rule, day - first] = shift(day, rule, bits, first_day)
    return moved


@compiled
def counted_days(first: int, last: int) -> Any:
    """counted[code, day - first]: years from `first`, as numerators over denominator(code). Whatever DAY_COUNTS has is additive, so
    a difference of two is the year fraction between them."""
    counted = np.empty((3, last - first + 1), np.int64)
    for code in range(3):
        for day in range(first, last + 1):
            counted[code, day - first] = year_fraction(code, first, day)[0]
    return counted


@compiled
def month_starts(first: int, last: int) -> tuple[Any, int]:
    """The first days of months from that of `first` to the second after that of `last`, and the number of the first month."""
    year, month, _ = civil(first)
    later, later_month, _ = civil(last)
    first_month = year * 12 + month - 1
    starts = np.empty(later * 12 + later_month + 2 - first_month, np.int64)
    for index in range(len(starts)):
        starts[index] = month_day(year, month, 1, index, False)
    return starts, first_month
