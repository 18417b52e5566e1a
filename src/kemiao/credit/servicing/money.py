"""Messages that move money or balances; they count after the dues of their day."""

from __future__ import annotations

from typing import Any

from kemiao.credit.contracts.dates import shift
from kemiao.credit.kernels import compiled_for
from kemiao.credit.servicing.allocation import keep, pay_due, pay_early
from kemiao.credit.servicing.carry import (
    CLOSED,
    COMPOUND,
    DRAWN,
    DUE_INTEREST,
    DUE_PRINCIPAL,
    FEE,
    IN_ARREARS,
    INTEREST,
    INTEREST_DUE,
    INTEREST_PAID,
    KEPT,
    LATE,
    MATURES,
    MISSED_ON,
    NEVER,
    NEXT_DUE,
    PENALTY,
    PRINCIPAL,
    PRINCIPAL_DUE,
    RATE,
    RECEIVED,
    RECOVERED,
    RENEWED,
    ROW,
    SOLD,
    STALE,
    SUSPENDED,
    TABLE,
    WHERE,
    WRITTEN,
    WRITTEN_OFF,
    WRITTEN_PRINCIPAL,
)
from kemiao.credit.servicing.days import add_due
from kemiao.credit.servicing.lines import PPM, moved, owed, part, sold_part, write_line
from kemiao.credit.servicing.terms import (
    ADD_FEE,
    BUY_BACK,
    COMPOUNDS,
    DISBURSE,
    FEES,
    INTERESTS,
    KEPT_MONEY,
    M_AMOUNT,
    M_COMPOUND,
    M_INTEREST,
    M_INTEREST_DUE,
    M_KIND,
    M_OLDEST_DUE,
    M_PENALTY,
    M_PLACE,
    M_PRINCIPAL_DUE,
    M_RATE,
    M_SHARE,
    M_WORD,
    NOT_GIVEN,
    OPENING,
    PENALTIES,
    PRICE,
    PRINCIPALS,
    RECOVER,
    REFUND,
    RENEW,
    REPAY,
    SELL,
    SETTLE,
    T_BUSINESS_DAY,
    T_EARLY_FEE,
    T_FEE,
    T_GRACE,
    TAKE_OVER,
    WRITE_OFF,
)


@compiled_for("UniTuple(int64,2)", ROW, ROW, TABLE, "2*int64", TABLE, "int64", WHERE, "2*int64")
def _draw(
    s: Any, t: Any, arrears: Any, count: int, amount: int, room: Any, n: int, where: Any, kind: int, message: int
) -> tuple[int, int]:
    if s[DRAWN] == 0 and t[T_FEE] > 0:
        s[FEE] += t[T_FEE]
        n = write_line(s, room, n, where, ADD_FEE, FEES, t[T_FEE], 0, message)
    before = s[PRINCIPAL]
    s[DRAWN] += amount
    s[PRINCIPAL] += amount
    s[STALE] = 1
    n = moved(s, room, n, where, kind, PRINCIPALS, amount, before, message)
    if s[NEXT_DUE] == NEVER:  # after maturity it is owed at once
        add_due(s, arrears, count, where[1], where[1], amount, 0)
        count += 1
    return count, n


@compiled_for("UniTuple(int64,2)", ROW, "int64", TABLE, "int64", WHERE, "int64")
def _recover(s: Any, money: int, room: Any, n: int, where: Any, message: int) -> tuple[int, int]:
    """Principal of the claim first, then the rest of it."""
    before = s[RECOVERED]
    taken = min(money, s[WRITTEN_OFF] - before)
    principal = min(taken, max(s[WRITTEN_PRINCIPAL] - before, 0))
    s[RECOVERED] += taken
    s[INTEREST_PAID] += taken - principal
    middle = before + principal
    if principal > 0:
        sold = part(middle, s[SOLD]) - part(before, s[SOLD])
        n = write_line(s, room, n, where, RECOVER, PRINCIPALS, principal, sold, message)
    if taken > principal:
        sold = part(before + taken, s[SOLD]) - part(middle, s[SOLD])
        n = write_line(s, room, n, where, RECOVER, INTERESTS, taken - principal, sold, message)
    return money - taken, n


