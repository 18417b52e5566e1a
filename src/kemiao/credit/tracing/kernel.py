"""One pass over all payments in their order, with the money of all disbursements in it.

An account is a list of lots: amounts of one origin (a disbursement, how many payments from it, what is known of it) or of
nobody's. A payment takes from the lots, by one of two methods, and what it took ends or goes into another account's lots.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.base.columns import IntArray
from kemiao.credit.kernels import compiled

_NOBODY = -1
_STATE, _TAG = 4, 8  # a lot's key: disbursement, state, hops
_AMOUNT, _KEY, _NEXT = 0, 1, 2
_FREE, _LEFT = 0, 1  # of the bookkeeping of lots: head of the free list, how many are free
# reasons, as columns.REASON has them: numba wants numbers
_PURPOSE, _RELATED, _ROUND, _AWAY, _OTHER, _FAR, _SMALL, _ELSEWHERE, _CASH, _CASH_OTHERS = (
    0,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    12,
    13,
)
_REASONS = 14


@compiled
def share(amount: Any, part: Any, whole: Any) -> int:
    """amount × part // whole, exact: a float's guess, put right by the remainder, which is small and so survives wrapping."""
    guess = np.int64(np.float64(amount) * np.float64(part) / np.float64(whole))
    rest = np.int64(amount) * np.int64(part) - guess * np.int64(whole)
    while rest < 0:
        guess -= 1
        rest += whole
    while rest >= whole:
        guess += 1
        rest -= whole
    return int(guess)


@compiled
def _grown(lots: IntArray, book: IntArray, wanted: int) -> IntArray:
    """At least `wanted` free lots."""
    if book[_LEFT] >= wanted:
        return lots
    old = lots.shape[1]
    new = max(2 * old, old + wanted)
    made = np.empty((3, new), np.int64)
    made[:, :old] = lots
    for place in range(old, new):
        made[_NEXT, place] = book[_FREE]
        book[_FREE] = place
    book[_LEFT] += new - old
    return made


@compiled
def _take(lots: IntArray, book: IntArray, amount: Any, key: Any) -> int:
    place = book[_FREE]
    book[_FREE] = lots[_NEXT, place]
    book[_LEFT] -= 1
    lots[_AMOUNT, place], lots[_KEY, place], lots[_NEXT, place] = amount, key, -1
    return int(place)


@compiled
def _give(lots: IntArray, book: IntArray, place: int) -> None:
    lots[_NEXT, place] = book[_FREE]
    book[_FREE] = place
    book[_LEFT] += 1


@compiled
def _put(
    lots: IntArray, book: IntArray, head: IntArray, tail: IntArray, count: IntArray, account: int, amount: int, key: int, ordered: bool
) -> None:  # fmt: skip
    """Into an account: behind what is there, or, ordered, where its key belongs; lots of one key side by side are one."""
    if amount == 0:
        return
    last = tail[account]
    if last >= 0 and lots[_KEY, last] == key:
        lots[_AMOUNT, last] += amount
        return
    if ordered and last >= 0 and lots[_KEY, last] > key:
        before, here = -1, head[account]
        while lots[_KEY, here] < key:
            before, here = here, lots[_NEXT, here]
        if lots[_KEY, here] == key:
            lots[_AMOUNT, here] += amount
            return
        made = _take(lots, book, amount, key)
        lots[_NEXT, made] = here
        if before < 0:
            head[account] = made
        else:
            lots[_NEXT, before] = made
    else:
        made = _take(lots, book, amount, key)
        if last < 0:
            head[account] = made
        else:
            lots[_NEXT, last] = made
        tail[account] = made
    count[account] += 1


@compiled
def _pour(
    lots: IntArray, book: IntArray, head: IntArray, tail: IntArray, count: IntArray, account: int, first: int, ordered: bool
) -> None:  # fmt: skip
    """A list of lots into an account; each is given back before it is put, so that no new ones are needed."""
    while first >= 0:
        amount, key, following = lots[_AMOUNT, first], lots[_KEY, first], lots[_NEXT, first]
        _give(lots, book, first)
        _put(lots, book, head, tail, count, account, amount, key, ordered)
        first = following


