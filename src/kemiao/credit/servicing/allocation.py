"""Where a payment goes: what is due in the contract's order, the oldest due first; the rest early to principal, or kept."""

from __future__ import annotations

from typing import Any

from kemiao.credit.kernels import compiled_for
from kemiao.credit.servicing.carry import (
    COMPOUND,
    DUE_INTEREST,
    DUE_ON,
    DUE_PRINCIPAL,
    FEE,
    IN_DIFFICULTY,
    INTEREST,
    INTEREST_DUE,
    INTEREST_PAID,
    KEPT,
    LATE,
    OBSERVED_FROM,
    OBSERVED_PERIODS,
    PENALTY,
    PRINCIPAL,
    PRINCIPAL_DUE,
    ROW,
    STALE,
    TABLE,
    TIMELY,
    WHERE,
)
from kemiao.credit.servicing.lines import PPM, moved, owed, part, write_line
from kemiao.credit.servicing.terms import (
    ADD_FEE,
    COMPOUNDS,
    FEES,
    INTERESTS,
    KEPT_MONEY,
    PENALTIES,
    PRINCIPALS,
    T_EARLY_FEE,
    T_ORDER,
)


@compiled_for("void", TABLE, "3*int64")
def _pay_oldest(arrears: Any, count: int, column: int, money: int) -> None:
    for row in range(count):
        paid = min(money, arrears[row, column])
        arrears[row, column] -= paid
        money -= paid


@compiled_for("int64", ROW, TABLE, "int64")
def drop_paid(s: Any, arrears: Any, count: int) -> int:
    """Dues that are wholly paid leave the arrears; those that were not late count as paid in time."""
    kept = 0
    for row in range(count):
        if arrears[row, DUE_PRINCIPAL] == 0 and arrears[row, DUE_INTEREST] == 0:
            if not arrears[row, LATE]:
                s[TIMELY] += 1
                if s[IN_DIFFICULTY] and s[OBSERVED_FROM] <= arrears[row, DUE_ON]:
                    s[OBSERVED_PERIODS] += 1
            continue
        if kept != row:
            arrears[kept] = arrears[row]
        kept += 1
    return kept


@compiled_for("UniTuple(int64,3)", ROW, ROW, TABLE, "2*int64", TABLE, "int64", WHERE, "2*int64")
def pay_due(
    s: Any, t: Any, arrears: Any, count: int, money: int, room: Any, n: int, where: Any, kind: int, message: int
) -> tuple[int, int, int]:
    """Pays what is due, in the contract's order. Returns the money left, the arrears left, the number of lines."""
    for place in range(T_ORDER, T_ORDER + 5):
        component = t[place]
        before = owed(s, component)
        paid = min(money, before)
        if component == INTERESTS:
            paid = min(paid, s[INTEREST_DUE])
            s[INTEREST_DUE] -= paid
            _pay_oldest(arrears, count, DUE_INTEREST, paid)
        elif component == PRINCIPALS:
            paid = min(paid, s[PRINCIPAL_DUE])
            s[PRINCIPAL_DUE] -= paid
            s[PRINCIPAL] -= paid
            _pay_oldest(arrears, count, DUE_PRINCIPAL, paid)
        elif component == PENALTIES:
            s[PENALTY] -= paid
        elif component == COMPOUNDS:
            s[COMPOUND] -= paid
        else:
            s[FEE] -= paid
        if paid > 0:
            money -= paid
            if component in (INTERESTS, PENALTIES, COMPOUNDS):
                s[INTEREST_PAID] += paid
            n = moved(s, room, n, where, kind, component, paid, before, message)
    return money, drop_paid(s, arrears, count), n


@compiled_for("int64", "3*int64")
def early_principal(money: int, left: int, share: int) -> int:
    """The most of `left` that money pays together with its fee (share of it, half up)."""
    if share <= 0:
        return min(money, left)
    whole, over = money // (PPM + share), money % (PPM + share)
    paid = min(whole * PPM + over * PPM // (PPM + share), left)
    while paid < left and paid + 1 + part(paid + 1, share) <= money:
        paid += 1
    while paid > 0 and paid + part(paid, share) > money:
        paid -= 1
    return paid


@compiled_for("UniTuple(int64,2)", ROW, ROW, "int64", TABLE, "int64", WHERE, "2*int64")
def pay_early(s: Any, t: Any, money: int, room: Any, n: int, where: Any, kind: int, message: int) -> tuple[int, int]:
    """Principal before it is due, with its fee; where no principal is left, interest that ran up. Returns money left, lines."""
    left = s[PRINCIPAL] - s[PRINCIPAL_DUE]
    share = t[T_EARLY_FEE]
    if money > 0 and left > 0:
        paid = early_principal(money, left, share)
        fee = min(part(paid, share), money - paid)
        if fee > 0:  # charged and paid at once
            n = write_line(s, room, n, where, ADD_FEE, FEES, fee, 0, message)
            n = write_line(s, room, n, where, kind, FEES, fee, 0, message)
        if paid > 0:
            before = s[PRINCIPAL]
            s[PRINCIPAL] -= paid
            s[STALE] = 1
            n = moved(s, room, n, where, kind, PRINCIPALS, paid, before, message)
        money -= paid + fee
    if money > 0 and s[PRINCIPAL] == 0 and s[INTEREST] > 0:
        before = owed(s, INTERESTS)
        paid = min(money, s[INTEREST])
        s[INTEREST] -= paid
        s[INTEREST_PAID] += paid
        money -= paid
        n = moved(s, room, n, where, kind, INTERESTS, paid, before, message)
    return money, n


@compiled_for("int64", ROW, "int64", TABLE, "int64", WHERE, "2*int64")
def keep(s: Any, money: int, room: Any, n: int, where: Any, kind: int, message: int) -> int:
    """The borrower's own: kept until the next due, or until it goes back."""
    if money != 0:
        s[KEPT] += money
        n = write_line(s, room, n, where, kind, KEPT_MONEY, money, 0, message)
    return n
