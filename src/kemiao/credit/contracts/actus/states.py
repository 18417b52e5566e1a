"""What each event does to a contract's states, and what it pays: one source for exact figures and for whole fen."""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.contracts.actus.columns import (
    ABSENT,
    AMD,
    ANCHOR,
    ANN,
    BASE,
    CLM,
    DAY,
    DAY_COUNT,
    E_FP,
    E_IED,
    E_IP,
    E_IP_CALLED,
    E_IPCB,
    E_IPCI,
    E_MD,
    E_PP,
    E_PR,
    E_PRD,
    E_PRF,
    E_PY,
    E_RR,
    E_RRF,
    E_SC,
    E_STD,
    E_TD,
    E_XD,
    FEE,
    FEE_BASIS,
    FEE_RATE,
    FER,
    HAS_ACCRUED,
    HAS_NEXT,
    HAS_RATE,
    IED,
    INDEX,
    INDEX_MARK,
    IP_GRID,
    IPAC,
    IPCBA,
    IPNR,
    ISC,
    LAGGED_BASE,
    LAM,
    MD,
    MONTH_END,
    NAM,
    NO_OBSERVATION,
    NOTICE,
    NSC,
    NT,
    NT_BASE,
    PDIED,
    PENALTY,
    PENALTY_AMOUNT,
    PENALTY_FIXED,
    PENALTY_RATE,
    PPRD,
    PR_GRID,
    PRD,
    PRNXT,
    PTD,
    PYRT,
    RESET_MARK,
    RRLC,
    RRLF,
    RRMLT,
    RRNXT,
    RRPC,
    RRPF,
    RRSP,
    SCALES_INTEREST,
    SCALES_NOTIONAL,
    SD,
    SHIFTED_SUMS,
    SIGN,
    TO,
    TYPE,
    UMP,
    WELL,
)
from kemiao.credit.contracts.actus.events import (
    KIND,
    PLACE,
    SCHEDULED,
    SUMS,
    TIME,
    events_of,
)
from kemiao.credit.contracts.actus.grid import anchor_or, business_time, day_of, times_of
from kemiao.credit.contracts.actus.money import amount_like, interest, scaled, yearly
from kemiao.credit.contracts.day_counts import year_fraction_to
from kemiao.credit.kernels import compiled