@compiled
def _drop(lots: IntArray, book: IntArray, first: int) -> None:
    while first >= 0:
        following = lots[_NEXT, first]
        _give(lots, book, first)
        first = following


@compiled
def _first_come(
    lots: IntArray, book: IntArray, head: IntArray, tail: IntArray, count: IntArray, account: int, amount: int
) -> tuple[int, bool, int]:  # fmt: skip
    """Takes what came first. (the lots taken, whether any is a disbursement's, how much there was to take.)"""
    first, last, tagged, left = -1, -1, False, amount
    while left > 0 and head[account] >= 0:
        lot = head[account]
        piece = min(left, lots[_AMOUNT, lot])
        tagged = tagged or lots[_KEY, lot] >= 0
        left -= piece
        if piece == lots[_AMOUNT, lot]:
            head[account] = lots[_NEXT, lot]
            if head[account] < 0:
                tail[account] = -1
            count[account] -= 1
            lots[_NEXT, lot] = -1
            made = lot
        else:
            lots[_AMOUNT, lot] -= piece
            made = _take(lots, book, piece, lots[_KEY, lot])
        if last < 0:
            first = made
        else:
            lots[_NEXT, last] = made
        last = made
    return first, tagged, amount - left


@compiled
def _share_of_all(
    lots: IntArray, book: IntArray, head: IntArray, tail: IntArray, count: IntArray, account: int, amount: int, whole: int
) -> tuple[int, bool]:  # fmt: skip
    """Takes the same share of every lot, rounded so that the parts add up. (the lots taken, whether any is a disbursement's.)"""
    first, last, tagged = -1, -1, False
    upto, taken, before = np.int64(0), np.int64(0), -1
    lot = head[account]
    while lot >= 0:
        following = lots[_NEXT, lot]
        upto += lots[_AMOUNT, lot]
        piece = share(amount, upto, whole) - taken
        taken += piece
        if piece > 0:
            made = _take(lots, book, piece, lots[_KEY, lot])
            tagged = tagged or lots[_KEY, lot] >= 0
            if last < 0:
                first = made
            else:
                lots[_NEXT, last] = made
            last = made
        lots[_AMOUNT, lot] -= piece
        if lots[_AMOUNT, lot] > 0:
            before = lot
        else:
            if before < 0:
                head[account] = following
            else:
                lots[_NEXT, before] = following
            if tail[account] == lot:
                tail[account] = before
            _give(lots, book, lot)
            count[account] -= 1
        lot = following
    return first, tagged


@compiled
def _settled(state: int, plain: int) -> int:
    """What is said of money that is followed no further."""
    if state == 1:
        return _PURPOSE
    return _RELATED if state == 2 else plain


@compiled
def _is_in(sorted_codes: IntArray, code: int) -> bool:
    place = np.searchsorted(sorted_codes, code)
    return bool(place < len(sorted_codes) and sorted_codes[place] == code)


