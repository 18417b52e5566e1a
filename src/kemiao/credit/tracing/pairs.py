"""The two sides of a payment between accounts that the bank sees: what left one and came into the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from kemiao.base.columns import IntArray
from kemiao.credit.tracing.columns import Int32s, Payments


def pairs(payments: Payments, days_between: int) -> IntArray:
    """For each row the row of its other side, or −1. An outflow fits an inflow of the same amount, each naming the other's owner,
    on the same day or up to days_between later; of several the earliest, each once."""
    parties = np.int64(len(payments.group))
    seen = np.zeros(int(parties) + 1, bool)
    seen[payments.owner] = True
    own = payments.owner[payments.account].astype(np.int64)
    known = (payments.party >= 0) & seen[payments.party]
    out, into = np.flatnonzero(known & (payments.amount < 0)), np.flatnonzero(known & (payments.amount > 0))
    other = payments.party.astype(np.int64)
    out_who, into_who = own[out] * parties + other[out], other[into] * parties + own[into]
    # Stable, and rows come by day: inside a group of the same payer, payee and amount the earlier stays first.
    out = out[np.lexsort((-payments.amount[out], out_who))]
    into = into[np.lexsort((payments.amount[into], into_who))]
    return _met(out, into, own, other, payments.amount, payments.day, payments.account, parties, days_between)


@njit(cache=True, nogil=True)
def _met(
    out: IntArray, into: IntArray, own: IntArray, other: IntArray, amount: IntArray, day: Int32s, account: Int32s, parties: Any, days: int
) -> IntArray:  # fmt: skip
    found = np.full(len(amount), -1, np.int64)
    place = 0
    for row in out:
        who = own[row] * parties + other[row]
        while place < len(into):
            there = into[place]
            its = other[there] * parties + own[there]
            earlier = its < who or (
                its == who
                and (amount[there] < -amount[row] or (amount[there] == -amount[row] and day[there] < day[row]))
            )
            if not earlier:
                break
            place += 1
        if place == len(into):
            break
        there = into[place]
        fits = other[there] * parties + own[there] == who and amount[there] == -amount[row]
        if fits and day[there] <= day[row] + days and account[there] != account[row]:
            found[row], found[there] = there, row
            place += 1
    return found