@compiled
def run(
    t: Any, g: Any, c: Any, a: Any, r: Any, q: Any,
    mark_kinds: Any, mark_times: Any, mark_amounts: Any, mark_rates: Any, mark_ratios: Any,
    bits: Any, first_day: int, none: Any, size: int,
    out_times: Any, out_kinds: Any, out_payoffs: Any, out_notionals: Any, out_rates: Any, out_accrued: Any,
) -> tuple[int, int]:  # fmt: skip
    """Evaluates one contract (its rows of the columns) and writes its printed events; (rows, a fault or WELL)."""
    kind, sign, code, eom = c[TYPE], c[SIGN], c[DAY_COUNT], c[MONTH_END] != 0
    events = events_of(t, g, c, mark_kinds, mark_times, bits, first_day, none, size)
    amortises, on_call = kind in (LAM, NAM, ANN), kind in (CLM, UMP)
    zero, no_rate = a[NT] * 0, r[IPNR] * 0
    matures = day_of(t[MD]) if t[MD] != ABSENT else ABSENT
    pays = np.empty(size, np.int64)
    pays_count = 0
    first_pay = anchor_or(g[PR_GRID], t[IED], eom, 1)
    if amortises:
        horizon = t[AMD] if kind == ANN and t[AMD] != ABSENT else t[MD]
        pays_count = times_of(first_pay, g[PR_GRID], horizon, True, eom, pays)

    nt, ipac, feac, ipcb, prnxt, called, rate = zero, zero, zero, zero, zero, zero, no_rate
    nsc, isc = q[NSC], q[ISC]
    rest, fee_rest = 0, 0
    last = day_of(t[SD])
    if kind == LAM:
        if c[HAS_NEXT] != 0:
            prnxt = sign * a[PRNXT]
        else:
            left = 0
            for index in range(pays_count):
                left += 1 if pays[index] > t[SD] else 0
            prnxt = sign * amount_like(zero, a[NT] / max(left, 1))
    elif c[HAS_NEXT] != 0:
        prnxt = sign * a[PRNXT]
    if amortises:
        for index in range(pays_count):
            moved = business_time(pays[index], c, bits, first_day, none)
            pays[index] = day_of(moved if c[SHIFTED_SUMS] != 0 else pays[index])
    floating = kind == ANN and c[HAS_NEXT] == 0
    if t[IED] <= t[SD]:
        nt, rate = sign * a[NT], r[IPNR]
        ipcb = nt if c[BASE] == NT_BASE else sign * a[IPCBA]
        if c[HAS_ACCRUED] != 0:
            ipac = sign * a[IPAC]
        elif not on_call and c[HAS_RATE] != 0:
            since = _last_interest_before(t, g, c, first_pay, size)
            if since != ABSENT:
                years, over = year_fraction_to(code, day_of(since), last, False)
                ipac, rest = interest(nt, rate, years, over, rest)
        if floating and first_pay - DAY <= t[SD]:
            prnxt = amount_like(zero, sign * _annuity(abs(nt), abs(ipac), yearly(rate), last, pays, pays_count, code, False))  # fmt: skip

    rows, printed = 0, t[PRD] == ABSENT or on_call
    for index in range(len(events)):
        event, today = events[index, KIND], events[index, SUMS]
        base = ipcb if amortises else nt
        years, over = year_fraction_to(code, last, today, today == matures)
        accrued, fees, payoff = zero, zero, zero
        if event not in (E_IP_CALLED, E_STD):
            accrued, rest = interest(base, rate, years, over, rest)
            if c[FEE_BASIS] == FEE_RATE:
                fees, fee_rest = interest(nt, r[FER], years, over, fee_rest)
        if event == E_FP:
            payoff = feac + fees if c[FEE_BASIS] == FEE_RATE else sign * a[FEE]
            feac, fees = zero, zero
        feac += fees
        if event not in (E_IP, E_IPCI, E_IED):  # interest is paid or capitalised there, it accrues elsewhere
            ipac += accrued

        if event == E_IED:
            payoff = -sign * (a[NT] + a[PDIED])
            nt, rate, ipac = sign * a[NT], r[IPNR], zero
            ipcb = nt if c[BASE] == NT_BASE else sign * a[IPCBA]
            if c[HAS_ACCRUED] != 0:
                ipac = sign * a[IPAC]
            elif not on_call and t_anchor(g) != ABSENT and t_anchor(g) < t[IED]:
                years, over = year_fraction_to(code, day_of(t_anchor(g)), today, False)
                ipac, rest = interest(nt, rate, years, over, rest)
            if floating and first_pay - DAY < t[IED]:
                prnxt = amount_like(zero, sign * _annuity(a[NT] * 1.0, 0.0, yearly(rate), today, pays, pays_count, code, True))  # fmt: skip
        elif event == E_PR and kind == UMP:
            payoff = mark_amounts[events[index, PLACE]]
            nt -= payoff
        elif event == E_PR:
            part = prnxt if kind == LAM else prnxt - ipac
            if sign * part > sign * nt:
                part = nt
            payoff = scaled(part, nsc)
            nt -= part
            if c[BASE] != LAGGED_BASE:  # NTIED too: the standard's own case has it so
                ipcb = nt
        elif event == E_PP:
            payoff = mark_amounts[events[index, PLACE]]
            nt -= payoff
            if c[BASE] != LAGGED_BASE:
                ipcb = nt
        elif event == E_PY:
            payoff = _penalty(c, a, r, nt, rate, years, over, mark_kinds, mark_times, mark_rates, events[index, SCHEDULED])  # fmt: skip
        elif event == E_IP:
            payoff = scaled(ipac + accrued, isc)
            ipac = zero
        elif event == E_IPCI:
            nt, ipac = nt + ipac + accrued, zero
            if c[BASE] != LAGGED_BASE:
                ipcb = nt
        elif event == E_IPCB:
            ipcb = nt
        elif event == E_RRF:
            rate = r[RRNXT]
        elif event == E_RR:
            mark = _latest(mark_kinds, mark_times, RESET_MARK, events[index, SCHEDULED])
            if mark < 0:
                return rows, NO_OBSERVATION
            change = scaled(mark_rates[mark], q[RRMLT]) + r[RRSP] - rate
            if on_call:
                rate += change
            else:
                rate = min(max(rate + min(max(change, r[RRPF]), r[RRPC]), r[RRLF]), r[RRLC])
        elif event == E_PRF:
            prnxt = amount_like(zero, sign * _annuity(abs(nt), abs(ipac), yearly(rate), today, pays, pays_count, code, False))  # fmt: skip
        elif event == E_SC:
            mark = _latest(mark_kinds, mark_times, INDEX_MARK, events[index, SCHEDULED])
            if mark < 0:
                return rows, NO_OBSERVATION
            ratio = mark_ratios[mark] / q[INDEX]
            isc = ratio if c[SCALES_INTEREST] != 0 else isc
            nsc = ratio if c[SCALES_NOTIONAL] != 0 else nsc
        elif event == E_PRD:
            payoff = -sign * (a[PPRD] + ipac)
            printed = True
        elif event == E_TD:
            payoff = sign * (a[PTD] + ipac)
            nt, ipac, feac, ipcb = zero, zero, zero, zero
        elif event == E_XD:
            called = ipac
            ipac = called if c[NOTICE] == 0 else zero
        elif event == E_IP_CALLED:
            payoff, called, ipac = called, zero, zero
        elif event in (E_MD, E_STD):
            payoff = scaled(nt, nsc) + scaled(ipac, isc) + feac
            nt, ipac, feac, ipcb = zero, zero, zero, zero
        last = max(last, today)
        if printed and (on_call or t[TO] == ABSENT or events[index, TIME] <= t[TO]):
            out_times[rows], out_kinds[rows], out_payoffs[rows] = events[index, TIME], event, payoff
            out_notionals[rows], out_rates[rows], out_accrued[rows] = nt, rate, ipac
            rows += 1
    return rows, WELL