@compiled
def _judged(
    key: int, amount: int, day: int, payer: int, party: int, kind: int, seen: bool,
    tags: IntArray, group: Any, supplier: IntArray, allowed: Any, ends: Any, hops_max: int,
) -> tuple[int, int]:  # fmt: skip
    """(reason, −1) where money ends with this payment, (−1, its key from here) where it is followed on.

    tags: rows borrower, payee, purpose, watched until, least amount to follow. seen: the payee's account is the bank's.
    allowed: purposes × kinds. ends: kind → reason of kinds that no loan is for, else 0; −1: nothing is known of it.
    """
    tag, state, hops = key >> _TAG, (key >> _STATE) & 15, key & 15
    borrower, payee, purpose = tags[0, tag], tags[1, tag], tags[2, tag]
    if hops >= hops_max:
        return _settled(state, _FAR), -1
    if party == borrower:
        if payer != borrower:
            return _ROUND, -1
        if not seen:
            return _ELSEWHERE, -1
    else:
        related = party >= 0 and group[party] == group[borrower] and party != payee
        good = allowed[purpose, kind] or (
            party >= 0 and (party == payee or _is_in(supplier, borrower * len(group) + party))
        )
        if state != 1 and not good and ends[kind] > 0:
            return ends[kind], -1
        if related:
            state = 2
        elif state == 0 and good:
            state = 1
        elif state == 0 and not seen:
            return (_AWAY if ends[kind] < 0 else _OTHER), -1
        if not seen or (state == 1 and day > tags[3, tag]):
            return _settled(state, _AWAY), -1
    if amount < tags[4, tag]:
        return _settled(state, _SMALL), -1
    return -1, (tag << _TAG) | (state << _STATE) | (hops + 1)


