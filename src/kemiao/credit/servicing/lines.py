"""One line of what moved. While lines are only counted, the room for them has no rows."""

from __future__ import annotations

from typing import Any

from kemiao.credit.kernels import compiled_for
from kemiao.credit.servicing.carry import (
    COMPOUND,
    FEE,
    INTEREST,
    INTEREST_DUE,
    PENALTY,
    PRINCIPAL,
    ROW,
    SOLD,
    SUSPENDED,
    TABLE,
    WHERE,
)
from kemiao.credit.servicing.terms import COMPOUNDS, FEES, INTERESTS, PENALTIES, PRINCIPALS

PPM = 1_000_000


@compiled_for("int64", "2*int64")
def part(amount: int, ppm: int) -> int:
    """ppm of an amount, half up, exact: the product is taken in two limbs."""
    millions, few = amount // PPM, amount % PPM
    return millions * ppm + (2 * few * ppm + PPM) // (2 * PPM)


@compiled_for("int64", ROW, "int64")
def owed(s: Any, component: int) -> int:
    """All of a component that is unpaid, due or not."""
    if component == PRINCIPALS:
        return int(s[PRINCIPAL])
    if component == INTERESTS:
        return int(s[INTEREST] + s[INTEREST_DUE])
    if component == PENALTIES:
        return int(s[PENALTY])
    return int(s[COMPOUND]) if component == COMPOUNDS else int(s[FEE])


@compiled_for("int64", ROW, "2*int64")
def sold_part(s: Any, component: int, balance: int) -> int:
    """What of a balance is the funders': rounded as a whole, so that changes of the balance sum up and end at zero."""
    return 0 if component == FEES or s[SOLD] == 0 else part(balance, s[SOLD])


@compiled_for("int64", ROW, TABLE, "int64", WHERE, "5*int64")
def write_line(
    s: Any, room: Any, n: int, where: Any, kind: int, component: int, amount: int, sold: int, message: int
) -> int:
    """Returns the number of lines. where: (place of the loan, day)."""
    if n < len(room):
        row = room[n]
        row[0], row[1], row[2], row[3], row[4], row[5] = where[0], where[1], kind, component, amount, sold
        row[6] = 1 if s[SUSPENDED] and component in (INTERESTS, PENALTIES, COMPOUNDS) else 0
        row[7] = message
    return n + 1


@compiled_for("int64", ROW, TABLE, "int64", WHERE, "5*int64")
def moved(
    s: Any, room: Any, n: int, where: Any, kind: int, component: int, amount: int, before: int, message: int
) -> int:
    """A line for a balance that just changed from `before`; amount is written as it is, the funders' part with its sign."""
    after = owed(s, component)
    change = sold_part(s, component, after) - sold_part(s, component, before)
    return write_line(s, room, n, where, kind, component, amount, change if after >= before else -change, message)
