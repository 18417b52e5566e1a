"""The two sides of a payment between accounts that the bank sees: what left one and came into the other."""

from __future__ import annotations

import numpy as np

from kemiao.base.columns import IntArray
from kemiao.credit.kernels import compiled
from kemiao.credit.tracing.columns import Int32s, Payments


def pairs(payments: Payments, days_between: int, apart: IntArray) -> IntArray:
    """For each row the row of its other side, or −1. An outflow fits an inflow of the same amount, each naming the other's owner
    (or the inflow nobody), on the same day or up to days_between later; of several the earliest, each once. apart: rows that
    have no other side among the customers, such as the bank's own disbursements.
    """
    parties = np.int64(len(payments.group))
    seen = np.zeros(int(parties) + 1, bool)
    seen[payments.owner] = True
    own = payments.owner[payments.account].astype(np.int64)
    other, amount = payments.party.astype(np.int64), payments.amount
    free = np.ones(len(own), bool)
    free[apart] = False
    known = (other >= 0) & seen[other] & free
    found = np.full(len(own), -1, np.int64)
    out, into = np.flatnonzero(known & (amount < 0)), np.flatnonzero(known & (amount > 0))
    _join(found, payments, out, own[out] * parties + other[out], into, other[into] * parties + own[into], days_between)
    # Then what came in without a name: the payer's side alone says from whom.
    out, into = out[found[out] < 0], np.flatnonzero((other < 0) & (amount > 0) & free)
    if len(into):
        _join(found, payments, out, other[out], into, own[into], days_between)
    return found


def _join(
    found: IntArray, payments: Payments, out: IntArray, out_who: IntArray, into: IntArray, into_who: IntArray, days: int
) -> None:
    """Stable, and rows come by day: inside a group of the same people and amount the earlier stays first."""
    one, two = np.lexsort((-payments.amount[out], out_who)), np.lexsort((payments.amount[into], into_who))
    _meet(
        found, out[one], out_who[one], into[two], into_who[two], payments.amount, payments.day, payments.account, days
    )


@compiled
def _meet(
    found: IntArray, out: IntArray, out_who: IntArray, into: IntArray, into_who: IntArray, amount: IntArray, day: Int32s, account: Int32s, days: int
) -> None:  # fmt: skip
    """Both sides in order of who, amount and day: one walk over each."""
    place = 0
    for number in range(len(out)):
        row, who = out[number], out_who[number]
        while place < len(into):
            there = into[place]
            if into_who[place] > who:
                break
            if into_who[place] == who and (
                amount[there] > -amount[row] or (amount[there] == -amount[row] and day[there] >= day[row])
            ):
                break
            place += 1
        if place == len(into):
            break
        there = into[place]
        fits = into_who[place] == who and amount[there] == -amount[row]
        if fits and day[there] <= day[row] + days and account[there] != account[row]:
            found[row], found[there] = there, row
            place += 1