@compiled
def run(
    proportional: bool, day: Any, account: Any, amount: IntArray, party: Any, kind: Any, pair: IntArray, brought: Any,
    owner: Any, opening: IntArray, group: Any, tags: IntArray, start: Any, supplier: IntArray, allowed: Any, ends: Any,
    hops_max: int, keep: bool,
) -> tuple[IntArray, IntArray, int]:  # fmt: skip
    """Disbursements × reasons in fen, flows (7 × n, as FLOWS), and how many payments took more than was known to be there.

    brought: row → the disbursement that it brought, or −1. start: disbursement → key of its first lot.
    """
    rows, accounts = len(amount), len(owner)
    fen = np.zeros((tags.shape[1], _REASONS), np.int64)
    head, tail = np.full(accounts, -1, np.int64), np.full(accounts, -1, np.int64)
    count, total = np.zeros(accounts, np.int64), np.zeros(accounts, np.int64)
    lots, book = np.empty((3, 0), np.int64), np.array([-1, 0], np.int64)
    lots = _grown(lots, book, 2 * accounts + 1024)
    for own in range(accounts):
        if opening[own] > 0:
            _put(lots, book, head, tail, count, own, opening[own], _NOBODY, proportional)
            total[own] = opening[own]
    done, transit = np.zeros(rows, np.bool_), np.full(rows, -1, np.int64)
    next_row, end_row = np.zeros(accounts, np.int64), np.zeros(accounts, np.int64)
    blocked = np.zeros(accounts, np.bool_)
    stack = np.empty(2 * accounts + 2, np.int64)
    flows, kept, short = np.empty((7, 1024 if keep else 0), np.int64), 0, 0
    first = 0
    while first < rows:
        # One day. Rows of an account lie together; an account waits where it receives what was not paid yet that day.
        last = first
        while last < rows and day[last] == day[first]:
            own = account[last]
            if last == first or account[last - 1] != own:
                next_row[own] = last
            last += 1
            end_row[own] = last
        begin = first
        while begin < last:
            own = account[begin]
            segment_end = end_row[own]
            for forced in range(2):
                # A circle of accounts that wait for one another: the first goes on, what it waits for comes when it is paid.
                if next_row[own] >= segment_end:
                    break
                stack[0], depth, force = own, 1, forced == 1
                if not force and blocked[own]:
                    continue
                while depth > 0:
                    depth -= 1
                    here = stack[depth]
                    blocked[here] = False
                    while next_row[here] < end_row[here]:
                        row = next_row[here]
                        money = amount[row]
                        other = pair[row]
                        if money > 0:
                            if other >= 0 and not done[other] and day[other] == day[row]:
                                if not force:
                                    blocked[here] = True
                                    payer_own = account[other]
                                    if not blocked[payer_own] and payer_own != here:
                                        stack[depth] = payer_own
                                        depth += 1
                                    break
                                force = False
                                done[row] = True
                                next_row[here] += 1
                                continue
                            lots = _grown(lots, book, 4)
                            if brought[row] >= 0:
                                _put(lots, book, head, tail, count, here, money, start[brought[row]], proportional)
                            elif transit[row] >= 0:
                                _pour(lots, book, head, tail, count, here, transit[row], proportional)
                            else:
                                _put(lots, book, head, tail, count, here, money, _NOBODY, proportional)
                            total[here] += money
                            done[row] = True
                            next_row[here] += 1
                            continue
                        left = -money
                        lots = _grown(lots, book, 2 * count[here] + 8)
                        # 1. what the payment takes, as a list of lots
                        if proportional and left < total[here]:
                            paid, tagged = _share_of_all(lots, book, head, tail, count, here, left, total[here])
                            taken = left
                        else:
                            paid, tagged, taken = _first_come(lots, book, head, tail, count, here, left)
                        total[here] -= taken
                        short += 1 if taken < left else 0
                        # 2. where each of them goes
                        onward = -1 if other < 0 else account[other]
                        lot = paid
                        while lot >= 0 and tagged:
                            key = lots[_KEY, lot]
                            if key >= 0:
                                piece = lots[_AMOUNT, lot]
                                reason, moved = _judged(
                                    key, piece, day[row], owner[here], party[row], kind[row], onward >= 0,
                                    tags, group, supplier, allowed, ends, hops_max,
                                )  # fmt: skip
                                if reason >= 0:
                                    fen[key >> _TAG, reason] += piece
                                lots[_KEY, lot] = moved
                                if keep:
                                    if kept == flows.shape[1]:
                                        more = np.empty((7, 2 * kept), np.int64)
                                        more[:, :kept] = flows
                                        flows = more
                                    flows[0, kept], flows[1, kept], flows[2, kept] = key >> _TAG, row, (key & 15) + 1
                                    flows[3, kept] = (moved if moved >= 0 else key) >> _STATE & 15
                                    flows[4, kept], flows[5, kept] = piece, reason
                                    flows[6, kept] = onward if reason < 0 else -1
                                    kept += 1
                            lot = lots[_NEXT, lot]
                        # 3. into the other account: now, or when it is booked there
                        if onward >= 0 and taken < left and (tagged or done[other]):  # money that nobody saw coming
                            made = _take(lots, book, left - taken, _NOBODY)
                            if paid < 0:
                                paid = made
                            else:
                                lot = paid
                                while lots[_NEXT, lot] >= 0:
                                    lot = lots[_NEXT, lot]
                                lots[_NEXT, lot] = made
                        if onward >= 0 and done[other]:
                            total[onward] += left
                            _pour(lots, book, head, tail, count, onward, paid, proportional)
                        elif onward >= 0 and tagged:
                            transit[other] = paid
                        else:
                            _drop(lots, book, paid)
                        done[row] = True
                        next_row[here] += 1
                        if (
                            onward >= 0
                            and blocked[onward]
                            and next_row[onward] < end_row[onward]
                            and next_row[onward] == other
                        ):
                            blocked[onward] = False
                            stack[depth] = onward
                            depth += 1
            if next_row[own] < segment_end:
                continue  # forced one step: look again
            begin = segment_end
        first = last
    for row in range(rows):  # booked out, not in yet
        lot = -1 if done[row] else transit[row]
        while lot >= 0:
            key = lots[_KEY, lot]
            if key >= 0:
                fen[key >> _TAG, _settled((key >> _STATE) & 15, _CASH_OTHERS)] += lots[_AMOUNT, lot]
            lot = lots[_NEXT, lot]
    for own in range(accounts):
        lot = head[own]
        while lot >= 0:
            key = lots[_KEY, lot]
            if key >= 0:
                held = _CASH if owner[own] == tags[0, key >> _TAG] else _CASH_OTHERS
                fen[key >> _TAG, _settled((key >> _STATE) & 15, held)] += lots[_AMOUNT, lot]
            lot = lots[_NEXT, lot]
    return fen, flows[:, :kept], short