@compiled_for("UniTuple(int64,2)", ROW, ROW, ROW, TABLE, "int64", "int64", TABLE, "int64", WHERE)
def _receive(
    s: Any, t: Any, m: Any, arrears: Any, count: int, amount: int, room: Any, n: int, where: Any
) -> tuple[int, int]:
    kind, message, money = m[M_KIND], m[M_PLACE], amount
    s[RECEIVED] += amount
    if s[KEPT] < 0:  # more was refunded than was kept: that first
        back = min(money, -s[KEPT])
        n = keep(s, back, room, n, where, kind, message)
        money -= back
    if s[CLOSED] == WRITTEN or kind == RECOVER:
        money, n = _recover(s, money, room, n, where, message)
    if s[CLOSED] != WRITTEN:
        money, count, n = pay_due(s, t, arrears, count, money, room, n, where, REPAY, message)
        if m[M_WORD] <= 0:
            money, n = pay_early(s, t, money, room, n, where, REPAY, message)
            left = s[PRINCIPAL] - s[PRINCIPAL_DUE]
            if 0 < left + part(left, t[T_EARLY_FEE]) + s[INTEREST] <= s[KEPT]:  # what was kept pays off the rest
                s[KEPT], n = pay_early(s, t, s[KEPT], room, n, where, SETTLE, message)
    return count, keep(s, money, room, n, where, REPAY, message)


@compiled_for("UniTuple(int64,2)", ROW, ROW, ROW, TABLE, "int64", "uint8[::1]", "int64", TABLE, "int64", WHERE)
def _open(
    s: Any, t: Any, m: Any, arrears: Any, count: int, bits: Any, first_day: int, room: Any, n: int, where: Any
) -> tuple[int, int]:
    """A loan comes in as it stands elsewhere."""
    principal, message = max(m[M_AMOUNT], 0), m[M_PLACE]
    if m[M_RATE] >= 0:
        s[RATE] = m[M_RATE]
    due, interest_due = min(max(m[M_PRINCIPAL_DUE], 0), principal), max(m[M_INTEREST_DUE], 0)
    before, paid = s[PRINCIPAL], owed(s, INTERESTS)
    s[DRAWN] += principal
    s[PRINCIPAL] += principal
    s[INTEREST] += max(m[M_INTEREST], 0) + interest_due
    s[STALE] = 1
    if principal > 0:
        n = moved(s, room, n, where, OPENING, PRINCIPALS, principal, before, message)
    if owed(s, INTERESTS) > paid:
        n = moved(s, room, n, where, OPENING, INTERESTS, owed(s, INTERESTS) - paid, paid, message)
    if m[M_PENALTY] > 0:
        before = s[PENALTY]
        s[PENALTY] += m[M_PENALTY]
        n = moved(s, room, n, where, OPENING, PENALTIES, m[M_PENALTY], before, message)
    if m[M_COMPOUND] > 0:
        before = s[COMPOUND]
        s[COMPOUND] += m[M_COMPOUND]
        n = moved(s, room, n, where, OPENING, COMPOUNDS, m[M_COMPOUND], before, message)
    if s[NEXT_DUE] == NEVER:
        due = principal
    if due > 0 or interest_due > 0:
        since = where[1] if m[M_OLDEST_DUE] == NOT_GIVEN else min(m[M_OLDEST_DUE], where[1])
        pay_by = shift(since, t[T_BUSINESS_DAY], bits, first_day)
        add_due(s, arrears, count, since, pay_by, due, interest_due)
        if where[1] > pay_by + t[T_GRACE]:  # its penalties up to here are in the opening
            arrears[count, LATE] = 1
            s[IN_ARREARS], s[MISSED_ON] = 1, since
        count += 1
    return count, n


@compiled_for("UniTuple(int64,2)", ROW, ROW, TABLE, "int64", TABLE, "int64", WHERE)
def _renew(s: Any, m: Any, arrears: Any, count: int, room: Any, n: int, where: Any) -> tuple[int, int]:
    """Principal goes over to another loan; what is left of this one is owed now.

    The other loan took over a certain amount. Where a late message shows that less was owed, the difference is the borrower's.
    """
    message, before = m[M_PLACE], s[PRINCIPAL]
    if s[CLOSED]:
        return count, n
    taken = before if m[M_AMOUNT] == NOT_GIVEN else max(m[M_AMOUNT], 0)
    s[PRINCIPAL], s[PRINCIPAL_DUE] = max(before - taken, 0), 0
    kept = 0
    for row in range(count):
        arrears[row, DUE_PRINCIPAL] = 0
        if arrears[row, DUE_INTEREST] != 0:
            arrears[kept] = arrears[row]
            kept += 1
    if before > s[PRINCIPAL]:
        n = moved(s, room, n, where, RENEW, PRINCIPALS, before - s[PRINCIPAL], before, message)
    n = keep(s, max(taken - before, 0), room, n, where, RENEW, message)
    if s[INTEREST] > 0 or s[PRINCIPAL] > 0:
        add_due(s, arrears, kept, where[1], where[1], s[PRINCIPAL], s[INTEREST])
        kept += 1
    s[CLOSED], s[NEXT_DUE], s[MATURES], s[STALE] = RENEWED, NEVER, min(s[MATURES], where[1]), 1
    return kept, n