@compiled
def t_anchor(g: Any) -> int:
    return int(g[IP_GRID, ANCHOR])


@compiled
def _last_interest_before(t: Any, g: Any, c: Any, first_pay: int, size: int) -> int:
    """The last interest date before the status date, ABSENT if there was none: interest accrues from there."""
    times = np.empty(size, np.int64)
    eom, found = c[MONTH_END] != 0, ABSENT
    for number in (IP_GRID, PR_GRID):
        anchor = first_pay if number == PR_GRID else anchor_or(g[IP_GRID], t[IED], eom, 1)
        if number == PR_GRID and c[TYPE] not in (NAM, ANN):
            continue
        for index in range(times_of(anchor, g[number], t[MD], False, eom, times)):
            if times[index] < t[SD]:
                found = max(found, times[index])
    return found


@compiled
def _latest(mark_kinds: Any, mark_times: Any, kind: int, time: int) -> int:
    """The last mark of a kind at or before a time; -1 if there is none. Marks are in the order of their times."""
    place = np.searchsorted(mark_times, time, side="right") - 1
    while place >= 0 and mark_kinds[place] != kind:
        place -= 1
    return int(place)


@compiled
def _annuity(notional: float, accrued: float, rate: float, day: int, pays: Any, count: int, code: int, today_too: bool) -> float:  # fmt: skip
    """The amount that, paid at each of the days that are left, repays a notional with its interest."""
    first = 0
    while first < count and (pays[first] < day or (pays[first] == day and not today_too)):
        first += 1
    if first >= count:
        return notional + accrued
    years, over = year_fraction_to(code, day, pays[first], False)
    owed = notional + accrued + rate * notional * years / over
    factor, total = 1.0, 1.0
    for index in range(first, count - 1):
        years, over = year_fraction_to(code, pays[index], pays[index + 1], False)
        factor /= 1.0 + rate * years / over
        total += factor
    return owed / total


@compiled
def _penalty(c: Any, a: Any, r: Any, nt: Any, rate: Any, years: int, over: int, mark_kinds: Any, mark_times: Any, mark_rates: Any, time: int) -> Any:  # fmt: skip
    """What a prepayment costs: an amount, or a rate on the notional since the last event."""
    if c[PENALTY] == PENALTY_AMOUNT:
        return c[SIGN] * a[PENALTY_FIXED]
    charged = r[PYRT]
    if c[PENALTY] != PENALTY_RATE:
        mark = _latest(mark_kinds, mark_times, RESET_MARK, time)
        charged = max(rate - mark_rates[mark], rate * 0) if mark >= 0 else rate * 0
    amount, _ = interest(nt, charged, years, over, 0)
    return amount
