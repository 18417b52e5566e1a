"""Better by emptying and filling again: a few whole loans leave one or two mandates, and a knapsack says what is best in the room.

For each mandate a table holds what the requests that have no loan could earn in any room of it (0/1 knapsack over the most promising
of them, by dynamic programming). With it, every swap of two loans between mandates, every shift, and every one, two or three loans
that leave is judged with its best refilling in a few nanoseconds; what promises a gain is carried out, counted, and undone where the
promise was not kept (two mandates wanted the same request, a concentration limit or a cover was in the way).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.exchange import put
from kemiao.credit.matching.frame import Frame
from kemiao.credit.matching.market import WHOLE
from kemiao.credit.matching.prices import SCALE, Prices, bonuses, cell_prices
from kemiao.credit.matching.repair import Draft, draft_of, fitting

POOL = 64  # requests without a loan that a mandate's table is made of
LEVELS = 3_000  # rooms that a table knows; larger ones count as the largest
GRAINS = 300  # of a mean loan, where amounts have no common measure
FAILURES_MAX = 400  # promises in a row that were not kept
HOLDERS_MAX = 4_000  # whole loans in all: above, pairs are too many to look at each, and rounding loses little


def refilled(frame: Frame, prices: Prices, draft: Draft, work: int) -> Draft:
    """work: changes looked at, at most; it ends before where none is left that helps.

    Where covers, concentration limits or floors have a price, first by what loans are worth above those prices (so that what is
    scarce isn't used up by whoever comes first), then by their welfare alone.
    """
    price = Prices(np.zeros_like(prices.budget), prices.limit, prices.capacity, prices.floor)
    if price.limit.any() or price.capacity.any() or price.floor.any():
        draft = _refilled(frame, prices, price, draft, work // 2)
    none = Prices(price.budget, *(np.zeros_like(column) for column in (price.limit, price.capacity, price.floor)))
    return _refilled(frame, prices, none, draft, work // 2)


def _refilled(frame: Frame, prices: Prices, counted: Prices, draft: Draft, work: int) -> Draft:
    """counted: the prices that loans are judged by; prices: those that say which are looked at first."""
    book = frame.book
    given = np.flatnonzero((draft.amount_fen > 0) & (book.form[book.request] == WHOLE))
    if not work or not len(given) or len(given) > HOLDERS_MAX:
        return draft
    price, bonus = cell_prices(frame, prices), bonuses(frame, prices)
    worth = frame.welfare.astype(np.int64) * SCALE - price[frame.cell] + bonus[book.request]
    able = np.flatnonzero((book.form[book.request] == WHOLE) & (frame.welfare > 0))
    promise = worth[able].astype(np.float64) * book.amount_fen[book.request[able]]
    by_mandate = able[np.lexsort((-promise, book.mandate[able]))]
    first_of = np.searchsorted(book.mandate[by_mandate], np.arange(book.mandates + 1)).astype(np.int64)
    value = (frame.welfare.astype(np.int64) * SCALE - cell_prices(frame, counted)[frame.cell]).astype(np.float64)
    value = (value + bonuses(frame, counted)[book.request]) / SCALE * book.amount_fen[book.request]
    best = np.full(book.requests * book.mandates, np.iinfo(np.int64).min)
    pair = book.request * book.mandates + book.mandate
    np.maximum.at(best, pair, worth)
    there = np.full(book.requests * book.mandates, -1, dtype=np.int32)
    first = np.flatnonzero(worth == best[pair])
    there[pair[first]] = first
    held = np.full(book.requests, -1, dtype=np.int64)
    held[book.request[given]] = given
    row = np.concatenate([[0], np.cumsum(np.bincount(book.mandate, minlength=book.mandates))]).astype(np.int64)
    whole = book.amount_fen[book.form == WHOLE]
    grain = math.gcd(*np.unique(whole).tolist())
    grain = max(grain, int(whole.mean()) // GRAINS, 1)
    held = _refill(
        work, grain, by_mandate, first_of, book.request, book.amount_fen, frame.cell, value,
        there.reshape(book.requests, book.mandates), frame.cell_mandate, frame.cell_limit, frame.cell_cover, frame.cell_share_ppm, frame.gain_ppm,
        held, draft.room_budget.copy(), draft.room_limit.copy(), draft.room_capacity.copy(), draft.slack.copy(), row,
        POOL, LEVELS,
    )  # fmt: skip
    amount = np.where(book.form[book.request] == WHOLE, 0, draft.amount_fen)
    taken = held[held >= 0]
    amount[taken] = book.amount_fen[book.request[taken]]
    return draft_of(frame, amount)


@compiled
def _table(k: Any, grain: Any, by_mandate: Any, first_of: Any, request: Any, amount: Any, value: Any, cell: Any, held: Any,
           c_l: Any, c_c: Any, c_s: Any, limit: Any, capacity: Any, pool: Any, table: Any, chosen: Any, item: Any) -> Any:  # fmt: skip
    """Fills table[room] with the most welfare that the pool can earn in it, chosen (pool, rooms) and item (pool,); returns how many items."""
    levels = len(table)
    for r in range(levels):
        table[r] = 0.0
    found = 0
    for q in range(first_of[k], first_of[k + 1]):
        if found == pool:
            break
        o = by_mandate[q]
        i = request[o]
        if held[i] >= 0:
            continue
        size = (amount[i] + grain - 1) // grain
        if size >= levels:
            continue
        c = cell[o]
        if c_l[c] >= 0 and limit[c_l[c]] < amount[i]:
            continue
        if c_c[c] >= 0 and capacity[c_c[c]] < amount[i] // 1_000_000 * c_s[c]:
            continue
        if value[o] <= 0.0:
            continue
        twice = False  # with another cover; the better one that may be had came first
        for x in range(found):
            twice = twice or request[item[x]] == i
        if twice:
            continue
        item[found] = o
        for r in range(size):
            chosen[found, r] = 0
        for r in range(levels - 1, size - 1, -1):
            other = table[r - size] + value[o]
            if other > table[r]:
                table[r] = other
                chosen[found, r] = 1
            else:
                chosen[found, r] = 0
        found += 1
    return found


@compiled
def _at(table: Any, k: Any, room: Any, grain: Any) -> Any:
    if room < 0:
        return -1e300
    return table[k, min(room // grain, table.shape[1] - 1)]


@compiled
def _refill(work: Any, grain: Any, by_mandate: Any, first_of: Any, request: Any, amount: Any, cell: Any, value: Any, there: Any,
            c_m: Any, c_l: Any, c_c: Any, c_s: Any, gain: Any, held: Any, budget: Any, limit: Any, capacity: Any, slack: Any,
            row: Any, pool: Any, levels: Any) -> Any:  # fmt: skip
    n, mandates = len(amount), len(budget)
    holders, count, place = np.empty(row[mandates], np.int32), np.zeros(mandates, np.int64), np.zeros(n, np.int64)
    for i in range(n):
        if held[i] >= 0:
            k = c_m[cell[held[i]]]
            holders[row[k] + count[k]] = i
            place[i] = count[k]
            count[k] += 1
    noise = 0.0
    for i in range(n):
        noise += np.float64(amount[i])
    noise = noise * 2.0**-30
    table = np.zeros((mandates, levels), np.float64)
    scratch = np.zeros(levels, np.float64)
    chosen = np.zeros((pool, levels), np.uint8)
    item = np.zeros(pool, np.int64)
    changed, before = np.empty(4 * pool, np.int64), np.empty(4 * pool, np.int64)
    move_i, move_to = np.empty(8, np.int64), np.empty(8, np.int64)  # requests that move, and their option then
    failed = np.int64(0)
    position = np.int64(0)
    fresh = False
    looked_at = np.int64(0)
    while looked_at < work:
        if not fresh:
            for k in range(mandates):
                _table(
                    k,
                    grain,
                    by_mandate,
                    first_of,
                    request,
                    amount,
                    value,
                    cell,
                    held,
                    c_l,
                    c_c,
                    c_s,
                    limit,
                    capacity,
                    pool,
                    table[k],
                    chosen,
                    item,
                )
            fresh = True
        # Look for a promise, beginning where the last one was found.
        moves = 0
        promised = 0.0
        looked = 0
        while looked < mandates * mandates * 2 and moves == 0:
            looked += 1
            position = (position + 1) % (mandates * mandates * 2)
            k, other = position % mandates, position // mandates % mandates
            deep = position >= mandates * mandates
            base = _at(table, k, budget[k], grain)
            looked_at += count[k] * (count[other] + 1) * (count[k] if deep else 1)
            if k == other:
                for x in range(count[k]):
                    i = np.int64(holders[row[k] + x])  # type: ignore[assignment]
                    less = value[held[i]] + base
                    room = budget[k] + amount[i]
                    more = _at(table, k, room, grain) - less
                    if more > promised * 1.0000001 + 1.0:
                        promised = more
                        moves, move_i[0] = 1, i
                    for y in range(x + 1, count[k]):
                        j = np.int64(holders[row[k] + y])
                        less_j = less + value[held[j]]
                        more = _at(table, k, room + amount[j], grain) - less_j
                        if more > promised * 1.0000001 + 1.0:
                            promised = more
                            moves, move_i[0], move_i[1] = 2, i, j
                        if deep:
                            for z in range(y + 1, count[k]):
                                h = np.int64(holders[row[k] + z])
                                more = _at(table, k, room + amount[j] + amount[h], grain) - less_j - value[held[h]]
                                if more > promised * 1.0000001 + 1.0:
                                    promised = more
                                    moves, move_i[0], move_i[1], move_i[2] = 3, i, j, h
                for x in range(moves):
                    move_to[x] = -1
                continue
            base += _at(table, other, budget[other], grain)
            for x in range(count[k]):
                i = np.int64(holders[row[k] + x])  # type: ignore[assignment]
                to = np.int64(there[i, other])
                if to < 0:
                    continue
                # i moves over; at the other mandate nobody gives way, or one, who comes here if it may, or is left without.
                step = value[to] - value[held[i]] - base
                here = _at(table, k, budget[k] + amount[i], grain)
                if budget[other] >= amount[i]:
                    more = step + here + _at(table, other, budget[other] - amount[i], grain)
                    if more > promised * 1.0000001 + 1.0:
                        promised = more
                        moves, move_i[0], move_to[0] = 1, i, to
                for y in range(count[other]):
                    j = np.int64(holders[row[other] + y])
                    room = budget[other] - amount[i] + amount[j]
                    if room < 0:
                        continue
                    lost = value[held[j]]
                    rest = _at(table, other, room, grain)
                    more = step + here + rest - lost
                    if more > promised * 1.0000001 + 1.0:
                        promised = more
                        moves, move_i[0], move_to[0], move_i[1], move_to[1] = 2, i, to, j, -1
                    back = np.int64(there[j, k])
                    if back >= 0:
                        step_j = step + rest - lost + value[back]
                        room = budget[k] + amount[i] - amount[j]
                        if room >= 0:
                            more = step_j + _at(table, k, room, grain)
                            if more > promised * 1.0000001 + 1.0:
                                promised = more
                                moves, move_i[0], move_to[0], move_i[1], move_to[1] = 2, i, to, j, back
                        if deep:
                            for z in range(count[k]):
                                h = np.int64(holders[row[k] + z])
                                if h == i or room + amount[h] < 0:
                                    continue
                                more = step_j + _at(table, k, room + amount[h], grain) - value[held[h]]
                                if more > promised * 1.0000001 + 1.0:
                                    promised = more
                                    moves = 3
                                    move_i[0], move_to[0], move_i[1], move_to[1], move_i[2], move_to[2] = (
                                        i,
                                        to,
                                        j,
                                        back,
                                        h,
                                        -1,
                                    )
        if moves == 0:
            break
        # Carry it out: all out, then in, then the knapsack of the mandates that were touched.
        delta = 0.0
        steps = 0
        first = np.int64(c_m[cell[held[move_i[0]]]])
        second = first
        for x in range(moves):
            i = move_i[x]
            changed[steps], before[steps] = i, held[i]
            steps += 1
            k = np.int64(c_m[cell[held[i]]])
            if k != first:
                second = k
            if move_to[x] >= 0 and np.int64(c_m[cell[move_to[x]]]) != first:
                second = np.int64(c_m[cell[move_to[x]]])
            delta -= value[held[i]]
            put(
                i,
                -1,
                held,
                amount,
                cell,
                c_m,
                c_l,
                c_c,
                c_s,
                budget,
                limit,
                capacity,
                gain,
                slack,
                place,
                holders,
                row,
                count,
            )
        good = True
        for x in range(moves):
            if move_to[x] >= 0:
                if fitting(cell[move_to[x]], c_m, c_l, c_c, c_s, budget, limit, capacity) < amount[move_i[x]]:
                    good = False
                    break
                delta += value[move_to[x]]
                put(
                    move_i[x],
                    move_to[x],
                    held,
                    amount,
                    cell,
                    c_m,
                    c_l,
                    c_c,
                    c_s,
                    budget,
                    limit,
                    capacity,
                    gain,
                    slack,
                    place,
                    holders,
                    row,
                    count,
                )
        if good:
            for turn in range(2 if second != first else 1):
                k = first if turn == 0 else second
                found = _table(
                    k,
                    grain,
                    by_mandate,
                    first_of,
                    request,
                    amount,
                    value,
                    cell,
                    held,
                    c_l,
                    c_c,
                    c_s,
                    limit,
                    capacity,
                    pool,
                    scratch,
                    chosen,
                    item,
                )
                room = min(budget[k] // grain, levels - 1)
                for x in range(found - 1, -1, -1):
                    if chosen[x, room] == 0:
                        continue
                    o = item[x]
                    i = np.int64(request[o])  # type: ignore[assignment]
                    room -= (amount[i] + grain - 1) // grain
                    if held[i] < 0 and fitting(cell[o], c_m, c_l, c_c, c_s, budget, limit, capacity) >= amount[i]:
                        changed[steps], before[steps] = i, -1
                        steps += 1
                        delta += value[o]
                        put(
                            i,
                            o,
                            held,
                            amount,
                            cell,
                            c_m,
                            c_l,
                            c_c,
                            c_s,
                            budget,
                            limit,
                            capacity,
                            gain,
                            slack,
                            place,
                            holders,
                            row,
                            count,
                        )
        for f in range(len(slack)):
            good = good and slack[f] >= noise
        if good and delta > 0.0:
            fresh = False
            failed = 0  # type: ignore[assignment]
            position -= 1
        else:
            for x in range(steps - 1, -1, -1):
                put(
                    changed[x],
                    -1,
                    held,
                    amount,
                    cell,
                    c_m,
                    c_l,
                    c_c,
                    c_s,
                    budget,
                    limit,
                    capacity,
                    gain,
                    slack,
                    place,
                    holders,
                    row,
                    count,
                )
            for x in range(steps - 1, -1, -1):
                if held[changed[x]] != before[x]:
                    put(
                        changed[x],
                        before[x],
                        held,
                        amount,
                        cell,
                        c_m,
                        c_l,
                        c_c,
                        c_s,
                        budget,
                        limit,
                        capacity,
                        gain,
                        slack,
                        place,
                        holders,
                        row,
                        count,
                    )
            failed += 1
            if failed > FAILURES_MAX:
                break
    return held