@compiled_for("int64", ROW, ROW, "int64", TABLE, "int64", WHERE)
def _transfer(s: Any, m: Any, price: int, room: Any, n: int, where: Any) -> int:
    """A share of the loan goes to a funder or comes back, with what has run up. The price's line has the sum as its sold part."""
    kind, message, old = m[M_KIND], m[M_PLACE], s[SOLD]
    share = max(m[M_SHARE], 0)
    new = min(old + share, PPM) if kind == SELL else max(old - share, 0)
    carried = 0
    for component in (PENALTIES, COMPOUNDS, INTERESTS, PRINCIPALS):
        amount = abs(part(owed(s, component), new) - part(owed(s, component), old))
        if amount > 0:
            carried += amount
            n = write_line(s, room, n, where, kind, component, amount, amount, message)
    s[SOLD] = new
    return write_line(s, room, n, where, kind, PRICE, price, carried, message)


@compiled_for("UniTuple(int64,2)", ROW, ROW, TABLE, "int64", TABLE, "int64", WHERE)
def _write_off(s: Any, m: Any, arrears: Any, count: int, room: Any, n: int, where: Any) -> tuple[int, int]:
    """All of it, or an amount of principal: the oldest dues first."""
    amount, message = m[M_AMOUNT], m[M_PLACE]
    before = s[PRINCIPAL]
    if amount != NOT_GIVEN and amount < before:
        amount = max(amount, 0)
        rest = min(amount, s[PRINCIPAL_DUE])
        s[PRINCIPAL_DUE] -= rest
        kept = 0
        for row in range(count):
            cut = min(rest, arrears[row, DUE_PRINCIPAL])
            arrears[row, DUE_PRINCIPAL] -= cut
            rest -= cut
            if arrears[row, DUE_PRINCIPAL] != 0 or arrears[row, DUE_INTEREST] != 0:
                arrears[kept] = arrears[row]
                kept += 1
        s[PRINCIPAL] -= amount
        s[WRITTEN_OFF] += amount
        s[WRITTEN_PRINCIPAL] += amount
        s[STALE] = 1
        return kept, moved(s, room, n, where, WRITE_OFF, PRINCIPALS, amount, before, message)
    for component in (FEES, PENALTIES, COMPOUNDS, INTERESTS, PRINCIPALS):
        amount = owed(s, component)
        if amount > 0:
            n = write_line(s, room, n, where, WRITE_OFF, component, amount, sold_part(s, component, amount), message)
            s[WRITTEN_OFF] += amount
    s[WRITTEN_PRINCIPAL] += before
    s[FEE] = s[PENALTY] = s[COMPOUND] = s[INTEREST] = s[INTEREST_DUE] = s[PRINCIPAL] = s[PRINCIPAL_DUE] = 0
    s[SUSPENDED], s[IN_ARREARS], s[CLOSED], s[NEXT_DUE], s[STALE] = 0, 0, WRITTEN, NEVER, 1
    return 0, n


@compiled_for("UniTuple(int64,2)", ROW, ROW, ROW, TABLE, "int64", "uint8[::1]", "int64", TABLE, "int64", WHERE)
def move_money(
    s: Any, t: Any, m: Any, arrears: Any, count: int, bits: Any, first_day: int, room: Any, n: int, where: Any
) -> tuple[int, int]:
    """arrears has room for one more. Returns arrears, lines."""
    kind, amount, message = m[M_KIND], max(m[M_AMOUNT], 0), m[M_PLACE]
    if kind in (DISBURSE, TAKE_OVER):
        return _draw(s, t, arrears, count, amount, room, n, where, kind, message)
    if kind in (REPAY, RECOVER):
        return _receive(s, t, m, arrears, count, amount, room, n, where)
    if kind == OPENING:
        return _open(s, t, m, arrears, count, bits, first_day, room, n, where)
    if kind == ADD_FEE and amount > 0:
        before = s[FEE]
        s[FEE] += amount
        return count, moved(s, room, n, where, kind, FEES, amount, before, message)
    if kind == RENEW:
        return _renew(s, m, arrears, count, room, n, where)
    if kind in (SELL, BUY_BACK):
        return count, _transfer(s, m, amount, room, n, where)
    if kind == WRITE_OFF and not s[CLOSED]:
        return _write_off(s, m, arrears, count, room, n, where)
    if kind == REFUND and amount > 0:
        s[KEPT] -= amount
        return count, write_line(s, room, n, where, kind, KEPT_MONEY, amount, 0, message)
    return count, n
